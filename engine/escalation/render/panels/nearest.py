"""The nearest rules that did not fire: what failed, how far it was from passing, and what it would have done."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.assess import Assessment
from escalation.ledger import TestLine
from escalation.near import Miss, misses
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.words import away, counted, entity_name, levels, listed

__all__ = ["nearest_rules"]

_MOST = 8


def nearest_rules(found: Assessment, rest_in: str = "--detail full") -> Sequence[Block]:
    """The nearest misses, how many more there are, and where those are shown."""
    near = misses(found)
    if not near:
        return []
    shown = [miss for miss in near if miss.open or len(miss.failing) <= 2][:_MOST]
    rows = tuple(
        Row((miss.rule.id, miss.rule.title, _effect(found, miss), _failing(miss)), (_sentence(found, miss),))
        for miss in shown
    )
    columns = (Column(), Column(flex=True), Column("if fired", right=True), Column("failing"))
    rest = len(near) - len(shown)
    more = [Paragraph(f"{counted(rest, 'rule')} further off: {rest_in}", indent=2)] if rest else []
    return [Section("Nearest rules that did not fire", (Table(columns, rows), *more))]


def _sentence(found: Assessment, miss: Miss) -> str:
    return "; ".join([" and ".join(_flip(found, line) for line in miss.failing), *_with(miss)])


def _flip(found: Assessment, line: TestLine) -> str:
    """A test that fails: the fact, its value, and the value at which it would pass."""
    entity = found.scenario.entities[line.entity]
    fact = entity.facts[line.test.field.name]
    field = fact.field
    same = sum(other.kind == entity.kind for other in found.scenario.entities)
    owner = f"{entity_name(found, line.entity)}, " if same > 1 else ""
    where = "assumed" if fact.state == "assumed" else f"@{fact.mark.line}"
    value = f"{owner}{field.label} {'open, taken as ' if fact.state == 'open' else ''}{field.show(fact.best)} ({where})"
    flips = away(line, fact)
    return f"{value}, fires at {flips}" if flips else value


def _effect(found: Assessment, miss: Miss) -> str:
    scale, then = found.rating.scale, miss.rule.then
    parts = [signed(then.points[scale])] if then.points.get(scale) else []
    parts += [f"{word} {levels(found.pack, at, at)}" for word, at in _limits(miss, scale)]
    return ", ".join(parts)


def _limits(miss: Miss, scale: str) -> list[tuple[str, int]]:
    pairs = (("ceiling", miss.rule.then.ceiling), ("floor", miss.rule.then.floor))
    return [(word, at[scale]) for word, at in pairs if scale in at]


def _failing(miss: Miss) -> str:
    return "cannot tell" if miss.open else f"{len(miss.failing)} of {miss.tests}"


def _with(miss: Miss) -> tuple[str, ...]:
    on = [f"with {listed(miss.on)}"] if miss.on else []
    off = [f"ends {listed(miss.off)}"] if miss.off else []
    return (*on, *off)
