"""One scenario under two or more packs, versions of a pack, or images of the perceiver: what the difference is owed to.

The difference of the scores is shared out over the rules that changed, fairly over all orders (`shapley.py`,
`mixtures.py`), so that a changed judgement can be explained: a changed rule is credited with what follows from its
conclusions too. Both ends have been rated by both engines. The first is compared with each of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from escalation.analysis.comparison import fraction
from escalation.analysis.mixtures import ASSUMPTIONS, BOUNDS, CONCLUDING, Mixture, signature
from escalation.analysis.rated import Json, head, ratings
from escalation.analysis.shapley import shapley
from escalation.assess import Assessment
from escalation.diagnostics import InputError, InternalError, Mark, Problem
from escalation.pack import Pack
from escalation.rules import Count, Rule, Test, walk
from escalation.sets import Words

__all__ = ["PackComparison", "PackPair", "RuleShare", "compare_packs"]


class RuleShare(NamedTuple):
    """The share of one changed rule (or of assumptions, or of bounds) on each scale, and what changed."""

    name: str
    change: str
    points: tuple[Fraction, ...]
    error: tuple[float, ...]


class PackPair(NamedTuple):
    """The second pack against the first; differences are second less first, on each scale.

    `changed` counts all rules that differ; `without_effect` are the ids of those that make no difference here.
    """

    first: Assessment
    second: Assessment
    difference: tuple[int, ...]
    shares: tuple[RuleShare, ...]
    exact: bool
    orders: int
    changed: int
    without_effect: tuple[str, ...]
    thresholds: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    first_only: tuple[Rule, ...]
    second_only: tuple[Rule, ...]
    parting: Rule | None


class PackComparison(NamedTuple):
    """One scenario under several packs, and the first compared with each other one."""

    founds: tuple[Assessment, ...]
    pairs: tuple[PackPair, ...]

    def data(self) -> Json:
        """The comparison as JSON data."""
        return {
            **head(self.founds),
            "question": "compare_packs",
            "ratings": [ratings(found) for found in self.founds],
            "pairs": [_data(pair) for pair in self.pairs],
        }


def compare_packs(founds: Sequence[Assessment]) -> PackComparison:
    """Compare assessments of one scenario under different packs. Raises InputError (ASK-2) if that cannot be done."""
    scales = {tuple(scale.name for scale in found.pack.scales) for found in founds}
    if len(founds) < 2 or len(scales) > 1 or len({found.scenario.id for found in founds}) > 1:
        help = "one scenario, and two packs or images with the same scales"
        raise InputError([Problem("ASK-2", "nothing to compare", Mark("question", 1, 1), help=help)])
    return PackComparison(tuple(founds), tuple(_compared(founds[0], other) for other in founds[1:]))


def _compared(a: Assessment, b: Assessment) -> PackPair:
    mixture = Mixture(a, b)
    found = shapley(len(mixture.players), mixture.totals)
    difference = tuple(y.score - x.score for x, y in zip(a.ratings, b.ratings, strict=True))
    if tuple(sum(row) for row in zip(*found.shares, strict=True)) != difference and (found.shares or any(difference)):
        raise InternalError(f"the shares of rules do not sum to the difference for {a.scenario.id}")
    shares = [
        RuleShare(name, _change(a.pack, b.pack, name), points, error)
        for name, points, error in zip(mixture.players, found.shares, found.error, strict=True)
    ]
    felt = [share for share in shares if any(share.points)]
    silent = [name for name in mixture.changed if name not in {share.name for share in felt} | mixture.bundle]
    first_only = tuple(rule for rule in a.pack.rules if rule.id in a.fired and rule.id not in b.fired)
    second_only = tuple(rule for rule in b.pack.rules if rule.id in b.fired and rule.id not in a.fired)
    return PackPair(
        a,
        b,
        difference,
        tuple(sorted(felt, key=lambda share: -abs(share.points[0]))),
        found.exact,
        found.orders,
        len(mixture.changed),
        tuple(silent),
        tuple(
            (x.name, x.thresholds, y.thresholds)
            for x, y in zip(a.pack.scales, b.pack.scales, strict=True)
            if x.thresholds != y.thresholds
        ),
        first_only,
        second_only,
        _parting(a, b),
    )


def _parting(a: Assessment, b: Assessment) -> Rule | None:
    """The first rule, in pack order, that fired under one only or gave other points."""
    for rule in (*a.pack.rules, *b.pack.rules):
        versions = [found.pack.rule(rule.id) if rule.id in found.fired else None for found in (a, b)]
        points = [version.then.points if version else None for version in versions]
        if points[0] != points[1]:
            return rule
    return None


def _change(a: Pack, b: Pack, name: str) -> str:
    """What differs in a rule, in words."""
    if name in (ASSUMPTIONS, BOUNDS, CONCLUDING):
        return ""
    first, second = a.rule(name), b.rule(name)
    if first is None or second is None:
        return "only in the second" if first is None else "not in the second"
    return "; ".join(_changes(first, second)) or "conditions differ"


def _changes(first: Rule, second: Rule) -> Iterator[str]:
    scales = dict.fromkeys([*first.then.points, *second.then.points])
    for scale in scales:
        was, now = first.then.points.get(scale, 0), second.then.points.get(scale, 0)
        if was != now:
            yield f"{scale} {was:+d} -> {now:+d}"
    if first.factor != second.factor:
        yield f"factor {first.factor} -> {second.factor}"
    for what in ("conclude", "ceiling", "floor"):
        if getattr(first.then, what) != getattr(second.then, what):
            yield f"another {'conclusion' if what == 'conclude' else what}"
    if signature(first.when) != signature(second.when):
        yield _asks(_parts(first), _parts(second)) or "joined otherwise"


def _asks(was: dict[object, Test | Count], now: dict[object, Test | Count]) -> str:
    """How what two versions of a rule ask differs."""
    gone = [node for key, node in was.items() if key not in now]
    come = [node for key, node in now.items() if key not in was]
    told = []
    for node in list(gone):
        again = next((one for one in come if one.written == node.written), None)
        if again is not None:  # the words are the same, and a list behind them is not
            gone.remove(node)
            come.remove(again)
            told.append(f"{node.written}: {_words(node, again)}")
    if gone or come:
        before, after = (" and ".join(node.written for node in side) or "nothing" for side in (gone, come))
        told.append(f"{before} -> {after}")
    return "; ".join(told)


def _words(was: Test | Count, now: Test | Count) -> str:
    """What a list behind a test gained and lost."""
    if not isinstance(was, Test) or not isinstance(now, Test):
        return "another number"
    if not isinstance(was.accept, Words) or not isinstance(now.accept, Words):
        return "another range"
    sides = (("with", now.accept.words - was.accept.words), ("without", was.accept.words - now.accept.words))
    return ", ".join(f"{word} {', '.join(sorted(map(was.field.show, words)))}" for word, words in sides if words)


def _parts(rule: Rule) -> dict[object, Test | Count]:
    """The tests and counts of a rule, each by what it asks apart from what is under it."""
    nodes = (node for node in walk(rule.when) if isinstance(node, (Test, Count)))
    return {signature(n) if isinstance(n, Test) else (n.kind, n.accept): n for n in nodes}


def _data(pair: PackPair) -> Json:
    scales = [scale.name for scale in pair.first.pack.scales]
    return {
        "difference": dict(zip(scales, pair.difference, strict=True)),
        "shares": [
            {
                "rule": share.name,
                "change": share.change or None,
                "points": {scale: fraction(points) for scale, points in zip(scales, share.points, strict=True)},
                "error": {scale: round(error, 6) for scale, error in zip(scales, share.error, strict=True)},
            }
            for share in pair.shares
        ],
        "exact": pair.exact,
        "orders": pair.orders,
        "changed": pair.changed,
        "without_effect": list(pair.without_effect),
        "thresholds": {scale: {"first": list(a), "second": list(b)} for scale, a, b in pair.thresholds},
        "fired_in_first_only": [rule.id for rule in pair.first_only],
        "fired_in_second_only": [rule.id for rule in pair.second_only],
        "part_at": pair.parting.id if pair.parting else None,
    }
