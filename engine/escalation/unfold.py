"""Derived fields seen through: tests of them as tests of the fields they come from.

The exact methods move facts one at a time, so a fact that follows from others must not be moved by itself: a warning
cannot have a gravest kind that none of its kinds is. Here a test of the highest of several words turns into a condition
on those words, and the derived values of a world are worked out anew after others were moved. A field derived from a
date stays as it is, since rules read no dates.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from escalation.rules import All, Any, Condition, Count, Test
from escalation.sets import Scalar, Words
from escalation.vocabulary import Field

__all__ = ["Input", "inputs_of", "settled", "unfolded"]


class Input(NamedTuple):
    """A field that a derived one comes from: its own words by rank, or for a member of a list the rank of its word.

    Ranks count along the order of the derived field from 0; a word off that order, and one that is not in the list, has
    rank -1.
    """

    field: Field
    ranks: dict[Scalar, int]


def inputs_of(field: Field, fields: Mapping[str, Field]) -> tuple[Input, ...]:
    """What a field is derived from, as rules could read it; nothing if it is not the highest of readable words.

    `fields` are those of the vocabulary, by key.
    """
    if field.derive is None or field.derive[0] != "highest_of":
        return ()
    rank = {word: i for i, word in enumerate(field.order)}
    found = []
    for name in field.derive[1]:
        source = fields[f"{field.entity}.{name}"]
        if source.type == "words":
            members = {word: fields.get(f"{source.key}[{word}]") for word in source.words}
            found += [Input(f, {False: -1, True: rank.get(word, -1)}) for word, f in members.items() if f]
        elif source.readable:
            found.append(Input(source, {word: rank.get(word, -1) for word in source.words}))
        else:
            return ()
    return tuple(found)


def unfolded(node: Condition, fields: Mapping[str, Field]) -> Condition:
    """The same condition without tests of derived fields that can be seen through."""
    if isinstance(node, Test):
        inputs = inputs_of(node.field, fields)
        return _through(node, inputs) if inputs else node
    if isinstance(node, Count):
        return node._replace(where=unfolded(node.where, fields))
    if isinstance(node, (All, Any)):
        return type(node)(tuple(unfolded(child, fields) for child in node.children))
    return node


def settled(values: Mapping[str, Scalar], derived: Mapping[str, tuple[Field, tuple[Input, ...]]]) -> dict[str, Scalar]:
    """The values of an entity, with those that follow from others worked out anew.

    `derived` gives the derived fields of the entity's kind by name, each with what it comes from.
    """
    found = dict(values)
    for name, (field, inputs) in derived.items():
        highest = max(source.ranks[values[source.field.name]] for source in inputs)
        off = [str(values[i.field.name]) for i in inputs if not i.field.member_of and i.ranks[values[i.field.name]] < 0]
        found[name] = field.order[highest] if highest >= 0 else min(off, default=field.order[0])
    return found


def _through(test: Test, inputs: tuple[Input, ...]) -> Condition:
    """The condition on the inputs under which the highest of them passes."""
    assert isinstance(test.accept, Words)
    accepted = [i for i, word in enumerate(test.field.order) if word in test.accept.words]
    parts = [All((_some_from(test, inputs, first), _none_past(test, inputs, last))) for first, last in _runs(accepted)]
    below = _none_past(test, inputs, -1)
    if words := [i for i in inputs if not i.field.member_of]:
        parts += [All((below, _least_off(test, words, word))) for word in _off_order(test, words)]
    elif test.field.order[0] in test.accept.words:
        parts.append(All((below,)))
    return Any(tuple(parts))


def _runs(ranks: list[int]) -> Iterator[tuple[int, int]]:
    for _, group in groupby(enumerate(ranks), key=lambda pair: pair[1] - pair[0]):
        run = [rank for _, rank in group]
        yield run[0], run[-1]


def _some_from(test: Test, inputs: tuple[Input, ...], rank: int) -> Condition:
    return Any(tuple(_test(test, i, {v for v, r in i.ranks.items() if r >= rank}) for i in inputs))


def _none_past(test: Test, inputs: tuple[Input, ...], rank: int) -> Condition:
    return All(tuple(_test(test, i, {v for v, r in i.ranks.items() if r <= rank}) for i in inputs))


def _off_order(test: Test, inputs: list[Input]) -> list[str]:
    """The accepted words that stand off the order, which is what is said where no input has a place in it."""
    assert isinstance(test.accept, Words)
    off = {str(word) for i in inputs for word, rank in i.ranks.items() if rank < 0}
    return sorted(off & test.accept.words)


def _least_off(test: Test, inputs: list[Input], word: str) -> Condition:
    """That `word` is the first, by the alphabet, of the words off the order."""
    none_before = (_test(test, i, [w for w in i.ranks if str(w) >= word]) for i in inputs)
    return All((Any(tuple(_test(test, i, [word] if word in i.ranks else []) for i in inputs)), *none_before))


def _test(test: Test, source: Input, values: Iterable[Scalar]) -> Test:
    words = frozenset(v for v in values if isinstance(v, (str, bool)))
    return Test(source.field, Words(words), test.written, test.mark)
