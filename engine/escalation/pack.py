"""A pack: the policy, as data. Vocabulary, parameters, rules, scales and profiles, read from one folder.

The records come first; `pack_reader.py` turns a folder's YAML into them; `load_pack` below finds the folder and keeps
the parsed pack by digest, since parsing costs more than assessing. The default pack is the one installed with the
package.
"""

import os
from typing import NamedTuple

from escalation import cache
from escalation.diagnostics import InputError, Mark, Problem
from escalation.digest import sha256
from escalation.rules import Condition, Parameter, Rule
from escalation.scenario import Source
from escalation.vocabulary import Vocabulary

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


class Level(NamedTuple):
    """One of the ordered levels, with its fixed meaning. `number` counts from 1."""

    number: int
    name: str
    meaning: str


class Scale(NamedTuple):
    """One scale. `thresholds` are the least totals of levels 2, 3, ... in order."""

    name: str
    question: str
    thresholds: tuple[int, ...]


class Factor(NamedTuple):
    """A family of rules whose points are summed and held between `low` and `high`."""

    name: str
    label: str
    low: int
    high: int


class ConfidenceRow(NamedTuple):
    """One row of the confidence table: `level` applies if every limit that is not None is met.

    `weakest_grade` is an Admiralty grade whose letter and digit are both the worst allowed; the others count facts,
    points and levels.
    """

    level: str
    weakest_grade: str | None = None
    most_judgements: int | None = None
    most_assumed: int | None = None
    least_margin: int | None = None
    most_range_levels: int | None = None


class Profile(NamedTuple):
    """A named image of the perceiver: an overlay on points and parameters, and rules it switches off (with reasons)."""

    name: str
    title: str
    rationale: str
    points: dict[str, dict[str, int]]
    parameters: dict[str, Parameter]
    off: dict[str, str]
    sources: tuple[str, ...]
    mark: Mark


class Questions(NamedTuple):
    """What questions about ratings take from the pack; all of it names fields by their keys.

    `terms` are those that a table of terms varies, `together` groups that make one fact for a reader (a range and its
    kind), and `steps` the field that counts earlier steps, with the days it looks back ("" and 0 if there is none).
    """

    terms: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    steps: str = ""
    steps_days: int = 0


class Needs(NamedTuple):
    """What every entity of a kind has to say: all fields of one of the `groups` stated, or narrowed at least."""

    kind: str
    groups: tuple[tuple[str, ...], ...]
    because: str


class Frozen(NamedTuple):
    """The day on which what is able to move a rating was last changed, and its digest on that day; "" if not kept."""

    on: str = ""
    substance: str = ""


class PanelRow(NamedTuple):
    """A row of a panel, and what shows it: the levels (numbers) that it is about, a pathway, or a condition.

    Of the three one is given: `levels` is empty, `pathway` "" and `when` None where they are not.
    """

    cells: tuple[str, ...]
    levels: tuple[int, ...]
    pathway: str
    when: Condition | None
    basis: tuple[str, ...]
    mark: Mark


class Panel(NamedTuple):
    """A table that stands beside a rating and is no part of it.

    `columns` name the cells of its rows; those in `under` are printed below the last of the others. `detail` is the
    shortest report that shows it.
    """

    name: str
    title: str
    says: str
    columns: tuple[str, ...]
    under: tuple[str, ...]
    detail: str
    basis: tuple[str, ...]
    rows: tuple[PanelRow, ...]
    mark: Mark


class Pack(NamedTuple):
    """A loaded pack, with one profile applied or none ("").

    `scales[0]` is the headline. `rules` are in pack order; `order` is an order in which every rule comes after those
    that make the conclusions it needs; `strata[i]` is the stratum of rule i: at least that of the makers of what it
    needs concluded, and past that of the makers of what it needs not concluded.
    """

    name: str
    version: str
    perceivers: tuple[str, ...]
    knowledge_to: str
    levels: tuple[Level, ...]
    scales: tuple[Scale, ...]
    factors: tuple[Factor, ...]
    vocabulary: Vocabulary
    parameters: dict[str, Parameter]
    rules: tuple[Rule, ...]
    order: tuple[int, ...]
    strata: tuple[int, ...]
    profiles: dict[str, Profile]
    sources: dict[str, Source]
    caveats: tuple[str, ...]
    confidence: tuple[ConfidenceRow, ...]
    profile: str
    digest: str
    folder: str
    questions: Questions = Questions()
    panels: tuple[Panel, ...] = ()
    needs: tuple[Needs, ...] = ()
    frozen: Frozen = Frozen()

    def level_of(self, scale: Scale, total: int) -> int:
        """The level of a total on a scale, before floors and ceilings."""
        return 1 + sum(total >= threshold for threshold in scale.thresholds)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


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
