"""One record of findings in five formats: what each format's readers rely on is there."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.support.command import run as assess
from tests.support.workbench import base_pack, fixture_pack

from escalation.diagnostics import Mark
from escalation.render.layout import PLAIN
from escalation.workbench.finding import Code, Finding, Item, Report, crossed
from escalation.workbench.report import FORMATS, write


def sarif(*words: str | Path) -> dict:
    return json.loads(assess("rules", *words, "--format", "sarif").out)


def test_sarif_points_at_the_place_and_describes_its_codes(tmp_path):
    pack = fixture_pack("same_as", "wrong", tmp_path)
    found = sarif("lint", pack, "--today", "2026-11-22", "--only", "same-as")
    assert found["version"] == "2.1.0"
    assert found["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = found["runs"]
    (result,) = run["results"]
    described = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert described["id"] == result["ruleId"] == "LINT-3"
    assert described["defaultConfiguration"]["level"] == result["level"] == "error"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == (pack / "rules.yaml").as_uri()
    assert place["region"]["endColumn"] > place["region"]["startColumn"] >= 1
    line = (pack / "rules.yaml").read_text(encoding="utf-8").splitlines()[place["region"]["startLine"] - 1]
    assert line.strip().startswith("when:")
    assert result["relatedLocations"][0]["message"]["text"] == "R-2 is here"


def test_sarif_names_files_of_the_current_folder_relative_to_it(tmp_path, monkeypatch):
    pack = fixture_pack("same_as", "wrong", tmp_path / "a b")
    ended = assess("rules", "lint", pack, "--only", "same-as", "--format", "sarif", cwd=tmp_path)
    (result,) = json.loads(ended.out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/rules/rules.yaml"


def test_sarif_without_findings_is_a_run_without_results(tmp_path):
    (run,) = sarif("lint", base_pack(tmp_path), "--today", "2026-11-22")["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_junit_counts_what_passed_failed_and_was_skipped(tmp_path):
    tests = """\
tests: 1
rules:
  - {id: good, because: x, given: {}, expect: {not_fired: R-1}}
  - {id: bad, because: x, given: {}, expect: {fired: R-1}}
  - {id: out, skip: 'too <slow>', because: x, given: {}, expect: {fired: R-1}}
"""
    pack = base_pack(tmp_path, {"tests/rules.yaml": tests})
    ended = assess("rules", "test", pack, "--format", "junit")
    assert ended.code == 1
    root = ElementTree.fromstring(ended.out)
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    cases = {case.get("name"): case for case in suite}
    assert len(cases["good"]) == 0
    failure = cases["bad"].find("failure")
    assert failure is not None
    assert "missed R-1" in str(failure.get("message"))
    skipped = cases["out"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "too <slow>"


def test_junit_of_lints_has_a_case_for_each(tmp_path):
    ended = assess("rules", "lint", fixture_pack("no_effect", "wrong", tmp_path), "--format", "junit")
    failed = {case.get("name") for case in ElementTree.fromstring(ended.out).iter("testcase") if len(case)}
    assert "no-effect" in failed
    assert "same-as" not in failed


def test_github_lines_are_escaped_and_relative(tmp_path):
    pack = fixture_pack("stale_reason", "wrong", tmp_path)
    ended = assess("rules", "lint", pack, "--only", "stale-reason", "--format", "github", cwd=tmp_path)
    (line,) = ended.out.splitlines()
    assert line.startswith("::warning file=rules/rules.yaml,line=")
    assert ",title=LINT-25 R-1::R-1 shows the parameter far" in line


AWKWARD = Finding(
    "X-1", "note", "50% of\nit", Mark("odd, name:.yaml", 3, 2, 4), "a,b", "help", (("see", Mark("other.yaml", 1, 1)),)
)


def test_text_that_a_format_could_take_for_its_own_is_escaped():
    report = Report("c", (AWKWARD,), (Item("g", 'a"<&', "failed", "\x00bad"),), (Code("X-1", "x", "An x."),))
    github = write(report, "github")
    assert github.count("\n") == 0
    assert "file=odd%2C name%3A.yaml" in github
    assert "title=X-1 a%2Cb::50%25 of%0Ait" in github
    (suite,) = ElementTree.fromstring(write(report, "junit"))
    assert suite[0].get("name") == 'a"<&'
    assert suite[0][0].get("message") == "?bad"
    for form in FORMATS:
        assert write(report, form, PLAIN)


@pytest.mark.parametrize(("fail_on", "closes"), [("never", 0), ("error", 1), ("warning", 2), ("note", 3)])
def test_a_gate_closes_at_its_severity_and_above(fail_on, closes):
    found = [Finding("X", severity, "", Mark("", 1, 1)) for severity in ("error", "warning", "note")]
    assert [crossed([finding], fail_on) for finding in found] == [n < closes for n in range(3)]


def test_a_place_that_cannot_be_read_is_shown_without_its_line():
    assert "odd, name:.yaml:3:2: X-1 note: 50% of" in write(Report("c", (AWKWARD,)), "text")
