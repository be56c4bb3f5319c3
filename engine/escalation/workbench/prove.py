"""`assess rules prove`: what holds of a pack over all scenarios, settled by z3 and confirmed by the engine.

Every claim ends proved, refuted, or unknown within the time given; none is skipped. A scenario that settles a claim is
read by the loader and rated by both engines before it is shown; if they do not say what the prover said, that is an
internal error and not an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import NamedTuple

import z3

from escalation.assess import assess
from escalation.diagnostics import InternalError
from escalation.pack import Pack
from escalation.rules import Condition
from escalation.workbench import specimen
from escalation.workbench.claims import Claim, Goal, claims_of
from escalation.workbench.depth import depths
from escalation.workbench.plainer import plainer
from escalation.workbench.properties import Adding, Always, load_properties
from escalation.workbench.symbolic import Copy, Universe, witness_of

__all__ = ["PROVED", "REFUTED", "UNKNOWN", "Answer", "prove"]

PROVED, REFUTED, UNKNOWN = "proved", "refuted", "unknown"


class Answer(NamedTuple):
    """How a claim ended. `scenarios` are the facts that show it, plain data for `specimen.written`."""

    claim: Claim
    state: str
    scenarios: tuple[specimen.Facts, ...]
    seconds: float


def prove(pack: Pack, seconds: float, only: str = "") -> tuple[dict[str, int], Iterator[Answer]]:
    """Settle every claim whose id holds `only`, each within `seconds`.

    Returns how many entities of each kind stand for any number, and the answers as they come.
    """
    properties = load_properties(pack)
    universe = Universe.of(pack, also=[c for p in properties if (c := _condition(p)) is not None])
    depth = depths(universe)
    scene = Copy(universe, {kind: number + 1 for kind, number in depth.items()}, "a")  # one more, to single one out
    claims = [claim for claim in claims_of(pack, scene, properties) if only in claim.id]
    return depth, (_settled(pack, claim, universe, depth, seconds) for claim in claims)


def _settled(pack: Pack, claim: Claim, universe: Universe, depth: dict[str, int], seconds: float) -> Answer:
    started = monotonic()
    scene = Copy(universe, {kind: number + 1 for kind, number in depth.items()}, "a")
    goal = claim.goal(scene)
    solver = z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    solver.add(*goal.terms, *scene.facts, *(fact for other in goal.scenes for fact in other.facts))
    result = solver.check()
    if result == z3.unknown:
        return Answer(claim, UNKNOWN, (), monotonic() - started)
    if result == z3.unsat:
        return Answer(claim, REFUTED if claim.exists else PROVED, (), monotonic() - started)
    facts = _confirmed(pack, claim, goal, solver.model())
    return Answer(claim, PROVED if claim.exists else REFUTED, facts, monotonic() - started)


def _confirmed(pack: Pack, claim: Claim, goal: Goal, model: object) -> tuple[specimen.Facts, ...]:
    """The scenarios of a model, after the engine has said of them what the prover did."""
    facts = tuple(specimen.facts_of(pack, witness_of(scene, model)) for scene in goal.scenes)

    def shows(scenes: Sequence[specimen.Facts]) -> bool:
        return claim.shown_by([assess(specimen.read(pack, one), pack) for one in scenes])

    if not shows(facts):
        raise InternalError(f"the prover and the engine disagree on {claim.id} of {pack.name} {pack.version}")
    return plainer(facts, shows)


def _condition(found: Adding | Always) -> Condition | None:
    return found.where if isinstance(found, Adding) else found.when
