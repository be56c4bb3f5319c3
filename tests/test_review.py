"""Reviews: a change re-opens exactly the lines it touched, a saved file is never half or lost, and no rating moves.

What a line says is worked out here a second time, from the JSON trace, so that the digests are held to it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.support.command import ROOT, Ran, run

from escalation import Assessment, InputError, assess, load_pack
from escalation.analysis.review import Review
from escalation.analysis.review_file import read_review
from escalation.analysis.saving import digest_of, save
from escalation.basis import too_little
from escalation.cli.review import command as review_command
from escalation.diagnostics import Problems
from escalation.edits import with_text, with_value, without
from escalation.pack import Pack
from escalation.paths import find
from escalation.questions import (
    Entry,
    Signature,
    forget,
    load_review,
    record,
    review_lines,
    save_review,
    sign,
    standing,
)
from escalation.rules import Rule, chained, negate
from escalation.scenario import load_scenario
from escalation.trace import trace

Json = dict[str, Any]
PACK = load_pack()
NAMES = ["us-patriot-2022", "us-atacms-2022", "every-feature"]
DAY = "2022-12-20"
PLACES = {"file", "line", "distance"}  # where a thing stands, and what follows from the rest


@cache
def rated(name: str) -> Assessment:
    return assess(ROOT / f"scenarios/{name}.yaml")


@cache
def accepted(found: Assessment) -> Review:
    """A review in which every line is accepted."""
    lines = [Entry(line.address, "accept", "A", DAY) for line in review_lines(found)]
    return record(found, Review(found.scenario.id), lines)


def reopened(found: Assessment, review: Review) -> set[str]:
    """The lines that are not accepted any more, or not yet."""
    return {line.address for line in standing(found, review).lines if line.state != "accepted"}


# -- what a line says, from the trace


@cache
def content(found: Assessment) -> dict[str, str]:
    """What each line says, by its address, as the JSON trace has it."""
    data = trace(found)
    said = {
        f"rating/{scale}": json.dumps(
            [{k: v for k, v in rating.items() if k != "witnesses" and "widest" not in k}, data["factors"][scale]]
        )
        for scale, rating in data["ratings"].items()
    }
    for rule in data["ledger"]:
        said[rule["id"]] = json.dumps(_plain(rule))
        addresses = [line.address for line in review_lines(found) if line.rule == rule["id"] != line.address]
        for address, leaf in zip(addresses, _leaves(rule["when"]), strict=True):
            entity = address.partition(":")[2]
            assert not entity or f".{entity}." in leaf["fact"]
            said[address] = json.dumps(_plain(leaf))
    return said


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if key not in PLACES}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def _leaves(node: Json) -> Iterator[Json]:
    if "test" in node or "concluded" in node:
        yield node
    for child in [*node.get("all_of", ()), *node.get("any_of", ()), *(e["where"] for e in node.get("entities", ()))]:
        yield from _leaves(child)


def changed(before: Assessment, after: Assessment) -> set[str]:
    """The lines that say something else, are new, or are gone."""
    old, new = content(before), content(after)
    return {address for address in old.keys() | new.keys() if old.get(address) != new.get(address)}


@cache
def edits(name: str) -> list[tuple[str, Any]]:
    """Paths of facts that rules read, each with a value that flips a test of it, and with "unknown"."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    for rule in trace(rated(name))["ledger"]:
        for leaf in _leaves(rule["when"]):
            if leaf.get("distance"):
                found[leaf["fact"], str(leaf["distance"]["flips_at"])] = (leaf["fact"], leaf["distance"]["flips_at"])
                found[leaf["fact"], "unknown"] = (leaf["fact"], "unknown")
    return list(found.values())


