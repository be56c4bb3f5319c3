"""How the facts of a pack are laid out for the kernel: columns of bins, and the atoms that rules are made of.

Values matter only through the tests of the rules, so a fact is coded by the bin of its field that holds it
(`sets.bins`), and doubt about it by a mask of bins. An atom is what a rule asks at its leaves: a test of a fact that
every scenario has once, or a count over entities. Atoms stand in words of at most `WORD` bits, each of one kind.
"""

from collections.abc import Iterator
from functools import cached_property

from escalation.pack import Pack
from escalation.rules import Concluded, Condition, Count, Test, walk
from escalation.sets import Scalar, Set, Words, contains, disjoint
from escalation.vocabulary import Field, field_bins

__all__ = ["BITS", "WORD", "Column", "Layout", "leaves"]

BITS = 63
"""Bits of a word that holds fired rules or bins: what fits a signed 64-bit column of any table format."""
WORD = 60
"""Atoms of a word, and rules of a generated function: compile time grows faster than size."""


class Column:
    """A field as the kernel sees it: its bins in order, and how values become codes.

    `words` is how many words of `BITS` bits a mask of its bins takes.
    """

    def __init__(self, field: Field, bins: tuple[Set, ...]) -> None:
        self.field, self.bins = field, bins
        self.words = max(1, -(-len(bins) // BITS))
        self.code_type = "u1" if len(bins) <= 256 else "u2"
        self._of_word = {w: i for i, piece in enumerate(bins) if isinstance(piece, Words) for w in piece.words}
        self._masks: dict[Set, int] = {}

    def code(self, value: Scalar) -> int:
        """The number of the bin that holds a value. Raises ValueError for a value outside the field's domain."""
        found = self._of_word.get(value) if self._of_word and isinstance(value, (str, bool)) else None
        if found is None:
            found = next((i for i, piece in enumerate(self.bins) if contains(piece, value)), None)
        if found is None:
            raise ValueError(f"{value!r} is not a value of {self.field.key}")
        return found

    def mask(self, possible: Set) -> int:
        """The bins that hold something of a set, as bits."""
        found = self._masks.get(possible)
        if found is None:
            found = sum(1 << i for i, piece in enumerate(self.bins) if not disjoint(piece, possible))
            if len(self._masks) < 10_000:
                self._masks[possible] = found
        return found

    def accepted(self, accept: Set) -> tuple[int, ...]:
        """The numbers of the bins that pass a test."""
        return tuple(i for i, piece in enumerate(self.bins) if not disjoint(piece, accept))


class Layout:
    """The columns of a pack by kind of entity, in the order of the vocabulary, and where rules find what they ask."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        fields: dict[str, Field] = {}
        cuts: dict[str, list[Set]] = {}
        for test in self._tests():
            fields[test.field.key] = test.field
            cuts.setdefault(test.field.key, []).append(test.accept)
        self.columns: dict[str, tuple[Column, ...]] = {
            kind: tuple(Column(f, field_bins(f, cuts[f.key])) for f in _in_order(fields, pack, kind))
            for kind in pack.vocabulary.kinds
        }
        self.column = {column.field.key: column for group in self.columns.values() for column in group}
        self.fired_words = max(1, -(-len(pack.rules) // BITS))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of entity of which rules ask anything (a count may ask nothing but how many there are)."""
        asked = {n.field.entity if isinstance(n, Test) else n.kind for n in self._leaves()}
        return tuple(kind for kind in self.pack.vocabulary.kinds if kind in asked)

    def many(self, kind: str) -> bool:
        """Whether entities of a kind come in lists. The rules decide: what they count is a list."""
        return self.pack.vocabulary.kinds[kind].many

    def _leaves(self) -> Iterator[Test | Count]:
        for rule in self.pack.rules:
            yield from leaves(rule.when)

    def _tests(self) -> Iterator[Test]:
        return (n for rule in self.pack.rules for n in walk(rule.when) if isinstance(n, Test))


def leaves(node: Condition) -> Iterator[Test | Count]:
    """What a rule's condition asks of facts: its tests and counts, without the tests inside its counts."""
    if isinstance(node, (Test, Count)):
        yield node
    elif not isinstance(node, Concluded):
        for child in node.children:
            yield from leaves(child)


def _in_order(fields: dict[str, Field], pack: Pack, kind: str) -> list[Field]:
    """The tested fields of a kind, in the order of the vocabulary."""
    return [fields[key] for key, field in pack.vocabulary.fields.items() if field.entity == kind and key in fields]
