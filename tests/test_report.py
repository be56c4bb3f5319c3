"""The report as a file: what it shows, that nothing gets in or out of it, that its what-if is the engine's."""

import base64
import hashlib
import json
import random
import re
import shlex
import shutil
from functools import cache
from pathlib import Path

import pytest
from tests.support.command import ROOT, run
from tests.support.page import Element, parsed

from escalation import Assessment, assess, load_pack
from escalation.analysis.decisions import decisions
from escalation.assess import run_world
from escalation.questions import compare
from escalation.rating import arithmetic
from escalation.trace import trace

pytest.importorskip("jinja2", reason="the report needs the extra web")
from escalation.web.page import report
from escalation.web.waterfall import NARROW, WIDE, picture

SCENARIOS = ROOT / "scenarios"
PATRIOT, ATACMS = SCENARIOS / "us-patriot-2022.yaml", SCENARIOS / "us-atacms-2022.yaml"
PACKAGE, EVERY = SCENARIOS / "us-package-dec-2022.yaml", SCENARIOS / "every-feature.yaml"
FILES = (PATRIOT, ATACMS, PACKAGE, EVERY)
WORD = "x" * 5000
HOSTILE = f"""\
schema: 1
id: hostile
title: "<script>alert(1)</script> & \\u202Etitle \\u2066of\\u2069 {{{{ 7*7 }}}} \\" onload=x"
as_of: 2022-12-14
perceiver: RUS
transfer: {{act: hardware, suppliers: [USA], recipient: UKR, supplier_personnel: unknown}}
items:
  - id: thing
    name: "{WORD}"
    role: air_defence_long_range
    range: {{value: 100 mi, quote: "</script><img src=x onerror=alert(1)>"}}
    range_kind: intercept
    source: s
warnings:
"""
WARNING = """\
  - id: w{0}
    date: 2022-{1:02}-{2:02}
    speaker: "\\u202Espeaker</td>{0}"
    office: kremlin_spokesperson
    kind: legitimate_target
    threatens: system_in_theatre
    gist: "</script><script>alert({0})</script> \u0645\u0631\u062d\u0628\u0627"
    source: s
"""
SOURCE = 'sources: {s: {publisher: "<b>bold</b>", title: "\'\\"><svg onload=alert(1)>", url: "javascript:alert(1)"}}\n'


@cache
def found(path: Path) -> Assessment:
    return assess(path)


@cache
def text(*paths: Path) -> str:
    return report([found(path) for path in paths])


@cache
def tree(*paths: Path) -> Element:
    return parsed(text(*paths))


def hostile(path: Path, count: int) -> Path:
    """A scenario that tries to break out of every place where its text is shown, with that many warnings."""
    warnings = "".join(WARNING.format(i, 1 + i % 11, 1 + i % 28) for i in range(count))
    path.write_text(HOSTILE + warnings + SOURCE, encoding="utf-8")
    return path


# -- what it shows


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verdict_is_that_of_the_engine(path: Path) -> None:
    head, given = tree(path).all("header", "verdict")[0], found(path)
    assert given.scenario.title in head.text
    chips = head.all("span", "chip")
    assert len(chips) == len(given.ratings)
    for chip, rating in zip(chips, given.ratings, strict=True):
        assert chip.all("strong")[0].text == rating.name.upper()
        assert f"{rating.score} points" in chip.text
        assert (f"{rating.score_low} to {rating.score_high} points" in chip.text) == (rating.low != rating.high)
    assert f"Confidence is {given.confidence.level}" in head.text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_ledger_holds_every_rule_with_its_state_and_every_condition(path: Path) -> None:
    given = trace(found(path))
    rules = tree(path).all("details", "rule")
    assert [rule.all("span", "id")[0].text for rule in rules] == [entry["id"] for entry in given["ledger"]]
    for rule, entry in zip(rules, given["ledger"], strict=True):
        assert ("fired" in rule.classes) == (entry["state"] == "fired"), entry["id"]
        assert ("cannot" in rule.classes) == (entry["state"] == "cannot_tell"), entry["id"]
        assert entry["assumption"] is None or " ".join(entry["assumption"].split()) in rule.text
        tests = json.dumps(entry["when"]).count('"test":')
        with_value = [row for row in rule.all("tr") if len(row.all("td")) == 5]
        assert len(with_value) == tests, entry["id"]
    counts = [int(n) for n in re.findall(r"\((\d+)\)", tree(path).all("fieldset")[0].text)]
    assert sum(counts) == len(rules)


