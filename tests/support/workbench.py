"""Small packs for tests of the workbench, as folders of their own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "lint"


def base_pack(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """The clean pack of the lints' fixtures, beside an empty folder of scenarios; `files` are written over it."""
    pack = folder / "rules"
    shutil.copytree(FIXTURES / "base", pack)
    (folder / "scenarios").mkdir()
    for name, text in (files or {}).items():
        path = pack / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return pack


def fixture_pack(name: str, which: str, folder: Path) -> Path:
    """A fixture of a lint: the clean pack with the files of the fixture in place of its own."""
    pack = base_pack(folder)
    shutil.copytree(FIXTURES / name / which, pack, dirs_exist_ok=True)
    return pack


def rule(id: str, when: str, then: str = "{points: 1}", factor: str = "thing") -> str:
    """One rule as an entry of a file of rules; `when` and `then` in short form."""
    return f"""
  - id: {id}
    title: a rule
    factor: {factor}
    when: {when}
    then: {then}
    because: It is so.
    basis: [study]
    assumption: What {id} tests moves the answer.
    falsified_by: Two cases that differ in what {id} tests, and are answered alike.
    review_by: 2030-01-01
"""


def rules_file(*rules: str) -> str:
    """A file of rules."""
    return "rules:" + "".join(rules)
