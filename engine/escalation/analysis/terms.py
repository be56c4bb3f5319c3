"""The terms that a principal decides, in one table: one item under each permission, consent and crew.

Which fields are terms is declared by the pack (`questions: terms:`). Each is cut into runs of words that no rule tells
apart, and every combination is rated like any scenario, by both engines and with its range over what is open. For a
package the answer also says what each item adds, what it is alone, and what dropping it gives.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from escalation.analysis.rated import Json, Rated, head, mode, of, rated
from escalation.assess import Assessment, Rating, assess
from escalation.diagnostics import InputError, Mark, Problem, suggest
from escalation.edits import path_to, with_values
from escalation.sets import Scalar, Set, Words, contains, intersection, is_empty, nearest
from escalation.trace import set_data
from escalation.vocabulary import Field

__all__ = ["Axis", "Cell", "Part", "Terms", "terms"]


class Axis(NamedTuple):
    """One term: the entity and field, its runs of values, and the run that holds now. `values` stand for the runs."""

    at: int
    path: str
    field: Field
    runs: tuple[Set, ...]
    values: tuple[Scalar, ...]
    now: int


class Cell(NamedTuple):
    """The ratings under one combination of terms (a run for each axis), and whether it is the one stated."""

    runs: tuple[int, ...]
    ratings: tuple[Rating, ...]
    stated: bool


class Part(NamedTuple):
    """One item of a package: what it rates at alone, what the rest rates at without it (None: nothing is left)."""

    at: int
    path: str
    alone: Rated
    without: Rated | None


class Terms(NamedTuple):
    """The answer: the item whose terms vary, the axes, a cell for each combination, and the parts of a package."""

    found: Assessment
    item: int
    chosen: bool
    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    parts: tuple[Part, ...]

    def data(self) -> Json:
        """The answer as JSON data."""
        pack, vocabulary = self.found.pack, self.found.pack.vocabulary
        return {
            **head([self.found]),
            "question": "terms",
            "item": path_to(self.found.scenario, vocabulary, self.item),
            "axes": [
                {"fact": axis.path, "runs": [set_data(run) for run in axis.runs], "now": axis.now} for axis in self.axes
            ],
            "cells": [
                {
                    "runs": list(cell.runs),
                    "stated": cell.stated,
                    "ratings": {
                        r.scale: {"level": r.level, "score": r.score, "low": r.low, "high": r.high}
                        for r in cell.ratings
                    },
                }
                for cell in self.cells
            ],
            "package": [
                {
                    "item": part.path,
                    "alone": part.alone.data(pack),
                    "without": part.without.data(pack) if part.without else None,
                    "adds": of(self.found).score - part.without.score if part.without else None,
                }
                for part in self.parts
            ],
        }


def terms(found: Assessment, item: str = "") -> Terms:
    """The table of terms for an item (its id; by default the only one, or the one without which the rest rates least).

    Raises InputError (ASK-3) where there is no such item, or where the pack names no terms.
    """
    pack = found.pack
    keys = pack.questions.terms
    kinds = [pack.vocabulary.kinds[pack.vocabulary.fields[key].entity] for key in keys]
    varied = next((kind for kind in kinds if kind.many), None)
    if varied is None:
        raise _problem(f"{pack.name} names no terms of an item", "pack.yaml lists them under questions: terms:")
    members = [i for i, entity in enumerate(found.scenario.entities) if entity.kind == varied.name]
    parts = tuple(_part(found, at, members) for at in members) if len(members) > 1 else ()
    at = _chosen(found, members, parts, item)
    axes = tuple(_axis(found, pack.vocabulary.fields[key], at) for key in keys)
    cells = tuple(_cell(found, axes, runs) for runs in product(*(range(len(axis.runs)) for axis in axes)))
    return Terms(found, at, bool(item), axes, cells, parts)


def _chosen(found: Assessment, members: list[int], parts: tuple[Part, ...], item: str) -> int:
    ids = {found.scenario.entities[i].id: i for i in members}
    if item and item not in ids:
        raise _problem(f"there is no item {item}", suggest(item, ids) or f"known: {', '.join(ids)}")
    if item or not parts:
        return ids[item] if item else members[0]
    return min(parts, key=lambda part: part.without.score if part.without else 0).at


def _axis(found: Assessment, field: Field, item: int) -> Axis:
    """The runs of one term: bins of its field, without words off the scale unless one of them is stated."""
    scenario = found.scenario
    at = item if scenario.entities[item].kind == field.entity else _only(found, field.entity)
    home = found.world[at][field.name]
    assert field.domain is not None
    wanted: Set = field.domain
    if field.order and home in field.order:
        wanted = Words(frozenset(field.order))
    bins = (intersection(piece, wanted) for piece in found.board.grid.bins.get(field.key, (field.domain,)))
    runs = tuple(piece for piece in bins if not is_empty(piece))
    values = tuple(nearest(run, home, field.step, field.order) for run in runs)
    now = next(i for i, run in enumerate(runs) if contains(run, home))
    return Axis(at, path_to(scenario, found.pack.vocabulary, at, field.name), field, runs, values, now)


def _only(found: Assessment, kind: str) -> int:
    return next(i for i, entity in enumerate(found.scenario.entities) if entity.kind == kind)


def _cell(found: Assessment, axes: tuple[Axis, ...], runs: tuple[int, ...]) -> Cell:
    changes = [(axis.at, axis.field, axis.values[run]) for axis, run in zip(axes, runs, strict=True)]
    changed = with_values(found.scenario, found.pack.vocabulary, changes)
    ratings = assess(changed, found.pack, engine=mode(found)).ratings
    return Cell(runs, ratings, runs == tuple(axis.now for axis in axes))


def _part(found: Assessment, at: int, members: list[int]) -> Part:
    scenario, vocabulary = found.scenario, found.pack.vocabulary
    others = [i for i in members if i != at]

    def left(gone: list[int]) -> Rated:
        kept = tuple(entity for i, entity in enumerate(scenario.entities) if i not in gone)
        return rated(found.pack, scenario._replace(entities=kept), mode(found))

    least = vocabulary.kinds[scenario.entities[at].kind].at_least
    return Part(at, path_to(scenario, vocabulary, at), left(others), left([at]) if len(others) >= least else None)


def _problem(message: str, help: str) -> InputError:
    return InputError([Problem("ASK-3", message, Mark("question", 1, 1), help=help)])
