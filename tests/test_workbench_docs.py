"""The reference, listing and showing rules, beginning one, and the hooks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.support.command import run as assess
from tests.support.workbench import base_pack, fixture_pack, rule, rules_file

from escalation.pack import load_pack
from escalation.workbench.docs import MARK, pages

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")

# -- docs


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return pages(load_pack())


def test_there_is_a_page_for_every_rule_and_field(reference):
    pack = load_pack()
    fields = {field.key for field in pack.vocabulary.fields.values() if field.member_of is None}
    assert {path for path in reference if path.startswith("rules/")} == {f"rules/{r.id}.md" for r in pack.rules}
    assert {path for path in reference if path.startswith("fields/")} == {f"fields/{key}.md" for key in fields}


def test_every_link_leads_to_a_page(reference):
    for path, text in reference.items():
        for target in LINK.findall(text):
            if not target.startswith("http"):
                page, _, anchor = target.partition("#")
                found = (Path(path).parent / page).as_posix()
                found = re.sub(r"[a-z]+/\.\./", "", found)
                assert found in reference, (path, target)
                assert not anchor or f"\n## {anchor}\n" in reference[found]


def test_rules_and_fields_link_to_each_other(reference):
    assert "[range](../fields/item.range.md) at least 70 km" in reference["rules/RCH-10.md"]
    assert "[RCH-10](../rules/RCH-10.md)" in reference["fields/item.range.md"]
    assert "by [ROL-10](ROL-10.md)" in reference["rules/ROL-40.md"]
    assert "not: not:" not in "".join(reference.values())


def test_pages_are_fresh_until_the_pack_changes(tmp_path):
    pack, docs = base_pack(tmp_path), tmp_path / "docs"
    docs.mkdir()
    assert assess("rules", "docs", pack, "--check").code == 1
    assert assess("rules", "docs", pack).code == 0
    assert assess("rules", "docs", pack, "--check").code == 0
    kept = docs / "reference" / "rules" / "mine.md"
    kept.write_text("# by hand\n", encoding="utf-8")
    (pack / "rules.yaml").write_text(rules_file(rule("R-1", "{item: {role: gun}}")), encoding="utf-8")
    ended = assess("rules", "docs", pack, "--check")
    assert ended.code == 1
    assert f"{docs / 'reference' / 'rules' / 'R-1.md'}: not fresh" in ended.out
    assert f"{docs / 'reference' / 'rules' / 'R-2.md'}: left over" in ended.out
    assert assess("rules", "docs", pack).code == 0
    assert kept.exists()
    assert not (kept.parent / "R-2.md").exists()
    assert assess("rules", "docs", pack, "--check").code == 0


def test_the_reference_of_the_installed_pack_is_fresh():
    ended = assess("rules", "docs", "--check")
    assert (ended.code, ended.out) == (0, "")


def test_pages_say_that_they_are_made(reference):
    assert all(text.startswith(MARK) for text in reference.values())


# -- list and show


def listed(*words: str | Path) -> list[str]:
    return [found["id"] for found in json.loads(assess("rules", "list", *words, "--format", "json").out)["rules"]]


def test_rules_are_found_by_what_they_say_read_and_rest_on(tmp_path):
    pack = base_pack(tmp_path)
    assert listed(pack) == ["R-1", "R-2", "R-3"]
    assert listed(pack, "--match", "GOES FAR") == ["R-2"]
    assert listed(pack, "--match", "warning.kind") == ["R-3"]
    assert listed(pack, "--factor", "thing") == ["R-1", "R-2"]
    assert listed(pack, "--basis", "study") == ["R-1", "R-2", "R-3"]
    assert listed(pack, "--basis", "judgement") == []
    assert listed("--pathway", "p0_spiral") == [r.id for r in load_pack().rules if "p0_spiral" in r.pathway]
    assert "did you mean thing?" in assess("rules", "list", pack, "--factor", "thin").err


def test_a_rule_is_shown_with_all_that_hangs_on_it(tmp_path):
    pack = base_pack(tmp_path)
    scenario = """\
