"""What is dated (warnings, say) as events in order: what was said, on whose word, what followed, what it counted for.

Events that became known after the day rated are there too, marked as not counted. `x` is an event's place on a strip
drawn to scale, from 0 to 1.
"""

from __future__ import annotations

from typing import NamedTuple

from escalation.assess import Assessment
from escalation.read import Dated
from escalation.render.layout import Row
from escalation.render.panels.dated import entry
from escalation.render.words import perceiver, when

__all__ = ["Event", "Timeline", "timelines"]


class Event(NamedTuple):
    """One event: its date in words, its place on the strip (None without a date), what is told of it.

    `kind` is known, later (not counted) or day (the day rated itself).
    """

    date: str
    x: float | None
    kind: str
    title: str
    ground: str
    rows: tuple[Row, ...]


class Timeline(NamedTuple):
    """The events of one kind of entity, in order."""

    name: str
    title: str
    empty: str
    events: tuple[Event, ...]


def timelines(found: Assessment) -> list[Timeline]:
    """A time line for each dated kind of entity that the scenario states or the rules ask about."""
    shown = []
    for kind in found.pack.vocabulary.kinds.values():
        read = bool(found.board.grid.columns[kind.name])
        members = [i for i, entity in enumerate(found.scenario.entities) if entity.kind == kind.name]
        later = [one for one in found.scenario.later if one.path.split(".")[0] == kind.plural]
        if not kind.dated_by or not (members or later or read):
            continue
        raw: list[tuple[str, str, str, str, tuple[Row, ...]]] = []
        for at in members:
            fact = found.scenario.entities[at].facts.get(kind.dated_by)
            date = str(fact.best) if fact and fact.state != "assumed" else ""
            first, *rest = entry(found, kind, at, when(date), read)
            under = [Row(("", text, "")) for text in first.under]
            raw.append((date, "known", first.cells[1], first.cells[2], (*under, *rest)))
        raw += [(one.date, "later", one.text or one.path, f"@{one.mark.line}", ()) for one in later]
        use = f"rated on {len(members)}" if read else f"{len(members)}, read by no rule"
        title = f"{kind.plural.capitalize()} ({perceiver(found)}): {use}"
        empty = "" if members else f"None stated: the list of {kind.plural} is taken as closed."
        shown.append(Timeline(kind.plural, title, empty, _placed(found, raw)))
    return shown


def _placed(found: Assessment, raw: list[tuple[str, str, str, str, tuple[Row, ...]]]) -> tuple[Event, ...]:
    """The events in order with the day rated among them, each with its place on the strip."""
    day = found.scenario.as_of
    days = {date: Dated.of(date).last.toordinal() for date, *_ in raw if date}
    first, last = min([day.toordinal(), *days.values()]), max([day.toordinal(), *days.values()])

    def place(date: str) -> float | None:
        return round((days[date] - first) / max(1, last - first), 4) if date else None

    here = round((day.toordinal() - first) / max(1, last - first), 4)
    events = [Event(when(date), place(date), kind, title, ground, rows) for date, kind, title, ground, rows in raw]
    events.append(Event(when(day.isoformat()), here, "day", "the day rated", "", ()))
    return tuple(sorted(events, key=lambda e: (e.x if e.x is not None else -1.0, e.kind != "known", e.kind == "later")))
