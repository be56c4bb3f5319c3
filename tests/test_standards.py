"""Analytic standards: which words tell a likelihood, and that no text of the pack or of a report breaks them."""

from __future__ import annotations

import pytest
from tests.support.command import ROOT

from escalation.analysis.standards import ESTIMATIVE, MIXED, breaches, load_standards, pack_texts
from escalation.assess import assess
from escalation.pack import load_pack
from escalation.render.text import report
from escalation.scenario import Scenario, load_scenario

PACK = load_pack()
STANDARDS = load_standards(PACK)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A strike is likely.", []),
        ("A strike is very unlikely, almost no chance of it.", []),
        ("A strike is probably near.", [(ESTIMATIVE, "probably")]),
        ("Russia may strike, and could do more.", [(ESTIMATIVE, "may"), (ESTIMATIVE, "could")]),
        ("There is a realistic possibility of it.", [(ESTIMATIVE, "realistic possibility")]),
        ("There is a roughly even chance of it.", []),
        ("There is an even chance of it.", [(ESTIMATIVE, "even chance")]),
        ('The report says it "could be viewed as less escalatory".', []),
        ("The report says it \N{LEFT DOUBLE QUOTATION MARK}may be\N{RIGHT DOUBLE QUOTATION MARK} so.", []),
        ("It was said on 5 May 2022.", []),
        ("Known as president-28-may.", []),
        ("What may it be fired at?", []),
        ("It may be used on Russian soil.", []),
        ("A strike is likely, and confidence is high.", [(MIXED, "likely, confidence is high")]),
        ("A strike is likely. Confidence is high.", []),
        ("With moderate confidence, a strike is unlikely.", [(MIXED, "unlikely, moderate confidence")]),
        ("At 2.5 km it is likely; confidence is low.", []),
        ("Maybe.", [(ESTIMATIVE, "Maybe")]),
        ("", []),
    ],
)
def test_a_text_is_held_to_the_table(text, found):
    assert [(breach.standard, breach.words) for breach in breaches(text, STANDARDS)] == found


def test_a_breach_names_its_sentence():
    [breach] = breaches("All is well.\n It might\n  not last. The end.", STANDARDS)
    assert breach.sentence == "It might not last."


def test_no_text_of_the_pack_breaks_them():
    found = [(where, breach.words) for where, text in pack_texts(PACK) for breach in breaches(text, STANDARDS)]
    assert found == []


def test_every_rule_and_caveat_is_read():
    read = {where for where, _ in pack_texts(PACK)}
    assert {f"{rule.id}.because" for rule in PACK.rules} <= read
    assert {f"profiles.{name}" for name in PACK.profiles} <= read
    assert "item.role.meaning" in read


def without_its_own_words(scenario: Scenario) -> Scenario:
    """The scenario with every text replaced: what is left on the page are the words of the pack and of the engine."""
    entities = tuple(
        entity._replace(
            facts={
                name: fact._replace(
                    note="", quote="", best="words" if fact.field.type == "text" and fact.best else fact.best
                )
                for name, fact in entity.facts.items()
            }
        )
        for entity in scenario.entities
    )
    sources = {name: source._replace(title="words", url="") for name, source in scenario.sources.items()}
    return scenario._replace(title="words", notes=(), banner="", entities=entities, sources=sources)


@pytest.mark.parametrize("detail", ["verdict", "ledger", "full"])
@pytest.mark.parametrize(
    "name", ["us-patriot-2022", "us-atacms-2022", "us-kharkiv-permission-2024", "us-package-dec-2022"]
)
def test_no_report_breaks_them(name, detail):
    scenario = load_scenario(ROOT / f"scenarios/{name}.yaml", PACK.vocabulary)
    page = report(assess(without_its_own_words(scenario), PACK), detail)
    assert [(breach.words, breach.sentence) for breach in breaches(page, STANDARDS)] == []
