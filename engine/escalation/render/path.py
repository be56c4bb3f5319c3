"""A path of steps: what each added, and what no single step shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from escalation.analysis.compare import Share
from escalation.analysis.path import Path, Step
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.moves import foot, switches
from escalation.render.words import counted, day, levels, listed, spelled

__all__ = ["blocks"]

_MOST_SHARES = 4


def blocks(answer: Path) -> Sequence[Block]:
    """The whole answer."""
    return [
        Paragraph(_headline(answer)),
        *([] if answer.in_order else [Paragraph("The steps are not in the order of their dates.")]),
        _steps(answer),
        _accumulation(answer),
        *foot([step.found for step in answer.steps]),
    ]


def _headline(answer: Path) -> str:
    first, last = answer.steps[0].found, answer.steps[-1].found
    pack, scale = first.pack, first.rating.scale
    a, b = (levels(pack, f.rating.level, f.rating.level) for f in (first, last))
    scores = first.rating.score, last.rating.score
    way = f"from {a} ({scores[0]}) to {b} ({scores[1]})" if a != b else f"{a} at both ends, {scores[0]} to {scores[1]}"
    whole, largest = signed(answer.difference), signed(answer.largest)
    return f"{spelled(len(answer.steps)).capitalize()} steps, {scale} {way}: {whole} in all, {largest} at most in one."


def _steps(answer: Path) -> Section:
    rows = [_step(step) for step in answer.steps]
    columns = (
        Column(),
        Column("", flex=True),
        Column("score", right=True),
        Column("level"),
        Column("added", right=True),
    )
    return Section("Step by step", (Table(columns, tuple(rows)),))


def _step(step: Step) -> Row:
    rating, pack = step.found.rating, step.found.pack
    under = []
    if step.shares:
        under.append(f"\xa0\xa0by fact: {_shares(step.shares)}")
    if step.on or step.off:
        under.append(f"\xa0\xa0rules {switches(step.on, step.off)}")
    extent = levels(pack, rating.low, rating.high)
    added = "" if step.added is None else signed(step.added)
    date = step.found.scenario.as_of
    return Row((day(date), step.found.scenario.title, str(rating.score), extent, added), tuple(under))


def _shares(shares: Sequence[Share]) -> str:
    felt = [share for share in shares if share.points[0]]
    shown = [f"{share.player.label} {float(share.points[0]):+.1f}" for share in felt[:_MOST_SHARES]]
    rest = len(felt) - len(shown)
    return listed([*shown, *([f"{rest} more"] if rest else [])]) or "nothing that a rule counts"


def _accumulation(answer: Path) -> Section:
    rows = [
        Row(("the sum", f"{_sum(answer)}; over the whole way: {_shares(answer.whole)}")),
        Row(("levels", _levels(answer))),
        Row(("at once", _at_once(answer))),
        *(Row(("the count", text)) for text in _counts(answer)),
    ]
    return Section("What no single step shows", (Table((Column(), Column(flex=True)), tuple(rows)),))


def _sum(answer: Path) -> str:
    rises = " ".join(signed(step.added) for step in answer.steps if step.added is not None)
    return f"{rises} = {signed(answer.difference)}"


def _levels(answer: Path) -> str:
    at = [step.found.rating.level for step in answer.steps]
    moved, largest = at[-1] - at[0], max(abs(b - a) for a, b in pairwise(at))
    where = f" {'up' if moved > 0 else 'down'}" if moved else ""
    return f"{counted(abs(moved), 'level')}{where} over the whole way, {spelled(largest)} at most in one step"


def _at_once(answer: Path) -> str:
    first, last = answer.steps[0].found, answer.steps[-1].found
    once, at = answer.at_once, levels(first.pack, answer.at_once.level, answer.at_once.level)
    apart = last.rating.score - once.score
    return (
        f"The last step's terms as one step on {day(first.scenario.as_of)}, with the precedents, warnings and events "
        f"of that day: {once.score} {at}, against {last.rating.score} as the last of {spelled(len(answer.steps))} "
        f"({signed(apart)})"
    )


def _counts(answer: Path) -> Iterator[str]:
    """Steps whose scenarios state fewer earlier steps than this path has."""
    for step, earlier in zip(answer.steps, answer.counted, strict=True):
        if earlier and earlier.on_path > earlier.stated:
            pack, rating = step.found.pack, step.found.rating
            name = levels(pack, earlier.after.level, earlier.after.level)
            label = pack.vocabulary.fields[pack.questions.steps].label
            yield (
                f"{day(step.found.scenario.as_of)}: {label} {earlier.stated} as stated or assumed, {earlier.on_path} "
                f"on this path; with these it rates {earlier.after.score} {name}, against {rating.score}"
            )
