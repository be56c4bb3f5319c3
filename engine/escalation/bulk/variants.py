"""Variants: what the values of varied facts come to, worked out once for each kind of entity.

Rows that differ only in some facts share all else, so a row is put together from tables: for each kind of entity the
atoms of each combination of its varied facts, and one line for a kind in which nothing varies. Mostly a fact moves by
itself, and only the bins of its values matter. Where it may not (others follow from it, or entities may come to say the
same, or too late to count), each combination of values is an edited scenario, read and merged like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from escalation.analysis.vary import Axis
from escalation.bulk.kernel import Kernel
from escalation.bulk.rows import Ints, Rows, coded, codes_of, words_of
from escalation.diagnostics import InputError, Mark, Problem
from escalation.edits import with_values
from escalation.paths import CHANGE
from escalation.scenario import Scenario
from escalation.sets import Numbers, Scalar
from escalation.unfold import inputs_of

__all__ = ["MOST_EDITED", "Variants", "Varied", "varied"]

MOST_EDITED = 20_000
"""Combinations of values that are worked out as edited scenarios, at some thousand in a second."""


class Varied(NamedTuple):
    """A kind of entity with the axes that vary it: their numbers among all axes, and for each value its class.

    Values of one class rate alike whatever else varies. `edited` tells that classes are combined by editing.
    """

    kind: str
    axes: tuple[int, ...]
    classes: tuple[Ints, ...]
    sizes: tuple[int, ...]
    edited: bool


def varied(kernel: Kernel, scenario: Scenario, axes: Sequence[Axis]) -> tuple[Varied, ...]:
    """For each kind of the kernel, in its order: which axes vary it, and the classes of their values."""
    found = []
    for kind in kernel.layout.kinds:
        own = tuple(i for i, axis in enumerate(axes) if axis.field.entity == kind)
        edited = not all(_alone(kernel, scenario, axes[i]) for i in own)
        classes = [_classes(kernel, axes[i], edited) for i in own]
        sizes = tuple(int(one.max()) + 1 for one in classes)
        found.append(Varied(kind, own, tuple(classes), sizes, edited))
    return tuple(found)


class Variants:
    """Atoms of combinations of classes, kind by kind, for one scenario whose facts are varied along axes."""

    def __init__(self, kernel: Kernel, scenario: Scenario, axes: Sequence[Axis]) -> None:
        self.kernel, self.scenario, self.axes = kernel, scenario, axes
        self.kinds = varied(kernel, scenario, axes)
        self.base = coded(kernel.layout, [scenario])
        self.sides = 3 if len(self._left_open()) else 1

    def atoms(self, one: Varied, combinations: Ints) -> Ints:
        """The atoms of a kind for combinations (rows) of the classes of its axes, as `Kernel.rated` takes them.

        Raises InputError (VARY-4) where more would have to be edited than `MOST_EDITED`.
        """
        rows = self._edited(one, combinations) if one.edited else self._replaced(one, combinations)
        known = self.kernel.atoms_of(one.kind, rows)
        return known if self.sides == 1 else np.concatenate([known, self.kernel.atoms_of(one.kind, rows, sides=2)])

    def value(self, axis: int, class_: int) -> Scalar:
        """The first value of an axis that is of a class."""
        for one in self.kinds:
            if axis in one.axes:
                return self.axes[axis].values[int(np.argmax(one.classes[one.axes.index(axis)] == class_))]
        return self.axes[axis].values[0]

    def edited(self, values: Sequence[Scalar], axes: Sequence[int] | None = None) -> Scenario:
        """The scenario with the axes (all, or some by number) at these values."""
        which = range(len(self.axes)) if axes is None else axes
        changes = [(self.axes[i].entity, self.axes[i].field, value) for i, value in zip(which, values, strict=True)]
        return with_values(self.scenario, self.kernel.layout.pack.vocabulary, changes)

    def _left_open(self) -> Ints:
        """The base as one open row, if anything in it is open but for what is varied."""
        masks = {key: array.copy() for key, array in self.base.masks.items()}
        for axis in self.axes:
            if axis.field.key in masks:
                masks[axis.field.key][self._place(axis)] = words_of(1, masks[axis.field.key].shape[1])
        return self.base._replace(masks=masks).open()

    def _place(self, axis: Axis) -> int:
        """Where the entity of an axis stands in the columns of the base."""
        before = self.scenario.entities[: axis.entity]
        return sum(entity.kind == axis.field.entity for entity in before)

    def _replaced(self, one: Varied, combinations: Ints) -> Rows:
        """The base once for each combination, with the codes of the varied facts replaced."""
        n, layout = len(combinations), self.kernel.layout
        starts = {}
        if one.kind in self.base.starts:
            starts[one.kind] = np.arange(n + 1) * (self.base.starts[one.kind][1])
        codes, masks = {}, {}
        for column in layout.columns[one.kind]:
            key = column.field.key
            codes[key] = np.tile(self.base.codes[key], (n, 1))
            if key in self.base.masks:
                masks[key] = np.tile(self.base.masks[key], (n, 1, 1))
        for k, i in enumerate(one.axes):
            axis, key = self.axes[i], self.axes[i].field.key
            if key not in layout.column:
                continue
            column = layout.column[key]
            code = np.array([column.code(self.value(i, c)) for c in range(one.sizes[k])])
            codes[key][:, self._place(axis)] = code[combinations[:, k]]
            if key in masks:
                words = np.array([words_of(1 << int(c), column.words) for c in code])
                masks[key][:, self._place(axis)] = words[combinations[:, k]]
        flat = {key: array.reshape(-1) for key, array in codes.items()}
        return Rows(n, starts, flat, {key: array.reshape(-1, array.shape[2]) for key, array in masks.items()})

    def _edited(self, one: Varied, combinations: Ints) -> Rows:
        """Each combination as an edited scenario."""
        if len(combinations) > MOST_EDITED:
            plural = self.kernel.layout.pack.vocabulary.kinds[one.kind].plural or one.kind
            message = f"the values of {plural} make {len(combinations):,} combinations that depend on each other"
            help = f"at most {MOST_EDITED:,}: vary fewer facts of {plural}, or over fewer values"
            raise InputError([Problem("VARY-4", message, Mark(CHANGE, 1, 1), "", help)])
        made = []
        for classes in combinations:
            values = [self.value(i, int(c)) for i, c in zip(one.axes, classes, strict=True)]
            made.append(self.edited(values, one.axes))
        return coded(self.kernel.layout, made)


def _alone(kernel: Kernel, scenario: Scenario, axis: Axis) -> bool:
    """Whether a fact moves by itself: nothing else of the scenario follows from it, and it follows from nothing."""
    vocabulary, field = kernel.layout.pack.vocabulary, axis.field
    if field.derive is not None:
        return False
    heads = {field.name, field.member_of[0] if field.member_of else field.name}
    for other in vocabulary.of(field.entity).values():
        if other.derive and heads & set(other.derive[1]):
            return False
        if field in [one.field for one in inputs_of(other, vocabulary.fields)]:
            return False
    kind = vocabulary.kinds[field.entity]
    return not kind.same_when or sum(entity.kind == kind.name for entity in scenario.entities) == 1


def _classes(kernel: Kernel, axis: Axis, edited: bool) -> Ints:
    """The class of each value of an axis, counted from 0 in the order in which classes first occur."""
    if edited:
        return np.arange(len(axis.values))
    column = kernel.layout.column.get(axis.field.key)
    if column is None:  # no rule reads it
        return np.zeros(len(axis.values), dtype=np.int64)
    if isinstance(axis.field.domain, Numbers):
        codes = codes_of(column, np.array(axis.values, dtype=np.float64))
    else:
        codes = np.array([column.code(value) for value in axis.values])
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    ranked: Ints = rank[inverse]
    return ranked
