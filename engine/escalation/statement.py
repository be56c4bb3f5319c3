"""Reads what a scenario states about one field: a plain value, the word `unknown`, or a mapping that says more.

All three become one `Fact`. A mapping may give the doubt (`low` and `high`, or `one_of`), and who says so: `source`,
`grade`, `quote`, `known_at`, `seen_to`, `status`, `note`. What it leaves out of these, the entity's source and grade
cover.
"""

import re
from functools import reduce
from typing import NamedTuple

from escalation.diagnostics import Problems
from escalation.facts import (
    ALTERNATIVE,
    ATTRIBUTION,
    GRADE,
    MOST_ALTERNATIVES,
    SHAPES,
    STATUSES,
    Alternative,
    Distribution,
    Fact,
    Source,
    forms_of,
    single,
    the_only,
)
from escalation.read import Reader
from escalation.sets import Numbers, Scalar, Set, Words, contains, intersection, interval, is_empty, nearest, union
from escalation.source import Listing, Mapping, Node, Text
from escalation.vocabulary import Field, Value, read_scalar

__all__ = ["Cover", "FactReader"]

_EXACT = 1e-9  # how far the sum of probabilities may lie from 1


class Cover(NamedTuple):
    """What an entity says about all of its facts: the source, and the grade of what it says."""

    source: str = ""
    grade: str = ""


class _Claim(NamedTuple):
    """The part of a statement that is about the value: the one given, if any, and every possible one."""

    value: Value | None
    possible: Set | None
    alternatives: tuple[Alternative, ...] = ()
    distribution: Distribution | None = None


