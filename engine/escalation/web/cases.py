"""The scenarios of a folder, rated: each file read, checked and assessed as the command line does, and remembered.

What is remembered stands as long as the bytes of everything it was made from are the same, so a change on disk shows at
the next request. One lock is held around all of it: the native engine is one, and so is the person who asks.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from threading import RLock
from typing import NamedTuple

from escalation.assess import Assessment, assess
from escalation.diagnostics import InputError, Problem, Problems
from escalation.pack import Pack, load_image, load_pack
from escalation.scenario import build_scenario
from escalation.source import LIMITS, Listing, Mapping, Node, Text, parse
from escalation.vocabulary import Vocabulary
from escalation.web.folder import Folder, Missing, digest_of

__all__ = ["OUT_OF_SCOPE", "Case", "Cases", "digest_at"]

OUT_OF_SCOPE = "SCOPE-1"
_MOST = 2_000  # assessments kept: a full list under every image; those of the samples take some 65 kB each


class Case(NamedTuple):
    """One file under one image: its assessment, or the problems for which there is none.

    `digest` is that of the file's bytes; `beside` are other files that it was made from, with the digest of each.
    """

    name: str
    digest: str
    found: Assessment | None
    problems: tuple[Problem, ...]
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def outside(self) -> bool:
        """Whether all that is wrong is that the pack does not cover the perceiver."""
        return bool(self.problems) and all(problem.code == OUT_OF_SCOPE for problem in self.problems)


class Cases:
    """Rates the scenarios of a folder. `rules` is the folder of the pack (None: the installed one)."""

    def __init__(self, folder: Folder, rules: str | None, engine: str) -> None:
        self.folder, self.rules, self.engine = folder, rules, engine
        self.lock = RLock()
        self._kept: OrderedDict[tuple[str, str, str, str], Case] = OrderedDict()

    def pack(self, profile: str = "") -> Pack:
        """The pack as its files are now, under one of its images. Raises InputError."""
        neutral = load_pack(self.rules)
        return load_image(neutral, profile) if profile else neutral

    def case(self, name: str, profile: str = "") -> Case:
        """A scenario as its file is now. Raises Missing; InputError if the pack is no good."""
        return self.under(name, self.pack(profile))

    def under(self, name: str, pack: Pack) -> Case:
        """A scenario as its file is now, under a pack that has just been read. Raises Missing."""
        data = self.folder.read(name)
        key = (name, digest_of(data), pack.digest, pack.profile)
        kept = self._kept.get(key)
        if kept and all(digest_at(path) == digest for path, digest in kept.beside):
            self._kept.move_to_end(key)
            return kept
        made = self.rated(name, data, pack)
        self._kept[key] = made
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return made

    def every(self, names: Iterator[str] | tuple[str, ...], profile: str = "") -> Iterator[Case]:
        """Each of the scenarios that is still there. Raises InputError if the pack is no good."""
        pack = self.pack(profile)
        for name in names:
            try:
                yield self.under(name, pack)
            except Missing:
                continue  # taken away since it was listed

    def rated(self, name: str, data: bytes, pack: Pack) -> Case:
        """What the text of a scenario comes to, whether it is on disk or not."""
        problems, file = Problems(), self.folder.shown(name)
        node = parse(data, file, problems)
        beside: tuple[tuple[str, str], ...] = ()
        if node is not None:
            beside = tuple(self._beside(_registers(node, pack.vocabulary), problems))
        scenario = None
        if node is not None and not problems.found:
            scenario = build_scenario(node, file, pack.vocabulary, problems)
        found = None
        if scenario is not None and not problems.found:
            try:
                found = assess(scenario, pack, engine=self.engine)
            except InputError as error:
                told = (one if one.excerpt else one._replace(excerpt=problems.line(one.mark)) for one in error.problems)
                problems.found += told
        ordered = sorted(problems.found, key=lambda one: (one.mark.file, one.mark.line, one.mark.column))
        return Case(name, digest_of(data), found, tuple(ordered), beside)

    def _beside(self, registers: Iterator[Text], problems: Problems) -> Iterator[tuple[str, str]]:
        """The registers that a scenario reads, each with its digest.

        No file outside the folder served is read, though the command line would read one a folder up.
        """
        for one in registers:
            path = os.path.join(self.folder.path, one.value)
            if "\0" not in path and self.folder.holds(path) and (os.path.isfile(path) or not os.path.exists(path)):
                yield path, digest_at(path)
                continue
            help = "the application reads nothing outside the folder it serves; the command line would"
            problems.add("REG-1", f"the register {one.value} is not in the folder served", one.mark, help)


def _registers(node: Node, vocabulary: Vocabulary) -> Iterator[Text]:
    """The names of the files that a document refers to."""
    for kind in vocabulary.kinds.values():
        named = node.get(kind.register_key) if kind.register_key and isinstance(node, Mapping) else None
        for one in named.items if isinstance(named, Listing) else (named,):
            file = one.get("file") if isinstance(one, Mapping) else None
            if isinstance(file, Text):
                yield file


def digest_at(path: str) -> str:
    """The digest of a file, no further than one byte past the limit; "" if it is not one or cannot be read."""
    try:
        if not os.path.isfile(path):
            return ""  # reading a pipe would wait for ever
        with open(path, "rb") as file:
            return digest_of(file.read(LIMITS.bytes + 1))
    except (OSError, ValueError):
        return ""
