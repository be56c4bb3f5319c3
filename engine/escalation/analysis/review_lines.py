"""The lines of a trace that can be reviewed: an address for people, what each says, and a digest of just that.

A line is a rule (`ROL-10`), one condition of it (`ROL-10/2`, and `WRN-10/2:kremlin-14-dec` where it is asked of one of
several), or the level on a scale (`rating/escalation`). Conditions are numbered as the rule is written. The digest
covers what the line says: the rule or the set asked for, the facts with their sources, the result; not where anything
stands in a file, nor other rules, nor the pack as a whole. So it changes when, and only when, the line does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from escalation.assess import Assessment, Rating
from escalation.digest import sha256
from escalation.ledger import NO, YES, ConcludedLine, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.rules import Concluded, Test, walk
from escalation.scenario import Fact
from escalation.sentences import because
from escalation.trace import STATES, leaves, set_data

__all__ = ["ReviewLine", "addresses", "digest", "review_lines"]

_DIGITS = 16  # hexadecimal digits of a line's digest: 64 bits tell the lines of one file apart
_MOST = 6  # facts that a rule's line names
_RESULTS = {YES: "holds", NO: "fails"}
_ANSWERS = {YES: "fired", NO: "did not fire"}
Json = Any


class ReviewLine(NamedTuple):
    """A line that can be reviewed. `rule` is the id of its rule, "" for a level.

    A review must cover the lines that are `needed`: levels, and rules that fired or cannot be told.
    """

    address: str
    rule: str
    says: str
    digest: str
    needed: bool


def review_lines(found: Assessment) -> tuple[ReviewLine, ...]:
    """Every line that can be reviewed: the levels, then each rule of the pack followed by its conditions."""
    lines = [_of_rating(found, i) for i in range(len(found.ratings))]
    for stated, assumed in zip(found.ledger.rules, found.assumed_ledger.rules, strict=True):
        lines.append(_of_rule(found, stated, assumed))
        lines += _of_conditions(found, stated)
    return tuple(lines)


def addresses(found: Assessment, line: RuleLine) -> tuple[str, ...]:
    """The address of each test and conclusion under a rule, in the order of `trace.leaves`."""
    entities = found.scenario.entities
    return tuple(
        f"{line.rule.id}/{place.number}" + (f":{entities[place.entity].id}" if place.entity >= 0 else "")
        for place in _places(line.line)
    )


def digest(content: Json) -> str:
    """A short digest of JSON data, the same on every machine."""
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return str(sha256(text.encode()).hexdigest())[:_DIGITS]


def _of_rating(found: Assessment, index: int) -> ReviewLine:
    rating: Rating = found.ratings[index]
    sums, names = rating.arithmetic, [level.name.upper() for level in found.pack.levels]
    says = f"{rating.scale} {names[rating.level - 1]}, score {rating.score}"
    if rating.low < rating.high:
        says += f"; {names[rating.low - 1]} to {names[rating.high - 1]} over what is open"
    content = [
        [rating.scale, rating.level, rating.low, rating.high, rating.score, rating.score_low, rating.score_high],
        [names, list(found.pack.scales[index].thresholds), sums.before_limits],
        [[list(pair) for pair in (*sums.ceilings, ("", 0), *sums.floors)]],
        [[*factor] for factor in sums.factors],
    ]
    return ReviewLine(f"rating/{rating.scale}", "", says, digest(content), True)


def _of_rule(found: Assessment, stated: RuleLine, assumed: RuleLine) -> ReviewLine:
    rule, fired = stated.rule, assumed.state == YES
    then = rule.then
    why = because(found, assumed) if fired else ""
    gives = [f"{scale} {points:+d}" for scale, points in then.points.items() if points]
    for word, limits in (("ceiling", then.ceiling), ("floor", then.floor)):
        gives += [f"{scale} {word} {found.pack.levels[at - 1].name.upper()}" for scale, at in limits.items()]
    gives += [f"concludes {', '.join(then.conclude)}"] if then.conclude else []
    state = _ANSWERS.get(stated.state, "cannot tell" + (", fired on what is assumed" if fired else ""))
    says = "; ".join([f"{state}: {rule.title}", *([", ".join(gives)] if gives else []), *_on(found, stated)])
    content = [
        [rule.id, rule.title, rule.factor, list(rule.basis), rule.assumption, why],
        [then.points, then.floor, then.ceiling, sorted(then.conclude), [list(note) for note in then.notes]],
        [STATES[stated.state], fired],
        _content(found, stated.line),
    ]
    return ReviewLine(rule.id, rule.id, says, digest(content), stated.state != NO)


def _on(found: Assessment, stated: RuleLine) -> list[str]:
    """The facts that a rule asks for, with their values, as far as there is room for them."""
    tests = [line for line in leaves(stated.line) if isinstance(line, TestLine)]
    facts = list(dict.fromkeys(f"{line.test.field.label} {_value(found, line)}" for line in tests))
    more = [f"{len(facts) - _MOST} more"] if len(facts) > _MOST else []
    return [f"on {', '.join([*facts[:_MOST], *more])}"] if facts else []


def _of_conditions(found: Assessment, stated: RuleLine) -> Iterator[ReviewLine]:
    """The single tests and conclusions of a rule."""
    lines = zip(addresses(found, stated), _places(stated.line), leaves(stated.line), strict=True)
    for address, place, line in lines:
        content = [stated.rule.id, _content(found, line)]
        yield ReviewLine(address, stated.rule.id, _says(found, line, place.every), digest(content), False)


def _says(found: Assessment, line: TestLine | ConcludedLine, every: bool) -> str:
    """A condition in a sentence; under a count of `every`, which asks for none that fails, it is told straight."""
    if isinstance(line, ConcludedLine):
        return f"{_result(line.state)}: {line.node.name} is {'' if line.node.expected else 'not '}concluded"
    negated = every and line.test.written.startswith("not: ")
    result = _result(YES - line.state if negated else line.state)
    written = line.test.written.removeprefix("not: ") if negated else line.test.written
    assumed = _fact_of(found, line).state == "assumed"
    return f"{result}: {written}: {_value(found, line)}" + (", not stated" if assumed else "")


def _value(found: Assessment, line: TestLine) -> str:
    fact = _fact_of(found, line)
    return f"open, taken as {fact.field.show(fact.best)}" if fact.state == "open" else fact.field.show(fact.best)


def _result(state: int) -> str:
    return _RESULTS.get(state, "cannot tell")


def _content(found: Assessment, line: Line) -> Json:
    """All that a condition says, as data: what is asked, of what, on whose word, and the result."""
    if isinstance(line, TestLine):
        asked = [line.test.field.key, set_data(line.test.accept), line.state]
        return [*asked, found.scenario.entities[line.entity].id, _fact(found, _fact_of(found, line))]
    if isinstance(line, ConcludedLine):
        return [line.node.name, line.node.expected, line.state]
    if isinstance(line, GroupLine):
        return [line.every, [_content(found, child) for child in line.children]]
    asked = [line.count.kind, set_data(line.count.accept), line.least, line.most, line.state]
    return [*asked, [_content(found, inner) for _, inner in line.entities]]


def _fact(found: Assessment, fact: Fact) -> Json:
    source = found.scenario.sources.get(fact.source)
    said = [fact.status, fact.grade, fact.quote]
    return [
        fact.state,
        list(fact.best) if isinstance(fact.best, tuple) else fact.best,
        None if fact.possible is None else set_data(fact.possible),
        fact.field.assume_because if fact.state == "assumed" else said,
        list(source[:-1]) if source else fact.source,
        [[str(part) for part in one] for one in fact.alternatives],
    ]


def _fact_of(found: Assessment, line: TestLine) -> Fact:
    return found.scenario.entities[line.entity].facts[line.test.field.name]


# -- addresses


class _Place(NamedTuple):
    """Which condition of its rule a line is, of which entity (-1: of no one in particular), and whether of every."""

    number: int
    entity: int = -1
    every: bool = False


_FIRST = _Place(1)


def _places(line: Line, place: _Place = _FIRST) -> Iterator[_Place]:
    """The place of each test and conclusion, numbered as the rule is written and alike for each entity asked."""
    if isinstance(line, GroupLine):
        for child in line.children:
            yield from _places(child, place)
            place = place._replace(number=place.number + _written(child))
    elif isinstance(line, CountLine):
        every = line.count.written.startswith("every ")
        for at, inner in line.entities:
            yield from _places(inner, _Place(place.number, at, every))
    else:
        yield place


def _written(line: Line) -> int:
    """How many tests and conclusions the condition of a line has, whether any entity was asked or not."""
    if isinstance(line, GroupLine):
        return sum(map(_written, line.children))
    if isinstance(line, CountLine):
        return sum(isinstance(node, (Test, Concluded)) for node in walk(line.count.where))
    return 1
