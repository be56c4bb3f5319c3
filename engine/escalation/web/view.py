"""What a page shows of one assessment, gathered: the trace, pictures, tables of blocks, and the what-if table.

Nothing is worked out here that the engine or an analysis does not say. The panels are those of the text report, as
blocks; what a browser shows better (the ledger, the time line, the picture, what-if) comes as records for templates.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from escalation.analysis.decisions import Decisions, decisions
from escalation.analysis.flip import flip
from escalation.analysis.unknowns import unknowns
from escalation.assess import Assessment
from escalation.ledger import CANNOT_TELL, YES
from escalation.near import misses
from escalation.pack import data_folder
from escalation.render import flip as flip_pages
from escalation.render import unknowns as unknowns_pages
from escalation.render.layout import Block, Paragraph, Section
from escalation.render.moves import accepted, owner
from escalation.render.panels import dated, earlier, foot, nearest, opinions, pack_tables, reasons, unknown, verdict
from escalation.render.panels.conditions import ConditionLine, condition_lines
from escalation.render.words import by_scale, levels, limits_of, listed, names
from escalation.sets import Numbers, Set
from escalation.trace import trace
from escalation.vocabulary import Field
from escalation.web.timeline import Timeline, timelines
from escalation.web.waterfall import NARROW, WIDE, Picture, picture

__all__ = ["BRIEF", "WHOLE", "Panel", "RuleView", "Size", "View", "WhatIf", "view_of"]

_CROWD = 20
STATES = {"fired": "fired", "cannot": "cannot tell", "near": "missed by one", "far": "further off"}


class Size(NamedTuple):
    """How much a page says of each scenario: cells of the what-if table, changes in a flip, and every panel or not."""

    cells: int
    flips: int
    every: bool


WHOLE = Size(6_000, 3, True)
BRIEF = Size(500, 2, False)


class Panel(NamedTuple):
    """A part of the page: the end of its anchor, its heading, its blocks, and blocks that are folded away."""

    name: str
    title: str
    blocks: Sequence[Block]
    folded: Sequence[Block] = ()
    fold: str = ""


class RuleView(NamedTuple):
    """A rule in the ledger: its entry of the trace, its state as a word, points and limits in words, its conditions."""

    data: dict[str, Any]
    state: str
    says: str
    points: tuple[str, ...]
    limits: tuple[str, ...]
    conditions: tuple[ConditionLine, ...]
    misses: str


class WhatIf(NamedTuple):
    """The controls in words, and the table for the script."""

    controls: tuple[tuple[str, tuple[str, ...], int], ...]  # (label, choices, the one that holds)
    alone: tuple[tuple[str, str, tuple[str, ...]], ...]  # (label, choice, result on each scale)
    left_out: tuple[str, ...]
    cells: int
    data: dict[str, Any]


class View(NamedTuple):
    """Everything that the page of one scenario shows. `anchor` starts every anchor of it."""

    anchor: str
    found: Assessment
    trace: dict[str, Any]
    headline: str
    confidence: str
    about: Sequence[Block]
    meanings: Sequence[Block]
    pictures: tuple[Picture, Picture]
    changes: Sequence[Block]
    more_changes: Sequence[Block]
    what_if: WhatIf
    rules: tuple[RuleView, ...]
    timelines: list[Timeline]
    panels: dict[str, Panel]
    command: str


def view_of(found: Assessment, anchor: str, size: Size = WHOLE) -> View:
    """Gather what the page of one scenario shows."""
    data = trace(found)
    crowd = _crowded(found)
    answer = flip(found, hold=crowd, most=size.flips)
    pages = list(flip_pages.blocks(answer, hints=False))
    above = 1 + sum(not one.group for one in answer.answers)
    meanings = verdict.meanings(found)
    return View(
        anchor=anchor,
        found=found,
        trace=data,
        headline=verdict.headline(found),
        confidence=verdict.confidence(found),
        about=verdict.title(found)[:-1],
        meanings=meanings[1:-1],  # the headline stands above, a gap below
        pictures=(picture(data, names(found.pack), WIDE), picture(data, names(found.pack), NARROW)),
        changes=[*pages[:above], *([Paragraph(f"Not moved, being many: {listed(crowd)}.")] if crowd else [])],
        more_changes=[block for block in pages[above:] if isinstance(block, Section)] if size.every else [],
        what_if=_what_if(decisions(found, size.cells)),
        rules=tuple(_rules(found, data)),
        timelines=timelines(found),
        panels={panel.name: panel for panel in _panels(found, size) if panel.blocks},
        command=_command(found),
    )


def _command(found: Assessment) -> str:
    """What gives the same report again, as typed in a shell."""
    pack, scenario = found.pack, found.scenario
    words = ["assess", "report", scenario.file, "--as-of", scenario.as_of.isoformat()]
    words += ["--rules", pack.folder] if pack.folder not in ("", data_folder("rules")) else []
    words += ["--profile", pack.profile] if pack.profile else []
    words += ["--engine", "ledger"] if len(found.engines) == 1 else []
    return shlex.join([*words, "-o", "report.html"])


def _crowded(found: Assessment) -> list[str]:
    """Kinds of entity, by the plural, of which there are so many that moving each would take minutes."""
    counts = Counter(entity.kind for entity in found.scenario.entities)
    return [found.pack.vocabulary.kinds[kind].plural for kind, count in counts.items() if count > _CROWD]


def _panels(found: Assessment, size: Size) -> Iterable[Panel]:
    yield Panel("analyst", "", opinions.analyst(found))
    yield Panel("why", "Why", [*reasons.reasons(found), *reasons.every_arithmetic(found)])
    told = {kind.plural for kind in found.pack.vocabulary.kinds.values() if kind.dated_by}
    beyond = found.scenario.merged or any(one.path.split(".")[0] not in told for one in found.scenario.later)
    yield Panel("later", "", dated.later(found) if beyond else [])
    yield Panel("rates", "", earlier.base_rates(found))
    # of the nearest rules the table alone: the ledger has the rest
    near = [block for block in nearest.nearest_rules(found) if isinstance(block, Section)]
    yield Panel("near", "", [section._replace(blocks=section.blocks[:1]) for section in near])
    folded = [*unknown.every_assumption(found)]
    if size.every and not _crowded(found):
        folded += [block for block in unknowns_pages.blocks(unknowns(found)) if isinstance(block, Section)]
    opened = unknown.open_and_assumed(found, rest_in="every assumption, below")
    yield Panel("unknowns", "Unknowns", opened, folded, "Every assumption, and what each unknown could change")
    yield Panel("images", "", earlier.images(found))
    yield Panel("precedents", "", earlier.precedents(found))
    tables = pack_tables.every_table(found)
    yield Panel("beside", "Beside the rating", tables if size.every else [])
    yield Panel("sources", "", foot.sources_with_addresses(found))
    yield Panel("limits", "", foot.limits(found))
    yield Panel("review", "", opinions.review(found))


def _rules(found: Assessment, data: dict[str, Any]) -> Iterable[RuleView]:
    """The ledger in pack order, each rule with its state and every condition."""
    missed = {miss.rule.id: miss for miss in misses(found)}
    lines = zip(found.ledger.rules, found.assumed_ledger.rules, data["ledger"], strict=True)
    for stated, assumed, entry in lines:
        miss = missed.get(stated.rule.id)
        near = miss is not None and len(miss.failing) == 1
        fired = assumed.state == YES
        if stated.state == CANNOT_TELL:
            state, says = "cannot", f"cannot tell; {'fired' if fired else 'did not fire'} as assumed"
        else:
            state = "fired" if fired else "near" if near else "far"
            says = STATES[state]
        limits = [
            f"{text}, {scale.name}" for scale in found.pack.scales for text in limits_of(found, stated, scale.name)
        ]
        yield RuleView(
            entry,
            state,
            says,
            by_scale(found.pack, stated.rule.then.points),
            tuple(limits),
            tuple(condition_lines(found, stated.line)),
            f"{len(miss.failing)} of {miss.tests} conditions fail" if miss and not fired else "",
        )


def _what_if(table: Decisions) -> WhatIf:
    found = table.found
    scales = found.pack.scales
    labels = [f"{owner(found, control.entity)}{control.field.label}" for control in table.controls]
    choices = [tuple(_words(control.field, c.values) for c in control.choices) for control in table.controls]

    def result(chosen: Sequence[int]) -> tuple[str, ...]:
        one = table.outcome(chosen)
        pairs = zip(one.levels, one.totals, strict=True)
        return tuple(f"{levels(found.pack, level, level)} {total}" for level, total in pairs)

    alone = []
    for at, control in enumerate(table.controls):
        for choice in range(len(control.choices)):
            if choice != control.now:
                chosen = [*table.now[:at], choice, *table.now[at + 1 :]]
                alone.append((labels[at], choices[at][choice], result(chosen)))
    used = {i for outcome in table.outcomes for i in table.fired(outcome)}
    data = {
        "sizes": [len(control.choices) for control in table.controls],
        "now": list(table.now),
        "levels": [name.upper() for name in names(found.pack)],
        "scales": [scale.name for scale in scales],
        "rules": {
            str(i): [rule.id, rule.title, *by_scale(found.pack, rule.then.points)]
            for i, rule in enumerate(found.pack.rules)
            if i in used
        },
        "outcomes": [[list(o.levels), list(o.totals), list(table.fired(o))] for o in table.outcomes],
        "cells": list(table.cells),
    }
    left_out = tuple(f"{owner(found, one.entity)}{one.field.label}" for one in table.left_out)
    controls = tuple((label, shown, c.now) for label, shown, c in zip(labels, choices, table.controls, strict=True))
    return WhatIf(controls, tuple(alone), left_out, len(table.cells), data)


def _words(field: Field, values: Set) -> str:
    """The values of a bin: a run of ordered words by its ends, else every word."""
    if isinstance(values, Numbers):
        return accepted(field, values)
    every: list[str | bool] = [*field.order, *(word for word in field.words if word not in field.order)]
    ranks = {word: i for i, word in enumerate(every)}
    words = sorted(values.words, key=lambda word: ranks.get(word, 0))
    shown = [field.show(word) for word in words]
    run = len(words) > 2 and ranks[words[-1]] - ranks[words[0]] == len(words) - 1 and words[-1] in field.order
    return f"{shown[0]} to {shown[-1]}" if run else " / ".join(shown)
