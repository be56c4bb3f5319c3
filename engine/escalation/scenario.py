"""A scenario: the facts of one proposed transfer, as they stood on one day.

The records come first. `load_scenario` reads a file into them by walking the vocabulary, in four steps: read every
statement; drop what was not known on the day rated; fill in what is inherited, assumed and derived; collapse entities
that say the same. Entities come in the vocabulary's order of kinds and then by id, so that neither the order of the
file nor that of its keys matters to any result.
"""

import os
from datetime import date
from os import PathLike
from typing import NamedTuple, TypeAlias, overload

from escalation.diagnostics import Mark, Problems
from escalation.entities import ID, Draft, EntityReader, Later, known_on
from escalation.facts import Alternative, Distribution, Entity, Fact, Source
from escalation.merge import Json, canonical, digest
from escalation.sets import Scalar
from escalation.source import Listing, Mapping, Node, Text, parse, read_bytes
from escalation.vocabulary import Vocabulary

__all__ = [
    "ID",
    "OPTIONAL",
    "PERCEIVERS",
    "REQUIRED",
    "SOURCE_KEYS",
    "Alternative",
    "Distribution",
    "Entity",
    "Fact",
    "Later",
    "Scenario",
    "Source",
    "World",
    "assumed_world",
    "build_scenario",
    "is_scenario",
    "load_scenario",
    "read_scenario",
    "review_path",
]

REQUIRED = ("schema", "id", "title", "as_of", "perceiver")
OPTIONAL = ("sources", "observed", "ex_ante", "notes", "correlated", "banner", "analyst")
SOURCE_KEYS = ("publisher", "title", "date", "url", "grade", "note")
REVIEWS = (".review.yaml", ".review.yml")
"""How the files of reviews end, which stand beside scenarios."""
PERCEIVERS = "transfer.recipient"
"""The field whose words are the codes of countries."""


class Scenario(NamedTuple):
    """A loaded scenario. `entities` come in the order of the vocabulary's kinds, then of their ids.

    `observed`, `ex_ante` and `analyst` are kept as read: no rule can see them. `perceiver_line` is the source line at
    `perceiver_mark`.
    """

    id: str
    title: str
    as_of: date
    perceivers: tuple[str, ...]
    entities: tuple[Entity, ...]
    sources: dict[str, Source]
    later: tuple[Later, ...]
    merged: tuple[tuple[str, str], ...]  # (kept, dropped) ids of entities that say the same
    correlated: tuple[tuple[str, str, float], ...]  # (path, path, rank correlation)
    digest: str
    file: str
    perceiver_mark: Mark = Mark("", 1, 1)
    perceiver_line: str = ""
    notes: tuple[str, ...] = ()
    banner: str = ""
    observed: Node | None = None
    ex_ante: Node | None = None
    analyst: Node | None = None


World: TypeAlias = tuple[dict[str, Scalar], ...]
"""One complete assignment: for each entity of a scenario, in order, the value of every readable field."""


def is_scenario(name: str) -> bool:
    """Whether a file in a folder of scenarios is one, by its name.

    >>> is_scenario("patriot.yaml"), is_scenario("patriot.review.yaml")
    (True, False)
    """
    return name.endswith((".yaml", ".yml")) and not name.endswith(REVIEWS)


def review_path(file: str) -> str:
    """The path of the review of a scenario file, beside it; "" for standard input, which has no place for one.

    >>> review_path("scenarios/patriot.yaml")
    'scenarios/patriot.review.yaml'
    """
    return "" if file in ("", "-") else os.path.splitext(file)[0] + REVIEWS[0]


def assumed_world(scenario: Scenario) -> World:
    """The world that the level rates: the stated best estimate of each fact, else the vocabulary's assumption."""
    return tuple(
        {
            name: fact.best
            for name, fact in entity.facts.items()
            if not isinstance(fact.best, tuple) and fact.field.readable
        }
        for entity in scenario.entities
    )


