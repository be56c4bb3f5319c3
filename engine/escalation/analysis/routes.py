"""Ways carried out: the changes as made, and what the changed scenario rates at, by both engines.

`Routes` finds the ways for a rule (or against it), makes each change, rates the result, and keeps those that do what
they were meant to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from escalation.analysis.rated import Json, Rated, mode, of, rated, switched
from escalation.analysis.ways import FIRST_NEW, MOST, Move, Way, Ways, distance, moves
from escalation.assess import Assessment
from escalation.diagnostics import InputError
from escalation.edits import path_to
from escalation.facts import Fact
from escalation.rules import Rule
from escalation.scenario import Scenario
from escalation.sets import Scalar, Set
from escalation.trace import set_data
from escalation.vocabulary import Field, Value

__all__ = ["Added", "Changed", "Route", "Routes", "data"]

_TRIED = 12  # ways carried out at most for one question


class Changed(NamedTuple):
    """One fact changed: its entity, what it was, what it is made here, and every value that does as well."""

    at: int
    path: str
    fact: Fact
    after: Scalar
    accept: Set
    distance: float


class Added(NamedTuple):
    """One entity added, with the facts that it must state and every value that does as well."""

    kind: str
    stated: tuple[tuple[Field, Scalar, Set], ...]


class Route(NamedTuple):
    """A way carried out. `on` and `off` are the rules that switch, in pack order."""

    way: Way
    changed: tuple[Changed, ...]
    added: tuple[Added, ...]
    removed: tuple[str, ...]
    scenario: Scenario
    after: Rated
    on: tuple[str, ...]
    off: tuple[str, ...]


class Routes:
    """Carries ways out for one assessment."""

    def __init__(self, found: Assessment, most: int = MOST) -> None:
        self.found, self.ways, self.before = found, Ways(found, most), of(found)

    def to(self, rule: Rule, fires: bool = True, most: int = 1) -> list[Route]:
        """The nearest routes, at most `most`, on which a rule fires (or does not)."""
        return self.kept(self.ways.of(rule.when, fires), lambda after: (rule.id in after.fired) == fires, most)

    def kept(self, ways: Iterable[Way], wanted: Callable[[Rated], bool], most: int) -> list[Route]:
        """The first routes that come out as wanted."""
        kept: list[Route] = []
        for tried, way in enumerate(ways):
            if len(kept) >= most or tried >= _TRIED:
                break
            route = self.taken(way)
            if route is not None and wanted(route.after):
                kept.append(route)
        return kept

    def taken(self, way: Way) -> Route | None:
        """A way carried out; None if its changes cannot be made together."""
        try:
            changed = self.ways.carried_out(way)
        except InputError:  # an entity to be taken away says the same as another by now
            return None
        after = rated(self.found.pack, changed, mode(self.found))
        steps = moves(way)
        facts = tuple(self.changed(move) for move in steps if move.at >= 0)
        added = tuple(
            Added(kind, tuple((m.field, m.value, m.accept) for m in steps if m.at == FIRST_NEW - number))
            for number, kind in enumerate(way.added)
        )
        vocabulary = self.found.pack.vocabulary
        removed = tuple(path_to(self.found.scenario, vocabulary, at) for at in way.removed)
        return Route(way, facts, added, removed, changed, after, *switched(self.before, after))

    def changed(self, move: Move) -> Changed:
        scenario, vocabulary = self.found.scenario, self.found.pack.vocabulary
        fact = scenario.entities[move.at].facts[move.field.name]
        path = path_to(scenario, vocabulary, move.at, move.field.name)
        return Changed(move.at, path, fact, move.value, move.accept, distance(move.field, move.home, move.value))


def data(found: Assessment, route: Route) -> Json:
    """A route as JSON."""
    return {
        "changes": [
            {
                "fact": c.path,
                "from": _plain(c.fact.best),
                "to": c.after,
                "any_of": set_data(c.accept),
                "changed_by": c.fact.field.changed_by,
                "distance": round(c.distance, 6),
            }
            for c in route.changed
        ],
        "added": [{"kind": a.kind, "stated": {f.name: value for f, value, _ in a.stated}} for a in route.added],
        "removed": list(route.removed),
        "ratings": route.after.data(found.pack),
        "on": list(route.on),
        "off": list(route.off),
    }


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value
