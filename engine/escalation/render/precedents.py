"""The nearest precedents as a page: each case with what it met, what is alike and what is not."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.analysis.precedents import Comparison, Precedent, Precedents
from escalation.render.layout import Block, Paragraph, Section
from escalation.render.words import counted, day, listed

__all__ = ["blocks", "section"]


def blocks(found: Precedents) -> tuple[Block, ...]:
    """The page of `assess precedents`."""
    scenario = found.assessment.scenario
    return (Paragraph(f"{scenario.title}, as of {day(scenario.as_of)}"), section(found))


def section(found: Precedents) -> Section:
    """The precedents as one section of a report."""
    title = "Nearest earlier cases, response window closed before the date (casebook coding, J)"
    return Section(title, tuple(_paragraphs(found)))


def _paragraphs(found: Precedents) -> Iterator[Block]:
    within = f"{found.plan.within:g}"
    if not found.considered:
        yield Paragraph("No case whose response window had closed before the date.", 2)
    elif not found.found:
        yield Paragraph(f"No precedent within distance {within}, of {counted(found.considered, 'case')} considered.", 2)
    names = [level.name.upper() for level in found.assessment.pack.levels]
    for one in found.found:
        yield from _case(one, names)
    if found.nearest_beyond:
        yield Paragraph("The nearest of them, which is no precedent:", 2)
        yield from _case(found.nearest_beyond, names)
    closed = f"{counted(found.considered, 'case')} considered"
    left = (
        f"; {counted(len(found.open_windows), 'case')} left out, the window still open or later"
        if found.open_windows
        else ""
    )
    yield Paragraph(
        f"{closed}{left}. Distance weighs features that the pack declares; up to {within} is a precedent.", 2
    )


def _case(one: Precedent, names: list[str]) -> Iterator[Block]:
    met = "not coded" if one.met is None else names[one.met - 1]
    how = f"met {met}" if one.observed else f"withheld; its rhetoric alone stands at {met}"
    yield Paragraph(f"{one.case.title}, {day(one.case.as_of)}: {how}. Distance {one.distance:.1f}.", 2, 2)
    same = [c.field.label for c in one.same if c.here and not any(c.assumed)]
    assumed = sum(any(c.assumed) for c in one.same)
    yield Paragraph(
        f"same: {listed(same) or 'nothing stated'}{f'; {assumed} more as assumed' if assumed else ''}", 4, 6
    )
    unlike = [f"{c.field.label} ({_shown(c, 0)}; there {_shown(c, 1)})" for c in one.different]
    yield Paragraph(f"not: {'; '.join(unlike) or 'nothing'}", 4, 6)


def _shown(compared: Comparison, side: int) -> str:
    value = (compared.here, compared.there)[side] or "none"
    return f"{value}, assumed" if compared.assumed[side] else value