@overload
def load_scenario(path: str | PathLike[str], vocabulary: Vocabulary, *, as_of: date | None = None) -> Scenario: ...
@overload
def load_scenario(
    path: str | PathLike[str], vocabulary: Vocabulary, problems: Problems, *, as_of: date | None = None
) -> Scenario | None: ...
def load_scenario(
    path: str | PathLike[str], vocabulary: Vocabulary, problems: Problems | None = None, *, as_of: date | None = None
) -> Scenario | None:
    """Load a scenario file; `as_of` stands in for the day in the file.

    Raises InputError with every problem found. If `problems` is given they are collected there instead, and a scenario
    that cannot be used is None.
    """
    collected = Problems() if problems is None else problems
    data = read_bytes(path, collected)
    scenario = None if data is None else read_scenario(data, str(path), vocabulary, collected, as_of=as_of)
    if problems is None:
        collected.stop()
    return scenario


def read_scenario(
    data: bytes, file: str, vocabulary: Vocabulary, problems: Problems, *, as_of: date | None = None
) -> Scenario | None:
    """Read a scenario from the bytes of `file`; None if there was any problem. See `load_scenario`."""
    before = len(problems.found)
    node = parse(data, file, problems)
    scenario = None if node is None else build_scenario(node, file, vocabulary, problems, as_of=as_of)
    return scenario if len(problems.found) == before else None  # parsing goes on past what it can


def build_scenario(
    node: Node, file: str, vocabulary: Vocabulary, problems: Problems, *, as_of: date | None = None
) -> Scenario | None:
    """Make a scenario of a document that has been parsed; None if there was any problem. See `load_scenario`."""
    before = len(problems.found)
    if isinstance(node, Mapping) and any(
        k.register_key and node.get(k.register_key) for k in vocabulary.kinds.values()
    ):
        from escalation.register import resolved  # few scenarios refer to one

        node = resolved(node, file, vocabulary, problems)
    scenario = _ScenarioReader(problems, vocabulary).scenario(node, file, as_of)
    return scenario if len(problems.found) == before else None


