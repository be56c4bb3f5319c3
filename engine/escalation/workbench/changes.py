"""The changes that relations make to a case: each a function from a case to variants of it.

Facts are changed as on the command line (`edits.py`), so a variant is what a file that says so would give. What a
case says only in its text, the order of things in the file, is changed there and read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Problems
from escalation.edits import edited, with_entity, with_value
from escalation.facts import Entity
from escalation.pack import Pack
from escalation.paths import path_to
from escalation.rules import Test, walk
from escalation.scenario import Scenario, build_scenario
from escalation.sets import Numbers, Scalar, contains, is_empty, nearest
from escalation.source import Listing, Mapping, Node, Text, parse, read_bytes
from escalation.vocabulary import Field, field_bins
from escalation.workbench.checks import Bench, SectionReader

__all__ = ["CHANGES", "Change", "Variant", "read_change"]

_LATER = 30  # days after the day rated


class Change(NamedTuple):
    """One kind of change and what it is made to, as written."""

    name: str
    argument: tuple[str, ...]


class Variant(NamedTuple):
    """A changed case. `before` is what to compare it with, if not the case; `bench` where to rate it, if elsewhere."""

    label: str
    after: Scenario
    before: Scenario | None = None
    bench: Bench | None = None


_Maker: TypeAlias = Callable[[Bench, Scenario, tuple[str, ...]], Iterator[Variant]]


def read_change(reader: SectionReader, node: Node | None, what: str, known: Iterable[str] = ()) -> Change | None:
    """Read `{raise: item.range}` and the like; the fields named have to be in the vocabulary.

    `known` are the changes allowed, all by default.
    """
    entries = reader.mapping(node, what)
    if node is not None and len(entries) != 1:
        reader.problems.add("TST-1", f"{what} makes one kind of change", node.mark, f"one of: {', '.join(CHANGES)}")
    for key, value in entries[:1]:
        name = reader.word(key, what, known or CHANGES)
        argument = reader.texts(value, what)
        if name in _OF_FIELD:
            _check_field(reader, name, value, what)
        return Change(name, argument) if name and argument else None
    return None


def _check_field(reader: SectionReader, name: str, node: Node, what: str) -> None:
    """A change of a field names one, and one that can be so changed."""
    fields = reader.pack.vocabulary.fields
    if name == "unknown" and isinstance(node, Text) and node.value == _STATED:
        return
    field = fields.get(reader.word(node, what, fields) or "")
    ranked = field is not None and (field.order or (field.type in ("number", "integer") and name in ("raise", "lower")))
    if field and name in ("raise", "lower") and not ranked:
        reader.problems.add("TST-2", f"{field.key} has no order", node.mark, "use set: with the values")
    if field and name in ("near", "restate") and field.type not in ("number", "integer"):
        reader.problems.add("TST-2", f"{field.key} is no number", node.mark, f"{name}: takes a number")


# -- facts


def _moved(bench: Bench, case: Scenario, key: str, step: int) -> Iterator[Variant]:
    """Every value of a field further up (step 1) or down (-1), on each entity that has it."""
    field = bench.pack.vocabulary.fields[key]
    for at, entity in _having(case, field):
        best = entity.facts[field.name].best
        for value in _further(bench.pack, field, best, step):
            yield _valued(bench, case, at, field, value)


def _near(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    field = bench.pack.vocabulary.fields[argument[0]]
    for at, entity in _having(case, field):
        best = entity.facts[field.name].best
        assert isinstance(best, int | float)
        own = next(run for run in _runs(bench.pack, field) if contains(run, best))
        low, high = own.intervals[0].low, own.intervals[-1].high
        for value in {nearest(own, low, field.step), nearest(own, (low + high) / 2), nearest(own, high, field.step)}:
            if value != best:
                yield _valued(bench, case, at, field, value)


def _set(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    for written in argument:
        path, _, value = written.partition("=")
        field = bench.pack.vocabulary.fields.get(path)
        if field is None:
            yield Variant(written, edited(case, bench.pack.vocabulary, written.split("; ")))
            continue
        for at, entity in enumerate(case.entities):
            if entity.kind == field.entity:
                own = f"{path_to(case, bench.pack.vocabulary, at, field.name)}={value}"
                yield Variant(own, edited(case, bench.pack.vocabulary, [own]))


def _unknown(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    tested = {test.field.key for test in _tests(bench.pack)}
    for at, entity in enumerate(case.entities):
        for fact in entity.facts.values():
            derived = fact.field.derive is not None or fact.field.member_of is not None
            wanted = fact.field.key in argument or (argument[0] == _STATED and fact.field.key in tested)
            if wanted and fact.state == "stated" and not derived:
                path = path_to(case, bench.pack.vocabulary, at, fact.field.name)
                yield Variant(f"{path}=unknown", edited(case, bench.pack.vocabulary, [f"{path}=unknown"]))


def _restate(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    """The nearest whole number of each unit, written so and written in the field's own unit."""
    field = bench.pack.vocabulary.fields[argument[0]]
    for at, entity in _having(case, field):
        best = entity.facts[field.name].best
        path = path_to(case, bench.pack.vocabulary, at, field.name)
        for unit, factor in field.units.items():
            number = max(1, round(float(str(best)) / float(factor)))
            forms = [f"{path}={number} {unit}", f"{path}={number * Decimal(factor)} {field.unit}"]
            after, before = (edited(case, bench.pack.vocabulary, [form]) for form in forms)
            yield Variant(forms[0], after, before)


