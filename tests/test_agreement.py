"""Two coders: Krippendorff's alpha against published figures, and which disagreements move a level."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.command import ROOT, run

from escalation.analysis.reliability import METRICS, alpha

NONE = None
# The worked example of Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): four observers, twelve units.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3),
    (NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE),
)
PUBLISHED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}
UNITS = st.lists(st.lists(st.integers(1, 5).map(float), min_size=2, max_size=3), min_size=1, max_size=12)


@pytest.mark.parametrize("metric", PUBLISHED)
def test_alpha_is_as_published(metric):
    units = [[value for value in column if value is not None] for column in zip(*OBSERVERS, strict=True)]
    assert alpha(units, metric) == pytest.approx(PUBLISHED[metric], abs=0.0005)


def test_alpha_by_hand():
    """Two coders, four units, one disagreement: D_o = 2/8; D_e = 2 * 3 * 5 / (8 * 7)."""
    assert alpha([[1, 1], [2, 2], [1, 2], [2, 2]], "nominal") == pytest.approx(1 - (2 / 8) / (30 / 56))


@pytest.mark.parametrize("metric", METRICS)
@given(units=UNITS)
def test_alpha_is_1_without_disagreement_and_blind_to_order(metric, units):
    agreed = [[unit[0]] * len(unit) for unit in units]
    assert alpha(agreed, metric) in (None, 1)
    assert alpha([list(reversed(unit)) for unit in reversed(units)], metric) == pytest.approx(alpha(units, metric))


@pytest.mark.parametrize("metric", METRICS)
@given(units=UNITS)
def test_alpha_is_that_of_the_coincidences_dealt_out_one_by_one(metric, units):
    """The same figure from the definition: every ordered pair of values within a unit, against every pair at all."""
    counts = Counter(value for unit in units for value in unit)
    distance = METRICS[metric]
    weighted = [(distance(a, b, counts), 1 / (len(unit) - 1)) for unit in units for a, b in permutations(unit, 2)]
    values = [value for unit in units for value in unit]
    everywhere = [distance(a, b, counts) for a, b in permutations(values, 2)]
    if not sum(everywhere):
        assert alpha(units, metric) is None
    else:
        seen = sum(d * w for d, w in weighted) / len(values)
        assert alpha(units, metric) == pytest.approx(1 - seen / (sum(everywhere) / len(everywhere)))


def test_nothing_to_tell_is_none():
    assert alpha([], "nominal") is None
    assert alpha([[1], [2]], "nominal") is None


# -- the command


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A second coding of the casebook: three cases, and one fact of each of two changed."""
    folder = tmp_path / "second"
    folder.mkdir()
    for name in ("us-patriot-2022", "us-himars-2022", "us-du-2023", "kp-shells-2022"):
        shutil.copy(ROOT / f"scenarios/casebook/{name}.yaml", folder)
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def compared(second: Path) -> dict:
    return json.loads(run("agreement", "scenarios/casebook", second, "--format", "json").out)


def test_one_coding_agrees_with_itself(second):
    data = compared(second)
    assert data["differences"] == []
    assert all(field["agreed"] == field["units"] for field in data["fields"])
    assert all(case["first"] == case["second"] for case in data["cases"])
    assert len(data["cases"]) == 3
    assert data["out_of_scope"] == ["kp-shells-2022"]
    assert len(data["only_first"]) == 22
    assert data["only_second"] == []


def test_each_disagreement_is_shown_with_what_it_moves(second):
    change(second, "us-patriot-2022", "training_outside_theatre", "supplier_crews_in_recipient")
    change(second, "us-himars-2022", "value: 80", "value: 75")
    found = {(d["case"], d["path"]): d for d in compared(second)["differences"]}
    assert found.keys() == {
        ("us-patriot-2022", "transfer.supplier_personnel"),
        ("us-himars-2022", "items.item.range"),
    }
    crew = found["us-patriot-2022", "transfer.supplier_personnel"]
    assert (crew["first"], crew["second"], crew["moves_a_level"]) == (
        "training outside the theatre",
        "supplier crews",
        True,
    )
    assert crew["levels"][0] == 2
    assert crew["with_second"][0] == 3
    assert not found["us-himars-2022", "items.item.range"]["moves_a_level"]


def test_a_warning_that_only_one_coder_has_is_a_disagreement(second):
    change(second, "us-patriot-2022", "id: kremlin-spokesperson-2022-12-14", "id: another-name")
    found = [d for d in compared(second)["differences"] if d["case"] == "us-patriot-2022"]
    # One warning of the kind counts on each side, so it is the same one by whatever name.
    assert found == []
    change(second, "us-patriot-2022", "date: 2022-12-14\n    speaker", "date: 2022-12-15\n    speaker")
    [absent] = [d for d in compared(second)["differences"] if d["case"] == "us-patriot-2022"]
    assert (absent["path"], absent["first"], absent["second"]) == (
        "warnings.kremlin-spokesperson-2022-12-14",
        "present",
        "absent",
    )


def test_the_coders_own_levels_are_compared_and_moved_by_nothing(second):
    change(second, "us-patriot-2022", "ex_ante:\n  level: 2", "ex_ante:\n  level: 4")
    data = compared(second)
    levels = next(c for c in data["codings"] if c["key"] == "ex_ante.level")
    assert levels["agreed"] == levels["units"] - 1
    assert data["differences"] == []


def test_the_page_names_what_moves_a_level(second):
    change(second, "us-patriot-2022", "training_outside_theatre", "supplier_crews_in_recipient")
    page = run("agreement", "scenarios/casebook", second).out
    assert "DISAGREEMENTS THAT MOVE A LEVEL BY THEMSELVES" in page
    assert "supplier crews" in page
    assert "the two codings come to the same level in 2 of 3 cases" in " ".join(page.split())


def test_bad_files_are_told(second):
    (second / "bad.yaml").write_text("schema: 1")
    done = run("agreement", "scenarios/casebook", second)
    assert (done.code, done.out) == (2, "")
    assert "KEY-2" in done.err
