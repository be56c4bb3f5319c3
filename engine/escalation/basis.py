"""Whether a scenario says enough to be rated: below that, whatever was printed would be the pack's own assumptions.

What has to be said is data (`needs:` of `pack.yaml`): for every entity of a kind, all fields of one group, each stated
or at least narrowed. A fact that is open over its whole domain says nothing, and neither does one that is assumed.
"""

from __future__ import annotations

from escalation.diagnostics import Problem
from escalation.facts import Entity, Fact
from escalation.pack import Needs, Pack
from escalation.scenario import Scenario

__all__ = ["too_little"]


def too_little(scenario: Scenario, pack: Pack) -> list[Problem]:
    """A problem for every entity that says too little; none if the scenario has a basis."""
    return [
        _problem(needs, entity, pack)
        for needs in pack.needs
        for entity in scenario.entities
        if entity.kind == needs.kind and not any(_said(entity, group) for group in needs.groups)
    ]


def _said(entity: Entity, group: tuple[str, ...]) -> bool:
    return all(_says(entity.facts.get(name)) for name in group)


def _says(fact: Fact | None) -> bool:
    if fact is None or fact.state == "assumed":
        return False
    return fact.state == "stated" or fact.possible != fact.field.domain


def _problem(needs: Needs, entity: Entity, pack: Pack) -> Problem:
    fields = pack.vocabulary.of(needs.kind)
    groups = " or ".join(" and ".join(fields[name].key for name in group) for group in needs.groups)
    message = f"{needs.kind} {entity.id} says too little to be rated"
    return Problem("BASIS-1", message, entity.mark, "", f"state {groups}: {needs.because}")
