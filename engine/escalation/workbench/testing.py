"""Tests of a pack: what they are, how they are found, and how they are run. `assess rules test` shows the results.

A pack's `tests/*.yaml` hold sections, and each section has a reader that turns its entries into `Check`s: things to run
under one image of the perceiver. `SECTIONS` names the readers; a new kind of test is a new module and a line there. A
check says how many comparisons it made, so that one that compares nothing cannot pass for one that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from escalation.assess import Assessment, assess, in_scope
from escalation.diagnostics import Mark, Problems
from escalation.pack import Pack
from escalation.read import Reader
from escalation.scenario import Scenario, is_scenario, load_scenario
from escalation.source import Mapping, Node, parse, read_bytes

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
    "load_checks",
    "run_checks",
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


def load_checks(pack: Pack) -> tuple[list[Check], dict[str, Scenario]]:
    """The checks of a pack and the cases they name, by id. Raises InputError with every problem of every file."""
    problems = Problems()
    checks: list[Check] = []
    cases: dict[str, Scenario] = {}
    for path in sorted((Path(pack.folder) / "tests").glob("*.yaml")):
        data = read_bytes(path, problems)
        node = None if data is None else parse(data, str(path), problems)
        if isinstance(node, Mapping):
            checks += _checks(node, pack, problems)
            for folder in Reader(problems).texts(node.get("cases"), "cases"):
                cases |= _cases(path.parent / folder, pack, problems)
    _unique(checks, problems)
    problems.stop()
    return checks, cases


def run_checks(checks: Iterable[Check], pack: Pack, cases: dict[str, Scenario], engine: str = "both") -> list[Result]:
    """Run checks under a pack, whose profile is noted in the results."""
    bench = Bench(pack, cases, engine)
    return [_result(check, check.run(bench), pack.profile) for check in checks]


def _result(check: Check, verdict: Verdict, profile: str) -> Result:
    if verdict.skipped:
        state = SKIPPED
    elif verdict.out_of_scope:
        state = OUT_OF_SCOPE
    elif not verdict.compared and not verdict.failures:
        state, verdict = FAILED, verdict._replace(failures=("nothing was compared",))
    else:
        state = FAILED if verdict.failures else PASSED
    return Result(check, profile, state, verdict)


def _checks(node: Mapping, pack: Pack, problems: Problems) -> list[Check]:
    reader = SectionReader(problems, pack)
    sections = _sections()
    found = reader.keys(node, "the tests", ["tests"], ["cases", *sections])
    return [
        check
        for name, read in sections.items()
        if name in found
        for check in read(reader, reader.listing(found[name], name))
    ]


@lru_cache(maxsize=1)
def _sections() -> dict[str, Section]:
    """The readers of sections by the key of the section."""
    from escalation.workbench import pairs, relations, rule_tests  # they build on this module

    return {
        "rules": rule_tests.read_rules,
        "pairs": pairs.read_pairs,
        "variants": pairs.read_variants,
        "relations": relations.read_relations,
    }


def _cases(folder: Path, pack: Pack, problems: Problems) -> dict[str, Scenario]:
    """The scenarios of a folder by id; a folder that is not there has none."""
    paths = (path for path in sorted(folder.glob("*.yaml")) if is_scenario(path.name))
    loaded = (load_scenario(path, pack.vocabulary, problems) for path in paths)
    return {scenario.id: scenario for scenario in loaded if scenario}


def _unique(checks: Iterable[Check], problems: Problems) -> None:
    first: dict[str, Mark] = {}
    for check in checks:
        if check.id in first:
            related = (("first given here", first[check.id]),)
            problems.add("ID-2", f"test {check.id} is given twice", check.mark, "rename one", related)
        first.setdefault(check.id, check.mark)
