"""What stands beside a rating: the rows of the pack's panels that an assessment calls for, with their texts filled in.

Rows about levels are shown for every level of the headline's range, rows about pathways always, with the fired rules
that touch each, and rows with a condition where it holds or cannot be told. Notes of fired rules join the panel that
they name. Nothing here reaches the rating.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from escalation.assess import Assessment
from escalation.ledger import NO, YES, GroupLine, Line, ask, stated_view
from escalation.pack import Panel, PanelRow
from escalation.rules import Condition
from escalation.sentences import fill

__all__ = ["Beside", "Shown", "beside", "conditions_of"]

_ALWAYS = GroupLine(True, (), YES)


class Shown(NamedTuple):
    """A row that is shown, with what called for it: levels, a pathway, or else a condition or the note of a rule.

    `rules` are fired rules: those that touch the pathway, or the one whose note it is. `state` is that of a condition
    on what is stated: YES, or CANNOT_TELL. `basis` are sources of the row itself, beside those of its panel.
    """

    cells: tuple[str, ...]
    levels: tuple[int, ...] = ()
    pathway: str = ""
    rules: tuple[str, ...] = ()
    state: int = YES
    basis: tuple[str, ...] = ()


class Beside(NamedTuple):
    """A panel with those of its rows that are shown."""

    panel: Panel
    rows: tuple[Shown, ...]


def beside(found: Assessment) -> tuple[Beside, ...]:
    """The panels that have something to show: those of the pack in its order, then those that only notes name."""
    panels = {panel.name: panel for panel in found.pack.panels}
    rows: dict[str, list[Shown]] = {}
    for panel in found.pack.panels:
        rows[panel.name] = list(_rows(found, panel))
    for line in found.assumed_ledger.rules:
        for note in line.rule.then.notes if line.state == YES else ():
            title = note.panel.replace("_", " ").capitalize()
            only_notes = Panel(note.panel, title, "", ("text",), (), "ledger", (), (), line.rule.mark)
            panel = panels.setdefault(note.panel, only_notes)
            cells = (fill(found, line.line, note.text), *("" for _ in panel.columns[1:]))
            rows.setdefault(note.panel, []).append(Shown(cells, rules=(line.rule.id,)))
    return tuple(Beside(panel, tuple(rows[name])) for name, panel in panels.items() if rows[name])


def conditions_of(found: Assessment, conditions: Iterable[Condition]) -> tuple[Line, ...]:
    """The line of each condition, three-valued on what is stated."""
    entities = found.scenario.entities
    return ask(found.pack, conditions, entities, stated_view(entities), found.ledger.concluded)


def _rows(found: Assessment, panel: Panel) -> Iterator[Shown]:
    lines = iter(conditions_of(found, [row.when for row in panel.rows if row.when is not None]))
    for row in panel.rows:
        if row.when is not None:
            line = next(lines)
            if line.state != NO:
                yield Shown(_cells(found, row, line), state=line.state, basis=row.basis)
        elif row.pathway:
            touching = _touching(found, row.pathway)
            yield Shown(_cells(found, row), pathway=row.pathway, rules=touching, basis=row.basis)
        else:
            reached = tuple(level for level in row.levels if found.rating.low <= level <= found.rating.high)
            if reached:
                yield Shown(_cells(found, row), levels=reached, basis=row.basis)


def _touching(found: Assessment, pathway: str) -> tuple[str, ...]:
    rules = {rule.id: rule for rule in found.pack.rules}
    return tuple(name for name in found.fired if pathway in rules[name].pathway)


def _cells(found: Assessment, row: PanelRow, line: Line = _ALWAYS) -> tuple[str, ...]:
    return tuple(fill(found, line, text) for text in row.cells)
