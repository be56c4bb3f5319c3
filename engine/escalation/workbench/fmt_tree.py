"""YAML with its comments: the tree that `fmt.py` writes out again, every comment with the entry that it is about.

A comment on lines of its own belongs to the entry after it, or to the one before if it stands further in; a comment at
the end of a line belongs to the entry on that line. What cannot be attached (a comment inside a list in brackets, a
tag) is refused by `Unkept`, with its line.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeAlias

import yaml

__all__ = ["Collection", "Document", "Entry", "Scalar", "Tree", "Unkept", "read_tree"]

_Event: TypeAlias = Any


class Unkept(Exception):
    """Something that cannot be kept: the line (from 1), and what it is."""

    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what
        super().__init__(f"line {line}: {what}")


class Scalar(NamedTuple):
    """A scalar: its value, its text as written, and its style ("", "'", '"', "|" or ">"). Lines count from 0."""

    value: str
    raw: str
    style: str
    first: int
    last: int
    column: int = 0


class Entry(NamedTuple):
    """An entry of a mapping (with a key) or an item of a list (without), and the comments that belong to it.

    `lead` are the lines before it and `tail` those after it: comments, with "" for an empty line. `end` is the comment
    at the end of its line, and `column` where it stood.
    """

    key: Scalar | None
    value: Tree
    lead: tuple[str, ...] = ()
    end: str = ""
    tail: tuple[str, ...] = ()
    column: int = 0


class Collection(NamedTuple):
    """A mapping or a list; `flow` if it is written in brackets, `anchor` with its &."""

    mapping: bool
    flow: bool
    entries: tuple[Entry, ...]
    column: int
    first: int
    last: int
    anchor: str = ""


Tree: TypeAlias = Scalar | Collection


class Document(NamedTuple):
    """A whole file: its tree, and the comments after everything."""

    tree: Tree
    tail: tuple[str, ...]


class _Comment(NamedTuple):
    column: int
    text: str
    alone: bool


def read_tree(text: str) -> Document:
    """Read a file. Raises Unkept for what cannot be kept; the text must be well-formed YAML of one document."""
    reader = _Reader(text)
    document = reader.attached(reader.tree(next(reader.events)))
    if reader.comments:
        line = min(reader.comments)
        raise Unkept(line + 1, "a comment inside brackets or text")
    return document


_AROUND = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.text = text
        self.events = (e for e in yaml.parse(text, Loader=yaml.SafeLoader) if not isinstance(e, _AROUND))
        self.spans: list[tuple[int, int]] = []
        self.comments: dict[int, _Comment] = {}

    # -- events to a tree

    def tree(self, event: _Event) -> Tree:
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return Scalar("", f"*{event.anchor}", "", line, line)
        if event.tag and event.tag != "!":
            raise Unkept(line + 1, f"the tag {event.tag}")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        mapping, flow = isinstance(event, yaml.MappingStartEvent), bool(event.flow_style)
        entries: list[Entry] = []
        while not isinstance(inner := next(self.events), (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            key = self.key(inner) if mapping else None
            entries.append(Entry(key, self.tree(next(self.events) if mapping else inner)))
        last = _line(inner.end_mark) if flow else max([line, *(entry.value.last for entry in entries)])
        head = entries[0].key if entries else None
        column = head.column if head else int(event.start_mark.column)
        return Collection(mapping, flow, tuple(entries), column, line, last, f"&{event.anchor}" if event.anchor else "")

    def key(self, event: _Event) -> Scalar:
        found = self.tree(event)
        if not isinstance(found, Scalar) or found.first != found.last:
            raise Unkept(found.first + 1, "a key that is not a word on one line")
        return found

    def scalar(self, event: _Event) -> Scalar:
        start, end = self.offset(event.start_mark), self.offset(event.end_mark)
        raw, first = self.text[start:end], _line(event.start_mark)
        self.spans.append((start, end))
        block = event.style in ("|", ">")
        if block and not re.fullmatch("[|>][-+]?", raw.split("\n")[0].rstrip()):
            raise Unkept(first + 1, "a comment or a number of spaces after | or >")
        body = raw.rstrip("\n ") if block else raw
        column = int(event.start_mark.column)
        return Scalar(event.value, raw, event.style or "", first, first + body.count("\n"), column)

    def offset(self, mark: _Event) -> int:
        return self.starts[_line(mark)] + int(mark.column)

    # -- comments to entries

    def attached(self, tree: Tree) -> Document:
        self.comments = self.found()
        top, last = self.placed(tree, 0) if isinstance(tree, Collection) else (tree, tree.last)
        return Document(top, tuple(self.taken(last + 1, len(self.lines))))

    def found(self) -> dict[int, _Comment]:
        """Every comment by its line."""
        within = [False] * (len(self.text) + 1)
        for start, end in self.spans:
            within[start:end] = [True] * (end - start)
        comments = {}
        for number, line in enumerate(self.lines):
            for match in re.finditer("#", line):
                at = self.starts[number] + match.start()
                if not within[at] and (match.start() == 0 or line[match.start() - 1] in " \t"):
                    text = line[match.start() :].rstrip()
                    comments[number] = _Comment(match.start(), text, not line[: match.start()].strip())
                    break
        return comments

    def placed(self, tree: Collection, start: int) -> tuple[Collection, int]:
        """A block collection with its comments; the lines from `start` on that come before it are its first entry's."""
        if tree.flow:
            return tree, tree.last
        entries: list[Entry] = []
        cursor = start
        for entry in tree.entries:
            head = entry.key or entry.value
            dash = self.dash(tree.column, cursor, head.first) if entry.key is None else head.first
            start = dash if isinstance(entry.value, Collection) and not entry.value.flow else head.first
            lead = self.taken(cursor, start, tree.column, entries)
            value, last = self.within(entry, start)
            line = (
                head.first if isinstance(value, Collection) and not value.flow and value.first != head.first else last
            )
            if isinstance(value, Collection) and not value.flow and value.first == head.first:
                line = -1  # the first entry inside has the line
            elif isinstance(value, Scalar) and value.style in ("|", ">"):
                line = -1
            end = self.comments.pop(line, _Comment(0, "", False))
            entries.append(Entry(entry.key, value, tuple(lead), end.text, (), end.column))
            cursor = last + 1
        return tree._replace(entries=tuple(entries)), cursor - 1

    def dash(self, column: int, start: int, end: int) -> int:
        """The line of the dash of a list item whose value begins on line `end`."""
        for number in range(start, end):
            line = self.lines[number]
            if line[column : column + 1] == "-" and not line[:column].strip():
                return number
        return end

    def within(self, entry: Entry, line: int) -> tuple[Tree, int]:
        value = entry.value
        if isinstance(value, Scalar):
            return value, max(value.last, line)
        found, last = self.placed(value, value.first if value.first == line else line + 1)
        return found, max(last, line)

    def taken(self, start: int, end: int, column: int = 0, before: list[Entry] | None = None) -> list[str]:
        """The comments on lines of their own in a range; those further in than `column` go to the entry before."""
        lead: list[str] = []
        tail: list[str] = []
        for number in range(start, end):
            comment = self.comments.get(number)
            if comment and comment.alone:
                del self.comments[number]
                own = tail if before and comment.column > column and not any(lead) else lead
                own += [*(lead if own is tail else ()), comment.text]
                lead = [] if own is tail else lead
            elif not self.lines[number].strip():
                lead.append("")
        if tail and before:
            before[-1] = before[-1]._replace(tail=tuple(tail))
        return lead


def _line(mark: _Event) -> int:
    return int(mark.line)
