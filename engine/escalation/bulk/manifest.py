"""The manifest of a run: what is rated with what, so that a run that was stopped goes on exactly where it was.

It is written once before the first partition and once after the last. In between each partition leaves a record of its
own, so that no process has to wait for another, and a run that is killed has lost at most what was being worked on.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from escalation.bulk.files import UNFINISHED, record_path, refused_path, work_path, written
from escalation.bulk.inputs import Input, Partition, changed
from escalation.bulk.partition import Done
from escalation.bulk.reading import Job
from escalation.bulk.results import about
from escalation.diagnostics import InputError, Mark, Problem
from escalation.pack import Pack

__all__ = [
    "MANIFEST",
    "REJECTS",
    "Run",
    "check_inputs",
    "check_same",
    "cleared",
    "finished",
    "held",
    "read_run",
    "records",
    "start",
]

MANIFEST, REJECTS = "manifest.json", "rejects.jsonl"
_EDITION = 1


class Run(NamedTuple):
    """A run: the job that its partitions share, these, the arguments that named the inputs, and whether it is complete.

    `folder` is where relative paths start; `most` is how many records a partition may have (None: as usual).
    """

    job: Job
    partitions: tuple[Partition, ...]
    names: tuple[str, ...]
    folder: str
    most: int | None = None
    complete: bool = False

    @property
    def rows(self) -> int:
        """How many records there are."""
        return sum(partition.rows for partition in self.partitions)


@contextmanager
def held(out: str) -> Iterator[None]:
    """Keep a folder of results to this process. Raises InputError (OUT-1) where another one works on it."""
    try:
        os.makedirs(out, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise _refused("OUT-1", f"no folder of results can be made: {error.strerror}", out, "check the path") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refused("OUT-1", "another run is at work on this folder", out, "wait for it, or stop it") from None
        try:
            yield
        finally:
            with suppress(OSError):
                os.rmdir(out)  # there is nothing in it if nothing came of the run
    finally:
        os.close(descriptor)


def start(run: Run, pack: Pack) -> None:
    """Begin a run in an empty folder. Raises InputError (OUT-1) if there is anything in it."""
    out = run.job.out
    inside = [name for name in os.listdir(out) if not name.endswith(UNFINISHED)]
    if inside:
        ours = MANIFEST in inside
        what = "holds the results of a run" if ours else f"holds something else ({inside[0][:60]})"
        help = "--resume goes on with a run that was stopped; for a new one name another folder"
        raise _refused("OUT-1", f"the folder {what}", out, help)
    _write(run, pack, {})
    os.makedirs(work_path(out), exist_ok=True)


def read_run(out: str) -> tuple[Run, dict[str, Any]] | None:
    """The run in a folder of results, and its manifest as data; None if there is none. Raises InputError (OUT-1)."""
    path = os.path.join(out, MANIFEST)
    try:
        with open(path, "rb") as file:
            data = json.load(file)
        job = Job(
            out,
            data["rules"],
            data["about"]["pack"]["profile"],
            data["about"]["pack"]["digest"],
            tuple(Input(*one) for one in data["inputs"]),
            tuple((key, value) for key, value in data["mapping"]),
            tuple((key, value) for key, value in data["constants"]),
        )
        partitions = tuple(Partition(*one)._replace(files=tuple(one[-1])) for one in data["partitions"])
        names, folder, most = tuple(data["arguments"]), data["folder"], data["most"]
        return Run(job, partitions, names, folder, most, data["state"] == "complete"), data
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise _refused("OUT-1", f"{MANIFEST} is not that of a batch", out, "name another folder") from None


def check_same(old: Run, new: Run, data: dict[str, Any], pack: Pack) -> None:
    """Refuse to go on (InputError, OUT-2) if anything that moves a result is not what it was; says all of it."""
    said, now = data["about"], about(pack, "batch")
    differences = []
    if said["engine"] != now["engine"]:
        differences.append(f"the engine is {now['engine']}, and was {said['engine']}")
    if said["pack"] != now["pack"]:
        differences.append("the rules or the profile are others")
    if (old.job.mapping, old.job.constants, old.most) != (new.job.mapping, new.job.constants, new.most):
        differences.append("--map, --set or --part-rows are others")
    if old.names != new.names:
        differences.append(f"the inputs named are others (they were: {' '.join(old.names)})")
    else:
        differences += [f"{path} has changed" for path in changed(old.names, old.job.inputs)]
    _refuse_changed(old.job.out, differences)


def check_inputs(run: Run) -> None:
    """Refuse to complete a run (InputError, OUT-2) whose inputs were changed while they were rated."""
    paths = changed(run.names, run.job.inputs)
    _refuse_changed(run.job.out, [f"{path} was changed while it was rated" for path in paths])


def _refuse_changed(out: str, differences: Sequence[str]) -> None:
    if differences:
        help = "a run goes on with what it began with: name another folder for a new one"
        raise InputError([Problem("OUT-2", what, Mark(out, 1, 1), "", help) for what in differences])


def records(run: Run) -> list[Done]:
    """What is done so far, in order; what was left half written is removed."""
    os.makedirs(work_path(run.job.out), exist_ok=True)
    cleared(run.job.out)
    found = []
    for partition in run.partitions:
        try:
            with open(record_path(run.job.out, partition.number), "rb") as file:
                found.append(Done(**json.load(file)))
        except FileNotFoundError:
            continue
    return found


def cleared(out: str) -> None:
    """Remove what processes that were stopped have left half written."""
    for folder in (out, work_path(out)):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name.endswith(UNFINISHED):
                os.unlink(os.path.join(folder, name))


def finished(run: Run, pack: Pack, done: Sequence[Done]) -> None:
    """Put together what was refused, say in the manifest that the run is complete, and clear away the rest."""
    out = run.job.out
    if not run.complete:
        with written(os.path.join(out, REJECTS)) as whole:
            for partition in run.partitions:
                with open(refused_path(out, partition.number), "rb") as part:
                    shutil.copyfileobj(part, whole)
        _write(run._replace(complete=True), pack, {"done": [one._asdict() for one in done]})
    shutil.rmtree(work_path(out), ignore_errors=True)


def _write(run: Run, pack: Pack, more: dict[str, Any]) -> None:
    data = {
        "manifest": _EDITION,
        "state": "complete" if run.complete else "running",
        "about": about(pack, "batch"),
        "rules": run.job.rules,
        "mapping": run.job.mapping,
        "constants": run.job.constants,
        "most": run.most,
        "arguments": run.names,
        "folder": run.folder,
        "inputs": run.job.inputs,
        "partitions": run.partitions,
        **more,
    }
    with written(os.path.join(run.job.out, MANIFEST)) as file:
        file.write(json.dumps(data, indent=1).encode())


def _refused(code: str, message: str, out: str, help: str) -> InputError:
    return InputError([Problem(code, message, Mark(out, 1, 1), "", help)])
