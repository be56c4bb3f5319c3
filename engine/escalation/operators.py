"""Operators: one row for each way to write a test.

A row says which types of field it takes, how its operand becomes the set of accepted values, and how it reads in a
sentence. Nothing else in the project knows an operator: a new one is a new row here and rows in the conformance table.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from escalation.sets import Scalar, Set, Words, complement, interval, only, union
from escalation.vocabulary import Field

__all__ = ["OPERATORS", "Operator"]


class Operator(NamedTuple):
    """One way to write a test. `operand` is "one" value, "many" values, or "pair"; `order` if it needs an order."""

    key: str
    types: tuple[str, ...]
    operand: str
    order: bool
    accept: Callable[[Field, tuple[Scalar, ...]], Set]
    sentence: str


def _one_of(field: Field, values: tuple[Scalar, ...]) -> Set:
    found = only(values[0])
    for value in values[1:]:
        found = union(found, only(value))
    return found


def _other_than(field: Field, values: tuple[Scalar, ...]) -> Set:
    assert field.domain is not None
    return complement(_one_of(field, values), field.domain)


def _beyond(up: bool, with_end: bool) -> Callable[[Field, tuple[Scalar, ...]], Set]:
    """The set of an order test: along the numbers, or along the words of the field's order."""

    def accept(field: Field, values: tuple[Scalar, ...]) -> Set:
        end = values[0]
        if isinstance(end, str):
            at = field.order.index(end)
            words = field.order[at + (not with_end) :] if up else field.order[: at + with_end]
            return Words(frozenset(words))
        return interval(end, inf, not with_end) if up else interval(-inf, end, high_open=not with_end)

    return accept


def _between(field: Field, values: tuple[Scalar, ...]) -> Set:
    low, high = values
    if isinstance(low, str) and isinstance(high, str):
        return Words(frozenset(field.order[field.order.index(low) : field.order.index(high) + 1]))
    assert not isinstance(low, str) and not isinstance(high, str)
    return interval(low, high)


_VALUES = ("word", "flag", "number", "integer")
_ORDERED = ("word", "number", "integer")
OPERATORS: dict[str, Operator] = {
    row.key: row
    for row in (
        Operator("is", _VALUES, "one", False, _one_of, "is {}"),
        Operator("is_not", _VALUES, "one", False, _other_than, "is not {}"),
        Operator("in", _VALUES, "many", False, _one_of, "is one of {}"),
        Operator("not_in", _VALUES, "many", False, _other_than, "is none of {}"),
        Operator("gt", _ORDERED, "one", True, _beyond(True, False), "over {}"),
        Operator("gte", _ORDERED, "one", True, _beyond(True, True), "at least {}"),
        Operator("lt", _ORDERED, "one", True, _beyond(False, False), "under {}"),
        Operator("lte", _ORDERED, "one", True, _beyond(False, True), "at most {}"),
        Operator("between", _ORDERED, "pair", True, _between, "from {}"),
        Operator("has", ("words",), "one", False, _one_of, "holds {}"),
        Operator("has_any", ("words",), "many", False, _one_of, "holds one of {}"),
        Operator("has_all", ("words",), "many", False, _one_of, "holds all of {}"),
    )
}
