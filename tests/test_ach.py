"""Rival explanations: a matrix only where a stated fact tells them apart, and every score by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation import rules
from escalation.analysis.ach import Ach, ach, load_hypotheses
from escalation.analysis.standards import breaches, load_standards
from escalation.assess import assess
from escalation.diagnostics import InputError
from escalation.pack import load_pack

PACK = load_pack()
MATRIX = load_hypotheses(PACK)
PATRIOT = ROOT / "scenarios/us-patriot-2022.yaml"
ATACMS = ROOT / "scenarios/us-atacms-2022.yaml"
CASE = """schema: 1
id: made
title: Made
as_of: 2023-06-01
perceiver: RUS
items: [{{id: item, role: artillery}}]
warnings: [{warnings}]
acts: [{acts}]
context: {{{context}}}
"""


def weighed(folder: Path, warnings: str = "", acts: str = "", context: str = "war: full_scale_war") -> Ach:
    path = folder / "made.yaml"
    path.write_text(CASE.format(warnings=warnings, acts=acts, context=context), encoding="utf-8")
    return ach(assess(path, PACK, engine="ledger"))


def ids(items) -> list[str]:
    return [one.item.id for one in items]


SILENT = "{id: w, date: 2023-01-01, kind: retaliation, office: minister, operational_change: none_seen}"


@pytest.mark.parametrize(
    ("warnings", "acts", "counted", "not_counted"),
    [
        ("", "", [], []),
        (SILENT, "", ["ACH-50"], []),
        (SILENT.replace("2023-01-01", "2023-05-15"), "", [], []),  # too early to tell
        (SILENT.replace(", operational_change: none_seen", ""), "", [], ["ACH-50"]),  # only assumed
        (SILENT.replace("none_seen", "unknown"), "", [], ["ACH-50", "ACH-70", "ACH-80"]),  # open
        (SILENT.replace("none_seen", "claimed"), "", ["ACH-70"], []),
        (SILENT.replace("none_seen", "full"), "", ["ACH-80"], []),
        (SILENT.replace("retaliation", "dismissive"), "", [], []),
        (SILENT.replace("minister", "state_media, concerns: another_item"), "", [], []),
        ("", "{id: a, date: 2023-01-01, kind: strikes_in_theatre}", ["ACH-100"], []),
        ("", "{id: a, date: 2023-01-01}", [], []),
        ("", "{id: a, date: 2024-01-01, kind: strikes_in_theatre}", [], []),  # not yet known
    ],
)
def test_an_item_counts_where_it_holds_on_what_is_stated(tmp_path, warnings, acts, counted, not_counted):
    found = weighed(tmp_path, warnings, acts)
    assert ids(found.counted) == counted
    assert ids(found.not_counted) == not_counted


def test_scores_by_hand(tmp_path):
    """ACH-50 (CC I I I I) with ACH-100 (I CC N N N): against H1 1, H2 1, H3 1, H4 1, H5 1."""
    found = weighed(tmp_path, SILENT, "{id: a, date: 2023-02-01, kind: strikes_in_theatre}")
    assert ids(found.telling) == ["ACH-50", "ACH-100"]
    assert [found.apart(one) for one in found.telling] == [3, 3]
    assert [found.against(hypothesis) for hypothesis in MATRIX.hypotheses] == [1, 1, 1, 1, 1]
    assert found.least() == ("H1", "H2", "H3", "H4", "H5")
    assert ids(found.hangs_on) == ["ACH-50", "ACH-100"]  # without either the other decides


def test_what_goes_with_all_alike_makes_no_matrix():
    found = ach(assess(PATRIOT, PACK, engine="ledger"))
    assert ids(found.counted) == ["ACH-10"]
    assert found.telling == ()
    page = " ".join(run("ach", PATRIOT).out.split())
    assert "No stated fact tells the explanations apart" in page
    assert "WHAT TELLS THEM APART" not in page


def test_where_facts_tell_them_apart_there_is_a_matrix():
    page = run("ach", ATACMS)
    assert (page.code, page.err) == (0, "")
    assert "WHAT TELLS THEM APART" in page.out
    data = json.loads(run("ach", ATACMS, "--format", "json").out)
    assert data["tells_apart"]
    assert data["least_against"] == ["H1"]
    assert {h["id"]: h["against"] for h in data["hypotheses"]} == {"H1": 0, "H2": 2, "H3": 1, "H4": 1, "H5": 1}
    markdown = run("ach", ATACMS, "--format", "markdown").out
    assert "| ACH-50 |" in markdown


def test_an_item_marked_alike_counts_nothing_apart_and_moves_no_order(tmp_path):
    found = weighed(tmp_path, SILENT)
    same = {hypothesis.id: "C" for hypothesis in MATRIX.hypotheses}
    alike = MATRIX._replace(items=tuple(item._replace(marks=same) for item in MATRIX.items))
    assert found.telling
    assert ach(found.assessment, alike).telling == ()


def test_a_profile_changes_what_its_parameters_change(tmp_path):
    """The deputy chair of the Security Council speaks for the state under one image only."""
    said = SILENT.replace("minister", "security_council_deputy_chair").replace(
        "operational_change: none_seen", "threatens: supplier_territory"
    )
    path = tmp_path / "made.yaml"
    path.write_text(CASE.format(warnings=said, acts="", context=""), encoding="utf-8")
    found = {name: ach(assess(path, load_pack(None, name))) for name in ("", "humiliation_averse")}
    assert {name: "ACH-20" in ids(one.counted) for name, one in found.items()} == {
        "": False,
        "humiliation_averse": True,
    }


# -- the matrix as data


def test_every_item_marks_every_explanation_and_most_tell_some_apart():
    for item in MATRIX.items:
        assert item.marks.keys() == {hypothesis.id for hypothesis in MATRIX.hypotheses}
    assert sum(len(set(item.marks.values())) > 1 for item in MATRIX.items) >= len(MATRIX.items) - 1


def test_every_explanation_has_something_that_speaks_against_it():
    for hypothesis in MATRIX.hypotheses:
        assert any(MATRIX.worth[item.marks[hypothesis.id]] < 0 for item in MATRIX.items), hypothesis.id


def test_an_item_needs_stated_only_what_its_condition_reads():
    for item in MATRIX.items:
        assert set(item.stated) <= {node.field.key for node in rules.walk(item.when) if isinstance(node, rules.Test)}
        assert item.stated


def test_its_texts_keep_the_analytic_standards():
    standards = load_standards(PACK)
    texts = [text for item in MATRIX.items for text in (item.says, item.because)]
    texts += [
        text for hypothesis in MATRIX.hypotheses for text in (hypothesis.title, hypothesis.says, hypothesis.watch)
    ]
    assert [breach for text in texts for breach in breaches(text, standards)] == []
    for scenario in (PATRIOT, ATACMS):
        assert breaches(run("ach", scenario).out, standards) == ()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("H1: CC, H2: I", "H1: XX, H2: I", "WORD-1"),
        ("H1: CC, H2: I,", "H2: I,", "KEY-2"),
        ("kind: strikes_in_theatre", "kind: strikes", "WORD-1"),
        ("{warning.date}", "{warning.day}", "RULE-13"),
        ("stated: [act.kind]", "stated: [act.kinds]", "WORD-1"),
        ("basis: [ach-heuer", "basis: [ach-huer", "REF-2"),
        ("act: {kind: strikes_in_theatre}", "concluded: NOTHING_SUCH", "RULE-14"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_told(tmp_path, old, new, code):
    shutil.copytree(PACK.folder, tmp_path / "rules")
    path = tmp_path / "rules/analysis/hypotheses.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_hypotheses(load_pack(tmp_path / "rules"))
    assert {problem.code for problem in caught.value.problems} == {code}
