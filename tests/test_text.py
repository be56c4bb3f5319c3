"""Reports as people see them: golden files at two widths, with and without colour, and what holds of every report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exact.cases import case
from tests.support.command import ROOT, run
from tests.support.golden import check

from escalation import assess
from escalation.render.layout import Column, Paragraph, Row, Section, Table, Verbatim, columns_of, page, wrap
from escalation.render.layout import Look as PageLook
from escalation.render.markdown import page as markdown_page
from escalation.render.markdown import report as markdown_report
from escalation.render.safe import safe
from escalation.render.text import report

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = ("us-patriot-2022", "us-atacms-2022", "us-kharkiv-permission-2024", "us-package-dec-2022", "every-feature")
SGR = re.compile(r"\x1b\[[0-9;]*m")
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

REPORTS = {
    **{f"{name}.{detail}": (name, "--detail", detail) for name in SAMPLES for detail in ("verdict", "ledger")},
    "us-patriot-2022.full": ("us-patriot-2022", "--detail", "full"),
    "us-patriot-2022.timeline": ("us-patriot-2022", "--timeline"),
    "us-patriot-2022.images": ("us-patriot-2022", "--profile", "all"),
    "us-patriot-2022.next-day": ("us-patriot-2022", "--as-of", "2022-12-15", "--detail", "verdict"),
    "us-patriot-2022.range-driven": ("us-patriot-2022", "--profile", "range_driven", "--detail", "verdict"),
}


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("report", REPORTS)
def test_reports_are_as_kept(report: str, columns: int) -> None:
    name, *options = REPORTS[report]
    found = run(f"scenarios/{name}.yaml", *options, env={"COLUMNS": str(columns)})
    assert (found.code, found.err) == (0, "")
    check(GOLDEN / f"{report}.{columns}.txt", found.out)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", ["us-patriot-2022", "us-atacms-2022"])
def test_colour_adds_nothing_but_colour(name: str, columns: int) -> None:
    env = {"COLUMNS": str(columns)}
    found = run(f"scenarios/{name}.yaml", "--color", "always", env=env)
    check(GOLDEN / f"{name}.ledger.{columns}.colour.txt", found.out)
    assert SGR.search(found.out)
    assert SGR.sub("", found.out) == run(f"scenarios/{name}.yaml", env=env).out


@pytest.mark.parametrize("detail", ["verdict", "ledger", "full"])
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("columns", [20, 80, 97, 200])
def test_no_line_is_wider_than_the_page(name: str, detail: str, columns: int) -> None:
    found = run(f"scenarios/{name}.yaml", "--detail", detail, env={"COLUMNS": str(columns)})
    assert max(map(columns_of, found.out.splitlines())) <= max(80, min(100, columns))


@pytest.mark.parametrize("name", ["us-patriot-2022", "every-feature"])
def test_markdown_is_as_kept(name: str) -> None:
    check(GOLDEN / f"{name}.md", run(f"scenarios/{name}.yaml", "--format", "markdown").out)


def test_a_notebook_shows_the_verdict() -> None:
    shown = assess(ROOT / "scenarios" / "us-patriot-2022.yaml")._repr_markdown_()
    assert shown.startswith(
        "**Patriot air-defence battery to Ukraine, as of 14 December 2022, read as Russia**\n\nLIMITED to"
    )
    assert "Confidence is moderate" in shown


def test_the_verdict_leads_with_the_range_and_says_what_it_is_not() -> None:
    lines = run("scenarios/us-patriot-2022.yaml", "--detail", "verdict").out.splitlines()
    assert lines[1].startswith("LIMITED to MODERATE (2-3 of 5) for escalation; LIMITED on the facts")
    assert lines[-1] == "Structured consideration, not prediction. It does not say whether to send."


def test_every_fired_rule_stands_in_the_ledger_and_every_rule_in_full() -> None:
    trace = run("scenarios/us-atacms-2022.yaml", "--format", "json").out
    fired = re.findall(r'"([A-Z]{3}-\d+)"', trace[trace.index('"fired": [') : trace.index('"concluded": [')])
    ledger = run("scenarios/us-atacms-2022.yaml").out
    full = run("scenarios/us-atacms-2022.yaml", "--detail", "full").out
    assert fired
    assert not [rule for rule in fired if not re.search(rf"^  {rule} ", ledger, re.M)]
    every = re.findall(r'"id": "([A-Z]{3}-\d+)"', trace)
    assert not [rule for rule in every if not re.search(rf"^  {rule} (fired|did not fire|cannot tell)", full, re.M)]


# -- text that is out to do harm

HOSTILE = """schema: 1
id: hostile
title: "A \\e[31mred\\e[0m title \\u202ereversed\\u202c \\a and {word}"
as_of: 2022-12-14
perceiver: RUS
items:
  - {{name: "na\\u0000me | `x` <b>", role: deep_strike, range: 298, range_kind: ground, quote: "x", source: s}}
