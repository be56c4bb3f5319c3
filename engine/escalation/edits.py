"""Changes to a loaded scenario: what every "what if" stands on.

A change gives a new `Scenario` in which all else follows as it would have from a file that says so: lists and their
members, fields worked out from others, what was not known on the day, entities that now say the same, and the digest.
`with_text` and `edited` read what people write, by the rules of the loader; the others take values of the field's type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from escalation.derived import complete
from escalation.diagnostics import InputError, Mark, Problem, Problems, suggest
from escalation.entities import ID, Later
from escalation.facts import Entity, Fact, single
from escalation.merge import Json, canonical, digest, merge
from escalation.paths import CHANGE, find, find_entities, path_to, reading, resolved
from escalation.read import Dated
from escalation.scenario import Scenario
from escalation.sets import contains
from escalation.source import Listing, Node, Text, parse
from escalation.statement import Cover, FactReader
from escalation.vocabulary import Field, Value, Vocabulary

__all__ = [
    "CHANGE",
    "edited",
    "find",
    "find_entities",
    "new_entity",
    "path_to",
    "with_entity",
    "with_text",
    "with_value",
    "with_values",
    "without",
]

_ADDED = "added"
_Stated: TypeAlias = dict[str, Fact]


def with_value(scenario: Scenario, vocabulary: Vocabulary, at: int, field: Field, value: Value) -> Scenario:
    """The scenario with one fact stated as a value of the field's type; see `with_values`."""
    return with_values(scenario, vocabulary, [(at, field, value)])


def with_values(scenario: Scenario, vocabulary: Vocabulary, changes: Iterable[tuple[int, Field, Value]]) -> Scenario:
    """The scenario with some facts stated, as assumptions: (index of the entity, field, value).

    A member field such as `also[nuclear]` changes its list; a field worked out from others changes what it is worked
    out from (an age moves the date, a highest word moves the first of its fields). Raises ValueError for a value that
    the field cannot have.
    """
    entities = list(scenario.entities)
    stated: dict[int, _Stated] = {}
    for at, field, value in changes:
        own = stated.setdefault(at, _stated(entities[at]))
        _put(own, vocabulary.of(entities[at].kind), field, value, scenario)
    for at, own in stated.items():
        entities[at] = _completed(entities[at], own, vocabulary, scenario)
    return _settled(scenario, vocabulary, entities, stated)


def with_text(scenario: Scenario, vocabulary: Vocabulary, path: str, text: str) -> Scenario:
    """The scenario with one fact stated as written: `unknown`, a value with or without a unit, or words with commas.

    A mapping or list in YAML's short form (`{low: 70, high: 90 km}`) says what it says in a file. Raises InputError.
    """
    at, field = find(scenario, vocabulary, path)
    entity = scenario.entities[at]
    problems, mark = reading(f"{path}={text}", len(path) + 2)
    if field.derive is not None or field.member_of is not None:
        inputs = field.derive[1] if field.derive else field.member_of[:1] if field.member_of else ()
        problems.add("EDIT-3", f"{path} is worked out, not stated", mark, f"set {' or '.join(inputs)} instead")
    problems.stop()
    fact = FactReader(problems, scenario.sources).fact(field, _node(field, text, mark, problems), path, Cover())
    problems.stop()
    assert fact is not None
    stated = {**_stated(entity), field.name: fact._replace(mark=mark)}
    entities = list(scenario.entities)
    entities[at] = _completed(entity, stated, vocabulary, scenario)
    return _settled(scenario, vocabulary, entities, [at])


def with_entity(
    scenario: Scenario, vocabulary: Vocabulary, kind: str, values: Mapping[str, Value], id: str = ""
) -> Scenario:
    """The scenario with one more entity of a kind, on which these facts are stated (field name to value).

    A dated entity that gives no date bears the day rated. Without an `id` it is called added, added-2 and so on.
    """
    return _with_new(scenario, vocabulary, new_entity(scenario, vocabulary, kind, values, id))


def new_entity(
    scenario: Scenario, vocabulary: Vocabulary, kind: str, values: Mapping[str, Value], id: str = ""
) -> Entity:
    """The entity that `with_entity` adds."""
    stated: _Stated = {}
    fields = vocabulary.of(kind)
    dated_by = vocabulary.kinds[kind].dated_by
    if dated_by and not any(f in values for f in (dated_by, *_derived_from(fields, dated_by))):
        stated[dated_by] = _said(fields[dated_by], scenario.as_of.isoformat())
    for name, value in values.items():
        _put(stated, fields, fields[name], value, scenario)
    return _entity(scenario, vocabulary, kind, stated, id)


