"""How values are written for durable-rules: as small whole numbers, whatever the values are.

The library confuses texts of certain lengths, can lose facts whose numbers it cannot read, and knows only 64-bit
integers. So nothing of a scenario crosses: a field is sent as the number of its bin among all sets that a pack tests it
against, which keeps the order, and a test becomes bounds on that number. A set that is not one run of bins becomes a
field of its own, 0 or 1. `rete_plan.py` collects the columns; `Sender` writes the facts. A `Plan` is all that is needed
to run a pack: plain data without a rule in it, so that it can be kept between runs.
"""

from collections.abc import Hashable, Mapping
from typing import Any as Json
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import InternalError
from escalation.rules import All, Any, Condition, Test
from escalation.sets import Scalar, Set, contains, subset
from escalation.vocabulary import Field, field_bins

__all__ = ["Codes", "Column", "Goal", "Plan", "Sender", "Shape", "shape"]

_REMEMBERED = 4_096  # values of one field; a long run meets many numbers

Shape: TypeAlias = tuple[Hashable, ...]
"""A condition on one entity as plain data: ("test", field's name, set) or ("all", *shapes) or ("any", *shapes)."""


class Codes(dict[Scalar, str]):
    """The text that stands for each value of a field, found by its bin and remembered."""

    def __init__(self, key: str, bins: list[tuple[Set, str]]) -> None:
        super().__init__()
        self.key, self.bins = key, bins

    def __missing__(self, value: Scalar) -> str:
        found = next((text for piece, text in self.bins if contains(piece, value)), None)
        if found is None:
            raise InternalError(f"{self.key} is {value!r}, which is outside its domain")
        if len(self) >= _REMEMBERED:
            self.clear()
        self[value] = found
        return found


class Column:
    """A field of the facts about a subject: the sets it is tested against, each with its native tests, and its codes.

    `width` is how many native fields it takes. All but `accepts` are known once the column is settled.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.accepts: dict[Set, list[Json]] = {}
        self.width = 0
        self.codes = Codes(field.key, [])

    def settle(self, first: int) -> int:
        """Number the native fields from f`first` on: one for the bins, one for each set that is no run of them."""
        bins = field_bins(self.field, list(self.accepts))
        texts = [f',"f{first}":{i}' for i in range(len(bins))]
        self.width = 1
        for accept in self.accepts:
            inside = [i for i, piece in enumerate(bins) if subset(piece, accept)]
            if inside and inside[-1] - inside[0] + 1 == len(inside):
                self.accepts[accept] = _within(f"f{first}", inside[0], inside[-1], len(bins) - 1)
            else:
                own = f"f{first + self.width}"
                self.width += 1
                self.accepts[accept] = [{own: 1}]
                texts = [f'{text},"{own}":{int(i in inside)}' for i, text in enumerate(texts)]
        self.codes = Codes(self.field.key, list(zip(bins, texts, strict=True)))
        return self.width


class Sender(NamedTuple):
    """Writes the facts about one subject. `derived` columns are conditions on the same values."""

    head: str
    columns: tuple[tuple[str, Codes], ...]
    derived: tuple[tuple[Shape, Codes], ...]

    def fact(self, number: int, values: Mapping[str, Scalar]) -> str:
        """The fact with these values by field name, as number `number` of its session."""
        parts = [self.head % number]
        parts += [codes[values[name]] for name, codes in self.columns]
        parts += [codes[_holds(condition, values)] for condition, codes in self.derived]
        return "".join(parts) + "}"


class Goal(NamedTuple):
    """What a native rule is for.

    Rule number `rule` of the pack fires (or -1), facts about the subjects `facts` are stated, and the entity matched is
    marked for tally number `tally` (or -1).
    """

    rule: int = -1
    facts: tuple[int, ...] = ()
    tally: int = -1


class Plan(NamedTuple):
    """A pack as native rules, and how to talk to them.

    `rules` is the JSON text that the library compiles: rule "0" warms it up, rule "i" serves `goals[i]`. `senders` are
    by subject. `kinds` gives the subject of each kind of entity. There are `counts` tallies, numbered from 0: `seen`
    gives the one that marks every fact of a kind, and `tallies` the others, each with the subject its count is stated
    about. `gates` are subjects in the order of their strata.
    """

    rules: str
    goals: tuple[Goal, ...]
    senders: tuple[Sender, ...]
    kinds: dict[str, int]
    counts: int
    seen: dict[str, int]
    tallies: tuple[tuple[int, int], ...]
    gates: tuple[int, ...]


def shape(node: Condition) -> Shape:
    """A condition on one entity without its places and sentences, so that equal conditions share a column."""
    if isinstance(node, Test):
        return ("test", node.field.name, node.accept)
    assert isinstance(node, (All, Any))
    return ("all" if isinstance(node, All) else "any", *map(shape, node.children))


def _holds(condition: Json, values: Mapping[str, Scalar]) -> bool:
    how, *parts = condition
    if how == "test":
        name, accept = parts
        return contains(accept, values[name])
    results = (_holds(part, values) for part in parts)
    return all(results) if how == "all" else any(results)


def _within(token: str, low: int, high: int, last: int) -> list[Json]:
    if low == high:
        return [{token: low}]
    return [{"$gte": {token: low}}] * (low > 0) + [{"$lte": {token: high}}] * (high < last)
