"""Plots: what is drawn is what the engine says, in words as well as colours, and a file is what its name says."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
from tests.support.command import ROOT, run

from escalation import Assessment, assess, load_pack
from escalation.analysis.backtest import Backtest, backtest
from escalation.analysis.backtest_plan import load_plan
from escalation.analysis.casebook import load_casebook
from escalation.analysis.even_if import even_if
from escalation.analysis.shares import shares
from escalation.analysis.two_facts import MOST_CELLS, two_facts
from escalation.analysis.vary import parse_axes
from escalation.bulk.by_pair import Swept, by_pair, swept
from escalation.bulk.stored import opened_results
from escalation.bulk.trace_row import pack_of
from escalation.diagnostics import InputError, Problems
from escalation.edits import with_values
from escalation.plots import agreement, heatmap, sweep, tornado
from escalation.plots import shares as share_plots
from escalation.plots.figure import Figure, ink_on, picture, ramp
from escalation.plots.kinds import FORMATS, KINDS
from escalation.sets import contains

PACK = load_pack()
VOCABULARY = PACK.vocabulary
PATRIOT, ATACMS = "scenarios/us-patriot-2022.yaml", "scenarios/us-atacms-2022.yaml"
FEATURES = "scenarios/every-feature.yaml"
AXES = [
    (PATRIOT, "transfer.supplier_personnel=*", "items[0].role=*"),
    (ATACMS, "items[0].range=50:1000:10", "items[0].permitted_targets=*"),
    (ATACMS, "items[0].range_kind=*", "items[0].range=0:500:1"),
    (FEATURES, "items.missile.range=100,250,400", "context.steps_past_180_days=0:10:1"),
]
SWEPT = (
    "items[0].permitted_targets=recipient_territory_defensive,russia_proper_limited",
    "items[0].range=50:350:50",
    "items[0].role=air_defence_long_range,deep_strike",
)
NAMES = [level.name.upper() for level in PACK.levels]


@cache
def found_of(file: str) -> Assessment:
    return assess(ROOT / file, PACK)


@cache
def book() -> Backtest:
    files = sorted(map(str, (ROOT / "scenarios" / "casebook").glob("*.yaml")))
    cases = load_casebook(files, PACK, Problems(), engine="ledger", with_banner=False)
    return backtest(PACK, cases, load_plan(PACK))


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a small sweep of three facts."""
    path = tmp_path_factory.mktemp("sweep") / "rows.parquet"
    vary = [word for axis in SWEPT for word in ("--vary", axis)]
    assert run("sweep", PATRIOT, *vary, "-o", path).code == 0
    return path


def swept_of(path: Path) -> Swept:
    stored = opened_results(str(path))
    return swept(stored, pack_of(stored))


def figures(rows: Path) -> dict[str, Figure]:
    return {
        "sweep": sweep.figure(swept_of(rows)),
        "heatmap": heatmap.figure(found_of(PATRIOT), AXES[0][1:]),
        "tornado": tornado.figure(found_of(PATRIOT)),
        "shares": share_plots.figure(found_of(FEATURES)),
        "confusion": agreement.confusion(book()),
        "calibration": agreement.calibration(book()),
    }


