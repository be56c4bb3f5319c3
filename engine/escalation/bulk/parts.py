"""The parts of a batch: for each slot of a table, its cells as one array, whatever types the table has.

Lists of structures are laid flat, with the row of each entity beside them. Texts stay texts (dictionaries stay so too),
numbers stay numbers, days become texts, and what is nested further becomes the short form that a cell would have.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from escalation.bulk.cells import readable
from escalation.bulk.rows import Ints
from escalation.bulk.slots import ALL, Slot

__all__ = ["Part", "parts_of"]


class Part(NamedTuple):
    """The cells of one slot, in order. `rows` is the row of each where the slot is a list, else None: one for each row.

    `broken` are the rows in which an entity of the list is null.
    """

    slot: Slot
    cells: pa.Array
    rows: Ints | None = None
    broken: Ints = np.empty(0, dtype=np.int64)

    @property
    def numeric(self) -> bool:
        """Whether the cells are numbers."""
        return _is_number(self.cells.type)

    def values(self) -> tuple[Ints, float]:
        """The cells as doubles, NaN for an empty one, with the relative precision of their type (0: exact)."""
        kind = self.cells.type
        precision = float(np.finfo(kind.to_pandas_dtype()).eps) if pa.types.is_floating(kind) else 0.0
        doubles = self.cells.cast(pa.float64(), safe=False)
        return pc.fill_null(doubles, np.nan).to_numpy(zero_copy_only=False), precision

    def not_numbers(self) -> Ints:
        """Which cells hold NaN, as against nothing."""
        if not pa.types.is_floating(self.cells.type):
            return np.zeros(len(self.cells), dtype=bool)
        found: Ints = pc.fill_null(pc.is_nan(self.cells), False).to_numpy(zero_copy_only=False)
        return found

    def matches(self, pattern: str) -> Ints:
        """Whether each cell is a text that matches; for cells that hardly ever repeat."""
        cells = self.cells.dictionary_decode() if pa.types.is_dictionary(self.cells.type) else self.cells
        cells = cells.cast(pa.string()) if _is_number(cells.type) else cells
        found: Ints = pc.fill_null(pc.match_substring_regex(cells, pattern), False).to_numpy(zero_copy_only=False)
        return found

    def texts(self, row: int) -> list[str | bytes | None]:
        """The cells of one row as texts; a list has as many as it has entities."""
        if self.rows is None:
            cells = self.cells.slice(row, 1)
        else:
            first, end = np.searchsorted(self.rows, [row, row + 1])
            cells = self.cells.slice(int(first), int(end - first))
        if pa.types.is_dictionary(cells.type):
            cells = cells.dictionary_decode()
        return list(readable(cells).to_pylist())


def parts_of(batch: pa.RecordBatch, slots: list[Slot]) -> list[Part]:
    """The parts of a batch, one for each slot."""
    flat: dict[str, tuple[dict[str, pa.Array], Ints | None, Ints]] = {}
    parts = []
    for slot in slots:
        if slot.constant is not None:
            zeros = pa.array(np.zeros(batch.num_rows, dtype=np.int8))
            parts.append(Part(slot, pa.DictionaryArray.from_arrays(zeros, pa.array([slot.constant]))))
        elif slot.child:
            if slot.column not in flat:
                flat[slot.column] = _laid_flat(batch.column(slot.column), slot.place == ALL)
            children, rows, broken = flat[slot.column]
            parts.append(Part(slot, _cells(children[slot.child]), rows, broken))
        else:
            parts.append(Part(slot, _cells(batch.column(slot.column))))
    return parts


def _laid_flat(column: pa.Array, listed: bool) -> tuple[dict[str, pa.Array], Ints | None, Ints]:
    """The fields of structures, the row of each structure if they stand in lists, and the rows with null ones."""
    rows, broken = None, np.empty(0, dtype=np.int64)
    if listed:
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        rows = np.repeat(np.arange(len(column)), lengths)
        column = pc.list_flatten(column)
        broken = rows[column.is_null().to_numpy(zero_copy_only=False)]
    names = [column.type.field(i).name for i in range(column.type.num_fields)]
    return dict(zip(names, column.flatten(), strict=True)), rows, broken


def _cells(array: pa.Array) -> pa.Array:
    """Cells as texts (or bytes, or a dictionary of them) or as numbers."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return array if _is_text(kind.value_type) else _cells(array.dictionary_decode())
    if _is_text(kind) or _is_number(kind):
        return array
    if pa.types.is_timestamp(kind) or pa.types.is_date64(kind):
        array = array.cast(pa.date32(), safe=False)
    if pa.types.is_list(kind) and _is_text(kind.value_type):
        return _joined(array)
    if pa.types.is_nested(kind):
        return pa.array(
            [None if v is None else json.dumps(_stated(v), default=str) for v in array.to_pylist()], pa.string()
        )
    return array.cast(pa.string())


def _joined(array: pa.Array) -> pa.Array:
    """Lists of words as texts with commas; an empty list is one that is stated to be empty."""
    if pc.any(pc.match_substring(pc.list_flatten(array), ",")).as_py():
        return pa.array([None if v is None else json.dumps(v) for v in array.to_pylist()], pa.string())
    empty = pc.equal(pc.list_value_length(array), 0)
    return pc.if_else(empty, "[]", pc.binary_join(array, ","))


def _stated(value: Any) -> Any:
    """A nested value without the fields that are null."""
    if isinstance(value, dict):
        return {key: _stated(inner) for key, inner in value.items() if inner is not None}
    return [_stated(inner) for inner in value] if isinstance(value, list) else value


def _is_text(kind: pa.DataType) -> bool:
    is_ = pa.types
    return bool(is_.is_string(kind) or is_.is_large_string(kind) or is_.is_binary(kind) or is_.is_large_binary(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
