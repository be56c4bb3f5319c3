"""A pack as formulas over symbolic scenarios, for the prover (z3, the extra `prove`).

The values of a field matter only through the tests, so a field becomes a ladder of truths, one for each edge between
its bins: "at or past this edge". Kinds with many entities get as many symbolic entities, each present or not, as
provably stand for any number (`depth.py`). Rules, sums and levels are then terms, and a question about all scenarios
is one query. What a model says is turned back into a scenario and rated by the engine before anyone is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import z3

from escalation.pack import Pack, Scale
from escalation.rules import All, Concluded, Condition, Count, Test, walk
from escalation.sets import Set, contains, disjoint
from escalation.unfold import unfolded
from escalation.vocabulary import Field, field_bins
from escalation.workbench.questions import Witness
from escalation.workbench.space import Being

__all__ = ["Copy", "Rated", "Universe", "witness_of"]

Bool: TypeAlias = Any  # z3's own classes carry no types
Int: TypeAlias = Any


class Universe(NamedTuple):
    """What some packs over one vocabulary have in common: tested fields by kind, and bins that all of them respect."""

    packs: tuple[Pack, ...]
    conditions: tuple[tuple[Condition, ...], ...]  # by pack, by rule
    columns: dict[str, tuple[Field, ...]]
    bins: dict[str, tuple[Set, ...]]

    @classmethod
    def of(cls, *packs: Pack, also: Sequence[Condition] = ()) -> Universe:
        """The universe of some packs with the same fields, and of further conditions on them."""
        known = packs[0].vocabulary.fields
        conditions = tuple(tuple(unfolded(rule.when, known) for rule in pack.rules) for pack in packs)
        more = [unfolded(condition, known) for condition in also]
        cuts: dict[str, list[Set]] = {}
        fields: dict[str, Field] = {}
        for node in (n for group in (*conditions, more) for condition in group for n in walk(condition)):
            if isinstance(node, Test):
                cuts.setdefault(node.field.key, []).append(node.accept)
                fields[node.field.key] = node.field
        kinds = packs[0].vocabulary.kinds
        columns = {kind: tuple(f for f in fields.values() if f.entity == kind) for kind in kinds}
        return cls(packs, conditions, columns, {key: field_bins(f, cuts[key]) for key, f in fields.items()})

    def accepted(self, test: Test) -> list[int]:
        """The numbers of the bins that pass a test."""
        return [i for i, piece in enumerate(self.bins[test.field.key]) if not disjoint(piece, test.accept)]


class Copy:
    """One symbolic scenario: for each kind its entities, each with a ladder of truths for each tested field.

    `facts` is what holds of it by construction; whoever asks a question adds them.
    """

    def __init__(self, universe: Universe, depth: dict[str, int], name: str) -> None:
        self.universe, self.name = universe, name
        self.facts: list[Bool] = []
        self.ladders: dict[tuple[str, int, str], list[Bool]] = {}
        self.present: dict[str, list[Bool]] = {}
        for kind_name, kind in universe.packs[0].vocabulary.kinds.items():
            number = depth.get(kind_name, 0) if kind.many else 1
            least = kind.at_least if kind.many else 1
            self.present[kind_name] = [
                z3.BoolVal(True) if i < least else z3.Bool(f"{name}.{kind_name}.{i}") for i in range(number)
            ]
            for i in range(number):
                for field in universe.columns[kind_name]:
                    self.ladders[kind_name, i, field.name] = self.ladder(field, i)

    def ladder(self, field: Field, i: int) -> list[Bool]:
        """Truths for the edges between bins; each implies those below it."""
        edges = [z3.Bool(f"{self.name}.{field.key}.{i}.{n}") for n in range(1, len(self.universe.bins[field.key]))]
        self.facts += [z3.Implies(b, a) for a, b in pairwise(edges)]
        return edges

    def moved(self, name: str, kind: str, i: int, field: Field) -> Copy:
        """The same scenario, but for one field of one entity, which has a ladder of its own."""
        other = self._alike(name)
        other.ladders = {**self.ladders, (kind, i, field.name): other.ladder(field, i)}
        return other

    def with_entity(self, name: str, kind: str, i: int, here: bool) -> Copy:
        """The same scenario, with one entity present or not."""
        other = self._alike(name)
        present = list(self.present[kind])
        present[i] = z3.BoolVal(here)
        other.present = {**self.present, kind: present}
        return other

    def _alike(self, name: str) -> Copy:
        other = copy(self)
        other.name, other.facts = name, []
        return other

    def within(self, kind: str, i: int, field: Field, bins: Sequence[int]) -> Bool:
        """That the field of an entity lies in one of some bins."""
        edges = self.ladders[kind, i, field.name]
        runs: list[list[int]] = []
        for number in bins:
            if runs and runs[-1][-1] == number - 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        parts = []
        for run in runs:
            low = [edges[run[0] - 1]] if run[0] > 0 else []
            high = [z3.Not(edges[run[-1]])] if run[-1] < len(edges) else []
            parts.append(z3.And(*low, *high))
        return z3.Or(*parts)

    def rated(self, number: int = 0) -> Rated:
        """The rules and ratings of one of the universe's packs over this scenario."""
        return Rated(self, number)


