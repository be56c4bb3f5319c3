"""The first case: Patriot is rated below ATACMS, for the reasons of the report, and not by a hair."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from escalation import InputError, assess, load_pack, load_scenario
from escalation.trace import trace

ROOT = Path(__file__).parents[1]
PATRIOT, ATACMS = ROOT / "scenarios/us-patriot-2022.yaml", ROOT / "scenarios/us-atacms-2022.yaml"
NUMBERS = [p.name for p in load_pack().parameters.values() if not isinstance(p.value, tuple)]
PROFILES = ["", *load_pack().profiles]


@pytest.mark.parametrize("profile", PROFILES)
def test_patriot_is_strictly_below_atacms_on_level_and_score(profile: str) -> None:
    pack = load_pack(profile=profile)
    low, high = assess(PATRIOT, pack), assess(ATACMS, pack)
    assert low.rating.level < high.rating.level
    assert low.rating.score < high.rating.score
    assert low.rating.score_high < high.rating.score_low  # whatever the open facts turn out to be


def test_the_terms_of_atacms_are_open() -> None:
    facts = next(e for e in load_scenario(ATACMS, load_pack().vocabulary).entities if e.kind == "item").facts
    assert facts["permitted_targets"].state == "open"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("direction", [-1, 1])
def test_the_order_does_not_hang_on_one_parameter(name: str, direction: int, tmp_path: Path) -> None:
    """Each parameter moved by a tenth, and a count by one."""
    parameter = load_pack().parameters[name]
    step = parameter.value / 10 if parameter.unit else 1
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    file = tmp_path / "rules/parameters.yaml"
    pattern = rf"(  {name}:\s*(?:\{{)?\s*value: ){parameter.value:g}\b"
    moved, count = re.subn(pattern, rf"\g<1>{parameter.value + direction * step:g}", file.read_text())
    assert count == 1
    file.write_text(moved)
    pack = load_pack(tmp_path / "rules")
    low, high = assess(PATRIOT, pack), assess(ATACMS, pack)
    assert low.rating.level < high.rating.level
    assert low.rating.score < high.rating.score


def test_the_target_claim_is_discounted_because_nothing_operational_followed() -> None:
    found = trace(assess(PATRIOT))
    (claim,) = [w for w in found["warnings"] if not w["counted"]]
    assert claim["reason"].startswith("discounted")
    assert "no operational change followed" in claim["reason"]
    change = next(f for f in claim["facts"] if f["fact"].endswith("operational_change"))
    assert change["value"] == "none_seen"
    line = Path(change["file"]).read_text().splitlines()[change["line"] - 1]
    assert "none_seen" in line


def test_the_reasons_are_role_reach_and_the_warnings() -> None:
    low, high = trace(assess(PATRIOT)), trace(assess(ATACMS))
    held = [{f["name"]: f["held"] for f in found["factors"]["escalation"]} for found in (low, high)]
    assert held[0]["role"] < held[1]["role"]
    assert held[0]["reach"] < held[1]["reach"]
    assert held[0]["warnings"] < held[1]["warnings"]


def test_the_third_transfer_is_refused_since_the_pack_has_no_image_of_its_perceiver() -> None:
    with pytest.raises(InputError) as caught:
        assess(ROOT / "scenarios/ir-ballistic-2022.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "SCOPE-1"
    assert "UKR" in problem.message
    assert problem.excerpt.startswith("perceiver: UKR")


def run(*args: str, seed: str = "0") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "escalation", *args],
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "engine")},
        cwd=ROOT,
        check=False,
    )


def test_the_same_input_gives_the_same_bytes() -> None:
    files = ["scenarios/us-patriot-2022.yaml", "scenarios/us-atacms-2022.yaml", "--format", "json"]
    outputs = {run(*files, seed=seed).stdout for seed in ("0", "1", "77")}
    assert len(outputs) == 1
    assert [found["scenario"]["id"] for found in json.loads(outputs.pop())] == ["us-patriot-2022", "us-atacms-2022"]


def test_the_order_of_entities_changes_nothing_but_places(tmp_path: Path) -> None:
    text = ATACMS.read_text()
    head, _, rest = text.partition("\nwarnings:\n")
    body, _, tail = rest.partition("\ncontext:\n")
    entries = re.split(r"(?m)^(?=  - )", body)
    shuffled = "".join([entries[0], *[e if e.endswith("\n") else e + "\n" for e in reversed(entries[1:])]])
    (tmp_path / "b.yaml").write_text(f"{head}\nwarnings:\n{shuffled}\ncontext:\n{tail}")
    assert len(entries) > 2

    def bare(path: Path) -> object:
        return _without_places(trace(assess(path)))

    assert bare(ATACMS) == bare(tmp_path / "b.yaml")


def _without_places(data: object) -> object:
    if isinstance(data, dict):
        return {k: _without_places(v) for k, v in data.items() if k not in ("file", "line")}
    return [_without_places(v) for v in data] if isinstance(data, list) else data
