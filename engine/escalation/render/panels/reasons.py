"""Why: the rules that fired, what each adds or takes, what it rests on, and the sums from points to level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from escalation.assess import Assessment, Rating
from escalation.ledger import YES, RuleLine
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import by_scale, grounds, levels, limits_of, rests_on
from escalation.trace import because

__all__ = ["arithmetic", "every_arithmetic", "reasons"]


def reasons(found: Assessment) -> Sequence[Block]:
    """What raises the rating, what lowers it, and what fired without points."""
    scales = [scale.name for scale in found.pack.scales]

    def points(line: RuleLine) -> list[int]:
        return [line.rule.then.points.get(scale, 0) for scale in scales]

    def sign(line: RuleLine) -> int:
        return next((p for p in points(line) if p), 0)

    fired = [line for line in found.assumed_ledger.rules if line.state == YES]
    quoted: set[str] = set()
    parts = (
        ("What raises it", [line for line in fired if sign(line) > 0], True),
        ("What lowers it", [line for line in fired if sign(line) < 0], True),
        ("Noted, no points", [line for line in fired if not sign(line)], False),
    )
    return [
        _section(found, title, sorted(lines, key=_by(points)), with_points, quoted)
        for title, lines, with_points in parts
        if lines
    ] or [Paragraph("No rule fired.")]


def arithmetic(found: Assessment) -> Sequence[Block]:
    """From points to the level of the headline scale."""
    return [_sums(found, found.rating)]


def every_arithmetic(found: Assessment) -> Sequence[Block]:
    """From points to level, on every scale."""
    return [_sums(found, rating) for rating in found.ratings]


def _by(points: Callable[[RuleLine], list[int]]) -> Callable[[RuleLine], tuple[int, ...]]:
    return lambda line: tuple(-abs(p) for p in points(line))


def _section(found: Assessment, title: str, lines: list[RuleLine], with_points: bool, quoted: set[str]) -> Section:
    scales = [Column(scale.name, right=True) for scale in found.pack.scales] if with_points else []
    columns = (Column(), Column(flex=True), *scales, Column("rests on"))
    rows = []
    for line in lines:
        points = by_scale(found.pack, line.rule.then.points) if with_points else ()
        under = [*_limits(found, line), *_quotes(found, line, quoted)]
        rows.append(Row((line.rule.id, because(found, line), *points, rests_on(found, line)), tuple(under)))
    return Section(title, (Table(columns, tuple(rows)),))


def _quotes(found: Assessment, line: RuleLine, quoted: set[str]) -> list[str]:
    """The words of the sources behind a rule, each once on the page; warnings show theirs where they are listed."""
    kinds = found.pack.vocabulary.kinds
    quotes = [
        fact.quote
        for at, fact in grounds(found, line)
        if fact.quote and fact.quote not in quoted and not kinds[found.scenario.entities[at].kind].dated_by
    ]
    quoted.update(quotes)
    return [f'source: "{quote}"' for quote in dict.fromkeys(quotes)]


def _limits(found: Assessment, line: RuleLine) -> list[str]:
    """The ceilings and floors of a rule, and what they did."""
    said = []
    for rating in found.ratings:
        for limit in limits_of(found, line, rating.scale):
            sums = rating.arithmetic
            below = sums.before_limits <= line.rule.then.ceiling.get(rating.scale, 99)
            above = sums.before_limits >= line.rule.then.floor.get(rating.scale, 0)
            effect = "not reached" if below and above else "it holds the level"
            said.append(f"{limit} for {rating.scale}, {effect}")
    return said


def _sums(found: Assessment, rating: Rating) -> Section:
    pack, sums = found.pack, rating.arithmetic
    scale = next(scale for scale in pack.scales if scale.name == rating.scale)
    labels = {factor.name: factor for factor in pack.factors}
    terms, empty = [], 0
    for factor in sums.factors:
        label = labels[factor.name].label
        if not (factor.raised or factor.lowered):
            empty += 1
            continue
        added = [line.rule.then.points.get(rating.scale, 0) for line in _fired(found, factor.name)]
        counted = [p for p in added if p]
        term = f"{label} {_sum(counted)}"
        if len(counted) > 1:
            term += f" = {sum(counted)}"
        if factor.held != factor.raised + factor.lowered:
            term += f", held to {factor.held}"
        terms.append(term)
    terms += ["others 0"] if empty else []
    cuts = list(zip(scale.thresholds, [*scale.thresholds[1:], None], strict=True))
    spans = [f"{levels(pack, 1, 1)} to {scale.thresholds[0] - 1}"]
    for number, (low, above) in enumerate(cuts, 2):
        end = f"from {low}" if above is None else f"{low}-{above - 1}" if above - 1 > low else str(low)
        spans.append(f"{levels(pack, number, number)} {end}")
    lines = [_kept(terms, "; "), f"total {sums.total}: {_kept(spans, ' | ')}"]
    limited = [
        f"{rule} lowers it to {levels(pack, at, at)} at most" for rule, at in sums.ceilings if at < sums.before_limits
    ]
    limited += [
        f"{rule} raises it to {levels(pack, at, at)} at least" for rule, at in sums.floors if at > sums.before_limits
    ]
    if limited:
        before = levels(pack, sums.before_limits, sums.before_limits)
        lines.append(f"{before} by points; {'; '.join(limited)}: {levels(pack, rating.level, rating.level)}")
    return Section(f"Arithmetic, {rating.scale}", tuple(Paragraph(line, indent=2) for line in lines))


def _fired(found: Assessment, factor: str) -> Iterable[RuleLine]:
    return (line for line in found.assumed_ledger.rules if line.state == YES and line.rule.factor == factor)


def _sum(points: list[int]) -> str:
    first, *rest = points or [0]
    return " ".join([str(first), *(f"{'+' if p > 0 else '-'} {abs(p)}" for p in rest)])


def _kept(parts: list[str], between: str) -> str:
    """Parts within which no line breaks."""
    return between.join(part.replace(" ", "\xa0") for part in parts)