def without(scenario: Scenario, vocabulary: Vocabulary, path: str) -> Scenario:
    """The scenario without an entity (`warnings.ID`), without all of a kind (`warnings`), or with a fact not stated.

    Raises InputError (EDIT-4) where too few would be left.
    """
    problems, mark = reading(path)
    kind, found, rest = resolved(scenario, vocabulary, path, problems, mark)
    problems.stop()
    if rest or not kind.many:
        at, field = find(scenario, vocabulary, path)
        stated = {name: fact for name, fact in _stated(scenario.entities[at]).items() if name != field.name}
        entities = list(scenario.entities)
        entities[at] = _completed(entities[at], stated, vocabulary, scenario)
        return _settled(scenario, vocabulary, entities, [at])
    left = [entity for i, entity in enumerate(scenario.entities) if i not in found]
    if sum(entity.kind == kind.name for entity in left) < kind.at_least:
        problems.add("EDIT-4", f"{kind.plural} needs at least {kind.at_least}", mark, "add another one first")
        problems.stop()
    return _settled(scenario, vocabulary, left, ())


def edited(
    scenario: Scenario,
    vocabulary: Vocabulary,
    assign: Sequence[str] = (),
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> Scenario:
    """The scenario after changes as written on a command line, taken in the order remove, add, assign.

    `assign` holds PATH=VALUE, `add` KIND:FIELD=VALUE,FIELD=VALUE (`id` too; a comma inside a value is escaped by a
    backslash), `remove` paths. Raises InputError with every problem of every change.
    """
    problems: list[Problem] = []
    for change, texts in ((without, remove), (_added, add), (_assigned, assign)):
        for written in texts:
            try:
                scenario = change(scenario, vocabulary, written)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return scenario


# -- facts


def _stated(entity: Entity) -> _Stated:
    """What an entity states, apart from what follows from it."""
    return {
        name: fact
        for name, fact in entity.facts.items()
        if fact.state != "assumed" and not fact.field.member_of and fact.field.derive is None
    }


def _said(field: Field, value: Value) -> Fact:
    """A fact stated as an assumption."""
    if field.domain is not None and not all(
        contains(field.domain, one) for one in (value if isinstance(value, tuple) else (value,))
    ):
        raise ValueError(f"{value!r} is not a value of {field.key}")
    possible = None if field.domain is None or isinstance(value, tuple) else single(value)
    return Fact(field, value, possible, "stated", Mark(CHANGE, 1, 1))


def _put(stated: _Stated, fields: dict[str, Field], field: Field, value: Value, scenario: Scenario) -> None:
    """State a fact, or what it follows from."""
    if field.member_of is not None:
        name, word = field.member_of
        before = stated[name].best if name in stated else fields[name].assume
        words = tuple(w for w in (before if isinstance(before, tuple) else ()) if w != word)
        stated[name] = _said(fields[name], (*words, word) if value else words)
    elif field.derive is None:
        stated[field.name] = _said(field, value)
    elif field.derive[0] == "days_before_as_of":
        assert isinstance(value, int)
        date_field = fields[field.derive[1][0]]
        stated[date_field.name] = _said(date_field, (scenario.as_of - timedelta(days=value)).isoformat())
    else:
        _put_highest(stated, fields, field, str(value))


def _put_highest(stated: _Stated, fields: dict[str, Field], field: Field, word: str) -> None:
    """Make a word the highest of several fields: higher ones go, and the first field says it unless another does."""
    assert field.derive is not None
    rank = {w: i for i, w in enumerate(field.order)}
    names = field.derive[1]
    for name in names:
        own = fields[name]
        said = stated[name].best if name in stated else own.assume
        if isinstance(said, tuple) and any(rank.get(w, -1) > rank.get(word, -1) for w in said):
            stated[name] = _said(own, tuple(w for w in said if rank.get(w, -1) <= rank.get(word, -1)))
        elif isinstance(said, str) and rank.get(said, -1) > rank.get(word, -1):
            stated[name] = _said(own, word)
    told = [stated[name].best if name in stated else fields[name].assume for name in names]
    if not any(word == said or (isinstance(said, tuple) and word in said) for said in told):
        stated[names[0]] = _said(fields[names[0]], word)


def _derived_from(fields: dict[str, Field], name: str) -> list[str]:
    return [f.name for f in fields.values() if f.derive is not None and name in f.derive[1]]


def _completed(entity: Entity, stated: _Stated, vocabulary: Vocabulary, scenario: Scenario) -> Entity:
    facts = complete(vocabulary.of(entity.kind), stated, entity.mark, scenario.as_of)
    return entity._replace(facts=facts)


# -- entities


def _settled(scenario: Scenario, vocabulary: Vocabulary, entities: list[Entity], touched: Iterable[int]) -> Scenario:
    """A scenario of these entities: what is dated later set aside, those that say the same collapsed, all in order."""
    late = {i: date for i in touched if (date := _too_late(entities[i], vocabulary, scenario))}
    later = [Later(_path(entities[i], vocabulary), date, entities[i].mark) for i, date in late.items()]
    known = [entity for i, entity in enumerate(entities) if i not in late]
    found: list[Entity] = []
    merged = list(scenario.merged)
    for kind in vocabulary.kinds.values():
        kept, dropped = merge(kind, [entity for entity in known if entity.kind == kind.name])
        found += kept
        merged += dropped
    changed = scenario._replace(entities=tuple(found), later=(*scenario.later, *later), merged=tuple(merged))
    return changed._replace(digest=_digest(changed))


def _too_late(entity: Entity, vocabulary: Vocabulary, scenario: Scenario) -> str:
    fact = entity.facts.get(vocabulary.kinds[entity.kind].dated_by)
    dated = str(fact.best) if fact and fact.best else ""
    return dated if dated and Dated.of(dated).last > scenario.as_of else ""


def _path(entity: Entity, vocabulary: Vocabulary) -> str:
    kind = vocabulary.kinds[entity.kind]
    return f"{kind.plural}.{entity.id}" if kind.many else kind.name


def _entity(scenario: Scenario, vocabulary: Vocabulary, kind: str, stated: _Stated, id: str) -> Entity:
    taken = {entity.id for entity in scenario.entities}
    number = 1
    while not id or id in taken:
        id = _ADDED if number == 1 else f"{_ADDED}-{number}"
        number += 1
    mark = Mark(CHANGE, 1, 1)
    return Entity(kind, id, complete(vocabulary.of(kind), stated, mark, scenario.as_of), mark)


def _with_new(scenario: Scenario, vocabulary: Vocabulary, entity: Entity) -> Scenario:
    return _settled(scenario, vocabulary, [*scenario.entities, entity], [len(scenario.entities)])


def _digest(scenario: Scenario) -> str:
    """The digest of what a changed scenario states; never that of a file, which also holds what does not count."""
    stated: list[Json] = [
        [entity.kind, entity.id, sorted((canonical(fact) for fact in _stated(entity).values()), key=str)]
        for entity in scenario.entities
    ]
    head = [CHANGE, scenario.id, scenario.title, scenario.as_of.isoformat(), *sorted(scenario.perceivers)]
    return digest([*head, sorted(stated, key=str)])


# -- changes as written


def _node(field: Field, text: str, mark: Mark, problems: Problems) -> Node:
    """The value as a node: short YAML where it looks so, words at commas for a list, else the text."""
    if text[:1] in ("{", "["):
        node = parse(text.encode(), CHANGE, problems)
        problems.stop()
        assert node is not None
        return node
    if field.type == "words" and text != "unknown":
        return Listing(tuple(Text(word.strip(), True, mark) for word in text.split(",") if word.strip()), mark)
    return Text(text, field.type != "text" or text == "unknown", mark)


def _assigned(scenario: Scenario, vocabulary: Vocabulary, written: str) -> Scenario:
    path, sign, text = written.partition("=")
    if not sign:
        problems, mark = reading(written)
        problems.add("EDIT-5", f"{written} sets nothing", mark, "write PATH=VALUE")
        problems.stop()
    return with_text(scenario, vocabulary, path.strip(), text.strip())


def _added(scenario: Scenario, vocabulary: Vocabulary, written: str) -> Scenario:
    """Read KIND:FIELD=VALUE,... and add the entity."""
    problems, mark = reading(written)
    name, _, body = written.partition(":")
    many = {n: k for k in vocabulary.kinds.values() if k.many for n in (k.name, k.plural)}
    if name not in many:
        help = suggest(name, many) or f"write KIND:FIELD=VALUE,...; kinds: {', '.join(many)}"
        problems.add("EDIT-5", f"{name or 'nothing'} cannot be added", mark, help)
        problems.stop()
    kind = many[name]
    fields = vocabulary.of(kind.name)
    reader = FactReader(problems, scenario.sources)
    stated: _Stated = {}
    id = ""
    for part in re.split(r"(?<!\\),", body) if body else []:
        key, sign, text = part.replace("\\,", ",").partition("=")
        key, text = key.strip(), text.strip()
        field = fields.get(key)
        if sign and key == "id":
            id = text
            if not re.fullmatch(ID, text) or text in {entity.id for entity in scenario.entities}:
                problems.add(
                    "EDIT-5", f"{text} cannot be the id of a new {kind.label}", mark, "lowercase, and not yet used"
                )
        elif not sign or field is None or field.derive is not None or field.member_of is not None:
            known = [f.name for f in fields.values() if f.derive is None and not f.member_of]
            help = suggest(key, known) or f"known: {', '.join(known)}"
            problems.add("EDIT-3" if sign else "EDIT-5", f"{part.strip()} sets no field of {kind.name}", mark, help)
        elif fact := reader.fact(field, _node(field, text, mark, problems), f"{kind.name}.{key}", Cover()):
            stated[key] = fact._replace(mark=mark)
    problems.stop()
    if kind.dated_by and kind.dated_by not in stated:
        stated[kind.dated_by] = _said(fields[kind.dated_by], scenario.as_of.isoformat())
    return _with_new(scenario, vocabulary, _entity(scenario, vocabulary, kind.name, stated, id))
