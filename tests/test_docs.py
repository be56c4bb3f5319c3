"""The reference pages name all that there is, and their examples run."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import ROOT, run

from escalation import Assessment, assess
from escalation.conditions import ConditionReader
from escalation.facts import ALTERNATIVE, ATTRIBUTION
from escalation.operators import OPERATORS
from escalation.pack import load_pack
from escalation.scenario import OPTIONAL, REQUIRED, SOURCE_KEYS
from escalation.trace import trace

DOCS = ROOT / "docs"
FEATURES = assess("scenarios/every-feature.yaml")
TRACE = trace(FEATURES)


def cells(page: str, section: str = "") -> set[str]:
    """The words in code in the first column of the tables of a page, or of one section of it."""
    text = (DOCS / page).read_text(encoding="utf-8")
    if section:
        text = re.split(r"^#+ ", text.partition(f"\n## {section}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [row.split(" | ")[0] for row in re.findall(r"^\| (.+) \|$", text, re.MULTILINE)]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def conditions(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in [*node.get("all_of", ()), *node.get("any_of", ()), *(e["where"] for e in node.get("entities", ()))]:
        yield from conditions(inner)


def keys_of(*objects: dict[str, Any]) -> set[str]:
    return {key for one in objects for key in one}


FACTS = keys_of(*TRACE["assumptions"], *TRACE["open"])
SECTIONS = {
    "Top level": keys_of(TRACE),
    "`scenario`": keys_of(TRACE["scenario"]),
    "`pack`": keys_of(TRACE["pack"]),
    "`engine`": keys_of(TRACE["engine"]),
    "`rating`": keys_of(*TRACE["ratings"].values()),
    "`confidence`": keys_of(TRACE["confidence"]),
    "`confidence.basis`": keys_of(TRACE["confidence"]["basis"]),
    "`factors`": keys_of(*(row for rows in TRACE["factors"].values() for row in rows)),
    "`ledger`": keys_of(*TRACE["ledger"]),
    "`ledger.when`": keys_of(*(node for rule in TRACE["ledger"] for node in conditions(rule["when"]))) - FACTS,
    "`assumptions`": FACTS,
    "`warnings`": keys_of(*TRACE["warnings"]),
    "`not_yet_known`": keys_of(*TRACE["not_yet_known"]),
    "`panels`": keys_of(*TRACE["panels"]),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_on_the_trace_has_every_key_and_no_other(section: str) -> None:
    assert cells("trace.md", section) == SECTIONS[section]


def test_the_page_on_rules_has_every_operator_and_every_key_of_a_rule() -> None:
    assert cells("rules.md") & OPERATORS.keys() == OPERATORS.keys()
    text = (DOCS / "rules.md").read_text(encoding="utf-8")
    reader = ConditionReader.__new__(ConditionReader)
    reader.vocabulary = load_pack().vocabulary
    kinds = {"transfer", "context", "item", "warning"}
    shown = [key for key in reader.quantifiers() if re.sub("^(every|no)_", "", key).removesuffix("s") in kinds]
    assert [key for key in shown if f"`{key}:" not in text] == ["warnings"]  # as `items:`


def test_the_rule_on_the_page_is_one_of_the_pack_in_all_its_keys(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(rules:.*?)^```$", (DOCS / "rules.md").read_text(), re.MULTILINE | re.DOTALL)
    folder = ROOT / "rules"
    for path in [*folder.glob("*.yaml")]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    reach = (folder / "reach.yaml").read_text()
    block = re.search(r"  - id: RCH-10\n.*?(?=\n  - id: )", reach, re.DOTALL)
    assert block
    (tmp_path / "reach.yaml").write_text(reach.replace(block[0], example.removeprefix("rules:\n").rstrip()))
    found = run("scenarios/us-atacms-2022.yaml", "--rules", tmp_path, "--detail", "verdict")
    assert (found.code, found.err) == (0, "")
    assert "reaches an army's rear" in " ".join(found.out.split())


def test_the_page_on_the_format_has_every_key() -> None:
    known = {*REQUIRED, *OPTIONAL, *ATTRIBUTION, *ALTERNATIVE, "value", "low", "high", "one_of", "distribution"}
    known |= {kind.plural or kind.name for kind in load_pack().vocabulary.kinds.values()}
    page = (DOCS / "format.md").read_text(encoding="utf-8")
    assert [key for key in sorted(known) if f"`{key}`" not in page] == []
    assert [key for key in SOURCE_KEYS if f"`{key}`" not in page] == []


def test_the_scenario_on_the_page_is_rated() -> None:
    (example,) = re.findall(r"^```yaml\n(schema:.*?)^```$", (DOCS / "format.md").read_text(), re.MULTILINE | re.DOTALL)
    found = run("-", stdin=example.encode())
    assert (found.code, found.err) == (0, "")


def test_the_page_on_the_api_runs_and_has_every_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert doctest.testfile(str(DOCS / "api.md"), module_relative=False).failed == 0
    public = {name for name in dir(Assessment) if not name.startswith("_")}
    assert public - cells("api.md") == set()


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [path for path in sorted(DOCS.rglob("*.md")) if path != DOCS / "README.md"]
    assert pages
    for page in pages:
        place = page.relative_to(DOCS)
        folders = [str(parent) for parent in place.parents if str(parent) != "."]
        assert any(f"]({name}" in index for name in [str(place), *folders]), f"docs/README.md does not lead to {place}"


def test_the_sample_of_every_feature_shows_every_key() -> None:
    text = (ROOT / "scenarios/every-feature.yaml").read_text(encoding="utf-8")
    only_in_casebooks = {"observed", "ex_ante"}
    known = {*REQUIRED, *OPTIONAL, *ATTRIBUTION, *ALTERNATIVE, *SOURCE_KEYS, "low", "high", "one_of", "distribution"}
    assert [key for key in sorted(known - only_in_casebooks) if not re.search(rf"\b{key}:", text)] == []
