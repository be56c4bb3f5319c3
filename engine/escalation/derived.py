"""Facts that nobody writes: what holds where nothing is stated, and what follows from what is.

A list is read by rules through one yes-or-no fact for each of its words; the vocabulary may also declare a field as
derived from others: an age in days, or the highest of several words. Doubt in what a fact comes from is doubt in the
fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from escalation.diagnostics import Mark
from escalation.facts import Fact, single, the_only
from escalation.read import Dated
from escalation.sets import Numbers, Words, intersection, interval, is_empty, nearest
from escalation.vocabulary import Field

__all__ = ["assumed", "complete", "members"]


def assumed(field: Field, mark: Mark) -> Fact | None:
    """The fact that holds where nothing is stated, placed at its entity; None if the field assumes nothing."""
    if field.assume is None:
        return None
    possible = None if isinstance(field.assume, tuple) else single(field.assume)
    return Fact(field, field.assume, possible, "assumed", mark)


def members(fact: Fact, fields: Iterable[Field]) -> dict[str, Fact]:
    """The yes-or-no facts that stand for a list: one for each member field of the list's field."""
    assert isinstance(fact.best, tuple)
    if fact.state == "open":
        return {f.name: fact._replace(field=f, best=bool(f.assume), possible=f.domain) for f in fields}
    held = {f.name: f.member_of is not None and f.member_of[1] in fact.best for f in fields}
    return {f.name: fact._replace(field=f, best=held[f.name], possible=single(held[f.name])) for f in fields}


def complete(fields: dict[str, Field], stated: dict[str, Fact], mark: Mark, as_of: date) -> dict[str, Fact]:
    """All facts of an entity by field name, in the order of the vocabulary, from those that are stated.

    `fields` are those of its kind. A field that is neither stated nor assumed has no fact.
    """
    facts: dict[str, Fact] = {}
    lists: dict[str, list[Field]] = {}
    for name, field in fields.items():
        if field.member_of is not None:
            lists.setdefault(field.member_of[0], []).append(field)
        elif fact := stated.get(name) or assumed(field, mark):
            facts[name] = fact
    for name, of_list in lists.items():
        facts.update(members(facts[name], of_list))
    for name, field in fields.items():
        if field.derive is not None:
            derivation, names = field.derive
            found = _DERIVATIONS[derivation](field, facts, names, as_of)
            if found is not None:
                facts[name] = found
    return {name: facts[name] for name in fields if name in facts}


def _days_before(field: Field, facts: dict[str, Fact], names: tuple[str, ...], as_of: date) -> Fact | None:
    """Whole days from the last day of a date to the day rated: open where the date is a month, a year or unknown."""
    fact = facts.get(names[0])
    if fact is None:
        return facts.get(field.name)
    assert isinstance(field.domain, Numbers)
    if not fact.best:
        return fact._replace(field=field, best=field.assume or 0, possible=field.domain)
    dated = Dated.of(str(fact.best))
    youngest, oldest = (as_of - dated.last).days, (as_of - dated.first).days
    possible = intersection(interval(youngest, oldest), field.domain)
    if is_empty(possible):  # past either end of the domain
        possible = single(nearest(field.domain, youngest))
    state = "open" if the_only(possible) is None else fact.state
    return fact._replace(field=field, best=nearest(possible, youngest), possible=possible, state=state)


def _highest(field: Field, facts: dict[str, Fact], names: tuple[str, ...], as_of: date) -> Fact | None:
    """The highest word among several fields, along the order of the derived field.

    A word off the order is below every word on it. A list that is not stated is empty, so it leaves the result as
    certain as the others make it.
    """
    inputs = [fact for name in names for fact in _words(facts, name)]
    if not inputs:
        return facts.get(field.name)
    ranks = {-1}
    for fact in inputs:
        own = {_rank(field, fact, word) for word in fact.possible.words} if isinstance(fact.possible, Words) else {-1}
        ranks = {max(a, b) for a in ranks for b in own}
    decisive = max(inputs, key=lambda fact: _rank(field, fact, fact.best))
    words = {rank: field.order[rank] if rank >= 0 else _off_order(field, inputs) for rank in sorted(ranks)}
    if len(words) > 1:
        state = "open"
    else:
        state = "assumed" if any(f.state == "assumed" and not f.field.member_of for f in inputs) else "stated"
    return decisive._replace(
        field=field,
        best=words[_rank(field, decisive, decisive.best)],
        possible=Words(frozenset(words.values())),
        state=state,
        distribution=None,
        alternatives=(),
    )


def _off_order(field: Field, inputs: list[Fact]) -> str:
    """What is said where no input has a place in the order: the word off it, if there is one."""
    written = (f.possible.words for f in inputs if isinstance(f.possible, Words) and not f.field.member_of)
    return min((str(word) for words in written for word in words if word not in field.order), default=field.order[0])


def _words(facts: dict[str, Fact], name: str) -> list[Fact]:
    """The facts that stand for a field of words: its own, or one for each word of a list."""
    fact = facts.get(name)
    if fact is None or fact.field.type == "word":
        return [fact] if fact else []
    return [f for f in facts.values() if f.field.member_of and f.field.member_of[0] == name]


def _rank(field: Field, fact: Fact, value: object) -> int:
    """Where a word stands in the order; a member fact stands for its word if it is true."""
    if fact.field.member_of:
        value = fact.field.member_of[1] if value is True else None
    return field.order.index(value) if isinstance(value, str) and value in field.order else -1


_DERIVATIONS: dict[str, Callable[[Field, dict[str, Fact], tuple[str, ...], date], Fact | None]] = {
    "days_before_as_of": _days_before,
    "highest_of": _highest,
}
