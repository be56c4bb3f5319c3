"""A batch: many scenarios from files, rated by several processes, in a way that can be stopped at any moment.

    inputs -> partitions -> one process each, a few at a time -> part files -> manifest

`prepared` decides what there is to do, `carried_out` does it. A partition is one call of `rate_partition`, so the same
run can be spread over machines by whatever calls that function.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, NamedTuple

from escalation.bulk.inputs import Partition, planned
from escalation.bulk.kernel import kernel_of
from escalation.bulk.manifest import Run, check_inputs, check_same, cleared, finished, read_run, records, start
from escalation.bulk.partition import Done, rate_partition
from escalation.bulk.reading import Job, slots_for
from escalation.bulk.verify import Verified
from escalation.diagnostics import Problems
from escalation.pack import Pack

__all__ = ["Request", "Runner", "Summary", "carried_out", "in_processes", "one_by_one", "prepared", "stoppable"]

_AHEAD = 2  # partitions handed out before a process asks for them
Runner = Callable[[Job, Iterable[Partition]], Iterator[Done]]
"""Rates partitions and gives what each came to, in any order."""


class Request(NamedTuple):
    """What is asked for: the inputs, the folder of results, and what the options say."""

    names: tuple[str, ...]
    out: str
    rules: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    most: int | None = None
    verify: float = 0.0


class Summary(NamedTuple):
    """What a run came to: records rated and refused, problems by code, and for each scale the records on each level.

    `verified` is what came of those that the ledger rated once more.
    """

    rated: int
    refused: int
    codes: dict[str, int]
    levels: dict[str, list[int]]
    verified: tuple[Verified, ...] = ()


def prepared(request: Request, pack: Pack, resume: bool) -> tuple[Run, list[Done]]:
    """The run that is asked for, and what of it is done already; its manifest is there when this returns.

    Raises InputError for inputs that cannot be used, a folder that is not free, or one whose run was another.
    """
    found = read_run(request.out) if resume else None
    run = _planned(request, pack) if found is None else _again(*found, request, pack)
    if found is None:
        start(run, pack)
        return run, []
    if run.complete:
        return run, [Done(**one) for one in found[1]["done"]]
    return run, records(run)


def carried_out(run: Run, pack: Pack, done: list[Done], runner: Runner, told: Callable[[Done], None]) -> Summary:
    """Do what is left of a run, and complete it; `told` hears of every partition as it is done."""
    there = {one.number for one in done}
    left = [partition for partition in run.partitions if partition.number not in there]
    if left:
        kernel_of(pack)  # compiled once, before several processes would do it
        try:
            for one in runner(run.job, left):
                done.append(one)
                told(one)
        finally:
            cleared(run.job.out)  # also of what a process that died has left behind
    if not run.complete:
        check_inputs(run)
    done.sort()
    finished(run, pack, done)
    return _summary(done, pack)


def one_by_one(job: Job, partitions: Iterable[Partition]) -> Iterator[Done]:
    """Rate partitions in this process."""
    for partition in partitions:
        yield rate_partition(job, partition)


def in_processes(number: int) -> Runner:
    """Rate partitions in so many processes; with few partitions in fewer."""

    def runner(job: Job, partitions: Iterable[Partition]) -> Iterator[Done]:
        waiting = list(partitions)[::-1]
        if min(number, len(waiting)) < 2:
            yield from one_by_one(job, waiting[::-1])
            return
        context = multiprocessing.get_context("spawn")
        running: set[Future[Done]] = set()
        pool = ProcessPoolExecutor(min(number, len(waiting)), context, _begin)
        try:
            while waiting or running:
                while waiting and len(running) < number + _AHEAD:
                    running.add(pool.submit(rate_partition, job, waiting.pop()))
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for one in finished:
                    yield one.result()
        except BaseException:
            for child in multiprocessing.active_children():
                child.terminate()  # what they have not finished has no name yet
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return runner


def _begin() -> None:
    """Start a process of the pool: it leaves interrupts to its parent, and ends when that one does."""
    gc.set_threshold(50_000)  # as in `main`: scenarios are many small records without cycles
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


@contextmanager
def stoppable() -> Iterator[None]:
    """While this lasts, being asked to end is the same as being interrupted."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _planned(request: Request, pack: Pack) -> Run:
    problems = Problems()
    inputs, partitions = planned(request.names, problems, request.most)
    job = Job(request.out, request.rules, pack.profile, pack.digest, tuple(inputs), request.mapping, request.constants)
    job = job._replace(verify=request.verify)
    unusable = {problem.mark.file for problem in problems.found}
    for number, one in enumerate(inputs):
        if one.kind in ("csv", "parquet") and one.path not in unusable:
            slots_for(job, number, pack, problems)
    problems.stop()
    return Run(job, tuple(partitions), request.names, os.getcwd(), request.most)


def _again(old: Run, data: dict[str, Any], request: Request, pack: Pack) -> Run:
    job = old.job._replace(
        rules=request.rules, mapping=request.mapping, constants=request.constants, verify=request.verify
    )
    new = old._replace(job=job, names=request.names, most=request.most)
    check_same(old, new, data, pack)
    return new


def _summary(done: Iterable[Done], pack: Pack) -> Summary:
    codes: Counter[str] = Counter()
    levels = {scale.name: [0] * len(pack.levels) for scale in pack.scales}
    rated = refused = 0
    for one in done:
        rated, refused = rated + one.rated, refused + one.refused
        codes.update(one.codes)
        for scale, counts in one.levels.items():
            levels[scale] = [a + b for a, b in zip(levels[scale], counts, strict=True)]
    again = tuple(Verified(one.checked, tuple((row, how) for row, how in one.wrong)) for one in done)
    return Summary(rated, refused, dict(sorted(codes.items())), levels, again)
