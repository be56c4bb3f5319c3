"""Typed values out of positioned text: one small function for each kind of value, all problems at once.

Scalars mean what YAML 1.2 and the kind asked for say: `NO` is text, `010` is the number ten, `1:30` is text. A reader
returns None where the value cannot be used and has then said why in `problems`; callers go on.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Mark, Problems, suggest
from escalation.source import Listing, Mapping, Node, Text

__all__ = ["Dated", "Reader", "describe"]

_NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_QUANTITY = re.compile(rf"({_NUMBER})\s*((?![eE][-+]?[0-9])[^\W\d_].*)?")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?~?")
_NOTHING = ("", "~", "null", "Null", "NULL")
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DIGITS = 15  # what a double keeps of any decimal: more would be rounded in silence
_SMALL = 10**300  # below one in so many a double loses digits, and then all of them
_LARGEST = 2**53
_MANY = 100  # problems past which no more suggestions are looked for

Number: TypeAlias = int | float


class Dated(NamedTuple):
    """A date as precise as it was written: first day, last day, and the text. A year is its 365 or 366 days.

    >>> Dated.of("2022-09~").last
    datetime.date(2022, 9, 30)
    """

    first: date
    last: date
    text: str

    @classmethod
    def of(cls, text: str) -> "Dated":
        """Read `2022`, `2022-09` or `2022-09-14`, with or without a `~`. Raises ValueError if there is no such day."""
        match = _DATE.fullmatch(text)
        if not match:
            raise ValueError("not a date")
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        first = last = date(year, month, day)
        if not match[2] or (month == 12 and not match[3]):
            last = date(year, 12, 31)
        elif not match[3]:
            last = date(year, month + 1, 1) - timedelta(days=1)
        return cls(first, last, text)


class _Ratio(NamedTuple):
    """An exact decimal as a ratio of whole numbers: all that is needed of `decimal`, which takes a while to import."""

    over: int
    under: int

    @classmethod
    def of(cls, text: str) -> "_Ratio":
        """The value of a number as written, such as `12.5e-3`."""
        mantissa, _, exponent = text.lower().partition("e")
        before, _, after = mantissa.partition(".")
        power = int(exponent or 0) - len(after)
        digits = int(before + after)
        return cls(digits * 10**power, 1) if power >= 0 else cls(digits, 10**-power)

    def times(self, other: "_Ratio") -> "_Ratio":
        """The product."""
        return _Ratio(self.over * other.over, self.under * other.under)

    @property
    def whole(self) -> bool:
        """Whether it is a whole number."""
        return self.over % self.under == 0

    @property
    def bounded(self) -> bool:
        """Whether it is at most the largest number that is taken, either way from 0."""
        return abs(self.over) <= _LARGEST * self.under

    @property
    def vanishing(self) -> bool:
        """Whether it is so near to 0, and not 0, that a double would lose digits."""
        return 0 < abs(self.over) * _SMALL < self.under

    @property
    def number(self) -> Number:
        """As int, or as the nearest float."""
        return self.over // self.under if self.whole else self.over / self.under


def describe(node: Node) -> str:
    """What a node is, in the words of a message: "a list", "a mapping", or the text in quotation marks."""
    if isinstance(node, Text):
        return "nothing" if node.plain and node.value in _NOTHING else f"'{node.value[:40]}'"
    return "a list" if isinstance(node, Listing) else "a mapping"


class Reader:
    """Reads values out of nodes; every problem goes to `problems`."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def keys(
        self, node: Node | None, what: str, required: Iterable[str] = (), optional: Iterable[str] = ()
    ) -> dict[str, Node]:
        """The values of a mapping by key; keys that are unknown or missing are problems. Anything else gives {}."""
        if node is None:
            return {}
        entries = self.mapping(node, what)
        required = list(required)
        known = [*required, *optional]
        found: dict[str, Node] = {}
        guesses = set()
        for key, value in entries:
            if key.value in known:
                found[key.value] = value
            else:
                help = self.near(key.value, known) or f"known here: {', '.join(known)}"
                guesses.add(help)
                self.problems.add("KEY-1", f"{what} has no key {key.value[:40]}", key.mark, help)
        if isinstance(node, Mapping):
            for key_name in required:
                if key_name not in found and f"did you mean {key_name}?" not in guesses:  # else it is one mistake
                    self.problems.add("KEY-2", f"{what} needs {key_name}", node.mark, f"add {key_name}: ...")
        return found

    def mapping(self, node: Node | None, what: str) -> tuple[tuple[Text, Node], ...]:
        """The entries of a mapping."""
        if isinstance(node, Mapping):
            return node.entries
        if node is not None:
            self.wrong(node, what, "a mapping (KEY: VALUE)")
        return ()

    def listing(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list; nothing at all (`key:`) is an empty list only if written `[]`."""
        if isinstance(node, Listing):
            return node.items
        if node is not None:
            self.wrong(node, what, "a list")
        return ()

    def text(self, node: Node | None, what: str) -> str | None:
        """Any scalar as text; null is none, unless it is quoted."""
        if isinstance(node, Text) and not (node.plain and node.value in _NOTHING):
            return node.value
        if node is not None:
            self.wrong(node, what, "text")
        return None

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts, or one text as a list of one."""
        nodes = (node,) if isinstance(node, Text) else self.listing(node, what)
        return tuple(text for text in (self.text(n, what) for n in nodes) if text is not None)

    def word(self, node: Node | None, what: str, known: Iterable[str]) -> str | None:
        """One of the known words; where they are the keys of a table, its labels help to suggest one."""
        table: dict[str, object] = known if isinstance(known, dict) else {}
        known = table or list(known)
        text = self.text(node, what)
        if text is None or node is None or text in known:
            return text
        labels = {word: str(getattr(entry, "label", word)) for word, entry in table.items()}
        few = f"one of: {', '.join(known)}" if len(known) <= 14 else f"one of {len(known)} words"
        help = self.near(text, known, labels) or few
        self.problems.add("WORD-1", f"'{text[:40]}' is not a word of {what}", node.mark, help)
        return None

    def flag(self, node: Node | None, what: str) -> bool | None:
        """True or false, as YAML 1.2 writes them."""
        if isinstance(node, Text) and node.plain and node.value in _FLAGS:
            return _FLAGS[node.value]
        if node is not None:
            self.wrong(node, what, "true or false")
        return None

    def number(self, node: Node | None, what: str, units: dict[str, str] | None = None) -> Number | None:
        """A number; with `units` (name to exact decimal factor), one that may carry a unit, converted exactly."""
        if node is None:
            return None
        match = _QUANTITY.fullmatch(node.value.strip()) if isinstance(node, Text) else None
        if not match or not isinstance(node, Text):
            self.wrong(node, what, "a number", "NUM-1")
            return None
        factor = "1"
        if unit := match[4]:
            if unit not in (units or {}):
                known = ", ".join(units or {}) or "none"
                self.problems.add("NUM-3", f"{what} has no unit '{unit[:40]}'", node.mark, f"known units: {known}")
                return None
            factor = (units or {})[unit]
        return self.exact(match[1], factor, node.mark, what)

    def exact(self, text: str, factor: str, mark: Mark, what: str) -> Number | None:
        """The product of two decimals as int or float; refuses what a double cannot hold."""
        mantissa, _, exponent = text.lower().partition("e")
        digits = len(mantissa.replace(".", "").lstrip("+-0").rstrip("0"))
        if digits <= _DIGITS + 1 and len(exponent.lstrip("+-0")) <= 3:
            value = _Ratio.of(text)
            product = value.times(_Ratio.of(factor))
            rounded = digits > _DIGITS and not value.whole
            if not rounded and value.bounded and product.bounded and not product.vanishing:
                return product.number
        help = f"at most {_DIGITS} digits and at most {_LARGEST:,}"
        self.problems.add("NUM-2", f"{what}: {text[:40]} is out of bounds", mark, help)
        return None

    def whole(self, node: Node | None, what: str) -> int | None:
        """A whole number."""
        value = self.number(node, what)
        if isinstance(value, float) and node is not None:
            self.wrong(node, what, "a whole number", "NUM-1")
            return None
        return value if isinstance(value, int) else None

    def dated(self, node: Node | None, what: str) -> Dated | None:
        """A day, a month or a year."""
        text = self.text(node, what)
        if text is None or node is None:
            return None
        try:
            return Dated.of(text)
        except ValueError:
            help = "write 2022-12-14, 2022-12 or 2022; a ~ after it says about"
            self.problems.add("DATE-1", f"{what}: '{text[:40]}' is not a date", node.mark, help)
            return None

    def near(self, word: str, known: Iterable[str], labels: dict[str, str] | None = None) -> str:
        """A suggestion, as `suggest`; none once there are so many problems that their number is the problem."""
        return suggest(word, known, labels) if len(self.problems.found) < _MANY else ""

    def wrong(self, node: Node, what: str, wanted: str, code: str = "TYPE-1") -> None:
        """Record that `node` is not what is wanted."""
        self.problems.add(code, f"{what} must be {wanted}, not {describe(node)}", node.mark)
