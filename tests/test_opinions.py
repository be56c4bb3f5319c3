"""The analyst's own level and dissent: shown beside the rating in every form, and never part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.command import ROOT, run

from escalation import Assessment, assess, load_pack
from escalation.diagnostics import Problems
from escalation.opinions import Judgement, judgement
from escalation.scenario import read_scenario
from escalation.trace import trace

PACK = load_pack()
TEXT = (ROOT / "scenarios/us-patriot-2022.yaml").read_text(encoding="utf-8")
FORMS = (["--detail", "verdict"], ["--detail", "ledger"], ["--detail", "full"], ["--format", "markdown"])


def rated(analyst: Any) -> Assessment:
    """The Patriot scenario with a block `analyst:` at its end; JSON is YAML."""
    problems = Problems()
    text = f"{TEXT}\nanalyst: {json.dumps(analyst)}\n"
    scenario = read_scenario(text.encode(), "p.yaml", PACK.vocabulary, problems)
    problems.stop()
    assert scenario is not None
    return assess(scenario, PACK)


def written(tmp_path: Path, analyst: str) -> Path:
    path = tmp_path / "p.yaml"
    path.write_text(TEXT + analyst, encoding="utf-8")
    return path


LEVELS = st.sampled_from([level.name for level in PACK.levels] + ["1", "5", "SEVERE", "none such"])
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


@pytest.mark.slow
@given(st.fixed_dictionaries({}, optional={"level": LEVELS, "reason": WORDS, "dissent": WORDS}))
def test_nothing_of_the_rating_moves_by_it(analyst: dict[str, str]) -> None:
    found = rated(analyst)
    with_it, without_it = trace(found), trace(rated({}))
    with_it.pop("analyst", None)
    assert with_it == without_it
    assert found.fired == rated({}).fired


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"level": "moderate"}, Judgement(3, "moderate", "", "")),
        ({"level": "MODERATE", "reason": "r"}, Judgement(3, "MODERATE", "r", "")),
        ({"level": 2, "dissent": "d"}, Judgement(2, "2", "", "d")),
        ({"level": 6}, Judgement(None, "6", "", "")),
        ({"level": "fair"}, Judgement(None, "fair", "", "")),
        ({"dissent": "d"}, Judgement(None, "", "", "d")),
        ({}, None),
    ],
)
def test_what_is_read(block: dict[str, Any], expected: Judgement | None) -> None:
    found = rated(block)
    assert judgement(found.scenario, PACK) == expected
    assert ("analyst" in trace(found)) == (expected is not None)


@pytest.mark.parametrize(
    ("level", "says"),
    [
        ("minimal", "MINIMAL: one level below the rating, outside its range."),
        ("limited", "LIMITED: the same as the rating."),
        ("moderate", "MODERATE: one level above the rating, inside its range."),
        ("high", "HIGH: two levels above the rating, outside its range."),
        ("severe", "SEVERE: three levels above the rating, outside its range."),
        ("grave", "'grave', which is no level of this pack."),
    ],
)
def test_how_it_lies_to_the_rating(level: str, says: str, tmp_path: Path) -> None:
    """The rating is LIMITED, with a range of LIMITED to MODERATE."""
    path = written(tmp_path, f"analyst: {{level: {level}}}\n")
    for form in FORMS:
        assert says in " ".join(run(path, *form).out.replace("\\", "").split())


def test_it_stands_beside_the_rating_in_every_form(tmp_path: Path) -> None:
    path = written(
        tmp_path, "analyst: {level: high, reason: Crews <b>matter</b> more., dissent: The casebook is thin}\n"
    )
    plain = ROOT / "scenarios/us-patriot-2022.yaml"
    for form in FORMS:
        shown, before = run(path, *form).out, run(plain, *form).out
        assert "the analyst's own" not in before.lower()
        added = [line for line in shown.splitlines() if line not in before.splitlines()]
        assert "HIGH" in " ".join(added)
        assert [line for line in before.splitlines() if line not in shown.splitlines()] in ([], [str(plain)])
        if form != ["--detail", "verdict"]:
            assert "Reason: Crews" in shown
            assert "Dissent: The casebook is thin." in shown
    data = json.loads(run(path, "--format", "json").out)
    assert data["analyst"] == {
        "level": 4,
        "written": "high",
        "reason": "Crews <b>matter</b> more.",
        "dissent": "The casebook is thin",
        "name": "high",
    }
    assert data["rating"]["level"] == 2
    assert "analyst" not in json.loads(run(plain, "--format", "json").out)


def test_it_stands_in_the_report(tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    assert "analyst's own" not in run("report", "scenarios/us-patriot-2022.yaml").out.replace("&#39;", "'")
    path = written(tmp_path, "analyst: {level: high, dissent: The <i>casebook</i> is thin}\n")
    page = run("report", path).out.replace("&#39;", "'")
    assert "The analyst's own level is HIGH: two levels above the rating, outside its range." in page
    assert "Dissent: The &lt;i&gt;casebook&lt;/i&gt; is thin." in page


def test_a_misspelt_key_is_told(tmp_path: Path) -> None:
    found = run(written(tmp_path, "analyst: {levle: high}\n"))
    assert found.code == 2
    assert "KEY-1 analyst has no key levle" in found.err
    assert "did you mean level?" in found.err
