"""Rows of a sweep or a sample as a Parquet file, block by block, whole or not there at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from escalation.bulk.kernel import Rated
from escalation.bulk.results import batch, schema, writer
from escalation.bulk.rows import Ints
from escalation.sets import Numbers, Scalar
from escalation.vocabulary import Field

__all__ = ["GROUP", "column_of", "field_of", "values_of", "write"]

T = TypeVar("T")
GROUP = 1 << 18
"""Rows of a row group of the file: what is held in memory at a time."""


def write(
    path: str,
    said: dict[str, Any],
    own: Sequence[pa.Field],
    blocks: Iterable[tuple[Ints, Sequence[Any], Rated]],
    done: Callable[[int], None] = lambda rows: None,
) -> int:
    """Write blocks of (row numbers, columns of its own, ratings) to a file; how many rows it has.

    The file appears under its name only when it is complete. `done` is told how many rows have been written.
    """
    form = schema(said, own)
    part = f"{path}.part"
    rows = 0
    try:
        with writer(part, form) as file:
            for numbers, columns, rated in _ahead(blocks):
                file.write_batch(batch(form, numbers, columns, rated))
                rows += len(numbers)
                done(rows)
        os.replace(part, path)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise
    return rows


def _ahead(blocks: Iterable[T]) -> Iterator[T]:
    """The same blocks, each made while the one before it is written."""
    source = iter(blocks)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, source, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, source, None)
            yield block


def field_of(name: str, field: Field) -> pa.Field:
    """The column of a fact: words as a dictionary, flags, whole numbers or numbers."""
    if field.type == "flag":
        return pa.field(name, pa.bool_())
    if not isinstance(field.domain, Numbers):
        return pa.field(name, pa.dictionary(pa.int32(), pa.string()))
    return pa.field(name, pa.int64() if field.type == "integer" else pa.float64())


def column_of(field: Field, values: Sequence[Scalar], digits: Ints) -> pa.Array:
    """The column of a fact from its values and, row by row, which of them it has."""
    form = field_of("", field).type
    if pa.types.is_dictionary(form):
        return pa.DictionaryArray.from_arrays(pa.array(digits, pa.int32()), pa.array(values, pa.string()))
    return pa.array(np.array(values)[digits], form)


def values_of(field: Field, numbers: Ints) -> pa.Array:
    """The column of a fact from its numbers."""
    return pa.array(numbers, field_of("", field).type)
