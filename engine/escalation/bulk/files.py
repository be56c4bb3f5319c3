"""The files of a run: where each stands in the folder of results, and how it is written whole or not at all.

OUT/manifest.json         what was rated, with what, and what it came to
OUT/part-00000.parquet    ratings, a file for each partition
OUT/rejects.jsonl         what was refused, once the run is complete
OUT/.work/                while it is not: what each partition refused, and a record of each that is done
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

__all__ = ["UNFINISHED", "part_path", "record_path", "refused_path", "work_path", "written"]

UNFINISHED = ".unfinished"
"""How the name of a file ends that is still being written, after the machine and the process that write it."""


def part_path(out: str, number: int) -> str:
    """The ratings of a partition."""
    return os.path.join(out, f"part-{number:05}.parquet")


def work_path(out: str) -> str:
    """The folder of what is needed until the run is complete."""
    return os.path.join(out, ".work")


def refused_path(out: str, number: int) -> str:
    """What a partition refused."""
    return os.path.join(work_path(out), f"rejects-{number:05}.jsonl")


def record_path(out: str, number: int) -> str:
    """The record of a partition that is done."""
    return os.path.join(work_path(out), f"done-{number:05}.json")


@contextmanager
def written(path: str) -> Iterator[IO[bytes]]:
    """A file to write, which takes its name only once all of it is on the disk; if anything fails there is none."""
    part = f"{path}.{os.uname().nodename}-{os.getpid()}{UNFINISHED}"  # another machine may do the same
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _settle(os.path.dirname(path))
    except BaseException:
        if os.path.exists(part):
            os.unlink(part)
        raise


def _settle(folder: str) -> None:
    """Have the names in a folder on the disk too."""
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # not every file system can
    finally:
        os.close(descriptor)
