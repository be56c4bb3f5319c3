"""How the stated uncertainty falls on the levels, as a page. Shares are figures, never words of likelihood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.shares import ScaleShares, Share, Shares
from escalation.analysis.spread import Spread
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, bar
from escalation.render.moves import foot
from escalation.render.words import counted, levels, listed

__all__ = ["NOTE", "blocks", "percent"]

NOTE = "This is the spread of the inputs as stated, not the likelihood of any reaction."


def blocks(answer: Shares) -> Sequence[Block]:
    """The whole answer."""
    if not answer.spread:
        text = "No fact that a rule reads states probabilities or a distribution, so there is nothing to share out."
        help = "Write low and high with distribution: uniform or triangular, or one_of with a probability for each."
        return [Paragraph(text), Paragraph(help), *foot([answer.found])]
    return [
        Paragraph(f"Share of the stated uncertainty that falls on each level. {NOTE}"),
        *(_scale(answer, scale) for scale in answer.scales),
        Section("What is spread", tuple(_spread(answer))),
        Section("How", tuple(_how(answer))),
        *foot([answer.found]),
    ]


def _scale(answer: Shares, scale: ScaleShares) -> Section:
    sampled, ranged = answer.method == "sampled", bool(answer.others) and scale.levels[0].low is not None
    columns = [Column(), Column("share", right=True), Column()]
    columns += [Column("standard error", right=True), Column("95 in 100 within", right=True)] if sampled else []
    columns += [Column("over the other open facts", right=True)] if ranged else []
    rows = []
    for one in scale.levels:
        if not one.share and not one.high and not (sampled and one.error):
            continue
        cells = [levels(answer.found.pack, one.level, one.level), percent(one.share), bar(one.share)]
        cells += [percent(one.error), _ends(*one.interval)] if sampled and one.interval else []
        cells += [_ends(one.low, one.high)] if ranged and one.low is not None and one.high is not None else []
        rows.append(Row(tuple(cells)))
    return Section(f"On {scale.scale}", (Table(tuple(columns), tuple(rows)), *_none(answer, scale.levels)))


def _none(answer: Shares, every: Sequence[Share]) -> Iterator[Block]:
    """The levels on which nothing falls."""
    none = [one.level for one in every if not one.share and not one.high]
    if none:
        word = "nothing drawn" if answer.method == "sampled" else "nothing"
        yield Paragraph(f"{word} on {listed([levels(answer.found.pack, one, one) for one in none], 'or')}", 2)


def _spread(answer: Shares) -> Iterator[Block]:
    rows = [Row((listed(one.paths), _shape(one))) for one in answer.spread]
    yield Table((Column(), Column(flex=True)), tuple(rows))
    for a, b, rank in answer.correlated:
        yield Paragraph(f"{a} and {b} go together: rank correlation {rank:g}", 2)
    for a, b, rank in answer.found.scenario.correlated:
        if (a, b, rank) not in answer.correlated:
            yield Paragraph(f"{a} and {b} are stated to go together and are not both spread: left aside", 2, 2)
    if answer.others:
        ends = answer.scales[0].levels[0].low is not None
        how = "and the last column over all their values" if ends else "their other values were not gone through"
        yield Paragraph(
            f"open, no spread stated: {', '.join(answer.others)}; shares at their assumed values, {how}", 2, 2
        )


def _shape(one: Spread) -> str:
    field, spread = one.field, one.fact.distribution
    assert spread is not None
    if spread.shape == "alternatives":
        return listed([f"{field.show(a.value)} {percent(a.probability or 0)}" for a in spread.alternatives], "or")
    mode = f", most at {field.show(spread.mode)}" if spread.shape == "triangular" else ""
    return f"{spread.shape}, {field.show(spread.low)} to {field.show(spread.high)}{mode}"


def _how(answer: Shares) -> Iterator[Block]:
    if answer.method == "exact":
        yield Paragraph(f"Exact: {counted(answer.cells, 'cell')} of values weighed; the facts are independent.", 2)
        return
    together = " (Gaussian copula)" if answer.correlated else ""
    text = f"Sampled{together}: {answer.samples:,} worlds drawn with seed {answer.seed},"
    yield Paragraph(f"{text} {counted(answer.cells, 'combination')} of values among them.", 2)


def percent(share: float) -> str:
    """A share in per cent; what is over 0 and would round to 0 says so.

    >>> percent(0.25), percent(0.0004), percent(1.0), percent(0.99999), percent(0.0)
    ('25.0%', '0.04%', '100%', 'over 99.9%', '0%')
    """
    if share in (0, 1):
        return f"{share:.0%}"
    if share > 0.9995:
        return "over 99.9%"
    return f"{share:.1%}" if share >= 0.001 else f"{share:.2%}" if share >= 0.0001 else "under 0.01%"


def _ends(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}"
