"""Scenarios one by one: YAML files, lines of JSON, and the odd rows of tables, through the loader of scenarios.

Whatever a scenario comes from, it is refused here for the reasons for which `assess FILE` refuses it, with the same
codes and in the same words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from escalation.assess import in_scope
from escalation.basis import too_little
from escalation.bulk.cells import cell, words
from escalation.bulk.parts import Part
from escalation.bulk.slots import ALL
from escalation.diagnostics import Mark, Problem, Problems
from escalation.pack import Pack
from escalation.scenario import Scenario, build_scenario, read_scenario
from escalation.source import LIMITS, Listing, Mapping, Node, Text, read_bytes

__all__ = ["Read", "read_file", "read_line", "read_row"]


class Read(NamedTuple):
    """What one record came to: a scenario that can be rated, or the problems for which it is refused."""

    scenario: Scenario | None
    problems: Sequence[Problem] = ()


def read_file(path: str, pack: Pack) -> Read:
    """Read a YAML file."""
    problems = Problems()
    data = read_bytes(path, problems)
    return _judged(None if data is None else read_scenario(data, path, pack.vocabulary, problems), pack, problems)


def read_line(line: bytes, file: str, number: int, pack: Pack) -> Read:
    """Read a line of JSON, the `number`-th of its file: an object of the shape of a YAML file."""
    problems = Problems()
    node = _json(line, Mark(file, number, 1), problems)
    return _judged(None if node is None else build_scenario(node, file, pack.vocabulary, problems), pack, problems)


def read_row(parts: Sequence[Part], row: int, mark: Mark, name: str, pack: Pack) -> Read:
    """Read a row of a table, found at `mark`; `name` is its id where the table has no ids."""
    problems = Problems()
    node = _document(parts, row, mark, name, pack, problems)
    found = None if problems.found else build_scenario(node, mark.file, pack.vocabulary, problems)
    return _judged(found, pack, problems)


def _judged(scenario: Scenario | None, pack: Pack, problems: Problems) -> Read:
    if scenario is not None and not problems.found:
        outside = in_scope(scenario, pack)
        problems.found += [outside] if outside else too_little(scenario, pack)
    if problems.found or scenario is None:
        return Read(None, sorted(problems.found, key=lambda p: (p.mark.line, p.mark.column)))
    return Read(scenario)


# -- rows of tables


def _document(parts: Sequence[Part], row: int, mark: Mark, name: str, pack: Pack, problems: Problems) -> Mapping:
    """The document that says what a row says."""
    top: dict[str, Node] = {"schema": Text("1", True, mark)}
    lists: dict[str, dict[int, dict[str, Node]]] = {}
    for part in parts:
        slot = part.slot
        for place, raw in enumerate(part.texts(row)):
            at = place if slot.place == ALL else slot.place
            own = lists.setdefault(slot.kind, {}).setdefault(at, {}) if slot.kind and slot.place == ALL else None
            text = _text(raw, slot.column, mark, problems)
            if not text:
                continue
            if not slot.kind:
                node = _head(slot.key, text, mark, problems)
            elif slot.field is None:
                node = Text(text, True, mark)
            else:
                node = cell(slot.field, text, mark, problems)
            if node is None:
                continue
            if not slot.kind:
                top[slot.key] = node
            else:
                own = lists.setdefault(slot.kind, {}).setdefault(at, {}) if own is None else own
                own[slot.key] = node
    if not any(part.slot.key == "id" and not part.slot.kind for part in parts):
        top["id"] = Text(name, True, mark)
    top.setdefault("title", top.get("id", Text(name, True, mark)))
    for kind in pack.vocabulary.kinds.values():
        found = [_mapping(own, mark) for _, own in sorted(lists.get(kind.name, {}).items())]
        if found:
            top[kind.plural or kind.name] = Listing(tuple(found), mark) if kind.many else found[0]
    return _mapping(top, mark)


def _text(raw: str | bytes | None, column: str, mark: Mark, problems: Problems) -> str:
    try:
        return (raw.decode() if isinstance(raw, bytes) else raw or "").strip()
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        problems.add("FILE-3", f"{column[:60]}: byte 0x{byte:02x} is not UTF-8 text", mark, "save the file as UTF-8")
        return ""


def _head(key: str, text: str, mark: Mark, problems: Problems) -> Node | None:
    """What a row says about the scenario as a whole; several perceivers stand with commas between them."""
    return words(text, mark) if key == "perceiver" else Text(text, key != "title", mark)


def _mapping(entries: dict[str, Node], mark: Mark) -> Mapping:
    return Mapping(tuple((Text(key, True, mark), node) for key, node in entries.items()), mark)


# -- lines of JSON


class _Number(str):
    """A number, or a word like NaN, as it is written."""


class _Object(list[tuple[str, Any]]):
    """An object, with every key that it gives, twice or not."""


def _json(line: bytes, mark: Mark, problems: Problems) -> Node | None:
    if len(line) > LIMITS.bytes:
        help = "a scenario is one transfer: split the line"
        problems.add("FILE-2", f"the line has more than {LIMITS.bytes:,} bytes", mark, help)
        return None
    try:
        text = line.decode()
        found = json.loads(
            text, object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number
        )
        return _Nodes(mark, problems).node(found, 0)
    except UnicodeDecodeError as error:
        place = mark._replace(column=error.start + 1)
        problems.add("FILE-3", f"byte 0x{line[error.start]:02x} is not UTF-8 text", place, "save the file as UTF-8")
    except json.JSONDecodeError as error:
        help = "one object a line, with no line breaks in it"
        problems.add("JSON-2", f"the line is not JSON: {error.msg}", mark._replace(column=error.pos + 1), help)
    except (RecursionError, _TooMuch):
        help = f"at most {LIMITS.depth} levels and {LIMITS.values:,} values"
        problems.add("YAML-4", "the line holds too much, or is nested too deep", mark, help)
    return None


class _TooMuch(Exception):
    """More values or levels than a scenario may have."""


class _Nodes:
    """JSON as the nodes that the same text makes in a YAML file; what is null is not stated."""

    def __init__(self, mark: Mark, problems: Problems) -> None:
        self.mark, self.problems, self.values = mark, problems, 0

    def node(self, value: Any, depth: int) -> Node:
        self.values += 1
        if depth > LIMITS.depth or self.values > LIMITS.values:
            raise _TooMuch
        if isinstance(value, _Object):
            return self.mapping(value, depth)
        if isinstance(value, list):
            return Listing(tuple(self.node(inner, depth + 1) for inner in value), self.mark)
        if isinstance(value, str):
            return Text(str(value), isinstance(value, _Number), self.mark)
        return Text("null" if value is None else str(value).lower(), True, self.mark)

    def mapping(self, value: _Object, depth: int) -> Mapping:
        entries: dict[str, tuple[Text, Node]] = {}
        for key, inner in value:
            if key in entries:
                self.problems.add("YAML-2", f"{key[:40]} is given twice", self.mark, "keep one of the two")
            elif inner is not None:
                entries[key] = (Text(key, True, self.mark), self.node(inner, depth + 1))
        return Mapping(tuple(entries.values()), self.mark)
