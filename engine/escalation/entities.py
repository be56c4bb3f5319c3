"""The entities of a scenario: read as stated, cut to what was known on the day, then filled in.

A draft is an entity as the file states it. From drafts come, in this order, what is listed as not yet known, and the
entities that count, with every fact that rules may read: stated, inherited, assumed or derived.
"""

import re
from datetime import date
from typing import NamedTuple

from escalation.derived import complete
from escalation.diagnostics import Mark, Problems
from escalation.facts import Entity, Fact
from escalation.merge import merge
from escalation.read import Dated
from escalation.source import Listing, Node, Text
from escalation.statement import FactReader
from escalation.vocabulary import RESERVED, EntityKind, Field, Vocabulary

__all__ = ["ID", "Draft", "EntityReader", "Later", "known_on", "written_under"]

ID = "[a-z0-9]+(-[a-z0-9]+)*"


class Later(NamedTuple):
    """Something stated in the file that was not known on the day rated, and so does not count.

    `path` names it, `date` is when it became known, as written, and `text` says what it is.
    """

    path: str
    date: str
    mark: Mark
    text: str = ""


class Draft(NamedTuple):
    """One entity as the file states it: facts by the key of their field, before anything is dropped or filled in."""

    kind: EntityKind
    id: str
    named: bool  # whether the file gives the id
    facts: dict[str, Fact]
    known_at: str
    mark: Mark

    @property
    def path(self) -> str:
        """What the entity is called on the command line: `items.ID`, or `transfer`."""
        return f"{self.kind.plural}.{self.id}" if self.kind.many else self.kind.name


class EntityReader(FactReader):
    """Reads entities by walking the vocabulary."""

    def __init__(self, problems: Problems, vocabulary: Vocabulary) -> None:
        super().__init__(problems, {})
        self.vocabulary = vocabulary
        self.fields = {kind: vocabulary.of(kind) for kind in vocabulary.kinds}
        self.writable = {kind: written_under(vocabulary, kind) for kind in vocabulary.kinds}

    def drafts(self, kind: EntityKind, top: dict[str, Node], mark: Mark) -> list[Draft]:
        """The entities of one kind that the file states; where there is always one, that one."""
        if not kind.many:
            node = top.get(kind.name)
            return [self.draft(kind, node, kind.name) if node else Draft(kind, kind.name, True, {}, "", mark)]
        node = top.get(kind.plural)
        nodes = self.listing(node, kind.plural)
        if isinstance(node, Listing) and len(nodes) < kind.at_least:
            help = f"describe each {kind.label} as a list item under {kind.plural}:"
            self.problems.add("DOC-2", f"{kind.plural} needs at least {kind.at_least}", node.mark, help)
        return [self.draft(kind, inner, f"{kind.plural}[{i}]") for i, inner in enumerate(nodes)]

    def draft(self, kind: EntityKind, node: Node, where: str) -> Draft:
        own: dict[str, Node] = {}
        rest: list[tuple[Text, Node]] = []
        for key, value in self.mapping(node, where):
            if key.value in RESERVED and (key.value != "id" or kind.many):
                own[key.value] = value
            else:
                rest.append((key, value))
        given = self.slug(own.get("id"), f"{where}.id")
        what = f"{kind.plural}.{given}" if given else where
        cover = self.cover(own, what)
        known = self.dated(own.get("known_at"), f"{what}.known_at")
        facts = {}
        for key, value in rest:
            field = self.field(kind, key, what)
            fact = self.fact(field, value, f"{what}.{key.value}", cover) if field else None
            if field and fact:
                facts[field.key] = fact
        name = given if kind.many else kind.name
        return Draft(kind, name, bool(name), facts, known.text if known else "", node.mark)

    def field(self, kind: EntityKind, key: Text, what: str) -> Field | None:
        """The field that a key names, if it may be written there."""
        fields = self.writable[kind.name]
        field = fields.get(key.value)
        if field is None:
            homes = [k.plural or k.name for k in self.vocabulary.kinds.values() if key.value in self.writable[k.name]]
            known = [*(name for name, f in fields.items() if f.derive is None), *RESERVED]
            help = f"{key.value} belongs to {' and '.join(homes)}" if homes else self.near(key.value, known)
            help = help or f"known here: {', '.join(known)}"
            self.problems.add("KEY-1", f"{what} has no key {key.value[:40]}", key.mark, help)
        elif field.derive is not None:
            help = f"state {' or '.join(field.derive[1])} instead"
            self.problems.add("FACT-8", f"{what}.{key.value} is worked out, not stated", key.mark, help)
            return None
        return field

    def numbered(self, drafts: list[Draft]) -> list[Draft]:
        """The drafts with an id each; one that gives none is numbered by its place among its kind."""
        marks: dict[str, Mark] = {}
        for draft in drafts:
            if draft.named and draft.id in marks:
                first = (("first given here", marks[draft.id]),)
                self.problems.add("ID-2", f"the id {draft.id} is given twice", draft.mark, "rename one", first)
            elif draft.named:
                marks[draft.id] = draft.mark
        places: dict[str, int] = {}
        found = []
        for draft in drafts:
            places[draft.kind.name] = number = places.get(draft.kind.name, 0) + 1
            name = draft.id if draft.named else f"{draft.kind.name}-{number}"
            while not draft.named and name in marks:
                name += "x"
            found.append(draft._replace(id=name))
        return found

    def entities(self, known: list[Draft], day: date) -> tuple[tuple[Entity, ...], tuple[tuple[str, str], ...]]:
        entities: list[Entity] = []
        merged: list[tuple[str, str]] = []
        for kind in self.vocabulary.kinds.values():
            shared = {k: f for draft in known if draft.kind.name == kind.inherits for k, f in draft.facts.items()}
            found = [self.entity(draft, shared, day) for draft in known if draft.kind is kind]
            kept, dropped = merge(kind, found)
            entities += kept
            merged += dropped
        return tuple(entities), tuple(merged)

    def entity(self, draft: Draft, shared: dict[str, Fact], day: date) -> Entity:
        fields = self.fields[draft.kind.name]
        stated = {f.name: fact for f in fields.values() if (fact := draft.facts.get(f.key) or shared.get(f.key))}
        return Entity(draft.kind.name, draft.id, complete(fields, stated, draft.mark, day), draft.mark)

    def slug(self, node: Node | None, what: str) -> str:
        """An id, or "": lowercase letters, digits and single hyphens."""
        text = self.text(node, what)
        if node is None or text is None or re.fullmatch(ID, text):
            return text or ""
        near = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")
        help = f"write {near[:40]}" if near else "lowercase letters, digits and hyphens"
        self.problems.add("ID-1", f"{what}: '{text[:40]}' is not an id", node.mark, help)
        return ""


