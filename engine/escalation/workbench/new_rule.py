"""`assess new rule`: a rule, its tests and its page, written together into a pack.

A new rule loads and changes no rating: it gives no points until its author says how many, and what it rests on is left
open. `assess rules lint` then lists what is still to be said. Its tests are those of its conditions, each shown to
decide alone. If the pack does not load with the rule in it, the files are put back.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import NamedTuple

from escalation.diagnostics import InputError, Mark, Problem, Problems, suggest
from escalation.pack import Pack, load_pack
from escalation.rules import Rule
from escalation.source import Mapping, Node, Text
from escalation.workbench.cover import entries_of
from escalation.workbench.docs import pages
from escalation.workbench.fmt import formatted
from escalation.workbench.subject import Subject, load_subject

__all__ = ["Written", "write_rule"]

_ID = re.compile("[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_OPEN = "To be written"


class Written(NamedTuple):
    """The files that were written or changed, with a word for each."""

    files: tuple[tuple[str, str], ...]


def write_rule(
    folder: str | None, id: str, factor: str, title: str, when: str, like: str, docs: Path | None, today: date
) -> Written:
    """Write a new rule into a pack. Raises InputError if it cannot be: nothing is changed then.

    `when` is a condition in YAML's short form; without it that of the rule `like` is taken. `docs` is the folder of the
    reference, None for no page.
    """
    subject = load_subject(folder)
    _wanted(subject, id, factor, like)
    path = _home(subject, factor)
    tests = Path(subject.pack.folder) / "tests" / f"{id.lower()}.yaml"
    _refuse(tests.exists(), f"{tests} is there already", "remove it, or choose another id")
    before = path.read_text(encoding="utf-8")
    condition = when or _short(subject.rule_nodes[like].get("when"))
    path.write_text(_with_entry(before, _entry(subject, id, factor, title, condition, today)), encoding="utf-8")
    try:
        pack = load_pack(subject.pack.folder)
    except InputError:
        path.write_text(before, encoding="utf-8")
        raise
    rule = pack.rule(id)
    assert rule is not None
    found = [(str(path), "the rule")]
    tests.parent.mkdir(exist_ok=True)
    tests.write_text(_tests(pack, rule), encoding="utf-8")
    found.append((str(tests), "its tests"))
    if docs is not None:
        page = docs / "rules" / f"{id}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(pages(pack)[f"rules/{id}.md"], encoding="utf-8")
        found.append((str(page), "its page; `assess rules docs` brings the other pages up to date"))
    return Written(tuple(found))


def _wanted(subject: Subject, id: str, factor: str, like: str) -> None:
    pack = subject.pack
    _refuse(not _ID.fullmatch(id), f"{id} is no id for a rule", "capitals and digits, joined by hyphens: RCH-60")
    _refuse(pack.rule(id) is not None, f"there is a rule {id} already", "choose another id")
    names = [known.name for known in pack.factors]
    _refuse(factor not in names, f"the pack has no factor {factor}", suggest(factor, names) or ", ".join(names))
    ids = [rule.id for rule in pack.rules]
    _refuse(bool(like) and like not in ids, f"there is no rule {like}", suggest(like, ids))


def _refuse(wrong: bool, message: str, help: str) -> None:
    if wrong:
        raise InputError([Problem("NEW-1", message, Mark("new rule", 1, 1), help=help)])


def _home(subject: Subject, factor: str) -> Path:
    """The file in which most rules of a factor stand, or that of the last rule."""
    files = Counter(rule.mark.file for rule in subject.pack.rules if rule.factor == factor)
    return Path(files.most_common(1)[0][0] if files else subject.pack.rules[-1].mark.file)


def _entry(subject: Subject, id: str, factor: str, title: str, condition: str, today: date) -> str:
    return f"""\
- id: {id}
  title: {title}
  factor: {factor}
  when: {condition}
  then: {{points: 0}}
  because: {_OPEN}.
  basis: []
  assumption: {_OPEN}.
  falsified_by: {_OPEN}.
  review_by: {today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat()}
"""


def _with_entry(text: str, entry: str) -> str:
    """The text of a file of rules with one more at its end."""
    starts = re.findall(r"^( *)- +(?:id|title):", text, re.MULTILINE)
    indent = starts[-1] if starts else "  "
    lines = "".join(f"{indent}{line}\n" for line in entry.splitlines())
    return f"{text.rstrip()}\n\n{lines}"


def _tests(pack: Pack, rule: Rule) -> str:
    text = f"# Tests of {rule.id}, begun by `assess new rule`: each condition decides alone.\n{entries_of(pack, rule)}"
    return formatted(text.encode(), "", Problems()) or text


def _short(node: Node | None) -> str:
    """A condition in YAML's short form."""
    if isinstance(node, Text):
        return node.value if node.plain else f'"{node.value}"'
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{key.value}: {_short(value)}" for key, value in node.entries) + "}"
    return "[" + ", ".join(_short(item) for item in node.items) + "]" if node is not None else "{}"
