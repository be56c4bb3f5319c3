"""The day of scenarios that are made up for a pack, for tests, specimens and questions about what can be reached."""

from __future__ import annotations

from datetime import date

from escalation.pack import Pack
from escalation.read import Dated

__all__ = ["as_of"]


def as_of(pack: Pack) -> date:
    """The last day of what a pack was written with knowledge of."""
    try:
        return Dated.of(pack.knowledge_to).last
    except ValueError:
        return date(2000, 1, 1)
