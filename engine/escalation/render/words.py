"""Phrases that every page needs: dates, lists, counts, levels, and what a rule or a fact rests on.

Sentences about policy come from the pack; these helpers only put values into fixed forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from escalation.assess import Assessment
from escalation.ledger import YES, ConcludedLine, GroupLine, Line, RuleLine, TestLine
from escalation.pack import Pack
from escalation.render.layout import attribution, level_range, signed
from escalation.rules import PLACEHOLDER
from escalation.scenario import PERCEIVERS, Fact, Later
from escalation.sentences import holding
from escalation.sets import Numbers, Words
from escalation.trace import distance, matched
from escalation.vocabulary import Field

__all__ = [
    "away",
    "by_scale",
    "counted",
    "day",
    "entity_name",
    "extent",
    "grounds",
    "later_line",
    "levels",
    "limits_of",
    "listed",
    "names",
    "perceiver",
    "rests_on",
    "spelled",
    "weakest",
    "when",
]

_MONTHS = "January February March April May June July August September October November December".split()
_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()
_WEAKNESS = {"assumption": 2, "judgement": 1, "reported_fact": 0}


def day(found: date) -> str:
    """A date in words.

    >>> day(date(2022, 12, 14))
    '14 December 2022'
    """
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def when(text: str) -> str:
    """A date as a scenario writes it, in words with a short month; "" stays "".

    >>> when("2022-12-14"), when("2022-09~"), when("2022"), when("")
    ('14 Dec 2022', 'about Sep 2022', '2022', '')
    """
    year, month, dayno = [*text.rstrip("~").split("-"), "", ""][:3]
    short = _MONTHS[int(month) - 1][:3] if month else ""
    parts = (str(int(dayno)) if dayno else "", short, year)
    return ("about " if text.endswith("~") else "") + " ".join(part for part in parts if part)


def listed(parts: Sequence[str], last: str = "and") -> str:
    """A list in a sentence.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")
    ('a', 'a and b', 'a, b or c')
    """
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def spelled(number: int) -> str:
    """A small number in words.

    >>> spelled(0), spelled(3), spelled(14)
    ('no', 'three', '14')
    """
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "rule"), counted(0, "rule"), counted(3, "fact")
    ('1 rule', '0 rules', '3 facts')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def names(pack: Pack) -> list[str]:
    """The names of the levels, from the lowest."""
    return [level.name for level in pack.levels]


def levels(pack: Pack, low: int, high: int) -> str:
    """Levels by name, in capitals."""
    return level_range(names(pack), low, high)


def by_scale(pack: Pack, points: dict[str, int]) -> tuple[str, ...]:
    """Points on each scale of the pack."""
    return tuple(signed(points.get(scale.name, 0)) for scale in pack.scales)


def limits_of(found: Assessment, line: RuleLine, scale: str) -> list[str]:
    """The ceilings and floors that a rule sets on a scale, in words."""
    then = line.rule.then
    pairs = (("ceiling", then.ceiling), ("floor", then.floor))
    return [f"{word} {levels(found.pack, at[scale], at[scale])}" for word, at in pairs if scale in at]


def perceiver(found: Assessment) -> str:
    """Those whose reading is rated, by the name that the vocabulary gives them."""
    field = found.pack.vocabulary.fields.get(PERCEIVERS)
    return listed([field.show(code) if field else code for code in found.scenario.perceivers])


def entity_name(found: Assessment, at: int) -> str:
    """What an entity is called: the fact that names its kind if it is stated; its id if not, or if it is dated."""
    entity = found.scenario.entities[at]
    kind = found.pack.vocabulary.kinds[entity.kind]
    fact = None if kind.dated_by else entity.facts.get(kind.name_field)
    return str(fact.best) if fact and fact.state != "assumed" and fact.best else entity.id


def extent(field: Field) -> str:
    """The type of a field of numbers with its bounds and units: "number from 0 to 20,000 km; also in mi"."""
    assert isinstance(field.domain, Numbers)
    low, high = field.domain.intervals[0].low, field.domain.intervals[-1].high
    units = f"; also in {', '.join(u for u in field.units if u != field.unit)}" if field.units else ""
    return f"{field.type} from {low:,} to {high:,} {field.unit}".rstrip() + units


def away(line: TestLine, fact: Fact) -> str:
    """The value at which a test flips, and how far that is; "" where no value flips it."""
    found = distance(line, fact)
    if found is None:
        return ""
    shown = str(found["shown"])
    if "amount" in found:
        return f"{shown}, {fact.field.show(found['amount'])} away"
    accept, domain = line.test.accept, fact.field.domain
    if not fact.field.order and isinstance(accept, Words) and isinstance(domain, Words):
        others = len(domain.words - accept.words if fact.best in accept.words else accept.words) - 1
        return f"{shown} or {others} other{'' if others == 1 else 's'}" if others else shown
    return f"{shown}, {found['steps']} steps away" if found["steps"] > 1 else shown


def rests_on(found: Assessment, line: RuleLine) -> str:
    """The weakest ground of a rule that fired, as its mark; "" if it rests on no fact."""
    return _weakest(found, [fact for _, fact in grounds(found, line) if fact.field.readable])


def weakest(found: Assessment, line: Line) -> str:
    """The weakest of the facts that make a line hold, as its mark; "" if none does."""
    entities = found.scenario.entities
    return _weakest(found, [entities[test.entity].facts[test.test.field.name] for test in holding(line)])


def _weakest(found: Assessment, facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    ground = max(enumerate(facts), key=lambda pair: (*_weakness(pair[1]), pair[0]))[1]
    return attribution(ground, found.scenario.file)


def grounds(found: Assessment, line: RuleLine) -> list[tuple[int, Fact]]:
    """The facts that make a rule hold in the assumed world, with the index of their entity, and those its reason names.

    A rule that asks for conclusions only rests on the facts of the rules that made them.
    """
    facts: dict[tuple[int, str], Fact] = {}
    entities = found.scenario.entities
    for test in holding(line.line):
        facts[test.entity, test.test.field.name] = entities[test.entity].facts[test.test.field.name]
    if not facts:
        for name in (node.node.name for node in _conclusions(line.line)):
            for maker in found.assumed_ledger.rules:
                if maker.state == YES and name in maker.rule.then.conclude:
                    facts.update({(at, fact.field.name): fact for at, fact in grounds(found, maker)})
    for kind, name in PLACEHOLDER.findall(line.rule.because):
        for at in matched(line.line, kind) if kind else ():
            if (fact := entities[at].facts.get(name)) and fact.state != "assumed":
                facts.setdefault((at, name), fact)
    return [(at, fact) for (at, _), fact in facts.items()]


def later_line(later: Later) -> str:
    """Something that became known after the day rated."""
    text = f", {later.text}" if later.text else ""
    return f"{when(later.date)}{text} ({later.path}, @{later.mark.line})"


def _conclusions(line: Line) -> Iterator[ConcludedLine]:
    children: Iterable[Line] = line.children if isinstance(line, GroupLine) else ()
    if isinstance(line, ConcludedLine) and line.node.expected:
        yield line
    for child in children:
        yield from _conclusions(child)


def _weakness(fact: Fact) -> tuple[int, str, str]:
    grade = fact.grade or "ZZ"
    return _WEAKNESS[fact.status], grade[0], grade[1]
