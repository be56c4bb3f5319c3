"""Lints: each finds its planted defect and leaves its near miss alone, on packs that are clean otherwise."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from tests.support.command import run as assess
from tests.support.workbench import base_pack, fixture_pack

from escalation.pack import load_pack
from escalation.workbench.lint import LINTS, examined, lints
from escalation.workbench.subject import load_subject

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / "lint"
TODAY = date(2026, 11, 22)
FIXTURES = dict(zip(LINTS, lints(), strict=True))
IN_PASSING = {"untested-rule", "untried-threshold"}
"""What fixtures do not take care of, unless it is what they are about."""
BESIDES = {
    "never_fires": {"contradictory-conditions"},
    "always_fires": {"unreachable-level"},
    "same_as": {"unreachable-level"},
}
"""What a planted defect brings with it."""


def found(pack: Path) -> dict[str, list[str]]:
    """The findings of every lint over a pack: name to messages."""
    subject = load_subject(pack, TODAY)
    names = {lint.code: lint.name for lint in lints()}
    told: dict[str, list[str]] = {}
    for finding in examined(subject, lints()):
        told.setdefault(names[finding.code], []).append(finding.message)
    assert not subject.test_problems.found
    return told


def test_the_base_pack_is_clean(tmp_path):
    assert found(base_pack(tmp_path)) == {}


@pytest.mark.parametrize("name", FIXTURES)
def test_a_planted_defect_is_found_and_nothing_else(name, tmp_path):
    told = found(fixture_pack(name, "wrong", tmp_path)).keys()
    lint = FIXTURES[name].name
    assert told - (IN_PASSING - {lint}) - BESIDES.get(name, set()) == {lint}


@pytest.mark.parametrize("name", FIXTURES)
def test_a_near_miss_is_left_alone_by_every_lint(name, tmp_path):
    told = found(fixture_pack(name, "near", tmp_path)).keys()
    assert told - (IN_PASSING - {FIXTURES[name].name}) == set()


@pytest.mark.parametrize("name", FIXTURES)
def test_the_page_shows_what_the_fixtures_hold(name):
    page = (ROOT / "docs" / "codes" / f"{FIXTURES[name].code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {FIXTURES[name].code}: {FIXTURES[name].name}: ")
    wrong, right = re.split(r"^Right:$", page, flags=re.MULTILINE)
    for part, which in ((wrong, "wrong"), (right, "near")):
        lines = [line.strip() for line in part.splitlines() if line.startswith("    ")]
        files = [path.read_text(encoding="utf-8") for path in (FOLDER / name / which).rglob("*.yaml")]
        known = [[line.strip() for line in text.splitlines()] for text in files]
        assert lines
        assert any(all(line in text for line in lines) for text in known), lines


def test_every_lint_has_a_name_of_its_file_and_a_meaning():
    assert [lint.name.replace("-", "_") for lint in lints()] == list(LINTS)
    assert [lint.code for lint in lints()] == [f"LINT-{n}" for n in range(1, len(LINTS) + 1)]
    assert all(len(lint.described().meaning.split()) > 12 for lint in lints())


@pytest.mark.slow
def test_the_installed_pack_is_clean_on_the_day_of_writing():
    pack = load_pack()
    assert found(Path(pack.folder)) == {}


# -- the command


def test_findings_decide_the_exit_code(tmp_path):
    pack = fixture_pack("same_as", "wrong", tmp_path)
    ended = assess("rules", "lint", str(pack), "--today", "2026-11-22", "--only", "same-as")
    assert ended.code == 1
    assert "LINT-3 error: X-1 fires exactly when R-2 does" in ended.out
    assert "^" in ended.out  # the caret under the place
    assert assess("rules", "lint", str(pack), "--only", "same-as", "--fail-on", "never").code == 0
    assert assess("rules", "lint", str(fixture_pack("same_as", "near", tmp_path / "b")), "--only", "LINT-3").code == 0


def test_warnings_cross_a_gate_only_at_their_severity(tmp_path):
    pack = fixture_pack("review_expired", "wrong", tmp_path)
    run = ("rules", "lint", str(pack), "--today", "2026-11-22")
    assert assess(*run).code == 1
    assert assess(*run, "--fail-on", "error").code == 0
    assert assess("rules", "lint", str(pack), "--today", "2025-05-31").code == 0


@pytest.mark.parametrize("name", ["parameter_never_used", "conclusion_never_used"])
def test_a_fix_mends_and_keeps_comments(name, tmp_path):
    pack = fixture_pack(name, "wrong", tmp_path)
    comments = comments_of(pack)
    assert comments
    ended = assess("rules", "lint", str(pack), "--fix", "--today", "2026-11-22", "--only", FIXTURES[name].name)
    assert ended.code == 0
    assert "mended 1 finding" in ended.err
    assert comments_of(pack) == comments
    assert FIXTURES[name].name not in found(pack)


def test_a_fix_changes_only_what_it_is_about(tmp_path):
    pack = fixture_pack("idle_profile", "wrong", tmp_path)
    path = pack / "profiles" / "calm.yaml"
    before = path.read_text(encoding="utf-8")
    assess("rules", "lint", str(pack), "--fix", "--today", "2026-11-22")
    assert path.read_text(encoding="utf-8") == before.replace("  R-1: {acts: 1}\n", "")


def comments_of(pack: Path) -> list[str]:
    return sorted(
        line.strip() for p in pack.rglob("*.yaml") for line in p.read_text(encoding="utf-8").splitlines() if "#" in line
    )


def test_what_is_wrong_with_tests_is_told_and_lints_run_all_the_same(tmp_path):
    pack = base_pack(tmp_path)
    tests = pack / "tests" / "rules.yaml"
    tests.write_text(tests.read_text(encoding="utf-8").replace("[R-3]", "[R-9]"), encoding="utf-8")
    ended = assess("rules", "lint", str(pack), "--today", "2026-11-22")
    assert ended.code == 2
    assert "TST-7 there is no rule R-9" in ended.err
    assert "LINT-18" in ended.out


def test_only_takes_names_and_codes_and_suggests(tmp_path):
    assert "did you mean same-as?" in assess("rules", "lint", "--only", "same-ass").err
    listed = assess("rules", "lint", "--list").out
    assert listed.count("\n") == len(LINTS)


def test_json_says_what_text_says(tmp_path):
    pack = fixture_pack("stale_reason", "wrong", tmp_path)
    data = json.loads(assess("rules", "lint", str(pack), "--format", "json", "--today", "2026-11-22").out)
    (finding,) = [f for f in data["findings"] if f["code"] == "LINT-25"]
    assert finding["about"] == "R-1"
    assert finding["severity"] == "warning"
    assert Path(finding["file"]).name == "rules.yaml"
    states = {entry["name"]: entry["state"] for entry in data["checked"]}
    assert states["stale-reason"] == "failed"
    assert states["same-as"] == "passed"
