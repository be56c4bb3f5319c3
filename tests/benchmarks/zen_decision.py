"""The rules of a pack as a decision of zen-engine: every rule one expression of one expression node.

It is as faithful as that language allows: each test, count, conclusion and sum is there, so that both engines do the
same work, and the benchmark checks that they fire the same rules. What ZEN has no notion of stays out: three-valued
truth, the range, distances to flipping, sources. Its trace is one result for each rule, not for each condition.
"""

import json
from math import inf
from typing import Any

from escalation.pack import Pack
from escalation.rules import All, Concluded, Condition, Count, Test
from escalation.scenario import Entity, World
from escalation.sets import Numbers, Set, Words, interval


def decision(pack: Pack) -> str:
    """The decision as JSON text."""
    expressions = []
    made: dict[str, list[str]] = {}
    for i in pack.order:
        rule = pack.rules[i]
        expressions.append((_name(rule.id), _condition(rule.when, "", pack)))
        for conclusion in rule.then.conclude:
            made.setdefault(conclusion, []).append(_name(rule.id))
            expressions.append((f"concluded_{conclusion}", " or ".join(f"$.{name}" for name in made[conclusion])))
    for scale in pack.scales:
        for factor in pack.factors:
            points = [(r, r.then.points.get(scale.name, 0)) for r in pack.rules if r.factor == factor.name]
            parts = [f"($.{_name(rule.id)} ? {number} : 0)" for rule, number in points if number] or ["0"]
            held = f"max([{factor.low}, min([{factor.high}, {' + '.join(parts)}])])"
            expressions.append((f"{scale.name}_{factor.name}", held))
        sums = " + ".join(f"$.{scale.name}_{factor.name}" for factor in pack.factors)
        expressions.append((f"{scale.name}_total", sums))
    content = {"expressions": [{"id": str(i), "key": k, "value": v} for i, (k, v) in enumerate(expressions)]}
    place = {"x": 0, "y": 0}
    return json.dumps(
        {
            "nodes": [
                {"id": "in", "type": "inputNode", "name": "in", "position": place},
                {"id": "rules", "type": "expressionNode", "name": "rules", "position": place, "content": content},
                {"id": "out", "type": "outputNode", "name": "out", "position": place},
            ],
            "edges": [
                {"id": "1", "sourceId": "in", "targetId": "rules", "type": "edge"},
                {"id": "2", "sourceId": "rules", "targetId": "out", "type": "edge"},
            ],
        }
    )


def context(pack: Pack, entities: tuple[Entity, ...], world: World) -> dict[str, Any]:
    """One world as the input of the decision."""
    found: dict[str, Any] = {kind.plural: [] for kind in pack.vocabulary.kinds.values() if kind.many}
    for entity, values in zip(entities, world, strict=True):
        plain = {_name(name): value for name, value in values.items()}
        kind = pack.vocabulary.kinds[entity.kind]
        if kind.many:
            found[kind.plural].append(plain)
        else:
            found[kind.name] = plain
    return found


def fired(pack: Pack, result: dict[str, Any]) -> tuple[str, ...]:
    """The ids of the rules that fired, in pack order."""
    return tuple(rule.id for rule in pack.rules if result[_name(rule.id)])


def _condition(node: Condition, entity: str, pack: Pack) -> str:
    """A condition as an expression; `entity` is "#" where it is about the one that a count asks about."""
    if isinstance(node, Test):
        return _within(f"{entity or node.field.entity}.{_name(node.field.name)}", node.accept)
    if isinstance(node, Concluded):
        return f"$.concluded_{node.name}" if node.expected else f"not($.concluded_{node.name})"
    if isinstance(node, Count):
        where = _condition(node.where, "#", pack)
        listed = pack.vocabulary.kinds[node.kind].plural
        if node.accept in (interval(1), interval(0, 0)):
            return f"{'some' if node.accept == interval(1) else 'none'}({listed}, {where})"
        return _within(f"count({listed}, {where})", node.accept)
    joined = (" and " if isinstance(node, All) else " or ").join(_condition(c, entity, pack) for c in node.children)
    return f"({joined})"


def _within(value: str, accept: Set) -> str:
    if isinstance(accept, Words):
        if accept.words <= {True, False}:
            return f"{value} == {str(next(iter(accept.words))).lower()}" if len(accept.words) == 1 else "true"
        return f"{value} in {json.dumps(sorted(str(word) for word in accept.words))}"
    assert isinstance(accept, Numbers)
    runs = []
    for run in accept.intervals:
        ends = [f"{value} {'>' if run.low_open else '>='} {run.low}"] if run.low != -inf else []
        ends += [f"{value} {'<' if run.high_open else '<='} {run.high}"] if run.high != inf else []
        runs.append(f"({' and '.join(ends) or 'true'})")
    return f"({' or '.join(runs) or 'false'})"


def _name(text: str) -> str:
    """A name that the expression language takes: `RCH-10` is RCH_10, `also[nuclear]` is also_nuclear_."""
    return "".join(char if char.isalnum() else "_" for char in text)
