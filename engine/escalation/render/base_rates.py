"""What followed earlier warnings of the same kind, as a page: counts first, a rate only where there are enough."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.analysis.base_rates import BaseRates, Group
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import counted, day, listed, when

__all__ = ["blocks", "section"]


def blocks(found: BaseRates) -> tuple[Block, ...]:
    """The page of `assess base-rates`."""
    scenario = found.assessment.scenario
    head = Paragraph(f"{scenario.title}, as of {day(scenario.as_of)}")
    return (head, section(found)) if found.groups else (head, Paragraph("No warning was known on the date.", 2))


def section(found: BaseRates, detail: bool = True) -> Section:
    """The counts as one section of a report; `detail` lists every earlier warning, and not the latest only."""
    title = "What followed earlier warnings of such kinds (casebook coding, J)"
    parts = [block for group in found.groups for block in _group(found, group, detail)]
    return Section(title, (*parts, *(Paragraph(note, 2, 2) for note in found.plan.notes)))


def _group(found: BaseRates, group: Group, detail: bool) -> Iterator[Block]:
    number = len(group.found)
    whence = f" in {counted(group.cases, 'case')}" if number else ""
    outcomes = [f"{group.count(one)} {one.title}" for one in found.plan.outcomes if group.count(one)]
    said = [f"{group.kind}: {number} earlier{whence}, response windows closed{': ' if outcomes else ''}"]
    yield Paragraph(f"{said[0]}{listed(outcomes)}. {_rate(found, group)}{_left_out(found, group)}", 2, 2)
    listed_here = group.found if detail else group.found[-found.plan.most_listed :]
    if listed_here:
        rows = (Row((when(one.date), f"{one.name}; {one.title}: {one.outcome.title}")) for one in listed_here)
        yield Table((Column(), Column(flex=True)), tuple(rows), indent=4)


def _rate(found: BaseRates, group: Group) -> str:
    rate = found.rate(group)
    if rate is None:
        return f"Too few for a rate, which needs {found.plan.least}."
    share, low, high = rate
    return f"Share followed by a step: {share:.2f} ({found.plan.interval:.0%} interval {low:.2f} to {high:.2f})."


def _left_out(found: BaseRates, group: Group) -> str:
    parts = [
        f"{group.open_windows} with the window still open" if group.open_windows else "",
        f"{group.no_answer} {found.plan.no_answer}" if group.no_answer else "",
    ]
    parts = [part for part in parts if part]
    return f" Left out: {listed(parts)}." if parts else ""
