"""`assess flip`: the smallest sets of changes that move the level, all of them, nearest first.

A change is one fact moved to another value, or several that one statement covers, or one further entity of a dated
kind (a warning, say). One minimum over all facts would hide the only one that somebody can act on, so the facts are
grouped as the vocabulary declares what changes them, and each group has its own answer beside the overall one. What a
thing physically is, is held, and so are lists that are not stated and what is worked out from others. Every set shown
has been applied to the scenario and rated again by both engines. The search is in `flip_search.py`; `flip_lines.py`
makes `Flip`s of what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from escalation.analysis.flip_lines import Flip, Line, Rules, flips_of, lines_of
from escalation.analysis.flip_search import BUDGET, Exhausted, Further, Goal, Knob, Search, further_of
from escalation.analysis.rated import Json, head
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Problem, suggest
from escalation.paths import CHANGE, path_to, reading, resolved
from escalation.sensitivity import closed
from escalation.trace import set_data
from escalation.vocabulary import CHANGED_BY, Field

__all__ = ["Answer", "Flips", "Held", "Searched", "flip"]

MOST = 3


class Held(NamedTuple):
    """A fact that was not moved, and why: physics, asked (by `hold`), closed (a list not stated) or worked out."""

    path: str
    label: str
    because: str


class Searched(NamedTuple):
    """What a search went through: every set of up to `size` changes among `facts`, and further entities by kind.

    `shared` counts the statements that would move several of the facts at once. `further` is (kind, combinations of
    words or values, of which the rules tell `classes` apart, fields that run). `complete` is False where the budget ran
    out before the size asked for.
    """

    size: int
    facts: tuple[str, ...]
    shared: int
    further: tuple[tuple[str, int, int, tuple[str, ...]], ...]
    complete: bool
    evaluated: int


class Answer(NamedTuple):
    """The smallest sets that reach one goal by changes of one group ("" for all groups together).

    `up` and `level` say the goal: at least that level, or at most. `size` is the number of changes, None where there
    is no set within those searched; `above` if the flips are also among those of the overall answer.
    """

    up: bool
    level: int
    needs: int
    group: str
    size: int | None
    flips: tuple[Flip, ...]
    above: bool
    searched: Searched


class Flips(NamedTuple):
    """What would move the level of an assessment's headline: answers by goal and group, and what was held.

    `most` is the number of changes up to which sets were searched.
    """

    found: Assessment
    answers: tuple[Answer, ...]
    held: tuple[Held, ...]
    most: int

    def data(self) -> Json:
        """The answers as JSON data."""
        names = [level.name for level in self.found.pack.levels]
        return {
            **head([self.found]),
            "question": "flip",
            "scale": self.found.rating.scale,
            "level": names[self.found.rating.level - 1],
            "score": self.found.rating.score,
            "most_changes": self.most,
            "answers": [_answer_data(answer, names) for answer in self.answers],
            "held": [held._asdict() for held in self.held],
        }


def flip(
    found: Assessment,
    to: str = "",
    hold: Iterable[str] = (),
    free: Iterable[str] = (),
    most: int = MOST,
    budget: int = BUDGET,
) -> Flips:
    """The smallest sets of at most `most` changes that move the level `to` "up", "down" or a level ("": both ways).

    `hold` and `free` name facts not to be moved, or held by default and to be moved after all: a path, a field
    (`range`), all facts of an entity or kind (`warnings`), or a kind of change (`physics`). Raises InputError for names
    that name nothing, and for a level that there is not.
    `budget` bounds the evaluations of each search; past it an answer says what had been searched.
    """
    goals = _goals(found, to)
    finder = _Finder(found, tuple(hold), tuple(free), most, budget)
    answers = tuple(answer for goal in goals for answer in finder.answers(goal))
    return Flips(found, answers, finder.held, most)


def _answer_data(answer: Answer, names: Sequence[str]) -> Json:
    rows = [
        dict(zip(("kind", "combinations", "classes", "fields"), row, strict=True)) for row in answer.searched.further
    ]
    return {
        "direction": "up" if answer.up else "down",
        "to": names[answer.level - 1],
        "needs": answer.needs,
        "group": answer.group or "any",
        "size": answer.size,
        "flips": [_flip_data(one, names) for one in answer.flips],
        "searched": {**answer.searched._asdict(), "further": rows},
    }


def _flip_data(one: Flip, names: Sequence[str]) -> Json:
    return {
        "kinds": list(one.kinds),
        "changes": [
            {
                "fact": change.path,
                "moves": list(change.facts),
                "changed_by": change.changed_by,
                "state": change.state,
                "before": change.before,
                "after": change.after,
                "same_result": set_data(change.values),
            }
            for change in one.changes
        ],
        "further": one.further
        and {
            "kind": one.further.kind,
            "facts": one.further.facts,
            "same_or_beyond": {field.name: set_data(values) for field, values in one.further.ranges},
        },
        "level": names[one.level - 1],
        "score": one.score,
        "on": [switch.rule for switch in one.on],
        "off": [switch.rule for switch in one.off],
        "distance": one.distance,
    }


def _goals(found: Assessment, to: str) -> list[Goal]:
    level, names = found.rating.level, [one.name for one in found.pack.levels]
    up, down = Goal(0, True, level + 1), Goal(0, False, level - 1)
    if to in ("", "up", "down"):
        wanted = [goal for goal, word in ((up, "up"), (down, "down")) if to in ("", word)]
        return [goal for goal in wanted if 1 <= goal.level <= len(names)]
    number = next((i for i, name in enumerate(names, 1) if name == to.lower()), 0)
    if not number or number == level:
        _, mark = reading(to)
        help = suggest(to, ["up", "down", *names]) or f"one of: up, down, {', '.join(names)}"
        message = f"{to} is already the level" if number else f"{to} is no level of this pack"
        raise InputError([Problem("ASK-4", message, mark, to, help)])
    return [Goal(0, number > level, number)]


class _Finder:
    """Answers questions about one assessment: which facts may move, and which sets of them reach a goal."""

    def __init__(self, found: Assessment, hold: tuple[str, ...], free: tuple[str, ...], most: int, budget: int) -> None:
        self.found, self.board, self.most, self.budget = found, found.board, most, budget
        self.base = self.board.masks_of_world(found.world)
        self.rules = Rules(found)
        self.hold, self.free = _Names(found, hold), _Names(found, free)
        self.knobs: list[Knob] = []
        held: list[Held] = []
        for knob in self.all_knobs():
            if because := self.why_held(knob):
                held.append(Held(self.path(knob), self.label(knob.field), because))
            else:
                self.knobs.append(knob)
        self.shared = [knob for knob in self.statements() if len(knob.entities) > 1]
        self.held = tuple(held)
        kinds = found.pack.vocabulary.kinds.values()
        dated = [
            k.name for k in kinds if k.dated_by and k.name not in self.hold.kinds and "event" not in self.hold.groups
        ]
        held_fields = {kind: {name for k, name in self.hold.fields if k == kind} for kind in dated}
        self.further = [one for kind in dated if (one := further_of(self.board, kind, held_fields[kind]))]

    def all_knobs(self) -> Iterator[Knob]:
        """Every fact that some rule reads and that has another bin to go to."""
        for at, column, fact in self.board.facts():
            others = (1 << len(self.board.grid.bins[fact.field.key])) - 1 & ~self.base[at][column]
            if others:
                yield Knob((at,), column, fact.field, others)

    def statements(self) -> Iterator[Knob]:
        """What one statement would move in several entities: those that inherit it, or that state none of their own."""
        together: dict[tuple[str, object], list[Knob]] = {}
        for knob in self.knobs:
            fact = self.found.scenario.entities[knob.entities[0]].facts[knob.field.name]
            inherits = self.found.pack.vocabulary.kinds[knob.field.entity].inherits
            if inherits and not knob.field.member_of and fact.mark.file != CHANGE:
                place = None if fact.state == "assumed" else fact.mark
                together.setdefault((knob.field.key, place), []).append(knob)
        for group in together.values():
            yield group[0]._replace(entities=tuple(knob.entities[0] for knob in group))

    def why_held(self, knob: Knob) -> str:
        """Why a fact is not moved, "" if it is. What is freed by name is moved, unless it is worked out from others."""
        fact = self.found.scenario.entities[knob.entities[0]].facts[knob.field.name]
        if knob.field.derive:
            return "worked out"
        if self.free.name(knob.entities[0], knob.field):
            return ""
        if self.hold.name(knob.entities[0], knob.field):
            return "asked"
        return "physics" if knob.field.changed_by == "physics" else "closed" if closed(fact) else ""

    def label(self, field: Field) -> str:
        """The label of a field, or of the list that it is a word of."""
        of_list = field.member_of and self.found.pack.vocabulary.fields.get(f"{field.entity}.{field.member_of[0]}")
        return of_list.label if of_list else field.label

    def path(self, knob: Knob) -> str:
        return path_to(self.found.scenario, self.found.pack.vocabulary, knob.entities[0], knob.field.name)

    def answers(self, goal: Goal) -> Iterator[Answer]:
        """The overall answer to a goal, and one for each group of facts where there are several."""
        overall = self.answer(goal, "", 1)
        yield overall
        groups = [group for group in (*CHANGED_BY, "") if any(k.field.changed_by == group for k in self.knobs)]
        if overall.size is None or len(groups) < 2:
            return
        for group in filter(None, groups):
            own = tuple(one for one in overall.flips if one.kinds == (group,))
            if own:
                yield overall._replace(group=group, flips=own, above=True, searched=self.searched(group, overall.size))
            else:
                yield self.answer(goal, group, overall.size + 1)

    def answer(self, goal: Goal, group: str, start: int) -> Answer:
        """The smallest sets of one group ("": of all) that have at least `start` changes."""
        knobs = [knob for knob in (*self.knobs, *self.shared) if group in ("", knob.field.changed_by)]
        further = self.further if group in ("", "event") else []
        tried, evaluated = start - 1, 0
        flips: tuple[Flip, ...] = ()
        complete = True
        while not flips and tried < self.most and complete:
            lines: list[Line] = []
            for one in (None, *further):
                search = Search(self.board, self.base, knobs, goal, one)
                try:
                    lines += lines_of(self.board, search.hits(tried + 1, self.budget), one)
                except Exhausted:
                    complete = False
                evaluated += search.evaluated
            if complete:
                flips, tried = flips_of(self.rules, lines), tried + 1
        searched = self.searched(group, tried)._replace(complete=complete, evaluated=evaluated)
        return Answer(goal.up, goal.level, self.needs(goal), group, tried if flips else None, flips, False, searched)

    def needs(self, goal: Goal) -> int:
        """Points to the goal's threshold."""
        cuts, score = self.found.pack.scales[0].thresholds, self.found.rating.score
        return cuts[goal.level - 2] - score if goal.up else cuts[goal.level - 1] - 1 - score

    def searched(self, group: str, size: int) -> Searched:
        knobs = [knob for knob in self.knobs if group in ("", knob.field.changed_by)]
        further = self.further if group in ("", "event") else []
        rows = tuple((one.kind, *self.extent(one)) for one in further)
        shared = sum(group in ("", knob.field.changed_by) for knob in self.shared)
        return Searched(size, tuple(map(self.path, knobs)), shared, rows, True, 0)

    def extent(self, further: Further) -> tuple[int, int, tuple[str, ...]]:
        """Combinations of words (or of bins of numbers) that one more entity may have, classes, and fields that run."""
        number = 1
        fields = [self.board.grid.columns[further.kind][column] for column in further.varied]
        for field in fields:
            number *= len(field.words) or len(self.board.grid.bins[field.key])
        return number, len(further.classes), tuple(field.name for field in fields)


