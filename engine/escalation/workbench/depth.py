"""How many entities of a kind stand for any number of them: computed from the conditions, not assumed.

A rule base sees the entities of a kind only through its counts, each up to the number past which it accepts all or
nothing. So a population is a vector of capped counts, and adding an entity adds the vector of its sort. The vectors
that n entities can reach grow with n until nothing new is reached: that n is the depth. Beyond it, every population
counts the same as one of at most that size.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from operator import or_
from typing import TypeVar

from escalation.rules import All, Condition, Count, Test, walk
from escalation.sets import subset
from escalation.workbench.space import settles_at
from escalation.workbench.symbolic import Universe

__all__ = ["depths"]

V = TypeVar("V")


def depths(universe: Universe) -> dict[str, int]:
    """The depth of every kind with many entities; at least the number that a scenario must have."""
    kinds = universe.packs[0].vocabulary.kinds
    return {name: max(kind.at_least, _depth(universe, name)) for name, kind in kinds.items() if kind.many}


def _depth(universe: Universe, kind: str) -> int:
    counts = _counts(universe, kind)
    if not counts:
        return 0
    sorts = _sorts(universe, kind, counts)
    caps = [settles_at(node.accept) for node in counts]
    at_least = universe.packs[0].vocabulary.kinds[kind].at_least
    if max(caps) <= 1:  # whether any entity counts is all that is seen: a vector is a mask, and adding is or
        masks = {sum(bit << i for i, bit in enumerate(sort)) for sort in sorts}
        return _saturation(masks, 0, or_, at_least)

    def add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(min(cap, x + y) for cap, x, y in zip(caps, a, b, strict=True))

    return _saturation(sorts, (0,) * len(caps), add, at_least)


def _saturation(sorts: set[V], nothing: V, add: Callable[[V, V], V], at_least: int) -> int:
    """The least number of entities, from `at_least` up, past which no more vectors can be reached."""
    newest, reached, size = {nothing}, set[V](), 0
    while True:
        fresh = newest - reached if size >= at_least else newest
        if size > at_least and not fresh:
            return size - 1
        if size >= at_least:
            reached |= fresh
        newest = {add(vector, sort) for vector in fresh for sort in sorts}
        size += 1


def _counts(universe: Universe, kind: str) -> list[Count]:
    """The different counts of a kind: by what they count and what they accept."""
    found: dict[str, Count] = {}
    for node in (n for group in universe.conditions for condition in group for n in walk(condition)):
        if isinstance(node, Count) and node.kind == kind:
            found.setdefault(f"{_key(node.where)} {node.accept}", node)
    return list(found.values())


def _key(node: Condition) -> str:
    """A text that is equal only for equal conditions on one entity."""
    if isinstance(node, Test):
        accept = sorted(map(str, node.accept[0])) if hasattr(node.accept, "words") else node.accept
        return f"{node.field.key}:{accept}"
    assert not isinstance(node, Count)
    word = "all" if isinstance(node, All) else "any"
    return f"{word}({','.join(_key(child) for child in getattr(node, 'children', ()))})"


def _sorts(universe: Universe, kind: str, counts: list[Count]) -> set[tuple[int, ...]]:
    """The vectors of single entities: for each count, whether an entity can be counted together with the others."""
    fields = universe.columns[kind]
    tests = {(n.field.name, id(n)): n for c in counts for n in walk(c.where) if isinstance(n, Test)}
    truths: dict[str, set[tuple[tuple[int, bool], ...]]] = {}
    for field in fields:
        mine = [node for (name, _), node in tests.items() if name == field.name]
        truths[field.name] = {
            tuple((id(node), subset(piece, node.accept)) for node in mine) for piece in universe.bins[field.key]
        }
    found: set[tuple[int, ...]] = set()
    for chosen in product(*truths.values()):
        passed = dict(pair for row in chosen for pair in row)
        found.add(tuple(int(_holds(count.where, passed)) for count in counts))
    return found


def _holds(node: Condition, passed: dict[int, bool]) -> bool:
    if isinstance(node, Test):
        return passed[id(node)]
    children = (_holds(child, passed) for child in getattr(node, "children", ()))
    return all(children) if isinstance(node, All) else any(children)