class FactReader(Reader):
    """Reads facts, against the sources of one scenario."""

    def __init__(self, problems: Problems, sources: dict[str, Source]) -> None:
        super().__init__(problems)
        self.sources = sources

    def fact(self, field: Field, node: Node, what: str, cover: Cover) -> Fact | None:
        """What is stated about one field. `what` is its path; `cover` holds for what the statement leaves out."""
        before = len(self.problems.found)
        found = self.statement(field, node, what)
        claim = self.claim(field, found, what)
        if len(self.problems.found) > before:
            self.about(found, what, cover)  # for its problems
            return None
        best, state = _settled(field, claim)
        if state == "open" and claim.value is None and not {"low", "high", "one_of"} & found.keys():
            cover = Cover()  # nobody reports what nobody knows
        if chosen := next((a for a in claim.alternatives if a.source and a.value == best), None):
            cover = Cover(chosen.source, chosen.grade)
        about = self.about(found, what, cover)
        if len(self.problems.found) > before:
            return None
        mark = found["value"].mark if "value" in found else node.mark
        return Fact(field, best, claim.possible, state, mark, *about, claim.distribution, claim.alternatives)

    def statement(self, field: Field, node: Node, what: str) -> dict[str, Node]:
        """The parts of a statement by key; a plain value is its `value`."""
        if not isinstance(node, Mapping):
            return {"value": node}
        forms = forms_of(field)
        found = self.keys(node, what, (), (*forms, *ATTRIBUTION))
        if len(found) == len(node.entries) and not found.keys() & set(forms):
            help = "add value: ..., or write unknown in place of the mapping"
            self.problems.add("FACT-1", f"{what} says nothing about its value", node.mark, help)
        return found

    # -- the value

    def claim(self, field: Field, found: dict[str, Node], what: str) -> _Claim:
        """What is said about the value; only good if it caused no problem."""
        node = found.get("value")
        if node is None or _unknown(node, field):
            value = None
        elif field.type == "words":
            return _Claim(self.several(field, node, what), None)
        else:
            value = self.value(field, node, what)
        if "one_of" in found:
            return self.one_of(field, found, value, what)
        if {"low", "high", "distribution"} & found.keys():
            return self.between(field, found, value, what)
        if field.domain is None or field.type == "words":
            return _Claim(value, None)
        return _Claim(value, field.domain if value is None else single(value))

    def value(self, field: Field, node: Node | None, what: str) -> Scalar | None:
        """One value in the field's domain."""
        if node is None:
            return None
        if field.type == "date":
            dated = self.dated(node, what)
            return dated.text if dated else None
        value = read_scalar(self, field, node, what)
        if value is None or not isinstance(field.domain, Numbers) or contains(field.domain, value):
            return value
        low, high = field.domain.intervals[0].low, field.domain.intervals[-1].high
        span = f"from {low:,} to {high:,} {field.unit}".rstrip()
        self.problems.add("NUM-4", f"{what}: {value:,} {field.unit} is out of bounds", node.mark, f"it can be {span}")
        return None

    def several(self, field: Field, node: Node, what: str) -> tuple[str, ...]:
        """The words of a list, each once."""
        nodes = (node,) if isinstance(node, Text) else self.listing(node, what)
        words: list[str] = []
        for one in nodes:
            word = self.word(one, what, field.words)
            if word is not None and word in words:
                self.problems.add("FACT-5", f"{what} holds {word} twice", one.mark, "keep one of them")
            elif word is not None:
                words.append(word)
        return tuple(words)

    def between(self, field: Field, found: dict[str, Node], value: Scalar | None, what: str) -> _Claim:
        """A value somewhere from low to high; an end left out is the end of the domain."""
        low, high = (self.value(field, found.get(end), f"{what}.{end}") for end in ("low", "high"))
        node = found.get("low") or found.get("high") or found["distribution"]
        possible = field.domain if isinstance(field.domain, Numbers) else Words(frozenset(field.order))
        for end, up in ((low, True), (high, False)):
            if isinstance(end, str) and end not in field.order:
                self.problems.add("FACT-10", f"{what}: {end} has no place in the order", node.mark, "use one_of")
                return _Claim(value, field.domain)
            if end is not None:
                possible = intersection(possible, _beyond(field, end, up))
        if is_empty(possible) or (value is not None and not contains(possible, value)):
            help = "low comes first, high last, the value between them"
            self.problems.add("FACT-3", f"{what}: low, value and high are out of order", node.mark, help)
        return _Claim(value, possible, (), self.distribution(found, low, value, high, what))

    def distribution(
        self, found: dict[str, Node], low: Scalar | None, value: Scalar | None, high: Scalar | None, what: str
    ) -> Distribution | None:
        node = found.get("distribution")
        shape = self.word(node, f"{what}.distribution", SHAPES)
        if node is None or shape is None:
            return None
        needed = ("low", "high") if shape == "uniform" else ("low", "value", "high")
        if any(name not in found for name in needed):
            self.problems.add("FACT-7", f"{what}: {shape} needs {', '.join(needed)}", node.mark, "add what is missing")
        if isinstance(low, str) or isinstance(high, str) or low is None or high is None or low == high:
            return None
        mode = value if isinstance(value, (int, float)) and shape == "triangular" else 0
        return Distribution(shape, low=low, mode=mode, high=high)

    def one_of(self, field: Field, found: dict[str, Node], value: Scalar | None, what: str) -> _Claim:
        """A value out of a few."""
        node = found["one_of"]
        before = len(self.problems.found)
        if other := next((found[key] for key in ("low", "high", "distribution") if key in found), None):
            self.problems.add("FACT-2", f"{what} has one_of and a range", other.mark, "keep one way to state the doubt")
        items = self.listing(node, f"{what}.one_of")
        if isinstance(node, Listing) and not 0 < len(items) <= MOST_ALTERNATIVES:
            help = f"list 1 to {MOST_ALTERNATIVES} values, or write low and high, or unknown"
            self.problems.add("FACT-11", f"{what}.one_of holds {len(items)} values", node.mark, help)
            return _Claim(value, field.domain)
        listed = [self.alternative(field, item, f"{what}.one_of[{i}]") for i, item in enumerate(items)]
        alternatives = tuple(a for a in listed if a is not None)
        values = [a.value for a in alternatives]
        if twice := [value for at, value in enumerate(values) if value in values[:at]]:
            self.problems.add("FACT-5", f"{what}.one_of holds {twice[0]} twice", node.mark, "keep one of them")
        if value is not None and value not in values:
            help = "the best estimate is one of the alternatives: add it"
            self.problems.add("FACT-4", f"{what}: {value} is not in one_of", found["value"].mark, help)
        if len(self.problems.found) > before:
            return _Claim(value, field.domain)
        weights = self.weighed(alternatives, node, what)
        return _Claim(value, reduce(union, map(single, values)), alternatives, weights)

    def alternative(self, field: Field, node: Node, what: str) -> Alternative | None:
        if not isinstance(node, Mapping):
            value = self.value(field, node, what)
            return None if value is None else Alternative(value)
        found = self.keys(node, what, ALTERNATIVE[:1], ALTERNATIVE[1:])
        value = self.value(field, found.get("value"), what)
        share = self.number(found.get("probability"), f"{what}.probability")
        if share is not None and not 0 < share <= 1:
            help = "over 0 and at most 1; leave out what cannot be"
            self.problems.add("FACT-6", f"{what}: {share} is not a probability", found["probability"].mark, help)
        source = self.reference(found.get("source"), f"{what}.source")
        grade = self.grade(found.get("grade"), f"{what}.grade") or self.graded(source)
        quote = self.text(found.get("quote"), f"{what}.quote") or ""
        return None if value is None else Alternative(value, share, source, grade, quote)

    def weighed(self, alternatives: tuple[Alternative, ...], node: Node, what: str) -> Distribution | None:
        shares = [a.probability for a in alternatives if a.probability is not None]
        if not shares:
            return None
        if len(shares) < len(alternatives):
            help = "give each a probability, or none"
            self.problems.add("FACT-6", f"{what}: some alternatives have a probability", node.mark, help)
        elif abs(sum(shares) - 1) > _EXACT:
            help = "they must sum to 1"
            self.problems.add("FACT-6", f"{what}: the probabilities sum to {sum(shares):.12g}", node.mark, help)
        return Distribution("alternatives", alternatives)

    # -- who says so

    def about(self, found: dict[str, Node], what: str, cover: Cover) -> tuple[str, str, str, str, str, str, str]:
        """Source, grade, status, quote, note, known_at and seen_to of a statement."""
        if len(found) == 1 and "value" in found:
            return cover.source, cover.grade, "reported_fact" if cover.source else "assumption", "", "", "", ""
        own = self.reference(found.get("source"), f"{what}.source")
        status = self.word(found.get("status"), f"{what}.status", STATUSES)
        if status == "assumption" and not own:
            cover = Cover()  # an assumption among sourced facts is the analyst's own
        source = own or cover.source
        grade = self.grade(found.get("grade"), f"{what}.grade")
        grade = grade or (cover.grade if source == cover.source else self.graded(source))
        quote, note = (self.text(found.get(key), f"{what}.{key}") or "" for key in ("quote", "note"))
        known, seen = (self.dated(found.get(key), f"{what}.{key}") for key in ("known_at", "seen_to"))
        status = status or ("reported_fact" if source else "assumption")
        return source, grade, status, quote, note, known.text if known else "", seen.text if seen else ""

    def cover(self, found: dict[str, Node], what: str) -> Cover:
        """What an entity's own source and grade say about its facts."""
        source = self.reference(found.get("source"), f"{what}.source")
        return Cover(source, self.grade(found.get("grade"), f"{what}.grade") or self.graded(source))

    def reference(self, node: Node | None, what: str) -> str:
        """The name of a source of this scenario, or ""."""
        name = self.text(node, what)
        if node is None or name is None or name in self.sources:
            return name or ""
        help = self.near(name, self.sources) or f"add it under sources: {name[:40]}: {{title: ..., grade: ...}}"
        self.problems.add("REF-1", f"{what}: there is no source {name[:40]}", node.mark, help)
        return ""

    def grade(self, node: Node | None, what: str) -> str:
        """An Admiralty grade, or ""."""
        text = self.text(node, what)
        if node is None or text is None or re.fullmatch(GRADE, text):
            return text or ""
        help = "a letter A to F for the source and a digit 1 to 6 for the claim, such as B2"
        self.problems.add("FACT-9", f"{what}: '{text[:40]}' is not a grade", node.mark, help)
        return ""

    def graded(self, source: str) -> str:
        """The grade of a source as a whole, or ""."""
        return self.sources[source].grade if source in self.sources else ""