def _grade(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    entities = tuple(
        entity._replace(
            facts={
                name: fact._replace(grade=argument[0]) if fact.grade else fact for name, fact in entity.facts.items()
            }
        )
        for entity in case.entities
    )
    yield _rewritten(case._replace(entities=entities), f"grades {argument[0]}")


def _rename(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    def renamed(entity: Entity) -> Entity:
        texts = {
            n: f._replace(best="other words") for n, f in entity.facts.items() if f.field.type == "text" and f.best
        }
        return entity._replace(facts={**entity.facts, **texts})

    entities = tuple(renamed(entity) for entity in case.entities)
    yield _rewritten(case._replace(id="another", title="other words", entities=entities), "other words")


# -- entities


def _add(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    later = (case.as_of + timedelta(days=_LATER)).isoformat()
    for written in argument:
        dated = written.replace("{later}", later)
        yield Variant(dated, edited(case, bench.pack.vocabulary, add=[dated]))


def _repeat(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    for entity in _of_kind(case, argument[0]):
        facts = entity.facts.values()
        said = {
            f.field.name: f.best for f in facts if f.state == "stated" and not f.field.derive and not f.field.member_of
        }
        again = with_entity(case, bench.pack.vocabulary, entity.kind, said)
        yield Variant(f"{entity.id} again", again)


def _remove(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    for entity in _of_kind(case, argument[0]):
        path = path_to(case, bench.pack.vocabulary, case.entities.index(entity))
        yield Variant(f"without {path}", edited(case, bench.pack.vocabulary, remove=[path]))


def _bundle(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    kind = argument[0].partition(":")[0]
    own = [path_to(case, bench.pack.vocabulary, case.entities.index(entity)) for entity in _of_kind(case, kind)]
    for written in argument:
        together = edited(case, bench.pack.vocabulary, add=[written])
        alone = together
        for path in own:
            alone = edited(alone, bench.pack.vocabulary, remove=[path])
        yield Variant(f"{written} beside it", together)
        yield Variant(f"the case beside {written}", together, alone)


# -- the file, the rules and the perceiver


def _reorder(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    if argument[0] == "rules":
        yield Variant("rules in reverse", case, None, Bench(_reversed_rules(bench.pack), bench.cases, bench.engine))
        return
    problems = Problems()
    data = read_bytes(case.file, problems)
    node = parse(data or b"", case.file, problems)
    problems.stop()
    assert node is not None
    after = build_scenario(_backwards(node), case.file, bench.pack.vocabulary, problems)
    problems.stop()
    assert after is not None
    yield Variant("the file in reverse", after)


def _perceiver(bench: Bench, case: Scenario, argument: tuple[str, ...]) -> Iterator[Variant]:
    yield _rewritten(case._replace(perceivers=argument), f"perceiver {', '.join(argument)}")


def _backwards(node: Node) -> Node:
    if isinstance(node, Mapping):
        return Mapping(tuple((key, _backwards(value)) for key, value in reversed(node.entries)), node.mark)
    if isinstance(node, Listing):
        return Listing(tuple(_backwards(item) for item in reversed(node.items)), node.mark)
    return node


def _reversed_rules(pack: Pack) -> Pack:
    last = len(pack.rules) - 1
    return pack._replace(rules=pack.rules[::-1], order=tuple(last - i for i in pack.order), strata=pack.strata[::-1])


# -- small parts


def _having(case: Scenario, field: Field) -> Iterator[tuple[int, Entity]]:
    """Entities of the field's kind on which it has a value, by place."""
    for at, entity in enumerate(case.entities):
        if entity.kind == field.entity and field.name in entity.facts:
            yield at, entity


def _of_kind(case: Scenario, kind: str) -> list[Entity]:
    return [entity for entity in case.entities if entity.kind == kind]


def _rewritten(case: Scenario, label: str) -> Variant:
    """A case changed from outside, under a digest of its own."""
    return Variant(label, case._replace(digest=f"{case.digest}, {label}"))


def _valued(bench: Bench, case: Scenario, at: int, field: Field, value: Scalar) -> Variant:
    path = path_to(case, bench.pack.vocabulary, at, field.name)
    return Variant(f"{path}={field.show(value)}", with_value(case, bench.pack.vocabulary, at, field, value))


def _further(pack: Pack, field: Field, best: object, step: int) -> list[Scalar]:
    """Values past the best one, up or down: every word, or one number of every run that no rule tells apart."""
    if field.order:
        at = field.order.index(str(best)) if best in field.order else -1
        return list(field.order[at + 1 :] if step > 0 else field.order[: max(at, 0)])
    assert isinstance(best, int | float), "an order has been checked when the change was read"
    values = [nearest(run, best, field.step) for run in _runs(pack, field) if not is_empty(run)]
    return [value for value in values if not isinstance(value, str) and (value - best) * step > 0]


def _runs(pack: Pack, field: Field) -> tuple[Numbers, ...]:
    runs = field_bins(field, [test.accept for test in _tests(pack) if test.field.key == field.key])
    return tuple(run for run in runs if isinstance(run, Numbers))


def _tests(pack: Pack) -> list[Test]:
    return [node for rule in pack.rules for node in walk(rule.when) if isinstance(node, Test)]


_STATED = "stated"
_OF_FIELD = ("raise", "lower", "near", "unknown", "restate")
CHANGES: dict[str, _Maker] = {
    "raise": lambda bench, case, argument: _moved(bench, case, argument[0], 1),
    "lower": lambda bench, case, argument: _moved(bench, case, argument[0], -1),
    "near": _near,
    "set": _set,
    "unknown": _unknown,
    "add": _add,
    "repeat": _repeat,
    "remove": _remove,
    "bundle": _bundle,
    "restate": _restate,
    "grade": _grade,
    "reorder": _reorder,
    "rename": _rename,
    "perceiver": _perceiver,
}
