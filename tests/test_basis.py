"""Refusal: a scenario that says too little is not rated, and one that says enough is, however wide its range."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation.assess import assess
from escalation.basis import too_little
from escalation.diagnostics import InputError
from escalation.pack import load_pack
from escalation.scenario import load_scenario

PACK = load_pack()
HEAD = "schema: 1\nid: made\ntitle: Made\nas_of: 2023-01-01\nperceiver: RUS\n"


def written(folder: Path, items: str, name: str = "made", rest: str = "") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"{HEAD.replace('made', name)}items: [{items}]\n{rest}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("items", "refused"),
    [
        ("{id: a, name: undisclosed system}", ["a"]),
        ("{id: a, role: unknown}", ["a"]),
        ("{id: a, role: unknown, permitted_targets: no_published_limit, precedent: none}", ["a"]),  # terms say no more
        ("{id: a, range: 300}", ["a"]),
        ("{id: a, range: unknown, target_reach: unknown}", ["a"]),
        ("{id: a, range: {low: 0, high: 20000}, target_reach: russia_proper}", ["a"]),  # the whole domain
        ("{id: a, role: artillery}, {id: b, name: and another}, {id: c}", ["b", "c"]),
        ("{id: a, role: artillery}", []),
        ("{id: a, role: {one_of: [artillery, deep_strike]}}", []),
        ("{id: a, role: unknown, range: 300, target_reach: russia_proper}", []),
        ("{id: a, role: unknown, range: {low: 100, high: 300}, target_reach: {one_of: [maritime, russia_proper]}}", []),
    ],
)
def test_an_item_has_to_say_what_it_is_or_how_far_it_goes_and_what_that_reaches(tmp_path, items, refused):
    path = written(tmp_path, items)
    assert [problem.message.split()[1] for problem in too_little(load_scenario(path, PACK.vocabulary), PACK)] == refused
    if refused:
        with pytest.raises(InputError, match="BASIS-1"):
            assess(path, PACK)
    else:
        assert assess(path, PACK).rating.low <= assess(path, PACK).rating.high


def test_what_the_transfer_states_is_said_of_its_items(tmp_path):
    path = written(tmp_path, "{id: a, name: a thing}", rest="transfer: {role: artillery}\n")
    assert too_little(load_scenario(path, PACK.vocabulary), PACK) == []


def test_what_became_known_later_is_no_basis(tmp_path):
    path = written(tmp_path, "{id: a, role: {value: deep_strike, known_at: 2023-02-01}}")
    assert run(path).code == 2
    assert run(path, "--as-of", "2023-02-01").code == 0


def test_the_message_shows_the_place_and_says_what_to_state(tmp_path):
    done = run(written(tmp_path, "{id: a, role: unknown}"))
    assert (done.code, done.out) == (2, "")
    assert "made.yaml:6:9: BASIS-1 item a says too little to be rated" in done.err
    assert "6 | items: [{id: a, role: unknown}]" in done.err
    assert "state item.role or item.range and item.target_reach" in " ".join(done.err.split())


def test_good_files_among_those_refused_are_rated(tmp_path):
    written(tmp_path, "{id: a, role: artillery}", "good")
    written(tmp_path, "{id: a}", "poor")
    done = run(tmp_path, "--format", "json")
    assert done.code == 2
    assert [one["scenario"]["id"] for one in json.loads(f"[{done.out}]" if done.out[0] == "{" else done.out)] == [
        "good"
    ]


def test_questions_refuse_as_well(tmp_path):
    path = written(tmp_path, "{id: a}")
    for command in ("why-not", "flip", "precedents", "base-rates"):
        done = run(command, path, *(["RCH-10"] if command == "why-not" else []))
        assert (done.code, "BASIS-1" in done.err) == (2, True)


def test_no_scenario_that_comes_with_the_package_is_refused():
    paths = [path for path in (ROOT / "scenarios").rglob("*.yaml") if path.name != "template.yaml"]
    refused = [path.name for path in paths if too_little(load_scenario(path, PACK.vocabulary), PACK)]
    assert len(paths) > 25
    assert refused == []


def test_a_pack_that_declares_nothing_refuses_nothing(tmp_path):
    path = written(tmp_path, "{id: a}")
    assert assess(path, PACK._replace(needs=())).rating.level >= 1
