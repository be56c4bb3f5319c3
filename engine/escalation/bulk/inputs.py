"""What a batch reads, and how it is cut into partitions: runs of records that are rated and written as one.

Where a partition starts and ends follows from the inputs and from nothing else, so a run that is continued, or shared
among machines, cuts them alike. Every record has a number (`row`), counted through all inputs in the order given.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from escalation.bulk.scan import BLOCK_BYTES, records_of
from escalation.diagnostics import Mark, Problems

__all__ = ["DOCUMENTS", "ENDINGS", "ROWS", "Input", "Partition", "changed", "csv_head", "opened", "planned", "stamp_of"]

ENDINGS = {
    ".yaml": "documents",
    ".yml": "documents",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""What a file holds, by the ending of its name; `.gz` may follow that of a text."""
ROWS, DOCUMENTS = 250_000, 2_000
"""Records of a partition at most, of tables and of documents."""
_BYTES = 1 << 26  # of one partition of a text, whatever its rows
_HEADER = 1 << 16  # bytes of the first line of a CSV file


class Input(NamedTuple):
    """One file, or the documents of one folder. `stamp` changes when it does."""

    path: str
    kind: str
    rows: int
    bytes: int
    stamp: str


class Partition(NamedTuple):
    """A run of records of one input: `rows` of them, the first with the number `first`.

    `start` and `size` are bytes of a text, or row groups of a Parquet file; `line` is the number of the first record's
    line (of the record itself, in Parquet), and `files` are the documents.
    """

    number: int
    input: int
    first: int
    rows: int
    start: int = 0
    size: int = 0
    line: int = 1
    files: tuple[str, ...] = ()


def planned(names: Iterable[str], problems: Problems, most: int | None = None) -> tuple[list[Input], list[Partition]]:
    """The inputs that arguments stand for and their partitions, of at most `most` records each.

    A folder gives the files in it (not in folders in it) whose endings are known. Problems: FILE-1, FILE-4, TAB-5.
    """
    inputs: list[Input] = []
    partitions: list[Partition] = []
    first = 0
    for paths, kind in _groups(names, problems):
        cuts = list(_CUT[kind](paths, most or (ROWS if kind in ("csv", "parquet") else DOCUMENTS), problems))
        rows = sum(cut.rows for cut in cuts)
        inputs.append(Input(_label(paths), kind, rows, sum(_size(path) for path in paths), stamp_of(paths)))
        for cut in cuts:
            partitions.append(cut._replace(number=len(partitions), input=len(inputs) - 1, first=first))
            first += cut.rows
    return inputs, partitions


def changed(names: Iterable[str], inputs: Iterable[Input]) -> list[str]:
    """The paths of inputs that are not what they were when arguments came to them: changed, gone, or new."""
    before = {(one.path, one.stamp) for one in inputs}
    now = {(_label(paths), stamp_of(paths)) for paths, _ in _groups(names, Problems())}
    return sorted({path for path, _ in before ^ now})