def svg(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(picture(figure, "svg"))


def said(tree: ElementTree.Element) -> list[str]:
    """What the marks of a picture say of themselves."""
    own = (
        e for e in tree.iter() if e.get("aria-roledescription", "").removesuffix(" mark") in ("rect", "point", "bar")
    )
    return [e.get("aria-label", "") for e in own]


def texts(tree: ElementTree.Element) -> list[str]:
    return ["".join(e.itertext()) for e in tree.iter("{http://www.w3.org/2000/svg}text")]


# -- what is drawn


@pytest.mark.slow
@pytest.mark.parametrize(("file", "across", "up"), AXES)
def test_every_cell_of_a_heat_map_is_what_the_engine_says_of_every_value_in_it(file, across, up):
    found = found_of(file)
    axes = parse_axes(found.scenario, VOCABULARY, [across, up])
    answer = two_facts(found, *axes)
    sides = (answer.across, answer.up)
    for side in sides:
        for value in side.axis.values:
            assert sum(contains(step.values, value) for step in side.steps) == 1
    for i, row in enumerate(answer.cells):
        for j, cell in enumerate(row):
            steps = (answer.across.steps[j], answer.up.steps[i])
            inside = [
                [v for v in s.axis.values if contains(step.values, v)] for s, step in zip(sides, steps, strict=True)
            ]
            for a, b in {(inside[0][0], inside[1][0]), (inside[0][-1], inside[1][-1])}:
                pairs = [(axes[0].entity, axes[0].field, a), (axes[1].entity, axes[1].field, b)]
                plain = assess(with_values(found.scenario, VOCABULARY, pairs), PACK, engine="ledger")
                assert (plain.rating.level, plain.rating.score, plain.fired) == (cell.level, cell.score, plain.fired)
    marks = said(svg(heatmap.figure(found, (across, up))))
    told = [f"{NAMES[cell.level - 1]} {cell.score}" for row in answer.cells for cell in row]
    assert [mark.rpartition(": ")[2] for mark in marks] == told


@pytest.mark.parametrize(("file", "across", "up"), AXES)
def test_thick_lines_stand_exactly_between_cells_of_different_levels(file, across, up):
    found = found_of(file)
    answer = two_facts(found, *parse_axes(found.scenario, VOCABULARY, [across, up]))
    levels = [[cell.level for cell in row] for row in answer.cells]
    wanted = sum(a != b for row in levels for a, b in pairwise(row))
    wanted += sum(a != b for row, other in pairwise(levels) for a, b in zip(row, other, strict=True))
    tree = svg(heatmap.figure(found, (across, up)))
    lines = [e for e in tree.iter() if e.tag.endswith("line") and e.get("stroke") == "#000000"]
    assert len(lines) == wanted


def test_steps_of_a_number_end_where_a_rule_draws_its_line_not_where_the_grid_falls():
    found = found_of(ATACMS)
    coarse, fine = (
        two_facts(found, *parse_axes(found.scenario, VOCABULARY, [f"items[0].range=50:1000:{step}", "items[0].role=*"]))
        for step in (95, 0.5)
    )
    assert [s.values for s in coarse.across.steps] == [s.values for s in fine.across.steps]
    assert coarse.cells == fine.cells


def test_the_dashed_frame_stands_on_the_facts_as_they_are_or_the_caption_says_that_it_cannot():
    found = found_of(PATRIOT)
    there = heatmap.figure(found, AXES[0][1:])
    rating = found.rating
    assert f"{NAMES[rating.level - 1]} {rating.score}." in there.notes[0]
    dashed = [e for e in svg(there).iter() if e.get("stroke-dasharray")]
    assert len(dashed) == 1
    away = heatmap.figure(found, ("items[0].range=500:900:100", "items[0].role=*"))
    assert "not in the picture" in away.notes[0]
    assert not [e for e in svg(away).iter() if e.get("stroke-dasharray")]


@pytest.mark.slow
def test_every_cell_of_a_sweep_has_the_levels_of_its_rows_and_every_value_is_in_the_picture(rows):
    found = swept_of(rows)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        answer = by_pair(found, first, second)
        for i, row in enumerate(answer.cells):
            for j, cell in enumerate(row):
                step = {first: answer.steps[0][j], second: answer.steps[1][i]}
                inside = [step.get(n, axis.values) for n, axis in enumerate(found.axes)]
                rated = [
                    assess(
                        with_values(
                            found.scenario,
                            VOCABULARY,
                            [(axis.entity, axis.field, value) for axis, value in zip(found.axes, values, strict=True)],
                        ),
                        PACK,
                        engine="ledger",
                    ).rating
                    for values in product(*inside)
                ]
                levels, scores = [one.level for one in rated], [one.score for one in rated]
                assert cell == (min(levels), max(levels), min(scores), max(scores), len(rated))
        tree = svg(sweep.figure(found, [found.axes[first].path, found.axes[second].path]))
        ends = [f"{NAMES[c.level_low - 1]}" for row in answer.cells for c in row]
        assert [mark.rpartition(": ")[2].split()[0] for mark in said(tree)] == ends
        shown = re.sub(r"\s+", "", " ".join(texts(tree)))
        for n, axis in ((0, found.axes[first]), (1, found.axes[second])):
            for values in answer.steps[n] if not axis.steps else ():
                assert re.sub(r"\s+", "", axis.field.show(values[0])) in shown


def test_every_value_stands_beside_a_heat_map_however_many_there_are():
    found = found_of(PATRIOT)
    for axes in (("items[0].role=*", "items[0].range_kind=*"), ("items[0].range_kind=*", "items[0].role=*")):
        shown = " ".join(texts(svg(heatmap.figure(found, axes))))
        for name in ("role", "range_kind"):
            field = VOCABULARY.fields[f"item.{name}"]
            assert all(field.show(word) in shown for word in field.words)


def test_results_without_two_varied_facts_are_refused(tmp_path):
    one = tmp_path / "one.parquet"
    assert run("sweep", PATRIOT, "--vary", "items[0].range=50:100:50", "-o", one).code == 0
    for path, code in ((one, "OUT-3"), (ROOT / PATRIOT, "OUT-3"), (tmp_path / "none", "FILE-1")):
        ran = run("plot", "sweep", path)
        assert ran.code == 2 and code in ran.err and not ran.out


def test_a_pair_that_was_not_varied_is_refused(rows):
    ran = run("plot", "sweep", rows, "--pair", "range,consent")
    assert ran.code == 2 and "does not name two varied facts" in ran.err


def test_both_ends_of_every_bar_of_a_tornado_are_what_even_if_says():
    found = found_of(PATRIOT)
    score = found.rating.score
    wanted = set()
    for room in even_if(found).rooms:
        ends = [min(o.score for o in room.outcomes), max(o.score for o in room.outcomes)]
        wanted |= {(room.fact.field.label, end) for end in ends if end != score}
    marks = said(svg(tornado.figure(found)))
    drawn = set()
    for mark in marks:
        label, _, rest = mark.partition("; at ")
        number = int(re.findall(r"-?\d+", rest)[-1])
        drawn.add((label.partition(": ")[2].partition(",")[0] or label.partition(",")[0], number))
    assert drawn == wanted


@pytest.mark.slow
def test_a_tornado_counts_what_it_leaves_out():
    figure = tornado.figure(found_of(FEATURES))
    moving = [r for r in even_if(found_of(FEATURES)).rooms if len({o.score for o in r.outcomes}) > 1]
    assert f"{len(moving) - tornado.MOST} further facts" in figure.notes[0]


def test_a_tornado_of_nothing_says_so():
    pack = PACK._replace(rules=(PACK.rules[0],), order=(0,))
    figure = tornado.figure(assess(ROOT / "scenarios/template.yaml", pack, engine="ledger"))
    assert picture(figure, "svg")


def test_bars_of_shares_are_the_shares():
    found = found_of(FEATURES)
    answer = shares(found)
    marks = said(svg(share_plots.figure(found)))
    wanted = [one for scale in answer.scales for one in scale.levels]
    assert len(marks) == len(wanted)
    for mark, one in zip(marks, wanted, strict=True):
        name, share = mark.split(" ", 1)
        assert name == NAMES[one.level - 1]
        assert abs(float(share.removeprefix("over ").removesuffix("%")) - 100 * one.share) <= 0.05


@pytest.mark.slow
def test_a_backtest_is_drawn_case_for_case():
    found = book()
    marks = said(svg(agreement.confusion(found)))
    counts = [int(re.findall(r"(\d+) cases?$", mark)[0]) for mark in marks]
    assert counts == [count for answer in found.answers for row in answer.confusion for count in row]
    means = said(svg(agreement.calibration(found, ["ex_ante"])))
    cases = found.answers[0].cases
    for mark in means:
        name, mean, number = re.fullmatch(r"rated ([A-Z]+): coded ([\d.]+) on average, (\d+) cases?", mark).groups()
        coded = [case.target for case in cases if case.level == NAMES.index(name) + 1]
        assert (f"{sum(coded) / len(coded):.1f}", str(len(coded))) == (mean, number)
    assert sum(int(re.findall(r"(\d+) cases?$", mark)[0]) for mark in means) == len(cases)


# -- how it looks


@pytest.mark.slow
@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_every_picture_says_what_it_is_what_it_is_not_and_what_it_was_made_from(name, rows):
    figure = figures(rows)[name]
    shown = " ".join(texts(svg(figure)))
    flat = re.sub(r"\s+", "", shown)
    for text in (figure.title, figure.subtitle, *figure.notes):
        assert re.sub(r"\s+", "", text) in flat
    assert re.search(r"not prediction|not the likelihood|never accuracy", " ".join(figure.notes))
    assert f"{PACK.name} {PACK.version} {PACK.digest[:8]}" in figure.notes[-1]
    title, desc = (e.text for e in list(svg(figure))[:2])
    assert (title, desc) == (figure.title, figure.says)


@pytest.mark.slow
@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_equal_input_gives_equal_bytes_and_nothing_is_fetched(name, rows):
    figure = figures(rows)[name]
    first = picture(figure, "svg")
    assert first == picture(figures(rows)[name], "svg")
    assert not re.search(rb"https?://(?!www\.w3\.org/)|<image|<script|url\((?!#)", first)


def test_levels_get_ever_darker_and_words_on_them_stay_readable():
    for number in (2, 3, 5, 8):
        pack = PACK._replace(levels=tuple(PACK.levels[0]._replace(name=f"l{i}") for i in range(number)))
        colours = list(ramp(pack).values())
        lights = [light(colour) for colour in colours]
        assert lights == sorted(lights, reverse=True) and len(set(colours)) == number
        assert all(contrast(colour, ink_on(colour)) >= 4.5 for colour in colours)


def light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_hostile_title_is_text(tmp_path):
    text = (ROOT / PATRIOT).read_text(encoding="utf-8")
    title = '"</title><script>alert(1)</script>\\u202E' + "long " * 60 + '"'
    file = tmp_path / "hostile.yaml"
    file.write_text(re.sub(r"^title: .*$", lambda _: f"title: {title}", text, flags=re.MULTILINE), encoding="utf-8")
    data = picture(heatmap.figure(assess(file, PACK), AXES[0][1:]), "svg")
    assert b"<script" not in data and "\u202e" not in data.decode()
    assert "<script>alert(1)</script>" in " ".join(texts(ElementTree.fromstring(data)))


SHOWN = {
    "heatmap": lambda: heatmap.figure(found_of(PATRIOT), AXES[0][1:]),
    "tornado": lambda: tornado.figure(found_of(PATRIOT)),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_pictures_of_the_documentation_are_current(name):
    path = ROOT / "docs" / "pictures" / f"{name}.svg"
    data = picture(SHOWN[name](), "svg")
    if os.environ.get("REFRESH_GOLDEN"):
        path.write_bytes(data)
    kept, now = (ElementTree.fromstring(one) for one in (path.read_bytes(), data))  # by their words, not their pixels
    assert (words_of(kept), said(kept)) == (words_of(now), said(now)), "see tests/support/golden.py"


def words_of(tree: ElementTree.Element) -> list[str]:
    """All texts of a picture, but for the version and digest of the pack: a comment in a rule file changes none."""
    return [re.sub(rf"({PACK.name}) [\d.]+ [0-9a-f]{{8}}", r"\1", text) for text in tree.itertext()]


# -- the command


START = {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_writes_every_form(kind, rows, tmp_path):
    words = {"scenario": [PATRIOT], "results": [rows], "backtest": ["--engine", "ledger"]}[kind.of]
    words += [word for axis in AXES[0][1:] for word in ("--vary", axis)] if kind.axes else []
    outputs = [tmp_path / f"out.{form}" for form in FORMATS]
    ran = run("plot", kind.name, *words, *(word for path in outputs for word in ("-o", path)))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert all(path.read_bytes().startswith(START[path.suffix[1:]]) for path in outputs)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in outputs)


@pytest.mark.slow
def test_without_a_file_the_picture_goes_to_standard_output():
    ran = run("plot", "shares", FEATURES)
    assert ran.code == 0 and ran.out.encode().rstrip() == picture(share_plots.figure(found_of(FEATURES)), "svg")


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_a_missing_extra_is_one_clear_line(name):
    words = [PATRIOT, "--vary", "a=b", "--vary", "c=d"] if name == "heatmap" else [PATRIOT]
    gone = {module: None for module in sys.modules if module.startswith("escalation.plots.figure")}
    with patch.dict(sys.modules, {"altair": None, **gone}):
        del sys.modules["escalation.plots.figure"]
        ran = run("plot", name, *words)
    assert ran.code == 2 and ran.out == ""
    assert ran.err.splitlines()[-1] == (
        "Error: this needs altair, which is not installed: pip install 'escalation-assess[plots]'"
    )


WRONG = [
    (["heatmap", PATRIOT], "--vary is wanted 2 times, not 0"),
    (["heatmap", PATRIOT, "--vary", "items[0].role=*"], "--vary is wanted 2 times, not 1"),
    (["shares", PATRIOT, "-o", "out.gif"], "does not end in .svg, .pdf, .png"),
    (["heatmap", PATRIOT, "--vary", "items[0].rolle=*", "--vary", "items[0].range=1:2"], "EDIT-3"),
    (["heatmap", PATRIOT, "--vary", "items[0].rolle=*", "--vary", "items[0].range=1:2"], "VARY-1"),
    (["confusion", "--question", "outcom"], "did you mean outcome?"),
    (["confusion", "scenarios/casebook/none"], "FILE-"),
    (["shares", "scenarios/us-patriot.yaml"], "FILE-1"),
    (["shares", PATRIOT, "-o", "/nowhere/at/all.svg"], "cannot write /nowhere/at/all.svg"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_what_is_asked_wrongly_is_said(words, message):
    ran = run("plot", *words)
    assert ran.code == 2 and message in ran.err and ran.out == ""


def test_too_many_cells_are_refused():
    found = found_of(ATACMS)
    axes = parse_axes(
        found.scenario, VOCABULARY, ["items[0].role=*", "items[0].range=" + ",".join(map(str, range(200)))]
    )
    with pytest.raises(InputError, match="VARY-3"):
        two_facts(found, *axes)
    assert len(axes[0].values) * len(axes[1].values) > MOST_CELLS


@pytest.mark.slow
def test_help_names_every_kind_and_every_example_runs(rows, tmp_path):
    shown = run("plot", "--help").out
    for kind in KINDS:
        assert kind.name in shown
        words = kind.example.replace("\\\n", " ").replace("'", "").split()[1:]
        words[words.index("-o") + 1] = str(tmp_path / Path(words[words.index("-o") + 1]).name)
        assert run(*(str(rows) if word == "rows.parquet" else word for word in words)).code == 0
