"""Exact lowest and highest ratings over every world that the open facts allow.

Branch and bound on the grid: split on one undecided test at a time (the bins that pass, the bins that fail), evaluate
again only the rules that may have changed, and drop a branch when the sound bounds of `rating` show that nothing in
it is lower or higher than what is already found. Every end of a range comes with a witness, a complete world that
reaches it. Past the budget of nodes the sound bounds are given instead, and the range says that it is not exact.
"""

from collections.abc import Sequence
from typing import NamedTuple

from escalation.grid import Board, Masks
from escalation.rating import Bounds, Tally
from escalation.scenario import World
from escalation.sets import Set

__all__ = ["BUDGET", "Range", "ranges"]

BUDGET = 20_000  # nodes of one search: well past what packs in use need


class Range(NamedTuple):
    """The extent of one scale over a set of worlds.

    `witnesses` maps "level_low", "level_high", "total_low", "total_high" to a world that reaches that end (None where
    it was not found within the budget). `exact` is False where the numbers are only sound bounds.
    """

    scale: str
    level_low: int
    level_high: int
    total_low: int
    total_high: int
    witnesses: dict[str, World | None]
    exact: bool
    nodes: int


def ranges(board: Board, possible: Sequence[dict[str, Set]], home: World, budget: int = BUDGET) -> tuple[Range, ...]:
    """The range of each scale over all worlds in which field f of entity i lies in `possible[i][f]`.

    `home` is one of these worlds: the search starts from its rating, and witnesses differ from it only where they must.
    """
    search = _Search(board, possible, home, budget)
    return tuple(search.range(i) for i in range(len(board.grid.tallies)))


class _Node:
    """A set of worlds, with its two halves once some search has split it: four searches walk much the same tree."""

    __slots__ = ("halves", "masks", "states")

    def __init__(self, masks: Masks, states: list[int]) -> None:
        self.masks, self.states = masks, states
        self.halves: list[_Node] = []


class _Best:
    """The best found so far in one direction: [level, total], each with the masks of a witness."""

    def __init__(self, level: int, total: int, masks: Masks) -> None:
        self.ends = [level, total]
        self.witnesses: list[Masks | None] = [masks, masks]
        self.exact, self.nodes = True, 0


class _Search:
    def __init__(self, board: Board, possible: Sequence[dict[str, Set]], home: World, budget: int) -> None:
        self.board, self.possible, self.home, self.budget = board, possible, home, budget
        root = board.masks_of(possible)
        self.root = _Node(root, board.states(root))
        at_home = board.masks_of_world(home)
        self.start = _Node(at_home, board.states(at_home))

    def range(self, scale: int) -> Range:
        """The range of one scale, given by its number."""
        tally = self.board.grid.tallies[scale]
        low, high = self.extreme(tally, -1), self.extreme(tally, 1)
        witnesses = {
            "level_low": low.witnesses[0],
            "level_high": high.witnesses[0],
            "total_low": low.witnesses[1],
            "total_high": high.witnesses[1],
        }
        return Range(
            self.board.grid.pack.scales[scale].name,
            low.ends[0],
            high.ends[0],
            low.ends[1],
            high.ends[1],
            {name: self.world(masks) for name, masks in witnesses.items()},
            low.exact and high.exact,
            low.nodes + high.nodes,
        )

    def extreme(self, tally: Tally, sign: int) -> _Best:
        """The least (sign -1) or greatest (sign 1) level, and total, by depth-first search."""
        level, total = _ends(tally.bounds(self.start.states), sign)[0]
        best = _Best(level, total, self.start.masks)
        stack = [(self.root, _ends(tally.bounds(self.root.states), sign))]
        while stack:
            node, (near, far) = stack.pop()
            best.nodes += 1
            better = [k for k in (0, 1) if sign * far[k] > sign * best.ends[k]]
            for k in better:
                if near[k] == far[k]:  # every world of this branch has this value
                    best.ends[k], best.witnesses[k] = near[k], node.masks
            if all(near[k] == far[k] for k in better):
                continue
            if best.nodes >= self.budget:
                return _loosened(best, sign, [far, *(ends[1] for _, ends in stack)])
            children = [(n, _ends(tally.bounds(n.states), sign)) for n in self.children(node)]
            children.sort(key=lambda child: sign * child[1][1][1])  # the more promising is taken first
            stack.extend(children)
        return best

    def children(self, node: _Node) -> list[_Node]:
        if not node.halves:
            node.halves = self.split(node)
        return node.halves

    def split(self, node: _Node) -> list[_Node]:
        wanted = self.board.wanted(node.masks, node.states)
        assert wanted is not None  # else every rule is decided, and the bounds meet
        at, split = wanted
        row = node.masks[at]
        found = []
        for part in (row[split.column] & split.accept, row[split.column] & ~split.accept):
            changed = (*row[: split.column], part, *row[split.column + 1 :])
            masks = (*node.masks[:at], changed, *node.masks[at + 1 :])
            found.append(_Node(masks, self.board.refined(node.states, masks, (split.kind, split.column))))
        return found

    def world(self, masks: Masks | None) -> World | None:
        """The world of these masks that is nearest to home."""
        if masks is None:
            return None
        world = [dict(values) for values in self.home]
        for at, column, fact in self.board.facts():
            if not masks[at][column] & self.start.masks[at][column]:  # else the value at home will do
                name = fact.field.name
                possible, near = self.possible[at][name], self.home[at][name]
                world[at][name] = self.board.value(fact.field, masks[at][column], possible, near)
        return self.board.settled(tuple(world))


def _ends(found: Bounds, sign: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(level, total) at the near and at the far end, seen in the direction of the search."""
    low, high = (found.level_low, found.total_low), (found.level_high, found.total_high)
    return (high, low) if sign < 0 else (low, high)


def _loosened(best: _Best, sign: int, far: list[tuple[int, int]]) -> _Best:
    """What is certain when the budget has run out: the far ends of all branches not yet searched."""
    for ends in far:
        for k in (0, 1):
            if sign * ends[k] > sign * best.ends[k]:
                best.ends[k], best.witnesses[k], best.exact = ends[k], None, False
    return best
