"""One partition of a batch: from the description of a run of records to a file of results and a list of refusals.

`rate_partition` depends on nothing but its two arguments and the inputs they name. It can run in any process on any
machine that sees the same files, and again after a crash: it writes the same bytes, and each file whole or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from escalation.bulk.files import part_path, record_path, refused_path, written
from escalation.bulk.inputs import Partition
from escalation.bulk.kernel import kernel_of
from escalation.bulk.reading import READ, Job
from escalation.bulk.results import about, batch, schema, writer
from escalation.bulk.verify import verified
from escalation.diagnostics import InputError, Mark, Problem
from escalation.pack import Pack, load_pack

__all__ = ["OWN", "Done", "part_schema", "rate_partition"]

OWN = (
    pa.field("id", pa.string()),
    pa.field("source", pa.dictionary(pa.int32(), pa.string())),
    pa.field("line", pa.int64()),
)
"""The columns of a batch beside the ratings: the id of the scenario, and where it stands: file, and line or record."""


class Done(NamedTuple):
    """What a partition came to: how many records were rated and refused, why, and the levels by scale.

    `checked` is how many the ledger rated once more, and `wrong` those with which it does not agree, and how.
    """

    number: int
    rated: int
    refused: int
    codes: dict[str, int]
    levels: dict[str, list[int]]
    checked: int = 0
    wrong: tuple[tuple[int, str], ...] = ()


def rate_partition(job: Job, partition: Partition) -> Done:
    """Rate the records of a partition and write what they came to. Raises OSError where it cannot be written."""
    pack = _pack(job)
    kernel = kernel_of(pack)
    kind = job.inputs[partition.input].kind
    found = READ[kind](job, partition, pack, kernel)
    number = partition.number
    refused, codes, levels = 0, Counter[str](), {scale.name: [0] * len(pack.levels) for scale in pack.scales}
    rated, checked = 0, 0
    wrong: list[tuple[int, str]] = []
    form = part_schema(pack)
    with written(refused_path(job.out, number)) as rejects, _table(part_path(job.out, number), form) as table:
        for one in found:
            if one.rated is not None and len(one.rows):
                table.write_batch(batch(form, one.rows, [one.ids, one.sources, one.lines], one.rated))
                rated += len(one.rows)
                for scale, own in zip(levels.values(), one.rated.levels, strict=True):
                    for level, count in enumerate(np.bincount(own, minlength=len(scale) + 1)[1:].tolist()):
                        scale[level] += count
                if job.verify and one.scenario is not None:
                    again = verified(pack, one.rows, one.rated, one.scenario, job.verify)
                    checked += again.checked
                    wrong += again.wrong
            for row, mark, problems in one.refused:
                refused += 1
                codes.update(problem.code for problem in problems)
                rejects.writelines(_lines(row, mark, problems))
    done = Done(number, rated, refused, dict(sorted(codes.items())), levels, checked, tuple(wrong))
    with written(record_path(job.out, number)) as record:  # last: what has a record is done
        record.write(json.dumps(done._asdict()).encode())
    return done


@contextmanager
def _table(path: str, form: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file to write, which takes its name once it is whole."""
    with written(path) as file:
        table = writer(file, form)
        try:
            yield table
            table.close()
        finally:
            table.is_open = False  # else it would try to write the end of a file that is given up


def part_schema(pack: Pack) -> pa.Schema:
    """The schema of the files of a batch."""
    return schema(about(pack, "batch"), OWN)


_PACKS: dict[tuple[str | None, str, str], Pack] = {}


def _pack(job: Job) -> Pack:
    key = (job.rules, job.profile, job.digest)
    if key not in _PACKS:
        pack = load_pack(job.rules, job.profile)
        if pack.digest != job.digest:
            problem = Problem("OUT-2", "the rules have changed since this run began", Mark(pack.folder, 1, 1))
            raise InputError([problem])
        _PACKS.clear()
        _PACKS[key] = pack
    return _PACKS[key]


def _lines(row: int, mark: Mark, problems: Iterable[Problem]) -> Iterator[bytes]:
    """The lines of the file of what is refused: one for each problem."""
    for problem in problems:
        line, column = (mark.line, None) if mark.column == 0 else (problem.mark.line, problem.mark.column)
        said = {"row": row, "source": mark.file, "line": line, "column": column}
        said |= {"code": problem.code, "message": problem.message, "help": problem.help}
        yield json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
