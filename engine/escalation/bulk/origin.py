"""Where the rows of a sweep or a sample come from: enough in the file itself to make any of them again.

A file of rows keeps the text of its scenario, the day rated, the axes as they were written, and the number and seed of
a sample. Only the pack has to be found elsewhere, and its digest says whether it is the same one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from escalation.analysis.vary import parse_axes
from escalation.assess import assess
from escalation.bulk.kernel import Rated
from escalation.bulk.results import about
from escalation.bulk.rows import Ints
from escalation.bulk.sample import Doubt, Sample
from escalation.bulk.sweep import Sweep
from escalation.bulk.verify import Verified, verified
from escalation.bulk.write import GROUP, column_of, field_of, values_of
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.scenario import Scenario, read_scenario

__all__ = ["Block", "Made", "Origin", "block", "blocks", "fields", "made", "origin_of", "rows", "said", "watched"]

Made: TypeAlias = Sweep | Sample
Block: TypeAlias = tuple[Ints, list[Any], Rated]


class Origin(NamedTuple):
    """What a sweep or a sample is made of. `sample` is how many rows are drawn, with `seed`; None for a full grid."""

    file: str
    text: str
    as_of: date | None
    vary: tuple[str, ...]
    sample: int | None
    seed: int

    def scenario(self, pack: Pack) -> Scenario:
        """The scenario, read again from its text. Raises InputError."""
        problems = Problems()
        found = read_scenario(self.text.encode(), self.file, pack.vocabulary, problems, as_of=self.as_of)
        problems.stop()
        assert found is not None
        return found


def made(origin: Origin, pack: Pack) -> Made:
    """The sweep or sample of an origin under a pack. Raises InputError for whatever is wrong with it."""
    found = assess(origin.scenario(pack), pack)
    axes = parse_axes(found.scenario, pack.vocabulary, origin.vary)
    if origin.sample is None:
        return Sweep(found.scenario, pack, axes)
    return Sample(found, axes, origin.sample, origin.seed)


def said(origin: Origin, pack: Pack, whole: Made) -> dict[str, Any]:
    """What a table of these rows says about itself."""
    kind = "sweep" if origin.sample is None else "sample"
    day = origin.as_of.isoformat() if origin.as_of else None
    from_ = origin._replace(vary=list(origin.vary), as_of=day)._asdict()  # type: ignore[arg-type]
    return about(
        pack, kind, rows=whole.rows, folder=os.path.abspath(pack.folder), scenario=whole.scenario.id, origin=from_
    )


def origin_of(about: dict[str, Any]) -> Origin:
    """The origin that a table of rows names."""
    from_ = about["origin"]
    day = date.fromisoformat(from_["as_of"]) if from_["as_of"] else None
    return Origin(from_["file"], from_["text"], day, tuple(from_["vary"]), from_["sample"], from_["seed"])


def fields(whole: Made) -> list[pa.Field]:
    """The columns that rows have of their own: one for each axis, or each thing that is drawn."""
    if isinstance(whole, Sweep):
        return [field_of(axis.path, axis.field) for axis in whole.axes]
    return [field_of(doubt.paths[0], doubt.field) for doubt in whole.doubts]


def blocks(whole: Made) -> int:
    """How many blocks the rows make."""
    return -(-whole.rows // GROUP) if isinstance(whole, Sweep) else whole.blocks


def block(whole: Made, number: int) -> Block:
    """One block, as `write` takes them: row numbers, the columns of their own, ratings."""
    if isinstance(whole, Sweep):
        first = number * GROUP
        place = whole.block(first, min(GROUP, whole.rows - first))
        columns = [column_of(a.field, a.values, d) for a, d in zip(whole.axes, place.digits, strict=True)]
        return _numbers(place.first, place.rated), columns, place.rated
    drawn = whole.block(number)
    columns = [_drawn(doubt, values) for doubt, values in zip(whole.doubts, drawn.drawn, strict=True)]
    return _numbers(drawn.first, drawn.rated), columns, drawn.rated


def rows(whole: Made) -> Iterator[Block]:
    """All rows, block by block."""
    return (block(whole, number) for number in range(blocks(whole)))


def watched(blocks: Iterable[Block], whole: Made, share: float, found: list[Verified]) -> Iterator[Block]:
    """The same blocks; of each a share of the rows is rated once more, and what that came to is added to `found`."""
    for numbers, columns, rated in blocks:
        scenario_of = lambda place, rows=numbers: whole.scenario_of(int(rows[place]))  # noqa: E731
        found.append(verified(whole.pack, numbers, rated, scenario_of, share))
        yield numbers, columns, rated


def _drawn(doubt: Doubt, values: Ints) -> pa.Array:
    return column_of(doubt.field, doubt.values, values) if doubt.values else values_of(doubt.field, values)


def _numbers(first: int, rated: Rated) -> Ints:
    return np.arange(first, first + rated.levels.shape[1], dtype=np.int64)
