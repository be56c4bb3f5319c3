"""Which column of a table is which part of a scenario.

A column is named by the path of what it holds: `as_of`, `transfer.supplier_personnel`, `items[0].range`,
`warnings[1].kind`. Other headers are mapped to such paths; parts that are the same in every row are given once. A
column may also hold a whole list (`items`, a list of structures) or one structure (`transfer`), with names of fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from escalation.diagnostics import Mark, Problems, suggest
from escalation.entities import written_under
from escalation.vocabulary import RESERVED, EntityKind, Field, Vocabulary

__all__ = ["ALL", "HEAD", "REST", "Slot", "slots_of"]

HEAD = ("id", "title", "as_of", "perceiver")
"""What a table may say about a scenario as a whole; the last two it must."""
ALL = -1
"""The place of a column that holds a list: all entities of its kind."""
REST = "*"
"""The header that stands for all columns that are not named otherwise."""
_PATH = re.compile(r"([a-z_]+)(?:\[([0-9]{1,3})\])?\.(.+)")
_MOST = 64  # entities of one kind in columns of their own


class Slot(NamedTuple):
    """Where something of a scenario stands in a table.

    `column` is the header, `child` a field inside the column where that holds structures. `kind` is the kind of entity
    ("" for the scenario as a whole), `place` its number among them, `key` the key that a YAML file would have.
    `constant` is the text where it stands in no column.
    """

    column: str
    child: str
    kind: str
    place: int
    key: str
    field: Field | None = None
    constant: str | None = None


def slots_of(
    schema: pa.Schema,
    mapping: Mapping[str, str],
    constants: Mapping[str, str],
    vocabulary: Vocabulary,
    file: str,
    problems: Problems,
) -> list[Slot]:
    """The slots of a table by its schema; problems (TAB-1, TAB-2) tell of headers that are no paths, or clash.

    `mapping` goes from header to path, an empty path leaves a column out; `constants` from path to text.
    """
    reader = _Slots(vocabulary, file, problems)
    twice = {name for name in schema.names if schema.names.count(name) > 1}
    for name in sorted(twice):
        reader.clash(f"the header {name[:60]} stands over two columns", "rename one of them")
    for name in mapping:
        if name not in schema.names and name != REST:
            reader.unknown(f"no column is called {name[:60]}", suggest(name, schema.names))
    for field in schema:
        path = mapping.get(field.name, field.name)
        if not path:
            continue
        if field.name not in mapping and mapping.get(REST) == "" and not reader.is_path(path):
            continue
        reader.column(field.name, path, field.type)
    for path, text in constants.items():
        reader.constant(path, text)
    return reader.done()


class _Slots:
    def __init__(self, vocabulary: Vocabulary, file: str, problems: Problems) -> None:
        self.vocabulary, self.problems, self.mark = vocabulary, problems, Mark(file, 1, 1)
        self.kinds = {kind.plural or name: kind for name, kind in vocabulary.kinds.items()}
        self.fields = {name: written_under(vocabulary, name) for name in vocabulary.kinds}
        self.found: list[Slot] = []

    def is_path(self, text: str) -> bool:
        """Whether a header is the path of something, or of a list or structure."""
        match = _PATH.fullmatch(text)
        return text in HEAD or text in self.kinds or (match is not None and match[1] in self.kinds)

    def column(self, name: str, path: str, kind: pa.DataType) -> None:
        group = self.kinds.get(path)
        if group is None:
            slot = self.slot(name, path)
            self.found += [slot] if slot else []
            return
        inner = kind.value_type if _is_list(kind) and group.many else kind
        if not pa.types.is_struct(inner) or (group.many and inner is kind):
            wanted = "a list of structures" if group.many else "a structure"
            self.unknown(f"{name[:60]} holds no {wanted.partition(' ')[2]}", f"{path} is {wanted}, or map it elsewhere")
            return
        for i in range(inner.num_fields):
            child = inner.field(i).name
            field = self.field(group, child, f"{name}.{child}")
            if child in RESERVED or field:
                place = ALL if group.many else 0
                self.found.append(Slot(name, child, group.name, place, child, field))

    def constant(self, path: str, text: str) -> None:
        slot = self.slot(path, path)
        self.found += [slot._replace(constant=text)] if slot else []

    def slot(self, name: str, path: str) -> Slot | None:
        if path in HEAD:
            return Slot(name, "", "", 0, path)
        match = _PATH.fullmatch(path)
        group = self.kinds.get(match[1]) if match else None
        if match is None or group is None or group.many != (match[2] is not None) or int(match[2] or 0) >= _MOST:
            known = [*HEAD, *(f"{k.plural}[0].{f}" if k.many else f"{k.name}.{f}" for k, f in self.all())]
            near = suggest(path, known) or "map it: --map 'HEADER=PATH', or leave it out: --map 'HEADER='"
            self.unknown(f"the column {name[:60]} has no place in a scenario", near)
            return None
        key, field = match[3], self.field(group, match[3], name)
        if key not in RESERVED and field is None:
            return None
        return Slot(name, "", group.name, int(match[2] or 0), key, field)

    def field(self, group: EntityKind, key: str, name: str) -> Field | None:
        fields = self.fields[group.name]
        field = fields.get(key)
        if key in RESERVED and (key != "id" or group.many):
            return None
        if field is None:
            self.unknown(f"{name[:60]}: {group.name} has no field {key[:40]}", suggest(key, fields))
        elif field.derive is not None:
            self.unknown(f"{name[:60]}: {key} is worked out", f"state {' or '.join(field.derive[1])} instead")
            return None
        return field

    def all(self) -> list[tuple[EntityKind, str]]:
        return [(kind, name) for kind in self.kinds.values() for name in self.fields[kind.name]]

    def done(self) -> list[Slot]:
        places: dict[tuple[str, int, str], Slot] = {}
        for slot in self.found:
            first = places.setdefault(slot[2:5], slot)
            if first is not slot:
                self.clash(f"{first.column[:40]} and {slot.column[:40]} hold the same", "keep one of the two")
        for kind in {slot.kind for slot in self.found if slot.place == ALL}:
            if any(slot.kind == kind and slot.place != ALL for slot in self.found):
                help = "keep the list, or the columns"
                self.clash(f"{self.vocabulary.kinds[kind].plural} stand in a list and in columns too", help)
        given = {slot.key for slot in self.found if not slot.kind}
        for key in ("as_of", "perceiver"):
            if key not in given:
                help = f"map one to it, or give it for all rows: --set {key}=..."
                self.clash(f"no column holds {key}", help)
        return self.found

    def unknown(self, message: str, help: str) -> None:
        self.problems.add("TAB-1", message, self.mark, help)

    def clash(self, message: str, help: str) -> None:
        self.problems.add("TAB-2", message, self.mark, help)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
