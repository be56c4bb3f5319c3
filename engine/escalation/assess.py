"""The whole pipe: a scenario and a pack in, an `Assessment` out.

    source -> scenario -> worlds -> ledger + rete -> rating -> trace -> render

`assess` rates the assumed world with both engines, which must agree; finds the exact range over what is open, and
runs the witnesses of its ends through both engines as well. What is slower and not always wanted (the widest range,
confidence, the trace) is computed when it is first asked for.
"""

import os
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, TypeVar

from escalation import ledger, rete
from escalation.basis import too_little
from escalation.confidence import Confidence, confidence
from escalation.diagnostics import InputError, InternalError, Problem
from escalation.grid import Board, Grid, grid_of
from escalation.ledger import Ledger, evaluate, stated_view, world_view
from escalation.pack import Pack, load_pack
from escalation.rating import Arithmetic, arithmetic
from escalation.rules import Outcome
from escalation.scenario import Scenario, World, assumed_world, load_scenario
from escalation.sensitivity import Change, closed, single_changes
from escalation.sets import Set
from escalation.worlds import Range, ranges

__all__ = ["ENGINES", "Assessment", "Rating", "assess", "in_scope", "prepared", "run_world"]

T = TypeVar("T")
ENGINES = ("both", "ledger")


class Rating(NamedTuple):
    """The rating on one scale: levels from 1, scores in points.

    `level` and `score` are of the assumed world; `low` and `high` (levels) and `score_low` and `score_high` are the
    exact ends over what is open, or sound bounds where `exact` is False.
    """

    scale: str
    level: int
    name: str
    low: int
    high: int
    score: int
    score_low: int
    score_high: int
    exact: bool
    arithmetic: Arithmetic


class Assessment:
    """What the engine says of one scenario under one pack. It cannot be changed; equal inputs give equal answers."""

    _scenario: Scenario
    _pack: Pack
    _engine: str
    _board: Board
    _outcome: Outcome

    def __init__(self, scenario: Scenario, pack: Pack, engine: str, board: Board, outcome: Outcome) -> None:
        self.__dict__.update(_scenario=scenario, _pack=pack, _engine=engine, _board=board, _outcome=outcome)
        for end in self._witnesses(self._stated_ranges):
            run_world(pack, scenario, end, engine)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an assessment cannot be changed, so {name} cannot be set")

    @property
    def scenario(self) -> Scenario:
        """The scenario that was rated."""
        return self._scenario

    @property
    def pack(self) -> Pack:
        """The pack that rated it, with its profile applied."""
        return self._pack

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that ran and agreed."""
        return ("ledger",) if self._engine == "ledger" else ("durable-rules", "ledger")

    @property
    def fired(self) -> tuple[str, ...]:
        """Ids of the rules that fired in the assumed world, in pack order."""
        return self._outcome.fired

    @property
    def concluded(self) -> tuple[str, ...]:
        """Conclusions made in the assumed world, sorted."""
        return self._outcome.concluded

    @cached_property
    def world(self) -> World:
        """The assumed world."""
        return assumed_world(self._scenario)

    @cached_property
    def ratings(self) -> tuple[Rating, ...]:
        """One rating for each scale of the pack; the first is the headline."""
        found = []
        for scale, extent in zip(self._pack.scales, self._stated_ranges, strict=True):
            sums = arithmetic(self._pack, self._outcome.fired, scale)
            found.append(
                Rating(
                    scale.name,
                    sums.level,
                    self._pack.levels[sums.level - 1].name,
                    extent.level_low,
                    extent.level_high,
                    sums.total,
                    extent.total_low,
                    extent.total_high,
                    extent.exact,
                    sums,
                )
            )
        return tuple(found)

    @property
    def rating(self) -> Rating:
        """The headline rating."""
        return self.ratings[0]

    @cached_property
    def widest(self) -> tuple[Range, ...]:
        """For each scale, the range with everything not stated open too; its witnesses too have passed both engines."""
        found = ranges(self._board, self._everything_open, self.world)
        for end in self._witnesses(found):
            run_world(self._pack, self._scenario, end, self._engine)
        return found

    @cached_property
    def ledger(self) -> Ledger:
        """Every condition of every rule, three-valued, on what is stated."""
        return evaluate(self._pack, self._scenario.entities, stated_view(self._scenario.entities))

    @cached_property
    def assumed_ledger(self) -> Ledger:
        """Every condition of every rule in the assumed world. Raises InternalError if it is not what was rated."""
        found = evaluate(self._pack, self._scenario.entities, world_view(self.world))
        if found.outcome() != self._outcome:
            raise InternalError(f"the ledger's lines of {self._scenario.id} are not what it decided")
        return found

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every single change of a fact from the assumed world, with what it comes to."""
        return single_changes(self._board, self.world)

    @cached_property
    def confidence(self) -> Confidence:
        """Confidence in the headline level, with its basis."""
        head = self.rating
        return confidence(self._board, self._scenario, self.world, self.changes, head.arithmetic, head.high - head.low)

    @property
    def board(self) -> Board:
        """The grid laid out for this scenario: what further exact analyses start from."""
        return self._board

    @cached_property
    def _stated_ranges(self) -> tuple[Range, ...]:
        return ranges(self._board, stated_view(self._scenario.entities), self.world)

    @property
    def stated_ranges(self) -> tuple[Range, ...]:
        """For each scale, the range over what is open, with its witnesses."""
        return self._stated_ranges

    @property
    def _everything_open(self) -> tuple[dict[str, Set], ...]:
        return tuple(
            {
                name: f.field.domain if f.state == "assumed" and f.field.domain and not closed(f) else f.possible
                for name, f in entity.facts.items()
                if f.possible is not None
            }
            for entity in self._scenario.entities
        )

    def _witnesses(self, found: tuple[Range, ...]) -> list[World]:
        """The distinct worlds at the ends of ranges, the assumed one left out: it has been run."""
        worlds: list[World] = []
        for extent in found:
            for world in extent.witnesses.values():
                if world is not None and world != self.world and world not in worlds:
                    worlds.append(world)
        return worlds

    def _repr_markdown_(self) -> str:
        from escalation.render.markdown import brief  # notebooks only

        return brief(self)


