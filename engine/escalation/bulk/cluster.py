"""Bulk runs on many machines, or many processes of this one: Dask hands out partitions and does lost ones again.

A task is a call of the very function that runs on one machine, with arguments that name all that it depends on: the
files it reads and writes, and the rules by their digest. So it does not matter which worker does it, nor whether one
that died had done half of it before. Workers have to see the same files under the same paths, and to have the same
version of this program.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from distributed import CancelledError, Client, KilledWorker, LocalCluster, as_completed
from distributed.comm.core import CommClosedError

from escalation.bulk.batch import Runner
from escalation.bulk.inputs import Partition
from escalation.bulk.origin import Block, Made, Origin, block, blocks, made
from escalation.bulk.partition import Done, rate_partition
from escalation.bulk.reading import Job
from escalation.diagnostics import InputError, Mark, Problem
from escalation.pack import Pack, load_pack

__all__ = ["ClusterError", "blocks_on", "client_of", "on_cluster"]

LOCAL = "local:"
_RETRIES = 2  # of a task that fails; one whose worker dies is handed to another by Dask itself
_PATIENCE = "20s"  # for a scheduler to answer
_AHEAD = 2  # blocks for each worker that are asked for before the first of them is written


class ClusterError(Exception):
    """A cluster that cannot do what is asked of it, said in one line."""


@contextmanager
def client_of(address: str) -> Iterator[Client]:
    """A client of the scheduler at `tcp://host:port`, or of `local:N` processes started for it.

    Raises ValueError for any other address, and OSError where no scheduler answers.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said by us, or comes right again
    if address.startswith(LOCAL):
        number = address.removeprefix(LOCAL)
        if not number.isdigit() or not int(number):
            raise ValueError(f"{address} is not written local:N")
        settings = {"threads_per_worker": 1, "processes": True, "dashboard_address": None}
        with (
            LocalCluster(n_workers=int(number), silence_logs=logging.CRITICAL, **settings) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    if "://" not in address:
        raise ValueError(f"{address} is neither tcp://HOST:PORT nor local:N")
    with Client(address, timeout=_PATIENCE) as client:
        yield client


def on_cluster(client: Client) -> Runner:
    """What rates the partitions of a batch on a cluster, as `batch.in_processes` does on one machine."""

    def runner(job: Job, partitions: Iterable[Partition]) -> Iterator[Done]:
        folder = os.getcwd()
        waiting = [client.submit(_rated, folder, job, one, retries=_RETRIES, pure=False) for one in partitions]
        try:
            with _told():
                for done in as_completed(waiting):
                    yield done.result()
                    done.release()
        finally:
            client.cancel(waiting)

    return runner


def blocks_on(client: Client, origin: Origin, pack: Pack, whole: Made) -> Iterator[Block]:
    """The blocks of a sweep or a sample in their order, each made by some worker."""
    numbers = iter(range(blocks(whole)))
    waiting: deque[Any] = deque()
    most = _AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))

    def ask() -> None:
        for number in numbers:
            given = (origin, pack.folder, pack.profile, pack.digest, number)
            waiting.append(client.submit(_made, *given, retries=_RETRIES, pure=False))
            return

    try:
        for _ in range(most):
            ask()
        with _told():
            while waiting:
                first = waiting.popleft()
                yield first.result()
                first.release()
                ask()
    finally:
        client.cancel(list(waiting))


@contextmanager
def _told() -> Iterator[None]:
    """Say in one line what has become of the cluster."""
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(f"workers died again and again over one partition, so it was given up: {error}") from None
    except (CancelledError, CommClosedError) as error:
        raise ClusterError(f"the connection to the scheduler is lost: {type(error).__name__}") from None


def _rated(folder: str, job: Job, partition: Partition) -> Done:
    """Rate a partition of a batch on a worker, from the folder in which the run was started."""
    os.chdir(folder)
    return rate_partition(job, partition)


def _made(origin: Origin, rules: str, profile: str, digest: str, number: int) -> Block:
    """Make a block of a sweep or a sample on a worker."""
    return block(_whole(origin, rules, profile, digest), number)


@lru_cache(maxsize=1)
def _whole(origin: Origin, rules: str, profile: str, digest: str) -> Made:
    pack = load_pack(rules, profile)
    if pack.digest != digest:
        raise InputError([Problem("OUT-2", "a worker has other rules than this run", Mark(rules, 1, 1))])
    return made(origin, pack)
