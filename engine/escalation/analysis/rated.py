"""The short form of a rating, for questions that rate many changed scenarios and show few of them.

Whatever a question prints has been through both engines: `rated` runs the assumed world of a scenario and adds the
points up; `switched` says which rules differ between two ratings. The rest is what all questions share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from escalation import __version__
from escalation.assess import Assessment, run_world
from escalation.diagnostics import InputError, Mark, Problem, suggest
from escalation.pack import Pack
from escalation.rating import Arithmetic, arithmetic
from escalation.rules import Rule
from escalation.scenario import Scenario, assumed_world

__all__ = ["Json", "Rated", "head", "mode", "of", "one_pack", "rated", "ratings", "rule_of", "switched"]

Json = dict[str, Any]


class Rated(NamedTuple):
    """What the engines make of one world: rules that fired, conclusions, and the sums of each scale of the pack."""

    fired: tuple[str, ...]
    concluded: tuple[str, ...]
    scales: tuple[Arithmetic, ...]

    @property
    def level(self) -> int:
        """The level on the headline scale."""
        return self.scales[0].level

    @property
    def score(self) -> int:
        """The total on the headline scale."""
        return self.scales[0].total

    def data(self, pack: Pack) -> Json:
        """As JSON: level, name and score by scale."""
        return {
            sums.scale: {"level": sums.level, "name": pack.levels[sums.level - 1].name, "score": sums.total}
            for sums in self.scales
        }


def rated(pack: Pack, scenario: Scenario, engine: str = "both") -> Rated:
    """Rate the assumed world of a scenario. Raises InternalError if the engines disagree."""
    outcome = run_world(pack, scenario, assumed_world(scenario), engine)
    sums = tuple(arithmetic(pack, outcome.fired, scale) for scale in pack.scales)
    return Rated(outcome.fired, outcome.concluded, sums)


def of(found: Assessment) -> Rated:
    """The short form of an assessment."""
    return Rated(found.fired, found.concluded, tuple(rating.arithmetic for rating in found.ratings))


def mode(found: Assessment) -> str:
    """The engines that an assessment ran, as `assess` and `rated` take them."""
    return "both" if len(found.engines) > 1 else "ledger"


def ratings(found: Assessment) -> Json:
    """Level, score and ranges of an assessment as JSON, by scale."""
    fields = ("level", "name", "low", "high", "score", "score_low", "score_high", "exact")
    return {rating.scale: {name: getattr(rating, name) for name in fields} for rating in found.ratings}


def switched(before: Rated, after: Rated) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Rules that fire after and not before, and those that fire before and not after; each in pack order."""
    on = tuple(rule for rule in after.fired if rule not in before.fired)
    return on, tuple(rule for rule in before.fired if rule not in after.fired)


def one_pack(founds: Sequence[Assessment]) -> bool:
    """Whether all were rated by the same rules, under the same image."""
    first = founds[0].pack
    alike = ((pack.digest, pack.profile) == (first.digest, first.profile) for pack in (f.pack for f in founds))
    return all(alike)


def rule_of(pack: Pack, rule_id: str) -> Rule:
    """The rule of that id. Raises InputError (ASK-1) if the pack has none."""
    rule = pack.rule(rule_id)
    if rule is None:
        ids = [rule.id for rule in pack.rules]
        help = suggest(rule_id, ids) or f"{pack.name} has {len(ids)} rules, from {ids[0]} to {ids[-1]}"
        raise InputError([Problem("ASK-1", f"there is no rule {rule_id} here", Mark("question", 1, 1), help=help)])
    return rule


def head(founds: Sequence[Assessment]) -> Json:
    """What every answer starts with: scenarios, packs and engines, with digests."""
    packs = list({id(found.pack): found.pack for found in founds}.values())
    return {
        "scenarios": [
            {
                "id": f.scenario.id,
                "as_of": f.scenario.as_of.isoformat(),
                "file": f.scenario.file,
                "digest": f.scenario.digest,
            }
            for f in founds
        ],
        "packs": [
            {"name": p.name, "version": p.version, "profile": p.profile or None, "digest": p.digest} for p in packs
        ],
        "engine": {"version": __version__, "engines": list(founds[0].engines)},
    }
