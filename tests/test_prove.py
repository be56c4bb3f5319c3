"""The prover: what it says of the default pack, planted defects that it refutes, and an exhaustive check of it."""

from __future__ import annotations

import re
import shutil
from itertools import product
from pathlib import Path

import pytest
import yaml

pytest.importorskip("z3", reason="the extra `prove` is not installed")

from tests.test_conformance import pack_of

from escalation.assess import assess
from escalation.grid import Board, grid_of
from escalation.pack import Pack, load_pack
from escalation.scenario import Entity, assumed_world
from escalation.sensitivity import result_of
from escalation.workbench import specimen
from escalation.workbench.claims import DIRECTIONS
from escalation.workbench.depth import depths
from escalation.workbench.prove import PROVED, REFUTED, UNKNOWN, Answer, prove
from escalation.workbench.symbolic import Universe

ROOT = Path(__file__).parents[1]
SECONDS = 60.0


def answers(pack: Pack, only: str = "") -> dict[str, Answer]:
    return {answer.claim.id: answer for answer in prove(pack, SECONDS, only)[1]}


def changed(tmp_path: Path, file: str, pattern: str, replacement: str) -> Pack:
    """The default pack with one place of one file changed."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    path = tmp_path / "rules" / file
    text, count = re.subn(pattern, replacement, path.read_text(), flags=re.DOTALL)
    assert count == 1, f"{pattern} stands {count} times in {file}"
    path.write_text(text)
    return load_pack(tmp_path / "rules")


PLANTED = {
    "a raising field that lowers": (
        "role.yaml",
        r"(id: ROL-60.*?nuclear_association: \{)gte: (\w+)\}",
        r"\1lt: \2}",
        "monotone-item.nuclear_association",
    ),
    "a threshold turned round": (
        "reach.yaml",
        r"(id: RCH-10.*?range: \{)gte: \$army_rear_km",
        r"\1lt: $army_rear_km",
        "monotone-item.range",
    ),
    "a permission that dampens": (
        "permission.yaml",
        r"(id: PRM-30.*?escalation: )\d",
        r"\g<1>-3",
        "monotone-item.permitted_targets",
    ),
    "contradictory tests": (
        "role.yaml",
        r"(id: ROL-50.*?item: \{role: )air_defence_long_range\}",
        r"\1{in: [air_defence_long_range], is_not: air_defence_long_range}}",
        "fires-ROL-50",
    ),
    "an unreachable level": ("pack.yaml", r"severe: 24", "severe: 240", "level-escalation-5"),
    "a rule that moves nothing": (
        "reach.yaml",
        r"(id: RCH-10.*?then: \{points: )1\}",
        r"\g<1>0, floor: minimal}",
        "matters-RCH-10",
    ),
    "a floor above a ceiling": (
        "limits.yaml",
        r"(id: LIM-20.*?then: \{)ceiling: moderate\}",
        r"\1floor: {escalation: high}, ceiling: {escalation: moderate}}",
        "limits-escalation",
    ),
    "a warning that lowers": (
        "warnings.yaml",
        r"(id: WRN-40.*?then: \{points: )1\}",
        r"\g<1>-1}",
        "PROP-ADD-WARNING",
    ),
    "a dampener of a graver threat": (
        "warnings.yaml",
        r"(id: WRN-40.*?then: \{points: )1\}",
        r"\g<1>-1}",
        "monotone-warning.threatens",
    ),
    "a red line under a ceiling": (
        "limits.yaml",
        r"(id: LIM-40.*?then: \{)floor: high\}",
        r"\1ceiling: moderate}",
        "PROP-CREWS",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("defect", PLANTED)
def test_planted_defects_are_refuted(defect: str, tmp_path: Path) -> None:
    file, pattern, replacement, claim = PLANTED[defect]
    pack = changed(tmp_path, file, pattern, replacement)
    answer = answers(pack, claim)[claim]
    assert answer.state == REFUTED
    if answer.claim.exists:
        assert answer.scenarios == ()  # there is no scenario to show: that is the defect
        return
    found = [assess(specimen.read(pack, facts), pack) for facts in answer.scenarios]
    assert answer.claim.shown_by(found)


def test_there_are_ten_planted_defects() -> None:
    assert len(PLANTED) >= 10


@pytest.mark.slow
def test_everything_claimed_of_the_default_pack_is_proved() -> None:
    found = answers(load_pack())
    assert {name for name, answer in found.items() if answer.state != PROVED} == set()
    assert len(found) > 100


@pytest.mark.slow
def test_time_that_runs_out_is_said() -> None:
    found = list(prove(load_pack(), 0.001, "monotone-")[1])
    given_up = [answer for answer in found if answer.state == UNKNOWN]
    assert given_up
    assert all(answer.scenarios == () for answer in given_up)


@pytest.mark.slow
def test_scenarios_that_prove_a_level_reach_it() -> None:
    pack = load_pack()
    for answer in answers(pack, "level-").values():
        (facts,) = answer.scenarios
        assert answer.claim.shown_by([assess(specimen.read(pack, facts), pack)])


# -- against an exhaustive table

TABLE = yaml.safe_load((ROOT / "tests/prove/small.yaml").read_text())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["about"])
def test_the_prover_agrees_with_every_scenario_there_is(row: dict) -> None:
    pack = pack_of(yaml.load(yaml.safe_dump(row), yaml.BaseLoader))
    pack = pack._replace(rules=tuple(_pointed(rule, row["points"]) for rule in pack.rules))
    states = {a.claim.id: a.state for a in prove(pack, SECONDS)[1] if a.claim.group != DIRECTIONS}
    fired, levels = everything(pack)
    for rule in pack.rules:
        assert states[f"fires-{rule.id}"] == (PROVED if rule.id in fired else REFUTED)
    for level in pack.levels:
        assert states[f"level-only-{level.number}"] == (PROVED if level.number in levels else REFUTED)


def _pointed(rule, points):
    return rule._replace(then=rule.then._replace(points={"only": points[rule.id]}))


def everything(pack: Pack) -> tuple[set[str], set[int]]:
    """The rules that fire and the levels reached over all worlds with up to one entity more than the depth."""
    grid = grid_of(pack)
    most = {kind: number + 1 for kind, number in depths(Universe.of(pack)).items()}
    fired: set[str] = set()
    levels: set[int] = set()
    kinds = list(pack.vocabulary.kinds.values())
    for numbers in product(*(range(most.get(k.name, 0) + 1) if k.many else (1,) for k in kinds)):
        base = specimen.read(pack, {})
        one = {e.kind: e for e in base.entities}
        entities = tuple(
            Entity(k.name, f"{k.name}-{i}", one[k.name].facts if k.name in one else {}, base.perceiver_mark)
            for k, n in zip(kinds, numbers, strict=True)
            for i in range(n)
        )
        board = Board(grid, entities)
        cells = [[1 << b for b in range(len(grid.bins[f.key]))] for e in entities for f in grid.columns[e.kind]]
        for choice in product(*cells):
            rest = iter(choice)
            masks = tuple(tuple(next(rest) for _ in grid.columns[e.kind]) for e in entities)
            result = result_of(board, board.states(masks))
            levels.add(result.levels[0])
            fired |= {pack.rules[i].id for i, state in enumerate(result.fired) if state == 2}
    return fired, levels


def test_the_depth_is_what_the_counts_need() -> None:
    row = {"when": {"items": {"at_least": "3", "where": {"role": "gun"}}, "no_warning": {"kind": "war"}}}
    assert depths(Universe.of(pack_of(row))) == {"item": 3, "warning": 1}
    assert assumed_world(specimen.read(load_pack(), {}))