class Rated:
    """One pack over one symbolic scenario: which rules fire, totals and levels by scale."""

    def __init__(self, scene: Copy, number: int) -> None:
        self.copy, self.pack = scene, scene.universe.packs[number]
        self.made: dict[str, Bool] = {}
        self.fired: list[Bool] = [None] * len(self.pack.rules)
        makers: dict[str, list[Bool]] = {name: [] for rule in self.pack.rules for name in rule.then.conclude}
        for i in self.pack.order:
            self.made = {name: z3.Or(*parts) for name, parts in makers.items()}
            fired = z3.Bool(f"{scene.name}.{number}.{self.pack.rules[i].id}")
            scene.facts.append(fired == self.term(scene.universe.conditions[number][i], -1))
            self.fired[i] = fired
            for name in self.pack.rules[i].then.conclude:
                makers[name].append(fired)
        self.made = {name: z3.Or(*parts) for name, parts in makers.items()}

    def term(self, node: Condition, i: int) -> Bool:
        """A condition as a term; `i` is the entity asked about."""
        if isinstance(node, Test):
            return self.copy.within(node.field.entity, max(i, 0), node.field, self.copy.universe.accepted(node))
        if isinstance(node, Concluded):
            return self.made[node.name] if node.expected else z3.Not(self.made[node.name])
        if isinstance(node, Count):
            return self.count(node)
        parts = [self.term(child, i) for child in node.children]
        return z3.And(*parts) if isinstance(node, All) else z3.Or(*parts)

    def count(self, node: Count) -> Bool:
        present = self.copy.present[node.kind]
        passing = [z3.And(here, self.term(node.where, i)) for i, here in enumerate(present)]
        accepted = [n for n in range(len(passing) + 1) if contains(node.accept, n)]
        if accepted == list(range(1, len(passing) + 1)):
            return z3.Or(*passing)
        if accepted == [0]:
            return z3.Not(z3.Or(*passing))
        exactly = [z3.PbEq([(p, 1) for p in passing], n) if passing else z3.BoolVal(n == 0) for n in accepted]
        return z3.Or(*exactly)

    def total(self, scale: Scale, without: int = -1) -> Int:
        """The total on a scale; `without` leaves one rule's effects out."""
        sums = []
        for factor in self.pack.factors:
            points = [
                z3.If(self.fired[i], rule.then.points[scale.name], 0)
                for i, rule in enumerate(self.pack.rules)
                if rule.factor == factor.name and rule.then.points.get(scale.name) and i != without
            ]
            if points:
                found = z3.Sum(points)
                sums.append(z3.If(found < factor.low, factor.low, z3.If(found > factor.high, factor.high, found)))
        return z3.Sum(sums) if sums else z3.IntVal(0)

    def level(self, scale: Scale, without: int = -1) -> Int:
        """The level on a scale."""
        total = self.total(scale, without)
        level = z3.Sum([z3.IntVal(1), *(z3.If(total >= cut, 1, 0) for cut in scale.thresholds)])
        rules = [(self.fired[i], r.then) for i, r in enumerate(self.pack.rules) if i != without]
        for fired, then in rules:
            if scale.name in then.ceiling:
                level = z3.If(z3.And(fired, level > then.ceiling[scale.name]), then.ceiling[scale.name], level)
        for fired, then in rules:
            if scale.name in then.floor:
                level = z3.If(z3.And(fired, level < then.floor[scale.name]), then.floor[scale.name], level)
        return level


def witness_of(scene: Copy, model: Any) -> Witness:
    """The scenario of a model: the entities present, each tested field with the values of its bin."""

    def true(term: Bool) -> bool:
        return bool(z3.is_true(model.eval(term, model_completion=True)))

    found: dict[str, tuple[Being, ...]] = {}
    for kind, present in scene.present.items():
        columns = scene.universe.columns[kind]
        found[kind] = tuple(
            {f.name: (f, scene.universe.bins[f.key][sum(map(true, scene.ladders[kind, i, f.name]))]) for f in columns}
            for i, here in enumerate(present)
            if true(here)
        )
    return Witness(found, 0)
