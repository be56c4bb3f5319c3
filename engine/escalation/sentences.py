"""Sentences about an assessment: the texts of rules with their placeholders filled from the facts that satisfy them.

A text of the pack names fields as `{kind.field}` and parameters as `{name}`. Here each becomes what the scenario says
of the entities that made the rule hold, or of all of that kind where none did by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from escalation.assess import Assessment
from escalation.ledger import NO, YES, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.rules import PLACEHOLDER
from escalation.scenario import Fact
from escalation.sets import contains
from escalation.vocabulary import Value

__all__ = ["because", "fill", "holding", "lines", "matched"]


def because(found: Assessment, rule: RuleLine) -> str:
    """The rule's reason with its placeholders filled from the entities that satisfy it."""
    return fill(found, rule.line, rule.rule.because)


def fill(found: Assessment, line: Line, text: str) -> str:
    """A text with `{kind.field}` and `{parameter}` filled in from what satisfies a line; several matches are joined."""

    def value(match: Any) -> str:
        kind, name = match[1], match[2]
        if not kind:
            return _parameter(found, name)
        entities = _by_date(found, matched(line, kind) or _members(found, kind))
        shown = dict.fromkeys(_show(found, found.scenario.entities[i].facts.get(name)) for i in entities)
        return _joined(list(shown))

    return PLACEHOLDER.sub(value, text)


def matched(line: Line, kind: str) -> list[int]:
    """The entities of a kind that satisfy the quantified conditions of a rule."""
    found: dict[int, None] = {}
    for node in lines(line):
        if isinstance(node, CountLine) and node.count.kind == kind and node.state == YES:
            wanted = YES if not contains(node.count.accept, 0) else NO
            found.update((i, None) for i, inner in node.entities if inner.state == wanted)
    return list(found)


def lines(line: Line) -> Iterator[Line]:
    """A line and everything under it, in order."""
    yield line
    if isinstance(line, GroupLine):
        for child in line.children:
            yield from lines(child)
    elif isinstance(line, CountLine):
        for _, inner in line.entities:
            yield from lines(inner)


def holding(line: Line, wanted: bool = True) -> Iterator[TestLine]:
    """The tests that make a line hold (or fail, if that is wanted)."""
    if isinstance(line, TestLine):
        if (line.state == YES) == wanted:
            yield line
    elif isinstance(line, GroupLine):
        for child in line.children:
            if (child.state == YES) == wanted:
                yield from holding(child, wanted)
    elif isinstance(line, CountLine):
        some = contains(line.count.accept, 0) != wanted
        for _, inner in line.entities:
            if (inner.state == YES) == some:
                yield from holding(inner, some)


def _members(found: Assessment, kind: str) -> list[int]:
    return [i for i, entity in enumerate(found.scenario.entities) if entity.kind == kind]


def _parameter(found: Assessment, name: str) -> str:
    parameter = found.pack.parameters[name]
    if isinstance(parameter.value, tuple):
        return ", ".join(word.replace("_", " ") for word in parameter.value)
    return f"{parameter.value:g} {parameter.unit}".rstrip()


def _show(found: Assessment, fact: Fact | None) -> str:
    value: Value | None = fact.best if fact else None
    return fact.field.show(value) if fact and value is not None else "not stated"


def _by_date(found: Assessment, entities: list[int]) -> list[int]:
    """Entities of a dated kind in the order of their dates, others as they are."""

    def date_of(at: int) -> str:
        entity = found.scenario.entities[at]
        dated = entity.facts.get(found.pack.vocabulary.kinds[entity.kind].dated_by)
        return str(dated.best) if dated else ""

    return sorted(entities, key=date_of)


def _joined(parts: list[str]) -> str:
    return "".join(parts) or "none" if len(parts) < 2 else f"{', '.join(parts[:-1])} and {parts[-1]}"
