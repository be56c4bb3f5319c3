"""What the workbench looks at: a pack with the text of its files, its tests, the scenarios at hand, and the day.

Most lints need only the pack; some need the place of a key in a file, or the scenarios, which are loaded when first
asked for. What a pack's author has declared about it (which conclusions are for readers, which rules are meant as steps
of one staircase) is data of the pack too, in `workbench/lint.yaml`, and is held to be true by a lint of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from escalation.assess import in_scope
from escalation.diagnostics import Mark, Problems
from escalation.pack import Pack, data_folder, load_pack
from escalation.read import Reader
from escalation.rules import PLACEHOLDER
from escalation.scenario import Scenario, is_scenario, read_scenario
from escalation.source import Listing, Mapping, Node, Text, parse, read_bytes
from escalation.workbench.rule_tests import RuleTest, load_rule_tests

if TYPE_CHECKING:
    from escalation.workbench.questions import Witness

__all__ = ["PackFile", "Settings", "Subject", "load_subject", "scenario_paths"]

SETTINGS = os.path.join("workbench", "lint.yaml")
_NEAR = 0.25


class PackFile(NamedTuple):
    """One YAML file of a pack, as read."""

    path: str
    text: str
    node: Node | None


class Settings(NamedTuple):
    """What the author declares, each entry with its place.

    `for_readers` are conclusions that no rule uses and reports show. Each of `steps` is a run of rules of one factor
    that are meant to add up where they fire together. `not_a_source` are entries of sources.yaml that stand for no
    source. `near` is the share of a threshold within which a value counts as near it.
    """

    for_readers: dict[str, Mark] = {}  # noqa: RUF012 - read only
    steps: tuple[tuple[tuple[str, ...], Mark], ...] = ()
    not_a_source: dict[str, Mark] = {}  # noqa: RUF012 - read only
    near: float = _NEAR


class Subject:
    """One pack under examination. `today` decides which review dates are past."""

    def __init__(self, pack: Pack, files: dict[str, PackFile], settings: Settings, today: date, folders: Sequence[str]):
        self.pack, self.files, self.settings, self.today = pack, files, settings, today
        self.folders = folders
        self.left_out: list[str] = []
        self.test_problems = Problems()

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios at hand that the pack can rate; the files of others are in `left_out`."""
        found = []
        for path in scenario_paths(self.folders):
            problems = Problems()
            data = read_bytes(path, problems)
            scenario = None if data is None else read_scenario(data, path, self.pack.vocabulary, problems)
            if scenario is None:
                self.left_out.append(path)
            elif in_scope(scenario, self.pack) is None:
                found.append(scenario)
        return tuple(found)

    @cached_property
    def live(self) -> dict[str, Witness]:
        """The rules that can fire, each with the plainest scenario in which it does."""
        from escalation.workbench.questions import can_hold  # most commands ask no questions

        found = {rule.id: can_hold(self.pack, [rule.when]) for rule in self.pack.rules}
        return {name: witness for name, witness in found.items() if witness}

    @cached_property
    def rule_tests(self) -> list[RuleTest]:
        """The tests of single rules that can be read; what is wrong with others is in `test_problems`."""
        return load_rule_tests(self.pack, self.test_problems)

    @cached_property
    def rule_nodes(self) -> dict[str, Mapping]:
        """The text of each rule, by id."""
        found = {}
        for node in (file.node for name, file in self.files.items() if "/" not in name):
            rules = node.get("rules") if isinstance(node, Mapping) else None
            for entry in rules.items if isinstance(rules, Listing) else ():
                name = entry.get("id") if isinstance(entry, Mapping) else None
                if isinstance(entry, Mapping) and isinstance(name, Text):
                    found[name.value] = entry
        return found

    def place(self, rule_id: str, key: str = "id") -> Mark:
        """Where a rule says something: the place of the value under a key, or of the rule if it has none."""
        node = self.rule_nodes[rule_id]
        return (node.get(key) or node.get("id") or node).mark

    def section(self, file: str, key: str) -> Mapping | None:
        """The mapping under a top-level key of a file of the pack."""
        node = self.files[file].node if file in self.files else None
        found = node.get(key) if isinstance(node, Mapping) else None
        return found if isinstance(found, Mapping) else None

    @cached_property
    def parameters_used(self) -> dict[str, set[str]]:
        """For each rule, the parameters that its condition refers to."""
        return {
            name: {text.value[1:] for text in texts(node.get("when")) if text.plain and text.value.startswith("$")}
            for name, node in self.rule_nodes.items()
        }

    @cached_property
    def parameters_named(self) -> set[str]:
        """The parameters that some text of a rule shows."""
        found = set()
        for rule in self.pack.rules:
            for text in (rule.because, *(note.text for note in rule.then.notes)):
                found |= {name for kind, name in PLACEHOLDER.findall(text) if not kind}
        return found

    def adds_up(self, a: str, b: str) -> bool:
        """Whether two rules are declared to be steps of one staircase."""
        return any(a in rules and b in rules for rules, _ in self.settings.steps)