@pytest.mark.slow
@settings(max_examples=30)
@given(st.data())
def test_a_change_of_one_fact_opens_again_what_it_touched_and_nothing_else(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    path, value = data.draw(st.sampled_from(edits(name)))
    before = rated(name)
    at, field = find(before.scenario, PACK.vocabulary, path)
    if value == "unknown" and (field.derive or field.member_of):
        return
    edited = (
        with_text(before.scenario, PACK.vocabulary, path, "unknown")
        if value == "unknown"
        else with_value(before.scenario, PACK.vocabulary, at, field, value)
    )
    assume(not too_little(edited, PACK))
    after = assess(edited)
    touched = changed(before, after)
    assert touched or value == "unknown"  # which it may have been before
    assert reopened(after, accepted(before)) == touched


def test_a_source_a_grade_and_a_quotation_are_part_of_what_a_line_says(tmp_path: Path) -> None:
    found = copied(tmp_path)
    review = accepted(found)
    for old, new in (
        ("grade: B3\n    role", "grade: C3\n    role"),
        ("up to 100 miles", "some 100 miles"),
        ("Fox News", "Fox"),
    ):
        after = rewritten(tmp_path, old, new)
        lines = reopened(after, review)
        assert lines
        assert "RCH-10/3:interceptor" in lines  # its range, on that word
        assert not {"WRN-10/1:kremlin-14-dec", "rating/escalation"} & lines  # another's word; and no rating moved
        rewritten(tmp_path, new, old)


@pytest.mark.parametrize("name", NAMES)
def test_lines_comments_and_the_order_of_keys_open_nothing(name: str, tmp_path: Path) -> None:
    before = rated(name)
    text = (ROOT / f"scenarios/{name}.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("\nitems:")
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"# a comment\n\n\n{head}\n\n\n# more\nitems:{rest}", encoding="utf-8")
    for register in (ROOT / "scenarios").glob("registers/*"):
        (tmp_path / "registers").mkdir(exist_ok=True)
        shutil.copy(register, tmp_path / "registers")
    after = assess(path)
    moved = {f.mark.line for e in after.scenario.entities for f in e.facts.values()}
    assert moved != {f.mark.line for e in before.scenario.entities for f in e.facts.values()}
    assert reopened(after, accepted(before)) == set()


# -- changes of rules


def rules_with(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """The project's rules with one text replaced."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "lines"),
    [
        ("reach.yaml", "rules:\n", "# moved\n\n\nrules:\n", set()),
        ("reach.yaml", "title: long range\n", "title: far range\n", {"RCH-20"}),
        ("parameters.yaml", "value: 70 km", "value: 71 km", {"RCH-10", "RCH-10/3:interceptor"}),
        ("pack.yaml", "caveats:\n", "caveats:\n  - One more line for readers.\n", set()),
    ],
)
def test_a_change_of_the_rules_opens_the_lines_that_it_touched(
    file: str, old: str, new: str, lines: set[str], tmp_path: Path
) -> None:
    before = rated("us-patriot-2022")
    pack = load_pack(str(rules_with(tmp_path, file, old, new)))
    assert pack.digest != PACK.digest
    after = assess(ROOT / "scenarios/us-patriot-2022.yaml", pack)
    assert reopened(after, accepted(before)) == lines


def test_a_word_less_in_a_list_opens_the_conditions_that_name_the_list(tmp_path: Path) -> None:
    """Though they read as before: the trace names a long list and does not write it out."""
    before = rated("us-patriot-2022")
    folder = rules_with(
        tmp_path, "parameters.yaml", "  offensive:\n    words:\n      - armour\n", "  offensive:\n    words:\n"
    )
    after = assess(ROOT / "scenarios/us-patriot-2022.yaml", load_pack(str(folder)))
    named = [line for line in review_lines(before) if "$offensive" in line.says]
    assert {line.says for line in named} == {line.says for line in review_lines(after) if "$offensive" in line.says}
    assert len(named) > 5
    assert reopened(after, accepted(before)) == {name for line in named for name in (line.address, line.rule)}


EDITS = {
    "title": lambda rule: rule._replace(title="another title"),
    "factor": lambda rule: rule._replace(factor="role" if rule.factor == "reach" else "reach"),
    "because": lambda rule: rule._replace(because="Another reason."),
    "basis": lambda rule: rule._replace(basis=(*rule.basis, "another")),
    "assumption": lambda rule: rule._replace(assumption="Another assumption."),
    "points": lambda rule: rule._replace(then=rule.then._replace(points={"escalation": 1, "concern": -7})),
    "ceiling": lambda rule: rule._replace(then=rule.then._replace(ceiling={"escalation": 1})),
    "floor": lambda rule: rule._replace(then=rule.then._replace(floor={"concern": 5})),
    "negated": lambda rule: rule._replace(when=negate(rule.when)),
}


def pack_of(rules: list[Rule]) -> Pack:
    """The project's pack with other rules, in their order of evaluation."""
    chain = chained(rules)
    return PACK._replace(rules=tuple(rules), order=chain.order, strata=chain.strata, digest="0" * 64)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.sampled_from(NAMES), st.integers(0, len(PACK.rules) - 1), st.sampled_from(sorted(EDITS)))
def test_a_change_of_one_rule_opens_it_and_what_it_moves(name: str, index: int, edit: str) -> None:
    before = rated(name)
    rules = list(PACK.rules)
    rules[index] = EDITS[edit](rules[index])
    after = assess(before.scenario, pack_of(rules))
    touched = changed(before, after)
    # a reason is filled in only where the rule fires, and a test that is negated reads otherwise
    assert rules[index].id in touched or (edit == "because" and rules[index].id not in before.fired)
    assert reopened(after, accepted(before)) == touched


def test_when_a_rule_is_to_be_looked_at_again_and_where_it_stands_open_nothing() -> None:
    before = rated("us-patriot-2022")
    rules = [
        rule._replace(
            review_by="2031", falsified_by="Nothing.", pathway=(), mark=rule.mark._replace(line=1, file="other.yaml")
        )
        for rule in PACK.rules
    ]
    after = assess(before.scenario, pack_of(rules))
    assert reopened(after, accepted(before)) == set()


def test_other_points_open_the_rule_and_the_levels(tmp_path: Path) -> None:
    folder = rules_with(
        tmp_path, "role.yaml", "then: {points: 3, conclude: WEAPON}", "then: {points: 4, conclude: WEAPON}"
    )
    after = assess(ROOT / "scenarios/us-patriot-2022.yaml", load_pack(str(folder)))
    assert reopened(after, accepted(rated("us-patriot-2022"))) == {"ROL-10", "rating/escalation", "rating/concern"}


def test_conditions_keep_their_numbers_where_nobody_is_asked() -> None:
    """`WRN-10` asks of warnings in its first three conditions; its fourth is the fourth without a warning too."""
    before = rated("us-patriot-2022")
    after = assess(without(before.scenario, PACK.vocabulary, "warnings"))
    [fourth] = [line for line in review_lines(after) if line.rule == "WRN-10" != line.address]
    assert fourth.address == "WRN-10/4"
    assert "WRN-10/4" not in reopened(after, accepted(before))
    gone = {line.address for line in standing(after, accepted(before)).of("gone")}
    assert gone
    assert all(address.endswith(":kremlin-14-dec") for address in gone)


# -- states


def copied(tmp_path: Path) -> Assessment:
    """The Patriot scenario in a folder of its own, rated."""
    shutil.copy(ROOT / "scenarios/us-patriot-2022.yaml", tmp_path / "p.yaml")
    return assess(tmp_path / "p.yaml")


def rewritten(tmp_path: Path, old: str, new: str) -> Assessment:
    """The scenario of that folder with a text replaced wherever it stands, rated again."""
    path = tmp_path / "p.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return assess(path)


def command(tmp_path: Path, *words: str) -> Ran:
    return run("review", tmp_path / "p.yaml", "--date", DAY, "--reviewer", "A. Reader", *words)


def state(tmp_path: Path) -> Json:
    found = run("review", tmp_path / "p.yaml", "--format", "json")
    assert found.code == 0, found.err
    return json.loads(found.out)


@pytest.mark.slow
def test_from_draft_to_reviewed_and_back(tmp_path: Path) -> None:
    copied(tmp_path)
    assert state(tmp_path)["state"] == "draft"
    assert command(tmp_path, "--sign", "reviewed").code == 2
    assert not (tmp_path / "p.review.yaml").exists()
    assert command(tmp_path, "--dispute", "WRN-60", "--reason", "something followed").code == 0
    assert state(tmp_path)["state"] == "disputed"
    refused = command(tmp_path, "--accept", "open", "--sign", "reviewed")
    assert refused.code == 2
    assert "REV-4 1 line not settled: WRN-60" in refused.err
    assert state(tmp_path)["counts"]["open"] > 1  # a command that is refused records nothing
    assert command(tmp_path, "--accept", "WRN-60", "--accept", "open", "--sign", "reviewed").code == 0
    assert state(tmp_path)["state"] == "reviewed"
    after = rewritten(tmp_path, "supplier_personnel: unknown", "supplier_personnel: none")
    now = state(tmp_path)
    assert now["state"] == "draft"
    assert now["signature"]["stands"] is False
    open_now = [line["address"] for line in now["lines"] if line["state"] in ("open", "reopened")]
    assert set(open_now) <= changed(rated("us-patriot-2022"), after)
    assert command(tmp_path, "--accept", "open", "--sign", "reviewed").code == 0
    assert command(tmp_path, "--sign", "withdrawn").code == 2
    assert command(tmp_path, "--sign", "withdrawn", "--reason", "superseded").code == 0
    assert state(tmp_path)["state"] == "withdrawn"
    rewritten(tmp_path, "supplier_personnel: none", "supplier_personnel: unknown")
    assert state(tmp_path)["state"] == "withdrawn"  # whatever changes
    assert command(tmp_path, "--sign", "draft").code == 0
    assert state(tmp_path)["state"] == "draft"


def test_what_several_reviewers_say() -> None:
    found = rated("us-patriot-2022")
    review = record(
        found,
        Review("us-patriot-2022"),
        [Entry("ROL-10", "accept", "A", DAY), Entry("ROL-10", "dispute", "B", DAY, "no")],
    )
    [line] = [line for line in standing(found, review).lines if line.address == "ROL-10"]
    assert (line.state, [entry.reviewer for entry in line.stand]) == ("disputed", ["A", "B"])
    review = record(found, review, [Entry("ROL-10", "override", "B", DAY, "why", "did not fire")])
    [line] = [line for line in standing(found, review).lines if line.address == "ROL-10"]
    assert (line.state, len(line.stand)) == ("overridden", 2)
    review = forget(review, "ROL-10", "B")
    [line] = [line for line in standing(found, review).lines if line.address == "ROL-10"]
    assert line.state == "accepted"
    assert forget(review, "ROL-10").entries == ()


def test_a_line_may_be_named_without_the_one_entity_it_is_asked_of() -> None:
    found = rated("us-patriot-2022")
    review = record(found, Review("us-patriot-2022"), [Entry("WRN-10/2", "accept", "A", DAY)])
    assert [entry.line for entry in review.entries] == ["WRN-10/2:kremlin-14-dec"]


@pytest.mark.parametrize(
    ("entry", "code", "says"),
    [
        (Entry("ROL-11", "accept", "A", DAY), "REV-2", "ROL-1"),
        (Entry("ROL-10/9", "accept", "A", DAY), "REV-2", "there is no line"),
        (Entry("ROL-10", "dispute", "A", DAY), "REV-3", "it needs a reason"),
        (Entry("ROL-10", "override", "A", DAY, "  "), "REV-3", "it needs a reason"),
        (Entry("ROL-10", "accept", "", DAY), "REV-3", "it names no reviewer"),
        (Entry("ROL-10", "accept", "A", DAY, answer="no"), "REV-3", "only an override has an answer"),
        (Entry("ROL-10", "agree", "A", DAY), "REV-3", "not a verdict"),
    ],
)
def test_an_entry_that_lacks_something_is_refused(entry: Entry, code: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        record(rated("us-patriot-2022"), Review("us-patriot-2022"), [entry])
    [problem] = caught.value.problems
    assert problem.code == code
    assert says in f"{problem.message} {problem.help}"


def test_a_signature_of_nobody_is_refused() -> None:
    found = rated("us-patriot-2022")
    with pytest.raises(InputError, match="REV-3"):
        sign(found, accepted(found), Signature("reviewed", "", DAY))


def test_no_review_moves_a_rating(tmp_path: Path) -> None:
    found = copied(tmp_path)
    before = json.loads(run(tmp_path / "p.yaml", "--format", "json").out)
    lines = [Entry(line.address, "override", "A", DAY, "r", "no") for line in review_lines(found)]
    save_review(record(found, Review(found.scenario.id), lines), str(tmp_path / "p.review.yaml"), "")
    after = json.loads(run(tmp_path / "p.yaml", "--format", "json").out)
    review = after.pop("review")
    assert review["counts"] == {"overridden": len(lines)}
    assert after == before
    assert "review" not in before


# -- the file

TEXTS = st.text(min_size=1, max_size=40)
ENTRIES = st.lists(
    st.builds(
        Entry,
        line=st.sampled_from(["ROL-10", "ROL-9", "WRN-10/2:a", "WRN-10/10:a", "rating/x"]) | TEXTS,
        verdict=st.just("override"),
        reviewer=TEXTS,
        date=st.dates().map(str),
        reason=TEXTS.map(lambda text: f"r{text}"),
        answer=st.text(max_size=9),
        said=st.text(max_size=9),
        digest=st.text("0123456789abcdef.e_", min_size=1, max_size=16),
    ),
    max_size=5,
    unique_by=lambda entry: (entry.line, entry.reviewer),
)


@pytest.mark.slow
@settings(max_examples=80)
@given(entries=ENTRIES, reason=st.text(max_size=20))
def test_what_is_saved_is_what_is_read(entries: list[Entry], reason: str, tmp_path_factory: Any) -> None:
    path = str(tmp_path_factory.mktemp("r") / "p.review.yaml")
    review = Review("a", tuple(entries), Signature("withdrawn", "A", DAY, reason, "0123"))
    save_review(review, path, "")
    problems = Problems()
    first = Path(path).read_bytes()
    again = read_review(first, path, problems)
    assert again is not None
    assert set(again.entries) == set(entries)
    assert again.signature == review.signature
    save_review(again, path, digest_of(first))
    assert Path(path).read_bytes() == first  # one order, whatever it was given in


def test_one_more_entry_is_a_small_difference(tmp_path: Path) -> None:
    copied(tmp_path)
    command(tmp_path, "--accept", "open")
    before = (tmp_path / "p.review.yaml").read_text().splitlines()
    command(tmp_path, "--dispute", "RCH-10/2", "--reason", "no")
    after = (tmp_path / "p.review.yaml").read_text().splitlines()
    at = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    added = len(after) - len(before)
    assert added == 7
    assert before == after[:at] + after[at + added :]
    assert [line.split(": ")[1] for line in after if line.startswith("  - line: RCH")] == [
        "RCH-10/2:interceptor",
        "RCH-80",
    ]


def test_a_file_that_changed_underneath_is_not_written_over(tmp_path: Path) -> None:
    found = copied(tmp_path)
    kept = load_review(found)
    mine = record(found, kept.review, [Entry("ROL-10", "accept", "A", DAY)])
    theirs = record(found, kept.review, [Entry("ROL-10", "dispute", "B", DAY, "no")])
    digest = save_review(theirs, kept.path, kept.digest)
    written = Path(kept.path).read_bytes()
    with pytest.raises(InputError, match="FILE-6"):
        save_review(mine, kept.path, kept.digest)
    assert Path(kept.path).read_bytes() == written
    again = load_review(found)
    assert again.digest == digest
    save_review(record(found, again.review, mine.entries), again.path, again.digest)
    assert len(load_review(found).review.entries) == 2
    os.unlink(kept.path)
    with pytest.raises(InputError, match="FILE-6"):
        save_review(mine, kept.path, digest)  # gone is changed too


def test_of_many_who_save_at_once_one_succeeds(tmp_path: Path) -> None:
    path, digest = str(tmp_path / "f"), ""
    for turn in range(10):
        saved: list[str] = []

        def attempt(text: str, digest: str = digest, saved: list[str] = saved) -> None:
            with suppress(InputError):
                saved.append(save(path, text.encode(), digest))

        threads = [Thread(target=attempt, args=(f"{turn} {i} " * 2000,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(saved) == 1
        [digest] = saved
        assert digest_of(Path(path).read_bytes()) == digest
    assert os.listdir(tmp_path) == ["f"]


KILLED = """
import os, signal, sys
from escalation.analysis import saving
from escalation.analysis.saving import digest_of, save
path, when = sys.argv[1], sys.argv[2]
real = {"fsync": os.fsync, "replace": os.replace}
def dying(name):
    def act(*args):
        if name == "replace" or when == "fsync":
            os.kill(os.getpid(), signal.SIGKILL)
        return real[name](*args)
    return act
setattr(os, when, dying(when))
save(path, b"new " * 100_000, digest_of(open(path, "rb").read()))
"""


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_killed_in_mid_save_the_old_file_stands(when: str, tmp_path: Path) -> None:
    path = tmp_path / "p.review.yaml"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, path, when], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(os.listdir(tmp_path)) == 2  # what was begun is there, under another name
    save(str(path), b"newer", digest_of(b"old"))
    assert path.read_bytes() == b"newer"
    assert os.listdir(tmp_path) == ["p.review.yaml"]


SAVING = """
import sys
from escalation.analysis.saving import digest_of, save
path, digest, turn = sys.argv[1], digest_of(open(sys.argv[1], "rb").read()), 0
print("ready", flush=True)
while True:
    digest, turn = save(path, bytes([65 + turn % 26]) * 300_000, digest), turn + 1
"""


@pytest.mark.slow
def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "p.review.yaml"
    path.write_bytes(b"A" * 300_000)
    for turn in range(6):
        with subprocess.Popen([sys.executable, "-c", SAVING, path], stdout=subprocess.PIPE) as saving:
            assert saving.stdout
            saving.stdout.readline()
            time.sleep(0.004 * turn)
            saving.kill()
        data = path.read_bytes()
        assert len(data) == 300_000
        assert len(set(data)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("entries", "reason", "code"), [(3000, "r" * 400, "FILE-2"), (4200, "r", "YAML-4")])
def test_a_review_past_what_a_file_may_hold_is_not_written(
    entries: int, reason: str, code: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.review.yaml"
    many = [Entry(f"A-{i}", "dispute", "A", DAY, reason, said="s", digest="d") for i in range(entries)]
    with pytest.raises(InputError, match=code):
        save_review(Review("a", tuple(many)), str(path), "")
    assert not path.exists()


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FILE-7"):
        save(str(tmp_path / "none" / "f"), b"x", "")
    (tmp_path / "f.d").mkdir()
    with pytest.raises(InputError, match="FILE-7"):
        save(str(tmp_path / "f.d"), b"x", digest_of(b""))


def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a")
    for mode in (0o640, 0o666, 0o600):
        path.chmod(mode)
        save(str(path), path.read_bytes() + b"b", digest_of(path.read_bytes()))
        assert path.stat().st_mode & 0o777 == mode


GOOD = "review_schema: 1\nscenario: us-patriot-2022\n"
LINE = "  - {line: ROL-10, verdict: accept, reviewer: A, date: 2022-12-20, digest: d}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "YAML"),
        (b"\xff\xfe", "FILE-3"),
        (b"a: [", "YAML-1"),
        (b"a: !!python/object:os.system x", "YAML-7"),
        ((GOOD + "lines: 3").encode(), "1:8"),
        ((GOOD + "lines:\n" + LINE + LINE).encode(), "REV-5 A has two entries for ROL-10"),
        ((GOOD + "lines:\n" + LINE.replace("accept", "like")).encode(), "WORD-1 'like' is not a word of verdict"),
        ((GOOD + "lines:\n" + LINE.replace("accept", "dispute")).encode(), "REV-3 dispute ROL-10: it needs a reason"),
        ((GOOD + "lines:\n" + LINE.replace("2022-12-20", "2022-12")).encode(), "DATE-2"),
        ((GOOD + "lines:\n" + LINE.replace("2022-12-20", "2022-12-40")).encode(), "DATE-1"),
        ((GOOD + "signature: {state: fine}").encode(), "KEY-2 signature needs reviewer"),
        (GOOD.replace("us-", "uk-").encode(), "REV-1 this is the review of uk-patriot-2022"),
        (GOOD.replace("1", "7", 1).encode(), "DOC-1"),
        (b"x: " + b"a" * (1 << 20), "FILE-2"),
        ((GOOD + "extra: &a [*a]").encode(), "YAML-8"),
    ],
)
def test_a_file_that_is_not_in_order_is_told_and_the_scenario_still_rated(
    text: bytes, says: str, tmp_path: Path
) -> None:
    copied(tmp_path)
    (tmp_path / "p.review.yaml").write_bytes(text)
    shown = command(tmp_path, "--accept", "ROL-10")
    assert shown.code == 2
    assert says.replace("1:8", "TYPE-1 lines must be a list") in shown.err
    assert "Traceback" not in shown.err
    assert (tmp_path / "p.review.yaml").read_bytes() == text
    found = run(tmp_path / "p.yaml")
    assert found.code == 2
    assert "LIMITED to MODERATE" in found.out
    assert "p.review.yaml is not in order" in found.out
    assert "p.review.yaml" in found.err
    assert run("report", tmp_path / "p.yaml", "-o", tmp_path / "p.html").code == 2
    assert run("review", tmp_path).code == 2
    data = json.loads(run(tmp_path / "p.yaml", "--format", "json").out)
    assert data["review"]["state"] is None
    assert data["review"]["problems"]


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    copied(tmp_path)
    os.mkfifo(tmp_path / "p.review.yaml")  # opening it would wait for ever
    shown = command(tmp_path)
    assert shown.code == 2
    assert "FILE-1" in shown.err


def test_hostile_text_is_shown_and_does_nothing(tmp_path: Path) -> None:
    copied(tmp_path)
    evil = "\x1b[31mred\u202e <script>alert(1)</script> | `x` " + "w" * 5000
    assert command(tmp_path, "--dispute", "ROL-10", "--reason", evil).code == 0
    for form in ("text", "markdown", "json"):
        for found in (
            run("review", tmp_path / "p.yaml", "--format", form),
            run(tmp_path / "p.yaml", "--format", form),
        ):
            assert found.code == 0
            assert "\x1b" not in found.out
            assert "\u202e" not in found.out
    assert "<script>" not in run(tmp_path / "p.yaml", "--format", "markdown").out
    if pytest.importorskip("jinja2"):
        assert "<script>alert" not in run("report", tmp_path / "p.yaml").out


# -- what people see


def test_reports_show_the_state_where_there_is_a_review_and_nothing_else(tmp_path: Path) -> None:
    copied(tmp_path)
    forms = (["--detail", "verdict"], ["--detail", "ledger"], ["--detail", "full"], ["--format", "markdown"])
    before = [run(tmp_path / "p.yaml", *form).out for form in forms]
    assert not any("Review" in text or "REVIEW" in text for text in before)
    command(tmp_path, "--override", "ROL-40", "--answer", "did not fire", "--reason", "it has two uses")
    for form, old in zip(forms, before, strict=True):
        new = run(tmp_path / "p.yaml", *form).out
        assert "1 overridden and 12 open" in new
        added = [line for line in new.splitlines() if line not in old.splitlines()]
        assert [line for line in old.splitlines() if line not in new.splitlines()] == []
        assert len(added) <= 8
    assert (
        "overridden by A. Reader, 20 Dec 2022, who answers 'did not fire': it has two uses"
        in run(tmp_path / "p.yaml").out
    )
    assert "overridden" not in run(tmp_path / "p.yaml", "--profile", "range_driven").out


def test_the_report_shows_the_state(tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    copied(tmp_path)
    assert "Review" not in run("report", tmp_path / "p.yaml").out
    command(tmp_path, "--dispute", "ROL-40", "--reason", "it has <two> uses")
    page = run("report", tmp_path / "p.yaml").out
    assert "Disputed. Lines: 1 in dispute and 12 open." in page
    assert "it has &lt;two&gt; uses" in page


def test_the_command_says_what_a_line_said_before_and_says_now(tmp_path: Path) -> None:
    copied(tmp_path)
    command(tmp_path, "--accept", "INV-10/1", "--accept", "rating/escalation")
    rewritten(tmp_path, "supplier_personnel: unknown", "supplier_personnel: none")
    shown = " ".join(run("review", tmp_path / "p.yaml").out.split())
    assert "RE-OPENED: THE LINE HAS CHANGED SINCE" in shown
    assert "it said then: escalation LIMITED, score 3; LIMITED to MODERATE over what is open" in shown
    assert "it said then: cannot tell: supplier personnel" in shown
    rewritten(tmp_path, "supplier_personnel: none", "supplier_personnel: unknown")
    command(tmp_path, "--accept", "ROL-10", "--accept", "RCH-10/3")
    rewritten(tmp_path, "grade: B3\n    role: air_defence_long_range", "grade: C3\n    role: deep_strike")
    shown = " ".join(run("review", tmp_path / "p.yaml").out.split())
    assert "concludes WEAPON; on role deep strike was accepted by A. Reader" in shown
    assert "concludes WEAPON; on role long-range air defence" in shown
    assert "it reads as before: a source, a grade, a list or a fact further down has changed" in shown


def test_every_line_can_be_listed_and_each_address_is_taken(tmp_path: Path) -> None:
    found = copied(tmp_path)
    data = json.loads(run("review", tmp_path / "p.yaml", "--lines", "--format", "json").out)
    addresses = [line["address"] for line in data["lines"]]
    assert addresses == [line.address for line in review_lines(found)]
    assert len(set(addresses)) == len(addresses)
    text = run("review", tmp_path / "p.yaml", "--lines").out
    assert all(address in text for address in addresses)
    assert run("review", tmp_path / "p.yaml", "--lines", "--format", "markdown").out.count("| optional |") > 50
    words = [word for address in addresses for word in ("--accept", address)]
    assert command(tmp_path, *words).code == 0
    assert state(tmp_path)["counts"] == {"accepted": len(addresses)}


def test_a_folder_of_scenarios_does_not_hold_its_reviews(tmp_path: Path) -> None:
    copied(tmp_path)
    command(tmp_path, "--accept", "ROL-10")
    found = run(tmp_path, "--format", "json")
    assert found.code == 0, found.err
    [one] = json.loads(found.out)
    assert one["review"]["counts"]["accepted"] == 1
    assert "p.review.yaml" not in run("rules", "cover", ROOT / "rules", tmp_path).err


def test_a_gate_for_disputes_and_for_what_nobody_has_signed(tmp_path: Path) -> None:
    copied(tmp_path)

    def gate(*findings: str) -> int:
        words = (word for finding in findings for word in ("--fail-on", finding))
        return run(tmp_path / "p.yaml", "-q", *words).code

    assert (gate("disputed"), gate("unreviewed")) == (0, 1)
    command(tmp_path, "--accept", "open", "--sign", "reviewed")
    assert gate("disputed", "unreviewed") == 0
    command(tmp_path, "--dispute", "ROL-10", "--reason", "no")
    assert (gate("disputed"), gate("unreviewed")) == (1, 1)
    command(tmp_path, "--accept", "ROL-10")
    assert gate("disputed", "unreviewed") == 0  # the lines are as they were when they were signed
    rewritten(tmp_path, "supplier_personnel: unknown", "supplier_personnel: none")
    assert (gate("disputed"), gate("unreviewed")) == (0, 1)


def test_a_folder_is_shown_scenario_by_scenario(tmp_path: Path) -> None:
    copied(tmp_path)
    for name in ("us-atacms-2022", "ir-ballistic-2022"):
        shutil.copy(ROOT / f"scenarios/{name}.yaml", tmp_path)
    command(tmp_path, "--accept", "open", "--sign", "reviewed")
    text = run("review", tmp_path).out
    assert re.search(r"us-patriot-2022 +LIMITED +reviewed by A. Reader, 20 Dec 2022 +13 accepted", text)
    assert re.search(r"us-atacms-2022 +HIGH +draft +[0-9]+ open", text)
    assert "ir-ballistic" not in text  # read by another than the pack covers
    assert "| us-atacms-2022 | HIGH | draft |" in run("review", tmp_path, "--format", "markdown").out
    data = json.loads(run("review", tmp_path, "--format", "json").out)
    assert [(one["scenario"], one["state"]) for one in data] == [
        ("us-patriot-2022", "reviewed"),
        ("us-atacms-2022", "draft"),
    ]
    assert run("review", tmp_path, "--accept", "open", "--reviewer", "A").code == 2


def test_a_review_needs_a_file(tmp_path: Path) -> None:
    found = run("review", "-", stdin=(ROOT / "scenarios/us-patriot-2022.yaml").read_bytes())
    assert found.code == 2
    assert "standard input has no place" in found.err
    assert load_scenario(ROOT / "scenarios/us-patriot-2022.yaml", PACK.vocabulary).file.endswith(".yaml")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["{file}", "--dispute", "WRN-10/2"], {"WRN-10/2:kremlin-14-dec"}),
        (["{file}", "--accept", "rating"], {"rating/escalation", "rating/concern"}),
        (["{file}", "--accept", "ROL-10", "--override", "rol-10"], {"ROL-10", "ROL-10/1:interceptor"}),
        (["--accept", "rating"], set()),
        (["none.yaml", "--accept", "rating"], set()),
    ],
)
def test_the_shell_completes_lines_of_the_file_that_is_named(
    words: list[str], offered: set[str], tmp_path: Path
) -> None:
    copied(tmp_path)
    *typed, start = (word.format(file=tmp_path / "p.yaml") for word in words)
    complete = ShellComplete(review_command, {}, "assess", "_C")
    assert {item.value for item in complete.get_completions(typed, start)} == offered
