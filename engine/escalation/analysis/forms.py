"""The form of a casebook, as data: what each field of a scenario is made from.

A form (`rules/imports/casebook.yaml`, which explains its own language) has cells by part of the scenario; a cell
names a path in the case, and how its words become words of the vocabulary. `importer.py` applies a form to a
casebook.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Problems
from escalation.read import Reader
from escalation.source import Node, Text, parse

__all__ = ["LISTS", "Cell", "Cells", "Form", "Translation", "read_form"]


class Translation(NamedTuple):
    """What a word of the casebook becomes: a value (None: nothing stated), and facts of other fields beside it."""

    value: str | None
    status: str = ""
    also: tuple[tuple[str, str], ...] = ()
    lost: str = ""


class Cell(NamedTuple):
    """Where one field comes from; see the form's own comment for what each part means."""

    source: str = ""
    words: dict[str, Translation] = {}  # noqa: RUF012 - read only
    otherwise: str = ""
    split: str = ""
    leading: bool = False
    number: bool = False
    joined: bool = False
    note: str = ""
    status: str = ""
    dated_by: str = ""
    undated: str = ""
    seen_to: str = ""
    latest: tuple[tuple[str, str], ...] = ()
    since: tuple[tuple[str, str], ...] = ()
    only_if: tuple[tuple[str, str], ...] = ()


Cells: TypeAlias = dict[str, Cell]


class Form(NamedTuple):
    """How casebooks of one form are read: cells by the part of the scenario that they fill.

    The cells of "warnings afterwards" fill what no rule can see, by the id of the warning.
    """

    name: str
    cases: str
    parts: dict[str, Cells]
    lists: dict[str, str]  # part to the path of its list in a case
    warning_id: tuple[str, ...]
    apart: str
    apart_by: dict[str, tuple[str, str]]  # word to folder and banner
    left_out: dict[str, str]


_SINGLE = ("head", "transfer", "item", "context", "observed", "ex_ante")
LISTS = ("warnings", "sources")
_CELL = ("from", *(name for name in Cell._fields if name != "source"))


def read_form(data: bytes, file: str, problems: Problems) -> Form | None:
    """Read a form; None if there was a problem, which is then in `problems`."""
    before = len(problems.found)
    node = parse(data, file, problems)
    form = _FormReader(problems).form(node) if node else None
    return form if len(problems.found) == before else None


class _FormReader(Reader):
    def form(self, node: Node) -> Form:
        found = self.keys(node, "the form", ["form", "cases", "head"], [*_SINGLE, *LISTS, "apart", "left_out"])
        parts = {name: self.cells(found.get(name), name) for name in _SINGLE}
        lists: dict[str, str] = {}
        warning_id: tuple[str, ...] = ()
        for name in LISTS:
            inner = self.keys(found.get(name), name, ["from", "fields"], ["id", "afterwards"])
            parts[name] = self.cells(inner.get("fields"), f"{name}.fields")
            parts[f"{name} afterwards"] = self.cells(inner.get("afterwards"), f"{name}.afterwards")
            lists[name] = self.text(inner.get("from"), f"{name}.from") or ""
            warning_id = self.texts(inner.get("id"), f"{name}.id") if "id" in inner else warning_id
        apart = {k.value: v for k, v in self.mapping(found.get("apart"), "apart")}
        apart_from = self.text(apart.pop("from", None), "apart.from") or ""
        return Form(
            name=self.text(found.get("form"), "form") or "",
            cases=self.text(found.get("cases"), "cases") or "",
            parts=parts,
            lists=lists,
            warning_id=warning_id,
            apart=apart_from,
            apart_by={word: self.kept_apart(n, f"apart.{word}") for word, n in apart.items()},
            left_out=dict(self.pairs(found.get("left_out"), "left_out")),
        )

    def kept_apart(self, node: Node, what: str) -> tuple[str, str]:
        found = self.keys(node, what, ["folder", "banner"])
        folder, banner = (self.text(found.get(key), f"{what}.{key}") or "" for key in ("folder", "banner"))
        return folder, banner

    def cells(self, node: Node | None, what: str) -> Cells:
        return {key.value: self.cell(value, f"{what}.{key.value}") for key, value in self.mapping(node, what)}

    def cell(self, node: Node, what: str) -> Cell:
        if isinstance(node, Text):
            return Cell(node.value)
        found = self.keys(node, what, (), _CELL)

        def text(name: str) -> str:
            return self.text(found.get(name), f"{what}.{name}") or ""

        def flag(name: str) -> bool:
            return self.flag(found.get(name), f"{what}.{name}") or False

        def pairs(name: str) -> tuple[tuple[str, str], ...]:
            return self.pairs(found.get(name), f"{what}.{name}")

        return Cell(
            source=text("from"),
            words={key.value: self.translation(value, what) for key, value in self.mapping(found.get("words"), what)},
            otherwise=text("otherwise"),
            split=text("split"),
            leading=flag("leading"),
            number=flag("number"),
            joined=flag("joined"),
            note=text("note"),
            status=text("status"),
            dated_by=text("dated_by"),
            undated=text("undated"),
            seen_to=text("seen_to"),
            latest=pairs("latest"),
            since=pairs("since"),
            only_if=pairs("only_if"),
        )

    def translation(self, node: Node, what: str) -> Translation:
        if isinstance(node, Text):
            return Translation(node.value)
        found = self.keys(node, what, (), ["value", "status", "also", "lost"])
        value, status, lost = (self.text(found.get(name), what) for name in ("value", "status", "lost"))
        return Translation(value, status or "", self.pairs(found.get("also"), what), lost or "")

    def pairs(self, node: Node | None, what: str) -> tuple[tuple[str, str], ...]:
        return tuple((key.value, self.text(value, what) or "") for key, value in self.mapping(node, what))
