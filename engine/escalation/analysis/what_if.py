"""What if the facts were otherwise: before and after, the rules that switched, and the tests that made them switch.

The changes are made to the loaded scenario as a changed file would make them; the result is an assessment like any
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from escalation.analysis.rated import Json, head, mode, of, ratings, switched
from escalation.assess import Assessment, assess
from escalation.edits import edited, path_to
from escalation.facts import Fact
from escalation.ledger import YES, ConcludedLine, CountLine, GroupLine, Line, RuleLine, TestLine
from escalation.scenario import Scenario
from escalation.trace import because, set_data
from escalation.vocabulary import Vocabulary

__all__ = ["Difference", "Flip", "Switch", "WhatIf", "differences", "what_if"]


class Difference(NamedTuple):
    """One fact or entity that differs: its path, and the fact before and after (None: not there)."""

    path: str
    before: Fact | None
    after: Fact | None


class Flip(NamedTuple):
    """A test or conclusion that came out otherwise, or an entity that came or went and passes all that is asked of it.

    `before` and `after` are whether it held (None: it was not there).
    """

    written: str
    path: str
    before: bool | None
    after: bool | None


class Switch(NamedTuple):
    """A rule that fires on one side only, what it says there, and what made the difference."""

    line: RuleLine
    on: bool
    because: str
    flips: tuple[Flip, ...]


class WhatIf(NamedTuple):
    """Two assessments of one scenario, and what lies between them."""

    before: Assessment
    after: Assessment
    written: tuple[str, ...]
    differences: tuple[Difference, ...]
    switches: tuple[Switch, ...]

    def data(self) -> Json:
        """The answer as JSON data."""
        return {
            **head([self.before, self.after]),
            "question": "what_if",
            "changes": list(self.written),
            "before": ratings(self.before),
            "after": ratings(self.after),
            "facts": [{"fact": d.path, "before": _fact(d.before), "after": _fact(d.after)} for d in self.differences],
            "switched": [
                {
                    "rule": s.line.rule.id,
                    "on": s.on,
                    "points": s.line.rule.then.points,
                    "because": s.because,
                    "flips": [flip._asdict() for flip in s.flips],
                }
                for s in self.switches
            ],
        }


def what_if(
    found: Assessment, assign: Sequence[str] = (), add: Sequence[str] = (), remove: Sequence[str] = ()
) -> WhatIf:
    """The assessment after changes, beside the one before; see `edits.edited` for how changes are written.

    Raises InputError with everything that is wrong with any change.
    """
    pack = found.pack
    changed = edited(found.scenario, pack.vocabulary, assign, add, remove)
    after = assess(changed, pack, engine=mode(found))
    on, off = switched(of(found), of(after))
    switches = [_switch(found, after, rule, True) for rule in on] + [_switch(found, after, rule, False) for rule in off]
    order = {rule.id: i for i, rule in enumerate(pack.rules)}
    written = (*(f"remove {w}" for w in remove), *(f"add {w}" for w in add), *assign)
    return WhatIf(
        found,
        after,
        written,
        tuple(differences(found.scenario, changed, found)),
        tuple(sorted(switches, key=lambda s: order[s.line.rule.id])),
    )


def differences(before: Scenario, after: Scenario, found: Assessment) -> Iterator[Difference]:
    """Facts that differ in value or doubt, and entities that came or went. What follows from others is left out."""
    vocabulary = found.pack.vocabulary
    old = {(e.kind, e.id): (i, e) for i, e in enumerate(before.entities)}
    new = {(e.kind, e.id): (i, e) for i, e in enumerate(after.entities)}
    for key, (at, entity) in old.items():
        if key not in new:
            yield Difference(path_to(before, vocabulary, at), next(iter(entity.facts.values())), None)
            continue
        for name in dict.fromkeys([*entity.facts, *new[key][1].facts]):
            was, now = entity.facts.get(name), new[key][1].facts.get(name)
            one = was or now
            assert one is not None
            if one.field.member_of or one.field.derive or _said(was) == _said(now):
                continue
            yield Difference(path_to(before, vocabulary, at, name), was, now)
    for key, (at, entity) in new.items():
        if key not in old:
            yield Difference(path_to(after, vocabulary, at), None, next(iter(entity.facts.values())))


def _said(fact: Fact | None) -> object:
    return fact and (fact.best, fact.possible, fact.state)


def _switch(before: Assessment, after: Assessment, rule_id: str, on: bool) -> Switch:
    index = next(i for i, rule in enumerate(before.pack.rules) if rule.id == rule_id)
    old, new = before.assumed_ledger.rules[index], after.assumed_ledger.rules[index]
    there = (after, new) if on else (before, old)
    return Switch(there[1], on, because(*there), tuple(_flips(before, old.line, after, new.line)))


def _flips(before: Assessment, old: Line, after: Assessment, new: Line) -> Iterator[Flip]:
    """What came out otherwise under the same condition on two sides."""
    if old.state == new.state:
        return
    was, now = old.state == YES, new.state == YES
    if isinstance(old, TestLine):
        yield Flip(
            old.test.written, path_to(before.scenario, _words(before), old.entity, old.test.field.name), was, now
        )
    elif isinstance(old, ConcludedLine):
        yield Flip(f"{old.node.name} is {'' if old.node.expected else 'not '}concluded", "", was, now)
    elif isinstance(old, GroupLine):
        assert isinstance(new, GroupLine)
        for a, b in zip(old.children, new.children, strict=True):
            yield from _flips(before, a, after, b)
    else:
        assert isinstance(new, CountLine)
        yield from _counted(before, old, after, new)


def _counted(before: Assessment, old: CountLine, after: Assessment, new: CountLine) -> Iterator[Flip]:
    there = {before.scenario.entities[at].id: (at, line) for at, line in old.entities}
    here = {after.scenario.entities[at].id: (at, line) for at, line in new.entities}
    for name in dict.fromkeys([*there, *here]):
        if name in there and name in here:
            yield from _flips(before, there[name][1], after, here[name][1])
        elif name in there and there[name][1].state == YES:
            yield Flip(old.count.written, path_to(before.scenario, _words(before), there[name][0]), True, None)
        elif name in here and here[name][1].state == YES:
            yield Flip(new.count.written, path_to(after.scenario, _words(after), here[name][0]), None, True)


def _words(found: Assessment) -> Vocabulary:
    return found.pack.vocabulary


def _fact(fact: Fact | None) -> Json | None:
    if fact is None:
        return None
    best = list(fact.best) if isinstance(fact.best, tuple) else fact.best
    return {"value": best, "state": fact.state, "possible": set_data(fact.possible) if fact.possible else None}
