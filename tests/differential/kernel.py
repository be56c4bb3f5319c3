"""Rows at random through the kernel and through the ledger: on what they differ, if on anything.

Rows are drawn over the whole vocabulary of a pack, or for packs of `generate.py` with points given to their rules.
Values stand on the thresholds of the rules, right beside them, and elsewhere; doubt is a range, alternatives or nothing
known. The ledger and the sums of `rating` say what is right; durable-rules can be asked as well.
"""

from collections.abc import Iterable, Iterator
from math import inf, nextafter
from random import Random
from typing import NamedTuple

from tests.differential import generate

from escalation import ledger, rete
from escalation.bulk.kernel import Kernel, Rated, kernel_of
from escalation.bulk.layout import BITS, Column
from escalation.bulk.rows import Coder
from escalation.diagnostics import Mark
from escalation.facts import single
from escalation.ledger import View
from escalation.pack import Factor, Level, Pack, Scale
from escalation.rating import Tally, arithmetic
from escalation.rules import Then
from escalation.scenario import Entity, World
from escalation.sets import Numbers, Scalar, Set, Words, contains, interval, union, whole

MARK = Mark("row", 1, 1)
CHUNK = 20_000  # rows rated at a time
SIZES = (0, 1, 1, 1, 2, 2, 3, 4, 5, 8)  # entities of a list

Sizes = tuple[int, ...] | dict[str, tuple[int, ...]]


class Row(NamedTuple):
    """One scenario: its entities, the assumed world, and what each fact may be."""

    entities: tuple[Entity, ...]
    world: World
    view: View


class Values:
    """Values of one column: every edge of its bins, what stands beside it, and the ends of the domain."""

    def __init__(self, column: Column) -> None:
        self.field, domain = column.field, column.field.domain
        assert domain is not None
        if isinstance(domain, Words):
            found: set[Scalar] = set(domain.words)
        else:
            ends = {end for piece in column.bins for run in piece.intervals for end in (run.low, run.high)}
            ends = {0, 1, 50_000} | {end for end in ends if abs(end) < inf}
            found = {near for end in ends for near in self._beside(end) if contains(domain, near)}
        self.all = sorted(found, key=lambda value: (str(type(value)), value))

    def one(self, rng: Random) -> Scalar:
        return rng.choice(self.all)

    def doubt(self, rng: Random) -> Set:
        """A set as a scenario can state it: everything, a range, or alternatives."""
        draw, domain = rng.random(), self.field.domain
        assert domain is not None
        if draw < 0.3:
            return domain
        chosen = [self.one(rng) for _ in range(rng.choice((1, 2, 2, 3)))]
        if isinstance(domain, Words):
            if draw < 0.6 and self.field.order:
                first, last = sorted((rng.choice(self.field.order), rng.choice(self.field.order)), key=self._rank)
                return Words(frozenset(self.field.order[self._rank(first) : self._rank(last) + 1]))
            return Words(frozenset(chosen))
        if draw < 0.65:
            found: Set = interval(min(chosen), max(chosen))
        else:
            found = Numbers(())
            for value in chosen:
                found = union(found, single(value))
        return whole(found) if self.field.type == "integer" else found

    def _rank(self, word: str) -> int:
        return self.field.order.index(word)

    def _beside(self, end: int | float) -> tuple[int | float, ...]:
        if self.field.type == "integer":
            return (end - 1, end, end + 1)
        return (end - 1, nextafter(end, -inf), end, nextafter(end, inf), end + 1)


class Drawn:
    """Draws rows for a kernel; each fact is open with the given probability.

    `sizes` are the numbers of entities to choose from, for all kinds or by kind (none of a kind that it leaves out).
    """

    def __init__(self, kernel: Kernel, seed: int, open_facts: float = 0.0, sizes: Sizes = SIZES) -> None:
        self.rng, self.open_facts = Random(seed), open_facts
        self.kinds = kernel.layout.pack.vocabulary.kinds
        self.sizes = {
            name: (1,) if not kind.many else sizes.get(name, (0,)) if isinstance(sizes, dict) else sizes
            for name, kind in self.kinds.items()
        }
        self.values = {
            kind: [(c.field.name, Values(c)) for c in columns] for kind, columns in kernel.layout.columns.items()
        }
        self.entities = {
            kind: [Entity(kind, f"{kind}-{i}", {}, MARK) for i in range(max(self.sizes[kind]))] for kind in self.kinds
        }

    def row(self) -> Row:
        entities: list[Entity] = []
        for kind in self.kinds:
            entities += self.entities[kind][: self.rng.choice(self.sizes[kind])]
        drawn = [self.facts(self.values[entity.kind]) for entity in entities]
        return Row(tuple(entities), tuple(world for world, _ in drawn), tuple(view for _, view in drawn))

    def facts(self, values: list[tuple[str, Values]]) -> tuple[dict[str, Scalar], dict[str, Set]]:
        best, possible = {}, {}
        for name, of in values:
            best[name] = of.one(self.rng)
            possible[name] = single(best[name])
            if self.open_facts and self.rng.random() < self.open_facts:
                doubt = of.doubt(self.rng)
                inside = [value for value in of.all if contains(doubt, value)]
                best[name], possible[name] = self.rng.choice(inside), doubt
        return best, possible

    def rows(self, number: int) -> Iterator[Row]:
        return (self.row() for _ in range(number))


