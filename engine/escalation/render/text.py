"""An assessment as text for a terminal or a memo, in three lengths."""

from __future__ import annotations

from escalation.assess import Assessment
from escalation.render.layout import PLAIN, Look, page
from escalation.render.panels import DETAILS, blocks
from escalation.render.words import names

__all__ = ["DETAILS", "report"]


def report(found: Assessment, detail: str = "ledger", look: Look = PLAIN) -> str:
    """The report: `detail` is verdict (what and how sure), ledger (why) or full (every condition)."""
    return page(blocks(found, detail), look._replace(levels=tuple(names(found.pack))))
