"""Files that two people may be editing: saved whole or not at all, and only over what the writer has read.

Whoever reads a file to change it keeps `digest_of` its bytes and hands it back to `save`, which refuses if the file is
another by then. The folder is locked meanwhile, so that of two who save at once the second is refused; and the new
text stands in a file of its own until it is complete, so that a program killed in mid-save leaves the old one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from escalation.diagnostics import InputError, Mark, Problem
from escalation.digest import sha256

__all__ = ["digest_of", "save"]


def digest_of(data: bytes | None) -> str:
    """The digest of a file's bytes, by which a later save knows them again; "" if there was no file."""
    return "" if data is None else str(sha256(data).hexdigest())


def save(path: str, data: bytes, expected: str) -> str:
    """Write `data` to `path` if the file is still the one whose digest is `expected` ("": none); gives the new digest.

    Raises InputError: FILE-6 if the file has changed (nothing is written), FILE-7 if it cannot be written.
    """
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{name}.part")  # one name: the lock is held while there is such a file
    try:
        with _locked(folder or "."):
            if digest_of(_bytes(path)) != expected:
                message = "the file is not the one that was read: somebody has changed it since"
                raise InputError([Problem("FILE-6", message, Mark(path, 1, 1), help="read it again, then save")])
            _write(part, data, path)
    except OSError as error:
        message = f"the file cannot be written: {error.strerror or error}"
        raise InputError([Problem("FILE-7", message, Mark(path, 1, 1), help="nothing was changed")]) from None
    return digest_of(data)


def _write(part: str, data: bytes, path: str) -> None:
    try:
        to = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
        with open(to, "wb") as file:
            if os.path.exists(path):
                os.fchmod(to, os.stat(path).st_mode & 0o777)  # whoever could read it before still can
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        if os.path.lexists(part):
            os.unlink(part)
        raise


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Hold the folder against others who save in it; the lock goes with the process that holds it."""
    import fcntl  # not on every system; nothing else needs it

    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
        os.fsync(held)
    finally:
        os.close(held)