def assess(
    scenario: Scenario | str | os.PathLike[str], pack: Pack | None = None, *, engine: str = "both"
) -> Assessment:
    """Rate a scenario (or the file that holds it) under a pack (default: the installed one).

    `engine` is "both" or "ledger"; where durable-rules cannot be imported it is "ledger", and the trace gives notice.
    Raises InputError for a scenario that is not valid, says too little, or whose perceiver the pack does not cover;
    InternalError if the engines disagree; and ValueError for an engine of another name.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is one of {', '.join(ENGINES)}, not {engine!r}")
    pack = pack or load_pack()
    facts = scenario if isinstance(scenario, Scenario) else load_scenario(scenario, pack.vocabulary)
    if problem := in_scope(facts, pack):
        raise InputError([problem])
    if problems := too_little(facts, pack):
        raise InputError(problems)
    if rete.missing():
        engine = "ledger"
    board = Board(prepared(_GRIDS, pack, grid_of), facts.entities)
    return Assessment(facts, pack, engine, board, run_world(pack, facts, assumed_world(facts), engine))


def in_scope(scenario: Scenario, pack: Pack) -> Problem | None:
    """The problem of a perceiver whom the pack does not cover, or None."""
    outside = [code for code in scenario.perceivers if code not in pack.perceivers]
    if not outside:
        return None
    return Problem(
        "SCOPE-1",
        f"this pack has no image of {', '.join(outside)} as perceiver",
        scenario.perceiver_mark,
        scenario.perceiver_line,
        f"{pack.name} covers {', '.join(pack.perceivers)}: for another perceiver its rules would give a figure without"
        " a ground, so the scenario is not rated; to rate it: --rules DIR with a pack that lists "
        f"{', '.join(outside)}",
    )


def run_world(pack: Pack, scenario: Scenario, world: World, engine: str) -> Outcome:
    """Run one world through the engines. Raises InternalError if they disagree, with both answers."""
    plain = ledger.decide(pack, scenario.entities, world)
    if engine == "ledger":
        return plain
    native = rete.run(prepared(_NETWORKS, pack, rete.compile_network), scenario.entities, world)
    if native != plain:
        raise InternalError(_disagreement(pack, scenario, native, plain))
    return plain


def _disagreement(pack: Pack, scenario: Scenario, native: Outcome, plain: Outcome) -> str:
    """Both answers in full, what each has that the other lacks, and what a report of it needs."""

    def line(engine: str, what: str, ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
        alone = ", ".join(name for name in ours if name not in theirs)
        return f"  {what} in {engine}: {', '.join(ours) or 'none'}" + (f"; in it only: {alone}" if alone else "")

    return "\n".join(
        (
            f"the two engines disagree on {scenario.id} under {pack.name} {pack.version}, so nothing is rated",
            line("durable-rules", "fired", native.fired, plain.fired),
            line("the ledger", "fired", plain.fired, native.fired),
            line("durable-rules", "concluded", native.concluded, plain.concluded),
            line("the ledger", "concluded", plain.concluded, native.concluded),
            (
                "  please report it to those who maintain escalation-assess, with this message, the scenario"
                f" ({scenario.digest[:16]}), the pack ({pack.digest[:16]}) and what assess --version prints"
            ),
        )
    )


_GRIDS: dict[int, tuple[Pack, Grid]] = {}
_NETWORKS: dict[int, tuple[Pack, rete.Network]] = {}
_KEPT = 16  # packs; more would only be a leak


def prepared(kept: dict[int, tuple[Pack, T]], pack: Pack, make: Callable[[Pack], T]) -> T:
    """What was made of this very pack before, or make it now. (Packs hold dicts, so they cannot be hashed.)"""
    found = kept.get(id(pack))
    if found is None or found[0] is not pack:
        if len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        found = kept[id(pack)] = (pack, make(pack))
    return found[1]
