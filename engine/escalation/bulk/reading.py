"""The records of a partition, read and rated some at a time: documents one by one, tables by whole columns.

There is a reader for each kind of input. Each gives runs of records as `Found`, in the order of the input, and holds no
more than one of them in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from escalation.bulk.documents import Read, read_file, read_line, read_row
from escalation.bulk.inputs import Input, Partition, csv_head, opened
from escalation.bulk.kernel import Kernel, Rated
from escalation.bulk.rows import Ints, coded
from escalation.bulk.scan import Records, records_of
from escalation.bulk.slots import Slot, slots_of
from escalation.bulk.tables import TableCoder
from escalation.diagnostics import InternalError, Mark, Problem, Problems
from escalation.pack import Pack
from escalation.scenario import Scenario
from escalation.source import LIMITS

__all__ = ["READ", "Found", "Job", "slots_for"]

_Refused: TypeAlias = tuple[int, Mark, Sequence[Problem]]
_TABLE_ROWS, _DOCUMENTS = 65_536, 500  # coded and rated together


class Job(NamedTuple):
    """What all partitions of a run share. `digest` is that of the pack; `mapping` and `constants` are for tables.

    `verify` is the share of records that the ledger rates once more.
    """

    out: str
    rules: str | None
    profile: str
    digest: str
    inputs: tuple[Input, ...]
    mapping: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    verify: float = 0.0


class Found(NamedTuple):
    """Some records: the rated ones with their numbers, ids, files and lines, and the problems of the others.

    `scenario` gives the scenario of a rated one by its place among them.
    """

    rows: Any
    ids: Any
    sources: Any
    lines: Any
    rated: Rated | None
    refused: Sequence[_Refused]
    scenario: Callable[[int], Scenario] | None = None


def slots_for(job: Job, number: int, pack: Pack, problems: Problems) -> list[Slot]:
    """The slots of an input that is a table. What is wrong with its columns is added to `problems`."""
    path, kind = job.inputs[number].path, job.inputs[number].kind
    form = pa.schema([(name, pa.binary()) for name in csv_head(path)[0]]) if kind == "csv" else pq.read_schema(path)
    return slots_of(form, dict(job.mapping), dict(job.constants), pack.vocabulary, path, problems)


_CODERS: dict[tuple[Job, int], TableCoder] = {}


def _coder(job: Job, number: int, pack: Pack, kernel: Kernel) -> TableCoder:
    key = (job, number)
    if key not in _CODERS:
        problems = Problems()
        slots = slots_for(job, number, pack, problems)
        problems.stop()
        _CODERS.clear()
        _CODERS[key] = TableCoder(kernel.layout, slots)
    return _CODERS[key]


# -- documents


def _documents(job: Job, partition: Partition, pack: Pack, kernel: Kernel) -> Iterator[Found]:
    records = (
        (partition.first + i, Mark(path, 1, 1), (lambda path=path: read_file(path, pack)))
        for i, path in enumerate(partition.files)
    )
    return _one_by_one(records, kernel)


def _of_lines(job: Job, partition: Partition, pack: Pack, kernel: Kernel) -> Iterator[Found]:
    path = job.inputs[partition.input].path

    def records() -> Iterator[tuple[int, Mark, Callable[[], Read]]]:
        with opened(path) as file:
            file.seek(partition.start)
            for i in range(partition.rows):
                line = _line(file)
                if line.strip():
                    number = partition.line + i
                    read = lambda line=line, number=number: read_line(line, path, number, pack)  # noqa: E731
                    yield partition.first + i, Mark(path, number, 1), read

    return _one_by_one(records(), kernel)


def _line(file: IO[bytes]) -> bytes:
    """The next line, read no further than one byte past what a scenario may have, and then passed over."""
    line = more = file.readline(LIMITS.bytes + 1)
    while more and not more.endswith(b"\n"):
        more = file.readline(LIMITS.bytes)
    return line


def _one_by_one(records: Iterable[tuple[int, Mark, Callable[[], Read]]], kernel: Kernel) -> Iterator[Found]:
    """Read records, and rate those of a few hundred at a time that can be rated."""
    good: list[tuple[int, Mark, Scenario]] = []
    refused: list[_Refused] = []
    for row, mark, read in records:
        scenario, problems = read()
        if scenario is None:
            refused.append((row, mark, problems))
        else:
            good.append((row, mark, scenario))
        if len(good) + len(refused) >= _DOCUMENTS:
            yield _rated(good, refused, kernel)
            good, refused = [], []
    yield _rated(good, refused, kernel)


def _rated(
    good: Sequence[tuple[int, Mark, Scenario]],
    refused: Sequence[_Refused],
    kernel: Kernel,
) -> Found:
    found = kernel.rate(coded(kernel.layout, [scenario for *_, scenario in good])) if good else None
    return Found(
        np.array([row for row, *_ in good], dtype=np.int64),
        [scenario.id for *_, scenario in good],
        pa.array([_name(mark.file) for _, mark, _ in good], pa.string()).dictionary_encode(),
        np.array([mark.line for _, mark, _ in good], dtype=np.int64),
        found,
        refused,
        lambda place: good[place][2],
    )


def _name(path: str) -> str:
    """The name of a file as text, even where the file system has it in bytes that are none."""
    return path.encode("utf-8", "backslashreplace").decode()


# -- tables


def _of_csv(job: Job, partition: Partition, pack: Pack, kernel: Kernel) -> Iterator[Found]:
    path = job.inputs[partition.input].path
    names, delimiter, _ = csv_head(path)
    coder = _coder(job, partition.input, pack, kernel)
    first, line = partition.first, partition.line
    with opened(path) as file:
        file.seek(partition.start)
        for found in records_of(file, partition.size, delimiter):
            if found.open:
                yield _unreadable(
                    first,
                    Mark(path, line, 0),
                    "TAB-4",
                    "a quote is never closed, or a row is too long",
                    "the rest of the file was not read: mend this row, and run again",
                )
                return
            lines = line + found.lines
            whole = found.cells == len(names)
            table = _csv_table(found, names, delimiter, coder.slots) if whole.any() else None
            rows = first + np.arange(len(lines))
            if table is not None and table.num_rows != whole.sum():
                raise AssertionError("rows of a CSV file were counted in two ways")
            parts = table.to_batches(_TABLE_ROWS) if table is not None else []
            rated = list(_of_table(coder, kernel, parts, path, rows[whole], lines[whole]))
            refused = _wrong_width(rows[~whole], lines[~whole], found.cells[~whole], len(names), path)
            refused += [one for part in rated for one in part.refused]
            yield from (part._replace(refused=()) for part in rated)
            yield Found((), (), (), (), None, sorted(refused, key=lambda one: one[0]))
            first += len(lines)
            line += found.breaks


def _csv_table(found: Records, names: list[str], delimiter: str, slots: Sequence[Slot]) -> pa.Table:
    """The rows that have as many cells as there are headers, as text."""
    wanted = {slot.column for slot in slots if slot.constant is None}
    names = [name if name in wanted else f"{i} unused" for i, name in enumerate(names)]
    text = pa.dictionary(pa.int32(), pa.binary())
    return pa.csv.read_csv(
        pa.py_buffer(memoryview(found.data)[: found.size]),
        pa.csv.ReadOptions(use_threads=False, column_names=names, block_size=max(found.size, 1)),
        pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda row: "skip"),
        pa.csv.ConvertOptions(
            include_columns=[name for name in names if name in wanted],
            column_types={name: pa.binary() if name == "id" else text for name in names},
            strings_can_be_null=False,
        ),
    )


def _of_parquet(job: Job, partition: Partition, pack: Pack, kernel: Kernel) -> Iterator[Found]:
    path = job.inputs[partition.input].path
    coder = _coder(job, partition.input, pack, kernel)
    columns = list(dict.fromkeys(slot.column for slot in coder.slots if slot.constant is None))
    form = pq.read_schema(path)
    texts = [name for name in columns if name != "id" and pa.types.is_string(form.field(name).type)]
    done = 0
    try:
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            groups = range(partition.start, partition.start + partition.size)
            for part in file.iter_batches(_TABLE_ROWS, groups, columns, use_threads=False):
                rows = partition.first + done + np.arange(part.num_rows)
                yield from _of_table(coder, kernel, [part], path, rows, rows - partition.first + partition.line)
                done += part.num_rows
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        reason = str(error).splitlines()[0][:120]
        mark = Mark(path, partition.line + done, 0)
        help = f"the {partition.rows - done:,} records from here on were not read"
        yield _unreadable(partition.first + done, mark, "TAB-5", f"the file is damaged: {reason}", help)


def _of_table(
    coder: TableCoder, kernel: Kernel, batches: Iterable[pa.RecordBatch], path: str, rows: Ints, lines: Ints
) -> Iterator[Found]:
    """Rate the rows of a table, given with their numbers and lines."""
    at = 0
    for part in batches:
        own = slice(at, at + part.num_rows)
        at += part.num_rows
        yield _of_batch(coder, kernel, part, path, rows[own], lines[own])


def _of_batch(coder: TableCoder, kernel: Kernel, part: pa.RecordBatch, path: str, rows: Ints, lines: Ints) -> Found:
    found = coder.code(part)
    plain = kernel.rate(found.rows)
    good: list[tuple[int, Scenario]] = []
    refused: list[_Refused] = []
    for i in found.odd.tolist():
        mark = Mark(path, int(lines[i]), 0)
        scenario, problems = read_row(found.parts, i, mark, f"row-{rows[i]}", kernel.layout.pack)
        if scenario is None:
            refused.append((int(rows[i]), mark, problems))
        else:
            good.append((i, scenario))
    which, rated = found.ordinary, plain
    if good:
        slow = kernel.rate(coded(kernel.layout, [scenario for _, scenario in good]))
        which = np.concatenate([which, [i for i, _ in good]])
        order = np.argsort(which)
        which = which[order]
        rated = Rated(*(np.concatenate([a, b], axis=1)[:, order] for a, b in zip(plain, slow, strict=True)))
    source = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(which), np.int32)), pa.array([_name(path)]))

    def by_loader(place: int) -> Scenario:
        """The scenario of a row through the loader, whatever it was coded by."""
        i = int(which[place])
        again, problems = read_row(found.parts, i, Mark(path, int(lines[i]), 0), f"row-{rows[i]}", coder.pack)
        if again is None:
            said = "; ".join(f"{problem.code} {problem.message}" for problem in problems)
            raise InternalError(f"row {rows[i]:,} of {path} was rated, and the loader refuses it: {said}")
        return again

    return Found(rows[which], _ids(coder, part, rows, which), source, lines[which], rated, refused, by_loader)


def _ids(coder: TableCoder, part: pa.RecordBatch, rows: Ints, which: Ints) -> pa.Array:
    """The ids of rows: their own, or made of their numbers."""
    slot = next((slot for slot in coder.slots if not slot.kind and slot.key == "id"), None)
    if slot is None:
        return pa.compute.binary_join_element_wise("row-", pa.array(rows[which]).cast(pa.string()), "")
    if slot.constant is not None:
        return pa.array([slot.constant] * len(which))
    ids = part.column(slot.column)
    ids = ids if len(which) == part.num_rows else ids.take(pa.array(which))
    if pa.types.is_dictionary(ids.type):
        ids = ids.dictionary_decode()
    return pa.compute.utf8_trim_whitespace(ids.cast(pa.string()))


def _wrong_width(rows: Ints, lines: Ints, cells: Ints, width: int, path: str) -> list[_Refused]:
    help = "a cell with the separator in it stands between quotes"
    return [
        (row, Mark(path, line, 0), [_problem("TAB-3", f"the row has {own} cells, and the header {width}", help)])
        for row, line, own in zip(rows.tolist(), lines.tolist(), cells.tolist(), strict=True)
    ]


def _unreadable(row: int, mark: Mark, code: str, message: str, help: str) -> Found:
    return Found((), (), (), (), None, [(row, mark, [_problem(code, message, help)])])


def _problem(code: str, message: str, help: str) -> Problem:
    return Problem(code, message, Mark("", 0, 0), "", help)


READ: dict[str, Callable[[Job, Partition, Pack, Kernel], Iterator[Found]]] = {
    "documents": _documents,
    "lines": _of_lines,
    "csv": _of_csv,
    "parquet": _of_parquet,
}
"""The reader of each kind of input."""
