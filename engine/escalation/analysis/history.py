"""Historical cases, read once and kept small: what every question about earlier cases starts from.

A case is kept as values: its entities as of the day it was rated, what is dated in it however late it became known
(for what is learnt from a case once its window has closed), and what people coded of it. Reading two dozen files takes
ten times as long as an assessment, so the result stays in the cache, by the bytes of every file it was made from;
`remembered` does the same for the plans that say what to ask of the cases.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from escalation import cache
from escalation.diagnostics import Problems
from escalation.digest import sha256
from escalation.pack import Pack
from escalation.scenario import Scenario, is_scenario, load_scenario
from escalation.source import Mapping, Node, Text, parse, read_bytes
from escalation.vocabulary import Value

__all__ = ["Past", "PastEntity", "analysis_file", "case_files", "past_cases", "remembered", "values_of"]

T = TypeVar("T")


class PastEntity(NamedTuple):
    """One entity: the best value of each of its facts, and the names of those that are stated and not open."""

    kind: str
    id: str
    values: dict[str, Value]
    stated: frozenset[str]


class Past(NamedTuple):
    """One case: `entities` as of the day it was rated, `dated` all that bears a date, `coded` by dotted path."""

    id: str
    title: str
    as_of: date
    perceivers: tuple[str, ...]
    entities: tuple[PastEntity, ...]
    dated: tuple[PastEntity, ...]
    coded: dict[str, str]


def past_cases(folders: Iterable[str], pack: Pack) -> tuple[Past, ...]:
    """The cases in some folders, without those under a banner. Raises InputError with all that is wrong with any."""
    files = case_files(folders)
    read: set[str] = set()  # a register that cases refer to lies elsewhere, and the key does not cover it
    return remembered("cases", files, pack, tuple, lambda: _read(files, pack, read), lambda: read <= set(files))


def values_of(scenario: Scenario, kinds: Iterable[str] | None = None) -> tuple[PastEntity, ...]:
    """The entities of a scenario as values, of some kinds or of all."""
    return tuple(
        PastEntity(
            entity.kind,
            entity.id,
            {name: fact.best for name, fact in entity.facts.items()},
            frozenset(name for name, fact in entity.facts.items() if fact.state == "stated"),
        )
        for entity in scenario.entities
        if kinds is None or entity.kind in kinds
    )


def analysis_file(pack: Pack, name: str, kind: type[T], read: Callable[[Node | None, str, Problems], T]) -> T:
    """What `read` makes of a file in the pack's `analysis/`. Raises InputError with every problem found.

    `read` takes the document, the folder that its paths start from, and where to put problems.
    """
    folder = os.path.join(pack.folder, "analysis")
    path = os.path.join(folder, name)

    def make() -> T:
        problems = Problems()
        data = read_bytes(path, problems)
        node = None if data is None else parse(data, path, problems)
        problems.stop()
        found = read(node, folder, problems)
        problems.stop()
        return found

    there = [path] if os.path.isfile(path) else []
    return remembered(f"{name}-{pack.profile}", there, pack, kind, make, lambda: bool(there), read.__module__)


def remembered(
    name: str,
    files: Sequence[str],
    pack: Pack,
    kind: type[T],
    make: Callable[[], T],
    worth_keeping: Callable[[], bool],
    module: str = __name__,
) -> T:
    """What was made of these files under this pack before, or make it now and keep it, if that is worth it.

    `module` is that of the code that makes it: what an earlier version of it made does not count.
    """
    made_by = os.stat(sys.modules[module].__file__ or "").st_mtime_ns
    key = f"{name}-{pack.digest}-{_digest(files)}-{made_by:x}"
    found = cache.recall(key, kind)
    if found is None:
        found = make()
        if worth_keeping():
            cache.keep(key, found)
    return found


def case_files(folders: Iterable[str]) -> list[str]:
    """The scenario files of some folders, not of folders in them; a pack may come without its casebook."""
    there = (folder for folder in folders if os.path.isdir(folder))
    return [os.path.join(folder, name) for folder in there for name in sorted(os.listdir(folder)) if is_scenario(name)]


def _digest(files: Iterable[str]) -> str:
    total = sha256()
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        total.update(f"{path}\0{len(data)}\0".encode())
        total.update(data)
    return str(total.hexdigest())


def _read(files: Iterable[str], pack: Pack, read: set[str]) -> tuple[Past, ...]:
    """The cases, each read as of its own day and as of the end of time. Notes every file that a fact came from."""
    problems = Problems()
    dated = [kind.name for kind in pack.vocabulary.kinds.values() if kind.dated_by]
    found = []
    for path in files:
        then, whole = (load_scenario(path, pack.vocabulary, problems, as_of=day) for day in (None, date.max))
        if then and whole and not then.banner:
            read.update(fact.mark.file for entity in whole.entities for fact in entity.facts.values())
            found.append(_past(then, values_of(whole, dated)))
    problems.stop()
    return tuple(found)


def _past(case: Scenario, dated: tuple[PastEntity, ...]) -> Past:
    texts = {
        path: text for part in ("observed", "ex_ante", "analyst") for path, text in _texts(getattr(case, part), part)
    }
    return Past(case.id, case.title, case.as_of, case.perceivers, values_of(case), dated, texts)


def _texts(node: Node | None, path: str) -> Iterator[tuple[str, str]]:
    """Every text under a node, by its dotted path."""
    if isinstance(node, Text):
        yield path, node.value
    for key, value in node.entries if isinstance(node, Mapping) else ():
        yield from _texts(value, f"{path}.{key.value}")
