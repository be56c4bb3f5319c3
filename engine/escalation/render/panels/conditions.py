"""Every condition of every rule: what held and what did not, on which fact, by how far."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from escalation.assess import Assessment
from escalation.ledger import CANNOT_TELL, NO, YES, ConcludedLine, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Section, Table, attribution
from escalation.render.words import away, by_scale, entity_name, limits_of, listed
from escalation.scenario import Fact

__all__ = ["every_condition"]

_RULE = {YES: "fired", NO: "did not fire", CANNOT_TELL: "cannot tell"}
_TEST = {YES: "holds", NO: "fails", CANNOT_TELL: "cannot tell"}
_PASS = {YES: "passes", NO: "does not", CANNOT_TELL: "may pass"}
_STEP = "\xa0\xa0"


def every_condition(found: Assessment) -> Sequence[Block]:
    """The whole ledger, three-valued on what is stated, rule by rule in pack order."""
    blocks: list[Block] = []
    for stated, assumed in zip(found.ledger.rules, found.assumed_ledger.rules, strict=True):
        blocks += [GAP, *_rule(found, stated, assumed)] if blocks else _rule(found, stated, assumed)
    return [Section("Every condition", tuple(blocks))]


def _rule(found: Assessment, stated: RuleLine, assumed: RuleLine) -> list[Block]:
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
    head = f"{rule.id} {state}: {rule.title}; {', '.join(gives) or 'a note'} ({where})"
    columns = (Column(), Column(flex=True))
    return [Paragraph(head, 2, 2), Table(columns, tuple(_rows(found, stated.line, 0, True)), indent=4)]


def _rows(found: Assessment, line: Line, depth: int, wanted: bool) -> Iterator[Row]:
    """The rows of a line. `wanted` is False under a count that asks for none that fails, where tests are as negated."""
    space = _STEP * depth
    if isinstance(line, TestLine):
        yield _test(found, line, space, wanted)
    elif isinstance(line, ConcludedLine):
        yield Row((_TEST[line.state], f"{space}{line.node.name} is {'' if line.node.expected else 'not '}concluded"))
    elif isinstance(line, GroupLine):
        every = line.every == wanted
        if not every:
            yield Row((_TEST[_as(line.state, wanted)], f"{space}any of these"))
        for child in line.children:
            yield from _rows(found, child, depth + (not every), wanted)
    else:
        yield from _count(found, line, space, depth)


def _count(found: Assessment, line: CountLine, space: str, depth: int) -> Iterator[Row]:
    every = line.count.written.startswith("every ")
    least, most, total = line.least, line.most, len(line.entities)
    least, most = (total - most, total - least) if every else (least, most)
    passed = str(least) if least == most else f"{least} to {most}"
    yield Row((_TEST[line.state], f"{space}{line.count.written}: {passed} of {total} pass"))
    for at, below in line.entities:
        yield Row((_PASS[_as(below.state, not every)], f"{space}{_STEP}{entity_name(found, at)}"))
        yield from _rows(found, below, depth + 2, not every)


def _test(found: Assessment, line: TestLine, space: str, wanted: bool) -> Row:
    """A test, the fact it is of, and where it would flip."""
    fact = found.scenario.entities[line.entity].facts[line.test.field.name]
    written = line.test.written if wanted else line.test.written.removeprefix("not: ")
    state = _as(line.state, written == line.test.written)
    flips = away(line, fact)
    text = f"{space}{written}: {_value(fact)} [{_source(found, fact)}]; "
    return Row((_TEST[state], text + (f"flips at {flips}" if flips else "no value flips it")))


def _as(state: int, straight: bool) -> int:
    return state if straight else YES - state


def _value(fact: Fact) -> str:
    shown = fact.field.show(fact.best)
    return f"open, taken as {shown}" if fact.state == "open" else shown


def _source(found: Assessment, fact: Fact) -> str:
    if fact.state == "assumed":
        return "A, not stated"
    return f"{attribution(fact, found.scenario.file)} {fact.source}".rstrip()
