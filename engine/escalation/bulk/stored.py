"""Results as they lie on disk, opened by what they say of themselves: a file of a sweep, or the folder of a batch."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from escalation.bulk.manifest import MANIFEST, REJECTS, Run, read_run
from escalation.bulk.results import about_of, rule_ids
from escalation.bulk.verify import Right
from escalation.diagnostics import InputError, Mark, Problem

__all__ = ["Stored", "opened_results", "right_of", "row_of"]


class Stored(NamedTuple):
    """Results: where they are, what they say of themselves, their files, and if they are a batch the run."""

    path: str
    about: dict[str, Any]
    files: tuple[str, ...]
    run: Run | None = None


def opened_results(path: str) -> Stored:
    """Open results. Raises InputError (FILE-1, OUT-3) where there are none of ours."""
    if not os.path.exists(path):
        raise InputError([Problem("FILE-1", "there is no such file or folder", Mark(path, 1, 1), "", "check the path")])
    if os.path.isdir(path):
        found = read_run(path)
        if found is None:
            raise _not_ours(path, f"there is no {MANIFEST} in this folder")
        run, data = found
        parts = sorted(name for name in os.listdir(path) if name.startswith("part-") and name.endswith(".parquet"))
        return Stored(path, data["about"], tuple(os.path.join(path, name) for name in parts), run)
    try:
        about = about_of(pq.read_schema(path))
    except (pa.ArrowException, OSError):
        raise _not_ours(path, "this is no Parquet file") from None
    if about is None:
        raise _not_ours(path, "the file does not say that it is ours")
    return Stored(path, about, (path,))


def row_of(stored: Stored, name: str) -> dict[str, Any]:
    """The row of a number, or of an id where rows have ids. Raises InputError (OUT-4) if there is none."""
    wanted: list[tuple[str, str | int]] = []
    if name.isascii() and name.isdigit() and len(name) < 19:
        wanted.append(("row", int(name)))
    if stored.run is not None:
        wanted.append(("id", name))
    for column, value in wanted:
        for file in stored.files:
            found = pq.read_table(file, filters=pc.field(column) == value)
            if len(found):
                return dict(found.slice(0, 1).to_pylist()[0])
    message, help = _refused(stored, name) or (
        f"there is no row {name} in these results",
        "rows are numbered from 0; assess query OUT 'select row from results' lists them",
    )
    raise InputError([Problem("OUT-4", message, Mark(stored.path, 1, 1), "", help)])


def _refused(stored: Stored, name: str) -> tuple[str, str] | None:
    """What to say of a record of a batch that was refused, if this one was."""
    path = os.path.join(stored.path, REJECTS)
    if stored.run is None or not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        for line in file:
            said = json.loads(line)
            if str(said["row"]) == name:
                return f"row {name} was refused: {said['code']} {said['message']}", f"{said['source']}:{said['line']}"
    return None


def right_of(stored: Stored, row: dict[str, Any]) -> Right:
    """What the results say that a row comes to."""
    words = [row[key] for key in row if key.startswith("fired_")]
    parts = ("score", "level", "score_low", "score_high", "level_low", "level_high")
    scales = [[row[f"{scale}_{part}"] for part in parts] for scale in stored.about["scales"]]
    fired = tuple(rule_ids(stored.about, words))
    return Right(fired, tuple((a, b, c, d, e, f) for a, b, c, d, e, f in scales))


def _not_ours(path: str, why: str) -> InputError:
    help = "OUT is a file that `assess sweep -o` wrote, or the folder of `assess batch -o`"
    return InputError([Problem("OUT-3", f"no results of a sweep or a batch: {why}", Mark(path, 1, 1), "", help)])
