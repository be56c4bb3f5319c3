"""Random packs and worlds, directed at what goes wrong between two engines.

Uniform random rules miss the rare failures, so most rules come from templates that put the same kind, the same
predicate, or a predicate and its opposite twice into one condition. Predicates come from a small pool for each case, so
that rules share them. Values sit on thresholds and beside them. A case is rebuilt from its seed alone.
"""

from collections.abc import Callable
from math import inf, nextafter
from random import Random
from typing import NamedTuple

from tests.differential.build import (
    COUNTS,
    FIELDS,
    MANY,
    RANKS,
    SINGLE,
    WORDS,
    All,
    Any,
    concluded,
    count,
    counted,
    entity,
    every,
    is_in,
    no,
    pack,
    rule,
    some,
)

from escalation.pack import Pack
from escalation.rules import Concluded, Condition, Rule, walk
from escalation.scenario import Entity, World
from escalation.sets import Numbers, Scalar, Set, Words, complement, interval, only, union, whole

NUMBERS = (0, 1e-7, 1e-05, 0.1 + 0.2, 0.3, 1, 2, 69.99, 70, 70.0, 297.7, 300, 2**53, 2**53 + 1, 2.0**53, 1e16, 10**30)
WHOLE = (0, 1, 2, 3, 30, 2**31, 2**53, 2**53 + 1, 2**63, 2**64)
STRATA = 4


class Case(NamedTuple):
    """One pack, and worlds to run through it, each with its entities."""

    seed: int
    pack: Pack
    worlds: tuple[tuple[tuple[Entity, ...], World], ...]


def case(seed: int, worlds: int = 4) -> Case:
    """The case of a seed."""
    return _Maker(Random(seed)).case(seed, worlds)


class _Maker:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.kinds = rng.sample(MANY, rng.choice((1, 1, 2, 3)))
        self.columns = rng.sample([key.split(".")[1] for key in FIELDS if key.startswith("item.")], rng.randint(1, 4))
        self.wheres = {kind: [self.where(kind, 2) for _ in range(rng.randint(1, 3))] for kind in (*SINGLE, *MANY)}
        if rng.random() < 0.1:
            kind = rng.choice(self.kinds)
            self.wheres[kind].append(self.wide(kind))
        self.level = 0

    def case(self, seed: int, worlds: int) -> Case:
        rng = self.rng
        size = rng.choices(
            (rng.randint(1, 3), rng.randint(4, 10), rng.randint(11, 60), rng.randint(61, 200)), (60, 35, 4, 1)
        )
        rules = [self.rule(i) for i in range(size[0])]
        needed = {node.name for r in rules for node in walk(r.when) if isinstance(node, Concluded)}
        missing = needed.difference(*(r.then.conclude for r in rules))
        rules += [rule(f"M{name}", self.quantified(), name) for name in sorted(missing)]
        rng.shuffle(rules)
        if rng.random() < 0.02:
            rules += [r._replace(id=f"{r.id}-{k}") for r in rules[:2] for k in range(70)]
        if rng.random() < 0.02:
            rules += self.crowd(rng.randint(65, 130))
        return Case(seed, pack(*rules), tuple(self.world() for _ in range(worlds)))

    # -- rules

    def rule(self, number: int) -> Rule:
        self.level = self.rng.randrange(STRATA)
        made = [f"C{self.level}{letter}" for letter in "ab" if self.rng.random() < 0.4]
        return rule(f"R{number}", self.rng.choice(_TEMPLATES)(self), *made)

    def crowd(self, size: int) -> list[Rule]:
        """Rules with as many different conditions that may all hold for one entity."""
        far = FIELDS[f"{self.rng.choice(self.kinds)}.range"]
        return [rule(f"W{i}", some(far.entity, is_in(far, interval(i / 8)))) for i in range(size)]

    def pick(self) -> tuple[str, Condition, Condition]:
        """A kind, and two predicates on it that may be the same."""
        kind = self.rng.choice(self.kinds if self.rng.random() < 0.95 else SINGLE)
        return kind, self.rng.choice(self.wheres[kind]), self.rng.choice(self.wheres[kind])

    def single(self) -> Condition:
        return self.rng.choice(self.wheres[self.rng.choice(SINGLE)])

    def conclusion(self, expected: bool) -> Concluded:
        """A conclusion of a lower level."""
        return concluded(f"C{self.rng.randint(-1, self.level - 1)}{self.rng.choice('ab')}", expected)

    def quantified(self) -> Condition:
        kind, p, _ = self.pick()
        return counted(kind, p, self.rng.choice(_COUNTS))

    def tree(self, depth: int = 3) -> Condition:
        rng = self.rng
        if depth and rng.random() < 0.6:
            children = tuple(self.tree(depth - 1) for _ in range(rng.choice((1, 2, 2, 3))))
            return All(children) if rng.random() < 0.5 else Any(children)
        leaf = rng.random()
        if leaf < 0.25:
            return self.single()
        if leaf < 0.5:
            return self.conclusion(rng.random() < 0.5)
        return self.quantified()

    # -- conditions on one entity

    def where(self, kind: str, depth: int) -> Condition:
        rng = self.rng
        if depth and rng.random() < 0.35:
            children = tuple(self.where(kind, depth - 1) for _ in range(rng.choice((1, 2, 2, 3))))
            return All(children) if rng.random() < 0.6 else Any(children)
        field = FIELDS[f"{kind}.{rng.choice(self.columns)}"]
        return is_in(field, _ACCEPTS[field.name](rng))

    def wide(self, kind: str) -> Condition:
        """A condition that would be 32 alternatives or more if it were written out."""
        inner, outer, size = (All, Any, 17) if self.rng.random() < 0.3 else (Any, All, 5)
        return outer(tuple(inner((self.where(kind, 0), self.where(kind, 1))) for _ in range(size)))

    # -- worlds

    def world(self) -> tuple[tuple[Entity, ...], World]:
        rng = self.rng
        kinds = list(SINGLE)
        for kind in MANY:
            kinds += [kind] * rng.choices((0, 1, 2, 3, 5, 20), (15, 30, 25, 20, 9, 1))[0]
        rng.shuffle(kinds)
        entities = tuple(entity(kind, i) for i, kind in enumerate(kinds))
        return entities, tuple({name: value(rng) for name, value in _VALUES.items()} for _ in kinds)


