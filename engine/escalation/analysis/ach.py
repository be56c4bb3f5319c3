"""Rival explanations weighed against what is stated: the matrix of the analysis of competing hypotheses.

Explanations, items of evidence and how well each goes with each are data (`analysis/hypotheses.yaml` of the pack). An
item counts only if its condition holds on what is stated, and if the facts that matter to it are: one that rests on an
assumption or on an open fact is listed and not counted. Explanations are ranked by what speaks against them, and an
item on which all of them are marked alike tells nothing apart; where no item does, there is no matrix. Nothing here is
a likelihood, and no rule reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from escalation.analysis.history import analysis_file
from escalation.assess import Assessment
from escalation.beside import conditions_of
from escalation.beside_reader import BesideReader
from escalation.diagnostics import Problems
from escalation.ledger import NO, YES, Line
from escalation.pack import Pack
from escalation.rules import Condition
from escalation.sentences import fill, holding
from escalation.source import Node

__all__ = ["Ach", "Hypothesis", "Item", "Matrix", "Weighed", "ach", "load_hypotheses"]


class Hypothesis(NamedTuple):
    """One explanation: what it says, and what would be seen if it held."""

    id: str
    title: str
    says: str
    watch: str


class Item(NamedTuple):
    """One item of evidence, with a mark for each explanation by its id. `stated` are keys of fields, see the file."""

    id: str
    says: str
    when: Condition
    stated: tuple[str, ...]
    marks: dict[str, str]
    because: str


class Matrix(NamedTuple):
    """The whole file. `worth` is what each mark counts: above 0 for, below 0 against."""

    title: str
    worth: dict[str, int]
    basis: tuple[str, ...]
    hypotheses: tuple[Hypothesis, ...]
    items: tuple[Item, ...]


class Weighed(NamedTuple):
    """An item that holds or may hold: its text filled in, and the line of its condition on what is stated."""

    item: Item
    text: str
    line: Line


class Ach(NamedTuple):
    """The answer. `counted` items rest on stated facts, `not_counted` ones on what is assumed or open."""

    assessment: Assessment
    matrix: Matrix
    counted: tuple[Weighed, ...]
    not_counted: tuple[Weighed, ...]

    @property
    def telling(self) -> tuple[Weighed, ...]:
        """The items that tell explanations apart, those that do so most first."""
        apart = [one for one in self.counted if self.apart(one)]
        return tuple(sorted(apart, key=lambda one: -self.apart(one)))

    def apart(self, one: Weighed) -> int:
        """How far an item tells explanations apart: the span of its marks, 0 if all go with it alike."""
        worth = [self.matrix.worth[mark] for mark in one.item.marks.values()]
        return max(worth) - min(worth)

    def against(self, hypothesis: Hypothesis, items: Iterable[Weighed] | None = None) -> int:
        """What speaks against an explanation: the sum of its inconsistencies over the items counted, or over others."""
        marks = (one.item.marks[hypothesis.id] for one in (self.counted if items is None else items))
        return sum(max(0, -self.matrix.worth[mark]) for mark in marks)

    def least(self, items: Sequence[Weighed] | None = None) -> tuple[str, ...]:
        """The ids of the explanations against which least speaks."""
        scores = {hypothesis.id: self.against(hypothesis, items) for hypothesis in self.matrix.hypotheses}
        return tuple(name for name, score in scores.items() if score == min(scores.values()))

    @property
    def hangs_on(self) -> tuple[Weighed, ...]:
        """The items each of which alone decides against which explanations least speaks."""
        others = ((one, [other for other in self.counted if other is not one]) for one in self.telling)
        return tuple(one for one, rest in others if self.least(rest) != self.least())

    def data(self) -> dict[str, Any]:
        """The answer as JSON data."""
        hypotheses = [
            {**hypothesis._asdict(), "against": self.against(hypothesis)} for hypothesis in self.matrix.hypotheses
        ]
        return {
            "scenario": self.assessment.scenario.id,
            "tells_apart": bool(self.telling),
            "hypotheses": hypotheses,
            "least_against": list(self.least()) if self.telling else [],
            "hangs_on": [one.item.id for one in self.hangs_on],
            "counted": [self._item(one) for one in self.counted],
            "not_counted": [self._item(one) for one in self.not_counted],
            "marks": self.matrix.worth,
            "basis": list(self.matrix.basis),
        }

    def _item(self, one: Weighed) -> dict[str, Any]:
        item = one.item
        return {
            "id": item.id,
            "text": one.text,
            "marks": item.marks,
            "apart": self.apart(one),
            "because": item.because,
        }


def ach(found: Assessment, matrix: Matrix | None = None) -> Ach:
    """Weigh the explanations of a rated scenario. Raises InputError for a matrix that is not valid."""
    matrix = matrix or load_hypotheses(found.pack)
    lines = conditions_of(found, [item.when for item in matrix.items])
    weighed = [
        Weighed(item, fill(found, line, item.says), line)
        for item, line in zip(matrix.items, lines, strict=True)
        if line.state != NO
    ]
    counted = [one for one in weighed if one.line.state == YES and _stated(found, one)]
    return Ach(found, matrix, tuple(counted), tuple(one for one in weighed if one not in counted))


def load_hypotheses(pack: Pack) -> Matrix:
    """The matrix of a pack. Raises InputError with every problem found."""

    def read(node: Node | None, folder: str, problems: Problems) -> Matrix:
        reader = _MatrixReader.over(problems, pack.vocabulary, pack.parameters)
        reader.sources = pack.sources
        matrix = reader.matrix(node)
        reader.check_concluded((item.when for item in matrix.items), pack.rules)
        return matrix

    return analysis_file(pack, "hypotheses.yaml", Matrix, read)


def _stated(found: Assessment, one: Weighed) -> bool:
    """Whether somebody has stated each field that the item needs, of an entity that makes it hold."""
    entities = found.scenario.entities
    tests = list(holding(one.line))
    stated = {t.test.field.key for t in tests if entities[t.entity].facts[t.test.field.name].state == "stated"}
    return stated.issuperset(one.item.stated)


class _MatrixReader(BesideReader):
    def matrix(self, node: Node | None) -> Matrix:
        found = self.keys(node, "hypotheses", ["title", "marks", "hypotheses", "evidence"], ["basis"])
        worth = {key.value: self.whole(n, key.value) or 0 for key, n in self.mapping(found.get("marks"), "marks")}
        hypotheses = tuple(self.hypothesis(n) for n in self.listing(found.get("hypotheses"), "hypotheses"))
        ids = [hypothesis.id for hypothesis in hypotheses]
        items = (self.item(n, ids, worth) for n in self.listing(found.get("evidence"), "evidence"))
        return Matrix(
            self.text(found.get("title"), "title") or "",
            worth,
            self.known_sources(found.get("basis")),
            hypotheses,
            tuple(item for item in items if item),
        )

    def hypothesis(self, node: Node) -> Hypothesis:
        found = self.keys(node, "a hypothesis", Hypothesis._fields)
        return Hypothesis(*(self.text(found.get(name), name) or "" for name in Hypothesis._fields))

    def item(self, node: Node, ids: Sequence[str], worth: dict[str, int]) -> Item | None:
        found = self.keys(node, "an item of evidence", Item._fields)
        name, says, because = (self.text(found.get(key), key) or "" for key in ("id", "says", "because"))
        self.placeholders(found.get("says"))
        marks = self.keys(found.get("marks"), f"{name}.marks", ids)
        words = {key: self.word(value, f"{name}.{key}", worth) or "" for key, value in marks.items()}
        when = self.condition(found["when"], "when") if "when" in found else None
        stated = (self.word(n, "stated", self.vocabulary.fields) for n in self.listing(found.get("stated"), "stated"))
        fields = tuple(key for key in stated if key)
        return Item(name, says, when, fields, words, because) if when is not None else None
