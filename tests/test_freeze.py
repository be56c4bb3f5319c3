"""The freeze: what is able to move a rating changes the digest, and nothing else does."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.support.command import run

from escalation.analysis.freeze import since, substance
from escalation.pack import load_pack

PACK = load_pack()


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """The default pack with one text replaced in one file."""
    shutil.copytree(PACK.folder, folder / "rules")
    path = folder / "rules" / name
    text = path.read_text(encoding="utf-8")
    assert re.search(old, text, re.S), old
    path.write_text(re.sub(old, new, text, count=1, flags=re.S), encoding="utf-8")
    return folder / "rules"


@pytest.mark.parametrize("image", ["", *PACK.profiles])
def test_the_pack_has_not_changed_since_the_day_it_keeps(image):
    """If this fails, a rule, number or image was changed: keep the new day and digest under `frozen` in pack.yaml."""
    assert since(load_pack(None, image)) == (PACK.frozen.on, True, PACK.frozen.substance)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("role.yaml", r"points: 3\b", "points: 4"),
        ("warnings.yaml", r"gravest_kind: \{gte: retaliation\}", "gravest_kind: {gte: nuclear}"),
        ("limits.yaml", "ceiling: moderate", "ceiling: limited"),
        ("parameters.yaml", "value: 70 km", "value: 80 km"),
        ("parameters.yaml", "words: \\[this_item, same_class\\]", "words: [this_item]"),
        ("pack.yaml", "moderate: 6", "moderate: 5"),
        ("pack.yaml", "reach: \\{label: reach, min: 0, max: 8\\}", "reach: {label: reach, min: 0, max: 7}"),
        ("profiles/range_driven.yaml", "RCH-20: \\{escalation: 2\\}", "RCH-20: {escalation: 3}"),
        ("profiles/humiliation_averse.yaml", "- security_council_deputy_chair", "- legislator"),
        ("vocabulary.yaml", "assume: other_weapon", "assume: artillery"),
    ],
)
def test_what_is_able_to_move_a_rating_changes_it(tmp_path, name, old, new):
    assert substance(load_pack(changed(tmp_path, name, old, new))) != PACK.frozen.substance


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("role.yaml", "title: a weapon", "title: a weapon of war"),
        ("role.yaml", "^", "# a comment\n"),
        ("role.yaml", "basis: \\[casebook, jav17\\]", "basis: [casebook]"),
        ("parameters.yaml", "dated: 2022-06-05", "dated: 2022-06-06"),
        ("pack.yaml", "caveats:", "caveats:\n  - A further caveat."),
        ("panels.yaml", "title: Settled by", "title: Settled"),
        ("vocabulary.yaml", "question: Who receives it\\?", "question: Who gets it?"),
        ("pack.yaml", "role.yaml, reach.yaml", "reach.yaml, role.yaml"),
    ],
)
def test_texts_places_and_order_do_not(tmp_path, name, old, new):
    assert substance(load_pack(changed(tmp_path, name, old, new))) == PACK.frozen.substance


@pytest.mark.slow
def test_the_day_stands_beside_the_score(tmp_path):
    pytest.importorskip("numpy")
    assert "Last change of anything that is able to move a rating: 22 Nov 2026." in " ".join(
        run("backtest").out.split()
    )
    assert json.loads(run("backtest", "--format", "json").out)["frozen"]["unchanged"] is True
    pack = changed(tmp_path, "pack.yaml", "moderate: 6", "moderate: 5")
    cases = tmp_path / "cases"
    shutil.copytree(Path(PACK.folder).parent / "scenarios/casebook", cases)
    text = " ".join(run("backtest", cases, "--rules", pack).out.split())
    assert "Changed since 22 Nov 2026, the day kept in pack.yaml;" in text
    assert f"to keep it: frozen: {{on: DATE, substance: {substance(load_pack(pack))}}}." in text
