"""The JSON Schema and the loader accept the same documents, as far as a schema can say what is wrong."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.support.documents import BROKEN, SOUND
from tests.support.loading import FOLDER, VOCABULARY, document, node, problems_of

from escalation.analysis.review_file import read_review
from escalation.diagnostics import InputError, Problems
from escalation.pack import load_pack
from escalation.pack_reader import read_pack
from escalation.schema import rules_schema, scenario_schema
from escalation.schema_pack import pack_schema, panels_schema
from escalation.schema_review import review_schema
from escalation.source import Listing, Mapping, Node, Text, parse

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"

BEYOND_A_SCHEMA = {
    "DATE-1": "which days a month has",
    "DOC-3": "what was known on the day",
    "FACT-3": "the order of low, value and high",
    "FACT-4": "whether the best estimate is among the alternatives",
    "FACT-5": "whether two ways to write a number mean the same",
    "FACT-6": "whether probabilities sum to 1",
    "FACT-10": "which words of a field have a place in its order",
    "ID-2": "whether an id is given twice",
    "NUM-1": "not-a-number, which JSON does not have",
    "NUM-4": "whether a number with a unit lies in bounds",
    "REF-1": "whether a source is listed",
    "REF-3": "whether a path names a fact",
}
"""What the loader alone can tell: for these codes the schema may accept what the loader refuses."""
ACCEPTED = {
    "warnings: [{date: 2022-02-30}]",
    "items: [{known_at: 2023}]",
    "items: [{range: {low: 9, high: 5}}]",
    "items: [{range: {value: 9, low: 1, high: 5}}]",
    "items: [{reach: {low: far, high: near}}]",
    "items: [{range: {value: 3, one_of: [1, 2]}}]",
    "items: [{role: {one_of: [{value: gun, probability: 0.5}, {value: tool, probability: 0.4}]}}]",
    "items: [{reach: {low: not_applicable}}]",
    "items: [{id: a}, {id: a}]",
    "items: [{id: a}]\nwarnings: [{id: a}]",
    "items: [{id: transfer}]",
    "items: [{range: .nan}]",
    "items: [{range: 30000 mi}]",
    "items: [{range: {one_of: [16.09344, 10 mi]}}]",
    "items: [{role: {value: gun, source: foxx}}]\nsources: {fox: {title: f}}",
    "items: [{source: fox}]",
    "correlated: [{facts: [items.it.range, items.no.range], rank_correlation: 1}]",
    "correlated: [{facts: [items.it.range, 'items[0].range'], rank_correlation: 1}]",
}
"""The broken documents that the schema accepts, each for a reason above."""


def as_json(found: Node) -> Any:
    """A node as YAML's 1.2 core schema reads it: what an editor checks against the schema."""
    if isinstance(found, Mapping):
        return {key.value: as_json(value) for key, value in found.entries}
    if isinstance(found, Listing):
        return [as_json(item) for item in found.items]
    return _scalar(found)


def _scalar(found: Text) -> Any:
    text = found.value
    if not found.plain:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false") and text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if re.fullmatch("[-+]?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    return float(text[1:]) if text.lower() in (".nan", ".inf") else text


@cache
def validator(which: str) -> Draft202012Validator:
    schemas = {"scenario": scenario_schema, "rules": rules_schema, "pack": pack_schema, "panels": panels_schema}
    return Draft202012Validator(schemas[which](VOCABULARY) if which in schemas else review_schema())


@pytest.mark.parametrize("schema", [scenario_schema, rules_schema, pack_schema, panels_schema])
def test_schemas_are_valid_and_plain_json(schema):
    for vocabulary in (VOCABULARY, load_pack().vocabulary):
        made = schema(vocabulary)
        Draft202012Validator.check_schema(made)
        assert json.loads(json.dumps(made)) == made
        references = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(made)))
        assert references <= made["$defs"].keys()


@pytest.mark.parametrize("part", SOUND)
def test_sound_documents_are_accepted_by_both(part):
    assert problems_of(part) == ()
    assert [error.message for error in validator("scenario").iter_errors(as_json(node(document(part))))] == []


@pytest.mark.parametrize(("part", "code"), [row[:2] for row in BROKEN])
def test_broken_documents_are_refused_by_both(part, code):
    whole = part if part.startswith("[") else document(part)
    refused = not validator("scenario").is_valid(as_json(node(whole)))
    if part in ACCEPTED:
        assert code in BEYOND_A_SCHEMA
        assert not refused  # else the exception is out of date
    else:
        assert refused


