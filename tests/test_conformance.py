"""The conformance table: what every construct of the rule language means, for every interpreter: engines and grid.

The table is data (`conformance/table.yaml`); this file only runs it. A row is loaded the way a user's files are: the
scenario through the loader, the rules through the pack reader.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from escalation import rete
from escalation import rules as language
from escalation.diagnostics import Problems
from escalation.grid import Board, grid_of
from escalation.ledger import CANNOT_TELL, NO, YES, decide, evaluate, stated_view
from escalation.operators import OPERATORS
from escalation.pack import Pack
from escalation.pack_reader import read_pack
from escalation.scenario import Scenario, World, assumed_world, read_scenario
from escalation.vocabulary import field_bins

FOLDER = Path(__file__).parent / "conformance"
PLAIN = yaml.BaseLoader  # keeps every scalar as text, so that rows mean what the project's own reader says
TABLE = yaml.load((FOLDER / "table.yaml").read_text(), PLAIN)
ROWS = [pytest.param(row, id=f"{i:03d}") for i, row in enumerate(TABLE["rows"])]
HEAD = {
    "pack": "conformance",
    "version": "1",
    "perceivers": ["AAA"],
    "written_with_knowledge_to": "2022-12-31",
    "rules": ["rules.yaml"],
    "levels": [{"name": "low", "meaning": "low"}, {"name": "high", "meaning": "high"}],
    "scales": {"only": {"question": "which", "thresholds": {"high": "1"}}},
    "factors": {"all": {"label": "all", "min": "0", "max": "1000"}},
    "caveats": ["a test"],
    "confidence": [{"level": "low"}],
}


def pack_of(row: dict[str, Any]) -> Pack:
    rules = row.get("rules") or {"R": {"when": row["when"]}}
    dated = {"dated": "2022", "source": "test", "meaning": "test"}
    files = {
        "pack.yaml": HEAD,
        "sources.yaml": {"sources": {"test": {"title": "test"}}},
        "parameters.yaml": {"parameters": {name: {**p, **dated} for name, p in TABLE["parameters"].items()}},
        "rules.yaml": {"rules": [rule(name, body) for name, body in rules.items()]},
    }
    texts = {name: (name, _yaml(data)) for name, data in files.items()}
    texts["vocabulary.yaml"] = ("vocabulary.yaml", (FOLDER / "vocabulary.yaml").read_bytes())
    return read_pack(texts, "0" * 64, "", "")


def rule(name: str, body: dict[str, Any]) -> dict[str, Any]:
    then = {"points": "1"} | ({"conclude": body["conclude"]} if "conclude" in body else {})
    texts = dict.fromkeys(("title", "because", "assumption", "falsified_by"), "test")
    head = {"id": name, "factor": "all", "when": body["when"], "then": then, "basis": ["test"], "review_by": "2030"}
    return head | texts


def scenario_of(row: dict[str, Any], pack: Pack) -> Scenario:
    head = {"schema": "1", "id": "row", "title": "row", "as_of": "2022-12-14", "perceiver": "AAA"}
    problems = Problems()
    found = read_scenario(_yaml({**head, **row["facts"]}), "row.yaml", pack.vocabulary, problems)
    problems.stop()
    assert found is not None
    return found


def _yaml(data: Any) -> bytes:
    """YAML in which no text is quoted unless it must be, so that `NO` or `010` reach the reader as written."""
    return _flow(data).encode()


def _flow(data: Any) -> str:
    if isinstance(data, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(_flow, data)) + "]"
    return data


def worlds(scenario: Scenario, pack: Pack) -> list[World]:
    """One world for each combination of bins of the open facts."""
    board = Board(grid_of(pack), scenario.entities)
    choices = []
    for at, entity in enumerate(scenario.entities):
        for field in board.grid.columns[entity.kind]:
            fact = entity.facts[field.name]
            if fact.state == "open":
                mask = board.mask(field, fact.possible)
                bits = [1 << i for i in range(len(board.grid.bins[field.key])) if mask >> i & 1]
                choices.append([(at, field.name, board.value(field, bit, fact.possible, fact.best)) for bit in bits])
    found = []
    for combination in product(*choices):
        world = [dict(values) for values in assumed_world(scenario)]
        for at, name, value in combination:
            world[at][name] = value
        found.append(tuple(world))
    return found


@pytest.mark.parametrize("row", ROWS)
def test_row(row: dict[str, Any]) -> None:
    pack = pack_of(row)
    scenario = scenario_of(row, pack)
    index = [r.id for r in pack.rules].index("R")
    view = stated_view(scenario.entities)
    board = Board(grid_of(pack), scenario.entities)
    wanted_state = {"fires": YES, "not": NO, "cannot_tell": CANNOT_TELL}[row["expect"]]
    assert evaluate(pack, scenario.entities, view).rules[index].state == wanted_state
    assert board.states(board.masks_of(view))[index] == wanted_state
    network = rete.compile_network(pack)
    fired = set()
    for world in worlds(scenario, pack):
        plain = decide(pack, scenario.entities, world)
        assert rete.run(network, scenario.entities, world) == plain
        fired.add("R" in plain.fired)
    wanted = {"fires": {True}, "not": {False}, "cannot_tell": {True, False}}[row["expect"]]
    if row.get("loose"):
        assert len(fired) == 1
    else:
        assert fired == wanted


def test_the_table_is_large_enough_and_names_every_operator() -> None:
    text = (FOLDER / "table.yaml").read_text()
    assert len(ROWS) >= 150
    assert [key for key in OPERATORS if f"{{{key}:" not in text and f" {key}:" not in text] == []


def test_bins_of_the_table_split_the_domain() -> None:
    for param in ROWS[:40]:
        grid = grid_of(pack_of(param.values[0]))
        for fields in grid.columns.values():
            for field in fields:
                assert grid.bins[field.key] == field_bins(field, list(grid.bins[field.key]))


@pytest.mark.parametrize(
    ("test", "written"),
    [
        ("range: 70", "range is 70 km"),
        ("range: {gte: $line}", "range at least 70 km ($line)"),
        ("range: {gte: 100 mi}", "range at least 161 km"),
        ("range: {gte: 70, lt: 300}", "range at least 70 km and under 300 km"),
        ("range: {between: [10, 20]}", "range from 10 km to 20 km"),
        ("range: {in: [10, 20]}", "range is one of 10 km, 20 km"),
        ("reach: {between: [near, far]}", "reach from near to far"),
        ("role: {not_in: [gun, tool]}", "role is none of gun, tool"),
        ("role: {in: $arms}", "role is one of gun, shield ($arms)"),
        ("tags: red", "tags holds red"),
        ("not: {role: gun}", "not: role is gun"),
    ],
)
def test_a_test_reads_as_a_sentence(test: str, written: str) -> None:
    """As the trace and the reports show it."""
    row = yaml.load(f"{{when: {{item: {{{test}}}}}, facts: {{items: [{{}}]}}}}", PLAIN)
    found = [node for node in language.walk(pack_of(row).rules[0].when) if isinstance(node, language.Test)]
    assert [node.written for node in found] == [written]
