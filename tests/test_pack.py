"""A pack as loaded from its folder: its images, its digest, and the copy kept between runs."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation import InputError, Pack, assess, load_pack, pack_reader
from escalation.rules import walk

RULES = ROOT / "rules"
PATRIOT = "scenarios/us-patriot-2022.yaml"
NEUTRAL = load_pack()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the installed pack, to be changed."""
    return Path(shutil.copytree(RULES, tmp_path / "pack"))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ESCALATION_CACHE", raising=False)
    return tmp_path / "cache" / "escalation-assess"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The profile of each pack that is read from its text, as it is read."""
    real, seen = pack_reader.read_pack, []

    def read_pack(files, digest, profile, folder):
        seen.append(profile)
        return real(files, digest, profile, folder)

    monkeypatch.setattr(pack_reader, "read_pack", read_pack)
    return seen


# -- images


@pytest.mark.parametrize("name", NEUTRAL.profiles)
def test_an_image_changes_what_it_names_and_nothing_else(name: str) -> None:
    image, overlay = load_pack(profile=name), NEUTRAL.profiles[name]
    assert image.profile == name
    assert image.digest == NEUTRAL.digest
    assert [rule.id for rule in image.rules] == [r.id for r in NEUTRAL.rules if r.id not in overlay.off]
    moved = 0
    for rule in image.rules:
        plain = NEUTRAL.rule(rule.id)
        assert plain is not None
        assert rule.then.points == {**plain.then.points, **overlay.points.get(rule.id, {})}
        assert rule._replace(then=plain.then, when=plain.when) == plain
        if rule.when != plain.when:  # only through a parameter of the image
            names = {word for node in walk(plain.when) for word in getattr(node, "written", "").split()}
            assert overlay.parameters
            assert any(f"${p}" in " ".join(names) for p in overlay.parameters)
        moved += rule != plain
    assert moved
    assert image.parameters == {**NEUTRAL.parameters, **overlay.parameters}
    assert (image.scales, image.factors, image.levels) == (NEUTRAL.scales, NEUTRAL.factors, NEUTRAL.levels)


def test_images_rate_differently_somewhere() -> None:
    files = sorted((ROOT / "scenarios").glob("us-*.yaml"))
    scores = {
        name: [assess(f, load_pack(profile=name)).rating.score for f in files] for name in ["", *NEUTRAL.profiles]
    }
    assert len({tuple(found) for found in scores.values()}) == len(scores)


def test_an_unknown_image_is_refused_with_a_suggestion() -> None:
    with pytest.raises(InputError) as caught:
        load_pack(profile="range_drivn")
    assert "did you mean range_driven?" in caught.value.problems[0].help


# -- digest


def test_the_digest_is_of_the_text_and_not_of_the_place(copied: Path) -> None:
    assert load_pack(copied).digest == NEUTRAL.digest
    assert load_pack(f"{copied}/").digest == NEUTRAL.digest


@pytest.mark.parametrize("name", ["pack.yaml", "parameters.yaml", "warnings.yaml", "profiles/range_driven.yaml"])
def test_any_change_of_any_file_changes_the_digest(name: str, copied: Path) -> None:
    with (copied / name).open("a") as file:
        file.write("# a comment\n")
    changed = load_pack(copied)
    assert changed.digest != NEUTRAL.digest
    assert assess(ROOT / PATRIOT, changed).rating == assess(ROOT / PATRIOT).rating
    (copied / name).write_bytes((RULES / name).read_bytes())
    assert load_pack(copied).digest == NEUTRAL.digest


def test_what_is_no_part_of_the_pack_leaves_the_digest(copied: Path) -> None:
    (copied / "README.md").write_text("about this pack")
    (copied / "tests" / "more.yaml").write_text("[]")
    assert load_pack(copied).digest == NEUTRAL.digest


# -- what is kept between runs


def test_a_pack_is_read_once_and_is_the_same_from_then_on(kept: Path, readings: list[str]) -> None:
    first = load_pack()
    assert readings == [""]
    assert list(kept.iterdir())
    assert load_pack() == first == NEUTRAL
    load_pack(profile="range_driven")
    load_pack(profile="range_driven")
    assert readings == ["", "range_driven"]


def test_nothing_is_kept_or_used_where_that_is_turned_off(
    kept: Path, readings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_pack()
    monkeypatch.setenv("ESCALATION_CACHE", "off")
    shutil.copytree(kept, kept.with_name("before"))
    load_pack()
    load_pack()
    assert readings == ["", "", ""]
    shutil.rmtree(kept)
    assert run(PATRIOT).code == 0
    assert not kept.exists()


def entries(kept: Path) -> list[Path]:
    load_pack()
    return sorted(kept.iterdir())


SPOILT = {
    "empty": b"",
    "garbage": b"\x80\x05not a pickle",
    "something else": pickle.dumps({"name": "default-rus"}),
    "code that is gone": b"cescalation.nowhere\nPack\n.",
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_spoilt_entry_is_made_again(what: str, kept: Path, readings: list[str]) -> None:
    (entry,) = entries(kept)
    entry.write_bytes(SPOILT[what])
    assert load_pack() == NEUTRAL
    assert load_pack() == NEUTRAL
    assert readings == ["", ""]


def test_half_an_entry_is_made_again(kept: Path, readings: list[str]) -> None:
    (entry,) = entries(kept)
    entry.write_bytes(entry.read_bytes()[:-1000])
    assert load_pack() == NEUTRAL
    assert readings == ["", ""]


def test_an_entry_of_another_pack_or_image_is_not_used(copied: Path, kept: Path, readings: list[str]) -> None:
    (entry,) = entries(kept)
    parameters = copied / "parameters.yaml"
    parameters.write_text(parameters.read_text().replace("value: 70 km", "value: 71 km"))
    for other in (load_pack(copied)._replace(folder=NEUTRAL.folder), load_pack(profile="range_driven")):
        entry.write_bytes(pickle.dumps(other))
        assert load_pack() == NEUTRAL
    assert len(readings) == 5


def test_a_changed_rule_is_never_served_from_what_was_kept(copied: Path, kept: Path) -> None:
    before = assess(ROOT / PATRIOT, load_pack(copied))
    role = copied / "role.yaml"
    role.write_text(role.read_text().replace("points: 3", "points: 5", 1))
    assert assess(ROOT / PATRIOT, load_pack(copied)).rating.score == before.rating.score + 2


def test_changed_code_makes_all_entries_stale(kept: Path, readings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    load_pack()
    monkeypatch.setattr("escalation.cache._source_stamp", lambda: "another")
    load_pack()
    assert readings == ["", ""]


def test_a_pack_in_another_place_has_its_own_places(copied: Path, kept: Path) -> None:
    load_pack()
    moved = load_pack(copied)
    assert moved.folder == str(copied)
    assert all(rule.mark.file.startswith(str(copied)) for rule in moved.rules)
    assert all(not rule.mark.file.startswith(str(copied)) for rule in load_pack().rules)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners on this system")
def test_a_folder_that_others_may_write_to_is_neither_read_nor_written(kept: Path, readings: list[str]) -> None:
    (entry,) = entries(kept)
    before = entry.stat().st_mtime_ns
    kept.chmod(0o777)
    assert load_pack() == NEUTRAL
    assert readings == ["", ""]
    assert [path.stat().st_mtime_ns for path in kept.iterdir()] == [before]
    kept.chmod(0o700)


def test_a_folder_that_cannot_be_made_is_no_problem(kept: Path) -> None:
    kept.parent.parent.mkdir(exist_ok=True)
    kept.parent.write_text("a file where the folder should be")
    assert load_pack() == NEUTRAL
    assert isinstance(load_pack(), Pack)
    assert run(PATRIOT).code == 0
