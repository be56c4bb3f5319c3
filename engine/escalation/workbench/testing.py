"""Tests of a pack: how they are found and how they are run. `assess rules test` shows the results.

A pack's `tests/*.yaml` hold sections, and each section has a reader that turns its entries into checks (`checks.py`):
things to run under one image of the perceiver. `SECTIONS` names the readers; a new kind of test is a new module and a
line there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from escalation.diagnostics import Mark, Problems
from escalation.pack import Pack
from escalation.read import Reader
from escalation.scenario import Scenario, is_scenario, load_scenario
from escalation.source import Mapping, parse, read_bytes
from escalation.workbench import pairs, relations, rule_tests
from escalation.workbench.checks import (
    FAILED,
    OUT_OF_SCOPE,
    PASSED,
    SKIPPED,
    Bench,
    Check,
    Result,
    Section,
    SectionReader,
    Verdict,
)

__all__ = ["SECTIONS", "load_checks", "run_checks"]

SECTIONS: dict[str, Section] = {
    "rules": rule_tests.read_rules,
    "pairs": pairs.read_pairs,
    "variants": pairs.read_variants,
    "relations": relations.read_relations,
}
"""The readers of sections by the key of the section."""


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
    found = reader.keys(node, "the tests", ["tests"], ["cases", *SECTIONS])
    return [
        check
        for name, read in SECTIONS.items()
        if name in found
        for check in read(reader, reader.listing(found[name], name))
    ]


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
