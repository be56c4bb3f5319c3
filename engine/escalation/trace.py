"""The trace: an assessment as plain data, complete enough to be taken apart without this program.

Versioned (`trace_schema`), with digests of what went in and no clock and no random number, so that equal inputs give
equal bytes. For every rule it holds its state, what it contributed, and every condition with the fact, its value,
source, grade and place, the test, the result and the distance to flipping. `render/` makes text of it and computes
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from escalation import __version__, rete
from escalation.assess import Assessment
from escalation.beside import Beside, Shown, beside
from escalation.ledger import CANNOT_TELL, NO, YES, ConcludedLine, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.opinions import judgement
from escalation.paths import path_to
from escalation.scenario import Fact
from escalation.sensitivity import closed
from escalation.sentences import because, fill, lines, matched
from escalation.sets import Set, Words, complement, contains, is_empty, nearest

__all__ = ["STATES", "because", "distance", "leaves", "matched", "rests_on_entity", "set_data", "trace"]

STATES = {YES: "fired", NO: "not_fired", CANNOT_TELL: "cannot_tell"}
_RESULTS = {YES: "holds", NO: "fails", CANNOT_TELL: "cannot_tell"}
Json = dict[str, Any]


def trace(found: Assessment) -> Json:
    """The whole trace as JSON data; see the module's docstring."""
    scenario, pack = found.scenario, found.pack
    ratings = {rating.scale: _rating(found, i) for i, rating in enumerate(found.ratings)}
    return {
        "trace_schema": 1,
        "scenario": {
            "id": scenario.id,
            "title": scenario.title,
            "as_of": scenario.as_of.isoformat(),
            "perceivers": list(scenario.perceivers),
            "file": scenario.file,
            "digest": scenario.digest,
        },
        "pack": {
            "name": pack.name,
            "version": pack.version,
            "profile": pack.profile or None,
            "knowledge_to": pack.knowledge_to,
            "digest": pack.digest,
        },
        "engine": {"version": __version__, "engines": list(found.engines), "notice": _notice(found)},
        "rating": ratings[found.rating.scale],
        "ratings": ratings,
        "confidence": {"level": found.confidence.level, "basis": found.confidence.basis._asdict()},
        "factors": {rating.scale: _factors(found, i) for i, rating in enumerate(found.ratings)},
        "fired": list(found.fired),
        "concluded": list(found.concluded),
        "ledger": [_rule(found, i) for i in range(len(pack.rules))],
        "warnings": [_dated(found, i) for i in _dated_entities(found)],
        "not_yet_known": [
            {"path": later.path, "date": later.date, "text": later.text, **_place(later.mark)}
            for later in scenario.later
        ],
        "merged": [{"kept": kept, "dropped": dropped} for kept, dropped in scenario.merged],
        "assumptions": [_fact(found, at, fact) for at, fact in _tested(found) if fact.state == "assumed"],
        "open": [_fact(found, at, fact) for at, fact in _tested(found) if fact.state == "open"],
        "notes": list(_notes(found)),
        "panels": [_panel(found, shown) for shown in beside(found)],
        "caveats": list(pack.caveats),
        **_analyst(found),
    }


def leaves(line: Line) -> Iterator[TestLine | ConcludedLine]:
    """The single tests and conclusions under a line, in order."""
    for node in lines(line):
        if isinstance(node, (TestLine, ConcludedLine)):
            yield node


def distance(line: TestLine, fact: Fact) -> Json | None:
    """How far the fact's best value is from flipping the test: the nearest value that does, and steps or units to it.

    None where no value of the domain flips it. Steps count words along the field's order (1 in an unordered field).
    """
    field = line.test.field
    if field.domain is None or isinstance(fact.best, tuple):
        return None
    holds = contains(line.test.accept, fact.best)
    other: Set = complement(line.test.accept, field.domain) if holds else line.test.accept
    if is_empty(other):
        return None
    target = nearest(other, fact.best, field.step, field.order)
    found: Json = {"flips_at": target, "shown": field.show(target)}
    if isinstance(other, Words) or isinstance(target, (str, bool)):
        ordered = fact.best in field.order and target in field.order
        found["steps"] = abs(field.order.index(str(target)) - field.order.index(str(fact.best))) if ordered else 1
    else:
        assert not isinstance(fact.best, str)
        found["amount"] = abs(target - fact.best)
        found["unit"] = field.unit
    return found


