"""Packs, entities and worlds made straight from records, for tests that need many or odd ones. No YAML is read."""

from math import inf

from escalation.diagnostics import Mark
from escalation.pack import Pack
from escalation.rules import COUNTS, All, Any, Concluded, Condition, Count, Rule, Test, Then, negate, walk
from escalation.scenario import Entity
from escalation.sets import Numbers, Set, Words, interval, only, whole
from escalation.vocabulary import EntityKind, Field, Vocabulary

MARK = Mark("pack", 1, 1)
LONG = "w" * 65_536  # the library takes a text of this length for an empty one
WORDS = ("ground", "", "NO", "a\x00b", 'x"y\\', "}{,", "\n\t", "démarche", "🚀\u202e", LONG, LONG + "v", "true", "5")
RANKS = ("none", "low", "mid", "high", "top")
YES_NO = Words(frozenset((True, False)))
SINGLE, MANY = ("transfer", "context"), ("item", "warning", "act")


def kind(name: str) -> EntityKind:
    return EntityKind(name, name, plural="" if name in SINGLE else f"{name}s")


def fields_of(entity: str) -> list[Field]:
    """One field of every type; `rank` has a word off its scale, `offset` takes negative numbers."""
    rows: list[tuple[str, str, Set, tuple[str, ...]]] = [
        ("role", "word", Words(frozenset(WORDS)), ()),
        ("rank", "word", Words(frozenset((*RANKS, "unclear"))), RANKS),
        ("armed", "flag", YES_NO, ()),
        ("also[nuclear]", "flag", YES_NO, ()),
        ("range", "number", interval(0), ()),
        ("offset", "number", interval(), ()),
        ("days", "integer", interval(0), ()),
    ]
    return [
        Field(entity, name, f"{entity}.{name}", name, type, domain, order, assume=False)
        for name, type, domain, order in rows
    ]


KINDS = {name: kind(name) for name in (*SINGLE, *MANY)}
FIELDS = {field.key: field for name in KINDS for field in fields_of(name)}


def is_in(field: Field | str, accept: Set) -> Test:
    return Test(FIELDS[field] if isinstance(field, str) else field, accept, "", MARK)


def count(kind: str, where: Condition, low: float = 1, high: float = inf) -> Count:
    return counted(kind, where, interval(low, high))


def counted(kind: str, where: Condition, accept: Numbers) -> Count:
    return Count(kind, where, accept, "", MARK)


def some(kind: str, where: Condition) -> Count:
    return count(kind, where)


def no(kind: str, where: Condition) -> Count:
    return count(kind, where, 0, 0)


def every(kind: str, where: Condition) -> Count:
    return no(kind, negate(where))


def concluded(name: str, expected: bool = True) -> Concluded:
    return Concluded(name, expected, MARK)


def rule(id: str, when: Condition, *conclude: str) -> Rule:
    return Rule(
        id=id,
        title=id,
        factor="",
        when=when,
        then=Then(points={}, conclude=conclude, floor={}, ceiling={}, notes=()),
        because="",
        basis=(),
        assumption="",
        falsified_by="",
        review_by="",
        pathway=(),
        mark=Mark(f"{id}.yaml", 1, 1),
    )


def pack(*rules: Rule, fields: dict[str, Field] = FIELDS) -> Pack:
    order, strata = chain(rules)
    return Pack(
        name="differential",
        version="1",
        perceivers=(),
        knowledge_to="",
        levels=(),
        scales=(),
        factors=(),
        vocabulary=Vocabulary(KINDS, fields),
        parameters={},
        rules=rules,
        order=order,
        strata=strata,
        profiles={},
        sources={},
        caveats=(),
        confidence=(),
        profile="",
        digest="",
        folder="",
    )


def chain(rules: tuple[Rule, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """An order of evaluation and the strata of rules that conclude in no circle."""
    makers: dict[str, list[int]] = {}
    for i, made in enumerate(rules):
        for name in made.then.conclude:
            makers.setdefault(name, []).append(i)
    needs = [
        [(m, n.expected) for n in walk(r.when) if isinstance(n, Concluded) for m in makers.get(n.name, [])]
        for r in rules
    ]
    depth: dict[int, int] = {}
    strata: dict[int, int] = {}

    def visit(i: int) -> None:
        if i not in depth:
            for m, _ in needs[i]:
                visit(m)
            depth[i] = 1 + max((depth[m] for m, _ in needs[i]), default=-1)
            strata[i] = max((strata[m] + (not expected) for m, expected in needs[i]), default=0)

    for i in range(len(rules)):
        visit(i)
    order = sorted(depth, key=lambda i: (depth[i], i))
    return tuple(order), tuple(strata[i] for i in range(len(rules)))


def entity(kind: str, number: int = 0) -> Entity:
    return Entity(kind, f"{kind}-{number}", {}, MARK)


PLAIN = {"role": "ground", "rank": "none", "armed": False, "also[nuclear]": False, "range": 0, "offset": 0, "days": 0}


def world(*entities: tuple[str, dict]) -> tuple[tuple[Entity, ...], tuple[dict, ...]]:
    """Entities and their world from (kind, values that are not plain)."""
    return (
        tuple(entity(kind, i) for i, (kind, _) in enumerate(entities)),
        tuple(PLAIN | values for _, values in entities),
    )


__all__ = [
    "COUNTS",
    "FIELDS",
    "KINDS",
    "LONG",
    "MANY",
    "PLAIN",
    "RANKS",
    "SINGLE",
    "WORDS",
    "All",
    "Any",
    "concluded",
    "count",
    "counted",
    "entity",
    "every",
    "is_in",
    "no",
    "only",
    "pack",
    "rule",
    "some",
    "whole",
    "world",
]
