"""Broken scenarios, rules and packs, each through the real command: what the person is told, and that nothing is rated.

`broken/scenarios` holds one scenario each; `broken/rules` and `broken/packs` hold what replaces files of the small pack
in `broken/base`. Beside each lies what is printed. What is too large or too odd for a file is made here.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.command import ROOT, Ran, run
from tests.support.golden import check

from escalation.render.safe import safe

BROKEN = Path(__file__).parent / "broken"
SCENARIOS = sorted((BROKEN / "scenarios").glob("*.yaml"))
RULES = sorted((BROKEN / "rules").glob("*.yaml"))
PACKS = sorted(path for path in (BROKEN / "packs").iterdir() if path.is_dir())
SOUND = ROOT / "scenarios" / "us-patriot-2022.yaml"

HEAD = b"schema: 1\nid: made\ntitle: made\nas_of: 2022-12-14\nperceiver: RUS\nitems: [{id: it, name: it}]\n"
MADE = {
    "alias-bomb": b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)),
    "nested-100000-deep": b"notes: " + b"[" * 100_000,
    "nested-100000-mappings": b"{a: " * 100_000,
    "ten-megabytes": HEAD + b"notes: [" + b"word, " * 1_700_000 + b"]\n",
    "many-values": HEAD + b"notes: [" + b"w, " * 100_000 + b"]\n",
    "not-utf-8": HEAD.replace(b"title: made", b"title: caf\xe9"),
    "utf-16": HEAD.decode().encode("utf-16"),
    "null-character": HEAD + b"notes: [a\x00b]\n",
    "empty": b"",
    "only-a-comment": b"# nothing yet\n",
    "carriage-returns": HEAD.replace(b"\n", b"\r") + b"colour: green\r",
    "half-a-file": HEAD + b"warnings: [{kind: 'thr",
    "binary": bytes(range(256)) * 40,
    "very-long-key": HEAD + b"k" * 70_000 + b": 1\n",
    "bomb-of-anchors": HEAD + b"".join(b"k%d: &a%d {}\n" % (n, n) for n in range(70_000)),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a sound scenario and the small pack."""
    shutil.copytree(BROKEN / "base", tmp_path / "pack", ignore=shutil.ignore_patterns("scenario.yaml"))
    shutil.copy(BROKEN / "base" / "scenario.yaml", tmp_path)
    return tmp_path


def refused(found: Ran) -> str:
    """What a refused run says; it must have said it in the right place and have rated nothing."""
    assert found.code == 2, found
    assert found.out == ""
    assert "Traceback" not in found.err
    assert len(found.err) < 20_000
    return found.err


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_broken_scenario_is_explained(path: Path) -> None:
    found = run(path.name, cwd=path.parent)
    check(path.with_suffix(".txt"), refused(found))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_broken_rule_is_explained(path: Path, folder: Path) -> None:
    shutil.copy(path, folder / "pack" / "rules.yaml")
    check(path.with_suffix(".txt"), refused(run("scenario.yaml", "--rules", "pack", cwd=folder)))


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_a_broken_pack_is_explained(path: Path, folder: Path) -> None:
    shutil.copytree(path, folder / "pack", dirs_exist_ok=True)
    check(path.with_suffix(".txt"), refused(run("scenario.yaml", "--rules", "pack", cwd=folder)))


@pytest.mark.parametrize("name", MADE)
def test_what_is_out_to_do_harm_is_explained(name: str) -> None:
    check(BROKEN / "made" / f"{name}.txt", refused(run("-", stdin=MADE[name])))


def test_there_are_enough_of_them() -> None:
    assert len(SCENARIOS) + len(RULES) + len(PACKS) + len(MADE) >= 50


def test_the_small_pack_itself_is_sound(folder: Path) -> None:
    found = run("scenario.yaml", "--rules", "pack", "--format", "json", cwd=folder)
    assert (found.code, found.err) == (0, "")
    assert json.loads(found.out)["fired"] == ["RCH-1"]


def test_the_good_among_the_bad_are_rated(tmp_path: Path) -> None:
    shutil.copy(SOUND, tmp_path)
    for path in SCENARIOS:
        shutil.copy(path, tmp_path)
    alone = run(SOUND.name, "--format", "json", cwd=tmp_path)
    among = run(".", "--format", "json", cwd=tmp_path)
    assert (alone.code, among.code) == (0, 2)
    found = json.loads(among.out.replace('"./', '"'))
    assert [trace["scenario"]["id"] for trace in found] == ["us-patriot-2022"]
    assert found[0] == json.loads(alone.out)
    outside, _, problems = among.err.partition("\n")
    told = {Path(problem["file"]).name for problem in json.loads(problems)["problems"]}
    told |= {Path(name).name for name in re.findall(r"[\w./-]+\.yaml", outside)}
    assert told == {path.name for path in SCENARIOS}


@pytest.mark.parametrize("path", SCENARIOS[::9], ids=lambda path: path.stem)
def test_a_problem_as_data_says_what_the_text_says(path: Path) -> None:
    text = run(path.name, cwd=path.parent).err
    problems = json.loads(run(path.name, "--format", "json", cwd=path.parent).err)["problems"]
    heads = [f"{p['file']}:{p['line']}:{p['column']}: {p['code']} {safe(p['message'])}" for p in problems]
    assert heads == [line for line in text.splitlines() if re.match(r"\S+\.yaml:\d+:\d+: [A-Z]+-\d+ ", line)]


def test_a_fresh_process_refuses_in_the_same_words() -> None:
    path = BROKEN / "scenarios" / "many-at-once.yaml"
    found = subprocess.run(
        [sys.executable, "-m", "escalation", path.name], cwd=path.parent, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == path.with_suffix(".txt").read_text(encoding="utf-8")


# What looks broken and is read as the field means it.
READ_AS_MEANT = {
    "a number as a name": (b"name: it}", b"name: 777}", "777"),
    "no as a name": (b"name: it}", b"name: NO}", "NO"),
    "a time as a name": (b"name: it}", b"name: 1:30}", "1:30"),
    "a byte-order mark": (b"schema: 1", b"\xef\xbb\xbfschema: 1", "it"),
    "lines that end in carriage returns": (b"\n", b"\r\n", "it"),
    "a leading zero": (b"name: it}", b"name: it, range: 010}", "range is 10 km"),
    "a distance in miles": (b"name: it}", b"name: it, range: 185 mi}", "298 km"),
}


@pytest.mark.parametrize("what", READ_AS_MEANT)
def test_what_looks_broken_is_read_as_it_is_meant(what: str) -> None:
    old, new, shown = READ_AS_MEANT[what]
    text = HEAD.replace(b"id: it, name", b"id: it, role: deep_strike, name")  # an item that says enough to be rated
    found = run("-", "--detail", "full", stdin=text.replace(old, new))
    assert (found.code, found.err) == (0, "")
    assert shown.removeprefix("range is ") in found.out