def test_every_exception_is_used():
    assert {row[0] for row in BROKEN} >= ACCEPTED
    assert {row[1] for row in BROKEN if row[0] in ACCEPTED} == BEYOND_A_SCHEMA.keys()


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_scenarios_fit(path):
    checker = Draft202012Validator(scenario_schema(load_pack().vocabulary))
    problems = Problems()
    found = parse(path.read_bytes(), path.name, problems)
    assert found is not None
    assert [error.message for error in checker.iter_errors(as_json(found))] == []


def test_an_editor_is_told_what_things_mean():
    made = scenario_schema(VOCABULARY)
    assert made["$defs"]["item.range"]["description"].startswith("how far In km; km, m, mi may be written.")
    assert "If not stated: 40 km." in made["$defs"]["item.range"]["description"]
    [boast] = [row for row in made["$defs"]["warning.kind"]["anyOf"][0]["anyOf"] if row["const"] == "boast"]
    assert boast == {"const": "boast", "title": "boast", "description": "nothing follows"}
    assert "warning.age" not in made["$defs"]  # worked out, so not written


# -- rules


def rule(when: str, **changed: str) -> str:
    """A file with one rule."""
    parts = {
        "id": "R-1",
        "title": "a rule",
        "factor": "all",
        "when": when,
        "then": "{points: 1}",
        "because": "so",
        "basis": "[s]",
        "assumption": "so",
        "falsified_by": "so",
        "review_by": "2030",
        **changed,
    }
    return "rules: [{" + ", ".join(f"{key}: {value}" for key, value in parts.items() if value) + "}]"


HEAD = """
pack: test
version: 1
perceivers: [RUS]
written_with_knowledge_to: 2025-10-31
rules: [rules.yaml]
levels: [{name: low, meaning: low}, {name: high, meaning: high}]
scales: {one: {question: which, thresholds: {high: 1}}, other: {question: which, thresholds: {high: 1}}}
factors: {all: {label: all, min: 0, max: 9}}
caveats: [a test]
confidence: [{level: low, weakest_grade: B2, most_assumed: 3}]
"""
PARAMETERS = """
parameters:
  far: {value: 100 km, dated: 2022, source: s, meaning: m}
  many: {value: 3, dated: 2022, source: s, meaning: m}
  armed: {words: [gun, shield], dated: 2022, source: s, meaning: m}
"""


def read(rules: str, head: str = HEAD, **more: str) -> list[str]:
    """The codes of what the pack reader says about a pack; `more` are further files by their stem."""
    files = {
        "pack.yaml": head,
        "vocabulary.yaml": (FOLDER / "vocabulary.yaml").read_text(),
        "sources.yaml": "sources: {s: {title: s}}",
        "parameters.yaml": PARAMETERS,
        "rules.yaml": rules,
        **{f"{name}.yaml": text for name, text in more.items()},
    }
    try:
        read_pack({name: (name, text.encode()) for name, text in files.items()}, "0" * 64, "", "")
    except InputError as error:
        return [problem.code for problem in error.problems]
    return []