class _Names:
    """Facts named by path, by field, by entity or kind, or by the kind of change."""

    def __init__(self, found: Assessment, names: tuple[str, ...]) -> None:
        self.groups = {name for name in names if name in CHANGED_BY}
        self.kinds: set[str] = set()
        self.facts: set[tuple[int, str]] = set()
        self.fields: set[tuple[str, str]] = set()
        problems: list[Problem] = []
        for name in names:
            if name not in self.groups:
                problems += self.read(found, name)
        if problems:
            raise InputError(problems)

    def read(self, found: Assessment, name: str) -> Sequence[Problem]:
        scenario, vocabulary = found.scenario, found.pack.vocabulary
        kinds = {word for kind in vocabulary.kinds.values() for word in (kind.name, kind.plural)}
        alike = [f for f in vocabulary.fields.values() if f.name.partition("[")[0] == name and name not in kinds]
        if alike:
            self.fields |= {(field.entity, field.name) for field in alike}
            self.facts |= {(at, field.name) for field in alike for at in range(len(scenario.entities))}
            return ()
        problems, mark = reading(name)
        kind, entities, rest = resolved(scenario, vocabulary, name, problems, mark)
        fields = vocabulary.of(kind.name)
        if rest and rest not in fields and not problems.found:
            help = suggest(rest, fields) or f"or a kind of change: {', '.join(CHANGED_BY)}"
            problems.add("EDIT-3", f"{kind.name} has no field {rest}", mark, help)
        wanted = [f for f in fields if not rest or f == rest or f.startswith(f"{rest}[")]
        self.facts |= {(at, field) for at in entities for field in wanted}
        if name in (kind.name, kind.plural):
            self.kinds.add(kind.name)
        if name in (f"{kind.name}.{rest}", f"{kind.plural}.{rest}"):
            self.fields.add((kind.name, rest))
        return problems.found

    def name(self, at: int, field: Field) -> bool:
        """Whether the fact is one of those named."""
        return field.changed_by in self.groups or (at, field.name) in self.facts
