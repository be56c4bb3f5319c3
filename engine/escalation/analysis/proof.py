"""Why a rule fired (or did not): the facts and conclusions that carry the result, as a tree.

Only what carries the result is in the tree: all children of an All that holds, the holding ones of an Any, the entities
that make a count, and for a conclusion the rules that made it, each with a tree of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from escalation.analysis.rated import Json, head, rule_of
from escalation.assess import Assessment
from escalation.edits import path_to
from escalation.facts import Fact
from escalation.ledger import YES, ConcludedLine, CountLine, Line, RuleLine, TestLine
from escalation.rules import Test
from escalation.sets import contains
from escalation.trace import because

__all__ = ["CountGround", "FactGround", "Ground", "Proof", "UseGround", "prove"]


class FactGround(NamedTuple):
    """One fact, and the test that it passes (or fails)."""

    at: int
    path: str
    fact: Fact
    test: Test
    passes: bool


class UseGround(NamedTuple):
    """A conclusion that was made, with the rules that made it; or one that was not, with those that might have."""

    name: str
    made: bool
    proofs: tuple[Proof, ...]


class CountGround(NamedTuple):
    """How many entities pass, with what carries each that matters. `entities` are indices with grounds."""

    written: str
    kind: str
    passed: int
    total: int
    entities: tuple[tuple[int, tuple[Ground, ...]], ...]


Ground: TypeAlias = FactGround | UseGround | CountGround


class Proof(NamedTuple):
    """Why one rule came out as it did in the assumed world. `because` is its reason if it fired, else ""."""

    found: Assessment
    line: RuleLine
    fired: bool
    because: str
    grounds: tuple[Ground, ...]

    def data(self) -> Json:
        """The tree as JSON data."""
        return {**head([self.found]), "question": "why", **_proof(self)}


def prove(found: Assessment, rule_id: str) -> Proof:
    """Why a rule fired or not in the assumed world. Raises InputError (ASK-1) if there is no such rule."""
    rule_of(found.pack, rule_id)
    line = next(line for line in found.assumed_ledger.rules if line.rule.id == rule_id)
    fired = line.state == YES
    return Proof(found, line, fired, because(found, line) if fired else "", tuple(_grounds(found, line.line)))


def _grounds(found: Assessment, line: Line) -> Iterator[Ground]:
    """What makes a line hold, if it does; what makes it fail, if not."""
    holds = line.state == YES
    if isinstance(line, TestLine):
        fact = found.scenario.entities[line.entity].facts[line.test.field.name]
        path = path_to(found.scenario, found.pack.vocabulary, line.entity, line.test.field.name)
        yield FactGround(line.entity, path, fact, line.test, holds)
    elif isinstance(line, ConcludedLine):
        made = line.made == YES
        makers = [one for one in found.assumed_ledger.rules if line.node.name in one.rule.then.conclude]
        proofs = (prove(found, one.rule.id) for one in makers if (one.state == YES) == made)
        yield UseGround(line.node.name, made, tuple(proofs))
    elif isinstance(line, CountLine):
        yield _count(found, line)
    else:
        for child in line.children:
            if (child.state == YES) == holds:
                yield from _grounds(found, child)


def _count(found: Assessment, line: CountLine) -> CountGround:
    """A count with the entities that it hangs on: those that pass where more are wanted, else those that fail."""
    wants_some = not contains(line.count.accept, 0)
    decisive = YES if wants_some == (line.state == YES) else 0
    entities = tuple(
        (at, tuple(_grounds(found, inner))) for at, inner in line.entities if (inner.state == YES) == (decisive == YES)
    )
    return CountGround(line.count.written, line.count.kind, line.least, len(line.entities), entities)


def _proof(proof: Proof) -> Json:
    rule = proof.line.rule
    return {
        "rule": rule.id,
        "title": rule.title,
        "fired": proof.fired,
        "because": proof.because or None,
        "points": rule.then.points,
        "ceiling": rule.then.ceiling,
        "floor": rule.then.floor,
        "concludes": list(rule.then.conclude),
        "basis": list(rule.basis),
        "file": rule.mark.file,
        "line": rule.mark.line,
        "grounds": [_ground(proof.found, ground) for ground in proof.grounds],
    }


def _ground(found: Assessment, ground: Ground) -> Json:
    if isinstance(ground, UseGround):
        return {"concluded": ground.name, "made": ground.made, "by": [_proof(proof) for proof in ground.proofs]}
    if isinstance(ground, CountGround):
        return {
            "count": ground.written,
            "passed": ground.passed,
            "of": ground.total,
            "entities": [
                {
                    "entity": path_to(found.scenario, found.pack.vocabulary, at),
                    "grounds": [_ground(found, inner) for inner in grounds],
                }
                for at, grounds in ground.entities
            ],
        }
    fact = ground.fact
    return {
        "fact": ground.path,
        "test": ground.test.written,
        "passes": ground.passes,
        "value": list(fact.best) if isinstance(fact.best, tuple) else fact.best,
        "shown": fact.field.show(fact.best),
        "state": fact.state,
        "status": fact.status,
        "source": fact.source or None,
        "grade": fact.grade or None,
        "quote": fact.quote or None,
        "file": fact.mark.file,
        "line": fact.mark.line,
    }
