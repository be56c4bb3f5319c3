"""Confidence: how good the basis of the level is, apart from the level itself.

The pack's table says what each degree asks for; here the basis is measured: the weakest Admiralty grade among the
facts that carry the level (were one of them unknown, the level would be), how many of them are judgements, how many
facts that are only assumed would move it by themselves, the margins to the next thresholds, and the width of the
range. Grades touch nothing else.
"""

from collections.abc import Sequence
from typing import NamedTuple

from escalation.grid import Board
from escalation.pack import ConfidenceRow
from escalation.paths import path_to
from escalation.rating import Arithmetic
from escalation.scenario import Fact, Scenario, World
from escalation.sensitivity import Change, without_entity

__all__ = ["Basis", "Confidence", "confidence"]

_UNGRADED = "F6"


class Basis(NamedTuple):
    """What confidence was measured on.

    `carrying` are paths of stated facts of which another value, and of entities without which, the level would differ.
    `weakest_grade` is "" if nothing carries the level; an ungraded fact counts as F6. Margins are the points to the
    next level up and to the loss of the level, None where no points do that: at the last level, or where a ceiling or a
    floor holds it.
    """

    carrying: tuple[str, ...]
    weakest_grade: str
    judgements: int
    assumed: tuple[str, ...]
    margin_up: int | None
    margin_down: int | None
    range_levels: int


class Confidence(NamedTuple):
    """low, moderate or high, with its basis."""

    level: str
    basis: Basis


def confidence(
    board: Board, scenario: Scenario, world: World, changes: Sequence[Change], sums: Arithmetic, range_levels: int
) -> Confidence:
    """Confidence in the headline level of the assumed world, whose arithmetic and single changes these are."""
    pack, level = board.grid.pack, sums.level
    moving: dict[str, Fact] = {}
    for change in changes:
        if change.result.levels[0] != level:
            path = path_to(scenario, pack.vocabulary, change.entity, change.field.name)
            moving[path] = scenario.entities[change.entity].facts[change.field.name]
    carrying = [path for path, fact in moving.items() if fact.state == "stated"]
    facts = [fact for fact in moving.values() if fact.state == "stated"]
    for at, entity in enumerate(scenario.entities):
        kind = pack.vocabulary.kinds[entity.kind]
        alike = sum(other.kind == entity.kind for other in scenario.entities)
        if kind.many and alike > kind.at_least and without_entity(board, world, at).levels[0] != level:
            carrying.append(path_to(scenario, pack.vocabulary, at))
            facts.extend(f for f in entity.facts.values() if f.state == "stated" and f.possible is not None)
    up, down = _margins(pack.scales[0].thresholds, sums)
    basis = Basis(
        tuple(carrying),
        weakest(facts),
        sum(fact.status == "judgement" for fact in facts),
        tuple(path for path, fact in moving.items() if fact.state == "assumed"),
        up,
        down,
        range_levels,
    )
    return Confidence(next((row.level for row in pack.confidence if _meets(row, basis)), "low"), basis)


def weakest(facts: Sequence[Fact]) -> str:
    """The worst letter and the worst digit among the grades of some facts, such as C3; "" if there are none."""
    grades = [fact.grade or _UNGRADED for fact in facts]
    return max(grade[0] for grade in grades) + max(grade[1] for grade in grades) if grades else ""


def _margins(cuts: Sequence[int], sums: Arithmetic) -> tuple[int | None, int | None]:
    """Points to the level above and to the loss of the level; None where a limit holds it, or there is no other."""
    level, total = sums.level, sums.total
    capped = level > len(cuts) or any(limit <= level for _, limit in sums.ceilings)
    held = level == 1 or any(limit >= level for _, limit in sums.floors)
    return None if capped else cuts[level - 1] - total, None if held else total - cuts[level - 2] + 1


def _meets(row: ConfidenceRow, basis: Basis) -> bool:
    margins = [margin for margin in (basis.margin_up, basis.margin_down) if margin is not None]
    return (
        _grade_meets(row.weakest_grade, basis.weakest_grade)
        and _at_most(basis.judgements, row.most_judgements)
        and _at_most(len(basis.assumed), row.most_assumed)
        and all(margin >= (row.least_margin or 0) for margin in margins)
        and _at_most(basis.range_levels, row.most_range_levels)
    )


def _grade_meets(limit: str | None, grade: str) -> bool:
    return limit is None or not grade or (grade[0] <= limit[0] and grade[1] <= limit[1])


def _at_most(found: int, limit: int | None) -> bool:
    return limit is None or found <= limit
