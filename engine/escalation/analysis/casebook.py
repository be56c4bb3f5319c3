"""A folder of historical cases, loaded, rated, and set beside what a coder wrote about them.

`load_casebook` sorts the scenarios of some folders: rated cases, cases whose perceiver the pack does not cover, cases
kept apart by a banner, and scenarios without a coding. What was coded stays out of the rules' sight: it is read here,
from the `observed:` and `ex_ante:` blocks, only after the case has been rated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from escalation.assess import Assessment, assess, in_scope
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.scenario import Scenario, load_scenario
from escalation.source import Mapping, Node, Text

__all__ = ["CODINGS", "Casebook", "coded", "load_casebook", "scenarios_of"]


CODINGS = ("ex_ante", "observed", "analyst")
"""The parts of a scenario that people judge and no rule sees."""


class Casebook(NamedTuple):
    """Historical cases under one pack. Those not rated are listed by id, with the reason in the name of the list."""

    cases: tuple[Assessment, ...]
    out_of_scope: tuple[str, ...] = ()
    kept_apart: tuple[str, ...] = ()
    not_coded: tuple[str, ...] = ()


def load_casebook(
    files: Iterable[str], pack: Pack, problems: Problems, *, engine: str = "both", with_banner: bool = False
) -> Casebook:
    """Load and rate scenario files. Files that are not valid are reported in `problems` and left out.

    Cases under a banner are kept apart unless `with_banner`. `engine` is as in `assess`.
    """
    rated: list[Assessment] = []
    aside: dict[str, list[str]] = {name: [] for name in Casebook._fields[1:]}
    for scenario in scenarios_of(files, pack, problems):
        why = _set_aside(scenario, pack, with_banner)
        if why:
            aside[why].append(scenario.id)
        else:
            rated.append(assess(scenario, pack, engine=engine))
    return Casebook(tuple(rated), **{name: tuple(ids) for name, ids in aside.items()})


def scenarios_of(files: Iterable[str], pack: Pack, problems: Problems) -> list[Scenario]:
    """The scenarios of some files; those that are not valid are reported in `problems` and left out."""
    loaded = (load_scenario(file, pack.vocabulary, problems) for file in files)
    return [scenario for scenario in loaded if scenario]


def coded(scenario: Scenario, path: str) -> str:
    """What a person wrote at a dotted path into one of CODINGS, or "" where nothing is."""
    first, _, rest = path.partition(".")
    node: Node | None = getattr(scenario, first) if first in CODINGS else None
    for key in rest.split("."):
        node = node.get(key) if isinstance(node, Mapping) else None
    return node.value if isinstance(node, Text) else ""


def _set_aside(scenario: Scenario, pack: Pack, with_banner: bool) -> str:
    if in_scope(scenario, pack):
        return "out_of_scope"
    if scenario.banner and not with_banner:
        return "kept_apart"
    return "" if scenario.observed or scenario.ex_ante else "not_coded"
