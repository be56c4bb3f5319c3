"""Mixtures of two versions of a pack: some of the changed rules as in the one, the others as in the other.

Two rules are the same if they ask and do the same, wherever they stand and however they are worded. A rule that only
one version has is switched off in the other. What the vocabularies assume, and the bounds of factors, are players too
where they differ. A mixture is rated by the ledger and never shown; only the two versions themselves are.
"""

from __future__ import annotations

from typing import NamedTuple

from escalation.assess import Assessment
from escalation.ledger import YES, View, evaluate, world_view
from escalation.pack import Factor, Pack
from escalation.rating import arithmetic
from escalation.rules import All, Concluded, Condition, Count, Rule, Test, negate, walk
from escalation.scenario import Entity
from escalation.sets import Numbers, Words, only

__all__ = ["ASSUMPTIONS", "BOUNDS", "CONCLUDING", "Mixture", "signature"]

ASSUMPTIONS = "what the vocabulary assumes"
BOUNDS = "bounds of factors"
CONCLUDING = "rules that conclude, together"


class _Seen(NamedTuple):
    """The assumed world of a scenario as one version of the vocabulary has it, with what only the other knows."""

    entities: tuple[Entity, ...]
    view: View


class Mixture:
    """Two versions of a pack over one scenario.

    `changed` are the ids of all rules that differ; `players` name what differs and may matter for this scenario.
    """

    def __init__(self, first: Assessment, second: Assessment) -> None:
        self.pack = first.pack
        ids = dict.fromkeys(rule.id for rule in (*first.pack.rules, *second.pack.rules))
        self.versions = {name: (first.pack.rule(name), second.pack.rule(name)) for name in ids}
        self.changed = [name for name, pair in self.versions.items() if _differ(*pair)]
        self.factors = _factors(first.pack, second.pack), _factors(second.pack, first.pack)
        self.seen = _seen(first, second), _seen(second, first)
        self.bundle = self._bundle()
        self.players = [name for name in self.changed if name not in self.bundle and self._may_matter(name)]
        self.players += [CONCLUDING] if self.bundle else []
        self.players += [ASSUMPTIONS] if self.seen[0].view != self.seen[1].view else []
        self.players += [BOUNDS] if self.factors[0] != self.factors[1] else []

    def totals(self, mask: int) -> tuple[int, ...]:
        """The total on each scale, with the players of a mask as in the second version."""
        taken = {player for i, player in enumerate(self.players) if mask >> i & 1}
        silent = {name for name in self.changed if name not in self.players and name not in self.bundle}
        chosen = taken | silent | (self.bundle if CONCLUDING in taken else set())
        rules = tuple(self._version(name, name in chosen) for name in self.versions)
        pack = self.pack._replace(rules=rules, order=_order(rules), factors=self.factors[BOUNDS in taken])
        seen = self.seen[ASSUMPTIONS in taken]
        found = evaluate(pack, seen.entities, seen.view)
        fired = [line.rule.id for line in found.rules if line.state == YES]
        return tuple(arithmetic(pack, fired, scale).total for scale in pack.scales)

    def _version(self, name: str, second: bool) -> Rule:
        """A rule as in one version; switched off where that version does not have it."""
        wanted, other = self.versions[name][::-1] if second else self.versions[name]
        if wanted is not None:
            return wanted
        assert other is not None
        return other._replace(when=_never(other.when, self.pack))

    def _may_matter(self, name: str) -> bool:
        """False for a changed rule that fires on neither side, or does the same on both."""
        versions = [self._version(name, second) for second in (False, True)]
        if any(rule.then.conclude or _uses(rule) for rule in versions):
            return True
        effects = [
            (rule.factor, sorted(rule.then.points.items())) if self._fires(rule, seen) else None
            for rule in versions
            for seen in self.seen
        ]
        return any(effect != effects[0] for effect in effects)

    def _fires(self, rule: Rule, seen: _Seen) -> bool:
        alone = self.pack._replace(rules=(rule,), order=(0,))
        return evaluate(alone, seen.entities, seen.view).rules[0].state == YES

    def _bundle(self) -> set[str]:
        """The changed rules that make or use conclusions, if mixing them might close a circle: they move as one."""
        every = tuple(rule for pair in self.versions.values() for rule in pair if rule is not None)
        if len(_order(every)) == len(every):
            return set()
        return {
            name
            for name in self.changed
            if any(rule is not None and (rule.then.conclude or _uses(rule)) for rule in self.versions[name])
        }


def signature(node: Condition) -> object:
    """A condition without its wording and place: equal exactly for conditions that are built alike."""
    if isinstance(node, Test):
        return ("test", node.field.key, node.accept)
    if isinstance(node, Count):
        return ("count", node.kind, signature(node.where), node.accept)
    if isinstance(node, Concluded):
        return ("concluded", node.name, node.expected)
    return ("all" if isinstance(node, All) else "any", tuple(signature(child) for child in node.children))


def _differ(first: Rule | None, second: Rule | None) -> bool:
    if first is None or second is None:
        return True
    effects = [(rule.factor, rule.then._replace(notes=())) for rule in (first, second)]
    return effects[0] != effects[1] or signature(first.when) != signature(second.when)


def _factors(pack: Pack, other: Pack) -> tuple[Factor, ...]:
    """The factors of a pack, with those that only the other has, in an order that is the same both ways."""
    own = {factor.name: factor for factor in pack.factors}
    every = {factor.name: own.get(factor.name, factor) for factor in (*other.factors, *pack.factors)}
    return tuple(every[name] for name in sorted(every))


def _seen(found: Assessment, other: Assessment) -> _Seen:
    theirs = {(e.kind, e.id): row for e, row in zip(other.scenario.entities, world_view(other.world), strict=True)}
    known = [field for field in other.pack.vocabulary.fields.values() if field.readable]
    view = []
    for entity, row in zip(found.scenario.entities, world_view(found.world), strict=True):
        assumed = {
            f.name: only(f.assume) for f in known if f.entity == entity.kind and isinstance(f.assume, (str, int, float))
        }
        view.append({**assumed, **theirs.get((entity.kind, entity.id), {}), **row})
    return _Seen(found.scenario.entities, tuple(view))


def _uses(rule: Rule) -> set[str]:
    return {node.name for node in walk(rule.when) if isinstance(node, Concluded)}


def _order(rules: tuple[Rule, ...]) -> tuple[int, ...]:
    """An order in which rules come after the makers of what they use; without those that a circle holds up."""
    waiting = list(range(len(rules)))
    ordered: list[int] = []
    while waiting:
        pending = {name for i in waiting for name in rules[i].then.conclude}
        ready = [i for i in waiting if not _uses(rules[i]) & pending]
        if not ready:
            return tuple(ordered)
        ordered += ready
        waiting = [i for i in waiting if i not in ready]
    return tuple(ordered)


def _never(node: Condition, pack: Pack) -> Condition:
    """A condition on the same facts or conclusions that nothing meets."""
    leaf = next((inner for inner in walk(node) if isinstance(inner, Test)), None)
    if leaf is None:
        return All((node, negate(node)))
    if pack.vocabulary.kinds[leaf.field.entity].many:
        return Count(leaf.field.entity, leaf, Numbers(()), leaf.written, leaf.mark)
    return leaf._replace(accept=Words(frozenset()) if isinstance(leaf.accept, Words) else Numbers(()))