@pytest.mark.parametrize("profile", ["", *load_pack().profiles])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_picture_runs_from_the_base_to_the_score(path: Path, profile: str) -> None:
    given = trace(assess(path, load_pack(profile=profile), engine="ledger"))
    names = [level.name for level in load_pack().levels]
    for frame in (WIDE, NARROW):
        drawn = picture(given, names, frame)
        steps = [bar for bar in drawn.bars if bar.kind in ("raises", "lowers")]
        score = next(bar for bar in drawn.bars if bar.kind == "score")
        assert sum(int(bar.points) for bar in steps) == int(score.points) == given["rating"]["score"]
        at = drawn.zero
        for bar in steps:  # each bar starts where the one before it ended
            start, end = (bar.x, bar.x + bar.width) if bar.kind == "raises" else (bar.x + bar.width, bar.x)
            assert start == pytest.approx(at, abs=0.3)
            at = end
        assert all(bar.x >= 0 and bar.x + bar.width <= frame.width for bar in drawn.bars)


def test_warnings_stand_in_order_with_the_day_rated_and_what_came_later() -> None:
    events = tree(PATRIOT).all("ol", "timeline")[0].all("li")
    assert [event.classes[0] for event in events] == ["known", "day", "later"]
    assert "doesn't appear to change" in events[0].text
    assert "WRN-60" in events[0].text
    assert "not counted" in events[2].text


@pytest.mark.parametrize(
    "name", "flip what-if why ledger near timeline unknowns images sources method limits again".split()
)
def test_every_part_is_there(name: str) -> None:
    (part,) = [e for e in tree(PATRIOT).walk() if e.attrs.get("id") == f"s1-{name}"]
    assert len(part.text) > 100


def test_digests_and_command_make_it_repeatable() -> None:
    part = next(e for e in tree(PATRIOT).walk() if e.attrs.get("id") == "s1-again")
    assert found(PATRIOT).scenario.digest in part.text
    assert found(PATRIOT).pack.digest in part.text


@pytest.mark.slow
def test_the_command_that_is_named_gives_the_report_again(tmp_path: Path) -> None:
    rules = shutil.copytree(ROOT / "rules", tmp_path / "my rules")
    words = ["--rules", rules, "--profile", "range_driven", "--engine", "ledger"]
    for options, name in ((words, "a report.html"), ([], "b.html")):
        first = tmp_path / name
        assert run("report", PATRIOT, *options, "-o", first).code == 0
        text = first.read_text(encoding="utf-8")
        part = next(e for e in parsed(text).walk() if e.attrs.get("id") == "s1-again")
        command = shlex.split(next(e.text for e in part.all("code") if e.text.startswith("assess report")))
        again = tmp_path / "again.html"
        assert run(*command[1:-1], again).code == 0
        assert again.read_text(encoding="utf-8") == text


def test_no_option_of_a_command_is_named_outside_of_how_to_reproduce() -> None:
    for path in FILES:
        for article in tree(path).all("article", "scenario"):
            again = next(e for e in article.walk() if e.attrs.get("id") == "s1-again")
            assert not re.findall(r"--[a-z]+", article.text.replace(again.text, ""))


