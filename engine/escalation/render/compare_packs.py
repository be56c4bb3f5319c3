"""One scenario under several packs or images: what each makes of it, and to which rules the difference is owed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from escalation.analysis.compare_packs import PackComparison, PackPair
from escalation.assess import Assessment
from escalation.render.compare import side_by_side
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Section, Table, bar, signed
from escalation.render.moves import foot
from escalation.render.words import counted, levels, listed

__all__ = ["blocks"]

_BAR = 14


def blocks(answer: PackComparison) -> Sequence[Block]:
    """The whole comparison."""
    names = _names(answer.founds)
    first = answer.founds[0]
    found: list[Block] = [Paragraph(first.scenario.title)]
    found += [Paragraph(_headline(pair, names[0], name)) for pair, name in zip(answer.pairs, names[1:], strict=True)]
    found += [GAP, side_by_side(answer.founds, names)]
    for pair, name in zip(answer.pairs, names[1:], strict=True):
        found += _pair(pair, names[0], name, f", {name}" if len(answer.pairs) > 1 else "")
    return [*found, *foot(answer.founds)]


def _names(founds: Sequence[Assessment]) -> list[str]:
    """The image, if only images differ; else pack and version, with the folder where these are the same."""
    if len({found.pack.digest for found in founds}) == 1:
        return [found.pack.profile or "neutral" for found in founds]
    versions = [f"{found.pack.name} {found.pack.version}" for found in founds]
    same = len(set(versions)) < len(versions)
    return [f"{name} in {f.pack.folder}" if same else name for name, f in zip(versions, founds, strict=True)]


def _headline(pair: PackPair, first: str, second: str) -> str:
    a, b = pair.first.rating, pair.second.rating
    name, was = levels(pair.second.pack, b.level, b.level), levels(pair.first.pack, a.level, a.level)
    stands = f"{name}, as under {first}" if name == was else f"{name}, against {was} under {first}"
    return f"Under {second} {b.scale} is {stands}: {a.score} -> {b.score}."


def _pair(pair: PackPair, first: str, second: str, several: str) -> list[Block]:
    most = max((abs(share.points[0]) for share in pair.shares), default=Fraction(0)) or Fraction(1)
    rows = []
    for share in pair.shares:
        points = share.points[0]
        exact = str(points) if pair.exact else f"±{share.error[0]:.2f}"
        drawn = bar(float(abs(points) / most), _BAR, "=" if points >= 0 else "-")
        rows.append(Row((share.name, share.change, exact, f"{float(points):.1f}", drawn)))
    total = sum((share.points[0] for share in pair.shares), Fraction(0))
    rows.append(Row(("sum", "", str(total), f"{float(total):.1f}", "")))
    columns = (
        Column("rule"),
        Column("change", flex=True),
        Column("share", right=True),
        Column("", right=True),
        Column(),
    )
    notes = [_counts(pair)]
    notes += [f"Thresholds of {scale}: {_cuts(a)} -> {_cuts(b)}." for scale, a, b in pair.thresholds]
    apart = abs(pair.difference[0])
    title = f"What the {counted(apart, 'point')} are owed to" if apart > 1 else "What the difference is owed to"
    table = [Table(columns, tuple(rows))] if pair.shares else []
    owed = Section(f"{title}{several}", (*table, *(Paragraph(text, 2, 2) for text in notes)))
    return [owed, *_rules(pair, first, second, several)]


def _counts(pair: PackPair) -> str:
    over = f"over all {pair.orders:,} orders" if pair.exact else f"over {pair.orders:,} orders drawn at random"
    silent = f" No effect here: {listed(pair.without_effect)}." if pair.without_effect else ""
    return f"{counted(pair.changed, 'rule')} changed; shared fairly {over}.{silent}"


def _cuts(cuts: Sequence[int]) -> str:
    return ", ".join(map(str, cuts))


def _rules(pair: PackPair, first: str, second: str, several: str) -> list[Block]:
    scale = pair.first.rating.scale
    rows = [
        Row((name, listed([f"{rule.id}\xa0{signed(rule.then.points.get(scale, 0))}" for rule in rules]) or "none"))
        for name, rules in ((first, pair.first_only), (second, pair.second_only))
    ]
    parting = pair.parting
    where = [Paragraph(f"They part first at {parting.id}: {parting.title}.", 2)] if parting else []
    table = Table((Column(), Column(flex=True)), tuple(rows))
    return [Section(f"Rules that fired in one only{several}", (table, *where))]
