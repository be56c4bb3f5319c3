"""A pack: the policy, as data. Vocabulary, parameters, rules, scales and profiles, read from one folder.

`load_pack` finds the folder and keeps the parsed pack by digest, since parsing costs more than assessing. The default
pack is the one installed with the package. The records are in `pack_records.py`; `pack_reader.py` turns YAML into them.
"""

import os

from escalation import cache
from escalation.diagnostics import InputError, Mark, Problem
from escalation.digest import sha256
from escalation.pack_records import (
    ConfidenceRow,
    Factor,
    Frozen,
    Level,
    Needs,
    Pack,
    Panel,
    PanelRow,
    Profile,
    Questions,
    Scale,
)

__all__ = [
    "ConfidenceRow",
    "Factor",
    "Frozen",
    "Level",
    "Needs",
    "Pack",
    "Panel",
    "PanelRow",
    "Profile",
    "Questions",
    "Scale",
    "data_folder",
    "key_of",
    "load_image",
    "load_pack",
]


def data_folder(name: str) -> str:
    """Where the data of that name lies: beside the installed package, else at the top of the checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.join(here, name)
    return beside if os.path.isdir(beside) else os.path.join(os.path.dirname(os.path.dirname(here)), name)


def load_pack(folder: str | os.PathLike[str] | None = None, profile: str = "") -> Pack:
    """Load a pack from a folder (default: the installed one), under a profile of it.

    Raises InputError with every problem found, also where the folder holds no pack or the profile is unknown.
    """
    root = data_folder("rules") if folder is None else os.fspath(folder)
    files = _files(root)
    digest = _digest(files)
    key = f"{digest}-{profile}"
    pack = cache.recall(key, Pack)
    if pack is None or (pack.folder, pack.digest, pack.profile) != (root, digest, profile):
        from escalation.pack_reader import read_pack  # needed only when the parsed pack is not at hand

        pack = read_pack(files, digest, profile, root)
        cache.keep(key, pack)
    return _remembered(key, pack)


def load_image(pack: Pack, profile: str) -> Pack:
    """The same pack under another of its images, or under none ("")."""
    key = f"{pack.digest}-{profile}"
    found = cache.recall(key, Pack)  # what was read is known: its files need no reading again
    if found is None or found.folder != pack.folder:
        return load_pack(pack.folder, profile)
    return _remembered(key, found)


_LOADED: dict[str, Pack] = {}
_MOST_LOADED = 16  # more would only be a leak


def key_of(pack: Pack) -> str:
    """The key under which what is made of a pack's rules may be kept between runs; "" if they are not as loaded.

    The digest alone would not do: an analysis that changes a rule in memory leaves it as it was.
    """
    key = f"{pack.digest}-{pack.profile}"
    loaded = _LOADED.get(key)
    same = loaded is not None and pack.rules is loaded.rules and pack.strata is loaded.strata
    return key if same else ""


def _remembered(key: str, pack: Pack) -> Pack:
    if len(_LOADED) >= _MOST_LOADED:
        _LOADED.pop(next(iter(_LOADED)))
    _LOADED[key] = pack
    return pack


def _files(root: str) -> dict[str, tuple[str, bytes]]:
    """The YAML files of a pack: path within the pack to (path to show, bytes)."""
    if not os.path.isfile(os.path.join(root, "pack.yaml")):
        mark = Mark(os.path.join(root, "pack.yaml"), 1, 1)
        raise InputError(
            [Problem("PACK-1", "no rule pack here: pack.yaml is missing", mark, help="name a pack's folder")]
        )
    found = {}
    for inside in ("", "profiles"):
        folder = os.path.join(root, inside) if inside else root
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            if name.endswith(".yaml"):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[f"{inside}/{name}" if inside else name] = (path, file.read())
    return found


def _digest(files: dict[str, tuple[str, bytes]]) -> str:
    total = sha256()
    for name, (_, data) in sorted(files.items()):
        total.update(f"{name}\0{len(data)}\0".encode())
        total.update(data)
    return str(total.hexdigest())
