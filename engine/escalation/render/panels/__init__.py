"""The panels of a report, in order: each is a function from an assessment to blocks, none if it has nothing to say.

To add a panel, write the function in a module of this folder and put it in its place in `LEDGER`; text and Markdown
both take it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from escalation.assess import Assessment
from escalation.render.layout import Block, Paragraph
from escalation.render.panels import (
    conditions,
    dated,
    earlier,
    foot,
    nearest,
    opinions,
    pack_tables,
    reasons,
    unknown,
    verdict,
)

__all__ = ["DETAILS", "Panel", "blocks"]

Panel: TypeAlias = Callable[[Assessment], Sequence[Block]]


def _confidence(found: Assessment) -> Sequence[Block]:
    return [Paragraph(verdict.confidence(found))]


LEDGER: tuple[Panel, ...] = (
    verdict.title,
    verdict.meanings,
    verdict.scales,
    _confidence,
    opinions.analyst,
    reasons.reasons,
    reasons.arithmetic,
    dated.dated,
    dated.later,
    earlier.base_rates,
    nearest.nearest_rules,
    unknown.open_and_assumed,
    earlier.images,
    earlier.precedents,
    pack_tables.tables,
    foot.sources,
    foot.limits,
    opinions.review,
    foot.digests,
)
_IN_FULL: dict[Panel, Panel] = {
    reasons.arithmetic: reasons.every_arithmetic,
    nearest.nearest_rules: partial(nearest.nearest_rules, rest_in="every condition, below"),
    unknown.open_and_assumed: partial(unknown.open_and_assumed, rest_in="every assumption, below"),
    foot.sources: foot.sources_with_addresses,
    foot.digests: partial(foot.digests, rest_in="above"),
}
"""What takes the place of a panel in the full report: it says more, or points at what else is there."""
FULL: tuple[Panel, ...] = (
    *(_IN_FULL.get(panel, panel) for panel in LEDGER[:-5]),
    pack_tables.every_table,
    unknown.every_assumption,
    conditions.every_condition,
    *(_IN_FULL.get(panel, panel) for panel in LEDGER[-4:]),
)
DETAILS: dict[str, tuple[Panel, ...]] = {"verdict": (verdict.brief, opinions.brief), "ledger": LEDGER, "full": FULL}


def blocks(found: Assessment, detail: str) -> list[Block]:
    """The blocks of a report; `detail` is verdict, ledger or full."""
    return [block for panel in DETAILS[detail] for block in panel(found)]
