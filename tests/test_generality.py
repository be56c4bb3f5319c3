"""No rule or parameter is about one case: none names a case, a system, or a supplier and a recipient."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from escalation.diagnostics import InputError
from escalation.ledger import evaluate, stated_view
from escalation.pack import load_pack
from escalation.rules import Rule, walk
from escalation.rules import Test as FieldTest
from escalation.scenario import Scenario, load_scenario

ROOT = Path(__file__).parents[1]
PACK = load_pack()
COMMON = frozenset(
    "air defence missile missiles interceptor rocket rockets shell shells drone drones bomb kit kits "
    "weapon combat round rounds glide launched small diameter ground armed aircraft tank tanks howitzer "
    "howitzers mines mine cluster munition munitions depleted uranium ammunition helmets protective "
    "battery system systems anti ship personnel long range guided tactical ballistic cruise self "
    "propelled gun guns calibre extended with from first type named family ".split()
)


def scenarios() -> list[Scenario]:
    found = []
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        try:
            found.append(load_scenario(path, PACK.vocabulary))
        except InputError:
            continue
    return found


def names_of_systems() -> set[str]:
    """The proper names in items and platforms: words with a capital or a digit that are no common word."""
    texts = [
        str(entity.facts[name].best)
        for scenario in scenarios()
        for entity in scenario.entities
        for name in ("name", "platform")
        if entity.kind == "item" and name in entity.facts
    ]
    words = {word for text in texts for word in re.findall(r"[\w-]{3,}", text)}
    return {w for w in words if (w[0].isupper() or re.search(r"\d", w)) and w.lower() not in COMMON and not w.isdigit()}


def texts_of(rule: Rule) -> str:
    written = [node.written for node in walk(rule.when) if isinstance(node, FieldTest)]
    return " ".join([rule.id, rule.title, rule.because, rule.assumption, rule.falsified_by, *written])


TEXTS = {rule.id: texts_of(rule) for rule in PACK.rules} | {
    f"${p.name}": f"{p.name} {p.meaning} {p.value}" for p in PACK.parameters.values()
}


def test_there_are_names_to_look_for() -> None:
    assert {"Patriot", "ATACMS", "HIMARS"} <= names_of_systems()
    assert len(scenarios()) > 30


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_names_a_case_or_a_system(name: str) -> None:
    words = set(re.findall(r"[\w-]+", TEXTS[name]))
    assert words & names_of_systems() == set()
    assert [scenario.id for scenario in scenarios() if scenario.id in TEXTS[name]] == []


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_names_a_country_but_the_perceiver(name: str) -> None:
    countries = PACK.vocabulary.fields["transfer.recipient"].words
    theirs = {word.label for code, word in countries.items() if code not in PACK.perceivers}
    theirs |= {code for code in countries if code not in PACK.perceivers}
    assert {word for word in theirs if re.search(rf"\b{re.escape(word)}\b", TEXTS[name])} == set()


def test_no_rule_reads_who_supplies_or_receives() -> None:
    read = {node.field.name for rule in PACK.rules for node in walk(rule.when) if isinstance(node, FieldTest)}
    assert read & {"suppliers", "recipient", "status", "name", "platform"} == set()
    scenario = load_scenario(ROOT / "scenarios/us-patriot-2022.yaml", PACK.vocabulary)
    assert len(evaluate(PACK, scenario.entities, stated_view(scenario.entities)).rules) == len(PACK.rules)
