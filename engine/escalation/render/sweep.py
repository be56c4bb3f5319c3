"""A sweep or a sample as a page: rows on each level, where the level changes, and pairs of facts as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from escalation.bulk.summary import Edge, Pair, Run, SampleScale, SampleSummary, ScaleSummary, Summary
from escalation.pack import Pack
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, bar
from escalation.render.words import counted, levels, listed
from escalation.sets import Scalar
from escalation.vocabulary import Field

__all__ = ["blocks"]

_GRID = "A share is of the grid as it was laid out: it says nothing of how likely a value is."
_DRAWN = "A share is of the doubt as it was stated, not the likelihood of any reaction."
_MOST_EDGES = 12
_WIDEST = 6  # runs of values across, past which a table of two facts is turned or cut


def blocks(answer: Summary | SampleSummary) -> list[Block]:
    """The whole answer."""
    return list(_sample(answer) if isinstance(answer, SampleSummary) else _sweep(answer))


def _sweep(answer: Summary) -> Iterator[Block]:
    pack = answer.sweep.pack
    facts = listed([f"{axis.path} ({counted(len(axis.values), 'value')})" for axis in answer.axes])
    title = answer.sweep.scenario.title
    yield Paragraph(f"{title}: {answer.rows:,} rows, every combination of {facts}.")
    rest = " Facts left open are at their assumed values; rows whose level hangs on them are counted apart."
    cells = f"Rules tell {answer.cells:,} cells apart; each was rated once and weighed by its rows. {_GRID}"
    yield Paragraph(cells + (rest if answer.sweep.open else ""))
    yield _levels(pack, answer.scales, answer.rows, answer.sweep.open)
    head = answer.scales[0]
    for axis, edges, runs in zip(answer.axes, head.edges, head.by_value, strict=True):
        yield Section(f"{axis.path}, on {head.scale}", tuple(_along(pack, axis.field, edges, runs)))
    for pair in head.pairs:
        yield _pair(answer, pair, head.scale)


def _sample(answer: SampleSummary) -> Iterator[Block]:
    sample = answer.sample
    yield Paragraph(f"{sample.scenario.title}: {sample.rows:,} scenarios drawn with seed {sample.seed}. {_DRAWN}")
    yield _levels(sample.pack, answer.scales, sample.rows, sample.open)
    if not sample.doubts:
        yield Paragraph("No fact that a rule reads states probabilities or a distribution: every row is the same.")
        return
    drawn = [
        Row((listed(doubt.paths), _how(doubt.values, doubt.field, d in sample.joint)))
        for d, doubt in enumerate(sample.doubts)
    ]
    yield Section("What was drawn", (Table((Column(), Column(flex=True)), tuple(drawn)),))


def _how(values: Sequence[Scalar], field: Field, joint: bool) -> str:
    spread = f"one of {_said(field, values)}" if values else "from its distribution"
    return spread + (", together with what it is correlated with" if joint else "")


def _levels(pack: Pack, scales: Sequence[ScaleSummary | SampleScale], rows: int, opened: bool) -> Section:
    """The rows on each level, a table for all scales."""
    columns = [Column()]
    for scale in scales:
        sampled = isinstance(scale, SampleScale)
        columns += [Column(scale.scale, right=True), Column("share", right=True)]
        columns.append(Column("95 in 100 within", right=True) if sampled else Column())
    table = []
    for i, level in enumerate(pack.levels):
        cells = [levels(pack, level.number, level.number)]
        for scale in scales:
            share = scale.rows[i] / rows
            cells += [f"{scale.rows[i]:,}", _percent(share)]
            cells.append(_interval(scale.intervals[i]) if isinstance(scale, SampleScale) else bar(share))
        table.append(Row(tuple(cells)))
    found: list[Block] = [Table(tuple(columns), tuple(table))]
    if opened:
        hang = listed([f"{scale.undecided:,} on {scale.scale}" for scale in scales])
        found.append(Paragraph(f"rows whose level may be another, by facts left open (sound bounds): {hang}", 2, 2))
    return Section("Rows on each level", tuple(found))


def _along(pack: Pack, field: Field, edges: Sequence[Edge], runs: Sequence[Run]) -> Iterator[Block]:
    """How the level goes along one fact: what each value comes to, then where it changes."""
    rows = []
    for low, high, most, group in _alike(runs):
        values = [value for run in group for value in run.values]
        rows.append(Row((_said(field, values), levels(pack, low, high), levels(pack, most, most))))
    yield Table((Column("values", flex=True), Column("levels"), Column("most often")), tuple(rows))
    if not edges:
        yield Paragraph("The level changes nowhere along it.", 2)
        return
    shown = sorted(edges, key=lambda edge: -(edge.up + edge.down))[:_MOST_EDGES]
    for edge in (edge for edge in edges if edge in shown):
        moves = [f"{word} in {_part(n, edge.of)}" for word, n in (("up", edge.up), ("down", edge.down)) if n]
        step = f"{field.show(edge.before)} to {field.show(edge.after)}"
        yield Paragraph(f"{step}: {listed(moves)} of the settings of the others", 2, 2)
    if len(shown) < len(edges):
        yield Paragraph(f"and {len(edges) - len(shown):,} more, in fewer rows: --format json has all", 2)


def _alike(runs: Sequence[Run]) -> Iterator[tuple[int, int, int, list[Run]]]:
    """Neighbouring runs with the same lowest, highest and commonest level."""

    def key(run: Run) -> tuple[int, int, int]:
        held = [i for i, n in enumerate(run.rows, 1) if n]
        return held[0], held[-1], 1 + max(range(len(run.rows)), key=run.rows.__getitem__)

    for (low, high, most), group in groupby(runs, key):
        yield low, high, most, list(group)


def _pair(answer: Summary, pair: Pair, scale: str) -> Section:
    """Two facts as a table of levels, the one with fewer runs of values across."""
    (down, across), values, rows = pair.axes, pair.values, pair.rows
    if len(values[1]) > len(values[0]):
        down, across, values = across, down, (values[1], values[0])
        rows = tuple(zip(*rows, strict=True))
    left, top = answer.axes[down], answer.axes[across]
    cut = values[1][:_WIDEST]
    columns = (Column(left.field.label, flex=True), *(Column(_said(top.field, run)) for run in cut))
    table = [
        Row((_said(left.field, run), *(_cell(answer.sweep.pack, cell) for cell in cells[: len(cut)])))
        for run, cells in zip(values[0], rows, strict=True)
    ]
    note = f"Across: {top.field.label}. Lowest to highest level over the other facts."
    if len(cut) < len(values[1]):
        note += f" The first {len(cut)} of {len(values[1])} across; --format json has all."
    return Section(f"{left.path} by {top.path}, on {scale}", (Table(columns, tuple(table)), Paragraph(note, 2)))


def _cell(pack: Pack, rows: Sequence[int]) -> str:
    held = [i for i, n in enumerate(rows, 1) if n]
    return levels(pack, held[0], held[-1])


def _said(field: Field, values: Sequence[Scalar]) -> str:
    """Values in words: a run of numbers by its ends."""
    if len(values) > 2 and not isinstance(values[0], (str, bool)):
        return f"{field.show(values[0])} to {field.show(values[-1])}"
    return "; ".join(field.show(value) for value in values)


def _part(number: int, of: int) -> str:
    return "all" if number == of else _percent(number / of)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 or not share else f"{share:.2%}" if share >= 0.00005 else "under 0.01%"


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2%} to {ends[1]:.2%}"