def _unknown(node: Node, field: Field) -> bool:
    """Whether the word `unknown` is written; in text it must be plain, since a quoted one is the text itself."""
    return isinstance(node, Text) and node.value == "unknown" and (node.plain or field.type != "text")


def _settled(field: Field, claim: _Claim) -> tuple[Value, str]:
    """The best value of a claim, and whether it is the only one."""
    if claim.possible is None:
        if claim.value is not None:
            return claim.value, "stated"
        return (field.assume or () if field.type == "words" else ""), "open"
    sole = the_only(claim.possible)
    if sole is not None:
        return sole, "stated"
    if claim.value is not None:
        return claim.value, "open"
    if field.assume is not None and not isinstance(field.assume, tuple):
        return nearest(claim.possible, field.assume, field.step, field.order), "open"
    return ("" if claim.possible == field.domain else _least(claim.possible, field)), "open"


def _beyond(field: Field, end: Scalar, up: bool) -> Set:
    """The values from an end upward, or down from it, along the numbers or the order of the words."""
    if isinstance(end, str):
        at = field.order.index(end)
        return Words(frozenset(field.order[at:] if up else field.order[: at + 1]))
    return interval(end) if up else interval(high=end)


def _least(possible: Set, field: Field) -> Scalar:
    """The first value, for a field that assumes none."""
    if isinstance(possible, Numbers):
        return possible.intervals[0].low
    return min(possible.words, key=lambda w: (field.order.index(w) if w in field.order else len(field.order), str(w)))