def written_under(vocabulary: Vocabulary, kind: str) -> dict[str, Field]:
    """The fields that may be written under an entity by name: its own, then those that others inherit from it."""
    heirs = [name for name, other in vocabulary.kinds.items() if other.inherits == kind]
    fields: dict[str, Field] = {}
    for name in (kind, *heirs):
        for field in vocabulary.of(name).values():
            if field.member_of is None:
                fields.setdefault(field.name, field)
    return fields


def known_on(drafts: list[Draft], day: date) -> tuple[list[Draft], tuple[Later, ...]]:
    """What counts on a day, and what does not since it was dated or became known later.

    A thing dated to a month or a year is known once the whole of it is past. Where there is always one entity of a
    kind, one that does not count is as if it stated nothing.
    """
    known, later = [], []
    for draft in drafts:
        if date_of := _after(day, draft.known_at, _dated_by(draft)):
            later.append(Later(draft.path, date_of, draft.mark, _name(draft)))
            known += [] if draft.kind.many else [draft._replace(facts={})]
            continue
        facts = {}
        for key, fact in draft.facts.items():
            if date_of := _after(day, fact.known_at, fact.seen_to):
                text = f"{fact.field.label}: {fact.field.show(fact.best)}"
                later.append(Later(f"{draft.path}.{fact.field.name}", date_of, fact.mark, text))
            else:
                facts[key] = fact
        known.append(draft._replace(facts=facts))
    return known, tuple(sorted(later, key=lambda entry: entry.path))


def _after(day: date, *dates: str) -> str:
    """The first of some dates that is not wholly past on a day, or ""."""
    return next((text for text in dates if text and Dated.of(text).last > day), "")


def _dated_by(draft: Draft) -> str:
    fact = draft.facts.get(f"{draft.kind.name}.{draft.kind.dated_by}")
    return str(fact.best) if fact else ""


def _name(draft: Draft) -> str:
    fact = draft.facts.get(f"{draft.kind.name}.{draft.kind.name_field}")
    return str(fact.best) if fact else ""
