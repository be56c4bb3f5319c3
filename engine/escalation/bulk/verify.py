"""Rows of a bulk run rated once more by the ledger, which the kernel must agree with.

Which rows are taken follows from their numbers and a seed alone: the same share of the same run is the same rows, in
whatever order or on whatever machine they are rated. A difference is an error of this program, and names the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from escalation.bulk.kernel import Rated
from escalation.bulk.layout import BITS
from escalation.bulk.rows import Ints
from escalation.diagnostics import InternalError
from escalation.ledger import decide, evaluate, stated_view
from escalation.pack import Pack
from escalation.rating import arithmetic, bounds
from escalation.scenario import Scenario, assumed_world

__all__ = ["Right", "Verified", "chosen", "right", "settled", "stated", "verified"]

SHOWN = 5  # rows of a message


class Right(NamedTuple):
    """What a row comes to: the rules that fired in pack order, and for each scale score, level and their bounds.

    A scale is (score, level, least score, greatest score, lowest level, highest level).
    """

    fired: tuple[str, ...]
    scales: tuple[tuple[int, int, int, int, int, int], ...]

    def differs(self, other: Right) -> str:
        """On what another answer differs, in words; "" if on nothing."""
        fired = sorted(set(self.fired) ^ set(other.fired))
        apart = [f"the rules {', '.join(fired)}"] if fired else []
        for number, (one, two) in enumerate(zip(self.scales, other.scales, strict=True)):
            if one != two:
                apart.append(f"scale {number + 1}: {one}, and not {two}")
        return "; ".join(apart)


class Verified(NamedTuple):
    """How many rows were rated once more, and of those that differ the numbers and how."""

    checked: int = 0
    wrong: tuple[tuple[int, str], ...] = ()


def chosen(rows: Ints, share: float, seed: int = 0) -> Ints:
    """The places in `rows` (their numbers) of those that are verified: about that share of them."""
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is the point (the mixer of SplitMix64)
        mixed = (np.asarray(rows, dtype=np.uint64) + np.uint64(seed + 1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return np.flatnonzero((mixed ^ mixed >> np.uint64(31)) / 2.0**64 < share)


def right(pack: Pack, scenario: Scenario) -> Right:
    """What the ledger and the sums make of a scenario."""
    fired = decide(pack, scenario.entities, assumed_world(scenario)).fired
    states = [line.state for line in evaluate(pack, scenario.entities, stated_view(scenario.entities)).rules]
    scales = []
    for scale in pack.scales:
        sums, ends = arithmetic(pack, fired, scale), bounds(pack, states, scale)
        scales.append((sums.total, sums.level, *ends))
    return Right(fired, tuple(scales))


def stated(pack: Pack, rated: Rated, place: int) -> Right:
    """What the kernel made of the row at a place."""
    words = [int(word) for word in rated.fired[:, place]]
    fired = tuple(rule.id for i, rule in enumerate(pack.rules) if words[i // BITS] >> i % BITS & 1)
    parts = (rated.totals, rated.levels, rated.lowest, rated.highest, rated.low_levels, rated.high_levels)
    scales = [[int(part[scale, place]) for part in parts] for scale in range(len(pack.scales))]
    return Right(fired, tuple((a, b, c, d, e, f) for a, b, c, d, e, f in scales))


def verified(pack: Pack, rows: Ints, rated: Rated, scenario_of: Callable[[int], Scenario], share: float) -> Verified:
    """Rate a share of rows once more; `scenario_of` gives the scenario at a place in `rows`."""
    places = chosen(rows, share).tolist() if share else []
    wrong = []
    for place in places:
        apart = right(pack, scenario_of(place)).differs(stated(pack, rated, place))
        if apart:
            wrong.append((int(rows[place]), apart))
    return Verified(len(places), tuple(wrong))


def settled(parts: Iterable[Verified]) -> str:
    """What a verification came to, in a sentence. Raises InternalError if any row differs."""
    found = list(parts)
    checked = sum(one.checked for one in found)
    wrong: Sequence[tuple[int, str]] = [each for one in found for each in one.wrong]
    if wrong:
        named = "".join(f"\n  row {row:,}: the ledger has {apart}" for row, apart in wrong[:SHOWN])
        more = f"\n  and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
        raise InternalError(
            f"{len(wrong):,} of {checked:,} rows verified differ from the ledger{named}{more}\n"
            "  please report it, with the input and what assess --version prints"
        )
    return f"verified: {checked:,} rows rated once more by the ledger, none differs"