def stamp_of(paths: Iterable[str], folder: str = "") -> str:
    """What changes when one of some files is changed, added or taken away: names, sizes, times of the last change.

    `folder` is where relative names start (default: here).
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            found = os.stat(os.path.join(folder, path))
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        except OSError:
            digest.update(f"{path}\0gone\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def opened(path: str) -> IO[bytes]:
    """A text file, open for reading its bytes as they are once unpacked."""
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")  # type: ignore[return-value]


def csv_head(path: str) -> tuple[list[str], str, int]:
    """The headers of a CSV file, the character between its cells, and where its first row starts.

    The character is the one of tab, semicolon and comma that stands most often in the first line. Raises ValueError.
    """
    with opened(path) as file:
        line = file.read(_HEADER).split(b"\n")[0] + b"\n"
    if len(line) > _HEADER or not line.strip():
        raise ValueError("there is no first line with headers")
    text = line.decode("utf-8-sig")
    delimiter = max(",;\t", key=text.count)
    try:
        return [name.strip() for name in next(csv.reader([text], delimiter=delimiter))], delimiter, len(line)
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _groups(names: Iterable[str], problems: Problems) -> Iterator[tuple[list[str], str]]:
    """The files of each input, and what they hold."""
    documents: list[str] = []  # files named one after the other are one input
    for name in names:
        if documents and (os.path.isdir(name) or _kind(name) != "documents"):
            yield documents, "documents"
            documents = []
        if os.path.isdir(name):
            inside = sorted(entry.path for entry in os.scandir(name) if _kind(entry.name) and entry.is_file())
            if own := [path for path in inside if _kind(path) == "documents"]:
                yield own, "documents"
            yield from (([path], _kind(path)) for path in inside if _kind(path) != "documents")
            if not inside:
                problems.add(
                    "FILE-4", "nothing to rate in this folder", Mark(name, 1, 1), f"known: {', '.join(ENDINGS)}"
                )
        elif not os.path.isfile(name):
            problems.add("FILE-1", "there is no such file", Mark(name, 1, 1), "check the path")
        elif not _kind(name):
            help = f"the name says what it holds: {', '.join(ENDINGS)}"
            problems.add("TAB-5", "this is no file of scenarios", Mark(name, 1, 1), help)
        elif _kind(name) == "documents":
            documents.append(name)
        else:
            yield [name], _kind(name)
    if documents:
        yield documents, "documents"


def _label(paths: list[str]) -> str:
    """What an input is called: its file, or the folder of its documents (of the first, where they are of several)."""
    return paths[0] if len(paths) == 1 else os.path.dirname(paths[0]) or "."


def _kind(name: str) -> str:
    packed = name.endswith(".gz")
    kind = ENDINGS.get(os.path.splitext(name.removesuffix(".gz"))[1].lower(), "")
    return "" if packed and kind not in ("csv", "lines") else kind


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _documents(paths: list[str], most: int, problems: Problems) -> Iterator[Partition]:
    for at in range(0, len(paths), most):
        files = tuple(paths[at : at + most])
        yield Partition(0, 0, 0, len(files), files=files)


def _lines(paths: list[str], most: int, problems: Problems) -> Iterator[Partition]:
    """Cut after every so many line breaks; a packed file is one partition, since it can only be read from its start."""
    start = position = 0
    rows = line = 0
    last = b"\n"
    with opened(paths[0]) as file:
        while block := file.read(BLOCK_BYTES):
            for end in (np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1 + position).tolist():
                rows += 1
                if not paths[0].endswith(".gz") and (rows == most or end - start >= _BYTES):
                    yield Partition(0, 0, 0, rows, start, end - start, line + 1)
                    start, line, rows = end, line + rows, 0
            position += len(block)
            last = block[-1:]
    rows += last != b"\n"
    if rows:
        yield Partition(0, 0, 0, rows, start, position - start, line + 1)


def _csv(paths: list[str], most: int, problems: Problems) -> Iterator[Partition]:
    path = paths[0]
    try:
        _, delimiter, start = csv_head(path)
    except (ValueError, OSError) as error:
        problems.add(
            "TAB-5", f"this is no table: {error}", Mark(path, 1, 1), "the first line of a CSV file names columns"
        )
        return
    packed = path.endswith(".gz")
    rows = size = 0
    first = line = 2
    with opened(path) as file:
        file.seek(start)
        for found in records_of(file, None, delimiter):
            ends = np.append(found.starts[1:], found.size) if len(found.starts) else found.starts
            at = before = 0
            while not packed and len(ends):
                end = min(at + most - rows, 1 + int(np.searchsorted(ends, before + _BYTES - size)))
                if end > len(ends):
                    break
                rows, size, at, before = rows + end - at, size + int(ends[end - 1]) - before, end, int(ends[end - 1])
                yield Partition(0, 0, 0, rows, start, size, first)
                first = line + (int(found.lines[end]) if end < len(ends) else found.breaks)
                start, size, rows = start + size, 0, 0
            rows += len(ends) - at + found.open
            size += found.size - before
            line += found.breaks
    if rows:
        yield Partition(0, 0, 0, rows, start, size, first)


def _parquet(paths: list[str], most: int, problems: Problems) -> Iterator[Partition]:
    path = paths[0]
    try:
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:120]
        problems.add("TAB-5", f"this is no Parquet file: {reason}", Mark(path, 1, 1), "check how it was written")
        return
    first, rows, line = 0, 0, 1
    for i, own in enumerate(groups):
        if rows and rows + own > most:
            yield Partition(0, 0, 0, rows, first, i - first, line)
            first, line, rows = i, line + rows, 0
        rows += own
    if rows:
        yield Partition(0, 0, 0, rows, first, len(groups) - first, line)


_CUT = {"documents": _documents, "lines": _lines, "csv": _csv, "parquet": _parquet}
