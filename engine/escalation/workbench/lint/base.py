"""What every lint is made of: its record, and the few ways of looking at conditions that several lints share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Mark
from escalation.pack import Pack
from escalation.rules import All, Any, Concluded, Condition, Count, Rule, Test, walk
from escalation.sets import Numbers, Set, Words, intersection, interval, is_empty
from escalation.vocabulary import Field
from escalation.workbench.finding import Code, Edit, Finding
from escalation.workbench.questions import Witness
from escalation.workbench.subject import Subject
from escalation.workbench.wording import inner

__all__ = [
    "Found",
    "Lint",
    "as_written",
    "describe",
    "leaves",
    "nothing_or_all",
    "pairs_of_factor",
    "shared_sign",
    "some_entity",
]

Found: TypeAlias = Iterator[Finding]


class Lint(NamedTuple):
    """One lint: its code and name, how grave a finding is, the check, and what it means (the module's docstring)."""

    code: str
    name: str
    severity: str
    check: Callable[[Subject], Iterator[Finding]]
    meaning: str | None

    def finding(
        self,
        message: str,
        mark: Mark,
        about: str = "",
        help: str = "",
        related: tuple[tuple[str, Mark], ...] = (),
        fix: tuple[Edit, ...] = (),
    ) -> Finding:
        """A finding of this lint."""
        return Finding(self.code, self.severity, message, mark, about, help, related, fix)

    def described(self) -> Code:
        """What the code stands for, in one line of text."""
        return Code(self.code, self.name, " ".join((self.meaning or "").split()), self.severity)


def leaves(rule: Rule) -> list[Test | Concluded]:
    """The single tests and conclusions of a rule's condition."""
    return [node for node in walk(rule.when) if isinstance(node, (Test, Concluded))]


def as_written(node: Condition, kind: str = "") -> Iterator[tuple[Condition, str]]:
    """The nodes of a condition the way round they were written, each with the kind whose entity it asks about."""
    yield node, kind
    if isinstance(node, (All, Any)):
        for child in node.children:
            yield from as_written(child, kind)
    elif isinstance(node, Count):
        yield from as_written(inner(node), node.kind)


def some_entity(node: Condition, kind: str) -> Condition:
    """A condition on one entity as one on a scenario: that some entity of the kind satisfies it."""
    return Count(kind, node, interval(1, inf), "", Mark("", 1, 1)) if kind else node


def nothing_or_all(field: Field, accept: Set) -> str:
    """Whether "no" value of the field passes, "every" value does, or only some ("")."""
    assert field.domain is not None
    passing = intersection(accept, field.domain)
    return "no" if is_empty(passing) else "every" if passing == field.domain else ""


def pairs_of_factor(pack: Pack) -> Iterator[tuple[Rule, Rule]]:
    """Every two rules of one factor, in pack order."""
    for i, first in enumerate(pack.rules):
        for second in pack.rules[i + 1 :]:
            if first.factor == second.factor:
                yield first, second


def shared_sign(a: Rule, b: Rule) -> str:
    """A scale on which two rules both raise or both lower, or ""."""
    for scale, points in a.then.points.items():
        if points * b.then.points.get(scale, 0) > 0:
            return scale
    return ""


def describe(witness: Witness) -> str:
    """An answer in words: the facts that matter, entity by entity."""
    parts = []
    for kind, beings in witness.beings.items():
        for being in beings:
            told = ", ".join(f"{field.name} {_shown(field, piece)}" for field, piece in being.values())
            parts += [f"{kind}: {told}"] if told else []
    return "; ".join(parts) or "any scenario"


def _shown(field: Field, piece: Set) -> str:
    if isinstance(piece, Words):
        if isinstance(next(iter(piece.words)), bool):
            return field.show(next(iter(piece.words)))
        named = sorted(map(str, piece.words), key=lambda w: field.order.index(w) if w in field.order else len(w))
        return named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}" if field.order else " or ".join(named)
    assert isinstance(piece, Numbers)
    low, high = piece.intervals[0].low, piece.intervals[-1].high
    return f"{low:g} to {high:g}" if low != high else f"{low:g}"
