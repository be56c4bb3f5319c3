"""What a test of a pack is: a check, the bench that it is run on, its verdict, and what readers of sections share.

A check says how many comparisons it made, so that one that compares nothing cannot pass for one that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from escalation.assess import Assessment, assess, in_scope
from escalation.diagnostics import Mark, Problems
from escalation.pack import Pack
from escalation.read import Reader
from escalation.scenario import Scenario
from escalation.source import Node

__all__ = [
    "FAILED",
    "OUT_OF_SCOPE",
    "OWN_KEYS",
    "PASSED",
    "SKIPPED",
    "Bench",
    "Check",
    "Result",
    "Section",
    "SectionReader",
    "Verdict",
]

PASSED, FAILED, SKIPPED, OUT_OF_SCOPE = "passed", "failed", "skipped", "out_of_scope"


class Verdict(NamedTuple):
    """What a check came to: comparisons made, how many moved the rating, those that fail, or why none was made.

    `missed` are rules that should have fired and did not, `incorrect` those that fired and should not have.
    """

    compared: int = 0
    moved: int = 0
    failures: tuple[str, ...] = ()
    out_of_scope: str = ""
    skipped: str = ""
    missed: tuple[str, ...] = ()
    incorrect: tuple[str, ...] = ()


class Check(NamedTuple):
    """One test: `run` makes it on a bench. `strength` is must or should; `reason` is given where a should fails."""

    id: str
    section: str
    strength: str
    because: str
    reason: str
    run: Callable[[Bench], Verdict]
    mark: Mark


class Result(NamedTuple):
    """A check under one image of the perceiver ("" for the neutral pack), with its state and what was found."""

    check: Check
    profile: str
    state: str
    verdict: Verdict

    @property
    def fails_the_run(self) -> bool:
        """Whether a gate has to close on it."""
        return self.state == FAILED and self.check.strength == "must"


class Bench:
    """Where checks run: one pack, the cases at hand, and ratings, each made once."""

    def __init__(self, pack: Pack, cases: dict[str, Scenario], engine: str = "both") -> None:
        # a test states only the facts that matter to it, so what a scenario has to say is not asked of it
        self.pack, self.cases, self.engine = pack._replace(needs=()), cases, engine
        self._rated: dict[str, Assessment] = {}

    def rate(self, scenario: Scenario) -> Assessment:
        """The assessment of a scenario under the pack of this bench; scenarios of one digest are rated once."""
        found = self._rated.get(scenario.digest)
        if found is None:
            if len(self._rated) >= _KEPT:
                self._rated.clear()
            found = self._rated[scenario.digest] = assess(scenario, self.pack, engine=self.engine)
        return found

    def rated_cases(self) -> list[Scenario]:
        """The cases whose perceiver the pack covers."""
        return [case for case in self.cases.values() if in_scope(case, self.pack) is None]


_KEPT = 2000  # assessments; each is small until its trace is asked for
OWN_KEYS = ("id", "strength", "because")
"""What every entry of every section says."""


class SectionReader(Reader):
    """What the readers of sections share: problems, and the vocabulary and parameters of the pack."""

    def __init__(self, problems: Problems, pack: Pack) -> None:
        super().__init__(problems)
        self.pack = pack

    def check(self, section: str, found: dict[str, Node], node: Node, run: Callable[[Bench], Verdict]) -> Check:
        """The check that an entry describes, with what all entries say of themselves."""
        name, because, reason = (self.text(found.get(key), key) or "" for key in ("id", "because", "if_it_fails"))
        strength = self.word(found.get("strength"), "strength", ["must", "should"]) or "must"
        mark = found["id"].mark if "id" in found else node.mark
        return Check(name, section, strength, because, reason, run, mark)


Section: TypeAlias = Callable[[SectionReader, tuple[Node, ...]], Iterable[Check]]
