"""What if: before and after, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.analysis.what_if import Difference, Flip, Switch, WhatIf
from escalation.assess import Assessment
from escalation.facts import Fact
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.moves import foot
from escalation.render.words import levels, limits_of, listed
from escalation.vocabulary import Value

__all__ = ["blocks"]


def blocks(answer: WhatIf) -> Sequence[Block]:
    """The whole answer."""
    return [
        Paragraph(_headline(answer)),
        _ratings(answer),
        *_facts(answer),
        *_switches(answer),
        *foot([answer.before, answer.after]),
    ]


def _headline(answer: WhatIf) -> str:
    before, after, pack = answer.before.rating, answer.after.rating, answer.before.pack
    name, was = levels(pack, after.level, after.level), levels(pack, before.level, before.level)
    stays = f"stays {name}" if after.level == before.level else f"goes from {was} to {name}"
    return f"{before.scale.capitalize()} {stays}: {before.score} -> {after.score}, after {'; '.join(answer.written)}."


def _ratings(answer: WhatIf) -> Block:
    rows = []
    for before, after in zip(answer.before.ratings, answer.after.ratings, strict=True):
        rows.append(Row((before.scale, *_cells(answer.before, before.scale), *_cells(answer.after, after.scale))))
    columns = (
        Column(),
        Column("before"),
        Column("score", right=True),
        Column("open facts"),
        Column("after"),
        Column("score", right=True),
        Column("open facts"),
    )
    return Table(columns, tuple(rows))


def _cells(found: Assessment, scale: str) -> tuple[str, str, str]:
    rating = next(r for r in found.ratings if r.scale == scale)
    extent = f"{rating.score_low} to {rating.score_high}" if rating.score_low < rating.score_high else "no effect"
    return levels(found.pack, rating.low, rating.high), str(rating.score), extent


def _facts(answer: WhatIf) -> list[Block]:
    rows = tuple(_fact(answer, one) for one in answer.differences)
    columns = (Column(), Column("before", flex=True), Column("after"))
    merged = [p for p in answer.after.scenario.merged if p not in answer.before.scenario.merged]
    notes = [Paragraph(f"{dropped} says the same as {kept} and counts once.", 2) for kept, dropped in merged]
    later = [entry for entry in answer.after.scenario.later if entry not in answer.before.scenario.later]
    notes += [
        Paragraph(f"{entry.path} is dated {entry.date}, after the day rated, and does not count.", 2) for entry in later
    ]
    table = [Table(columns, rows)] if rows else [Paragraph("No fact changes.", 2)]
    return [Section("Facts", (*table, *notes))]


def _fact(answer: WhatIf, one: Difference) -> Row:
    if (
        one.path.count(".") == 1
        and (one.before is None or one.after is None)
        and one.path.split(".")[0] in _plurals(answer)
    ):
        return Row(
            (one.path, "not there" if one.before is None else "there", "not there" if one.after is None else "there")
        )
    before, after = _shown(one.before), _shown(one.after)
    if before == after and one.before and one.after:
        before, after = (f"{before} ({fact.best}, {fact.state})" for fact in (one.before, one.after))
    return Row((one.path, before, after))


def _plurals(answer: WhatIf) -> set[str]:
    return {kind.plural for kind in answer.before.pack.vocabulary.kinds.values() if kind.many}


def _shown(fact: Fact | None) -> str:
    if fact is None:
        return "not stated"
    value: Value = fact.best
    note = {"open": "open, taken as ", "assumed": "assumed, "}.get(fact.state, "")
    return f"{note}{fact.field.show(value)}"


def _switches(answer: WhatIf) -> list[Block]:
    if not answer.switches:
        return [Section("Rules", (Paragraph("No rule switches.", 2),))]
    rows = tuple(_switch(answer, one) for one in answer.switches)
    columns = (Column(), Column(flex=True), *(Column(r.scale, right=True) for r in answer.before.ratings))
    return [Section("Rules that switch", (Table(columns, rows),))]


def _switch(answer: WhatIf, one: Switch) -> Row:
    side = answer.after if one.on else answer.before
    cells = []
    for rating in answer.before.ratings:
        points = one.line.rule.then.points.get(rating.scale, 0) * (1 if one.on else -1)
        limits = [f"{'' if one.on else 'no '}{limit}" for limit in limits_of(side, one.line, rating.scale)]
        cells.append(listed([*([signed(points)] if points or not limits else []), *limits]))
    name = f"{one.line.rule.id} {'on' if one.on else 'off'}"
    return Row((name, one.because, *cells), tuple(f"\xa0\xa0{_flip(flip)}" for flip in one.flips))


def _flip(flip: Flip) -> str:
    if flip.before is None or flip.after is None:
        return f"{flip.path} {'is new and passes' if flip.before is None else 'is gone, which passed'}"
    words = {True: "holds", False: "fails"}
    of = f" ({flip.path})" if flip.path else ""
    return f"{flip.written}{of}: {words[flip.before]} -> {words[flip.after]}"
