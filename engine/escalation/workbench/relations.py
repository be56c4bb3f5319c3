"""Relations: one kind of change made to every case, and what is expected of the rating (metamorphic tests).

`changes.py` makes the changes; each gives, for one case, variants to rate and what to compare them with. Here stands
what may be expected, as a table of small predicates over the two assessments, and how a relation is read and run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from escalation.assess import Assessment, in_scope
from escalation.diagnostics import InputError
from escalation.source import Node
from escalation.workbench.changes import CHANGES, Change, read_change
from escalation.workbench.checks import OWN_KEYS, Bench, Check, SectionReader, Verdict

__all__ = ["EXPECTED", "read_relations"]

_SHOWN = 5  # failures kept in full


def _points(found: Assessment) -> list[tuple[int, int]]:
    return [(rating.level, rating.score) for rating in found.ratings]


def _ends(found: Assessment) -> list[tuple[int, int]]:
    return [(rating.low, rating.high) for rating in found.ratings]


def _not_lower(before: Assessment, after: Assessment) -> bool:
    pairs = zip(_points(before), _points(after), strict=True)
    return all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairs)


def _unchanged(before: Assessment, after: Assessment) -> bool:
    return _points(before) == _points(after) and _ends(before) == _ends(after)


def _wider(before: Assessment, after: Assessment) -> bool:
    return all(b[0] <= a[0] and a[1] <= b[1] for a, b in zip(_ends(before), _ends(after), strict=True))


def _within(before: Assessment, after: Assessment) -> bool:
    return all(low <= level <= high for (level, _), (low, high) in zip(_points(before), _ends(after), strict=True))


def _less_sure(before: Assessment, after: Assessment) -> bool:
    degrees = [row.level for row in before.pack.confidence]
    known = [degrees.index(one.confidence.level) for one in (before, after)]
    return _unchanged(before, after) and known[0] <= known[1]


def _one_level(before: Assessment, after: Assessment) -> bool:
    return all(abs(a[0] - b[0]) <= 1 for a, b in zip(_points(before), _points(after), strict=True))


EXPECTED: dict[str, Callable[[Assessment, Assessment], bool]] = {
    "unchanged": _unchanged,
    "not_lower": _not_lower,
    "not_higher": lambda before, after: _not_lower(after, before),
    "higher_somewhere": _not_lower,  # and, over all cases, higher at least once
    "wider": _wider,
    "within": _within,
    "less_sure": _less_sure,
    "one_level": _one_level,
}
REFUSED = "refused"


def read_relations(reader: SectionReader, nodes: tuple[Node, ...]) -> Iterator[Check]:
    """Checks that a kind of change moves the rating of every case as expected, on every scale."""
    for node in nodes:
        found = reader.keys(node, "a relation", [*OWN_KEYS, "do", "expect"], ["from", "if_it_fails"])
        expect = reader.word(found.get("expect"), "expect", [*EXPECTED, REFUSED])
        do = read_change(reader, found.get("do"), "do")
        first = read_change(reader, found.get("from"), "from", ["add"])
        if do and expect:
            yield reader.check("relations", found, node, partial(_relation, do, first, expect))


def _relation(do: Change, first: Change | None, expect: str, bench: Bench) -> Verdict:
    """Make the change to every case and compare."""
    compared = moved = 0
    failures: list[str] = []
    for case in bench.rated_cases():
        try:
            base = next(CHANGES[first.name](bench, case, first.argument)).after if first else case
            for variant in CHANGES[do.name](bench, base, do.argument):
                before = variant.before or base
                compared += 1
                if expect == REFUSED:
                    failures += [] if in_scope(variant.after, bench.pack) else [f"{case.id}: {variant.label}: rated"]
                    continue
                a, b = bench.rate(before), (variant.bench or bench).rate(variant.after)
                moved += _points(a) != _points(b)
                if not EXPECTED[expect](a, b):
                    failures.append(f"{case.id}: {variant.label}: {_shown(a)} to {_shown(b)}")
        except InputError as error:
            failures += [f"{case.id}: {problem.message}" for problem in error.problems]
    if expect == "higher_somewhere" and compared and not moved:
        failures.append("higher in no case")
    more = [f"and {len(failures) - _SHOWN} more"] if len(failures) > _SHOWN else []
    return Verdict(compared, moved, (*failures[:_SHOWN], *more))


def _shown(found: Assessment) -> str:
    """The ratings on all scales, in short."""
    names = [level.name.upper() for level in found.pack.levels]
    return ", ".join(
        f"{names[r.level - 1]} {r.score}" + (f" ({r.low}-{r.high})" if r.low != r.high else "") for r in found.ratings
    )
