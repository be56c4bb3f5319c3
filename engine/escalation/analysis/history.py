"""Historical cases, read once and kept: what every question about earlier cases starts from.

`past_cases` loads each case twice, as of the day it was rated and with all that its file says however late it became
known; the second is for what is learnt from a case once its window has closed. Reading two dozen files takes ten times
as long as an assessment, so the result is kept in the cache, by the bytes of every file it was made from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from escalation import cache
from escalation.diagnostics import Problems
from escalation.digest import sha256
from escalation.pack import Pack
from escalation.scenario import Scenario, load_scenario

__all__ = ["Past", "case_files", "files_digest", "past_cases"]


class Past(NamedTuple):
    """One case: `then`, as of the day it was rated, and `whole`, with the dated things that came later as well."""

    then: Scenario
    whole: Scenario


def case_files(folders: Iterable[str]) -> list[str]:
    """The scenario files of some folders, not of folders in them; a pack may come without its casebook."""
    there = (folder for folder in folders if os.path.isdir(folder))
    return [os.path.join(folder, name) for folder in there for name in sorted(os.listdir(folder)) if _is_case(name)]


def files_digest(files: Iterable[str]) -> str:
    """A digest of the names and bytes of files."""
    total = sha256()
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        total.update(f"{path}\0{len(data)}\0".encode())
        total.update(data)
    return str(total.hexdigest())


def past_cases(folders: Sequence[str], pack: Pack) -> tuple[Past, ...]:
    """The cases in some folders, without those under a banner. Raises InputError with all that is wrong with any."""
    files = case_files(folders)
    key = f"cases-{pack.digest}-{files_digest(files)}"
    kept: tuple[Past, ...] | None = cache.recall(key, tuple)
    if kept is not None:
        return kept
    problems = Problems()
    pairs = [(_load(path, pack, problems), _load(path, pack, problems, date.max)) for path in files]
    problems.stop()
    found = tuple(Past(then, _slim(whole, pack)) for then, whole in pairs if then and whole and not then.banner)
    if _files_of(found) <= set(files):  # else some of it comes from a register, which the digest does not cover
        cache.keep(key, found)
    return found


def _is_case(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _load(path: str, pack: Pack, problems: Problems, as_of: date | None = None) -> Scenario | None:
    return load_scenario(path, pack.vocabulary, problems, as_of=as_of)


def _slim(case: Scenario, pack: Pack) -> Scenario:
    """Only what is dated: the rest stands in the case as of its own day."""
    dated = tuple(entity for entity in case.entities if pack.vocabulary.kinds[entity.kind].dated_by)
    return case._replace(entities=dated, sources={}, later=(), observed=None, ex_ante=None, analyst=None)


def _files_of(cases: Iterable[Past]) -> set[str]:
    return {
        fact.mark.file for past in cases for e in past.whole.entities for fact in e.facts.values() if fact.mark.file
    }