class _ScenarioReader(EntityReader):
    def scenario(self, node: Node, file: str, as_of: date | None) -> Scenario | None:
        before = len(self.problems.found)
        kinds = self.vocabulary.kinds.values()
        required = [*REQUIRED, *(kind.plural for kind in kinds if kind.at_least)]
        optional = [*(kind.plural or kind.name for kind in kinds if not kind.at_least), *OPTIONAL]
        optional += [kind.register_key for kind in kinds if kind.register_key]
        top = self.keys(node, "the scenario", required, optional)
        self.edition(top.get("schema"))
        self.sources = self.read_sources(top.get("sources"))
        name = self.slug(top.get("id"), "id")
        day = self.day(top.get("as_of"))
        perceivers = self.perceivers(top.get("perceiver"))
        drafts = self.numbered([draft for kind in kinds for draft in self.drafts(kind, top, node.mark)])
        correlated = self.correlations(top.get("correlated"), drafts)
        self.keys(top.get("analyst"), "analyst", (), ["level", "reason", "dissent"])
        title, banner = (self.text(top.get(key), key) or "" for key in ("title", "banner"))
        notes = self.texts(top.get("notes"), "notes")
        if len(self.problems.found) > before or day is None:
            return None
        day = as_of or day
        known, later = known_on(drafts, day)
        self.enough(known, top, day)
        entities, merged = self.entities(known, day)
        ids = {entity.id for entity in entities}
        mark = top["perceiver"].mark
        return Scenario(
            id=name,
            title=title,
            as_of=day,
            perceivers=perceivers,
            entities=entities,
            sources=self.sources,
            later=later,
            merged=merged,
            correlated=tuple(pair for pair in correlated if all(path.split(".")[-2] in ids for path in pair[:2])),
            digest=self.digest([name, title, day.isoformat(), sorted(perceivers)], drafts, correlated),
            file=file,
            perceiver_mark=mark,
            perceiver_line=self.problems.line(mark),
            notes=notes,
            banner=banner,
            observed=top.get("observed"),
            ex_ante=top.get("ex_ante"),
            analyst=top.get("analyst"),
        )

    # -- the head of the document

    def edition(self, node: Node | None) -> None:
        number = self.whole(node, "schema")
        if node is not None and number is not None and number != 1:
            help = "schema: 1 is the only edition of the format so far"
            self.problems.add("DOC-1", f"schema {number} is not known here", node.mark, help)

    def day(self, node: Node | None) -> date | None:
        dated = self.dated(node, "as_of")
        if dated is None or node is None:
            return None
        if dated.first != dated.last:
            help = "what was known is decided to the day: write YYYY-MM-DD"
            self.problems.add("DATE-2", f"as_of: {dated.text} is not one day", node.mark, help)
        return dated.last

    def perceivers(self, node: Node | None) -> tuple[str, ...]:
        field = self.vocabulary.fields.get(PERCEIVERS)
        nodes = (node,) if isinstance(node, Text) else self.listing(node, "perceiver")
        if isinstance(node, Listing) and not nodes:
            self.problems.add("DOC-2", "perceiver names nobody", node.mark, "name whose reading is rated")
        words = [self.word(n, "perceiver", field.words) if field else self.text(n, "perceiver") for n in nodes]
        return tuple(dict.fromkeys(word for word in words if word))

    def read_sources(self, node: Node | None) -> dict[str, Source]:
        sources = {}
        for key, value in self.mapping(node, "sources"):
            what = f"sources.{key.value}"
            found = self.keys(value, what, (), SOURCE_KEYS)
            names = ("publisher", "title", "url", "note")
            publisher, title, url, _ = (self.text(found.get(name), f"{what}.{name}") or "" for name in names)
            dated = self.dated(found.get("date"), f"{what}.date")
            grade = self.grade(found.get("grade"), f"{what}.grade")
            day = dated.text if dated else ""
            sources[key.value] = Source(key.value, publisher, title, day, url, grade, key.mark)
        return sources

    # -- what counts on the day

    def enough(self, known: list[Draft], top: dict[str, Node], day: date) -> None:
        for kind in self.vocabulary.kinds.values():
            if sum(draft.kind is kind for draft in known) < kind.at_least:
                help = "see known_at, and the date of each"
                message = f"fewer than {kind.at_least} of {kind.plural} were known on {day}"
                self.problems.add("DOC-3", message, top[kind.plural].mark, help)

    # -- correlation and digest

    def correlations(self, node: Node | None, drafts: list[Draft]) -> tuple[tuple[str, str, float], ...]:
        """Pairs of facts whose doubts go together, with their rank correlation."""
        if node is None:
            return ()
        paths = self.paths(drafts)
        found = []
        for item in self.listing(node, "correlated"):
            keys = self.keys(item, "correlated", ["facts", "rank_correlation"])
            names = [paths.get(text, "") for text in self.texts(keys.get("facts"), "facts")]
            share = self.number(keys.get("rank_correlation"), "rank_correlation")
            if "facts" in keys and (len(set(names)) != 2 or "" in names):
                help = "name two, as transfer.FIELD, items.ID.FIELD or items[0].FIELD"
                self.problems.add("REF-3", "correlated: facts names no two facts", keys["facts"].mark, help)
            elif share is not None and not -1 <= share <= 1:
                mark = keys["rank_correlation"].mark
                self.problems.add("NUM-4", f"rank_correlation: {share} is out of bounds", mark, "it can be -1 to 1")
            elif share is not None and len(names) == 2:
                found.append((min(names), max(names), float(share)))
        return tuple(sorted(found))

    def paths(self, drafts: list[Draft]) -> dict[str, str]:
        """Every way to write the path of a fact of this file, and the one by which it goes."""
        paths: dict[str, str] = {}
        places: dict[str, int] = {}
        for draft in drafts:
            at = places[draft.kind.name] = places.get(draft.kind.name, -1) + 1
            for name in self.fields[draft.kind.name]:
                path = f"{draft.path}.{name}"
                paths[path] = path
                if draft.kind.many:
                    paths[f"{draft.kind.plural}[{at}].{name}"] = path
        return paths

    def digest(self, head: list[Json], drafts: list[Draft], correlated: tuple[tuple[str, str, float], ...]) -> str:
        """The digest of all that the file states as fact, whether it counts or not, in whatever order."""
        stated = [
            [
                draft.kind.name,
                draft.id if draft.named else "",
                draft.known_at,
                sorted([[key, canonical(fact)] for key, fact in draft.facts.items()], key=str),
            ]
            for draft in drafts
            if draft.facts or draft.kind.many
        ]
        sources = [list(source[:-1]) for _, source in sorted(self.sources.items())]
        return digest([*head, sorted(stated, key=str), sources, [list(pair) for pair in correlated]])
