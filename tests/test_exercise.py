"""What the casebook exercises: counted from the cases, and marked wherever a reader meets a rule."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation.analysis.casebook import load_casebook
from escalation.analysis.exercise import Exercise, exercise
from escalation.diagnostics import Problems
from escalation.pack import Pack, load_pack

PACK = load_pack()
CASES = sorted(map(str, (ROOT / "scenarios/casebook").glob("*.yaml")))


@pytest.mark.slow
@pytest.mark.parametrize("image", ["", *PACK.profiles])
def test_the_counts_are_those_of_the_backtest(image: str) -> None:
    pytest.importorskip("numpy")
    from escalation.analysis.backtest import backtest
    from escalation.analysis.backtest_plan import load_plan

    pack = load_pack(None, image)
    found = backtest(pack, load_casebook(CASES, pack, Problems(), engine="ledger"), load_plan(pack))
    counted = exercise(pack)
    assert counted.keys() == {rule.id for rule in pack.rules if rule.then.moves}
    assert {name: one.fires for name, one in counted.items()} == {name: found.firing[name] for name in counted}
    moved = {removal.rule: len({case for case, *_ in removal.moves}) for removal in found.removals}
    assert {name: one.moves for name, one in counted.items() if one.fires} == {
        name: moved[name] for name, one in counted.items() if one.fires
    }
    assert {one.cases for one in counted.values()} == {len(found.casebook.cases)}


def test_both_marks_are_in_use() -> None:
    """So that the tests below compare more than one kind of mark."""
    fires = [one.fires for one in exercise(PACK).values()]
    assert min(fires) == 0 < max(fires)


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_a_rule_is_marked_where_it_is_explained(rule) -> None:
    text = " ".join(run("explain", rule.id).out.split())
    found = exercise(PACK).get(rule.id)
    assert (found.mark if found else "casebook") in text or found is None
    assert ("the casebook" in text or "exercised in" in text) == (found is not None)


def test_every_rule_that_moves_a_level_is_marked_in_the_full_report() -> None:
    report = " ".join(run("scenarios/us-patriot-2022.yaml", "--detail", "full").out.split())
    heads = dict(re.findall(r"([A-Z]{3}-\d+) (?:fired|did not fire|cannot tell)(.*?\(\w+\.yaml:\d+\))", report))
    assert heads.keys() == {rule.id for rule in PACK.rules}
    for rule in PACK.rules:
        found = exercise(PACK).get(rule.id)
        assert (found.mark in heads[rule.id]) if found else not re.search("exercised|untested", heads[rule.id])


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        (Exercise(0, 0, 23), "untested by the casebook"),
        (Exercise(5, 0, 23), "exercised in 5 of 23 cases, moves no level"),
        (Exercise(5, 2, 23), "exercised in 5 of 23 cases, moves a level in 2"),
    ],
)
def test_marks(found: Exercise, mark: str) -> None:
    assert found.mark == mark


def copied(folder: Path, cases: int) -> Pack:
    """The default pack in a folder of its own, with the first few cases of the casebook beside it."""
    shutil.copytree(PACK.folder, folder / "rules")
    (folder / "scenarios/casebook").mkdir(parents=True)
    for path in CASES[:cases]:
        shutil.copy(path, folder / "scenarios/casebook")
    return load_pack(folder / "rules")


def test_other_cases_give_other_counts(tmp_path: Path) -> None:
    pack = copied(tmp_path, 3)
    assert exercise(pack)["ROL-10"].cases == 3
    shutil.copy(CASES[-1], tmp_path / "scenarios/casebook")
    assert exercise(pack)["ROL-10"].cases == 4


def test_without_cases_no_rule_is_called_untested(tmp_path: Path) -> None:
    assert exercise(copied(tmp_path, 0)) == {}