def _words(rng: Random) -> Set:
    return Words(frozenset(rng.sample(WORDS, rng.choice((1, 1, 2, 3, len(WORDS) - 1)))))


def _ranks(rng: Random) -> Set:
    at = rng.randrange(5)
    return rng.choice((
        Words(frozenset(RANKS[at:])),
        Words(frozenset(RANKS[:at])),
        only(RANKS[at]),
        Words(frozenset((RANKS[at], "unclear"))),
    ))  # fmt: skip


def _numbers(pool: tuple[int | float, ...], domain: Numbers) -> Callable[[Random], Set]:
    def accept(rng: Random) -> Set:
        a, b = sorted(rng.sample(pool, 2))
        made = rng.choice((
            interval(a), interval(a, low_open=True), interval(0, a), interval(0, a, high_open=True),
            interval(a, b), interval(a, b, True, True), only(a), complement(only(a), domain),
            union(interval(0, a), interval(b)), interval(b, a),
        ))  # fmt: skip
        return whole(made) if pool is WHOLE and isinstance(made, Numbers) else made

    return accept


def _number(pool: tuple[int | float, ...]) -> Callable[[Random], int | float]:
    def value(rng: Random) -> int | float:
        found = rng.choice(pool)
        beside = rng.random()
        if pool is WHOLE:
            return max(0, found + rng.choice((-1, 0, 0, 1)))
        return found if beside < 0.7 else max(0.0, nextafter(found, inf if beside < 0.85 else -inf))

    return value


def _flag(rng: Random) -> Set:
    return only(rng.random() < 0.5)


_ACCEPTS: dict[str, Callable[[Random], Set]] = {
    "role": _words,
    "rank": _ranks,
    "armed": _flag,
    "also[nuclear]": _flag,
    "range": _numbers(NUMBERS, interval(0)),
    "offset": _numbers((-1e-05, -70, *NUMBERS), interval()),
    "days": _numbers(WHOLE, interval(0)),
}
_VALUES: dict[str, Callable[[Random], Scalar]] = {
    "role": lambda rng: rng.choice(WORDS),
    "rank": lambda rng: rng.choice((*RANKS, "unclear")),
    "armed": lambda rng: rng.random() < 0.5,
    "also[nuclear]": lambda rng: rng.random() < 0.5,
    "range": _number(NUMBERS),
    "offset": lambda rng: rng.choice((-1, 1)) * rng.choice(NUMBERS),
    "days": _number(WHOLE),
}
_APART = Numbers((*interval(0, 0).intervals, *interval(2).intervals))
_COUNTS = (
    interval(1), interval(1), interval(0, 0), interval(0, 0), interval(2), interval(3), interval(0, 1), interval(0, 2),
    interval(1, 1), interval(2, 2), COUNTS, interval(1, 0), _APART,
)  # fmt: skip


def _twice(m: _Maker) -> Condition:
    kind, p, q = m.pick()
    return All((some(kind, p), some(kind, q)))


def _some_and_no(m: _Maker) -> Condition:
    kind, p, q = m.pick()
    return All((some(kind, p), no(kind, q)))


def _some_and_every(m: _Maker) -> Condition:
    kind, p, q = m.pick()
    return All((every(kind, p), some(kind, q), m.single()))


def _thresholds(m: _Maker) -> Condition:
    kind, p, _ = m.pick()
    low, high = m.rng.randint(0, 3), m.rng.randint(0, 3)
    return All((count(kind, p, low), count(kind, p, 0, high), m.quantified()))


def _opposites(m: _Maker) -> Condition:
    kind, p, _ = m.pick()
    parts = (some(kind, p), no(kind, p))
    return m.rng.choice((All(parts), Any(parts), All((Any(parts), m.single())), Any((All(parts), m.quantified()))))


def _conclusions(m: _Maker) -> Condition:
    found = m.conclusion(True)
    parts = (found, found._replace(expected=False))
    return m.rng.choice(
        (All(parts), Any(parts), All((parts[0], m.conclusion(False))), All((Any(parts), m.quantified())))
    )


def _absent(m: _Maker) -> Condition:
    return All((m.conclusion(False), m.rng.choice((m.quantified, m.single))()))


def _only_negative(m: _Maker) -> Condition:
    kind, p, q = m.pick()
    return All((m.conclusion(False), no(kind, p), m.rng.choice((no(kind, q), m.conclusion(False)))))


def _late(m: _Maker) -> Condition:
    return All((m.conclusion(True), m.conclusion(True), m.quantified()))


def _lone(m: _Maker) -> Condition:
    return m.rng.choice((m.quantified(), All((m.single(), m.quantified())), m.single(), All((m.single(), m.single()))))


_TEMPLATES: tuple[Callable[[_Maker], Condition], ...] = (
    _twice, _some_and_no, _some_and_every, _thresholds, _opposites, _conclusions, _absent, _only_negative, _late,
    _lone, _lone, _Maker.tree, _Maker.tree,
)  # fmt: skip
