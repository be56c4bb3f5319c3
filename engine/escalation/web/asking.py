"""Questions asked in the application: what if, what moves the level, why a rule fired or did not, how several compare.

Each answer is that of the command of the same name, as blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from starlette.responses import Response

from escalation.analysis.compare import compare
from escalation.analysis.flip import flip as flipped
from escalation.analysis.proof import prove
from escalation.analysis.rated import rule_of
from escalation.analysis.what_if import what_if as what_if_of
from escalation.analysis.why_not import why_not
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Problem
from escalation.edits import path_to
from escalation.paths import find
from escalation.render import compare as compare_pages
from escalation.render import flip as flip_pages
from escalation.render import what_if as what_if_pages
from escalation.render import why as why_pages
from escalation.render import why_not as why_not_pages
from escalation.render.layout import Block
from escalation.render.moves import owner
from escalation.vocabulary import Field
from escalation.web.cases import Case
from escalation.web.desk import Ask, Desk
from escalation.web.page import ATTRIBUTED

__all__ = ["compared", "flip", "value", "what_if", "why"]

_MOST_CHANGES = 40
_MOST_MOVED = 4


class Movable(NamedTuple):
    """A fact that what-if can change: its path, what it is called, and its value as it is rated now."""

    path: str
    label: str
    now: str


def what_if(desk: Desk, ask: Ask) -> Response:
    """A scenario with some facts changed, beside what it rates at as it stands. The file is not touched."""
    found, case = _rated(desk, ask)
    sets = [one for one in ask.query.getlist("set") if one.strip()]
    removed = [one for one in ask.query.getlist("remove") if one.strip()]
    path, text = ask.query.get("path", ""), ask.query.get("value", "").strip()
    if path and text:
        sets = [*(one for one in sets if one.partition("=")[0] != path), f"{path}={text}"]
    problems: Sequence[Problem] = ()
    blocks: Sequence[Block] = ()
    if sets or removed:
        try:
            blocks = what_if_pages.blocks(what_if_of(found, sets[:_MOST_CHANGES], (), removed[:_MOST_CHANGES]))
        except InputError as error:
            problems = error.problems
    return desk.page(
        "what_if.html",
        ask,
        stamp=case.name,
        case=case,
        found=found,
        profile=desk.image(ask),
        sets=sets,
        removed=removed,
        movable=list(_movable(found)),
        path=path,
        field=_field(found, path),
        answer=blocks,
        problems=problems,
    )


def value(desk: Desk, ask: Ask) -> Response:
    """The part of the what-if form that takes the value of the fact chosen, with the words it may have."""
    found, _ = _rated(desk, ask)
    ask = ask._replace(partial=True)
    return desk.page("value.html", ask, field=_field(found, ask.query.get("path", "")))


def flip(desk: Desk, ask: Ask) -> Response:
    """The smallest sets of changes that move the level."""
    found, case = _rated(desk, ask)
    to = ask.query.get("to", "")
    hold, free = ask.query.get("hold", "").split(), ask.query.get("free", "").split()
    most = ask.query.get("most", "")
    size = min(int(most), _MOST_MOVED) if most.isdecimal() and int(most) > 0 else 2
    problems: Sequence[Problem] = ()
    blocks: Sequence[Block] = ()
    if ask.query:
        try:
            blocks = flip_pages.blocks(flipped(found, to, hold, free, size), hints=False)
        except InputError as error:
            problems = error.problems
    return desk.page(
        "flip.html",
        ask,
        stamp=case.name,
        case=case,
        found=found,
        profile=desk.image(ask),
        to=to,
        hold=" ".join(hold),
        free=" ".join(free),
        most=size,
        answer=blocks,
        problems=problems,
    )


def why(desk: Desk, ask: Ask) -> Response:
    """Why a rule fired in a scenario, or why it did not."""
    found, case = _rated(desk, ask)
    rule = rule_of(found.pack, ask.path["rule"])
    fired = rule.id in found.fired
    blocks = why_pages.rule_blocks(prove(found, rule.id)) if fired else why_not_pages.blocks(why_not(found, rule.id))
    return desk.page(
        "why.html",
        ask,
        stamp=case.name,
        case=case,
        found=found,
        profile=desk.image(ask),
        rule=rule,
        fired=fired,
        answer=blocks,
    )


def compared(desk: Desk, ask: Ask) -> Response:
    """Scenarios side by side, the first against each other one."""
    profile = desk.image(ask)
    held = desk.cases.folder.held()
    chosen = list(dict.fromkeys(name for name in ask.query.getlist("s") if name in held.names))
    every = [case for case in desk.cases.every(held.names, profile) if case.found]
    founds = [case.found for name in chosen[:ATTRIBUTED] for case in every if case.name == name]
    problems: Sequence[Problem] = ()
    blocks: Sequence[Block] = ()
    if len(founds) > 1:
        try:
            blocks = compare_pages.blocks(compare([found for found in founds if found]))
        except InputError as error:
            problems = error.problems
    return desk.page(
        "compare.html",
        ask,
        stamp="/".join(chosen) or "*",
        chosen=chosen,
        every=every,
        images=desk.cases.pack().profiles,
        profile=profile,
        answer=blocks,
        problems=problems,
        too_many=len(chosen) > ATTRIBUTED,
        most=ATTRIBUTED,
    )


def _rated(desk: Desk, ask: Ask) -> tuple[Assessment, Case]:
    """The assessment that a question is asked of. Raises InputError with what is wrong with its file."""
    case = desk.cases.case(ask.path["name"], desk.image(ask))
    if case.found is None:
        raise InputError(case.problems)
    return case.found, case


def _movable(found: Assessment) -> Iterator[Movable]:
    """Every fact that can be stated, in the order of the scenario."""
    for at, entity in enumerate(found.scenario.entities):
        for fact in entity.facts.values():
            field = fact.field
            if field.derive is None and field.member_of is None and (field.readable or field.type == "words"):
                path = path_to(found.scenario, found.pack.vocabulary, at, field.name)
                state = "" if fact.state == "stated" else f" ({fact.state})"
                yield Movable(path, f"{owner(found, at)}{field.label}", f"{field.show(fact.best)}{state}")


def _field(found: Assessment, path: str) -> Field | None:
    """The field of the fact that a path names, if it names one."""
    if not path:
        return None
    try:
        return find(found.scenario, found.pack.vocabulary, path)[1]
    except InputError:
        return None
