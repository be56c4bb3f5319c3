"""The grid: a pack and a scenario as bit masks, on which the exact methods count and search.

Values matter only through the tests of the rules, so each field is cut into bins, the runs of values that no test tells
apart. What a fact may be is then a bit mask over its field's bins, a test is a mask too, and its truth takes two
operations. Fields derived from others are seen through (`unfold.py`), so that only facts that can move by themselves
have a place. A `Grid` is computed once for a pack; a `Board` is a grid laid out for the entities of one scenario. What
is printed has been run again through both engines.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from escalation.ledger import CANNOT_TELL, NO, YES
from escalation.pack import Pack
from escalation.rating import Tally
from escalation.rules import All, Concluded, Condition, Count, Test, walk
from escalation.scenario import Entity, Fact, World
from escalation.sets import Scalar, Set, Words, contains, disjoint, intersection, nearest, union
from escalation.unfold import Input, inputs_of, settled, unfolded
from escalation.vocabulary import Field, field_bins

__all__ = ["Board", "Grid", "Masks", "Split", "grid_of"]

Masks: TypeAlias = tuple[tuple[int, ...], ...]
"""For each entity, for each tested field of its kind: the bins that the field may lie in, as bits."""
_Evaluator: TypeAlias = Callable[[Masks, int, dict[str, int]], int]
_Column: TypeAlias = tuple[str, int]  # kind of entity, position among its tested fields
_MANY = 16  # counts looked up in a table; larger ones are worked out


class Split(NamedTuple):
    """A test as the grid sees it: kind of entity, column of the field, and the mask of bins that pass."""

    kind: str
    column: int
    accept: int


class Grid(NamedTuple):
    """What the exact methods need of a pack, computed once: bins, masks, compiled rules, and who reads what."""

    pack: Pack
    columns: dict[str, tuple[Field, ...]]  # kind -> tested fields
    bins: dict[str, tuple[Set, ...]]  # field key -> bins, in order
    evaluators: tuple[_Evaluator, ...]  # rule -> function of (masks, entity asked about, conclusions)
    splits: tuple[tuple[Split, ...], ...]  # rule -> the tests it reads
    readers: dict[_Column, tuple[int, ...]]  # column -> rules that may change with it, in order of evaluation
    makers: dict[str, tuple[int, ...]]  # conclusion -> rules that make it
    weights: tuple[int, ...]  # rule -> how much it can move a score
    predicates: dict[str, tuple[_Evaluator, ...]]  # kind -> what rules ask of one entity of it
    tallies: tuple[Tally, ...]  # the sums, by scale
    derived: dict[str, dict[str, tuple[Field, tuple[Input, ...]]]]  # kind -> derived field by name, with its inputs


def grid_of(pack: Pack) -> Grid:
    """Compute the grid of a pack."""
    known = pack.vocabulary.fields
    conditions = [unfolded(rule.when, known) for rule in pack.rules]
    tests = [[node for node in walk(condition) if isinstance(node, Test)] for condition in conditions]
    cuts: dict[str, list[Set]] = {}
    fields: dict[str, Field] = {}
    for test in (test for group in tests for test in group):
        cuts.setdefault(test.field.key, []).append(test.accept)
        fields[test.field.key] = test.field
    bins = {key: field_bins(field, cuts[key]) for key, field in fields.items()}
    columns = {kind: tuple(f for f in fields.values() if f.entity == kind) for kind in pack.vocabulary.kinds}
    compiler = _Compiler(columns, bins)
    splits = tuple(tuple(compiler.split(test) for test in group) for group in tests)
    makers = _makers(pack)
    weights = tuple(1 + sum(map(abs, rule.then.points.values())) for rule in pack.rules)
    evaluators = tuple(compiler.rule(condition) for condition in conditions)
    counts = [node for condition in conditions for node in walk(condition) if isinstance(node, Count)]
    predicates = {kind: tuple(compiler.rule(n.where) for n in counts if n.kind == kind) for kind in columns}
    tallies = tuple(Tally(pack, scale) for scale in pack.scales)
    derived: dict[str, dict[str, tuple[Field, tuple[Input, ...]]]] = {kind: {} for kind in pack.vocabulary.kinds}
    for field in known.values():
        if inputs := inputs_of(field, known):
            derived[field.entity][field.name] = (field, inputs)
    readers = _readers(pack, splits, makers)
    return Grid(pack, columns, bins, evaluators, splits, readers, makers, weights, predicates, tallies, derived)


class Board:
    """A grid laid out for the entities of one scenario (entities of a kind are neighbours)."""

    def __init__(self, grid: Grid, entities: tuple[Entity, ...]) -> None:
        self.grid, self.entities = grid, entities
        self.spans: dict[str, tuple[int, int]] = {}
        self._index: dict[str, int] = {}
        start = 0
        for kind in grid.pack.vocabulary.kinds:
            end = start + sum(entity.kind == kind for entity in entities)
            self.spans[kind] = (start, end)
            self._index[f"/{kind}"], self._index[f"/{kind}/end"] = start, end
            start = end

    def facts(self) -> Iterator[tuple[int, int, Fact]]:
        """Every fact that has a place on the grid: its entity, its column there, and the fact."""
        for at, entity in enumerate(self.entities):
            for column, field in enumerate(self.grid.columns[entity.kind]):
                yield at, column, entity.facts[field.name]

    def masks_of(self, possible: Sequence[dict[str, Set]]) -> Masks:
        """The masks of what each field may be."""
        return tuple(
            tuple(self.mask(field, sets[field.name]) for field in self.grid.columns[entity.kind])
            for entity, sets in zip(self.entities, possible, strict=True)
        )

    def masks_of_world(self, world: World) -> Masks:
        """The masks of one world: one bit in each."""
        return tuple(
            tuple(1 << self.bin_of(f, values[f.name]) for f in self.grid.columns[entity.kind])
            for entity, values in zip(self.entities, world, strict=True)
        )

    def mask(self, field: Field, possible: Set) -> int:
        """The bins of a field that hold something of `possible`."""
        return sum(1 << i for i, piece in enumerate(self.grid.bins[field.key]) if not disjoint(piece, possible))

    def bin_of(self, field: Field, value: Scalar) -> int:
        """The number of the bin that holds a value."""
        return next(i for i, piece in enumerate(self.grid.bins[field.key]) if contains(piece, value))

    def states(self, masks: Masks) -> list[int]:
        """The three-valued state of every rule, in pack order."""
        return self._evaluated([CANNOT_TELL] * len(self.grid.evaluators), self.grid.pack.order, masks)

    def refined(self, states: Sequence[int], masks: Masks, column: _Column) -> list[int]:
        """The states after the masks of one column were narrowed: a rule once decided stays decided."""
        todo = [i for i in self.grid.readers.get(column, ()) if states[i] == CANNOT_TELL]
        return self._evaluated(states, todo, masks)

    def changed(self, states: Sequence[int], masks: Masks, columns: Iterable[_Column]) -> list[int]:
        """The states after the masks of some columns were changed in any way."""
        readers = [self.grid.readers.get(column, ()) for column in columns]
        if len(readers) == 1:  # as they come, in order of evaluation
            return self._evaluated(states, readers[0], masks)
        among = {i for group in readers for i in group}
        return self._evaluated(states, [i for i in self.grid.pack.order if i in among], masks)

    def wanted(
        self, masks: Masks, states: Sequence[int], among: Collection[tuple[int, int]] | None = None
    ) -> tuple[int, Split] | None:
        """The undecided test on which most undecided rules wait, each counted by how much it can move a score.

        Given as (entity, test); None if no rule waits on one. `among` are the (entity, column) to choose from.
        """
        votes: dict[tuple[int, Split], int] = {}
        for i, state in enumerate(states):
            if state != CANNOT_TELL:
                continue
            for split in self.grid.splits[i]:
                for at in range(*self.spans[split.kind]):
                    mask = masks[at][split.column]
                    if mask & split.accept and mask & ~split.accept and (among is None or (at, split.column) in among):
                        votes[at, split] = votes.get((at, split), 0) + self.grid.weights[i]
        return max(votes, key=lambda key: (votes[key], -key[0])) if votes else None

    def settled(self, world: World) -> World:
        """The world with what follows from its other values worked out anew."""
        derived = self.grid.derived
        return tuple(
            settled(values, derived[entity.kind]) if derived[entity.kind] else values
            for entity, values in zip(self.entities, world, strict=True)
        )

    def value(self, field: Field, mask: int, possible: Set, near: Scalar) -> Scalar:
        """The value nearest to `near` among those of `possible` that lie in the bins of a mask."""
        pieces = [intersection(p, possible) for i, p in enumerate(self.grid.bins[field.key]) if mask >> i & 1]
        whole = pieces[0]
        for piece in pieces[1:]:
            whole = union(whole, piece)
        return nearest(whole, near, field.step, field.order)

    def _evaluated(self, states: Sequence[int], todo: Iterable[int], masks: Masks) -> list[int]:
        """`states` with the rules in `todo` evaluated anew, in an order that respects their conclusions."""
        found = list(states)
        facts = dict(self._index)
        pending = set(todo)
        for name, makers in self.grid.makers.items():
            most = NO
            for maker in makers:
                if found[maker] > most and maker not in pending:
                    most = found[maker]
            facts[name] = most
        rules, evaluators = self.grid.pack.rules, self.grid.evaluators
        for i in todo:
            state = found[i] = evaluators[i](masks, -1, facts)
            for name in rules[i].then.conclude:
                facts[name] = max(facts[name], state)
        return found


class _Compiler:
    """Turns sets into masks over bins, and conditions into functions of masks."""

    def __init__(self, columns: dict[str, tuple[Field, ...]], bins: dict[str, tuple[Set, ...]]) -> None:
        self.column = {field.key: i for fields in columns.values() for i, field in enumerate(fields)}
        # one value stands for its whole bin: no test of the pack tells the values of a bin apart
        self.samples = {key: [_sample(piece) for piece in pieces] for key, pieces in bins.items()}
        self.splits: dict[tuple[str, Set], Split] = {}  # rules make the same tests over and over

    def split(self, test: Test) -> Split:
        key = (test.field.key, test.accept)
        found = self.splits.get(key)
        if found is None:
            accept = sum(1 << i for i, value in enumerate(self.samples[test.field.key]) if contains(test.accept, value))
            found = self.splits[key] = Split(test.field.entity, self.column[test.field.key], accept)
        return found

    def rule(self, node: Condition) -> _Evaluator:
        """A function of (masks, entity asked about or -1, conclusions and spans) to NO, CANNOT_TELL or YES."""
        if isinstance(node, Test):
            return self.test(node)
        if isinstance(node, Concluded):
            name, expected = node.name, node.expected
            return lambda masks, at, facts: facts[name] if expected else YES - facts[name]
        if isinstance(node, Count):
            return self.count(node)
        parts = [self.rule(child) for child in node.children]
        return self.every(parts) if isinstance(node, All) else self.some(parts)

    def every(self, parts: list[_Evaluator]) -> _Evaluator:
        def evaluate(masks: Masks, at: int, facts: dict[str, int]) -> int:
            least = YES
            for part in parts:
                state = part(masks, at, facts)
                if state < least:
                    if state == NO:
                        return NO
                    least = state
            return least

        return evaluate

    def some(self, parts: list[_Evaluator]) -> _Evaluator:
        def evaluate(masks: Masks, at: int, facts: dict[str, int]) -> int:
            most = NO
            for part in parts:
                state = part(masks, at, facts)
                if state > most:
                    if state == YES:
                        return YES
                    most = state
            return most

        return evaluate

    def test(self, node: Test) -> _Evaluator:
        kind, column, accept = self.split(node)
        alone = f"/{kind}"

        def evaluate(masks: Masks, at: int, facts: dict[str, int]) -> int:
            mask = masks[at if at >= 0 else facts[alone]][column]
            return NO if not mask & accept else CANNOT_TELL if mask & ~accept else YES

        return evaluate

    def count(self, node: Count) -> _Evaluator:
        where, start, end = self.rule(node.where), f"/{node.kind}", f"/{node.kind}/end"
        accepted = [contains(node.accept, n) for n in range(_MANY)]

        def evaluate(masks: Masks, at: int, facts: dict[str, int]) -> int:
            least = most = 0
            for i in range(facts[start], facts[end]):
                state = where(masks, i, facts)
                if state:
                    most += 1
                    least += state == YES
            if most >= _MANY:
                window = [contains(node.accept, n) for n in range(least, most + 1)]
            else:
                window = accepted[least : most + 1]
            return YES if all(window) else CANNOT_TELL if any(window) else NO

        return evaluate


def _sample(piece: Set) -> Scalar:
    """Some value of a bin."""
    return next(iter(piece.words)) if isinstance(piece, Words) else nearest(piece, piece.intervals[0].low)


def _makers(pack: Pack) -> dict[str, tuple[int, ...]]:
    """The rules that make each conclusion."""
    found: dict[str, tuple[int, ...]] = {}
    for i, rule in enumerate(pack.rules):
        for name in dict.fromkeys(rule.then.conclude):
            found[name] = (*found.get(name, ()), i)
    return found


def _readers(
    pack: Pack, splits: tuple[tuple[Split, ...], ...], makers: dict[str, tuple[int, ...]]
) -> dict[_Column, tuple[int, ...]]:
    """The rules that may change with each column, directly or through conclusions, in order of evaluation."""
    after: dict[int, set[int]] = {i: {i} for i in range(len(pack.rules))}
    for i in reversed(pack.order):  # whoever uses a rule's conclusion comes later, so is complete by now
        for node in walk(pack.rules[i].when):
            if isinstance(node, Concluded):
                for maker in makers[node.name]:
                    after[maker] |= after[i]
    touched: dict[_Column, set[int]] = {}
    for i, group in enumerate(splits):
        for split in group:
            touched.setdefault((split.kind, split.column), set()).update(after[i])
    return {column: tuple(i for i in pack.order if i in rules) for column, rules in touched.items()}
