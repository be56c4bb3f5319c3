"""Edits of YAML text that leave everything else as it was: comments, order, spacing.

`without_key` works out what to cut for one entry of a mapping, in block style (whole lines) or in flow style (the entry
and one comma). `applied` makes edits in a text.
"""

from __future__ import annotations

from collections.abc import Iterable

from escalation.diagnostics import Mark
from escalation.source import Mapping, Node
from escalation.workbench.finding import Edit
from escalation.workbench.subject import Subject

__all__ = ["applied", "offset", "without_key"]


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits; of two that overlap, the first in the text is made."""
    done = 0
    parts = []
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        if edit.start >= done:
            parts += [text[done : edit.start], edit.text]
            done = edit.end
    return "".join([*parts, text[done:]])


def offset(text: str, mark: Mark) -> int:
    """Where a place is in the text of its file."""
    lines = text.splitlines(keepends=True)
    return sum(len(line) for line in lines[: mark.line - 1]) + mark.column - 1


def without_key(subject: Subject, file: str, node: Node | None, key: str) -> tuple[Edit, ...]:
    """The edit that removes an entry of a mapping; none if it is not there."""
    found = next((file_ for file_ in subject.files.values() if file_.path == file), None)
    if found is None or not isinstance(node, Mapping):
        return ()
    entry = next(((name, value) for name, value in node.entries if name.value == key), None)
    if entry is None:
        return ()
    name, _ = entry
    start = offset(found.text, name.mark)
    if found.text[offset(found.text, node.mark)] == "{":
        return (_flow(file, found.text, start),)
    return (_block(file, found.text, name.mark),)


def _block(file: str, text: str, key: Mark) -> Edit:
    """The lines of an entry: that of its key, and those that stand further in."""
    lines = text.splitlines(keepends=True)
    last = key.line
    for number in range(key.line, len(lines)):
        line = lines[number]
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() and indent < key.column and not (indent == key.column - 1 and line.lstrip().startswith("- ")):
            break
        last = number + 1 if line.strip() and not line.lstrip().startswith("#") else last
    start = sum(map(len, lines[: key.line - 1]))
    return Edit(file, start, start + sum(map(len, lines[key.line - 1 : last])), "")


def _flow(file: str, text: str, start: int) -> Edit:
    """An entry between braces, with the comma after it or else the one before."""
    depth, at, quote = 0, start, ""
    while depth or text[at] not in ",}":
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            depth += (char in "{[") - (char in "}]")
        at += 1
    if text[at] == ",":
        at += 1
        while text[at].isspace():
            at += 1
        return Edit(file, start, at, "")
    before = text.rindex(",", 0, start) if "," in text[text.rindex("{", 0, start) : start] else start
    return Edit(file, before, at, "")
