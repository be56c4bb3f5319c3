"""Casebooks into scenarios: mechanically, by a form that is data, and with a list of what is lost on the way.

A form (`forms.py`) says for each field of a scenario what it is made from; `import_cases` applies one to a file and
gives one scenario text for each case. Nothing is made up: what the form cannot place is left out or written
`unknown`, and listed as a `Loss`; what no entry reads is listed too. Later facts stay in the file, and its `as_of`
cuts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from escalation.analysis.forms import Cell, Form, Translation
from escalation.analysis.yaml_out import Flow, dump
from escalation.diagnostics import Mark, Problems
from escalation.read import Dated
from escalation.source import Limits, Listing, Mapping, Node, Text, parse
from escalation.vocabulary import Field, Vocabulary

__all__ = ["CASEBOOK_LIMITS", "Imported", "Loss", "import_cases"]

CASEBOOK_LIMITS = Limits(bytes=1 << 24, depth=40, values=1_000_000)
Stated: TypeAlias = dict[str, Any]
_PLAIN_NUMBER = re.compile(r"\d{1,3}(,\d{3})+|\d+(\.\d+)?")
_NOTHING = ("", "null", "~")
_FLAGS = ("true", "false")
_FACTS = {"transfer": "transfer", "item": "item", "warnings": "warning", "context": "context"}


class Loss(NamedTuple):
    """Something of a case that its scenario does not say, or says with less: where, what it was, and why.

    `declared` tells whether the form leaves it out for every case, as against a value that found no place.
    """

    case: str
    path: str
    value: str
    why: str
    declared: bool
    mark: Mark


class Imported(NamedTuple):
    """One case as a scenario: its id, the folder it belongs in ("" for the main one), its text, and what was lost."""

    id: str
    folder: str
    text: str
    losses: tuple[Loss, ...]


def import_cases(data: bytes, file: str, form: Form, vocabulary: Vocabulary, problems: Problems) -> list[Imported]:
    """Every case of a casebook as a scenario text. A file that is no casebook of this form is a problem."""
    node = parse(data, file, problems, CASEBOOK_LIMITS)
    if node is None:
        return []
    cases = node.get(form.cases) if isinstance(node, Mapping) else None
    if not isinstance(cases, Listing):
        help = f"a casebook of the form {form.name} has a list under {form.cases}:"
        problems.add("IMP-1", f"there is no list {form.cases}", node.mark, help)
        return []
    found = []
    for number, case in enumerate(cases.items):
        if isinstance(case, Mapping):
            found.append(_Case(case, form, vocabulary, problems).scenario(f"{form.cases}[{number}]"))
        else:
            problems.add("IMP-2", f"{form.cases}[{number}] is no case", case.mark, "a case is a mapping")
    return [one for one in found if one]


class _Part:
    """A mapping within a case, from which a set of cells is filled; it knows which paths have been read."""

    def __init__(self, node: Mapping, path: str, used: set[str]) -> None:
        self.node, self.path, self.used = node, path, used

    def at(self, path: str) -> Node | None:
        """The node at a dotted path; None if it is not there or says nothing."""
        self.used.add(f"{self.path}{path}")
        node: Node | None = self.node
        for key in path.split("."):
            node = node.get(key) if isinstance(node, Mapping) else None
        return None if isinstance(node, Text) and node.plain and node.value in _NOTHING else node

    def text(self, path: str) -> str:
        """The text at a path, or ""."""
        node = self.at(path) if path else None
        return node.value if isinstance(node, Text) else ""


class _Case:
    """One case on its way to a scenario."""

    def __init__(self, node: Mapping, form: Form, vocabulary: Vocabulary, problems: Problems) -> None:
        self.form, self.vocabulary, self.problems = form, vocabulary, problems
        self.used: set[str] = set()
        self.case = _Part(node, "", self.used)
        self.losses: list[Loss] = []
        self.afterwards: dict[str, Stated] = {}
        self.day = date.min
        self.name = ""

    def scenario(self, where: str) -> Imported | None:
        head = {name: self.plain(cell, self.case) for name, cell in self.form.parts["head"].items()}
        self.name = str(head.get("id") or where)
        try:
            self.day = Dated.of(str(head.get("as_of"))).last
        except ValueError:
            help = f"it is read from {self.form.parts['head']['as_of'].source}"
            self.problems.add("IMP-3", f"{self.name}: there is no day to rate", self.case.node.mark, help)
            return None
        folder, banner = self.form.apart_by.get(self.case.text(self.form.apart), ("", ""))
        document = {
            "schema": 1,
            **head,
            **({"banner": banner} if banner else {}),
            "transfer": self.facts("transfer", self.case),
            "items": [{"id": "item", **self.facts("item", self.case)}],
            "warnings": self.warnings(),
            "context": self.facts("context", self.case),
            "sources": self.sources(),
            "observed": {**self.unseen("observed"), **self.afterwards},
            "ex_ante": self.unseen("ex_ante"),
        }
        self.left_out()
        document = {key: value for key, value in document.items() if value or key == "warnings"}
        return Imported(self.name, folder, dump(document), tuple(self.losses))

    # -- the parts

    def facts(self, part: str, source: _Part) -> Stated:
        """The fields of one entity."""
        stated: Stated = {}
        for name, cell in self.form.parts[part].items():
            stated.update(self.fact(_FACTS[part], name, cell, source))
        return stated

    def warnings(self) -> list[Stated]:
        found: list[Stated] = []
        ids: dict[str, int] = {}
        for part in self.listed("warnings"):
            stated = self.facts("warnings", part)
            if (said := stated.get("date")) and Dated.of(str(said)).last > self.day:
                stated.pop("operational_change", None)  # what followed a later warning is known only later still
            name = "-".join(
                re.sub("[^a-z0-9]+", "-", part.text(key).lower()).strip("-") for key in self.form.warning_id
            )
            ids[name] = ids.get(name, 0) + 1
            found.append({"id": name if ids[name] == 1 else f"{name}-{ids[name]}", **stated})
            self.seen_afterwards(found[-1]["id"], part)
        return found

    def seen_afterwards(self, warning: str, part: _Part) -> None:
        """What became of a warning, whenever that was known."""
        for name, cell in self.form.parts.get("warnings afterwards", {}).items():
            if word := part.text(cell.source):
                change = cell.words.get(word, Translation(word))
                self.afterwards.setdefault(name, Flow())[warning] = change.value

    def sources(self) -> dict[str, Stated]:
        """The sources by id; several entries under one id become one source with their titles joined."""
        found: dict[str, Stated] = {}
        for part in self.listed("sources"):
            name = part.text("id")
            values = {key: self.plain(cell, part) for key, cell in self.form.parts["sources"].items()}
            stated = {key: value for key, value in values.items() if value}
            if name in found:
                given = Text(name, True, part.node.mark)
                self.lose("sources.id", given, "given more than once: one source with the titles joined")
                stated["title"] = f"{found[name].get('title', '')}; {stated.get('title', '')}"
            found[name] = {**found.get(name, {}), **stated}
        return found

    def unseen(self, part: str) -> Stated:
        values = {name: self.plain(cell, self.case) for name, cell in self.form.parts[part].items()}
        return {name: value for name, value in values.items() if value is not None}

    def listed(self, part: str) -> Iterator[_Part]:
        path = self.form.lists[part]
        node = self.case.at(path)
        for item in node.items if isinstance(node, Listing) else ():
            if isinstance(item, Mapping):
                yield _Part(item, f"{path}.", self.used)

    # -- one field

    def fact(self, kind: str, name: str, cell: Cell, part: _Part) -> Stated:
        """What a cell states: its own field, and others that its words stand for."""
        field = self.vocabulary.fields.get(f"{kind}.{name}")
        if cell.latest or cell.since:
            word = self.by_date(cell, part)
            return {name: word} if word else {}
        node = part.at(cell.source)
        note = part.text(cell.note)
        if isinstance(node, Listing):
            return {name: [item.value for item in node.items if isinstance(item, Text)]}
        if not isinstance(node, Text):
            return {}
        if cell.number:
            return self.number(name, cell, part, node, note)
        if cell.dated_by and not self.known(part.text(cell.dated_by)):
            return {name: self.undated(cell, part, node)}
        text, _, rest = node.value.partition(" ") if cell.leading else (node.value, "", "")
        change = self.translated(field, cell, part, node, text)
        beside = {key: _flag(value) for key, value in change.also}
        if change.value is None:
            return beside
        if change.value == "unknown":
            return {name: "unknown", **beside}
        seen_to = self.day.isoformat() if cell.seen_to else ""
        return {name: _annotated(change.value, note or rest, change.status or cell.status, seen_to), **beside}

    def number(self, name: str, cell: Cell, part: _Part, node: Text, note: str) -> Stated:
        if not _PLAIN_NUMBER.fullmatch(node.value):
            self.lose(f"{part.path}{cell.source}", node, "not a plain number")
            return {}
        return {name: _annotated(_typed(node.value.replace(",", "")), note, cell.status)}

    def undated(self, cell: Cell, part: _Part, node: Text) -> Any:
        """What holds for a fact that the casebook does not show to have been known on the day."""
        same = {cell.undated, *(word for word, change in cell.words.items() if change.value == cell.undated)}
        if node.value not in same:
            self.lose(f"{part.path}{cell.source}", node, "no date shows that it was known on the day rated")
        return _annotated(cell.undated, "", cell.status, self.day.isoformat())

    def translated(self, field: Field | None, cell: Cell, part: _Part, node: Text, text: str) -> Translation:
        """What a word becomes; one that the vocabulary lacks becomes `unknown`, so that it shows as doubt."""
        change = cell.words.get(text) or (Translation(cell.otherwise) if cell.otherwise else None)
        known = field.words if field and field.type == "word" else {}
        if change is None and known and text not in known:
            doubt = field is not None and field.readable
            self.lose(
                f"{part.path}{cell.source}", node, f"no word for it: {'written unknown' if doubt else 'left out'}"
            )
            return Translation("unknown" if doubt else None)
        if change and change.lost:
            self.lose(f"{part.path}{cell.source}", node, change.lost)
        return change or Translation(text)

    def by_date(self, cell: Cell, part: _Part) -> str:
        """The word of a cell that follows from dates, or ""."""
        for path, wanted in cell.only_if:
            node = part.at(path)
            if not isinstance(node, Text) or node.value != wanted:
                if isinstance(node, Text) and cell.otherwise:
                    self.lose(path, node, f"no dates for it: written {cell.otherwise}")
                return cell.otherwise
        rows = [(part.text(path), word) for path, word in cell.latest] or cell.since
        known = [(Dated.of(text).last, place, word) for place, (text, word) in enumerate(rows) if self.known(text)]
        return max(known)[2] if known else ""

    def known(self, text: str) -> bool:
        """Whether a date is one and lies wholly on or before the day rated."""
        try:
            return Dated.of(text).last <= self.day
        except ValueError:
            return False

    def plain(self, cell: Cell, part: _Part) -> Any:
        """A value as it is: for what is no fact."""
        node = part.at(cell.source)
        if isinstance(node, Listing):
            texts = [item.value for item in node.items if isinstance(item, Text)]
            return ", ".join(texts) if cell.joined else texts
        if not isinstance(node, Text):
            return None
        if cell.split and cell.split in node.value:
            return node.value.split(cell.split)
        return _typed(node.value) if node.plain else node.value

    # -- what is lost

    def lose(self, path: str, node: Text, why: str, declared: bool = False) -> None:
        self.losses.append(Loss(self.name, path, node.value, why, declared, node.mark))

    def left_out(self) -> None:
        """List every value of the case that no cell has read, with the form's reason for it."""
        lists = set(self.form.lists.values())
        for path, node in _leaves(self.case.node, ""):
            if not any(_under(path, used) for used in self.used - lists):
                why = next((why for start, why in self.form.left_out.items() if _under(path, start)), "")
                self.lose(path, node, why or "nothing reads it", bool(why))


