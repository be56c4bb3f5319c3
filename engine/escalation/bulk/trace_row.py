"""The scenario behind a row of results, assessed anew by both engines, which must come to what is stored.

A sweep or a sample holds its own scenario, so its rows are made again from the file alone; a row of a batch is read
again from its input. The rules have to be those of the run. Where something has changed since, that is said, and a
result that is no longer the stored one is the reader's problem (OUT-5); where nothing has, it is an error of ours.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from escalation import __version__
from escalation.assess import Assessment, assess
from escalation.bulk.inputs import Partition, stamp_of
from escalation.bulk.kernel import kernel_of
from escalation.bulk.manifest import Run
from escalation.bulk.origin import made, origin_of
from escalation.bulk.reading import READ, Job
from escalation.bulk.stored import Stored, right_of, row_of
from escalation.bulk.verify import right
from escalation.diagnostics import InputError, InternalError, Mark, Problem
from escalation.pack import Pack, data_folder, load_pack
from escalation.scenario import Scenario

__all__ = ["Traced", "pack_of", "trace_row"]


class Traced(NamedTuple):
    """A row traced: its number, its scenario assessed, what is its own in the results, and what has changed since."""

    row: int
    found: Assessment
    own: dict[str, Any]
    notices: tuple[str, ...]


def trace_row(stored: Stored, name: str, rules: str | None = None) -> Traced:
    """Trace the row of a number or an id; `rules` is the folder of the pack where it is no longer where it was.

    Raises InputError (OUT-4, OUT-5) for a row that is not there or cannot be made again, InternalError for one that
    comes to something else though nothing has changed.
    """
    pack = pack_of(stored, rules)
    row = row_of(stored, name)
    number = int(row["row"])
    scenario, notices = (_of_batch if stored.run else _of_origin)(stored, number, pack)
    if stored.about["engine"] != __version__:
        notices.append(f"the rows were rated by version {stored.about['engine']}, and this is {__version__}")
    found = assess(scenario, pack)
    again, before = right(pack, scenario), right_of(stored, row)
    if again.fired != found.fired:
        raise InternalError(f"the ledger decides row {number:,} in two ways")
    if apart := again.differs(before):
        if notices:
            said = "; ".join(notices)
            raise _changed(stored, f"row {number:,} no longer comes to what is stored ({apart}): {said}")
        raise InternalError(
            f"row {number:,} of {stored.path} does not come to what is stored: both engines have {apart}"
        )
    rated = {f"{scale}_" for scale in stored.about["scales"]} | {"fired_"}
    own = {key: value for key, value in row.items() if key != "row" and not key.startswith(tuple(rated))}
    return Traced(number, found, own, tuple(notices))


def pack_of(stored: Stored, rules: str | None = None) -> Pack:
    """The pack that results were rated by, `rules` being its folder if it has moved. Raises InputError (OUT-5)."""
    said = stored.about["pack"]
    folder = rules or (stored.run.job.rules if stored.run else stored.about.get("folder"))
    if stored.run and not rules and folder:
        folder = os.path.join(stored.run.folder, folder)
    if folder == data_folder("rules"):
        folder = None
    pack = load_pack(folder, said["profile"])
    if pack.digest != said["digest"]:
        message = (
            f"the rules of {pack.name} are not those of the run (pack {pack.digest[:8]}, then {said['digest'][:8]})"
        )
        raise _changed(stored, message, "name their folder as it was then: --rules DIR")
    return pack


def _of_origin(stored: Stored, row: int, pack: Pack) -> tuple[Scenario, list[str]]:
    """The scenario of a row of a sweep or a sample, from the text that the file keeps."""
    origin, notices = origin_of(stored.about), []
    try:
        with open(origin.file, encoding="utf-8") as file:
            same = file.read() == origin.text
    except (OSError, UnicodeDecodeError):
        same = True  # moved or not there: the file of rows needs it no more
    if not same:
        notices.append(f"{origin.file} has changed since; the row is traced as it was")
    keys = [kind.register_key for kind in pack.vocabulary.kinds.values() if kind.register_key]
    if any(f"{key}:" in origin.text for key in keys):
        notices.append("the scenario refers to a register, which may have changed since")
    return made(origin, pack).scenario_of(row), notices


def _of_batch(stored: Stored, row: int, pack: Pack) -> tuple[Scenario, list[str]]:
    """The scenario of a row of a batch, read again from its input."""
    run = stored.run
    assert run is not None
    partition = next(one for one in run.partitions if one.first <= row < one.first + one.rows)
    paths = [os.path.join(run.folder, file) for file in partition.files]
    if paths:
        partition = partition._replace(first=row, rows=1, files=(paths[row - partition.first],))
    inputs = [one._replace(path=os.path.join(run.folder, one.path)) for one in run.job.inputs]
    job, notices = run.job._replace(inputs=tuple(inputs)), []
    if _stamp(run, partition.input) != run.job.inputs[partition.input].stamp:
        notices.append(f"{run.job.inputs[partition.input].path} has changed since")
    try:
        found = _record(job, partition, row, pack)
    except OSError as error:
        raise _changed(stored, f"the input of row {row:,} cannot be read: {error.filename}: {error.strerror}") from None
    if isinstance(found, Scenario):
        return found, notices
    said = "; ".join(f"{problem.code} {problem.message}" for problem in found)
    raise _changed(stored, f"row {row:,} is no longer a scenario that can be rated: {said or 'it is not there'}")


def _record(job: Job, partition: Partition, row: int, pack: Pack) -> Scenario | Sequence[Problem]:
    """The scenario of a record by its number, or the problems for which it is refused."""
    for found in READ[job.inputs[partition.input].kind](job, partition, pack, kernel_of(pack)):
        places = np.flatnonzero(np.asarray(found.rows) == row)
        if len(places) and found.scenario is not None:
            return found.scenario(int(places[0]))
        for number, _, problems in found.refused:
            if number == row:
                return problems
    return ()


def _stamp(run: Run, number: int) -> str:
    files = [file for one in run.partitions if one.input == number for file in one.files]
    return stamp_of(files or [run.job.inputs[number].path], run.folder)


def _changed(stored: Stored, message: str, help: str = "") -> InputError:
    return InputError([Problem("OUT-5", message, Mark(stored.path, 1, 1), "", help)])
