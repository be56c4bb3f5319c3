"""Paths: how people name an entity or a fact of a scenario on a command line.

`transfer.FIELD`, `items.ID.FIELD`, `items[0].FIELD` (counted in the order of the file) and `context.FIELD`; the name of
a kind may be in the singular or the plural, and the id may be left out where there is only one entity of the kind.
"""

from __future__ import annotations

import re

from escalation.diagnostics import Mark, Problems, suggest
from escalation.scenario import Scenario
from escalation.vocabulary import EntityKind, Field, Vocabulary

__all__ = ["CHANGE", "find", "find_entities", "path_to", "reading", "resolved"]

CHANGE = "change"
"""What stands for the file's name where something is written on a command line, or by a program."""
_HEAD = r"([a-z_]+)(?:\[(\d+)\]|\.([a-z0-9-]+)(?=\.|$))?(?:\.(.+))?"  # compiled when a path is first read


def find(scenario: Scenario, vocabulary: Vocabulary, path: str) -> tuple[int, Field]:
    """The entity (its index) and the field that a path names.

    Raises InputError (EDIT-1 to EDIT-3) with suggestions.
    """
    problems, mark = reading(path)
    kind, entities, rest = resolved(scenario, vocabulary, path, problems, mark)
    problems.stop()
    fields = vocabulary.of(kind.name)
    if rest not in fields:
        homes = [k.name for k in vocabulary.kinds.values() if rest in vocabulary.of(k.name)]
        help = f"{rest} is a field of {' and '.join(homes)}" if homes else suggest(rest, fields)
        known = ", ".join(f.name for f in fields.values() if not f.member_of)
        message = f"{kind.name} has no field {rest}" if rest else f"{path} names no field"
        problems.add("EDIT-3", message, mark, help or f"known: {known}")
    elif len(entities) != 1:
        ids = ", ".join(scenario.entities[i].id for i in entities) or "none"
        problems.add("EDIT-2", f"{path} does not say which {kind.label}", mark, f"{kind.plural}.ID.{rest}; ids: {ids}")
    problems.stop()
    return entities[0], fields[rest]


def find_entities(scenario: Scenario, vocabulary: Vocabulary, path: str) -> list[int]:
    """The entities that a path without a field names: `items.ID`, `warnings[0]`, or `warnings` for all of them."""
    problems, mark = reading(path)
    kind, entities, rest = resolved(scenario, vocabulary, path, problems, mark)
    if rest and not problems.found:
        problems.add("EDIT-2", f"{path} names no {kind.label}", mark, f"leave out .{rest}")
    problems.stop()
    return entities


def path_to(scenario: Scenario, vocabulary: Vocabulary, at: int, field: str = "") -> str:
    """The path of an entity or of a fact, as `find` reads it."""
    entity = scenario.entities[at]
    kind = vocabulary.kinds[entity.kind]
    start = f"{kind.plural}.{entity.id}" if kind.many else kind.name
    return f"{start}.{field}" if field else start


def reading(text: str, column: int = 1) -> tuple[Problems, Mark]:
    """What collects the problems of a text written as a change, and the place of all that follows `column`."""
    problems = Problems()
    problems.read(CHANGE, text)
    return problems, Mark(CHANGE, 1, column, max(1, len(text) - column + 1))


def resolved(
    scenario: Scenario, vocabulary: Vocabulary, path: str, problems: Problems, mark: Mark
) -> tuple[EntityKind, list[int], str]:
    """The kind that a path names, the entities of it, and the rest of the path; problems tell what is wrong."""
    names = {name: kind for kind in vocabulary.kinds.values() for name in (kind.name, kind.plural) if name}
    match = re.fullmatch(_HEAD, path)
    kind = names.get(match[1]) if match else None
    if match is None or kind is None:
        head = re.split(r"[.\[]", path)[0]
        help = suggest(head, names) or f"a path starts with one of: {', '.join(names)}"
        problems.add("EDIT-1", f"{path or 'an empty path'} names nothing in a scenario", mark, help)
        return next(iter(vocabulary.kinds.values())), [], ""
    place, word, rest = match[2], match[3] or "", match[4] or ""
    own = [i for i, entity in enumerate(scenario.entities) if entity.kind == kind.name]
    if place is not None:
        ordered = _as_written(scenario, vocabulary, kind, own)
        at = ordered[int(place)] if int(place) < len(ordered) else None
        if at is None:
            help = f"{kind.plural} are counted from 0, in the order of the file; {len(own)} count on the day rated"
            problems.add("EDIT-2", f"there is no {path.partition('.')[0]} that counts", mark, help)
        return kind, [] if at is None else [at], rest
    named = [i for i in own if scenario.entities[i].id == word]
    if kind.many and named:
        return kind, named, rest
    if word and (not kind.many or word in vocabulary.of(kind.name)):
        return kind, own, f"{word}.{rest}" if rest else word
    if kind.many and word:
        ids = [scenario.entities[i].id for i in own]
        help = suggest(word, ids) or (not rest and suggest(word, vocabulary.of(kind.name))) or ""
        help = help or f"known: {', '.join(ids) or 'none'}"
        problems.add("EDIT-2", f"there is no {kind.label} {word} that counts", mark, help)
    return kind, own, rest


def _as_written(scenario: Scenario, vocabulary: Vocabulary, kind: EntityKind, own: list[int]) -> list[int | None]:
    """The entities of a kind in the order of the file; None holds the place of one that came later."""
    found: list[tuple[Mark, int | None]] = [(scenario.entities[i].mark, i) for i in own]
    prefix = f"{kind.plural}."
    found += [
        (late.mark, None) for late in scenario.later if late.path.startswith(prefix) and late.path.count(".") == 1
    ]
    return [i for _, i in sorted(found, key=lambda place: (place[0].file == CHANGE, place[0].line, place[0].column))]
