"""Two or more scenarios side by side: what makes the difference between their scores, and how firm their order is.

The difference is shared out over the facts that differ, fairly over all orders (`shapley.py`, `players.py`), and told
by factor and by rule as well; each sums to it exactly. The order is tried against everything it might hang on: all
values of the open facts, all facts not stated, every image of the perceiver, each difference alone, and the best terms
that a decision could set. Ratings that are shown have been through both engines. The first scenario is compared with
each of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from escalation.analysis.comparison import Best, Compared, Comparison, Image, Share
from escalation.analysis.players import Blend, Player, players_of
from escalation.analysis.rated import mode, one_pack
from escalation.analysis.shapley import Shares, shapley
from escalation.assess import Assessment, assess, run_world
from escalation.diagnostics import InputError, Mark, Problem
from escalation.edits import path_to
from escalation.pack import load_pack
from escalation.scenario import World
from escalation.sets import Set, Words, disjoint, only
from escalation.worlds import ranges

__all__ = ["Best", "Compared", "Comparison", "Image", "Share", "attributed", "compare"]


def compare(founds: Sequence[Assessment]) -> Comparison:
    """Compare two or more assessments under one pack. Raises InputError (ASK-2) for fewer or for different packs."""
    if len(founds) < 2 or not one_pack(founds):
        help = "name two files; to compare packs on one file give --rules or --profile twice"
        raise InputError([Problem("ASK-2", "nothing to compare", Mark("question", 1, 1), help=help)])
    return Comparison(tuple(founds), tuple(_compared(founds[0], other) for other in founds[1:]))


def attributed(a: Assessment, b: Assessment) -> tuple[tuple[Share, ...], bool, int]:
    """The shares of the difference from a to b, the largest first; whether they are exact; over how many orders."""
    players = players_of(a, b)
    found = shapley(len(players), (blend := Blend(a, b, players)).totals)
    return _shares(blend, found), found.exact, found.orders


def _compared(a: Assessment, b: Assessment) -> Compared:
    shares, exact, orders = attributed(a, b)
    parts = [
        (x.name, x.held, y.held) for x, y in zip(a.rating.arithmetic.factors, b.rating.arithmetic.factors, strict=True)
    ]
    difference = tuple(y.score - x.score for x, y in zip(a.ratings, b.ratings, strict=True))
    return Compared(
        a,
        b,
        difference,
        shares,
        exact,
        orders,
        tuple(parts),
        tuple(rule for rule in a.pack.rules if rule.id in a.fired and rule.id not in b.fired),
        tuple(rule for rule in a.pack.rules if rule.id in b.fired and rule.id not in a.fired),
        tuple(_same(a, b, [share.player for share in shares])),
        _combinations(a) * _combinations(b),
        tuple(_images(a, b)),
        _best(a, b),
    )


def _shares(blend: Blend, found: Shares) -> tuple[Share, ...]:
    """The largest share first."""
    everyone = (1 << len(blend.players)) - 1
    shares = (
        Share(player, points, error, blend.rated(1 << i), blend.rated(everyone & ~(1 << i)))
        for i, (player, points, error) in enumerate(zip(blend.players, found.shares, found.error, strict=True))
    )
    return tuple(sorted(shares, key=lambda share: -abs(share.points[0])))


def _same(a: Assessment, b: Assessment, players: list[Player]) -> list[str]:
    """The labels of facts that some rule reads, of which there is one in each scenario, and that rules find alike."""
    moved = {(player.kind, name) for player in players for name in player.fields}
    whole = {player.kind for player in players if not player.fields}
    kinds = a.pack.vocabulary.kinds.values()
    single = [k.name for k in kinds if all(sum(e.kind == k.name for e in f.scenario.entities) == 1 for f in (a, b))]
    columns = (field for kind in single if kind not in whole for field in a.board.grid.columns[kind])
    return list(dict.fromkeys(f.label for f in columns if (f.entity, f.name) not in moved and not f.member_of))


def _combinations(found: Assessment) -> int:
    """How many combinations of values, as far as rules tell them apart, the open facts of a scenario allow."""
    bins = found.board.grid.bins
    return prod(
        sum(not disjoint(piece, fact.possible) for piece in bins[fact.field.key])
        for _, _, fact in found.board.facts()
        if fact.state == "open" and fact.possible is not None
    )


def _images(a: Assessment, b: Assessment) -> list[Image]:
    """Both under every image of the pack; none for a pack that did not come from a folder or already has one."""
    if not a.pack.folder or a.pack.profile:
        return []
    found = []
    for name in a.pack.profiles:
        pack = load_pack(a.pack.folder, name)
        found.append(Image(name, *(assess(one.scenario, pack, engine=mode(one)) for one in (a, b))))
    return found


def _best(a: Assessment, b: Assessment) -> Best | None:
    """How low the terms named by the pack can bring the one that is rated higher."""
    higher = b if b.rating.score >= a.rating.score else a
    fields = tuple(key for key in higher.pack.questions.terms if key in higher.board.grid.bins)
    if not fields:
        return None
    known = higher.pack.vocabulary.fields
    possible: list[dict[str, Set]] = [{name: only(value) for name, value in row.items()} for row in higher.world]
    for at, entity in enumerate(higher.scenario.entities):
        for key in fields:
            field = known[key]
            if field.entity == entity.kind and isinstance(field.domain, Words):
                home, on_scale = higher.world[at][field.name], frozenset[str | bool](field.order)
                if home in on_scale or not on_scale:  # a word off the scale says that there is nothing to decide
                    possible[at][field.name] = Words(on_scale or field.domain.words)
    extent = ranges(higher.board, possible, higher.world)[0]
    witness = extent.witnesses["total_low"]
    if witness is not None:
        run_world(higher.pack, higher.scenario, witness, mode(higher))
    return Best(fields, extent, tuple(_moved(higher, witness)))


def _moved(found: Assessment, world: World | None) -> list[tuple[str, str]]:
    moved = []
    for at, values in enumerate(world or ()):
        for name, value in values.items():
            if value != found.world[at][name]:
                fact = found.scenario.entities[at].facts[name]
                moved.append((path_to(found.scenario, found.pack.vocabulary, at, name), fact.field.show(value)))
    return moved
