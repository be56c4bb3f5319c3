"""What a pack is made of, as records: levels, scales, factors, profiles, panels, and the pack that holds them all.

`pack_reader.py` and `beside_reader.py` turn a folder's YAML into them, and `pack.py` is where everybody else gets them.
"""

from typing import NamedTuple

from escalation.diagnostics import Mark
from escalation.rules import Condition, Parameter, Rule
from escalation.scenario import Source
from escalation.vocabulary import Vocabulary

__all__ = [
    "ConfidenceRow",
    "Factor",
    "Frozen",
    "Level",
    "Needs",
    "Pack",
    "Panel",
    "PanelRow",
    "Profile",
    "Questions",
    "Scale",
]


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


class ConfidenceRow(NamedTuple):
    """One row of the confidence table: `level` applies if every limit that is not None is met.

    `weakest_grade` is an Admiralty grade whose letter and digit are both the worst allowed; the others count facts,
    points and levels.
    """

    level: str
    weakest_grade: str | None = None
    most_judgements: int | None = None
    most_assumed: int | None = None
    least_margin: int | None = None
    most_range_levels: int | None = None


class Profile(NamedTuple):
    """A named image of the perceiver: an overlay on points and parameters, and rules it switches off (with reasons)."""

    name: str
    title: str
    rationale: str
    points: dict[str, dict[str, int]]
    parameters: dict[str, Parameter]
    off: dict[str, str]
    sources: tuple[str, ...]
    mark: Mark


class Questions(NamedTuple):
    """What questions about ratings take from the pack; all of it names fields by their keys.

    `terms` are those that a table of terms varies, `together` groups that make one fact for a reader (a range and its
    kind), and `steps` the field that counts earlier steps, with the days it looks back ("" and 0 if there is none).
    """

    terms: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    steps: str = ""
    steps_days: int = 0


class Needs(NamedTuple):
    """What every entity of a kind has to say: all fields of one of the `groups` stated, or narrowed at least."""

    kind: str
    groups: tuple[tuple[str, ...], ...]
    because: str


class Frozen(NamedTuple):
    """The day on which what is able to move a rating was last changed, and its digest on that day; "" if not kept."""

    on: str = ""
    substance: str = ""


class PanelRow(NamedTuple):
    """A row of a panel, and what shows it: the levels (numbers) that it is about, a pathway, or a condition.

    Of the three one is given: `levels` is empty, `pathway` "" and `when` None where they are not.
    """

    cells: tuple[str, ...]
    levels: tuple[int, ...]
    pathway: str
    when: Condition | None
    basis: tuple[str, ...]
    mark: Mark


class Panel(NamedTuple):
    """A table that stands beside a rating and is no part of it.

    `columns` name the cells of its rows; those in `under` are printed below the last of the others. `detail` is the
    shortest report that shows it.
    """

    name: str
    title: str
    says: str
    columns: tuple[str, ...]
    under: tuple[str, ...]
    detail: str
    basis: tuple[str, ...]
    rows: tuple[PanelRow, ...]
    mark: Mark


class Pack(NamedTuple):
    """A loaded pack, with one profile applied or none ("").

    `scales[0]` is the headline. `rules` are in pack order; `order` is an order in which every rule comes after those
    that make the conclusions it needs; `strata[i]` is the stratum of rule i: at least that of the makers of what it
    needs concluded, and past that of the makers of what it needs not concluded.
    """

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
    order: tuple[int, ...]
    strata: tuple[int, ...]
    profiles: dict[str, Profile]
    sources: dict[str, Source]
    caveats: tuple[str, ...]
    confidence: tuple[ConfidenceRow, ...]
    profile: str
    digest: str
    folder: str
    questions: Questions = Questions()
    panels: tuple[Panel, ...] = ()
    needs: tuple[Needs, ...] = ()
    frozen: Frozen = Frozen()

    def level_of(self, scale: Scale, total: int) -> int:
        """The level of a total on a scale, before floors and ceilings."""
        return 1 + sum(total >= threshold for threshold in scale.thresholds)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