class Referee:
    """What the ledger and the sums of one pack say of rows, and where a kernel says otherwise."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.bit = {rule.id: 1 << i for i, rule in enumerate(pack.rules)}
        self.tallies = [Tally(pack, scale) for scale in pack.scales]
        self.network = rete.compile_network(pack) if pack.rules else None
        self.known: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        self.fired = self.both = 0  # rules that fired in some row; rules that fired in every row
        self.rows = 0

    def sums(self, fired: tuple[str, ...]) -> list[tuple[int, int]]:
        """(score, level) on each scale of the rules that fired."""
        if fired not in self.known:
            found = [arithmetic(self.pack, fired, scale) for scale in self.pack.scales]
            self.known[fired] = [(sums.total, sums.level) for sums in found]
        return self.known[fired]

    def difference(self, row: Row, number: int, rated: Rated, opened: bool = False, native: bool = False) -> str:
        """On what the kernel differs in a row; "" if on nothing."""
        outcome = ledger.decide(self.pack, row.entities, row.world)
        if native and self.network:
            assert rete.run(self.network, row.entities, row.world) == outcome, "the two engines differ"
        mask = sum(self.bit[rule] for rule in outcome.fired)
        self.both = self.both & mask if self.rows else mask
        self.fired |= mask
        self.rows += 1
        found = sum(int(word) << BITS * w for w, word in enumerate(rated.fired[:, number]))
        if found != mask:
            return f"fired {found:b}, not {mask:b}"
        sums = self.sums(outcome.fired)
        stated = [(int(rated.totals[s, number]), int(rated.levels[s, number])) for s in range(len(sums))]
        if stated != sums:
            return f"score and level {stated}, not {sums}"
        ends = (rated.lowest, rated.highest, rated.low_levels, rated.high_levels)
        limits = [tuple(int(end[s, number]) for end in ends) for s in range(len(sums))]
        if not opened:
            right = [(score, score, level, level) for score, level in sums]
        else:
            states = [line.state for line in ledger.evaluate(self.pack, row.entities, row.view).rules]
            right = [tuple(tally.bounds(states)) for tally in self.tallies]
        return "" if limits == right else f"bounds {limits}, not {right}"


def differences(
    referee: Referee, rows: Iterable[Row], *, opened: bool = False, native: int = 0, kernel: Kernel | None = None
) -> Iterator[str]:
    """Every row on which a kernel differs from the referee; the first `native` also pass durable-rules."""
    kernel, done, waiting = kernel or kernel_of(referee.pack), 0, iter(rows)
    while chunk := [row for _, row in zip(range(CHUNK), waiting, strict=False)]:
        coder = Coder(kernel.layout)
        for row in chunk:
            coder.add(row.entities, row.world, row.view if opened else None)
        rated = kernel.rate(coder.rows())
        for at, row in enumerate(chunk):
            found = referee.difference(row, at, rated, opened, native=done + at < native)
            if found:
                yield f"row {done + at} ({row.world if not opened else row.view}): {found}"
        done += len(chunk)


def with_points(pack: Pack, seed: int) -> Pack:
    """A pack of `generate.py` with scales, factors, points, floors and ceilings at random."""
    rng = Random(f"points of {seed}")
    names = ("acts", "talk")[: rng.choice((1, 2, 2))]
    levels = tuple(Level(i, f"level-{i}", "x") for i in range(1, rng.randint(3, 7)))
    cuts = [tuple(sorted(rng.sample(range(-2, 13), len(levels) - 1))) for _ in names]
    factors = tuple(
        Factor(name, name, rng.choice((-9, -2, 0, 1)), rng.choice((2, 5, 30))) for name in ("thing", "speech", "idle")
    )
    rules = []
    for rule in pack.rules:
        points = {name: rng.choice((-3, -1, 0, 1, 1, 2, 4)) for name in names if rng.random() < 0.8}
        limits: list[dict[str, int]] = [
            {name: rng.randint(1, len(levels)) for name in names if rng.random() < 0.1} for _ in range(2)
        ]
        then = Then(points, rule.then.conclude, limits[0], limits[1], ())
        rules.append(rule._replace(factor=rng.choice(("thing", "speech")), then=then))
    scales = tuple(Scale(name, "x", own) for name, own in zip(names, cuts, strict=True))
    return pack._replace(levels=levels, scales=scales, factors=factors, rules=tuple(rules))


def random_pack(seed: int) -> Pack:
    """The pack of a seed, with points."""
    return with_points(generate.case(seed).pack, seed)