def _under(path: str, start: str) -> bool:
    return path == start or path.startswith(f"{start}.")


def _leaves(node: Node, path: str) -> Iterator[tuple[str, Text]]:
    """Every scalar that says something under a node, by its dotted path without places in lists."""
    if isinstance(node, Text):
        if not node.plain or node.value not in _NOTHING:
            yield path, node
        return
    children: Iterable[tuple[str, Node]] = (
        ((path, item) for item in node.items)
        if isinstance(node, Listing)
        else ((f"{path}.{key.value}" if path else key.value, value) for key, value in node.entries)
    )
    for where, child in children:
        yield from _leaves(child, where)


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _annotated(value: Any, note: str, status: str, seen_to: str = "") -> Any:
    """A fact as plain as it can be written."""
    about = {"seen_to": seen_to, "status": status, "note": note}
    said = {key: text for key, text in about.items() if text}
    return Flow(value=_flag(value), **said) if said else _flag(value)


def _flag(value: Any) -> Any:
    return value == "true" if value in _FLAGS else value


def _typed(text: str) -> str | int | float | bool:
    """A scalar as YAML writes it: flags and plain numbers are no text."""
    if re.fullmatch(r"0|[1-9]\d*", text):
        return int(text)
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else bool(_flag(text)) if text in _FLAGS else text