@pytest.mark.parametrize(
    "text",
    [
        rule("{item: {role: gun}}"),
        rule("{item: {role: {in: $armed}, range: {gte: $far}}}"),
        rule("{item: {role: {in: [gun, tool]}, range: {gt: 5 mi, lt: 100}}}"),
        rule("{item: {range: {between: [5, $far]}, consent: true, count: {is: 3}}}"),
        rule("{every_item: {reach: {lte: far}}, no_warning: {kind: {is_not: war}}}"),
        rule("{warnings: {at_least: $many, where: {kind: war}}, items: {exactly: 1, where: {consent: false}}}"),
        rule("{warning: {also: war}, item: {tags: {has_any: [red, green]}}}"),
        rule("{any_of: [{transfer: {basing: true}}, {not: {context: {war: {lt: open}}}}]}"),
        rule("{item: {any_of: [{role: gun}, {all_of: [{role: tool}, {not: {consent: true}}]}]}}"),
        rule("{warning: {age: {lte: 30}, gravest: war}}"),
        rule(
            "{item: {role: gun}}", then="{points: {one: 1, other: -1}, conclude: A, floor: high, ceiling: {other: low}}"
        ),
        rule("{item: {role: gun}}", then="{note: {panel: p, text: t}, conclude: [A, B_2]}"),
        rule("{item: {role: gun}}", pathway="[p1]", review_by="2030-06-30"),
    ],
)
def test_sound_rules_are_accepted_by_both(text):
    assert read(text) == []
    assert [error.message for error in validator("rules").iter_errors(as_json(node(text)))] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rule("{}"), "RULE-1"),
        (rule("{item: {}}"), "RULE-1"),
        (rule("{any_of: []}"), "RULE-1"),
        (rule("{itm: {role: gun}}"), "RULE-2"),
        (rule("{warnings: {where: {kind: war}}}"), "RULE-3"),
        (rule("{warnings: {exactly: 2, at_least: 1, where: {kind: war}}}"), "RULE-3"),
        (rule("{warnings: {exactly: 2, at_most: 3, where: {kind: war}}}"), "RULE-3"),
        (rule("{warnings: {at_least: -1, where: {kind: war}}}"), "RULE-3"),
        (rule("{warnings: {exactly: -2, where: {kind: war}}}"), "RULE-3"),
        (rule("{warnings: {at_least: 1}}"), "KEY-2"),
        (rule("{item: {rnage: 5}}"), "RULE-4"),
        (rule("{item: {name: x}}"), "RULE-5"),
        (rule("{item: {size: small}}"), "RULE-5"),
        (rule("{item: {range: {over: 5}}}"), "RULE-6"),
        (rule("{item: {role: {gt: gun}}}"), "RULE-6"),
        (rule("{item: {reach: {lt: not_applicable}}}"), "RULE-7"),
        (rule("{item: {range: {between: [5]}}}"), "RULE-8"),
        (rule("{item: {role: fortress}}"), "WORD-1"),
        (rule("{item: {role: [gun]}}"), "TYPE-1"),
        (rule("{item: {consent: yes}}"), "TYPE-1"),
        (rule("{item: {range: 5 parsec}}"), "NUM-3"),
        (rule("{item: {role: gun}}", because=""), "KEY-2"),
        (rule("{item: {role: gun}}", because="[a]"), "TYPE-1"),
        (rule("{item: {role: gun}}", then="{}"), "RULE-12"),
        (rule("{item: {role: gun}}", then="{poinst: 1}"), "KEY-1"),
        (rule("{item: {role: gun}}", then="{points: 1.5}"), "NUM-1"),
        (rule("{item: {role: gun}}", then="{conclude: lower}"), "RULE-16"),
        (rule("{item: {role: gun}}", then="{note: {panel: p}}"), "KEY-2"),
        (rule("{item: {role: gun}}", review_by="soon"), "DATE-1"),
        ("[a]", "TYPE-1"),
        ("rule: []", "KEY-1"),
    ],
)
def test_broken_rules_are_refused_by_both(text, code):
    assert code in read(text)
    assert not validator("rules").is_valid(as_json(node(text)))


def test_limits_the_wrong_way_round_are_for_the_reader_alone() -> None:
    text = rule("{warnings: {at_least: 3, at_most: 2, where: {kind: war}}}")
    assert "RULE-3" in read(text)
    assert validator("rules").is_valid(as_json(node(text)))  # JSON Schema compares no two values


@pytest.mark.parametrize("path", sorted(path for path in RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_rules_fit(path):
    pack = load_pack()
    names = [[f.name for f in pack.factors], [s.name for s in pack.scales], [level.name for level in pack.levels]]
    schemas = {"pack": pack_schema(pack.vocabulary), "rules": rules_schema(pack.vocabulary, *names)}
    found = as_json(node(path.read_text()))
    which = "rules" if "rules" in found and "pack" not in found else "pack" if "pack" in found else None
    if which:
        assert [error.message for error in Draft202012Validator(schemas[which]).iter_errors(found)] == []


def test_names_of_the_pack_are_checked_where_they_are_given():
    checker = Draft202012Validator(rules_schema(VOCABULARY, ["all"], ["one"], ["low", "high"]))
    good = rule("{item: {role: gun}}", then="{floor: high, points: {one: 1}}")
    assert checker.is_valid(as_json(node(good)))
    for bad in (
        good.replace("floor: high", "floor: top"),
        good.replace("one: 1", "two: 1"),
        good.replace("all", "any"),
    ):
        assert not checker.is_valid(as_json(node(bad)))


# -- the head of a pack


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("", "", None),
        ("version: 1", "version: '1.0'", None),
        ("pack: test\n", "", "KEY-2"),
        ("caveats", "caveat", "KEY-1"),
        ("min: 0", "min: 1", "PACK-4"),
        ("min: 0", "min: low", "NUM-1"),
        ("name: low, meaning: low", "name: low", "KEY-2"),
        ("level: low", "level: lowest", "WORD-1"),
        ("[a test]", "{a: test}", "TYPE-1"),
    ],
)
def test_heads_of_packs(old, new, code):
    head = HEAD.replace(old, new, 1)
    found = read(rule("{item: {role: gun}}"), head)
    assert (found == []) if code is None else (code in found)
    assert validator("pack").is_valid(as_json(node(head))) == (code is None)


