"""The folder that is served: which of its files can be asked for, and how one is written so that nothing is lost.

A scenario is named by the name of its file, never by a path; what is a link, a folder or anything but a plain file is
not served, so that no request reaches out of the folder. A file is replaced whole or not at all, and only if it still
is what the person started from.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from escalation.analysis.saving import digest_of, save
from escalation.diagnostics import InputError
from escalation.scenario import is_scenario
from escalation.source import LIMITS

__all__ = ["MOST_FILES", "Conflict", "Folder", "Held", "Missing", "digest_of"]

MOST_FILES = 400
"""Scenarios that are listed; each is rated under every image, and more would keep a person waiting."""
CHANGED = "FILE-6"
"""The code of the problem that a file to be saved is no longer what it was."""


class Missing(Exception):
    """There is no such scenario in the folder, or it cannot be read; says why."""


class Conflict(Exception):
    """The file is no longer what the person started from. `now` are its bytes, None if it is gone."""

    def __init__(self, now: bytes | None) -> None:
        self.now = now
        super().__init__("the file has changed")


class Held(NamedTuple):
    """What the folder holds: names of scenarios in order, and what was left out, each with the reason."""

    names: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


class Folder:
    """A folder of scenarios. `path` is as it was given, and is what people are shown."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._real = os.path.realpath(path)

    def held(self) -> Held:
        """The scenarios in the folder, those of folders in it not among them."""
        names: list[str] = []
        left_out: list[tuple[str, str]] = []
        with os.scandir(self._real) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if not is_scenario(entry.name) or entry.name.startswith("."):
                    continue
                if reason := _unfit(entry):
                    left_out.append((entry.name.encode("utf-8", "backslashreplace").decode(), reason))
                elif len(names) >= MOST_FILES:
                    left_out.append((entry.name, f"only the first {MOST_FILES} are listed"))
                else:
                    names.append(entry.name)
        return Held(tuple(names), tuple(left_out))

    def shown(self, name: str) -> str:
        """The path of a scenario as it is shown, the same as on the command line."""
        return name if self.path == "." else os.path.join(self.path, name)

    def holds(self, path: str) -> bool:
        """Whether a path leads, in the end, to something inside the folder."""
        return os.path.realpath(path).startswith(os.path.join(self._real, ""))

    def read(self, name: str) -> bytes:
        """The bytes of a scenario, no further than one past the limit. Raises Missing."""
        try:
            with open(self._open(name), "rb") as file:
                return file.read(LIMITS.bytes + 1)
        except OSError as error:
            raise Missing(f"it cannot be read: {error.strerror}") from None

    def write(self, name: str, data: bytes, base: str) -> None:
        """Replace a scenario if the digest of what is there is still `base`.

        Raises Conflict if it is not, Missing if there is no such file to replace or it cannot be written.
        """
        path = os.path.join(self._real, _checked(name))
        try:
            self.read(name)  # a plain file, and no link
        except Missing:
            raise Conflict(None) from None
        try:
            save(path, data, base)
        except InputError as error:
            if error.problems[0].code != CHANGED:
                raise Missing(error.problems[0].message) from None
            raise Conflict(self._now(name)) from None

    def _now(self, name: str) -> bytes | None:
        try:
            return self.read(name)
        except Missing:
            return None

    def _open(self, name: str) -> int:
        path = os.path.join(self._real, _checked(name))
        found = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(found).st_mode):
            return found
        os.close(found)
        raise Missing("it is not a plain file")


def _checked(name: str) -> str:
    """A name that can only be that of a scenario directly in the folder."""
    inside = name == os.path.basename(name) and "\0" not in name and not name.startswith(".")
    if not inside or not is_scenario(name):
        raise Missing("no scenario has such a name")
    return name


def _unfit(entry: os.DirEntry[str]) -> str:
    """Why an entry is not served, or ""."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if entry.is_symlink():
        return "a link, which may lead anywhere"
    return "" if entry.is_file(follow_symlinks=False) else "not a plain file"