@pytest.mark.slow
def test_several_files_are_compared() -> None:
    page = tree(PATRIOT, ATACMS)
    levels, factors = page.all("table", "matrix")
    rated = [found(path).rating.name.upper() for path in (PATRIOT, ATACMS)]
    assert [row.all("strong")[0].text for row in levels.all("tr")[1:]] == rated
    for row, path in zip(factors.all("tr")[1:], (PATRIOT, ATACMS), strict=True):
        *held, score = [int(cell.text) for cell in row.all("td")]
        assert sum(held) == score == found(path).rating.score
    attribution = next(e for e in page.walk() if e.attrs.get("id") == "attribution")
    answer = compare([found(PATRIOT), found(ATACMS)])
    (made,) = [table for table in attribution.all("table") if "by fact" in [th.text for th in table.all("th")]]
    assert [row.all("td")[1].text for row in made.all("tr")[1:]] == [
        *(str(share.points[0]) for share in answer.pairs[0].shares),
        str(answer.pairs[0].difference[0]),
    ]
    assert len(page.all("article", "scenario")) == 2


# -- what-if


@pytest.mark.parametrize("path", [PACKAGE, EVERY, ATACMS], ids=lambda path: path.stem)
def test_the_embedded_table_is_what_the_engines_say(path: Path) -> None:
    given = found(path)
    table, data = decisions(given), json.loads(tree(path).all("script", "table")[0].raw)
    assert data["sizes"] == [len(control.choices) for control in table.controls]
    shown = [[option.text for option in select.all("option")] for select in tree(path).all("select")]
    assert [len(options) for options in shown] == data["sizes"]
    sampled = random.Random(8)
    cells = min(500 if path == PACKAGE else 100, len(data["cells"]))
    for cell in sampled.sample(range(len(data["cells"])), cells):
        world, left = [dict(values) for values in given.world], cell
        for control in reversed(table.controls):
            left, choice = divmod(left, len(control.choices))
            world[control.entity][control.field.name] = control.choices[choice].value
        outcome = run_world(given.pack, given.scenario, given.board.settled(tuple(world)), "both")
        levels, scores, fired = data["outcomes"][data["cells"][cell]]
        sums = [arithmetic(given.pack, outcome.fired, scale) for scale in given.pack.scales]
        assert (levels, scores) == ([one.level for one in sums], [one.total for one in sums])
        assert tuple(data["rules"][str(rule)][0] for rule in fired) == outcome.fired


@pytest.mark.parametrize("most", [1, 2, 7, 40])
def test_what_does_not_fit_the_budget_is_named_and_left_alone(most: int) -> None:
    whole, small = decisions(found(PATRIOT)), decisions(found(PATRIOT), most)
    assert len(small.cells) <= most
    assert {c.path for c in small.controls} | {c.path for c in small.left_out} == {c.path for c in whole.controls}
    assert not whole.left_out
    now = {control.path: control.now for control in whole.controls}
    for cell in range(len(small.cells)):
        left, chosen = cell, dict(now)
        for control in reversed(small.controls):
            left, chosen[control.path] = divmod(left, len(control.choices))
        assert small.outcomes[small.cells[cell]] == whole.outcome([chosen[c.path] for c in whole.controls])


def test_the_facts_left_out_are_named_on_the_page() -> None:
    left_out = decisions(found(EVERY)).left_out
    assert left_out
    part = next(e for e in tree(EVERY).walk() if e.attrs.get("id") == "s1-what-if")
    assert all(control.field.label in part.text for control in left_out)


# -- one file, safe


