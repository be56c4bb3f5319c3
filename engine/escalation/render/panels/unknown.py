"""What is open and what is only assumed, with what single values of each would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from escalation.assess import Assessment
from escalation.render.layout import Block, Column, Row, Section, Table
from escalation.render.words import counted, entity_name, levels, listed
from escalation.scenario import Fact
from escalation.sensitivity import Change
from escalation.sets import Numbers, Set, intersection, is_empty
from escalation.vocabulary import Field

__all__ = ["every_assumption", "open_and_assumed"]

_CHECKED = 4


def open_and_assumed(found: Assessment, rest_in: str = "--detail full") -> Sequence[Block]:
    """Open facts with the effect of their values; the assumed facts that would move the score; the widest range.

    `rest_in` says where every assumption is listed.
    """
    facts = _read(found)
    opened = [(at, fact) for at, fact in facts if fact.state == "open"]
    assumed = [(at, fact) for at, fact in facts if fact.state == "assumed"]
    rows = []
    idle = []
    for at, fact in opened:
        effects = _effects(found, at, fact, fact.possible)
        if len({effect for _, effect in effects}) < 2:
            idle.append(_named(found, at, fact))
            continue
        moves = "; ".join(f"{values}: {_result(found, effect)}" for values, effect in effects)
        ask = (f"Ask: {fact.field.question}",) if fact.field.question else ()
        takes = f"level takes {fact.field.show(fact.best)}"
        rows.append(Row(("open", f"{_named(found, at, fact)}; {takes}"), (moves, *ask)))
    if idle:
        rows.append(Row(("no effect", f"{'; '.join(idle)}: every value that is open gives the same score")))
    if assumed:
        rows += _assumed_rows(found, assumed, rest_in)
    return [Section("Open and assumed", (Table((Column(), Column(flex=True)), tuple(rows)),))] if rows else []


def every_assumption(found: Assessment) -> Sequence[Block]:
    """Every fact that is not stated and that a rule reads, with the value that holds and the pack's reason for it."""
    rows = tuple(
        Row((_named(found, at, fact), fact.field.show(fact.best), fact.field.assume_because))
        for at, fact in _read(found)
        if fact.state == "assumed"
    )
    columns = (Column(), Column("value"), Column("because", flex=True))
    return [Section("Every assumption", (Table(columns, rows),))] if rows else []


def _assumed_rows(found: Assessment, assumed: list[tuple[int, Fact]], rest_in: str) -> list[Row]:
    """How many facts stand at the pack's value, which of them to check, and the range with all of them open."""
    moving, telling = [], []
    for at, fact in assumed:
        effects = [(v, e) for v, e in _effects(found, at, fact, fact.field.domain) if e != _home(found)]
        if effects:
            values, effect = max(effects, key=lambda pair: abs(pair[1][1] - found.rating.score))
            line = f"{_named(found, at, fact)}, {fact.field.show(fact.best)} ({values}: {_result(found, effect)})"
            telling.append((abs(effect[1] - found.rating.score), line))
            if any(level != found.rating.level for _, (level, _) in effects):
                moving.append(fact.field.label)
    alone = f"{listed(moving)} would move the level alone" if moving else "none alone moves the level"
    count = (
        f"{counted(len(assumed), 'fact')} not stated {'stands' if len(assumed) == 1 else 'stand'} at the pack's value"
    )
    telling.sort(key=lambda pair: -pair[0])
    check = [f"check: {line}" for _, line in telling[:_CHECKED]]
    widest = found.widest[0]
    wide = (
        f"With {'it' if len(assumed) == 1 else f'all {len(assumed)}'} open as well:"
        f" {levels(found.pack, widest.level_low, widest.level_high)} ({widest.total_low} to {widest.total_high})."
        f" List: {rest_in}"
    )
    return [Row(("assumed", f"{count}; {alone}"), (*check, wide))]


def _read(found: Assessment) -> list[tuple[int, Fact]]:
    """The facts that some rule reads, by entity."""
    return [(at, fact) for at, _, fact in found.board.facts() if not fact.field.member_of]


def _effects(found: Assessment, at: int, fact: Fact, within: Set | None) -> list[tuple[str, tuple[int, int]]]:
    """The values that a fact may take, run by run, each run with the level and score that it alone comes to."""
    field, grid = fact.field, found.board.grid
    own = {c.bin: c for c in found.changes if c.entity == at and c.field.key == field.key}
    home = found.board.bin_of(field, found.world[at][field.name])
    runs: list[tuple[list[Set], tuple[int, int]]] = []
    last = -2
    for i, piece in enumerate(grid.bins[field.key]):
        inside = intersection(piece, within) if within is not None else piece
        if is_empty(inside):
            continue
        effect = _home(found) if i == home else _of(own[i])
        if runs and runs[-1][1] == effect and last == i - 1:
            runs[-1][0].append(inside)
        else:
            runs.append(([inside], effect))
        last = i
    return [(_values(field, sets), effect) for sets, effect in _grouped(field, runs)]


def _grouped(
    field: Field, runs: list[tuple[list[Set], tuple[int, int]]]
) -> Iterable[tuple[list[Set], tuple[int, int]]]:
    """Runs of an unordered field with one effect are one, wherever they stand."""
    if field.order or isinstance(field.domain, Numbers):
        return runs
    together: dict[tuple[int, int], list[Set]] = {}
    for sets, effect in runs:
        together.setdefault(effect, []).extend(sets)
    return [(sets, effect) for effect, sets in together.items()]


def _values(field: Field, sets: list[Set]) -> str:
    """A run of values in words: "none to trainers", "165 km", "3 or more"."""
    words: list[str | bool] = []
    ends: list[float] = []
    for found in sets:
        if isinstance(found, Numbers):
            ends += [end for piece in found.intervals for end in (piece.low, piece.high)]
        else:
            words += sorted(found.words, key=lambda w: field.order.index(str(w)) if w in field.order else 0)
    if words:
        shown = [field.show(word) for word in words]
        ordered = all(word in field.order for word in words)
        if ordered and len(shown) > 2:
            return f"{shown[0]} to {shown[-1]}"
        return listed(shown if len(shown) <= 4 else [*shown[:3], f"{len(shown) - 3} more"], "or")
    low, high = min(ends), max(ends)
    assert isinstance(field.domain, Numbers)
    if low == high:
        return field.show(low)
    if high == field.domain.intervals[-1].high:
        return f"{field.show(low)} or more"
    if low == field.domain.intervals[0].low:
        return f"up to {field.show(high)}"
    last = max(piece for found in sets if isinstance(found, Numbers) for piece in found.intervals)
    return f"{field.show(low)} to {'under ' if last.high_open else ''}{field.show(high)}"


def _named(found: Assessment, at: int, fact: Fact) -> str:
    entity = found.scenario.entities[at]
    alike = sum(other.kind == entity.kind for other in found.scenario.entities)
    owner = f"{entity_name(found, at)}: " if alike > 1 else ""
    return f"{owner}{fact.field.label}" + (f" (@{fact.mark.line})" if fact.state == "open" else "")


def _of(change: Change) -> tuple[int, int]:
    return change.result.levels[0], change.result.totals[0]


def _home(found: Assessment) -> tuple[int, int]:
    return found.rating.level, found.rating.score


def _result(found: Assessment, effect: tuple[int, int]) -> str:
    return f"{effect[1]}\xa0{levels(found.pack, effect[0], effect[0])}"