def _rating(found: Assessment, index: int) -> Json:
    rating, widest, pack = found.ratings[index], found.widest[index], found.pack
    sums, scale = rating.arithmetic, pack.scales[index]
    return {
        "scale": rating.scale,
        "question": scale.question,
        "level": rating.level,
        "name": rating.name,
        "meaning": pack.levels[rating.level - 1].meaning,
        "low": rating.low,
        "high": rating.high,
        "widest_low": widest.level_low,
        "widest_high": widest.level_high,
        "score": rating.score,
        "score_low": rating.score_low,
        "score_high": rating.score_high,
        "widest_score_low": widest.total_low,
        "widest_score_high": widest.total_high,
        "exact": rating.exact and widest.exact,
        "thresholds": {level.name: cut for level, cut in zip(pack.levels[1:], scale.thresholds, strict=True)},
        "before_limits": sums.before_limits,
        "ceilings": [{"rule": rule, "level": level} for rule, level in sums.ceilings],
        "floors": [{"rule": rule, "level": level} for rule, level in sums.floors],
        "witnesses": {end: _witness(found, world) for end, world in found.stated_ranges[index].witnesses.items()},
    }


def _witness(found: Assessment, world: tuple[dict[str, Any], ...] | None) -> Json | None:
    """A witness as what differs from the assumed world, by path."""
    if world is None:
        return None
    return {
        _path(found, at, name): value
        for at, values in enumerate(world)
        for name, value in values.items()
        if value != found.world[at][name]
    }


def _factors(found: Assessment, index: int) -> list[Json]:
    labels = {factor.name: factor for factor in found.pack.factors}
    return [
        {
            **factor._asdict(),
            "label": labels[factor.name].label,
            "min": labels[factor.name].low,
            "max": labels[factor.name].high,
        }
        for factor in found.ratings[index].arithmetic.factors
    ]


def _rule(found: Assessment, index: int) -> Json:
    line, assumed = found.ledger.rules[index], found.assumed_ledger.rules[index]
    rule = line.rule
    fired = assumed.state == YES
    return {
        "id": rule.id,
        "title": rule.title,
        "factor": rule.factor,
        "state": STATES[line.state],
        "in_assumed_world": fired,
        "points": rule.then.points,
        "contributed": rule.then.points if fired else {},
        "ceiling": rule.then.ceiling,
        "floor": rule.then.floor,
        "concludes": list(rule.then.conclude),
        "uses": sorted({leaf.node.name for leaf in leaves(line.line) if isinstance(leaf, ConcludedLine)}),
        "because": because(found, assumed) if fired else None,
        "when": _condition(found, line.line),
        "basis": list(rule.basis),
        "assumption": rule.assumption,
        "falsified_by": rule.falsified_by,
        "review_by": rule.review_by,
        "pathway": list(rule.pathway),
        "file": rule.mark.file.removeprefix(found.pack.folder).lstrip(os.sep),  # the same wherever it is installed
        "line": rule.mark.line,
    }


def _condition(found: Assessment, line: Line) -> Json:
    if isinstance(line, TestLine):
        fact = found.scenario.entities[line.entity].facts[line.test.field.name]
        return {
            "test": line.test.written,
            "result": _RESULTS[line.state],
            "distance": distance(line, fact),
            **_fact(found, line.entity, fact),
        }
    if isinstance(line, ConcludedLine):
        wanted = "" if line.node.expected else "not "
        return {"concluded": f"{wanted}{line.node.name}", "result": _RESULTS[line.state]}
    if isinstance(line, GroupLine):
        key = "all_of" if line.every else "any_of"
        return {key: [_condition(found, child) for child in line.children], "result": _RESULTS[line.state]}
    return {
        "count": line.count.written,
        "result": _RESULTS[line.state],
        "pass": {"least": line.least, "most": line.most},
        "entities": [
            {"entity": _path(found, i), "result": _RESULTS[inner.state], "where": _condition(found, inner)}
            for i, inner in line.entities
        ],
    }


def _fact(found: Assessment, at: int, fact: Fact) -> Json:
    return {
        "fact": _path(found, at, fact.field.name),
        "value": list(fact.best) if isinstance(fact.best, tuple) else fact.best,
        "shown": fact.field.show(fact.best),
        "possible": None if fact.state != "open" or fact.possible is None else set_data(fact.possible),
        "state": fact.state,
        "status": fact.status,
        "source": fact.source or None,
        "grade": fact.grade or None,
        "quote": fact.quote or None,
        "assumed_because": fact.field.assume_because if fact.state == "assumed" else None,
        **_place(fact.mark),
    }


def set_data(found: Set) -> list[Any]:
    """A set as JSON: sorted words, or intervals as [low, high] with null for no end."""
    if isinstance(found, Words):
        return sorted(found.words, key=str)
    return [[None if abs(end) == float("inf") else end for end in (piece.low, piece.high)] for piece in found.intervals]


