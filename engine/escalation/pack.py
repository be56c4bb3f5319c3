"""A pack: the policy, as data. Vocabulary, parameters, rules, scales and profiles, read from one folder."""

from __future__ import annotations

from typing import NamedTuple

from escalation.diagnostics import Mark
from escalation.rules import Parameter, Rule
from escalation.scenario import Source
from escalation.vocabulary import Vocabulary

__all__ = ["Factor", "Level", "Pack", "Profile", "Scale"]


class Level(NamedTuple):
    """One of the ordered levels, with its fixed meaning. `number` counts from 1."""

    number: int
    name: str
    meaning: str


class Scale(NamedTuple):
    """One scale. `thresholds` are the least totals of levels 2, 3, ... in order."""

    name: str
    question: str
    thresholds: tuple[int, ...]


class Factor(NamedTuple):
    """A family of rules whose points are summed and held between `low` and `high`."""

    name: str
    label: str
    low: int
    high: int


class Profile(NamedTuple):
    """A named image of the perceiver: an overlay on points and parameters, and rules it switches off."""

    name: str
    title: str
    rationale: str
    points: dict[str, dict[str, int]]
    parameters: dict[str, Parameter]
    off: tuple[str, ...]
    sources: tuple[str, ...]
    mark: Mark


class Pack(NamedTuple):
    """A loaded pack. `scales[0]` is the headline; `rules` are in pack order; `strata[i]` is the stratum of rule i."""

    name: str
    version: str
    perceivers: tuple[str, ...]
    knowledge_to: str
    levels: tuple[Level, ...]
    scales: tuple[Scale, ...]
    factors: tuple[Factor, ...]
    vocabulary: Vocabulary
    parameters: dict[str, Parameter]
    rules: tuple[Rule, ...]
    strata: tuple[int, ...]
    profiles: dict[str, Profile]
    sources: dict[str, Source]
    caveats: tuple[str, ...]
    confidence: tuple[tuple[str, dict[str, str]], ...]
    profile: str
    digest: str
    folder: str
