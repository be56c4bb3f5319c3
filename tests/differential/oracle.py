"""The oracle: what a pack makes of one world, by the plainest reading of the five nodes. Slow, and meant to be."""

from functools import cache

from escalation.rules import All, Any, Concluded, Condition, Count, Outcome, Test
from escalation.sets import contains


def decide(pack, entities, world) -> Outcome:
    """Which rules fire, and what is concluded."""

    def members(kind: str) -> list[int]:
        return [i for i, entity in enumerate(entities) if entity.kind == kind]

    def holds(node: Condition, at: int) -> bool:
        """Whether `node` holds; inside a Count, of entity number `at`."""
        match node:
            case Test():
                where = members(node.field.entity)[0] if at < 0 else at
                return contains(node.accept, world[where][node.field.name])
            case Count():
                return contains(node.accept, sum(holds(node.where, i) for i in members(node.kind)))
            case Concluded():
                return concluded(node.name) == node.expected
            case All():
                return all(holds(child, at) for child in node.children)
            case Any():
                return any(holds(child, at) for child in node.children)

    @cache
    def fires(rule: int) -> bool:
        return holds(pack.rules[rule].when, -1)

    def concluded(name: str) -> bool:
        return any(fires(i) for i, rule in enumerate(pack.rules) if name in rule.then.conclude)

    names = {name for rule in pack.rules for name in rule.then.conclude}
    return Outcome(
        tuple(rule.id for i, rule in enumerate(pack.rules) if fires(i)),
        tuple(sorted(name for name in names if concluded(name))),
    )
