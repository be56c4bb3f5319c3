"""Short ways to load what tests write."""

from __future__ import annotations

import re
from pathlib import Path

from escalation.diagnostics import InputError, Mark, Problem, Problems
from escalation.facts import Entity, Fact
from escalation.scenario import Scenario, read_scenario
from escalation.source import Node, Text, parse
from escalation.vocabulary import Vocabulary, read_vocabulary

FOLDER = Path(__file__).parent
FILE = "test.yaml"
HEAD = {
    "schema": "schema: 1",
    "id": "id: test",
    "title": "title: a test",
    "as_of": "as_of: 2022-12-14",
    "perceiver": "perceiver: RUS",
    "items": "items: [{id: it, name: it}]",
}


def node(text: str) -> Node:
    """A YAML text as nodes; it must be well-formed."""
    problems = Problems()
    found = parse(text.encode(), FILE, problems)
    problems.stop()
    assert found is not None
    return found


def plain(value: str) -> Text:
    """An unquoted scalar."""
    return Text(value, True, Mark(FILE, 1, 1))


def vocabulary(text: str = "") -> Vocabulary:
    """A vocabulary, by default that of the tests; raises InputError."""
    problems = Problems()
    found = read_vocabulary(node(text or (FOLDER / "vocabulary.yaml").read_text()), problems)
    problems.stop()
    return found


VOCABULARY = vocabulary()


def document(part: str, vocabulary: Vocabulary = VOCABULARY) -> str:
    """A whole scenario around some of its top-level keys."""
    given = re.findall(r"^([a-z_]+):", part, re.MULTILINE)
    return "\n".join([text for key, text in HEAD.items() if key not in given] + [part])


def load(part: str, vocabulary: Vocabulary = VOCABULARY) -> Scenario:
    """The scenario around some of its top-level keys; raises InputError."""
    problems = Problems()
    found = read_scenario(document(part).encode(), FILE, vocabulary, problems)
    problems.stop()
    assert found is not None
    return found


def problems_of(part: str, vocabulary: Vocabulary = VOCABULARY) -> tuple[Problem, ...]:
    """What is wrong with a scenario, in order."""
    try:
        load(part, vocabulary)
    except InputError as error:
        return error.problems
    return ()


def entity(scenario: Scenario, name: str) -> Entity:
    """The entity of that id."""
    return next(entity for entity in scenario.entities if entity.id == name)


def item_fact(statement: str, field: str) -> Fact:
    """The fact of an item about which just one thing is stated, such as `range: 5 km`."""
    return entity(load(f"items: [{{id: it, {statement}}}]\nsources: {{s: {{title: s, grade: C4}}}}"), "it").facts[field]
