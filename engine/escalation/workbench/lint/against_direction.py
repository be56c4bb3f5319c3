"""A rule by which more of a fact lowers where the vocabulary says that it raises, or the other way round.

The vocabulary gives a field its direction; readers and the list of what would change a rating rely on it. A rule is
reported only if moving one fact one step, all else the same, moves the sum of its factor (or the limit that holds) the
wrong way in some scenario; rules that each hold for a window and make up for each other are left alone. Decided
exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from escalation.ledger import CANNOT_TELL, NO, YES
from escalation.pack import Pack
from escalation.rules import Concluded, Condition, Rule, Test, walk
from escalation.sets import Set, Words, only, subset
from escalation.unfold import unfolded
from escalation.vocabulary import Field, field_bins
from escalation.workbench.formulas import Formula, state
from escalation.workbench.lint.base import Found, Lint, describe
from escalation.workbench.questions import Change, Question, Witness
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


class _Step(NamedTuple):
    """One step of a graded fact, in the direction that the vocabulary says raises."""

    field: Field
    lower: Set
    higher: Set


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for rule in pack.rules:
        for effect in _effects(rule):
            for step in _steps(pack, rule):
                if _witness(pack, [rule], effect, step) and (
                    found := _witness(pack, _peers(pack, rule, effect), effect, step)
                ):
                    lower, higher = (_shown(step.field, run) for run in (step.lower, step.higher))
                    message = (
                        f"{rule.id}: by the vocabulary {step.field.key} {step.field.direction}; a step from {lower}"
                        f" on to {higher} works the other way on {effect.scale}"
                    )
                    help = f"mend the rule or the field's direction; for example with {describe(found)}"
                    yield LINT.finding(message, subject.place(rule.id, "when"), rule.id, help)
                    break


class _Effect(NamedTuple):
    """One kind of effect on one scale: points, floor or ceiling."""

    kind: str
    scale: str


def _effects(rule: Rule) -> Iterator[_Effect]:
    yield from (_Effect("points", scale) for scale, n in rule.then.points.items() if n)
    yield from (_Effect("floor", scale) for scale in rule.then.floor)
    yield from (_Effect("ceiling", scale) for scale in rule.then.ceiling)


def _peers(pack: Pack, rule: Rule, effect: _Effect) -> list[Rule]:
    """The rules whose effects of that kind go into one figure with that of a rule."""
    same = effect.kind != "points"
    return [r for r in pack.rules if effect in _effects(r) and (same or r.factor == rule.factor)]


def _steps(pack: Pack, rule: Rule) -> Iterator[_Step]:
    """Every single step of a graded fact that the rule can tell."""
    tests = list(_tests(pack, rule.when))
    for field in {test.field.key: test.field for test in tests if test.field.direction}.values():
        runs = _runs(field, [test.accept for test in tests if test.field.key == field.key])
        for lower, higher in pairwise(runs if field.direction == "raises" else runs[::-1]):
            yield _Step(field, lower, higher)


def _tests(pack: Pack, node: Condition) -> Iterator[Test]:
    """The tests that a condition comes down to, through conclusions and worked-out fields."""
    for below in walk(node):
        if isinstance(below, Concluded):
            for maker in (rule for rule in pack.rules if below.name in rule.then.conclude):
                yield from _tests(pack, maker.when)
        elif isinstance(below, Test):
            seen_through = unfolded(below, pack.vocabulary.fields)
            yield from (t for t in walk(seen_through) if isinstance(t, Test))


def _runs(field: Field, accepts: list[Set]) -> list[Set]:
    """The values of a graded field in order, in runs that no test tells apart; words off the order have no place."""
    if field.type == "flag":
        return [only(False), only(True)]
    runs = field_bins(field, accepts)
    return [run for run in runs if not isinstance(run, Words) or run.words <= set(field.order)]


def _witness(pack: Pack, rules: list[Rule], effect: _Effect, step: _Step) -> Witness | None:
    """A scenario in which the step moves the figure that some rules make the wrong way."""
    question = Question(pack)
    kind = step.field.entity
    actual = question.of_single(kind, Test(step.field, step.lower, "", step.field.mark))
    weights = [_weight(rule, effect) for rule in rules]
    before = [question.formula(rule.when, _taken(step, step.lower)) for rule in rules]
    after = [question.formula(rule.when, _taken(step, step.higher)) for rule in rules]
    total = _sum if effect.kind == "points" else max if effect.kind == "floor" else min
    resting = 0 if effect.kind != "ceiling" else len(pack.levels)

    def goal(truth: Callable[[int], int]) -> int:
        least_before, most_before = _ends(before, weights, truth, total, resting)
        least_after, most_after = _ends(after, weights, truth, total, resting)
        falls = YES if most_after < least_before else NO if least_after >= most_before else CANNOT_TELL
        return min(state(actual, truth), falls)

    return question.solve(goal)


def _ends(
    formulas: list[Formula],
    weights: list[int],
    truth: Callable[[int], int],
    total: Callable[[list[int]], int],
    rest: int,
) -> tuple[int, int]:
    """The least and the greatest that the figure can still come to."""
    states = [state(formula, truth) for formula in formulas]
    fixed = [w for w, s in zip(weights, states, strict=True) if s == YES]
    loose = [w for w, s in zip(weights, states, strict=True) if s == CANNOT_TELL]
    ends = [
        total([rest, *fixed, *chosen])
        for chosen in (loose, [], [w for w in loose if w < 0], [w for w in loose if w > 0])
    ]
    return min(ends), max(ends)


def _sum(parts: list[int]) -> int:
    return sum(parts)


def _weight(rule: Rule, effect: _Effect) -> int:
    table: dict[str, int] = getattr(rule.then, effect.kind)
    return table[effect.scale]


def _taken(step: _Step, run: Set) -> Change:
    """The change that takes every test of the stepped fact to come out as it does for a run of values."""
    return lambda node: (
        subset(run, node.accept) if isinstance(node, Test) and node.field.key == step.field.key else None
    )


def _shown(field: Field, run: Set) -> str:
    """A run of values in words."""
    if isinstance(run, Words):
        words = sorted(run.words, key=lambda w: field.order.index(str(w)) if w in field.order else 0)
        first, last = field.show(words[0]), field.show(words[-1])
    else:
        first, last = field.show(run.intervals[0].low), field.show(run.intervals[-1].high)
    return first if first == last else f"{first} to {last}"


LINT = Lint("LINT-20", "against-direction", "warning", _check, __doc__)
