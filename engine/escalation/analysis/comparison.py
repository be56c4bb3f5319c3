"""A comparison as records, and as JSON data; `compare.py` finds what stands in them."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from escalation.analysis.players import Player
from escalation.analysis.rated import Json, Rated, head, of, ratings
from escalation.assess import Assessment
from escalation.rules import Rule
from escalation.worlds import Range

__all__ = ["Best", "Compared", "Comparison", "Image", "Share", "fraction"]


class Share(NamedTuple):
    """One player: its share of the difference on each scale, and what it does alone.

    `into_first` rates the first scenario with the facts of the second in this one respect, `out_of_second` the second
    with those of the first. `error` is 0 where shares are exact.
    """

    player: Player
    points: tuple[Fraction, ...]
    error: tuple[float, ...]
    into_first: Rated
    out_of_second: Rated


class Image(NamedTuple):
    """Both scenarios under one image of the perceiver."""

    name: str
    first: Assessment
    second: Assessment


class Best(NamedTuple):
    """The best that terms can do: the least total of the higher-rated scenario over all values of some fields.

    `changes` maps paths to the values that reach it; `exact` is False where `extent` holds bounds only.
    """

    fields: tuple[str, ...]
    extent: Range
    changes: tuple[tuple[str, str], ...]


class Compared(NamedTuple):
    """The second scenario against the first; differences are second less first, on each scale of the pack.

    `parts` are the factors with their sums on the headline scale. `combinations` counts the runs of values of open
    facts over which the order was tried.
    """

    first: Assessment
    second: Assessment
    difference: tuple[int, ...]
    shares: tuple[Share, ...]
    exact: bool
    orders: int
    parts: tuple[tuple[str, int, int], ...]
    first_only: tuple[Rule, ...]
    second_only: tuple[Rule, ...]
    same: tuple[str, ...]
    combinations: int
    images: tuple[Image, ...]
    best: Best | None

    @property
    def parting(self) -> Rule | None:
        """The first rule, in pack order, that fired for one only."""
        order = {rule.id: i for i, rule in enumerate(self.first.pack.rules)}
        return min((*self.first_only, *self.second_only), key=lambda rule: order[rule.id], default=None)

    @property
    def ordered(self) -> tuple[Assessment, Assessment]:
        """The two, the lower score first."""
        return (self.first, self.second) if self.difference[0] >= 0 else (self.second, self.first)

    @property
    def firm_over_open_facts(self) -> bool:
        """Whether the order of the scores holds for every value of the open facts of either."""
        low, high = self.ordered
        return low.rating.score_high < high.rating.score_low

    @property
    def firm_over_all_facts(self) -> bool:
        """The same with everything not stated open as well."""
        low, high = self.ordered
        return low.widest[0].total_high < high.widest[0].total_low

    @property
    def firm_over_images(self) -> bool:
        """Whether the order of the scores holds under every image."""
        up = self.difference[0] > 0
        pairs = [(image.first.rating.score, image.second.rating.score) for image in self.images]
        return all((a < b) if up else (a > b) for a, b in pairs) and self.difference[0] != 0


class Comparison(NamedTuple):
    """Several scenarios, and the first compared with each other one."""

    founds: tuple[Assessment, ...]
    pairs: tuple[Compared, ...]

    def data(self) -> Json:
        """The comparison as JSON data."""
        return {
            **head(self.founds),
            "question": "compare",
            "ratings": [ratings(found) for found in self.founds],
            "pairs": [_pair(pair) for pair in self.pairs],
        }


def fraction(points: Fraction) -> Json:
    """A fraction as text, exact, and as a number."""
    return {"exact": str(points), "value": round(float(points), 6)}


def _pair(pair: Compared) -> Json:
    scales = [scale.name for scale in pair.first.pack.scales]
    parting = pair.parting
    return {
        "first": pair.first.scenario.id,
        "second": pair.second.scenario.id,
        "difference": dict(zip(scales, pair.difference, strict=True)),
        "shares": [_share(pair, share, scales) for share in pair.shares],
        "exact": pair.exact,
        "orders": pair.orders,
        "factors": [{"factor": name, "first": a, "second": b, "difference": b - a} for name, a, b in pair.parts],
        "fired_in_first_only": [rule.id for rule in pair.first_only],
        "fired_in_second_only": [rule.id for rule in pair.second_only],
        "part_at": parting.id if parting else None,
        "alike": list(pair.same),
        "firm": _firm(pair),
    }


def _share(pair: Compared, share: Share, scales: list[str]) -> Json:
    player, pack = share.player, pair.first.pack
    return {
        "facts": [f"{player.kind}.{name}" for name in player.fields] or [player.kind],
        "label": player.label,
        "points": {scale: fraction(points) for scale, points in zip(scales, share.points, strict=True)},
        "error": {scale: round(error, 6) for scale, error in zip(scales, share.error, strict=True)},
        "first_with_it": share.into_first.data(pack),
        "second_without_it": share.out_of_second.data(pack),
    }


def _firm(pair: Compared) -> Json:
    low, high = pair.ordered
    best = pair.best
    return {
        "lower": low.scenario.id,
        "higher": high.scenario.id,
        "open_facts": {
            "holds": pair.firm_over_open_facts,
            "highest_of_lower": low.rating.score_high,
            "lowest_of_higher": high.rating.score_low,
            "combinations": pair.combinations,
        },
        "all_facts": {
            "holds": pair.firm_over_all_facts,
            "highest_of_lower": low.widest[0].total_high,
            "lowest_of_higher": high.widest[0].total_low,
        },
        "images": {
            "holds": pair.firm_over_images,
            "ratings": {
                image.name: {
                    "first": of(image.first).data(image.first.pack),
                    "second": of(image.second).data(image.second.pack),
                }
                for image in pair.images
            },
        },
        "best_terms": best
        and {
            "fields": list(best.fields),
            "score": best.extent.total_low,
            "level": best.extent.level_low,
            "exact": best.extent.exact,
            "changes": dict(best.changes),
        },
    }
