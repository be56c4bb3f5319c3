"""How far historical cases exercise each rule: in how many it fires, and in how many the level would differ without it.

A rule that no case exercises is untested, however well it is argued, and is marked so wherever a reader meets it. The
cases are named in the pack's `analysis/exercise.yaml`; the counts are kept in the cache by the bytes of pack and cases.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from escalation.analysis.history import analysis_file, case_files, remembered
from escalation.assess import in_scope
from escalation.diagnostics import Problems
from escalation.ledger import decide
from escalation.pack import Pack
from escalation.rating import arithmetic
from escalation.read import Reader
from escalation.rules import All, negate
from escalation.scenario import assumed_world, load_scenario
from escalation.source import Node

__all__ = ["Exercise", "exercise", "without_rule"]


class Exercise(NamedTuple):
    """What the cases show of one rule, out of `cases`: where it fires, and where some level would differ without it."""

    fires: int
    moves: int
    cases: int

    @property
    def mark(self) -> str:
        """The mark that the rule bears."""
        if not self.fires:
            return "untested by the casebook"
        moved = f"a level in {self.moves}" if self.moves else "no level"
        return f"exercised in {self.fires} of {self.cases} cases, moves {moved}"


def exercise(pack: Pack) -> dict[str, Exercise]:
    """The exercise of every rule that is able to move a level, by id; none where there are no cases.

    Raises InputError for a case that is not valid.
    """
    if not os.path.isfile(os.path.join(pack.folder, "analysis", "exercise.yaml")):
        return {}
    files = case_files(analysis_file(pack, "exercise.yaml", tuple, _folders))
    if not files:  # a pack may come without its casebook
        return {}
    name = f"exercise-{pack.profile}"
    return remembered(name, files, pack, dict, lambda: _counted(pack, files), lambda: True)


def without_rule(pack: Pack, name: str) -> Pack:
    """The pack with a rule that never fires where nothing is open: a contradiction, which keeps the rule's place."""
    never = (
        rule._replace(when=All((rule.when, negate(rule.when)))) if rule.id == name else rule for rule in pack.rules
    )
    return pack._replace(rules=tuple(never))


def _folders(node: Node | None, folder: str, problems: Problems) -> tuple[str, ...]:
    reader = Reader(problems)
    found = reader.keys(node, "exercise", ["cases"])
    return tuple(os.path.join(folder, name) for name in reader.texts(found.get("cases"), "cases"))


def _counted(pack: Pack, files: Iterable[str]) -> dict[str, Exercise]:
    problems = Problems()
    loaded = [load_scenario(path, pack.vocabulary, problems) for path in files]
    problems.stop()
    cases = [case for case in loaded if case and not case.banner and in_scope(case, pack) is None]
    fires, moves = Counter[str](), Counter[str]()
    for case in cases:
        world = assumed_world(case)
        fired = decide(pack, case.entities, world).fired
        levels = _levels(pack, fired)
        for name in fired:
            fires[name] += 1
            moves[name] += _levels(pack, decide(without_rule(pack, name), case.entities, world).fired) != levels
    able = [rule.id for rule in pack.rules if rule.then.moves]
    return {name: Exercise(fires[name], moves[name], len(cases)) for name in able}


def _levels(pack: Pack, fired: Iterable[str]) -> list[int]:
    return [arithmetic(pack, fired, scale).level for scale in pack.scales]
