"""Text to positioned values: YAML read as events, under limits, so that untrusted text cannot hurt.

`parse` turns bytes into a tree of `Text`, `Listing` and `Mapping` in which every value keeps its place. Scalars stay
text here: what `NO`, `010` or `1:30` means depends on the field, and `read.py` decides it by YAML 1.2. Composing
untrusted YAML can exhaust memory and stack, so events are counted as they come and reading stops at the limits.
"""

import re
from collections.abc import Iterator
from os import PathLike
from typing import Any, NamedTuple, TypeAlias

import yaml

from escalation.diagnostics import LINE_END, Mark, Problems

__all__ = ["LIMITS", "Limits", "Listing", "Mapping", "Node", "Text", "parse", "read_bytes"]

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Event: TypeAlias = Any  # PyYAML's events share no typed base that holds tag, anchor and marks
_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Limits(NamedTuple):
    """What one file may hold at most: bytes, levels of nesting, and values (an alias counts what it stands for)."""

    bytes: int = 1 << 20
    depth: int = 40
    values: int = 60_000


LIMITS = Limits()


class Text(NamedTuple):
    """A scalar as written. `plain` is false if it was quoted or a block, and so is text whatever it looks like."""

    value: str
    plain: bool
    mark: Mark


class Listing(NamedTuple):
    """A YAML sequence."""

    items: tuple["Node", ...]
    mark: Mark


class Mapping(NamedTuple):
    """A YAML mapping; keys are unique and in the order of the file."""

    entries: tuple[tuple[Text, "Node"], ...]
    mark: Mark

    def get(self, key: str) -> "Node | None":
        """The value under `key`, or None."""
        return next((value for name, value in self.entries if name.value == key), None)


Node: TypeAlias = Text | Listing | Mapping


class _Stop(Exception):
    """Reading cannot go on; the problem is already recorded."""


def read_bytes(path: str | PathLike[str], problems: Problems, limits: Limits = LIMITS) -> bytes | None:
    """The bytes of a file, read no further than one past the limit; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(limits.bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or str(error)
        problems.add("FILE-1", f"the file cannot be read: {reason}", Mark(str(path), 1, 1), "check the path")
        return None


def parse(data: bytes, file: str, problems: Problems, limits: Limits = LIMITS) -> Node | None:
    """Read one YAML document. None if there is nothing to go on with; the reason is then in `problems`."""
    top = Mark(file, 1, 1)
    if len(data) > limits.bytes:
        problems.add(
            "FILE-2",
            f"the file has more than {limits.bytes:,} bytes",
            top,
            "a scenario is one transfer: split the file",
        )
        return None
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        mark = _place(file, data[: error.start].decode("utf-8"))
        wrong = f"byte 0x{data[error.start]:02x} is not UTF-8 text"
        problems.add("FILE-3", wrong, mark, "save the file as UTF-8")
        return None
    problems.read(file, text)
    if control := _CONTROL.search(text):
        mark = _place(file, text[: control.start()])
        name = f"control character U+{ord(control[0]):04X} is not allowed in YAML"
        problems.add("YAML-11", name, mark, "remove it, or write it as an escape between double quotes")
        return None
    try:
        return _Builder(text, file, problems, limits).document()
    except _Stop:
        return None


def _place(file: str, before: str) -> Mark:
    """The place that comes after some text."""
    lines = LINE_END.split(before)
    return Mark(file, len(lines), len(lines[-1]) + 1)


class _Builder:
    """Builds the tree from events, one method per kind of node."""

    def __init__(self, text: str, file: str, problems: Problems, limits: Limits) -> None:
        self.file, self.problems, self.limits = file, problems, limits
        self.text, self.values = text, 0
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # what an alias stands for, its values and its levels
        self.deepest = 0  # level reached by the last node
        self.events = self._events()

    def document(self) -> Node | None:
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            self.problems.add(
                "YAML-5", "the file is empty", Mark(self.file, 1, 1), "assess new scenario prints a start"
            )
            return None
        node = self.node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.stop("YAML-6", "a second document starts here", event, "one file holds one document: remove the ---")
        return node

    def node(self, event: _Event, depth: int) -> Node:
        self.count(event, 1)
        self.reach(event, depth)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth)
        if event.tag and event.tag != "!":
            self.problems.add("YAML-7", f"tag {event.tag[:40]} is not used here", self.mark(event), "remove the tag")
        before, deepest, self.deepest = self.values, self.deepest, depth
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Text(event.value, event.implicit[0], self.mark(event))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.listing(event, depth)
        else:
            node = self.mapping(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = (node, self.values - before + 1, self.deepest - depth)
        self.deepest = max(deepest, self.deepest)
        return node

    def alias(self, event: _Event, depth: int) -> Node:
        if event.anchor not in self.anchors:
            self.stop("YAML-8", f"alias *{event.anchor[:40]} names no anchor above it", event, "write the value out")
        node, size, levels = self.anchors[event.anchor]
        self.count(event, size)
        self.reach(event, depth + levels)
        return node

    def reach(self, event: _Event, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > self.limits.depth:
            self.stop("YAML-4", f"nested more than {self.limits.depth} levels deep", event, "flatten the file")

    def listing(self, event: _Event, depth: int) -> Listing:
        items = []
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(inner, depth + 1))
        return Listing(tuple(items), self.mark(event))

    def mapping(self, event: _Event, depth: int) -> Mapping:
        entries: dict[str, tuple[Text, Node]] = {}
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(key, Text):
                self.problems.add("YAML-9", "a key must be a word", key.mark, "write KEY: VALUE")
            elif key.value == "<<" and key.plain:
                self.problems.add("YAML-3", "merge keys (<<) are not YAML 1.2", key.mark, "write the keys out")
            elif key.value in entries:
                first = entries[key.value][0].mark
                self.problems.add(
                    "YAML-2",
                    f"{key.value[:40]} is given twice",
                    key.mark,
                    "keep one of the two",
                    (("first given here", first),),
                )
            else:
                entries[key.value] = (key, value)
        return Mapping(tuple(entries.values()), self.mark(event))

    def count(self, event: _Event, more: int) -> None:
        self.values += more
        if self.values > self.limits.values:
            self.stop("YAML-4", f"more than {self.limits.values:,} values", event, "aliases count what they stand for")

    def mark(self, event: _Event) -> Mark:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Mark(self.file, start.line + 1, start.column + 1, max(length, 1))

    def stop(self, code: str, message: str, event: _Event, help: str) -> None:
        self.problems.add(code, message, self.mark(event), help)
        raise _Stop

    def _events(self) -> Iterator[_Event]:
        try:
            yield from yaml.parse(self.text, Loader=_Parser)
        except (yaml.YAMLError, ValueError) as error:  # ValueError: an escape past Unicode, in the parser without C
            self.malformed(error)
            raise _Stop from None

    def malformed(self, error: Exception) -> None:
        at = getattr(error, "problem_mark", None)
        mark = Mark(self.file, at.line + 1, at.column + 1) if at else Mark(self.file, 1, 1)
        line = self.problems.line(mark)
        if line[: len(line) - len(line.lstrip())].count("\t"):
            tab = Mark(self.file, mark.line, line.index("\t") + 1)
            self.problems.add("YAML-10", "a tab is used for indentation", tab, "indent with spaces")
            return
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not well-formed YAML"
        context = getattr(error, "context", None)
        self.problems.add("YAML-1", f"{context}: {reason}" if context else str(reason), mark, "mend the YAML first")
