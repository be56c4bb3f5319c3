"""`assess rules test`: the default pack keeps every order and relation, and a pack that breaks one is caught."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation.diagnostics import InputError
from escalation.pack import load_pack
from escalation.workbench.changes import CHANGES
from escalation.workbench.relations import EXPECTED
from escalation.workbench.testing import load_checks, run_checks

PACK = load_pack()
PAIRS = ROOT / "rules/tests/pairs.yaml"
WANTED = (
    "p01 p02 p06 p07 p08 p09 p11 p13 p15 p16 p23 p25 p26 p28 v01 v03 v05 m01 m02 m03 m04 m05 m06 m07 m08 m09 m10 m11"
    " m12 m13 m14 m15 m16 m17 m18 m19 m20 m21 m22 m23 m24 m25 m26 m27 m28 m29 m30"
)
"""Every ordering and relation that the method asks for."""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the default pack, with the casebook where its tests look for it."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    for path in (tmp_path / "rules/tests").glob("*.yaml"):
        if path.name != "pairs.yaml":
            path.unlink()
    return tmp_path / "rules"


def changed(pack: Path, file: str, old: str, new: str) -> None:
    path = pack / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def states(pack: Path, only: str = "", **options: str) -> dict[str, str]:
    words = [f"--{name}={value}" for name, value in {"profile": "neutral", "only": only, **options}.items()]
    done = run("rules", "test", pack, "--format", "json", *words)
    return {test["id"]: test["state"] for test in json.loads(done.out)["tests"]}


def test_everything_that_the_method_asks_for_is_tested():
    ids = [check.id for check in load_checks(PACK)[0]]
    for wanted in WANTED.split():
        assert any(name.startswith(f"{wanted}-") for name in ids)


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["", *PACK.profiles])
def test_the_pack_keeps_every_must_under_every_image(profile):
    pack = load_pack(profile=profile)
    checks, cases = load_checks(pack)
    results = run_checks(checks, pack, cases)
    assert [(r.check.id, r.verdict.failures) for r in results if r.fails_the_run] == []
    assert all(r.check.reason for r in results if r.state == "failed")  # a should that fails says why
    assert {r.check.id for r in results if r.state == "out_of_scope"} == {"p25-fath-le-kn23", "p26-shells-lt-kn23"}
    assert all(r.verdict.compared for r in results if r.state == "passed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "caught"),
    [
        ("reach.yaml", "range: {gte: $long_range_km}", "range: {lte: $long_range_km}", "m01"),
        ("warnings.yaml", "      warning: {", "      no_warning: {", "m28"),
        ("warnings.yaml", "then: {points: 1}", "then: {points: -1}", "m03"),
        ("warnings.yaml", "office: {gte: mod_spokesperson}", "office: {lte: mod_spokesperson}", "m04"),
        ("warnings.yaml", "then: {points: {escalation: 3, concern: 1}}", "then: {points: -3}", "m08"),
        ("permission.yaml", "then: {points: {escalation: 3, concern: 2}}", "then: {points: -3}", "m09"),
        ("permission.yaml", "then: {points: {escalation: -1}}", "then: {points: {escalation: 1}}", "m10"),
        ("involvement.yaml", "then: {points: 2}", "then: {points: -2}", "m11-territory"),
        ("precedent.yaml", "then: {points: 1}", "then: {points: -2}", "m12"),
        ("role.yaml", "then: {points: 3, conclude", "then: {points: -3, conclude", "m13"),
        ("role.yaml", "then: {points: 2}", "then: {points: -2}", "m29"),
        ("parameters.yaml", "value: 200 km", "value: 170 km", None),
    ],
)
def test_a_pack_that_breaks_a_relation_is_caught(pack, file, old, new, caught):
    changed(pack, file, old, new)
    found = states(pack, (caught or "m01"))
    assert ("failed" in found.values()) == (caught is not None)


@pytest.mark.parametrize(
    ("file", "old", "new", "caught"),
    [
        ("role.yaml", "then: {points: 2}", "then: {points: -9}", "p11"),
        ("role.yaml", "then: {points: 2}", "then: {points: -9}", "p28"),
        ("precedent.yaml", "then: {points: -1}", "then: {points: 3}", "p23"),
        ("involvement.yaml", "then: {points: 2}", "then: {points: -2}", "v01"),
    ],
)
def test_a_pack_that_breaks_an_order_ends_the_run_with_1(pack, file, old, new, caught):
    changed(pack, file, old, new)
    done = run("rules", "test", pack, "--profile", "neutral", "--only", caught)
    assert done.code == 1
    assert "TST-3" in done.out
    assert f"error: {caught}" in done.out


def test_a_should_that_fails_is_shown_with_its_reason_and_does_not_fail_the_run(pack):
    changed(
        pack, "parameters.yaml", "      - ambassador\n", "      - state_media\n      - legislator\n      - ambassador\n"
    )
    done = run("rules", "test", pack, "--profile", "neutral", "--only", "m05")
    assert done.code == 0
    assert "note: m05-state-media fails under neutral" in done.out
    assert "The neutral pack counts officials only" in " ".join(done.out.split())
    junit = run("rules", "test", pack, "--profile", "neutral", "--only", "m05", "--format", "junit").out
    [case] = ET.fromstring(junit).iter("testcase")
    assert [inner.tag for inner in case] == ["skipped"]


def test_junit_counts_failures_and_what_was_not_run(pack):
    changed(pack, "precedent.yaml", "then: {points: 1}", "then: {points: -1}")
    done = run("rules", "test", pack, "--profile", "neutral", "--only", "p2", "--format", "junit")
    suites = list(ET.fromstring(done.out).iter("testsuite"))
    assert [suite.get("name") for suite in suites] == ["neutral pairs"]
    assert suites[0].get("tests") == "4"
    assert suites[0].get("skipped") == "2"  # out of scope


def test_every_image_is_tried_by_default(pack):
    done = run("rules", "test", pack, "--only", "p01", "--format", "json")
    images = [test["image"] for test in json.loads(done.out)["tests"]]
    assert images == ["neutral", *PACK.profiles]


def with_tests(pack: Path, text: str) -> Path:
    (pack / "tests/pairs.yaml").write_text(f"tests: 1\ncases: [../../scenarios/casebook]\n{text}")
    return pack


def test_a_test_that_compares_nothing_fails(pack):
    row = "{id: x, do: {remove: act}, expect: unchanged, strength: must, because: none}"
    found = run("rules", "test", with_tests(pack, f"relations: [{row}]"), "--profile", "neutral")
    assert found.code == 1
    assert "nothing was compared" in found.out


def test_a_case_that_is_not_at_hand_is_skipped(pack):
    row = "{id: x, lower: us-patriot-2022, higher: no-such-case, relation: <, strength: must, because: none}"
    assert states(with_tests(pack, f"pairs: [{row}]")) == {"x": "skipped"}


PAIR = "{id: x, lower: a, higher: b, relation: <, strength: must, because: c}"
RELATION = "id: x, strength: must, because: none"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"relations: [{{{RELATION}, do: {{raise: item.range, lower: item.range}}, expect: unchanged}}]", "TST-1"),
        (f"relations: [{{{RELATION}, do: {{raise: item.role}}, expect: unchanged}}]", "TST-2"),
        (f"relations: [{{{RELATION}, do: {{near: item.role}}, expect: unchanged}}]", "TST-2"),
        (f"relations: [{{{RELATION}, do: {{raise: item.rnage}}, expect: unchanged}}]", "WORD-1"),
        (f"relations: [{{{RELATION}, do: {{lift: item.range}}, expect: unchanged}}]", "WORD-1"),
        (f"relations: [{{{RELATION}, do: {{raise: item.range}}, expect: higher}}]", "WORD-1"),
        (f"relations: [{{{RELATION}, do: {{raise: item.range}}}}]", "KEY-2"),
        ("pairs: [{id: x, lower: a, higher: b, relation: '>', strength: must, because: c}]", "WORD-1"),
        ("pairs: [{id: x, lower: a, higher: b, relation: <, strength: will, because: c}]", "WORD-1"),
        ("pear: []", "KEY-1"),
        (
            f"pairs: [{PAIR}, {PAIR}]",
            "ID-2",
        ),
    ],
)
def test_mistakes_in_tests_are_told_with_their_place(pack, text, code):
    with pytest.raises(InputError) as caught:
        load_checks(load_pack(with_tests(pack, text)))
    assert code in {problem.code for problem in caught.value.problems}
    assert all(problem.mark.file.endswith("pairs.yaml") for problem in caught.value.problems)


def test_a_change_that_cannot_be_made_fails_the_test(pack):
    row = "{id: x, do: {add: ['warning:office=nobody']}, expect: unchanged, strength: must, because: none}"
    done = run("rules", "test", with_tests(pack, f"relations: [{row}]"), "--profile", "neutral")
    assert done.code == 1
    assert "'nobody' is not a word" in " ".join(done.out.split())


def test_every_change_and_expectation_is_used_and_explained():
    text = PAIRS.read_text()
    for name in CHANGES:
        assert f"do: {{{name}: " in text or f"do:\n      {name}:" in text, name
        assert f"#   {name}" in text or f", {name}" in text.partition("tests: 1")[0], name
    for name in [*EXPECTED, "refused"]:
        assert f"expect: {name}" in text, name
