"""From points to levels: the arithmetic, and bounds that every world keeps."""

from itertools import product

import pytest
from tests.exact.cases import case

from escalation.ledger import CANNOT_TELL, NO, YES
from escalation.rating import arithmetic, bounds

PACK = case(0).pack
SCALE = PACK.scales[0]._replace(thresholds=(2, 4, 6))


def ruled(*rules: dict, low: int = -9, high: int = 9):
    """A pack of rules given as what they do: points (on the first scale), factor, floor, ceiling."""
    made = tuple(
        PACK.rules[0]._replace(
            id=f"R-{i}",
            factor=rule.get("factor", "thing"),
            then=PACK.rules[0].then._replace(
                points={"acts": rule.get("points", 0)},
                floor={"acts": rule["floor"]} if "floor" in rule else {},
                ceiling={"acts": rule["ceiling"]} if "ceiling" in rule else {},
            ),
        )
        for i, rule in enumerate(rules)
    )
    factors = tuple(factor._replace(low=low, high=high) for factor in PACK.factors)
    return PACK._replace(rules=made, factors=factors, scales=(SCALE,))


@pytest.mark.parametrize(
    ("rules", "held", "total", "before", "level"),
    [
        ([], (0, 0), 0, 1, 1),
        ([{"points": 1}], (1, 0), 1, 1, 1),
        ([{"points": 2}], (2, 0), 2, 2, 2),
        ([{"points": 5}, {"points": -2, "factor": "talk"}], (5, -2), 3, 2, 2),
        ([{"points": 8}, {"points": 8}], (9, 0), 9, 4, 4),  # held at the factor's most
        ([{"points": -8}, {"points": -8}, {"points": 9, "factor": "talk"}], (-9, 9), 0, 1, 1),
        ([{"points": 8}, {"points": 8}, {"points": -8}], (8, 0), 8, 4, 4),  # summed first, then held
        ([{"points": 6, "ceiling": 3}], (6, 0), 6, 4, 3),
        ([{"points": 6, "ceiling": 3}, {"ceiling": 2}], (6, 0), 6, 4, 2),
        ([{"floor": 3}], (0, 0), 0, 1, 3),
        ([{"floor": 3}, {"floor": 2}], (0, 0), 0, 1, 3),
        ([{"points": 6, "ceiling": 1}, {"floor": 3}], (6, 0), 6, 4, 3),  # a ceiling hides no red line
        ([{"points": 6}, {"floor": 3}], (6, 0), 6, 4, 4),
    ],
)
def test_arithmetic(rules, held, total, before, level):
    pack = ruled(*rules)
    found = arithmetic(pack, [rule.id for rule in pack.rules], SCALE)
    assert tuple(factor.held for factor in found.factors) == held
    assert (found.total, found.before_limits, found.level) == (total, before, level)


def test_rules_that_did_not_fire_count_for_nothing():
    pack = ruled({"points": 5}, {"points": 3}, {"floor": 4})
    assert arithmetic(pack, ["R-1"], SCALE).total == 3
    assert arithmetic(pack, ["R-1"], SCALE).level == 2


@pytest.mark.parametrize("seed", range(40))
def test_bounds_hold_in_every_world_and_are_exact_in_one(seed):
    pack = case(seed).pack
    for some in product((NO, CANNOT_TELL, YES), repeat=min(5, len(pack.rules))):
        states = (*some, *[NO] * (len(pack.rules) - len(some)))
        undecided = [i for i, state in enumerate(states) if state == CANNOT_TELL]
        for scale in pack.scales:
            limits, levels, totals = bounds(pack, states, scale), [], []
            for chosen in product((NO, YES), repeat=len(undecided)):
                decided = list(states)
                for i, state in zip(undecided, chosen, strict=True):
                    decided[i] = state
                fired = [rule.id for rule, state in zip(pack.rules, decided, strict=True) if state == YES]
                sums = arithmetic(pack, fired, scale)
                levels.append(sums.level)
                totals.append(sums.total)
                if not undecided:
                    told = (sums.level, sums.level, sums.total, sums.total)
                    assert (limits.level_low, limits.level_high, limits.total_low, limits.total_high) == told
            assert limits.level_low <= min(levels) <= max(levels) <= limits.level_high
            assert limits.total_low <= min(totals) <= max(totals) <= limits.total_high
