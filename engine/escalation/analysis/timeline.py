"""One scenario over time: the days on which something in it became known, or grew old, and what that changed.

The file is read anew as of each day that it names (and each on which an age that rules read crosses a line), so that
every day is rated on what was known then. Days are compared by their ratings, the rules that fired, and what counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from escalation.assess import Assessment, assess
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.read import Dated
from escalation.scenario import Later, read_scenario
from escalation.sets import Numbers
from escalation.source import Listing, Mapping, Node, Text, parse

__all__ = ["Day", "timeline"]

_KNOWN = ("known_at", "seen_to")
_UNSEEN = ("observed", "ex_ante", "analyst", "sources")


class Day(NamedTuple):
    """A day on which something changed. `found` is None where too little was known to rate.

    `news` became known since the day before in the list; `on` and `off` are rules that began and ceased to fire.
    """

    day: date
    found: Assessment | None
    news: tuple[Later, ...]
    on: tuple[str, ...]
    off: tuple[str, ...]


def timeline(data: bytes, file: str, pack: Pack, engine: str = "both") -> tuple[Day, ...]:
    """The days on which the rating, its reasons or what counts change, in order; `data` is a valid scenario."""
    days: list[Day] = []
    before: Assessment | None = None
    for day in _days(data, file, pack):
        scenario = read_scenario(data, file, pack.vocabulary, Problems(), as_of=day)
        found = assess(scenario, pack, engine=engine) if scenario else None
        waiting = {later.path for later in found.scenario.later} if found else set()
        news = tuple(x for x in before.scenario.later if x.path not in waiting) if before and found else ()
        fired, fired_before = (set(one.fired) if one else set() for one in (found, before))
        if not days or news or _figures(found) != _figures(before) or fired != fired_before:
            ids = [rule.id for rule in pack.rules]
            on = tuple(i for i in ids if i in fired - fired_before) if days else ()
            days.append(Day(day, found, news, on, tuple(i for i in ids if i in fired_before - fired)))
        before = found or before
    return tuple(days)


def _days(data: bytes, file: str, pack: Pack) -> list[date]:
    """Every day on which something can change: the last of each date that cuts, and those on which ages cross."""
    problems = Problems()
    node = parse(data, file, problems)
    keys = {kind.dated_by for kind in pack.vocabulary.kinds.values() if kind.dated_by} | set(_KNOWN)
    days = set(_dates(node, keys | {"as_of"})) if node else set()
    for entity_day in list(days):
        days |= {entity_day + timedelta(days=age) for age in _ages(pack)}
    return sorted(days)


def _dates(node: Node, keys: set[str]) -> Iterator[date]:
    if isinstance(node, Mapping):
        for key, value in node.entries:
            if key.value in keys and isinstance(value, Text):
                try:
                    yield Dated.of(value.value).last
                except ValueError:
                    continue
            elif key.value not in _UNSEEN:
                yield from _dates(value, keys)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _dates(item, keys)


def _ages(pack: Pack) -> set[int]:
    """The ages in days at which some rule reads an age differently."""
    from escalation.grid import grid_of

    ages: set[int] = set()
    grid = grid_of(pack)
    for fields in grid.columns.values():
        for field in fields:
            if field.derive is not None and field.derive[0] == "days_before_as_of":
                pieces = (piece for piece in grid.bins[field.key] if isinstance(piece, Numbers))
                ages |= {int(piece.intervals[0].low) for piece in pieces}
    return ages


def _figures(found: Assessment | None) -> tuple[tuple[int, ...], ...]:
    return tuple((r.level, r.low, r.high, r.score, r.score_low, r.score_high) for r in found.ratings) if found else ()
