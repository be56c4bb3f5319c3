"""Readings beside the rating: rival images, earlier warnings, earlier cases. Computed for a report, never for JSON.

Each has a command of its own (`assess FILE --profile all`, `assess base-rates`, `assess precedents`), which gives it as
data as well. A pack that comes without the plan of a question has no panel for it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from escalation.assess import Assessment
from escalation.ledger import decide
from escalation.pack import load_image
from escalation.rating import arithmetic
from escalation.render.layout import Block, Column, Row, Section, Table
from escalation.render.profiles import NEUTRAL, parting
from escalation.render.words import levels

__all__ = ["base_rates", "images", "precedents"]


def images(found: Assessment) -> Sequence[Block]:
    """The assumed world under the pack as it is and under each of its images, by the ledger."""
    if not found.pack.profiles or not os.path.isdir(found.pack.folder):
        return []
    packs = [load_image(found.pack, name) for name in ("", *found.pack.profiles)]
    fired = [decide(pack, found.scenario.entities, found.world).fired for pack in packs]
    rows = []
    for pack, own in zip(packs, fired, strict=True):
        sums = [arithmetic(pack, own, scale) for scale in pack.scales]
        figures = (f"{levels(pack, one.level, one.level)} {one.total}" for one in sums)
        parts = parting(packs[0], fired[0], pack, own) if pack.profile else "the pack as it is"
        rows.append(Row((pack.profile or NEUTRAL, *figures, parts)))
    columns = (Column(), *(Column(scale.name) for scale in packs[0].scales), Column("parts at", flex=True))
    return [Section("Rival images of the perceiver", (Table(columns, tuple(rows)),))]


def base_rates(found: Assessment) -> Sequence[Block]:
    """What followed earlier warnings of the kinds that the scenario holds."""
    if not _planned(found, "base_rates.yaml"):
        return []
    from escalation.analysis import base_rates as earlier
    from escalation.render.base_rates import section

    answer = earlier.base_rates(found)
    return [section(answer, detail=False)] if answer.groups else []


def precedents(found: Assessment) -> Sequence[Block]:
    """The nearest earlier cases."""
    if not _planned(found, "precedents.yaml"):
        return []
    from escalation.analysis import precedents as earlier
    from escalation.render.precedents import section

    return [section(earlier.precedents(found))]


def _planned(found: Assessment, name: str) -> bool:
    return os.path.isfile(os.path.join(found.pack.folder, "analysis", name))
