"""Keeps parsed packs and cases between runs, by digest, in the user's cache folder.

Entries are this program's own and are read back only if the folder belongs to the user and nobody else may write to it;
whatever is wrong with an entry, it is ignored and made again. ESCALATION_CACHE=off turns it off; the folder is
$XDG_CACHE_HOME/escalation-assess, by default ~/.cache/escalation-assess.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TypeVar

from escalation import __version__

try:
    from _pickle import load as _unpickled  # importing all of `pickle` takes half as long as reading a pack
except ImportError:
    from pickle import load as _unpickled

__all__ = ["file", "folder", "keep", "recall"]

T = TypeVar("T")
_READERS = (
    *("pack", "pack_records", "pack_reader", "beside_reader", "rules", "conditions", "operators", "vocabulary", "sets"),
    *("read", "source", "scenario", "entities", "statement", "derived", "merge", "facts", "register"),
    *("rete_plan", "rete_codes"),
)
_EDITION = f"{__version__}-{sys.version_info[0]}.{sys.version_info[1]}"


def folder() -> str | None:
    """The cache folder, or None if there is to be none."""
    if os.environ.get("ESCALATION_CACHE") == "off":
        return None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "escalation-assess")


def recall(key: str, kind: type[T]) -> T | None:
    """The object kept under `key`, if it is there, ours, and of that kind."""
    root = folder()
    try:
        if root is None or not _private(root):
            return None
        with open(os.path.join(root, _name(key)), "rb") as file:
            found = _unpickled(file)  # noqa: S301 - the folder is the user's own
    except Exception:
        return None
    return found if isinstance(found, kind) else None


def keep(key: str, value: object) -> None:
    """Keep an object under `key`; a folder that cannot be written is not an error."""
    import pickle

    root = folder()
    if root is None:
        return
    try:
        os.makedirs(root, mode=0o700, exist_ok=True)
        if not _private(root):
            return
        path = os.path.join(root, _name(key))
        part = f"{path}.{os.getpid()}"
        with open(part, "wb") as file:
            pickle.dump(value, file, protocol=5)
        os.replace(part, path)
    except OSError:
        return


def file(name: str, content: bytes) -> str | None:
    """The path of a file of that name and content in the cache folder, written if need be; None if none can be."""
    root = folder()
    if root is None:
        return None
    path = os.path.join(root, name)
    try:
        os.makedirs(root, mode=0o700, exist_ok=True)
        if not _private(root):
            return None
        if os.path.exists(path):
            with open(path, "rb") as there:
                if there.read() == content:
                    return path
        part = f"{path}.{os.getpid()}"
        with open(part, "wb") as new:
            new.write(content)
        os.replace(part, path)
    except OSError:
        return None
    return path


def _name(key: str) -> str:
    return f"{_EDITION}-{_source_stamp()}-{key}"


def _source_stamp() -> str:
    """Changes whenever the code that reads packs or cases does, so that a developer never sees a stale entry."""
    here = os.path.dirname(os.path.abspath(__file__))
    newest = max(os.stat(os.path.join(here, f"{name}.py")).st_mtime_ns for name in _READERS)
    return f"{newest:x}"


def _private(root: str) -> bool:
    found = os.stat(root)
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
