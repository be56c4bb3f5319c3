"""The same item over time, as a sequence of steps: what each step added, and what no single step shows.

Steps are compared each with the one before. Three figures tell of accumulation: the whole way against its largest
step; what the terms of the last step would have rated at as one step on the first day, with the precedents, warnings
and events of that day; and each step again with the earlier steps of this path counted, where the pack names a field
for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from escalation.analysis.compare import Share, attributed
from escalation.analysis.comparison import fraction
from escalation.analysis.players import Blend, Pair, Player, pairs_of
from escalation.analysis.rated import Json, Rated, head, mode, of, one_pack, rated, ratings, switched
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Mark, Problem
from escalation.edits import with_value
from escalation.vocabulary import Field

__all__ = ["Counted", "Path", "Step", "path"]

_OF_THE_TRANSFER = ("decision", "physics")
"""What a step itself consists of, by what changes a field; the rest is the day on which it is taken."""


class Step(NamedTuple):
    """One step: the assessment, and against the one before it the shares of what it added and the rules that switch."""

    found: Assessment
    added: int | None
    shares: tuple[Share, ...]
    on: tuple[str, ...]
    off: tuple[str, ...]


class Counted(NamedTuple):
    """Earlier steps as stated in the scenario of a step, as counted on this path, and the rating with the greater."""

    stated: int
    on_path: int
    after: Rated


class Path(NamedTuple):
    """The answer. `difference` is the last score less the first; `largest` the greatest single step.

    `at_once` rates the terms of the last as one step on the day of the first. `counted` has an entry for each step,
    None if the pack names no count. `in_order` says whether no step is dated before the one ahead of it.
    """

    steps: tuple[Step, ...]
    difference: int
    largest: int
    whole: tuple[Share, ...]
    at_once: Rated
    counted: tuple[Counted | None, ...]
    in_order: bool

    def data(self) -> Json:
        """The answer as JSON data."""
        first = self.steps[0].found
        return {
            **head([step.found for step in self.steps]),
            "question": "path",
            "steps": [_step(step, counted) for step, counted in zip(self.steps, self.counted, strict=True)],
            "difference": self.difference,
            "largest_step": self.largest,
            "shares": [{"label": s.player.label, "points": fraction(s.points[0])} for s in self.whole],
            "last_terms_at_once": self.at_once.data(first.pack),
            "in_order": self.in_order,
        }


def path(founds: Sequence[Assessment]) -> Path:
    """Steps of one item under one pack, in the order given. Raises InputError (ASK-2) for fewer than two."""
    if len(founds) < 2 or not one_pack(founds):
        help = "name two or more files, the earliest first"
        raise InputError([Problem("ASK-2", "a path has at least two steps", Mark("question", 1, 1), help=help)])
    first, last = founds[0], founds[-1]
    steps = [Step(first, None, (), (), ())]
    for before, after in pairwise(founds):
        shares, _, _ = attributed(before, after)
        added = after.rating.score - before.rating.score
        steps.append(Step(after, added, shares, *switched(of(before), of(after))))
    dates = [found.scenario.as_of for found in founds]
    return Path(
        tuple(steps),
        last.rating.score - first.rating.score,
        max((step.added for step in steps if step.added is not None), key=abs),
        attributed(first, last)[0],
        _at_once(first, last),
        tuple(_counted(founds, i) for i in range(len(founds))),
        dates == sorted(dates),
    )


def _at_once(first: Assessment, last: Assessment) -> Rated:
    """The last transfer and its terms, on the day of the first."""
    vocabulary = last.pack.vocabulary
    players = []
    for pair in pairs_of(first, last):
        fields = vocabulary.of(pair.kind).values()
        own = tuple(field.name for field in fields if field.changed_by in _OF_THE_TRANSFER)
        players.append(Player("", pair.kind, pair, () if _single(pair) else own))
    blend = Blend(first, last, players)
    return blend.rated((1 << len(players)) - 1)


def _single(pair: Pair) -> bool:
    return pair.a is None or pair.b is None


def _counted(founds: Sequence[Assessment], at: int) -> Counted | None:
    """A step rated with the earlier steps of the path counted, if they are more than its scenario states."""
    found = founds[at]
    questions = found.pack.questions
    if not questions.steps:
        return None
    field = found.pack.vocabulary.fields[questions.steps]
    where = next((i for i, entity in enumerate(found.scenario.entities) if entity.kind == field.entity), None)
    stated = None if where is None else found.world[where][field.name]
    if where is None or not isinstance(stated, int):
        return None
    day, reach = found.scenario.as_of, timedelta(days=questions.steps_days)
    earlier = {one.scenario.as_of for one in founds[:at]} - {day}
    on_path = sum(timedelta(0) < day - date <= reach for date in earlier)
    return Counted(stated, on_path, of(found) if on_path <= stated else _with(found, where, field, on_path))


def _with(found: Assessment, at: int, field: Field, value: int) -> Rated:
    changed = with_value(found.scenario, found.pack.vocabulary, at, field, value)
    return rated(found.pack, changed, mode(found))


def _step(step: Step, counted: Counted | None) -> Json:
    return {
        "id": step.found.scenario.id,
        "as_of": step.found.scenario.as_of.isoformat(),
        "ratings": ratings(step.found),
        "added": step.added,
        "shares": [{"label": s.player.label, "points": fraction(s.points[0])} for s in step.shares],
        "on": list(step.on),
        "off": list(step.off),
        "earlier_steps": counted
        and {
            "stated": counted.stated,
            "on_path": counted.on_path,
            "with_them": counted.after.data(step.found.pack),
        },
    }