# -- panels and reviews

PANEL = "panels: {answers: {title: t, columns: [what], rows: [ROWS]}}"
SOUND_ROW = "{level: high, what: w}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (PANEL.replace("ROWS", SOUND_ROW), None),
        (PANEL.replace("ROWS", "{level: [low, high], what: w, basis: s}"), None),
        (PANEL.replace("ROWS", "{pathway: p1, what: w, basis: [s]}"), None),
        (PANEL.replace("ROWS", "{when: {item: {role: gun}}, what: w}"), None),
        (PANEL.replace("ROWS", "{when: {items: {at_least: 2, where: {role: gun}}}, what: 3}"), None),
        (PANEL.replace("ROWS", "").replace("rows:", "says: s, detail: full, under: [], basis: s, rows:"), None),
        (PANEL.replace("ROWS", "{what: w}"), "PANEL-1"),
        (PANEL.replace("ROWS", "{level: high, pathway: p1, what: w}"), "PANEL-1"),
        (PANEL.replace("ROWS", "{level: top, what: w}"), "WORD-1"),
        (PANEL.replace("ROWS", "{level: high, what: [w]}"), "TYPE-1"),
        (PANEL.replace("ROWS", "{when: {itm: {role: gun}}, what: w}"), "RULE-2"),
        (PANEL.replace("ROWS", "{when: {items: {exactly: 1, at_most: 2, where: {role: gun}}}, what: w}"), "RULE-3"),
        (PANEL.replace("ROWS", "{level: high, what: w, basis: nobody}"), "REF-2"),
        (PANEL.replace("ROWS", "word"), "TYPE-1"),
        (PANEL.replace("title: t, ", ""), "KEY-2"),
        (PANEL.replace("title: t", "titel: t, title: t"), "KEY-1"),
        (PANEL.replace("title: t", "title: t, detail: half"), "WORD-1"),
        ("panel: {}", "KEY-1"),
    ],
)
def test_panels_are_accepted_or_refused_by_both(text: str, code: str | None) -> None:
    found = read(rule("{item: {role: gun}}", pathway="[p1]" if "pathway: p1" in text else ""), panels=text)
    assert (found == []) if code is None else (code in found)
    checker = Draft202012Validator(panels_schema(VOCABULARY, ["low", "high"], ["s"]))
    assert checker.is_valid(as_json(node(text))) == (code is None)


def test_the_projects_panels_fit() -> None:
    pack = load_pack()
    made = panels_schema(pack.vocabulary, [level.name for level in pack.levels], pack.sources)
    found = as_json(node((RULES / "panels.yaml").read_text()))
    assert [error.message for error in Draft202012Validator(made).iter_errors(found)] == []


REVIEW = (
    "review_schema: 1\nscenario: a\nlines: [{line: R-1, verdict: accept, reviewer: A, date: 2026-01-02, digest: d}]"
)
SIGNED = "\nsignature: {state: reviewed, reviewer: A, date: 2026-01-02, digest: d}"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("", "", None),
        ("]", f"]{SIGNED}", None),
        ("verdict: accept", "verdict: dispute, reason: r", None),
        ("verdict: accept", "verdict: override, reason: r, answer: a, said: s", None),
        ("scenario: a\n", "", "KEY-2"),
        ("review_schema: 1", "review_schema: 2", "DOC-1"),
        ("lines: [", "lines: [R-2, ", "TYPE-1"),
        ("line: R-1, ", "", "KEY-2"),
        ("line: R-1", "line: [R-1]", "TYPE-1"),
        ("reviewer: A", "reviewr: A, reviewer: A", "KEY-1"),
        ("verdict: accept", "verdict: agree", "WORD-1"),
        ("verdict: accept", "verdict: dispute", "REV-3"),
        ("2026-01-02", "soon", "DATE-1"),
        ("2026-01-02", "2026-01", "DATE-2"),
        ("]", f"]{SIGNED.replace('reviewed', 'draft')}", "WORD-1"),
        ("]", f"]{SIGNED.replace(', digest: d', '')}", "KEY-2"),
    ],
)
def test_reviews_are_accepted_or_refused_by_both(old: str, new: str, code: str | None) -> None:
    text, problems = REVIEW.replace(old, new, 1), Problems()
    read_review(text.encode(), "a.review.yaml", problems)
    found = [problem.code for problem in problems.found]
    assert (found == []) if code is None else (code in found)
    assert validator("review").is_valid(as_json(node(text))) == (code is None)
