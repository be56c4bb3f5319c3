"""Witnesses made plain: whatever can be left unsaid without losing the point is left out.

A model of the prover states every fact there is. Here whole entities, and then single facts, are dropped one by one
(from all scenarios of a witness alike) as long as what the scenarios show is still so. The engine decides that, not
the prover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from escalation.diagnostics import InputError
from escalation.workbench.specimen import Facts

__all__ = ["plainer"]

_Part: TypeAlias = tuple[str, ...]  # section; section and id; section, id ("" for a single entity) and field


def plainer(scenes: Sequence[Facts], shows: Callable[[Sequence[Facts]], bool]) -> tuple[Facts, ...]:
    """The scenes with as little in them as still shows what they show. `shows` rates them by the engine."""
    kept = tuple(scenes)
    for part in _parts(kept):
        fewer = tuple(_without(scene, part) for scene in kept)
        if fewer != kept and _still(fewer, shows):
            kept = fewer
    return kept


def _still(scenes: Sequence[Facts], shows: Callable[[Sequence[Facts]], bool]) -> bool:
    try:
        return shows(scenes)
    except InputError:  # an entity that a scenario must have was left out
        return False


def _parts(scenes: Sequence[Facts]) -> Iterator[_Part]:
    """Everything that might be left out, entities first; each once, in the order of the first scene that has it."""
    parts: dict[_Part, None] = {}
    for scene in scenes:
        for section, body in scene.items():
            parts.update(((section, entity["id"]), None) for entity in (body if isinstance(body, list) else ()))
    for scene in scenes:
        for section, body in scene.items():
            for entity in body if isinstance(body, list) else (body,):
                name = str(entity.get("id", ""))
                parts.update(((section, name, field), None) for field in entity if field not in ("id", "date"))
    yield from parts


def _without(scene: Facts, part: _Part) -> Facts:
    section, name, *fields = part
    body: Any = scene.get(section)
    if isinstance(body, list):
        rest = [entity if entity["id"] != name else _dropped(entity, fields) for entity in body]
        return {**scene, section: [entity for entity in rest if entity]}
    if isinstance(body, dict):
        return {**scene, section: _dropped(body, fields)}
    return scene


def _dropped(entity: Any, fields: list[str]) -> Any:
    """An entity without one field, or nothing if it goes as a whole."""
    return type(entity)({name: value for name, value in entity.items() if name not in fields}) if fields else None
