"""Scenarios side by side: what makes the difference, and how firm the order is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest

from escalation.analysis.compare import Compared, Comparison, Share
from escalation.analysis.rated import Rated
from escalation.assess import Assessment
from escalation.facts import Fact
from escalation.pack import Pack
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Section, Table, attribution, bar, signed
from escalation.render.moves import foot
from escalation.render.words import counted, entity_name, levels, listed, spelled, when
from escalation.rules import Rule

__all__ = ["blocks", "names_of", "shares_table", "side_by_side"]

_BAR = 14


def blocks(answer: Comparison) -> Sequence[Block]:
    """The whole comparison: one table of all, then each pair."""
    names = names_of(answer.founds)
    found: list[Block] = []
    for pair, name in zip(answer.pairs, names[1:], strict=True):
        found += [Paragraph(_headline(pair, names[0], name)), Paragraph(_firmness(pair))]
    found += [GAP, side_by_side(answer.founds, names)]
    for pair, name in zip(answer.pairs, names[1:], strict=True):
        several = f", {name}" if len(answer.pairs) > 1 else ""
        found += _pair(pair, (names[0], name), several)
    caveats = answer.founds[0].pack.caveats
    limits = [Section("Limits", tuple(Paragraph(text, 2, 2) for text in caveats))] if caveats else []
    return [*found, *limits, *foot(answer.founds)]


def names_of(founds: Sequence[Assessment]) -> list[str]:
    """A short name for each: its one item, else its id; with the day where names are equal, then with the id."""
    first = [_short(found) for found in founds]
    counts = Counter(first)
    dated = [
        f"{name}, {when(found.scenario.as_of.isoformat())}" if counts[name] > 1 else name
        for name, found in zip(first, founds, strict=True)
    ]
    again = Counter(dated)
    return [f.scenario.id if again[name] > 1 else name for name, f in zip(dated, founds, strict=True)]


def side_by_side(founds: Sequence[Assessment], names: Sequence[str]) -> Block:
    """A row for each scale: level, score and range of all."""
    rows = []
    for i, scale in enumerate(founds[0].pack.scales):
        cells = []
        for found in founds:
            rating = found.ratings[i]
            extent = f" ({rating.low}-{rating.high})" if rating.low < rating.high else ""
            cells.append(f"{levels(found.pack, rating.level, rating.level)} {rating.score}{extent}")
        rows.append(Row((scale.name, *cells)))
    return Table((Column(), *(Column(name) for name in names)), tuple(rows))


def shares_table(pack: Pack, shares: Sequence[Share], exact: bool) -> Table:
    """Shares with bars, and what each difference does alone."""
    most = max((abs(share.points[0]) for share in shares), default=Fraction(0)) or Fraction(1)
    rows = []
    for share in shares:
        points = share.points[0]
        error = "" if exact else f" ±{share.error[0]:.2f}"
        rows.append(
            Row(
                (
                    share.player.label,
                    str(points) if exact else "",
                    f"{float(points):.1f}{error}",
                    bar(float(abs(points) / most), _BAR, "=" if points >= 0 else "-"),
                    _level(pack, share.into_first),
                    _level(pack, share.out_of_second),
                )
            )
        )
    total = sum((share.points[0] for share in shares), Fraction(0))
    rows.append(Row(("sum", str(total) if exact else "", f"{float(total):.1f}", "", "", "")))
    columns = (
        Column("by fact", flex=True),
        Column("share", right=True),
        Column("", right=True),
        Column(),
        Column("put into the first"),
        Column("taken out of the second"),
    )
    return Table(columns, tuple(rows))


def _headline(pair: Compared, first: str, second: str) -> str:
    a, b, pack = pair.first.rating, pair.second.rating, pair.first.pack
    if a.score == b.score and a.level == b.level:
        at = f"{levels(pack, a.level, a.level)}, {counted(a.score, 'point')}"
        return f"{second} rates as {first} does for {a.scale}: {at}."
    (low_name, low), (high_name, high) = sorted(((first, a), (second, b)), key=lambda one: (one[1].level, one[1].score))
    apart = high.level - low.level
    where = f"{counted(apart, 'level').replace(str(apart), spelled(apart))} above" if apart else "level with"
    against = f"{levels(pack, high.level, high.level)} against {levels(pack, low.level, low.level)}, " if apart else ""
    return f"{high_name} rates {where} {low_name} for {a.scale}: {against}{high.score} points to {low.score}."


def _firmness(pair: Compared) -> str:
    if not pair.difference[0]:
        return "Neither scores above the other, so there is no order to hold."
    tried = [
        ("for every value of the open facts", pair.firm_over_open_facts),
        ("under every image of the perceiver", pair.firm_over_images),
        ("with everything not stated open as well", pair.firm_over_all_facts),
    ]
    if not pair.images:
        del tried[1]
    holds, fails = ([text for text, firm in tried if firm == wanted] for wanted in (True, False))
    said = f"The order of the scores holds {listed(holds)}" if holds else "The order of the scores does not hold"
    return f"{said}{', but not ' if holds and fails else ' '}{listed(fails, 'or')}".rstrip() + "."


def _pair(pair: Compared, names: tuple[str, str], several: str) -> list[Block]:
    return [
        *_what_makes_it(pair, names, several),
        *_facts(pair, names, several),
        *_rules(pair, names, several),
        *_firm(pair, names, several),
    ]


def _what_makes_it(pair: Compared, names: tuple[str, str], several: str) -> list[Block]:
    pack = pair.first.pack
    over = (
        f"Shared fairly over all {pair.orders:,} orders in which the differences could come in."
        if pair.exact
        else f"Shared over {pair.orders:,} orders drawn at random; ± is half a 95% interval. The sum is exact."
    )
    columns = (Column("by factor"), Column(names[0], right=True), Column(names[1], right=True), Column("", right=True))
    parts = [Row((name, str(a), str(b), signed(b - a))) for name, a, b in pair.parts if a or b]
    total = Row(
        ("sum", str(sum(a for _, a, _ in pair.parts)), str(sum(b for *_, b in pair.parts)), signed(pair.difference[0]))
    )
    limits = [
        Paragraph(f"{name}: a {word} moves the level past what the points give.", 2)
        for name, found in zip(names, (pair.first, pair.second), strict=True)
        if (word := _limited(found))
    ]
    title = f"What makes the {counted(abs(pair.difference[0]), 'point')}{several}"
    inner: list[Block] = [shares_table(pack, pair.shares, pair.exact), Paragraph(over, 2)] if pair.shares else []
    return [Section(title, (*inner, GAP, Table(columns, (*parts, total)), *limits))]


def _limited(found: Assessment) -> str:
    sums = found.rating.arithmetic
    return "" if sums.level == sums.before_limits else "ceiling" if sums.level < sums.before_limits else "floor"


def _facts(pair: Compared, names: tuple[str, str], several: str) -> list[Block]:
    rows = [row for share in pair.shares for row in _fact_rows(pair, share)]
    same = f"The same to every rule: {listed(pair.same)}." if pair.same else ""
    columns = (Column(), Column(names[0], flex=True), Column(names[1]))
    table = [Table(columns, tuple(rows))] if rows else [Paragraph("No fact differs that a rule reads.", 2)]
    return [Section(f"Facts that differ{several}", (*table, *([Paragraph(same, 2, 2)] if same else [])))]


def _fact_rows(pair: Compared, share: Share) -> Iterator[Row]:
    player, sides = share.player, (pair.first, pair.second)
    if player.pair is None:
        lists = [_entities(side, player.kind) for side in sides]
        for i, cells in enumerate(zip_longest(*lists, fillvalue="none" if not all(lists) else "")):
            yield Row((player.label if i == 0 else "", *cells))
    elif player.pair.a is None or player.pair.b is None:
        places = zip(sides, (player.pair.a, player.pair.b), strict=True)
        yield Row((player.label, *("not there" if at is None else _entity(side, at) for side, at in places)))
    else:
        yield from _field_rows(pair, share, player.pair.a, player.pair.b)


def _field_rows(pair: Compared, share: Share, at_first: int, at_second: int) -> Iterator[Row]:
    """The facts of a player that differ, each with its quotation below."""
    ours = pair.first.scenario.entities[at_first].facts
    theirs = pair.second.scenario.entities[at_second].facts
    label = share.player.label
    for name in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(name), theirs.get(name)
        if (
            name in share.player.fields
            and a
            and b
            and not a.field.member_of
            and not a.field.derive
            and a.best != b.best
        ):
            yield Row((label, _fact(pair.first, a), _fact(pair.second, b)))
            label = ""
            if a.quote or b.quote:
                yield Row(("", *(f'"{fact.quote}"' if fact.quote else "" for fact in (a, b))))


def _fact(found: Assessment, fact: Fact) -> str:
    taken = "open, taken as " if fact.state == "open" else ""
    return f"{taken}{fact.field.show(fact.best)} [{attribution(fact, found.scenario.file)}]"


def _entities(found: Assessment, kind: str) -> list[str]:
    """The entities of a kind in one line each, by date if they have one."""
    dated_by = found.pack.vocabulary.kinds[kind].dated_by
    own = [(at, e.facts.get(dated_by)) for at, e in enumerate(found.scenario.entities) if e.kind == kind]
    return [_entity(found, at) for at, _ in sorted(own, key=lambda one: str(one[1].best) if one[1] else "")]


def _entity(found: Assessment, at: int) -> str:
    """An entity in one line: its date or name, what is stated of it that rules may read, and on whose word."""
    entity = found.scenario.entities[at]
    dated = entity.facts.get(found.pack.vocabulary.kinds[entity.kind].dated_by)
    head = when(str(dated.best)) if dated and dated.best else entity_name(found, at)
    stated = [
        fact
        for fact in entity.facts.values()
        if fact.state != "assumed" and fact.field.readable and not fact.field.member_of and not fact.field.derive
    ]
    words = ", ".join(fact.field.show(fact.best) for fact in stated)
    source = f" [{attribution(stated[0], found.scenario.file)}]" if stated else ""
    return f"{head}: {words}{source}"


def _rules(pair: Compared, names: tuple[str, str], several: str) -> list[Block]:
    rows = [
        Row((name, listed([_rule(pair.first, rule) for rule in rules]) or "none", signed(_points(pair, rules))))
        for name, rules in ((names[0], pair.first_only), (names[1], pair.second_only))
    ]
    parting = pair.parting
    where = []
    if parting:
        name = names[0] if parting.id in pair.first.fired else names[1]
        where = [Paragraph(f"They part first at {parting.id}, which fired for {name}: {parting.title}.", 2)]
    columns = (Column(), Column(flex=True), Column(pair.first.rating.scale, right=True))
    return [Section(f"Rules that fired in one only{several}", (Table(columns, tuple(rows)), *where))]


def _rule(found: Assessment, rule: Rule) -> str:
    points = rule.then.points.get(found.rating.scale, 0)
    return f"{rule.id}\xa0{signed(points)}"


def _points(pair: Compared, rules: Sequence[Rule]) -> int:
    return sum(rule.then.points.get(pair.first.rating.scale, 0) for rule in rules)


def _firm(pair: Compared, names: tuple[str, str], several: str) -> list[Block]:
    pack = pair.first.pack
    by_id = {id(pair.first): names[0], id(pair.second): names[1]}
    low, high = pair.ordered
    low_name, high_name = by_id[id(low)], by_id[id(high)]

    def ends(a: int, b: int) -> str:
        return f"highest {low_name} {a}, lowest {high_name} {b}"

    open_facts = ends(low.rating.score_high, high.rating.score_low)
    widest = ends(low.widest[0].total_high, high.widest[0].total_low)
    rows = [
        Row(("open facts", f"{open_facts}, over {counted(pair.combinations, 'combination')} of values")),
        Row(("not stated", f"{widest}, with everything not stated open as well")),
    ]
    for i, image in enumerate(pair.images):
        a, b = (image.first, image.second) if low is pair.first else (image.second, image.first)
        sign = "<" if a.rating.score < b.rating.score else "=" if a.rating.score == b.rating.score else ">"
        wide = f"open facts as well: {a.rating.score_high} against {b.rating.score_low}"
        text = f"{image.name}: {a.rating.score} {sign} {b.rating.score}; {wide}"
        rows.append(Row(("images" if i == 0 else "", text)))
    if pair.best:
        labels = listed([pack.vocabulary.fields[key].label for key in pair.best.fields])
        where = "; ".join(f"{path} {shown}" for path, shown in pair.best.changes) or "as they are"
        at = levels(pack, pair.best.extent.level_low, pair.best.extent.level_low)
        bounds = "" if pair.best.extent.exact else " (a sound bound)"
        rows.append(
            Row(
                (
                    "terms",
                    f"{labels} bring {high_name} to {pair.best.extent.total_low} {at} at the lowest{bounds}: {where}",
                )
            )
        )
    return [Section(f"How firm the order is{several}", (Table((Column(), Column(flex=True)), tuple(rows)),))]


def _level(pack: Pack, found: Rated) -> str:
    return f"{found.score} {levels(pack, found.level, found.level)}"


def _short(found: Assessment) -> str:
    kinds = found.pack.vocabulary.kinds.values()
    named = [
        [i for i, e in enumerate(found.scenario.entities) if e.kind == kind.name]
        for kind in kinds
        if kind.at_least and kind.name_field
    ]
    return entity_name(found, named[0][0]) if named and len(named[0]) == 1 else found.scenario.id
