"""A pack as it stood in a git revision: `REVISION` or `REVISION:FOLDER`, unpacked into a temporary folder."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from escalation.diagnostics import InputError, Mark, Problem

__all__ = ["pack_folder"]


@contextmanager
def pack_folder(name: str) -> Iterator[str]:
    """The folder of a pack that is named as a folder, or as a git revision of the folder `rules` (or of another).

    Raises InputError (PACK-30) if it is neither.
    """
    if os.path.isdir(name):
        yield name
        return
    revision, _, folder = name.partition(":")
    folder = (folder or "rules").rstrip("/")
    if revision.startswith("-"):
        raise InputError([_neither(name, "a revision does not start with -")])
    run = subprocess.run(  # noqa: S603 - no shell, and the revision cannot be an option
        ["git", "archive", "--format=tar", revision, folder],  # noqa: S607 - git is where the user has it
        capture_output=True,
        check=False,
    )
    if run.returncode:
        raise InputError([_neither(name, run.stderr.decode(errors="replace").strip())])
    with TemporaryDirectory() as place:
        with tarfile.open(fileobj=io.BytesIO(run.stdout)) as archive:
            archive.extractall(place, filter="data")
        yield os.path.join(place, folder)


def _neither(name: str, why: str) -> Problem:
    message = f"{name} is neither a folder nor a git revision that holds one: {why}"
    return Problem("PACK-30", message, Mark(name, 1, 1), help="write FOLDER, REVISION or REVISION:FOLDER")
