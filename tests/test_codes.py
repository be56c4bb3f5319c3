"""Every code has a page, and what a page calls wrong is wrong for that very reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.loading import HEAD, problems_of, vocabulary

from escalation.diagnostics import InputError
from escalation.pack import load_pack
from escalation.pack_reader import read_pack

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "codes").glob("*.md"))
CODE = re.compile(r"""["']((?!UTF-)[A-Z]{2,}-[0-9]+)["']""")

EXAMPLED = re.compile(r"(YAML|KEY|TYPE|WORD|NUM|DATE|DOC|ID|REF|FACT|RULE|PACK|PANEL|PAR|PROF|VOC)-")
"""Codes of the files that people write, whose pages show a wrong part of one and a right one."""
NO_EXAMPLE = {
    "YAML-4",
    "YAML-5",
    "YAML-11",
    "PACK-1",
    "PACK-2",
    "PACK-20",
    "PACK-21",
    "PACK-22",
    "PACK-23",
    "PACK-30",
    "PROF-2",
}
"""But for those about a file as a whole, about limits, or about a command."""

SHOWN = [path for path in PAGES if EXAMPLED.match(path.stem) and path.stem not in NO_EXAMPLE]
RULE = """\
id: R-1
title: a rule
factor: role
when: {item: {role: deep_strike}}
then: {points: 1}
because: It is so.
basis: [casebook]
assumption: It is so.
falsified_by: It is not so.
review_by: 2030
"""
PROFILE = """\
profile: cautious
title: cautious
rationale: A test.
sources: [casebook]
"""
VOCABULARY = """\
vocabulary: 1
units: {length: {km: 1}}
entities: {item: {label: item, plural: items}}
fields: {}
"""


def raised_in() -> set[str]:
    """Every code that stands in the engine as a text."""
    return {code for path in (ROOT / "engine").rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_has_a_page_and_every_page_a_code():
    assert {path.stem for path in PAGES} == raised_in()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_have_a_title_and_say_something(path):
    title, *rest = path.read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(rf"# {path.stem}: \S.*[^.]", title)
    assert len(" ".join(rest).split()) >= 10
    assert max(map(len, rest)) <= 130


def examples(path: Path) -> list[str]:
    """The examples of a page: blocks indented by four spaces."""
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", path.read_text(encoding="utf-8"), re.MULTILINE)
    return ["\n".join(line[4:] for line in block.splitlines()).strip("\n") for block in blocks if block.strip()]


def overlay(base: str, part: str) -> str:
    """A document with the top-level keys that a part gives put in the place of its own."""
    given = set(re.findall(r"^([a-z_]+):", part, re.MULTILINE))
    chunks = [chunk for chunk in re.split(r"^(?=[a-z_]+:)", base, flags=re.MULTILINE) if chunk.strip()]
    kept = [chunk for chunk in chunks if re.match(r"[a-z_]*", chunk)[0] not in given]  # type: ignore[index]
    return "".join(kept) + part + "\n"


def codes_of(code: str, part: str) -> list[str]:
    """What is said about the example of a page."""
    family = code.partition("-")[0]
    try:
        if family == "VOC":
            vocabulary(overlay(VOCABULARY, part))
        elif family in ("RULE", "PACK", "PANEL", "PAR", "PROF") or code == "REF-2":
            return read_of_pack("RULE" if code == "PANEL-2" else family, part)
        else:
            return [problem.code for problem in problems_of(part, load_pack().vocabulary)]
    except InputError as error:
        return [problem.code for problem in error.problems]
    return []


def read_of_pack(family: str, part: str) -> list[str]:
    """What is said about the default pack with a part of it changed and one rule."""
    names = ("pack", "vocabulary", "parameters", "sources", "panels")
    texts = {f"{name}.yaml": (ROOT / "rules" / f"{name}.yaml").read_text(encoding="utf-8") for name in names}
    texts["pack.yaml"] = overlay(texts["pack.yaml"], "rules: [rules.yaml]")
    texts["rules.yaml"] = "rules:\n- " + RULE.replace("\n", "\n  ").rstrip() + "\n"
    texts["profiles/cautious.yaml"] = PROFILE
    if family in ("RULE", "REF"):
        rule = part if part.startswith("rules:") else overlay(RULE, part).rstrip()
        texts["rules.yaml"] = rule if rule == part else "rules:\n- " + rule.replace("\n", "\n  ") + "\n"
    else:
        name = {
            "PACK": "pack.yaml",
            "PANEL": "panels.yaml",
            "PAR": "parameters.yaml",
            "PROF": "profiles/cautious.yaml",
        }[family]
        texts[name] = overlay(texts[name], part)
    try:
        read_pack({name: (name, text.encode()) for name, text in texts.items()}, "0" * 64, "", "")
    except InputError as error:
        return [problem.code for problem in error.problems]
    return []


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_what_is_called_wrong_is_wrong_and_what_is_called_right_is_right(path):
    wrong, right = examples(path)
    assert set(codes_of(path.stem, wrong)) == {path.stem}
    assert codes_of(path.stem, right) == []


def test_the_shell_around_examples_is_sound():
    assert codes_of("DOC-1", HEAD["items"]) == []
    assert codes_of("RULE-1", "id: R-2") == []
    assert codes_of("VOC-1", "fields: {}") == []
