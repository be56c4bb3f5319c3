"""What would fill a gap in coverage: for each condition the pair of scenarios in which it alone decides.

The two halves of a pair differ in one fact wherever that is possible, and that fact lies just on either side of the
line. A pair starts from the plainest scenario that an exact search finds; every half is evaluated before it is offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

from escalation.diagnostics import InputError, Mark
from escalation.pack import Pack
from escalation.rules import Concluded, Count, Rule, Test
from escalation.sets import Numbers, Scalar, Set, Words, complement, intersection, interval, is_empty, nearest
from escalation.vocabulary import Field
from escalation.workbench.coverage import Coverage, Duty, Example, conditions, cuts
from escalation.workbench.questions import can_hold, decides
from escalation.workbench.specimen import Facts, facts_of, read

__all__ = ["Filled", "Pair", "filled", "named", "pair_of"]


class Pair(NamedTuple):
    """The halves of a pair: facts under which a condition holds and under which it fails, deciding alone in both.

    None where no scenario does so. `fact` names the one fact in which they differ: (kind, field), or None.
    """

    holds: Facts | None
    fails: Facts | None
    fact: tuple[str, str] | None

    def half(self, side: bool) -> Facts | None:
        """The half in which the condition holds, or that in which it fails."""
        return self.holds if side else self.fails


class Filled(NamedTuple):
    """A scenario that meets a duty: a name for it, what it shows, its facts, and whether the rule fires in it."""

    duty: Duty
    id: str
    shows: str
    facts: Facts
    fires: bool


def pair_of(pack: Pack, rule: Rule, number: int) -> Pair:
    """The pair for a condition of a rule."""
    leaf = conditions(rule)[number]
    halves = {side: decides(pack, rule.when, leaf, side) for side in (True, False)}
    own = {side: facts_of(pack, found) if found else None for side, found in halves.items()}
    field = _stated_field(pack, leaf)
    if isinstance(leaf, Test) and field:
        for side in (True, False):
            for near in _moved(pack, leaf, field, own[side], side):
                if all(_shows(pack, rule, number, near[s], s) for s in (True, False)):
                    return Pair(near[True], near[False], (field.entity, field.name))
    return Pair(own[True], own[False], None)


def filled(pack: Pack, duty: Duty) -> Filled | None:
    """A scenario that meets a duty, or None if there is none."""
    rule = pack.rule(duty.rule)
    assert rule is not None
    if duty.what == "condition":
        facts = pair_of(pack, rule, duty.condition).half(duty.side)
    else:
        leaf = conditions(rule)[duty.condition] if duty.what == "line" else None
        wanted = _beside(pack, leaf, duty) if isinstance(leaf, Test) else rule.when
        witness = can_hold(pack, [wanted])
        facts = facts_of(pack, witness) if witness else None
    if facts is None:
        return None
    coverage = Coverage(pack, [Example("", "scenario", read(pack, facts))])
    if duty not in coverage.seen:
        return None
    return Filled(duty, *_told(rule, duty), facts, Duty(rule.id, "fires") in coverage.seen)


def named(leaf: Test | Concluded, side: bool) -> tuple[str, bool]:
    """A condition as its author wrote it, and whether that holds: `not` is turned back.

    Conditions under `every` are kept the other way round, since every is none that does not.
    """
    if isinstance(leaf, Concluded):
        return f"the conclusion {leaf.name}", side == leaf.expected
    written = leaf.written
    while written.startswith("not: "):
        written, side = written.removeprefix("not: "), not side
    return written, side


def _told(rule: Rule, duty: Duty) -> tuple[str, str]:
    """A name for a scenario, and what it shows."""
    if duty.what == "fires":
        return rule.id.lower(), f"{rule.id} fires"
    leaf = conditions(rule)[duty.condition]
    words, holds = named(leaf, duty.side)
    stem = f"{rule.id}-{leaf.name if isinstance(leaf, Concluded) else leaf.field.name}".lower()
    stem = "".join(char if char.isalnum() else "-" for char in stem).strip("-")
    same = [n for n, other in enumerate(conditions(rule)) if _subject(other) == _subject(leaf)]
    stem += f"-{same.index(duty.condition) + 1}" if len(same) > 1 else ""
    if duty.what == "line":
        assert isinstance(leaf, Test)
        cut = cuts(leaf)[duty.line]
        words = ("over" if cut.after else "from") if duty.side else ("up to" if cut.after else "under")
        end = "above" if duty.side else "below"
        return f"{stem}-{end}", f"{leaf.field.label} {words} {leaf.field.show(cut.at)}"
    end = "holds" if holds else "fails"
    return f"{stem}-{end}", f"{rule.id}: '{words}' {end}, and alone decides"


def _subject(leaf: Test | Concluded) -> str:
    return leaf.name if isinstance(leaf, Concluded) else leaf.field.name


def _beside(pack: Pack, leaf: Test, duty: Duty) -> Test | Count:
    """That some fact lies on one side of a line."""
    field, cut = leaf.field, cuts(leaf)[duty.line]
    side: Set
    if isinstance(field.domain, Numbers):
        assert isinstance(cut.at, (int, float))
        above = interval(cut.at, low_open=cut.after)
        side = intersection(above if duty.side else complement(above, field.domain), field.domain)
    else:
        at = field.order.index(str(cut.at))
        side = Words(frozenset(field.order[at:] if duty.side else field.order[:at]))
    test = Test(field, side, "", leaf.mark)
    many = pack.vocabulary.kinds[field.entity].many
    return Count(field.entity, test, interval(1), "", Mark("", 1, 1)) if many else test


def _stated_field(pack: Pack, leaf: Test | Concluded) -> Field | None:
    """The field that a scenario states to move a condition: its own, or the word that it is worked out from first."""
    if isinstance(leaf, Concluded) or leaf.field.member_of is not None:
        return None
    derived = leaf.field.derive
    if derived is None:
        return leaf.field
    first = pack.vocabulary.fields[f"{leaf.field.entity}.{derived[1][0]}"]
    return first if derived[0] == "highest_of" and first.type == "word" else None


def _moved(pack: Pack, leaf: Test, field: Field, facts: Facts | None, side: bool) -> Iterator[dict[bool, Facts]]:
    """Some facts, and the same with one fact moved just over the line of a condition."""
    assert leaf.field.domain is not None
    inside = intersection(leaf.accept, leaf.field.domain)
    outside = complement(leaf.accept, leaf.field.domain)
    if facts is None or is_empty(inside) or is_empty(outside):
        return
    kind = pack.vocabulary.kinds[field.entity]
    lists = leaf.field.derive[1][1:] if leaf.field.derive else ()

    def put(value: Scalar) -> Facts:
        changed = deepcopy(facts)
        assert changed is not None
        entity = changed[kind.plural][0] if kind.many else changed.setdefault(kind.name, {})
        entity[field.name] = value
        for name in lists:  # what the fact is worked out from besides
            entity.pop(name, None)
        return changed

    home = field.assume if not isinstance(field.assume, tuple) and field.assume is not None else ""
    start = nearest(inside if side else outside, home, field.step, field.order or leaf.field.order)
    other = nearest(outside if side else inside, start, field.step, field.order or leaf.field.order)
    yield {side: put(start), not side: put(other)}


def _shows(pack: Pack, rule: Rule, number: int, facts: Facts, side: bool) -> bool:
    try:
        scenario = read(pack, facts)
    except InputError:
        return False
    return Duty(rule.id, "condition", number, side=side) in Coverage(pack, [Example("", "scenario", scenario)]).seen
