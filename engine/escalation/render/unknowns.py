"""What is not known and whether it matters, as a page of questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.fixing import joined
from escalation.analysis.unknowns import Pair, Unknown, Unknowns
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.moves import accepted, foot, owner
from escalation.render.words import counted, levels, listed

__all__ = ["blocks"]

_MATTER = ("level", "other", "score", "unsettled")
_LEAST = 1e-9


def blocks(answer: Unknowns) -> Sequence[Block]:
    """The whole answer."""
    rating, pack = answer.found.rating, answer.found.pack
    text = f"{levels(pack, rating.low, rating.high)} for {rating.scale}, score {rating.score}"
    ends = (
        ""
        if rating.score_low == rating.score_high
        else f", {rating.score_low} to {rating.score_high} over what is open"
    )
    return [
        Paragraph(f"{text}{ends}. {_summary(answer)}"),
        *_open(answer),
        *_assumed(answer),
        *_nothing(answer),
        Section("How", tuple(_how(answer))),
        *foot([answer.found]),
    ]


def _summary(answer: Unknowns) -> str:
    if not answer.open:
        return "No fact that a rule reads is left open."
    by = {word: sum(one.matters == word for one in answer.open) for word in (*_MATTER, "nothing")}
    parts = [
        f"{by['level']} can change the level",
        *([f"{by['other']} only the level of another scale"] if by["other"] else []),
        *([f"{by['score']} only the score"] if by["score"] else []),
        *([f"{by['unsettled']} could not be settled"] if by["unsettled"] else []),
        *([f"{by['nothing']} cannot matter"] if by["nothing"] else []),
    ]
    return f"Of {counted(len(answer.open), 'open fact')}, {listed(parts)}."


def _open(answer: Unknowns) -> Iterator[Section]:
    """The open facts that matter, the one most worth finding out first."""
    rows: list[Row] = []
    for one in answer.open:
        if one.matters == "nothing":
            continue
        under = [
            *_disputed(one),
            *_worth(one),
            *_pair(answer, one),
            *([f"Ask: {one.fact.field.question}"] if one.fact.field.question else []),
        ]
        rows.append(Row((str(len(rows) + 1), f"{_name(answer, one)}: {_outcomes(answer, one)}"), tuple(under)))
    if rows:
        yield Section("Worth finding out, most first", (Table((Column(right=True), Column(flex=True)), tuple(rows)),))


def _assumed(answer: Unknowns) -> Iterator[Section]:
    """The assumed facts: those that alone move the level, with the question; then those that do so with others."""
    alone = [one for one in answer.assumed if one.alone]
    rows = [
        Row(
            (f"{_name(answer, one)}: {_outcomes(answer, one)}",),
            tuple(f"Ask: {q}" for q in [one.fact.field.question] if q),
        )
        for one in alone
    ]
    others = [_name(answer, one) for one in answer.assumed if not one.alone and one.matters in _MATTER[:2]]
    scored = [_name(answer, one) for one in answer.assumed if one.matters == "score"]
    unsettled = [_name(answer, one) for one in answer.assumed if one.matters == "unsettled" and not one.alone]
    lines: list[Block] = (
        [Table((Column(flex=True),), tuple(rows))] if rows else [Paragraph("none moves the level by itself", 2)]
    )
    for text, names in (
        ("a level moves only together with others", others),
        ("the score alone", scored),
        ("not settled within the budget", unsettled),
    ):
        if names:
            lines.append(Paragraph(f"{text}: {'; '.join(names)}", 2, 2))
    if answer.assumed:
        yield Section("Not stated, assumed by the pack", tuple(lines))


def _nothing(answer: Unknowns) -> Iterator[Section]:
    """What cannot matter."""
    lines: list[Block] = []
    for text, facts in (("open", answer.open), ("assumed", answer.assumed)):
        names = [_name(answer, one) for one in facts if one.matters == "nothing"]
        if names:
            lines.append(Paragraph(f"{text}: {'; '.join(names)}", 2, 2))
    if answer.unread:
        lines.append(Paragraph(f"open, and read by no rule: {', '.join(answer.unread)}", 2, 2))
    if lines:
        yield Section("Cannot matter", tuple(lines))


def _how(answer: Unknowns) -> Iterator[Block]:
    text = "A fact matters if two worlds that differ in it alone rate otherwise. Open facts: among all worlds that the"
    yield Paragraph(f"{text} file allows. Assumed facts: with everything that is not stated open as well.", 2)
    text = "Cannot matter: the search went through all pairs of worlds and there is none. Every run of values that the"
    yield Paragraph(f"{text} rules tell apart counts alike, unless the file states how the doubt is spread.", 2)


def _worth(one: Unknown) -> Iterator[str]:
    gains = [
        f"{amount:.2g} {noun}{'' if amount == 1 else 's'}"
        for amount, noun in ((one.narrowing, "level"), (one.narrowing_score, "point"))
        if amount > _LEAST
    ]
    parts = [f"once known, the range narrows by {listed(gains)} on average"] if gains else []
    parts += [f"{one.moving:.0%} of its outcomes change the level"] if one.moving > _LEAST else []
    if parts:
        weighed = "weighed as stated" if one.weighed else "all outcomes counted alike"
        yield f"{'; '.join(parts)} ({weighed})"


def _disputed(one: Unknown) -> Iterator[str]:
    """Who says what, where sources disagree."""
    told = [
        f"{one.fact.field.show(a.value)} ({' '.join(filter(None, (a.source, a.grade)))})"
        for a in one.fact.alternatives
        if a.source
    ]
    if told:
        yield f"disputed: {', '.join(told)}"


def _pair(answer: Unknowns, one: Unknown) -> Iterator[str]:
    """Where the fact by itself changes nothing, the worlds in which it does."""
    if one.pair is None or one.alone or one.matters == "score":
        return
    pack, pair = answer.found.pack, one.pair
    first, second = (levels(pack, level, level) for level in pair.levels)
    shown = [one.fact.field.show(value) for value in pair.values]
    scale = "" if one.matters == "level" else f" for {pair.scale}"
    yield f"e.g. {shown[0]}: {first}, {shown[1]}: {second}{scale}{_others(pair)}"


def _others(pair: Pair) -> str:
    if not pair.others:
        return ""
    return ", given " + ", ".join(f"{path}={_plain(value)}" for path, value in pair.others.items())


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _outcomes(answer: Unknowns, one: Unknown) -> str:
    """What each value comes to: the level and score with the rest as assumed, and the range left."""
    groups: dict[tuple[int, int, int], list[int]] = {}
    for i, row in enumerate(one.outcomes):
        groups.setdefault((row.score, row.low, row.high), []).append(i)
    told = []
    for (score, low, high), members in groups.items():
        values = joined(one.fact.field, (one.outcomes[i].values for i in members))
        assert values is not None
        level = one.outcomes[members[0]].level
        name = levels(answer.found.pack, level, level)
        left = f" ({levels(answer.found.pack, low, high)})" if (low, high) != (level, level) else ""
        told.append(f"{accepted(one.fact.field, values, brief=True)} {score} {name}{left}")
    return " | ".join(told)


def _name(answer: Unknowns, one: Unknown) -> str:
    place = "" if one.fact.state == "assumed" else f" (@{one.fact.mark.line})"
    taken = one.fact.field.show(one.fact.best)
    word = "assumed" if one.fact.state == "assumed" else "taken as"
    return f"{owner(answer.found, one.entity)}{one.fact.field.label}{place}, {word} {taken}"
