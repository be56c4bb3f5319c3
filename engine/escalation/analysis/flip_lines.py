"""What a search for flips found, made fit to read: values that do the same joined, each set applied and rated again.

Sets that move the same facts and switch the same rules become one line ("partial or full"). Of the further entities
that reach the goal, a line covers as many as one can say in one phrase ("a minister or above"), and shows the gentlest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import NamedTuple

from escalation.analysis.fixing import joined
from escalation.analysis.flip_search import Further, Hit, Knob, Row
from escalation.analysis.rated import mode, rated
from escalation.assess import Assessment
from escalation.diagnostics import InternalError
from escalation.edits import with_entity, with_values
from escalation.grid import Board
from escalation.ledger import YES
from escalation.paths import path_to
from escalation.scenario import Scenario
from escalation.sensitivity import Result
from escalation.sets import Scalar, Set, Words, nearest
from escalation.vocabulary import Field

__all__ = ["Added", "Change", "Flip", "Line", "Rules", "Switch", "flips_of", "lines_of", "steps"]

_TRIES = 64  # witnesses tried where the nearest would repeat what another entity says


class Change(NamedTuple):
    """One fact moved: from its value in the assumed world to the nearest of `values`, all of which do the same.

    `path` is where a file states it: a fact, or a statement under another entity that covers several (`facts`).
    """

    path: str
    facts: tuple[str, ...]
    entities: tuple[int, ...]
    field: Field
    changed_by: str
    state: str
    before: Scalar
    after: Scalar
    values: Set


class Added(NamedTuple):
    """One further entity: the facts of the gentlest that will do, and for each field how far it may go."""

    kind: str
    facts: dict[str, Scalar]
    ranges: tuple[tuple[Field, Set], ...]


class Switch(NamedTuple):
    """A rule that goes on or off: its points on the headline scale, and the levels it sets as ceiling or floor."""

    rule: str
    points: int
    ceiling: int | None
    floor: int | None


class Flip(NamedTuple):
    """One set of changes that reaches the goal, and what it comes to.

    `kinds` are the kinds of change in it, in the vocabulary's order. `distance` counts ordinal steps, 1 for a word
    without order, the relative distance of a number, and 1 for a further entity and its steps from what is assumed.
    """

    kinds: tuple[str, ...]
    changes: tuple[Change, ...]
    further: Added | None
    level: int
    score: int
    on: tuple[Switch, ...]
    off: tuple[Switch, ...]
    distance: float


class Line(NamedTuple):
    """Sets that are one on the page: bins for each knob, bins for each varied field of a further entity, the result."""

    knobs: tuple[Knob, ...]
    bins: tuple[int, ...]
    further: Further | None
    box: tuple[int, ...]
    result: Result


def lines_of(board: Board, hits: Sequence[Hit], further: Further | None) -> list[Line]:
    """The hits of one search joined into lines."""
    if further is None:
        plain = (Line(*_split(hit), None, (), hit.result) for hit in hits)
        return _joined(list(plain))
    by_bins: dict[tuple[tuple[tuple[int, ...], int, int], ...], list[Hit]] = {}
    for hit in hits:
        by_bins.setdefault(tuple((knob.entities, knob.column, i) for knob, i in hit.bins), []).append(hit)
    lines = []
    for same in by_bins.values():
        results = {row: hit.result for hit in same for row in further.classes[hit.further]}
        order = [row for members in further.classes for row in members if row in results]
        order.sort(key=lambda row: further.gravity[row])
        for least, box in _boxes(order, further):
            lines.append(Line(*_split(same[0]), further, box, results[least]))
    return _joined(lines)


def flips_of(rules: Rules, lines: Iterable[Line]) -> tuple[Flip, ...]:
    """The lines as flips, each applied and rated again, nearest first; a line that would only repeat is left out."""
    found = [flip for line in lines if (flip := rules.flip(line))]
    return tuple(
        sorted(found, key=lambda f: (f.distance, [c.path for c in f.changes], str(f.further and f.further.facts)))
    )


def steps(field: Field, before: Scalar, after: Scalar) -> float:
    """How far a value moves: steps along the order, 1 for a word without order, the relative distance of a number.

    A word off the order is farther than any on it.
    """
    if before == after:
        return 0
    if isinstance(before, (str, bool)) or isinstance(after, (str, bool)):
        if before in field.order and after in field.order:
            return abs(field.order.index(str(before)) - field.order.index(str(after)))
        return len(field.order) or 1
    return abs(before - after) / max(abs(before), abs(after))


class Rules:
    """Applies a line to the scenario of an assessment and rates the outcome by its engines."""

    def __init__(self, found: Assessment) -> None:
        self.found, self.board = found, found.board
        self.before = self.board.states(self.board.masks_of_world(found.world))

    def flip(self, line: Line) -> Flip | None:
        """The line with the nearest witness that is not the repetition of another entity; None if there is none."""
        for values, facts in islice(self.witnesses(line), _TRIES):
            changed = self.applied(line, values, facts)
            expected = len(self.found.scenario.entities) + (line.further is not None)
            if len(changed.entities) == expected:
                self.check(changed, line.result)
                return self.described(line, values, facts)
        return None

    def witnesses(self, line: Line) -> Iterator[tuple[tuple[Scalar, ...], dict[str, Scalar]]]:
        """Values for the knobs, nearest first, with facts of a further entity, gentlest first."""
        near = [self.near(knob, bins) for knob, bins in zip(line.knobs, line.bins, strict=True)]
        if line.further is None:
            return ((values, {}) for values in product(*near))
        fields = self.varied(line.further)
        gentle = [_gentlest(field, self.values(field, bins)) for field, bins in zip(fields, line.box, strict=True)]
        names = [field.name for field in fields]
        return ((v, dict(zip(names, f, strict=True))) for f in product(*gentle) for v in product(*near))

    def near(self, knob: Knob, bins: int) -> list[Scalar]:
        values, before = self.values(knob.field, bins), self.home(knob)
        first = nearest(values, before, knob.field.step, knob.field.order)
        if not isinstance(values, Words):
            return [first]
        return sorted(values.words, key=lambda word: (word != first, steps(knob.field, before, word), str(word)))

    def applied(self, line: Line, values: tuple[Scalar, ...], facts: dict[str, Scalar]) -> Scenario:
        scenario, vocabulary = self.found.scenario, self.found.pack.vocabulary
        pairs = zip(line.knobs, values, strict=True)
        moved = [(entity, knob.field, value) for knob, value in pairs for entity in knob.entities]
        scenario = with_values(scenario, vocabulary, moved) if moved else scenario
        return with_entity(scenario, vocabulary, line.further.kind, facts) if line.further else scenario

    def check(self, changed: Scenario, result: Result) -> None:
        """Rate a changed scenario by the engines. Raises InternalError if it is not what the search promised."""
        pack = self.found.pack
        sums = rated(pack, changed, mode(self.found)).scales
        told = tuple(one.level for one in sums), tuple(one.total for one in sums)
        if told != (result.levels, result.totals):
            raise InternalError(f"a change of {changed.id} gives {told}, not {result[:2]} as searched")

    def described(self, line: Line, values: tuple[Scalar, ...], facts: dict[str, Scalar]) -> Flip:
        changes = tuple(
            self.change(knob, bins, value) for knob, bins, value in zip(line.knobs, line.bins, values, strict=True)
        )
        fields = self.varied(line.further) if line.further else ()
        ranges = tuple((f, self.values(f, bins)) for f, bins in zip(fields, line.box, strict=True))
        kinds = {change.changed_by for change in changes} | ({"event"} if line.further else set())
        on, off = self.switched(line.result)
        distance = sum(steps(c.field, c.before, c.after) for c in changes)
        if line.further:
            distance += 1 + sum(steps(f, _assumed(f), facts[f.name]) for f in fields)
        order = ("decision", "event", "judgement", "physics", "")
        return Flip(
            tuple(kind for kind in order if kind in kinds),
            changes,
            Added(line.further.kind, facts, ranges) if line.further else None,
            line.result.levels[0],
            line.result.totals[0],
            on,
            off,
            distance,
        )

    def change(self, knob: Knob, bins: int, value: Scalar) -> Change:
        scenario, vocabulary, field = self.found.scenario, self.found.pack.vocabulary, knob.field
        facts = tuple(path_to(scenario, vocabulary, entity, field.name) for entity in knob.entities)
        above = vocabulary.kinds[field.entity].inherits
        path = facts[0] if len(facts) == 1 else f"{above}.{field.name}"
        state = scenario.entities[knob.entities[0]].facts[field.name].state
        values, home = self.values(field, bins), self.home(knob)
        return Change(path, facts, knob.entities, field, field.changed_by, state, home, value, values)

    def switched(self, result: Result) -> tuple[tuple[Switch, ...], tuple[Switch, ...]]:
        """The rules that go on and off, in pack order; those that move nothing by themselves are left out."""
        scale = self.found.rating.scale
        on: list[Switch] = []
        off: list[Switch] = []
        for rule, before, after in zip(self.found.pack.rules, self.before, result.fired, strict=True):
            then = rule.then
            switch = Switch(rule.id, then.points.get(scale, 0), then.ceiling.get(scale), then.floor.get(scale))
            if before != after and (switch.points or switch.ceiling or switch.floor):
                (on if after == YES else off).append(switch)
        return tuple(on), tuple(off)

    def home(self, knob: Knob) -> Scalar:
        return self.found.world[knob.entities[0]][knob.field.name]

    def varied(self, further: Further) -> tuple[Field, ...]:
        return tuple(self.board.grid.columns[further.kind][column] for column in further.varied)

    def values(self, field: Field, mask: int) -> Set:
        """All values of a field in the bins of a mask."""
        values = joined(field, (piece for i, piece in enumerate(self.board.grid.bins[field.key]) if mask >> i & 1))
        assert values is not None
        return values


def _split(hit: Hit) -> tuple[tuple[Knob, ...], tuple[int, ...]]:
    return tuple(knob for knob, _ in hit.bins), tuple(1 << i for _, i in hit.bins)


def _joined(lines: list[Line]) -> list[Line]:
    """Lines that differ in the bins of one knob only, joined; one knob after the other."""
    for at in range(max((len(line.knobs) for line in lines), default=0)):
        joined: dict[object, Line] = {}
        for line in lines:
            facts = tuple((knob.entities, knob.column) for knob in line.knobs)
            key = facts, (*line.bins[:at], *line.bins[at + 1 :]), line.box, line.result
            bins = joined[key].bins if key in joined else line.bins
            joined[key] = line._replace(bins=tuple(a | b for a, b in zip(bins, line.bins, strict=True)))
        lines = list(joined.values())
    return lines


def _boxes(rows: Sequence[Row], further: Further) -> Iterator[tuple[Row, tuple[int, ...]]]:
    """Boxes of bins that cover rows (given gentlest first) and nothing else, each with its gentlest row."""
    inside = {tuple(row[column] for column in further.varied): row for row in rows}
    everywhere = [sorted({point[i] for point in inside}) for i in range(len(further.varied))]
    covered: set[tuple[int, ...]] = set()
    for start in inside:
        if start in covered:
            continue
        box = [[bit] for bit in start]
        for i, bits in enumerate(everywhere):
            for bit in bits:
                if bit not in box[i] and all(p in inside for p in product(*box[:i], [bit], *box[i + 1 :])):
                    box[i].append(bit)
        points = set(product(*box))
        covered |= points
        least = next(row for point, row in inside.items() if point in points)
        yield least, tuple(sum(bits) for bits in box)


def _gentlest(field: Field, values: Set) -> list[Scalar]:
    """Values from the gentlest on: along the order as the field's direction says, else from what is assumed."""
    if not isinstance(values, Words):
        return [nearest(values, _assumed(field), field.step)]
    turn = -1 if field.direction == "lowers" else 1
    return sorted(
        values.words,
        key=lambda w: (
            turn * field.order.index(str(w)) if w in field.order else len(field.order),
            w != field.assume,
            str(w),
        ),
    )


def _assumed(field: Field) -> Scalar:
    assert field.assume is not None and not isinstance(field.assume, tuple)
    return field.assume
