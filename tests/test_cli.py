"""The command line: options, exit codes, streams, terminals, and what a shell completes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation.cli import COMMANDS
from escalation.cli.explain import codes
from escalation.pack import load_pack

PATRIOT = "scenarios/us-patriot-2022.yaml"
ATACMS = "scenarios/us-atacms-2022.yaml"
OUTSIDE = "scenarios/ir-ballistic-2022.yaml"
SGR = re.compile(r"\x1b\[[0-9;]*m")


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "escalation", *words]


def headline(out: str) -> str:
    return next(line for line in out.splitlines() if " for escalation" in line)


# -- rating


def test_rate_is_the_default_command() -> None:
    assert run(PATRIOT) == run("rate", PATRIOT)


def test_json_is_one_trace_for_one_file_and_a_list_for_several() -> None:
    one, several = json.loads(run(PATRIOT, "--format", "json").out), run(PATRIOT, ATACMS, "--format", "json").out
    assert one["trace_schema"] == 1
    assert one["rating"]["name"] == "limited"
    assert [trace["scenario"]["id"] for trace in json.loads(several)] == ["us-patriot-2022", "us-atacms-2022"]


@pytest.mark.parametrize("options", [(), ("--timeline",)])
def test_json_is_a_list_for_what_may_be_several_however_many(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    shutil.copy(ROOT / OUTSIDE, tmp_path)
    shutil.copy(ROOT / PATRIOT, tmp_path / "deeper")
    assert json.loads(run(".", "--format", "json", *options, cwd=tmp_path).out) == []  # one, and it is out of scope
    shutil.copy(ROOT / PATRIOT, tmp_path)
    one = json.loads(run("us-patriot-2022.yaml", "--format", "json", *options, cwd=tmp_path).out)
    assert json.loads(run("us-patriot-2022.yaml", OUTSIDE, "--format", "json", *options, cwd=tmp_path).out) == [one]
    folder = json.loads(run(".", "--format", "json", *options, cwd=tmp_path).out)
    assert folder == json.loads(run("./us-patriot-2022.yaml", ".", "--format", "json", *options, cwd=tmp_path).out)[1:]
    assert len(folder) == 1


def test_the_same_input_gives_the_same_bytes() -> None:
    for form in ("text", "json", "markdown"):
        assert run(PATRIOT, "--format", form) == run(PATRIOT, "--format", form)


def test_standard_input_rates_as_the_file_does() -> None:
    data = (ROOT / PATRIOT).read_bytes()
    assert run("-", stdin=data) == run(PATRIOT)


def test_a_folder_means_its_scenarios_and_counts_those_out_of_scope() -> None:
    found = run("scenarios", "--format", "json")
    ids = [trace["scenario"]["id"] for trace in json.loads(found.out)]
    assert found.code == 0
    assert "us-patriot-2022" in ids
    assert "ir-ballistic-2022" not in ids
    assert found.err.startswith("out of scope, not rated: 1 (scenarios/ir-ballistic-2022.yaml)")


def test_a_named_file_out_of_scope_is_refused() -> None:
    found = run(OUTSIDE)
    assert (found.code, found.out) == (2, "")
    assert "SCOPE-1" in found.err


def test_an_id_twice_in_a_folder_is_a_problem_and_the_first_is_rated(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        shutil.copy(ROOT / PATRIOT, tmp_path / name)
    found = run(".", "--detail", "verdict", cwd=tmp_path)
    assert found.code == 2
    assert found.out == run(PATRIOT, "--detail", "verdict").out
    assert "b.yaml:1:1: ID-2 the id us-patriot-2022 is given twice" in found.err
    assert "a.yaml:1:1: first given here" in found.err


def test_a_folder_without_scenarios_is_a_problem(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert (found.code, found.out) == (2, "")
    assert "FILE-4" in found.err


@pytest.mark.parametrize(
    ("words", "help"),
    [
        (("exlain", "KEY-1"), "did you mean the command explain?"),
        (("scenarios/us-patrot-2022.yaml",), "did you mean us-patriot-2022.yaml?"),
        (("nowhere/at/all.yaml",), "check the path"),
    ],
)
def test_a_name_that_is_no_file_gets_a_suggestion(words: tuple[str, ...], help: str) -> None:
    found = run(*words)
    assert (found.code, found.out) == (2, "")
    assert "FILE-1" in found.err
    assert help in found.err


def test_another_day_moves_the_level_when_the_crews_are_named() -> None:
    assert headline(run(PATRIOT, "--as-of", "2022-12-14").out) == headline(run(PATRIOT).out)
    assert headline(run(PATRIOT, "--as-of", "2022-12-15").out).startswith("MODERATE (3 of 5)")


@pytest.mark.parametrize("day", ["2022-12", "14 December", "2022-02-30", ""])
def test_another_day_must_be_one_day(day: str) -> None:
    found = run(PATRIOT, "--as-of", day)
    assert (found.code, found.out) == (2, "")
    assert "is not a day" in found.err


def test_the_timeline_has_a_row_for_each_day_on_which_something_changes() -> None:
    rows = json.loads(run(PATRIOT, "--timeline", "--format", "json").out)
    days = {row["day"]: row for row in rows}
    assert list(days) == sorted(days)
    assert days["2022-12-14"]["ratings"]["escalation"]["name"] == "limited"
    assert days["2022-12-15"]["ratings"]["escalation"]["name"] == "moderate"
    assert [news["path"] for news in days["2022-12-15"]["news"]] == ["warnings.ministry-15-dec"]
    assert days["2022-12-15"]["on"]
    for day, row in days.items():
        rated = json.loads(run(PATRIOT, "--as-of", day, "--format", "json").out)["ratings"]
        assert {k: v["score"] for k, v in rated.items()} == {k: v["score"] for k, v in row["ratings"].items()}


def test_a_change_note_says_what_differs_and_nothing_else(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(run(PATRIOT, "--format", "json").out, encoding="utf-8")
    assert "Nothing differs" in run(PATRIOT, "--since", earlier).out
    note = json.loads(run(PATRIOT, "--since", earlier, "--as-of", "2022-12-15", "--format", "json").out)["since"]
    assert {change["scale"] for change in note["ratings"]} == {"escalation", "concern"}
    assert all(fact["fact"].startswith("warnings.ministry-15-dec.") for fact in note["facts"])
    assert all(rule["then"]["state"] != rule["now"]["state"] for rule in note["rules"])
    shown = run(PATRIOT, "--since", earlier, "--as-of", "2022-12-15", "--detail", "verdict").out
    assert "escalation: LIMITED 3" in shown


def test_a_change_note_names_a_rule_whose_points_have_changed(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(run(PATRIOT, "--format", "json").out, encoding="utf-8")
    found = run(PATRIOT, "--since", earlier, "--profile", "range_driven", "--format", "json").out
    rules = {rule["rule"]: rule for rule in json.loads(found)["since"]["rules"]}
    assert rules["ROL-50"]["then"]["points"]["escalation"] == 1
    assert rules["ROL-50"]["now"]["points"]["escalation"] == 0


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"trace_schema": 2}', "null"])
def test_a_change_note_needs_an_earlier_result(text: str, tmp_path: Path) -> None:
    (tmp_path / "earlier.json").write_text(text, encoding="utf-8")
    found = run(PATRIOT, "--since", tmp_path / "earlier.json")
    assert (found.code, found.out) == (2, "")
    assert "JSON-1" in found.err


def test_all_images_stand_side_by_side() -> None:
    traces = json.loads(run(PATRIOT, "--profile", "all", "--format", "json").out)
    images = [None, *load_pack().profiles]
    assert [trace["pack"]["profile"] for trace in traces] == images
    text = run(PATRIOT, "--profile", "all").out
    assert all(re.search(rf"^  {name or 'neutral'} ", text, re.M) for name in images)


def test_an_unknown_image_is_refused_with_a_suggestion() -> None:
    found = run(PATRIOT, "--profile", "range_drivn")
    assert (found.code, found.out) == (2, "")
    assert "did you mean range_driven?" in found.err


# -- gates


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--fail-at", "minimal"), 1),
        (("--fail-at", "limited"), 1),
        (("--fail-at", "LIMITED"), 1),
        (("--fail-at", "moderate"), 0),
        (("--fail-at", "severe"), 0),
        (("--fail-at", "huge"), 2),
        (("--fail-on", "range"), 1),
        (("--fail-on", "later"), 1),
        (("--fail-on", "one-engine"), 0),
        (("--fail-on", "one-engine", "--engine", "ledger"), 1),
        (("--fail-on", "inexact", "--fail-on", "low-confidence"), 0),
        (("--fail-on", "weather"), 2),
    ],
)
def test_gates_set_the_exit_code(options: tuple[str, ...], code: int) -> None:
    found = run(PATRIOT, *options)
    assert found.code == code
    assert ("gate: us-patriot-2022" in found.err) == (code == 1)
    assert bool(found.out) == (code != 2)


def test_bad_input_outweighs_a_gate() -> None:
    assert run(PATRIOT, OUTSIDE, "--fail-at", "limited").code == 2


def test_quiet_says_nothing_but_what_is_wrong() -> None:
    assert run(PATRIOT, "--quiet") == (0, "", "")
    found = run(PATRIOT, OUTSIDE, "-q")
    assert (found.code, found.out) == (2, "")
    assert "SCOPE-1" in found.err


# -- engines


def test_the_ledger_alone_gives_the_same_and_says_that_it_was_alone() -> None:
    both, alone = (json.loads(run(PATRIOT, "--format", "json", "--engine", e).out) for e in ("both", "ledger"))
    assert both["engine"]["engines"] == ["durable-rules", "ledger"]
    assert alone["engine"]["engines"] == ["ledger"]
    assert {**both, "engine": None} == {**alone, "engine": None}
    assert "ledger only, not cross-checked" in " ".join(run(PATRIOT, "--engine", "ledger").out.split())


def test_without_the_library_the_ledger_rates_and_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "durable_rules_engine.py").write_text("raise ImportError('built for another Python')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT / "engine")])
    env = {**os.environ, "PYTHONPATH": path}
    found = subprocess.run(
        command(PATRIOT, "--format", "json"), cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    trace = json.loads(found.stdout)
    assert found.returncode == 0
    assert found.stderr.startswith("notice: durable-rules cannot be imported (built for another Python)")
    assert "pip install" in trace["engine"]["notice"]
    assert trace["rating"] == json.loads(run(PATRIOT, "--format", "json").out)["rating"]


# -- streams and terminals


def on_a_terminal(*words: str, env: dict[str, str]) -> str:
    """What the command writes to a real terminal of 90 columns."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "COLUMNS": "90", **env}
    process = subprocess.Popen(command(*words), cwd=ROOT, env=env, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    shown = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end has been closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(30) == 0
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_its_own_width() -> None:
    shown = on_a_terminal(PATRIOT, env={"NO_COLOR": "", "TERM": "xterm"})
    assert SGR.search(shown)
    assert SGR.sub("", shown) == run(PATRIOT, env={"COLUMNS": "90"}).out


@pytest.mark.parametrize(
    ("env", "options", "coloured"),
    [
        ({"NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "", "TERM": "dumb"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"NO_COLOR": ""}, ("--color", "never"), False),
    ],
)
def test_colour_on_a_terminal_can_be_refused(env: dict[str, str], options: tuple[str, ...], coloured: bool) -> None:
    shown = on_a_terminal(PATRIOT, *options, env={"TERM": "xterm", **env})
    assert bool(SGR.search(shown)) == coloured
    assert "LIMITED" in shown


def test_a_pipe_gets_no_colour() -> None:
    assert not SGR.search(run(PATRIOT, env={"TERM": "xterm", "NO_COLOR": ""}).out)


@pytest.mark.parametrize("options", [(), ("--format", "json"), ("--detail", "full", "--fail-at", "limited")])
def test_a_closed_pipe_ends_quietly(options: tuple[str, ...]) -> None:
    process = subprocess.Popen(command(PATRIOT, *options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) == (1 if "--fail-at" in options else 0)
    assert "Traceback" not in said
    assert "Broken" not in said


def test_a_stream_that_cannot_show_a_character_shows_its_number() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    text = (ROOT / PATRIOT).read_bytes().replace(b"title: Patriot", "title: \u30df".encode())
    found = subprocess.run(command("-"), cwd=ROOT, env=env, input=text, capture_output=True, check=False)
    assert found.returncode == 0
    assert found.stdout.startswith(rb"\u30df air-defence")
    assert "démarche".encode("latin-1") in found.stdout


def test_a_fault_of_the_program_is_told_from_one_of_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalation.cli.rate.assess", lambda *_, **__: 1 / 0)
    found = run(PATRIOT)
    assert (found.code, found.out) == (70, "")
    assert found.err.startswith("internal error: ZeroDivisionError")


def test_a_full_disk_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "rows.parquet")

    monkeypatch.setattr("escalation.cli.rate.assess", full)
    found = run(PATRIOT)
    assert (found.code, found.out) == (2, "")
    assert found.err == "error: rows.parquet: No space left on device; make room, and run it again\n"


# -- the other commands


def test_the_version_names_all_that_a_result_depends_on() -> None:
    lines = dict(line.split(" ", 1) for line in run("--version").out.splitlines())
    trace = json.loads(run(PATRIOT, "--format", "json").out)
    assert lines["escalation-assess"] == trace["engine"]["version"]
    assert lines["pack"] == f"{trace['pack']['name']} {trace['pack']['version']} {trace['pack']['digest'][:8]}"
    assert re.fullmatch(r"\d+\.\d+\.\d+", lines["durable-rules"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    found = run(name, "--help")
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith(f"Usage: assess {name}")


def test_help_alone_and_nothing_at_all_list_the_commands() -> None:
    for words in ((), ("--help",), ("-h",)):
        found = run(*words)
        assert all(re.search(rf"^  {name} ", found.out + found.err, re.M) for name in COMMANDS)


@pytest.mark.slow
def test_everything_of_the_pack_can_be_explained() -> None:
    pack = load_pack()
    for rule in pack.rules:
        shown = run("explain", rule.id).out
        assert shown.startswith(f"RULE {rule.id}")
        assert " ".join(rule.because.split()) in " ".join(shown.split())
    for name in [*pack.parameters, *pack.profiles, *pack.sources, *(level.name for level in pack.levels)]:
        assert run("explain", name).code == 0
    for field in pack.vocabulary.fields.values():
        if field.member_of is None:
            shown = " ".join(run("explain", field.key).out.split())
            assert " ".join(field.meaning.split()) in shown
            for _, decision in field.guide:
                assert decision.split()[0] in shown


def test_a_field_shows_its_coding_guide_with_the_decision() -> None:
    shown = " ".join(run("explain", "permitted_targets").out.split())
    assert "nothing published no published limit; not unknown" in shown


def test_a_word_that_nothing_is_called_gets_a_suggestion() -> None:
    found = run("explain", "presedent")
    assert (found.code, found.out) == (2, "")
    assert "did you mean precedent?" in found.err


@pytest.mark.parametrize("code", codes())
def test_a_code_of_a_message_has_a_page(code: str) -> None:
    assert run("explain", code.lower()).out.startswith(f"# {code}")


def test_every_sample_is_a_scenario_that_can_be_rated_or_is_out_of_scope() -> None:
    listed = run("new", "scenario", "--list").out
    for path in sorted((ROOT / "scenarios").glob("*.yaml")):
        assert f"  {path.stem} " in listed
        sample = run("new", "scenario", "--like", path.stem).out
        found = run("-", stdin=sample.encode())
        assert found.code == 0 or "SCOPE-1" in found.err


def test_a_new_scenario_is_commented_and_passes() -> None:
    made = run("new", "scenario").out
    assert made.count("#") > 10
    assert run("-", stdin=made.encode()).code == 0
    assert "did you mean us-patriot-2022?" in run("new", "scenario", "--like", "us-patriot-2023").err


@pytest.mark.parametrize("kind", ["scenario", "rules", "pack"])
def test_a_schema_is_json(kind: str) -> None:
    assert json.loads(run("schema", kind).out)["$schema"].startswith("https://json-schema.org/")


# -- completion

COMPLETED = {
    ("assess", ""): {"rate", "explain", "schema"},
    ("assess", "expl"): {"explain"},
    ("assess", "--fail"): {"--fail-at", "--fail-on"},
    ("assess", "a.yaml", "--fail-at", "m"): {"minimal", "moderate"},
    ("assess", "a.yaml", "--format", "m"): {"markdown"},
    ("assess", "a.yaml", "--profile", "r"): {"range_driven"},
    ("assess", "explain", "RCH-1"): {"RCH-10"},
    ("assess", "explain", "item.prec"): {"item.precedent"},
    ("assess", "explain", "army"): {"army_rear_km"},
    ("assess", "new", "scenario", "--like", "us-p"): {"us-patriot-2022", "us-package-dec-2022"},
    ("assess", "schema", "sc"): {"scenario"},
    ("assess", "completion", ""): {"bash", "zsh", "fish"},
}


@pytest.mark.parametrize("words", COMPLETED)
def test_a_shell_completes_commands_options_and_words_of_the_pack(words: tuple[str, ...]) -> None:
    env = {"_ASSESS_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    offered = {line.split(",", 1)[1] for line in run(env=env).out.splitlines()}
    wanted = COMPLETED[words]
    assert offered >= wanted
    if words[-1]:
        assert all(word.startswith(words[-1]) for word in offered if word)


def test_a_shell_is_asked_to_complete_files() -> None:
    env = {"_ASSESS_COMPLETE": "bash_complete", "COMP_WORDS": "assess scen", "COMP_CWORD": "1"}
    assert "file,scen" in run(env=env).out.splitlines()


@pytest.mark.parametrize(("shell", "says"), [("bash", "complete -o"), ("zsh", "#compdef assess"), ("fish", "complete")])
def test_a_completion_script_is_one_that_the_shell_accepts(shell: str, says: str) -> None:
    script = run("completion", shell).out
    assert says in script
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script, text=True, check=False).returncode == 0


def test_an_interruption_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("escalation.cli.rate.assess", interrupted)
    assert run(PATRIOT)[:2] == (130, "")


def test_a_pack_that_is_not_there_is_bad_input() -> None:
    found = run(PATRIOT, "--rules", "nowhere")
    assert (found.code, found.out) == (2, "")
    assert "PACK-1" in found.err
    data = run(PATRIOT, "--rules", "nowhere", "--format", "json").err
    assert [problem["code"] for problem in json.loads(data)["problems"]] == ["PACK-1"]
