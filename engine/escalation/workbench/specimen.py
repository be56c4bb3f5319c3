"""Specimens: small scenarios made up to show one thing, with no fact stated but those that matter.

A specimen starts as an answer to a question about all scenarios (`questions.Witness`): entities, each with the runs of
values that its facts may lie in. Here it gets values, as near as may be to what the vocabulary assumes, and becomes a
document as an author would write it. It is read back by the loader before anybody relies on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeAlias

from escalation.analysis.yaml_out import Flow, dump
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.scenario import Scenario, read_scenario
from escalation.sets import Scalar, Set, contains, nearest
from escalation.vocabulary import EntityKind, Field
from escalation.workbench.made_up import as_of
from escalation.workbench.questions import Witness
from escalation.workbench.space import Being

__all__ = ["Facts", "document", "facts_of", "read", "written"]

Facts: TypeAlias = dict[str, Any]
"""The part of a scenario that states facts: `transfer`, `items` and so on, as plain data."""


def facts_of(pack: Pack, witness: Witness) -> Facts:
    """The facts of an answer, kinds and fields in the order of the vocabulary."""
    found: Facts = {}
    for kind in pack.vocabulary.kinds.values():
        beings = witness.beings.get(kind.name, ())
        if not kind.many:
            stated = _stated(pack, kind, beings[0], 0) if beings else {}
            if stated:
                found[kind.name] = Flow(stated)
            continue
        missing: Iterable[Being] = ({} for _ in range(kind.at_least - len(beings)))
        entities = [_stated(pack, kind, being, i) for i, being in enumerate((*beings, *missing))]
        if entities:
            found[kind.plural] = [Flow({"id": f"{kind.name}-{i}", **facts}) for i, facts in enumerate(entities, 1)]
    return found


def document(pack: Pack, facts: Facts, id: str, title: str) -> dict[str, Any]:
    """A whole scenario around some facts."""
    needed = {kind.plural: [Flow({"id": f"{kind.name}-1"})] for kind in pack.vocabulary.kinds.values() if kind.at_least}
    head = {
        "schema": 1,
        "id": id,
        "title": title,
        "as_of": as_of(pack).isoformat(),
        "perceiver": pack.perceivers[0] if pack.perceivers else "",
    }
    return {**head, **needed, **facts}


def written(pack: Pack, facts: Facts, id: str, title: str) -> str:
    """The scenario as the text of a file."""
    return dump(document(pack, facts, id, title))


def read(pack: Pack, facts: Facts, id: str = "specimen", title: str = "a specimen") -> Scenario:
    """The scenario as the loader makes it. Raises InputError if the facts are no good."""
    problems = Problems()
    scenario = read_scenario(written(pack, facts, id, title).encode(), f"{id}.yaml", pack.vocabulary, problems)
    problems.stop()
    assert scenario is not None
    return scenario


def _stated(pack: Pack, kind: EntityKind, being: Being, number: int) -> dict[str, Any]:
    """The facts of one entity. Entities of a dated kind get a day each, so that no two say the same."""
    fields = pack.vocabulary.of(kind.name)
    values = {name: _value(field, being[name][1]) for name, field in fields.items() if name in being}
    stated: dict[str, Any] = {}
    day = as_of(pack) - timedelta(days=number)
    for name, value in values.items():
        field = fields[name]
        if field.member_of is not None:
            words = stated.setdefault(field.member_of[0], [])
            words += [field.member_of[1]] if value is True else []
        elif field.derive is None:
            stated[name] = value
        elif field.derive[0] == "days_before_as_of":
            assert isinstance(value, int)
            later = value + number  # a day of its own, if that comes to the same
            day = as_of(pack) - timedelta(days=later if contains(being[name][1], later) else value)
    stated = {name: value for name, value in stated.items() if value != []}
    return {**({kind.dated_by: day.isoformat()} if kind.dated_by else {}), **stated}


def _value(field: Field, piece: Set) -> Scalar:
    """The value of a run that is nearest to what is assumed."""
    home = field.assume
    assert home is not None and not isinstance(home, tuple)
    return nearest(piece, home, field.step, field.order)
