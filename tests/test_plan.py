"""Plans: what a change of rules does over all scenarios, rule by rule, and to the scenarios at hand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("z3", reason="the extra `prove` is not installed")

from escalation.assess import assess
from escalation.cli import app
from escalation.pack import Pack, load_pack
from escalation.scenario import load_scenario
from escalation.sets import interval
from escalation.workbench import specimen
from escalation.workbench.plan import EQUIVALENT, plan

ROOT = Path(__file__).parents[1]
SECONDS = 60.0


def changed(tmp_path: Path, file: str, pattern: str, replacement: str) -> Pack:
    shutil.copytree(ROOT / "rules", tmp_path / "new")
    path = tmp_path / "new" / file
    text, count = re.subn(pattern, replacement, path.read_text(), flags=re.DOTALL)
    assert count == 1
    path.write_text(text)
    return load_pack(tmp_path / "new")


def rated(pack: Pack, facts: specimen.Facts, index: int) -> tuple[int, int]:
    rating = assess(specimen.read(pack, facts), pack).ratings[index]
    return rating.level, rating.score


@pytest.mark.slow
def test_one_threshold_names_the_region_and_a_witness(tmp_path: Path) -> None:
    old, new = load_pack(), changed(tmp_path, "parameters.yaml", r"value: 70 km", "value: 90 km")
    scenarios = [load_scenario(path, old.vocabulary) for path in sorted((ROOT / "scenarios").glob("*.yaml"))]
    found = plan(old, new, scenarios, SECONDS)
    (change,) = found.changes
    assert change.what == ("condition",)
    (region,) = change.regions
    assert region.field.key == "item.range"
    assert region.values == interval(70, 90, high_open=True)
    for index, effect in enumerate(found.effects):
        assert (effect.level, effect.score) == ("lowers", "lowers")
        assert effect.raised is None
        assert effect.lowered is not None
        assert rated(new, effect.lowered, index) < rated(old, effect.lowered, index)
    for moved in found.moved:
        scenario = next(s for s in scenarios if s.id == moved.scenario)
        assert moved.before.score == assess(scenario, old).rating.score
        assert moved.after.score == assess(scenario, new).rating.score
        assert moved.off == (change.rule,)
    same = {s.id for s in scenarios if "RUS" in s.perceivers} - {moved.scenario for moved in found.moved}
    for scenario in (s for s in scenarios if s.id in same):
        assert assess(scenario, old).rating.score == assess(scenario, new).rating.score


@pytest.mark.slow
def test_a_change_both_ways_has_a_witness_for_each_direction(tmp_path: Path) -> None:
    old = load_pack()
    new = changed(tmp_path, "reach.yaml", r"(id: RCH-10.*?range: \{)gte: \$army_rear_km", r"\1lt: $army_rear_km")
    (effect, _) = plan(old, new, [], SECONDS).effects
    assert effect.score == "raises and lowers"
    assert effect.raised is not None
    assert effect.lowered is not None
    assert rated(new, effect.raised, 0) > rated(old, effect.raised, 0)
    assert rated(new, effect.lowered, 0) < rated(old, effect.lowered, 0)


@pytest.mark.slow
def test_a_rule_added_or_removed_is_judged_alone(tmp_path: Path) -> None:
    old = load_pack()
    new = changed(tmp_path, "permission.yaml", r"(  - id: PRM-60.*?)(?=  - id: |\Z)", "")
    found = plan(old, new, [], SECONDS)
    assert [(c.rule, c.what) for c in found.changes] == [("PRM-60", ("removed",))]
    assert found.changes[0].effects[0].score == "raises"
    back = plan(new, old, [], SECONDS)
    assert [(c.rule, c.what) for c in back.changes] == [("PRM-60", ("added",))]
    assert back.changes[0].effects[0].score == "lowers"


@pytest.mark.slow
def test_a_change_of_words_is_no_change(tmp_path: Path) -> None:
    old = load_pack()
    new = changed(tmp_path, "role.yaml", r"(id: ROL-10\s+title: )[^\n]*", r"\1other words")
    found = plan(old, new, [], SECONDS)
    assert found.changes == ()
    assert all(effect.level == effect.score == EQUIVALENT for effect in found.effects)


@pytest.mark.slow
def test_equal_packs_are_said_to_be_equivalent_and_how_that_is_known() -> None:
    ran = CliRunner().invoke(app, ["rules", "plan", str(ROOT / "rules"), "--no-backtest"])
    assert ran.exit_code == 0
    assert "Equivalent: no scenario is rated otherwise" in ran.stdout
    assert "Settled by proof over every scenario" in ran.stdout


def test_packs_whose_fields_differ_are_not_compared(tmp_path: Path) -> None:
    changed(tmp_path, "vocabulary.yaml", r"(item\.range:.*?max: )\d+", r"\g<1>9999")
    ran = CliRunner().invoke(app, ["rules", "plan", str(ROOT / "rules"), str(tmp_path / "new")])
    assert ran.exit_code != 0
    assert "item.range" in ran.output


@pytest.mark.slow
def test_a_git_revision_stands_for_the_rules_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q"], ["add", "rules"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True, cwd=tmp_path)
    file = tmp_path / "rules/parameters.yaml"
    file.write_text(file.read_text().replace("value: 70 km", "value: 90 km"))
    ran = CliRunner().invoke(app, ["rules", "plan", "HEAD", "rules", "--no-backtest", "--format", "json"])
    assert ran.exit_code == 0, ran.output
    data = json.loads(ran.stdout)
    assert [rule["rule"] for rule in data["rules"]] == ["RCH-10"]


def test_what_is_no_pack_is_said(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["rules", "plan", str(tmp_path / "nothing")])
    assert "PACK-30" in str(ran.exception)