def _dated_entities(found: Assessment) -> list[int]:
    kinds = found.pack.vocabulary.kinds
    read = {field.entity for field in _fields_read(found)}
    return [i for i, e in enumerate(found.scenario.entities) if kinds[e.kind].dated_by and e.kind in read]


def _dated(found: Assessment, at: int) -> Json:
    """What became of one dated entity (a warning): the rules that rest on it, and why it counts or does not."""
    entity, scale = found.scenario.entities[at], found.rating.scale
    rests = [line for line in found.assumed_ledger.rules if line.state == YES and rests_on_entity(found, line, at)]
    counting = [line for line in rests if line.rule.then.points.get(scale, 0)]
    silent = [line for line in rests if not any(line.rule.then.points.values())]
    if counting:
        reason = _sentences(found, counting)
    elif silent:
        reason = f"discounted: {_sentences(found, silent)}"
    elif rests:
        reason = f"no points for {scale}: {_sentences(found, rests)}"
    else:
        reason = "no rule that fired rests on it"
    return {
        "id": entity.id,
        "counted": bool(counting),
        "reason": reason,
        "rules": [line.rule.id for line in rests],
        "facts": [_fact(found, at, f) for f in entity.facts.values() if f.state != "assumed" and not f.field.member_of],
        **_place(entity.mark),
    }


def rests_on_entity(found: Assessment, line: RuleLine, at: int) -> bool:
    """Whether a fired rule was satisfied by an entity, itself or through the conclusions it used."""
    kind = found.scenario.entities[at].kind
    if at in matched(line.line, kind) and any(_exists(node, kind) for node in lines(line.line)):
        return True
    used = {leaf.node.name for leaf in leaves(line.line) if isinstance(leaf, ConcludedLine) and leaf.node.expected}
    return any(
        rests_on_entity(found, maker, at)
        for maker in found.assumed_ledger.rules
        if maker.state == YES and used & set(maker.rule.then.conclude)
    )


def _exists(node: Line, kind: str) -> bool:
    return isinstance(node, CountLine) and node.count.kind == kind and not contains(node.count.accept, 0)


def _notes(found: Assessment) -> Iterator[Json]:
    for line in found.assumed_ledger.rules:
        for note in line.rule.then.notes if line.state == YES else ():
            yield {"panel": note.panel, "rule": line.rule.id, "text": fill(found, line.line, note.text)}


def _panel(found: Assessment, shown: Beside) -> Json:
    panel = shown.panel
    return {
        "name": panel.name,
        "title": panel.title,
        "says": panel.says,
        "basis": list(panel.basis),
        "rows": [{**_called_for(found, row), **dict(zip(panel.columns, row.cells, strict=True))} for row in shown.rows],
    }


def _analyst(found: Assessment) -> Json:
    """The analyst's own level and dissent under a key of their own; nothing where there is none."""
    own, levels = judgement(found.scenario, found.pack), found.pack.levels
    if own is None:
        return {}
    return {"analyst": {**own._asdict(), "name": None if own.level is None else levels[own.level - 1].name}}


def _called_for(found: Assessment, row: Shown) -> Json:
    """Why a row is shown, and sources of its own if it has any."""
    rests_on = {"rests_on": list(row.basis)} if row.basis else {}
    if row.levels:
        return {"level": [found.pack.levels[number - 1].name for number in row.levels], **rests_on}
    if row.pathway:
        return {"pathway": row.pathway, "touched_by": list(row.rules), **rests_on}
    return {"rules": list(row.rules), "holds": _RESULTS[row.state], **rests_on}


def _fields_read(found: Assessment) -> Iterable[Any]:
    return [field for fields in found.board.grid.columns.values() for field in fields]


def _tested(found: Assessment) -> Iterator[tuple[int, Fact]]:
    """The facts that some rule reads, closed lists left out."""
    for at, entity in enumerate(found.scenario.entities):
        for field in found.board.grid.columns[entity.kind]:
            if not closed(entity.facts[field.name]):
                yield at, entity.facts[field.name]


def _sentences(found: Assessment, fired: list[RuleLine]) -> str:
    return " ".join(because(found, line) for line in fired)


def _path(found: Assessment, at: int, field: str = "") -> str:
    return path_to(found.scenario, found.pack.vocabulary, at, field)


def _place(mark: Any) -> Json:
    return {"file": mark.file, "line": mark.line}


def _notice(found: Assessment) -> str | None:
    return None if len(found.engines) > 1 else rete.missing() or None
