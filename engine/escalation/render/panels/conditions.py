"""Every condition of every rule: what held and what did not, on which fact, by how far."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from escalation.analysis.exercise import exercise
from escalation.assess import Assessment
from escalation.ledger import CANNOT_TELL, NO, YES, ConcludedLine, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Section, Table, attribution
from escalation.render.words import away, by_scale, entity_name, limits_of, listed
from escalation.scenario import Fact

__all__ = ["ConditionLine", "condition_lines", "every_condition"]

_RULE = {YES: "fired", NO: "did not fire", CANNOT_TELL: "cannot tell"}
_TEST = {YES: "holds", NO: "fails", CANNOT_TELL: "cannot tell"}
_PASS = {YES: "passes", NO: "does not", CANNOT_TELL: "may pass"}
_STEP = "\xa0\xa0"


class ConditionLine(NamedTuple):
    """One line of a condition: how deep it stands, its state and that state in a word, and what is asked.

    A test has also the value of its fact, the ground of it, and where it would flip (None: nowhere).
    """

    depth: int
    state: int
    result: str
    written: str
    value: str = ""
    ground: str = ""
    flips: str | None = None


def every_condition(found: Assessment) -> Sequence[Block]:
    """The whole ledger, three-valued on what is stated, rule by rule in pack order."""
    marks = {name: f"; {one.mark}" for name, one in exercise(found.pack).items()}
    blocks: list[Block] = []
    for stated, assumed in zip(found.ledger.rules, found.assumed_ledger.rules, strict=True):
        shown = _rule(found, stated, assumed, marks.get(stated.rule.id, ""))
        blocks += [GAP, *shown] if blocks else shown
    return [Section("Every condition", tuple(blocks))]


def _rule(found: Assessment, stated: RuleLine, assumed: RuleLine, mark: str) -> list[Block]:
    """A rule with its conditions; `mark` says how far the casebook exercises it."""
    rule = stated.rule
    state = _RULE[stated.state]
    if stated.state == CANNOT_TELL:
        state += "; it fired in the assumed world" if assumed.state == YES else "; not in the assumed world"
    points = zip(found.pack.scales, by_scale(found.pack, rule.then.points), strict=True)
    gives = [f"{scale.name} {shown}" for scale, shown in points if shown != "0"]
    for scale in found.pack.scales:
        gives += [f"{limit} for {scale.name}" for limit in limits_of(found, stated, scale.name)]
    gives += [f"concludes {listed(rule.then.conclude)}"] if rule.then.conclude else []
    where = f"{os.path.basename(rule.mark.file)}:{rule.mark.line}"
    head = f"{rule.id} {state}: {rule.title}; {', '.join(gives) or 'a note'}{mark} ({where})"
    columns = (Column(), Column(flex=True))
    return [Paragraph(head, 2, 2), Table(columns, tuple(map(_row, condition_lines(found, stated.line))), indent=4)]


def condition_lines(found: Assessment, line: Line, depth: int = 0, wanted: bool = True) -> Iterator[ConditionLine]:
    """A line and all below it. `wanted` is False under a count that asks for none that fails: tests as negated."""
    if isinstance(line, TestLine):
        yield _test(found, line, depth, wanted)
    elif isinstance(line, ConcludedLine):
        yield ConditionLine(
            depth, line.state, _TEST[line.state], f"{line.node.name} is {'' if line.node.expected else 'not '}concluded"
        )
    elif isinstance(line, GroupLine):
        every = line.every == wanted
        if not every:
            state = _as(line.state, wanted)
            yield ConditionLine(depth, state, _TEST[state], "any of these")
        for child in line.children:
            yield from condition_lines(found, child, depth + (not every), wanted)
    else:
        yield from _count(found, line, depth)


def _count(found: Assessment, line: CountLine, depth: int) -> Iterator[ConditionLine]:
    every = line.count.written.startswith("every ")
    least, most, total = line.least, line.most, len(line.entities)
    least, most = (total - most, total - least) if every else (least, most)
    passed = str(least) if least == most else f"{least} to {most}"
    yield ConditionLine(depth, line.state, _TEST[line.state], f"{line.count.written}: {passed} of {total} pass")
    for at, below in line.entities:
        state = _as(below.state, not every)
        yield ConditionLine(depth + 1, state, _PASS[state], entity_name(found, at))
        yield from condition_lines(found, below, depth + 2, not every)


def _test(found: Assessment, line: TestLine, depth: int, wanted: bool) -> ConditionLine:
    """A test, the fact it is of, and where it would flip."""
    fact = found.scenario.entities[line.entity].facts[line.test.field.name]
    written = line.test.written if wanted else line.test.written.removeprefix("not: ")
    state = _as(line.state, written == line.test.written)
    return ConditionLine(
        depth, state, _TEST[state], written, _value(fact), _source(found, fact), away(line, fact) or None
    )


def _row(one: ConditionLine) -> Row:
    text = f"{_STEP * one.depth}{one.written}"
    if one.value:
        flips = f"flips at {one.flips}" if one.flips else "no value flips it"
        text += f": {one.value} [{one.ground}]; {flips}"
    return Row((one.result, text))


def _as(state: int, straight: bool) -> int:
    return state if straight else YES - state


def _value(fact: Fact) -> str:
    shown = fact.field.show(fact.best)
    return f"open, taken as {shown}" if fact.state == "open" else shown


def _source(found: Assessment, fact: Fact) -> str:
    if fact.state == "assumed":
        return "A, not stated"
    return f"{attribution(fact, found.scenario.file)} {fact.source}".rstrip()
