"""Results as tables: the columns of a rated row, and what a file of results says about itself.

A table has a column of row numbers, columns of its own kind (the values of a sweep, the ids of a batch), then for each
scale level and score with their bounds, then the fired rules as words of 63 bits. Its metadata names the pack, rules,
levels and scales, so that a file can be read, queried and traced without anything beside it.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from escalation import __version__
from escalation.bulk.kernel import Rated
from escalation.bulk.layout import BITS
from escalation.pack import Pack

__all__ = ["ABOUT", "about", "about_of", "batch", "rule_ids", "schema", "writer"]

ABOUT = b"escalation"
"""The key of a schema's metadata under which a table says what it is, as JSON."""
_COUNTED = {"row": "DELTA_BINARY_PACKED", "line": "DELTA_BINARY_PACKED", "id": "DELTA_BYTE_ARRAY"}
_PARTS = (
    ("level", pa.uint8(), "levels"),
    ("score", pa.int32(), "totals"),
    ("level_low", pa.uint8(), "low_levels"),
    ("level_high", pa.uint8(), "high_levels"),
    ("score_low", pa.int32(), "lowest"),
    ("score_high", pa.int32(), "highest"),
)


def about(pack: Pack, kind: str, **more: Any) -> dict[str, Any]:
    """What a table of results says about itself; `kind` is "sweep", "sample" or "batch"."""
    return {
        "kind": kind,
        "engine": __version__,
        "pack": {"name": pack.name, "version": pack.version, "digest": pack.digest, "profile": pack.profile},
        "rules": [rule.id for rule in pack.rules],
        "levels": [level.name for level in pack.levels],
        "scales": [scale.name for scale in pack.scales],
        **more,
    }


def schema(said: dict[str, Any], own: Sequence[pa.Field] = ()) -> pa.Schema:
    """The schema of a table that says `said` of itself and has columns of its own after the row numbers."""
    fields = [pa.field("row", pa.int64()), *own]
    for scale in said["scales"]:
        fields += [pa.field(f"{scale}_{name}", type_) for name, type_, _ in _PARTS]
    words = max(1, -(-len(said["rules"]) // BITS))
    fields += [pa.field(f"fired_{w}", pa.int64()) for w in range(words)]
    return pa.schema(fields, metadata={ABOUT: json.dumps(said, ensure_ascii=False).encode()})


def batch(form: pa.Schema, rows: Any, own: Sequence[Any], rated: Rated) -> pa.RecordBatch:
    """Rated rows as a batch of that schema: their numbers, the columns of their own, and their ratings."""
    columns = [rows, *own]
    for scale in range(len(rated.totals)):
        columns += [getattr(rated, array)[scale] for _, _, array in _PARTS]
    columns += list(rated.fired)
    arrays = [c if isinstance(c, pa.Array) else pa.array(c, type=f.type) for c, f in zip(columns, form, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=form)


def writer(where: Any, form: pa.Schema) -> pq.ParquetWriter:
    """A writer of such a table to a path or a file: what counts up as differences, all else as dictionaries."""
    packed = {name: how for name, how in _COUNTED.items() if name in form.names}
    others = [name for name in form.names if name not in packed]
    how = {"compression": "zstd", "compression_level": 1}  # two thirds of the default's time
    return pq.ParquetWriter(where, form, use_dictionary=others, column_encoding=packed, **how)


def about_of(form: pa.Schema) -> dict[str, Any] | None:
    """What a table says about itself, or None if it is not one of ours."""
    said = (form.metadata or {}).get(ABOUT)
    try:
        found = json.loads(said) if said else None
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"kind", "pack", "rules", "scales"} <= found.keys() else None


def rule_ids(said: dict[str, Any], words: Sequence[int]) -> list[str]:
    """The ids of the rules that fired, from the words of a row."""
    return [rule for i, rule in enumerate(said["rules"]) if words[i // BITS] >> i % BITS & 1]