def self_contained(text: str) -> Element:
    """Check that a page refers to nothing outside, allows nothing in, and that its links resolve."""
    page = parsed(text)
    ids = [e.attrs["id"] for e in page.walk() if "id" in e.attrs]
    assert len(ids) == len(set(ids))
    for element in page.walk():
        for name, value in element.attrs.items():
            assert not name.startswith("on") and name not in ("style", "src", "action", "srcset"), (element.tag, name)
            if name == "href":
                assert value == "data:," if element.tag == "link" else value and value[1:] in ids, value
            if name in ("aria-labelledby", "for"):
                assert value in ids
        assert element.tag not in ("iframe", "object", "embed", "base", "img", "video", "audio")
    assert not re.search(r"url\((?!#)|@import", "".join(e.raw for e in page.all("style")))
    policy = next(e for e in page.all("meta") if e.attrs.get("http-equiv") == "Content-Security-Policy")
    rules = dict(part.split(" ", 1) for part in policy.attrs["content"].split("; "))
    assert rules["default-src"] == "'none'"
    scripts = [e for e in page.all("script") if e.attrs.get("type") != "application/json"]
    for (element,), rule in ((scripts, "script-src"), (page.all("style"), "style-src")):
        digest = base64.b64encode(hashlib.sha256(element.raw.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    return page


@pytest.mark.slow
@pytest.mark.parametrize("paths", [*((path,) for path in FILES), (PATRIOT, ATACMS, PACKAGE)], ids=str)
def test_the_page_is_whole_in_itself(paths: tuple[Path, ...]) -> None:
    self_contained(text(*paths))


@pytest.mark.parametrize("count", [3, pytest.param(200, marks=pytest.mark.slow)])
def test_a_hostile_scenario_is_shown_and_does_nothing(tmp_path: Path, count: int) -> None:
    shown = report([assess(hostile(tmp_path / "hostile.yaml", count), engine="ledger")])
    page = self_contained(shown)
    assert len(page.all("script")) == 2  # ours, and the table
    assert not page.all("b") and len(page.all("svg", "strip")) == 1
    assert "<script>alert(1)</script>" in page.all("h1")[0].text
    assert r"\u202etitle" in page.all("h1")[0].text
    assert "{{ 7*7 }}" in page.all("h1")[0].text
    assert WORD in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x08\x0b-\x1f]", shown)
    assert len(page.all("ol", "timeline")[0].all("li")) == count + 1  # each warning, and the day rated


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    once, again = tmp_path / "a.html", tmp_path / "b.html"
    for path in (once, again):
        assert run("report", PATRIOT, "-o", path) == (0, "", "")
    assert once.read_bytes() == again.read_bytes()
    assert run("report", PATRIOT).out.encode() == once.read_bytes()
    assert run(PATRIOT, "--format", "html").out.encode() == once.read_bytes()


def test_the_sizes_hold() -> None:
    assert len(text(PATRIOT).encode()) < 500_000


@pytest.mark.slow
def test_fifty_scenarios_fit() -> None:
    files = sorted((SCENARIOS / "casebook").glob("[!ki]*.yaml"))
    founds = [assess(path, engine="ledger") for path in (*files, *FILES)]
    assert len(founds) > 25
    fifty = [founds[i % len(founds)] for i in range(50)]
    page = report(fifty)
    assert len(page.encode()) < 5_000_000
    assert len(self_contained(page).all("article", "scenario")) == 50


def test_colours_can_be_read() -> None:
    style = "".join(e.raw for e in tree(PATRIOT).all("style"))

    def light(colour: str) -> float:
        full = colour if len(colour) == 6 else "".join(2 * c for c in colour)
        parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    schemes = [dict(re.findall(r"--([a-z]+): #([0-9a-f]+)", part)) for part in re.findall(r":root \{([^}]+)\}", style)]
    assert len(schemes) == 3  # light, dark, print
    for scheme in schemes:
        pairs = [(ink, on, 4.5) for ink in ("ink", "quiet", "link") for on in ("ground", "raised", "mark")]
        pairs += [(part, "ground", 3) for part in ("up", "down", "score", "strong")]
        for ink, on, least in pairs:
            low, high = sorted((light(scheme[ink]), light(scheme[on])))
            assert (high + 0.05) / (low + 0.05) >= least, (ink, on, scheme)


# -- the command


def test_good_files_among_bad_ones_are_reported_on(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("schema: 1\n")
    done = run("report", tmp_path / "bad.yaml", PATRIOT, "-o", tmp_path / "out.html")
    assert done.code == 2
    assert "bad.yaml" in done.err
    assert "Patriot air-defence battery" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml", "out.html"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = run("report", PATRIOT, "-o", tmp_path / "no" / "out.html")
    assert (done.code, done.out) == (2, "")
    assert "cannot write" in done.err


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    done = run("report", PATRIOT)
    assert done.code == 2
    assert done.err == "Error: this needs jinja2, which is not installed: pip install 'escalation-assess[web]'\n"


def test_other_views_do_not_come_as_html() -> None:
    assert run(PATRIOT, "--format", "html", "--timeline").code == 2