warnings:
  - {{date: 2022-12-01, kind: nuclear, gist: "\\x9b31m \\u2066 gist \\ufeff", speaker: "日本{word}", source: s}}
sources:
  s: {{title: "tab\\there \\r\\n and \\x07", publisher: "\\u200fpublisher"}}
notes: ["\\e]0;title\\a"]
"""


@pytest.mark.parametrize("options", [(), ("--detail", "full"), ("--format", "markdown"), ("--detail", "verdict")])
def test_hostile_text_is_shown_and_never_sent(options: tuple[str, ...]) -> None:
    text = HOSTILE.format(word="w" * 300).replace('quote: "x", ', "").encode()
    found = run("-", *options, stdin=text)
    assert found.code == 0, found.err
    assert not ACTS.search(found.out)
    assert "\\x1b[31mred" in found.out.replace("\\\\", "\\").replace("\\[", "[")
    if "markdown" not in options:
        assert max(map(columns_of, found.out.splitlines())) <= 100


def test_hostile_text_in_a_message_is_shown_and_never_sent() -> None:
    found = run("-", stdin=b'schema: 1\n"\\e[31mkey\\u202e": 1\n')
    assert found.code == 2
    assert not ACTS.search(found.err)
    assert "\\x1b[31mkey\\u202e" in found.err


# -- the layout by itself

TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TEXT, st.integers(1, 60), st.integers(0, 8), st.integers(0, 8))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int, indent: int, hang: int) -> None:
    lines = wrap(text, width + indent + hang + 1, indent, hang)
    assert all(columns_of(line) <= width + indent + hang + 1 for line in lines)
    dense = "".join(safe(text).replace("\xa0", "").split(" "))
    kept = "".join("".join(lines).split(" "))
    assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", dense)


CELLS = st.tuples(TEXT, TEXT, TEXT)
BLOCKS = st.one_of(
    st.builds(Paragraph, TEXT, st.integers(0, 8), st.integers(0, 4)),
    st.builds(lambda lines: Verbatim(tuple(lines)), st.lists(TEXT, max_size=3)),
    st.builds(
        lambda rows, label: Table(
            (Column(), Column(label, flex=True), Column("n", right=True)), tuple(Row(row, (row[0],)) for row in rows)
        ),
        st.lists(CELLS, max_size=3),
        TEXT,
    ),
)


@given(st.lists(st.one_of(BLOCKS, st.builds(lambda t, b: Section(t, tuple(b)), TEXT, st.lists(BLOCKS, max_size=2)))))
def test_any_blocks_make_a_page_that_fits_and_sends_nothing(blocks: list[Paragraph | Table | Section]) -> None:
    text = page(blocks, PageLook(80))
    assert not ACTS.search(text)
    assert all(columns_of(line) <= 80 for line in text.splitlines())
    assert not ACTS.search(markdown_page(blocks))


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_a_table_in_markdown_has_a_cell_for_each_column(rows: list[tuple[str, str, str]]) -> None:
    table = Table((Column("a"), Column("b", flex=True), Column("c")), tuple(Row(row) for row in rows))
    lines = markdown_page([table]).split("\n")
    assert len(lines) == len(rows) + 2
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines} == {4}


def test_ids_of_samples_are_those_that_come_with_the_package() -> None:
    assert all((ROOT / "scenarios" / f"{name}.yaml").is_file() for name in SAMPLES)


# -- reports of random packs and scenarios


@pytest.mark.parametrize("seed", range(60))
def test_any_pack_and_scenario_make_a_report(seed: int) -> None:
    found = case(seed, open_facts=(seed % 3) / 3).assessed()
    for detail in ("verdict", "ledger", "full"):
        text = report(found, detail, PageLook(80))
        assert all(columns_of(line) <= 80 for line in text.splitlines())
        assert text.count("Confidence is ") == 1
        markdown_report(found, detail)
    ledger = report(found, "ledger", PageLook(80))
    assert all(re.search(rf"^  {rule} ", ledger, re.M) for rule in found.fired)
    for rating in found.ratings:
        assert f"total {rating.score}:" in report(found, "full", PageLook(80)).replace("\n  ", " ")
