"""The smallest sets of changes that move the level, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.flip import Answer, Flips
from escalation.analysis.flip_lines import Added, Change, Flip, Switch
from escalation.pack import Pack
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.moves import accepted, foot, owner, reached
from escalation.render.words import counted, entity_name, levels, listed, spelled
from escalation.vocabulary import CHANGED_BY

__all__ = ["blocks"]

SHOWN = 12
_GROUPS = {"decision": "Decisions", "event": "Events", "judgement": "Judgements", "physics": "Physics"}
_STEP = "\xa0\xa0"
_BECAUSE = {
    "physics": "physics",
    "asked": "held as asked",
    "closed": "lists that are not stated",
    "worked out": "worked out from other facts",
}
_RELEASE = {
    "physics": " (release with --free physics or --free FIELD)",
    "closed": " (release with --free FIELD)",
}
_REST = ": --format json lists all"


def blocks(answer: Flips, hints: bool = True) -> Sequence[Block]:
    """The whole answer. `hints` is whether the options of the command that would say more are named."""
    overall = [one for one in answer.answers if not one.group]
    rest = _REST if hints else ""
    return [
        Paragraph(_headline(answer, overall)),
        *(_goal(answer, one, rest) for one in overall),
        *_groups(answer, rest),
        Section("Held", tuple(_held(answer, _RELEASE if hints else {}))),
        Section("Searched", tuple(_searched(answer))),
        *foot([answer.found]),
    ]


def _headline(answer: Flips, overall: Sequence[Answer]) -> str:
    rating, pack = answer.found.rating, answer.found.pack
    told = ", ".join(f"{_size(answer, one)} {'up' if one.up else 'down'}" for one in overall)
    now = f"{levels(pack, rating.level, rating.level)} for {rating.scale}, score {rating.score}."
    return f"{now} Smallest sets of changes that move the level: {told}." if told else f"{now} There is no other level."


def _size(answer: Flips, one: Answer) -> str:
    if one.size is not None:
        return _number(one.size)
    if not one.searched.complete:
        return f"none within {counted(one.searched.size, 'change')}, where the search ended"
    return f"none within {counted(answer.most, 'change')}"


def _number(size: int) -> str:
    return f"{spelled(size)} change{'' if size == 1 else 's'}"


def _goal(answer: Flips, one: Answer, rest: str) -> Section:
    pack = answer.found.pack
    title = f"{'Up' if one.up else 'Down'} to {levels(pack, one.level, one.level)}, needs {signed(one.needs)}"
    if one.size is None:
        return Section(title, (Paragraph(f"{_size(answer, one).capitalize()}.", 2),))
    grouped = sorted(one.flips[:SHOWN], key=lambda flip: [CHANGED_BY.index(kind) for kind in flip.kinds if kind])
    rows = [_row(answer, one, flip, flip.kinds[0] if len(flip.kinds) == 1 else "mixed") for flip in grouped]
    return Section(title, (Table((Column(), Column(flex=True), Column(right=True)), tuple(rows)), *_more(one, rest)))


def _more(one: Answer, rest: str) -> list[Block]:
    left = len(one.flips) - SHOWN
    return [Paragraph(f"and {left} more of that size{rest}", 2)] if left > 0 else []


def _row(answer: Flips, one: Answer, flip: Flip, label: str) -> Row:
    under = [*_switched(answer.found.pack, flip), *_hangs(answer, flip)]
    return Row((label, _changes(answer, flip), _outcome(answer, one, flip)), tuple(_STEP + line for line in under))


def _changes(answer: Flips, flip: Flip) -> str:
    parts = [_change(answer, change) for change in flip.changes]
    return "; ".join([*parts, *([_added(answer, flip.further)] if flip.further else [])])


def _change(answer: Flips, change: Change) -> str:
    field = change.field
    fact = answer.found.scenario.entities[change.entities[0]].facts[field.name]
    place = "assumed" if change.state == "assumed" else f"@{fact.mark.line}"
    now = f"{'open, taken as ' if change.state == 'open' else ''}{field.show(change.before)}"
    then = reached(field, change.after, change.values)
    return f"{_owners(answer, change)}{field.label} ({place}): {now} -> {then}"


def _owners(answer: Flips, change: Change) -> str:
    """Whose fact it is; a statement that covers several is one change."""
    if len(change.entities) == 1:
        return owner(answer.found, change.entities[0])
    return f"{listed([entity_name(answer.found, at) for at in change.entities])}, together: "


def _added(answer: Flips, added: Added) -> str:
    """The further entity by the fields that matter; one that may be anything is not named."""
    label = answer.found.pack.vocabulary.kinds[added.kind].label
    told = [f"{f.label} {accepted(f, values)}" for f, values in added.ranges if values != f.domain]
    return f"a further {label}: {'; '.join(told) or 'any'}"


def _outcome(answer: Flips, one: Answer, flip: Flip) -> str:
    beyond = f" {levels(answer.found.pack, flip.level, flip.level)}" if flip.level != one.level else ""
    return f"{answer.found.rating.score} -> {flip.score}{beyond}"


def _switched(pack: Pack, flip: Flip) -> Iterator[str]:
    parts = [
        f"{word} {', '.join(_switch(pack, one) for one in rules)}"
        for word, rules in (("on", flip.on), ("off", flip.off))
        if rules
    ]
    if parts:
        yield "; ".join(parts)


def _switch(pack: Pack, one: Switch) -> str:
    limits = [f"{word} {levels(pack, at, at)}" for word, at in (("ceiling", one.ceiling), ("floor", one.floor)) if at]
    return " ".join([one.rule, *([signed(one.points)] if one.points else []), *limits])


def _hangs(answer: Flips, flip: Flip) -> Iterator[str]:
    """Where one judgement carries the level, the reason that the file gives for it."""
    if flip.kinds == ("judgement",) and len(flip.changes) == 1:
        change = flip.changes[0]
        fact = answer.found.scenario.entities[change.entities[0]].facts[change.field.name]
        if change.state != "assumed":
            reason = f"its reason: {fact.note}" if fact.note else f"give its reason at @{fact.mark.line}"
            yield f"the level hangs on how this is counted; {reason}"


def _groups(answer: Flips, rest: str) -> Iterator[Section]:
    """For each kind of change, the smallest sets that need no other kind."""
    for group, title in _GROUPS.items():
        rows: list[Row] = []
        for one in answer.answers:
            if one.group != group:
                continue
            way, size = "up" if one.up else "down", _size(answer, one)
            if one.above or one.size is None:
                rows.append(Row((way, f"{size}{' (above)' if one.above else ''}", "")))
                continue
            for at, flip in enumerate(one.flips[:SHOWN]):
                row = _row(answer, one, flip, way if at == 0 else "")
                said = f"{size}: {row.cells[1]}" if at == 0 else row.cells[1]
                rows.append(row._replace(cells=(row.cells[0], said, row.cells[2])))
            left = len(one.flips) - SHOWN
            rows += [Row(("", f"and {left} more{rest}", ""))] if left > 0 else []
        if rows:
            yield Section(f"{title} only", (Table((Column(), Column(flex=True), Column(right=True)), tuple(rows)),))


def _held(answer: Flips, release: dict[str, str]) -> Iterator[Block]:
    for because, text in _BECAUSE.items():
        labels = dict.fromkeys(held.label for held in answer.held if held.because == because)
        if labels:
            yield Paragraph(f"{', '.join(labels)}: {text}{release.get(because, '')}", 2, 2)
    if not answer.held:
        yield Paragraph("nothing", 2)


def _searched(answer: Flips) -> Iterator[Block]:
    pack = answer.found.pack
    texts: dict[str, list[str]] = {}
    for one in answer.answers:
        if not one.above and one.searched.size:
            ways = texts.setdefault(_through(pack, one), [])
            ways += [way for way in ("up" if one.up else "down",) if way not in ways]
    for text, ways in texts.items():
        yield Paragraph(f"{listed(ways)}: {text}", 2, 2)
    level = levels(pack, answer.found.rating.level, answer.found.rating.level)
    engines = "both engines" if len(answer.found.engines) > 1 else "the ledger"
    text = f"Nothing smaller exists: with no change the level is {level}. Each set shown, applied to the scenario and"
    yield Paragraph(f"{text} rated by {engines}, gives what it says.", 2)


def _through(pack: Pack, one: Answer) -> str:
    """What a search went through."""
    size, facts = one.searched.size, counted(len(one.searched.facts), one.group or "fact")
    sets = f"every single change of {facts}" if size == 1 else f"every set of up to {_number(size)} among {facts}"
    if one.searched.shared:
        sets += f" (and of {counted(one.searched.shared, 'statement')} that cover several of them)"
    ended = "" if one.searched.complete else "; there the budget ended, so larger sets may exist"
    return sets + "".join(_extent(pack, row) for row in one.searched.further) + ended


def _extent(pack: Pack, row: tuple[str, int, int, tuple[str, ...]]) -> str:
    kind, combinations, classes, names = row
    labels = [pack.vocabulary.fields[f"{kind}.{name}"].label for name in names]
    label = pack.vocabulary.kinds[kind].label
    told = f"{counted(combinations, 'combination')} of {listed(labels)}, of which the rules tell {classes} apart"
    return f", and one further {label} ({told}; its other facts as the vocabulary assumes)"
