"""The state of a review as blocks: a sentence, a section for reports, and the page of `assess review`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from escalation.analysis.review import Entry, LineState, Standing
from escalation.analysis.review_file import review_of
from escalation.assess import Assessment
from escalation.diagnostics import InputError
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.problems import data as problems
from escalation.render.words import levels, listed, when

__all__ = ["blocks", "data", "every_line", "overview", "section", "sentence"]

_SAID = {"accept": "accepted by", "dispute": "disputed by", "override": "overridden by"}
_COUNTED = (
    ("accepted", "accepted"),
    ("overridden", "overridden"),
    ("disputed", "in dispute"),
    ("reopened", "re-opened"),
    ("gone", "no longer there"),
    ("open", "open"),
)
_HEADS = (
    ("disputed", "In dispute"),
    ("overridden", "Overridden, beside the engine's answer, which stands"),
    ("reopened", "Re-opened: the line has changed since"),
    ("gone", "No longer in the trace"),
    ("open", "Open"),
    ("accepted", "Accepted"),
)
_BRIEF = ("disputed", "overridden", "reopened", "gone")


def data(found: Assessment) -> dict[str, Any]:
    """The state of an assessment's review as JSON data; of a file that is not in order, its problems."""
    try:
        state = review_of(found)
    except InputError as error:
        return {"state": None, "problems": problems(error.problems)}
    return state.data() if state else {}


def sentence(found: Standing) -> str:
    """The state, who signed, and how many lines are in which state."""
    lines = [f"{len(found.of(state))} {words}" for state, words in _COUNTED if found.of(state)]
    return f"Review: {found.state}{_signed(found)}. Lines: {listed(lines) or 'none'}."


def section(found: Standing) -> Section:
    """The review as a section of a report: the sentence, then every line that is not simply accepted or open."""
    text = sentence(found).removeprefix("Review: ")
    inner: list[Block] = [Paragraph(text[:1].upper() + text[1:], 2, 2)]
    for state, head in _HEADS:
        if state in _BRIEF and found.of(state):
            inner += [Paragraph(f"{head}:", 2), _table(found.of(state), 4)]
    return Section("Review", tuple(inner))


def blocks(found: Standing, title: str, path: str) -> Iterator[Block]:
    """The page of `assess review`: the state, and every line that is recorded or waits, by state."""
    yield Paragraph(title)
    yield Paragraph(sentence(found))
    if found.signature and found.signature.reason:
        yield Paragraph(f"Reason: {found.signature.reason}", 2, 2)
    yield Paragraph(
        f"Kept in {path}."
        if any(line.stand or line.lapsed for line in found.lines) or found.signature
        else f"Nothing is recorded yet; what is goes to {path}."
    )
    for state, head in _HEADS:
        if found.of(state):
            yield Section(head, (_table(found.of(state), 2),))


def overview(found: Iterable[tuple[Assessment, Standing]]) -> Section:
    """How far the review of each of several scenarios has come."""
    rows = []
    for assessment, state in found:
        rating, pack = assessment.rating, assessment.pack
        lines = listed([f"{len(state.of(name))} {words}" for name, words in _COUNTED if state.of(name)])
        level = levels(pack, rating.level, rating.level)
        rows.append(Row((assessment.scenario.id, level, f"{state.state}{_signed(state)}", lines)))
    columns = (Column("scenario"), Column("level"), Column("review", flex=True), Column("lines"))
    return Section("Reviews", (Table(columns, tuple(rows)),))


def every_line(found: Standing) -> Section:
    """Every line that can be reviewed, by its address, with its state."""
    rows = tuple(Row((line.address, line.state, line.says)) for line in found.lines)
    return Section("Every line", (Table((Column("line"), Column("state"), Column("says", flex=True)), rows),))


def _table(lines: Iterable[LineState], indent: int) -> Table:
    rows = tuple(Row((line.address, line.says or "is not there"), tuple(_entries(line))) for line in lines)
    return Table((Column(), Column(flex=True)), rows, indent)


def _entries(line: LineState) -> Iterator[str]:
    for entry in line.stand:
        yield _entry(entry)
    for entry in line.lapsed:
        was = f"; it said then: {entry.said}" if entry.said and entry.said != line.says else ""
        if entry.said == line.says:
            was = "; it reads as before: a source, a grade, a list or a fact further down has changed"
        yield f"before that, {_entry(entry)}{was}" if line.stand else f"was {_entry(entry)}{was}"


def _entry(entry: Entry) -> str:
    said = f"{_SAID[entry.verdict]} {entry.reviewer}, {when(entry.date)}"
    said += f", who answers '{entry.answer}'" if entry.answer else ""
    return said + (f": {entry.reason}" if entry.reason else "")


def _signed(found: Standing) -> str:
    if found.signature is None:
        return ""
    who = f"{found.signature.reviewer}, {when(found.signature.date)}"
    if found.signature.state == "withdrawn":
        return f" by {who}"
    if found.state == "reviewed":
        return f" by {who}"
    return f"; signed by {who}, for {'these lines' if found.signed else 'lines that have changed since'}"