schema: 1
id: far
title: far
as_of: 2024-01-01
perceiver: AAA
items: [{range: 500}]
"""
    (tmp_path / "scenarios" / "far.yaml").write_text(scenario, encoding="utf-8")
    found = json.loads(assess("rules", "show", "r-2", pack, "--format", "json").out)
    assert found["parameters"] == ["far"]
    assert found["tests"] == {"fires": ["far-1"], "silent": ["far-2"]}
    assert found["fired_in"] == ["far"]
    assert found["history"] is None
    text = assess("rules", "show", "R-2", pack).out
    assert "100 km (dated 2023-01-01, study)" in text
    assert "fires in 1 of 1 scenarios" in text


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_history_of_a_rule_is_that_of_its_lines(tmp_path):
    pack = base_pack(tmp_path)

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "begin")
    path = pack / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("It goes far.", "It goes very far."), encoding="utf-8")
    git("commit", "-qam", "say it better")
    subjects = {
        name: [
            row["subject"] for row in json.loads(assess("rules", "show", name, pack, "--format", "json").out)["history"]
        ]
        for name in ("R-1", "R-2")
    }
    assert subjects == {"R-1": ["begin"], "R-2": ["say it better", "begin"]}


def test_conclusions_name_those_who_make_and_use_them():
    text = assess("rules", "show", "ROL-40").out
    assert "PROTECTIVE_ONLY is used by LIM-20" in text
    assert "WEAPON is made by ROL-10" in text


# -- a new rule


def test_a_new_rule_comes_with_tests_and_a_page_and_changes_no_rating(tmp_path):
    pack = base_pack(tmp_path)
    (tmp_path / "docs").mkdir()
    condition = "{item: {role: missile, range: {gte: $far}}}"
    ended = assess("new", "rule", "R-4", "--factor", "thing", "--when", condition, "--rules", pack)
    assert ended.code == 0
    for file in ("rules/rules.yaml", "rules/tests/r-4.yaml", "docs/reference/rules/R-4.md"):
        assert str(tmp_path / file) in ended.err
    assert assess("rules", "test", pack).code == 0
    found = json.loads(assess("rules", "show", "R-4", pack, "--format", "json").out)
    assert found["tests"]["fires"] == ["r-4-role-1", "r-4-range-1"]
    assert found["points"] == {"acts": 0}
    codes = {f["code"] for f in json.loads(assess("rules", "lint", pack, "--format", "json").out)["findings"]}
    assert codes == {"LINT-15", "LINT-16", "LINT-24", "LINT-28"}  # what is left to say
    assert assess("rules", "fmt", "--check", pack / "rules.yaml", pack / "tests" / "r-4.yaml").code == 0


def test_a_new_rule_may_begin_like_another(tmp_path):
    pack = base_pack(tmp_path)
    assert assess("new", "rule", "R-9", "--factor", "talk", "--like", "R-3", "--rules", pack).code == 0
    assert "LINT-3 error: R-9 fires exactly when R-3 does" in assess("rules", "lint", pack).out


WRONG = [
    ("R-1", "thing", "{item: {role: gun}}", "NEW-1 there is a rule R-1 already"),
    ("R 4", "thing", "{item: {role: gun}}", "NEW-1 R 4 is no id for a rule"),
    ("R-4", "thng", "{item: {role: gun}}", "did you mean thing?"),
    ("R-4", "thing", "{item: {rle: gun}}", "did you mean role?"),
    ("R-4", "thing", "{item", "YAML-1"),
]


@pytest.mark.parametrize(("id", "factor", "when", "told"), WRONG)
def test_a_rule_that_cannot_be_leaves_the_pack_as_it_was(id, factor, when, told, tmp_path):
    pack = base_pack(tmp_path)
    before = {path: path.read_bytes() for path in pack.rglob("*.yaml")}
    ended = assess("new", "rule", id, "--factor", factor, "--when", when, "--rules", pack)
    assert ended.code == 2
    assert told in ended.err
    assert {path: path.read_bytes() for path in pack.rglob("*.yaml")} == before


# -- hooks


def test_every_hook_is_a_command():
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert len({hook["id"] for hook in hooks}) == len(hooks)
    for hook in hooks:
        program, *words = hook["entry"].split()
        assert program == "assess"
        assert assess(*words, "--help").code == 0
        assert hook["language"] == "python"


def test_a_hook_ends_with_1_on_findings(tmp_path):
    assert assess("rules", "lint", fixture_pack("never_fires", "wrong", tmp_path)).code == 1