def load_subject(
    folder: str | os.PathLike[str] | None = None, today: date | None = None, scenarios: Sequence[str] = ()
) -> Subject:
    """Load a pack (default: the installed one) to be examined. Raises InputError with every problem found.

    `scenarios` are files and folders (searched to the bottom); by default the folder `scenarios` beside that of the
    pack, or else the installed one.
    """
    pack = load_pack(folder)
    problems = Problems()
    files = {}
    root = Path(pack.folder)
    for path in [*sorted(root.glob("*.yaml")), *sorted(root.glob("profiles/*.yaml")), *root.glob(SETTINGS)]:
        data = read_bytes(path, problems)
        if data is not None:
            node = parse(data, str(path), problems)
            files[path.relative_to(root).as_posix()] = PackFile(str(path), data.decode("utf-8-sig"), node)
    settings = _read_settings(files.get(Path(SETTINGS).as_posix()), problems)
    problems.stop()
    return Subject(pack, files, settings, today or _real_today(), scenarios or _beside(pack.folder))


def scenario_paths(names: Iterable[str]) -> list[str]:
    """The files that names stand for; a folder gives all scenarios in it, at any depth, in the order of their paths."""
    found: list[str] = []
    for name in names:
        if os.path.isdir(name):
            found += sorted(str(path) for path in Path(name).rglob("*.yaml") if is_scenario(path.name))
        else:
            found.append(name)
    return found


def texts(node: Node | None) -> Iterator[Text]:
    """Every scalar under a node, keys left out."""
    if isinstance(node, Text):
        yield node
    elif isinstance(node, Listing):
        for item in node.items:
            yield from texts(item)
    elif isinstance(node, Mapping):
        for _, value in node.entries:
            yield from texts(value)


def _beside(folder: str) -> list[str]:
    beside = os.path.join(os.path.dirname(os.path.abspath(folder)), "scenarios")
    return [beside if os.path.isdir(beside) else data_folder("scenarios")]


def _real_today() -> date:
    from datetime import datetime

    return datetime.now().astimezone().date()


def _read_settings(file: PackFile | None, problems: Problems) -> Settings:
    reader = Reader(problems)
    if file is None:
        return Settings()
    found = reader.keys(file.node, "the declarations for lints", (), Settings._fields)
    near = reader.number(found.get("near"), "near")
    return Settings(
        _named(reader, found.get("for_readers"), "for_readers"),
        tuple((reader.texts(node, "steps"), node.mark) for node in reader.listing(found.get("steps"), "steps")),
        _named(reader, found.get("not_a_source"), "not_a_source"),
        _NEAR if near is None else float(near),
    )


def _named(reader: Reader, node: Node | None, what: str) -> dict[str, Mark]:
    return {text: item.mark for item in reader.listing(node, what) if (text := reader.text(item, what))}
