"""Axes: which facts are varied and over which values, as written on a command line.

An axis is written PATH=VALUES. The path is that of any change (`paths.py`); the values are `*` for every value of the
field, values with commas between them (`none,partial` or `70,300 km`), or numbers in steps (`50:1000:10`, ends
included). Sweeps and plots share this grammar. Every problem of every axis is reported at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from escalation.diagnostics import InputError, Mark, Problem, Problems
from escalation.paths import CHANGE, find, path_to, reading
from escalation.scenario import Scenario
from escalation.sets import Numbers, Scalar
from escalation.source import Text
from escalation.statement import FactReader
from escalation.unfold import inputs_of
from escalation.vocabulary import Field, Vocabulary

__all__ = ["MOST_VALUES", "Axis", "parse_axes", "parse_axis"]

MOST_VALUES = 1_000_000
"""Values of one axis; a finer step is a slip of the pen."""
EVERY = "*"
_STEPS = 3  # low, high and step
_NUMBERS = ("number", "integer")


class Axis(NamedTuple):
    """One fact that is varied, and its values in the order in which they were asked for.

    `path` is the normal path of the fact, `entity` the index of its entity in the scenario. Numbers are in the unit of
    the field; `steps` is whether they stand for all that lies between the first and the last.
    """

    path: str
    entity: int
    field: Field
    values: tuple[Scalar, ...]
    steps: bool = False


def parse_axes(scenario: Scenario, vocabulary: Vocabulary, texts: Sequence[str]) -> tuple[Axis, ...]:
    """The axes that texts stand for, in order. Raises InputError with every problem of every text."""
    problems: list[Problem] = []
    axes: list[Axis] = []
    for text in texts:
        try:
            axis = parse_axis(scenario, vocabulary, text)
        except InputError as error:
            problems += error.problems
            continue
        if any((axis.entity, axis.field.name) == (other.entity, other.field.name) for other in axes):
            twice, mark = reading(text)
            twice.add("VARY-2", f"{axis.path} is varied twice", mark, "give all of its values in one")
            problems += twice.found
        axes.append(axis)
    if problems:
        raise InputError(problems)
    return tuple(axes)


def parse_axis(scenario: Scenario, vocabulary: Vocabulary, text: str) -> Axis:
    """The axis that one text stands for.

    Raises InputError: EDIT-1 to EDIT-3 for its path, VARY-1 to VARY-3, and the codes of values.
    """
    path, sign, written = (part.strip() for part in text.partition("="))
    problems, mark = reading(text)
    if not sign or not written:
        help = "write PATH=*, PATH=WORD,WORD or PATH=LOW:HIGH:STEP"
        problems.add("VARY-1", f"{text or 'nothing'} does not say over which values", mark, help)
        problems.stop()
    at, field = find(scenario, vocabulary, path)
    _refuse(field, path, vocabulary, problems, mark)
    problems.stop()
    values = _Values(problems, field, path).all(written, text.index("=") + 1)
    problems.stop()
    steps = field.type in _NUMBERS and (written == EVERY or ":" in written)
    return Axis(path_to(scenario, vocabulary, at, field.name), at, field, values, steps)


def _refuse(field: Field, path: str, vocabulary: Vocabulary, problems: Problems, mark: Mark) -> None:
    """Record why a fact cannot be varied, if so: it is a list, follows from other facts, or is read by no rule."""
    if field.type == "words" and field.assume is not None:
        help = f"vary whether it holds a word, as {path}[{next(iter(field.words))}]=*"
        problems.add("VARY-2", f"{path} is a list", mark, help)
    elif inputs := inputs_of(field, vocabulary.fields):
        names = dict.fromkeys(one.field.member_of[0] if one.field.member_of else one.field.name for one in inputs)
        problems.add("VARY-2", f"{path} is worked out, not stated", mark, f"vary {' or '.join(names)} instead")
    elif not field.readable:
        problems.add("VARY-2", f"no rule can read {path}", mark, "vary a fact that has an assumed value")


class _Values(FactReader):
    """Reads the values of one axis."""

    def __init__(self, problems: Problems, field: Field, path: str) -> None:
        super().__init__(problems, {})
        self.field, self.path = field, path

    def all(self, written: str, start: int) -> tuple[Scalar, ...]:
        """The values that `written`, which comes after the first `start` characters of the axis, stands for."""
        if written == EVERY:
            return self.every(start)
        if self.field.type in _NUMBERS and ":" in written:
            return self.steps(written.split(":"), start)
        values: list[Scalar] = []
        for part in written.split(","):
            node = self.node(part, start)
            start += len(part) + 1
            value = self.value(self.field, node, self.path)
            if value is not None and value in values:
                self.problems.add("FACT-5", f"{self.path} is to be {node.value} twice", node.mark, "keep one of them")
            elif value is not None:
                values.append(value)
        return tuple(values)

    def every(self, start: int) -> tuple[Scalar, ...]:
        """Every value of the field: its words, no and yes, or the numbers from the least up in steps of the field."""
        domain = self.field.domain
        if isinstance(domain, Numbers):
            low, high = domain.intervals[0].low, domain.intervals[-1].high
            return self.grid(low, high, self.field.step, self.node(EVERY, start))
        return tuple(self.field.words) or (False, True)

    def steps(self, parts: list[str], start: int) -> tuple[Scalar, ...]:
        """The numbers from low to high by step."""
        nodes = []
        for part in parts:
            nodes.append(self.node(part, start))
            start += len(part) + 1
        if len(parts) != _STEPS:
            help = "three numbers: the first value, the last one and the step between, as 50:1000:10"
            self.problems.add("VARY-1", f"{self.path} cannot go over {':'.join(parts)}", nodes[0].mark, help)
            return ()
        low, high = (self.value(self.field, node, self.path) for node in nodes[:2])
        what = f"the step of {self.path}"
        whole = self.field.type == "integer"
        step = self.whole(nodes[2], what) if whole else self.number(nodes[2], what, self.field.units)
        if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or step is None:
            return ()
        if step <= 0 or low > high:
            help = "the first value comes first, the step is more than 0"
            self.problems.add("VARY-3", f"{self.path} holds no value from {':'.join(parts)}", nodes[0].mark, help)
            return ()
        return self.grid(low, high, step, nodes[0])

    def grid(self, low: float, high: float, step: float, node: Text) -> tuple[Scalar, ...]:
        """The numbers themselves, each the nearest to its exact decimal."""
        first, last, each = (Fraction(repr(number)) for number in (low, high, step))
        count = (last - first) // each + 1
        if count > MOST_VALUES:
            message = f"{self.path} would take {count:,} values"
            self.problems.add("VARY-3", message, node.mark, f"at most {MOST_VALUES:,}: take a larger step")
            return ()
        exact = (first + i * each for i in range(count))
        return tuple(int(number) if number.denominator == 1 else float(number) for number in exact)

    def node(self, part: str, start: int) -> Text:
        """A part of the text as a plain scalar, at its place."""
        column = start + 1 + len(part) - len(part.lstrip())
        word = part.strip()
        return Text(word, True, Mark(CHANGE, 1, column, max(1, len(word))))
