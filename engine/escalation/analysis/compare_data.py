"""A comparison as JSON data."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from escalation.analysis.rated import Json, of
from escalation.assess import Assessment

if TYPE_CHECKING:
    from escalation.analysis.compare import Compared, Share

__all__ = ["comparison", "fraction", "ratings"]


def comparison(founds: Sequence[Assessment], pairs: Sequence[Compared]) -> Json:
    """Ratings of all, and each pair."""
    return {"ratings": [ratings(found) for found in founds], "pairs": [_pair(pair) for pair in pairs]}


def ratings(found: Assessment) -> Json:
    """Level, score and ranges of an assessment by scale."""
    return {
        rating.scale: {
            "level": rating.level,
            "name": rating.name,
            "low": rating.low,
            "high": rating.high,
            "score": rating.score,
            "score_low": rating.score_low,
            "score_high": rating.score_high,
            "exact": rating.exact,
        }
        for rating in found.ratings
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
