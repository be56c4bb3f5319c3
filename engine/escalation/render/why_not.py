"""Why a rule did not fire, as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from escalation.analysis.rated import of
from escalation.analysis.why_not import Asked, Conclusion, Condition, Met, Number, WhyNot
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, attribution, signed
from escalation.render.moves import accepted, added, changes, far, foot, outcome, owner, switches
from escalation.render.words import counted, entity_name, levels, listed, when
from escalation.sets import Numbers
from escalation.trace import because
from escalation.vocabulary import Field

__all__ = ["blocks"]

_KINDS = {
    "decision": "a decision sets",
    "event": "an event brings",
    "judgement": "a judgement settles",
    "physics": "the thing itself settles",
    "": "nobody has said who settles",
}
_STEP = "\xa0\xa0"
_Order: TypeAlias = Callable[[Asked], tuple[bool, bool, float]]


def blocks(answer: WhyNot) -> Sequence[Block]:
    """The whole answer."""
    return [
        Paragraph(_headline(answer)),
        *([Paragraph(f'"{answer.reason}"', 2, 1)] if answer.reason != answer.rule.title else []),
        *_tests(answer),
        *_what_changes(answer),
        *_met(answer),
        *_other_routes(answer),
        *_related(answer),
        *_why_it_asks(answer),
        *foot([answer.found]),
    ]


def _headline(answer: WhyNot) -> str:
    rule = answer.rule
    if answer.fired:
        held = "; what is stated leaves it open" if answer.open else ""
        return f"{rule.id} ({rule.title}) fired{held}: assess why FILE {rule.id} shows on what."
    tests = [c for c in answer.conditions if isinstance(c, Condition)]
    uses = [c for c in answer.conditions if isinstance(c, Conclusion) and not c.via]
    failing = sum(not c.holds for c in tests) + sum(not c.holds for c in uses)
    open_ = ", and what is stated leaves it open" if answer.open else ""
    every = len(tests) + len(uses)
    count = "its only test" if every == 1 else f"{failing} of its {every} tests"
    fails = "is open" if answer.open and every == 1 else "fails" if failing == 1 else "fail"
    state = f"did not fire{open_}: {count} {fails}."
    return f"{rule.id} ({rule.title}) {state} {_alone(answer)}"


def _alone(answer: WhyNot) -> str:
    """What the rule does by itself, added to the rules that fired."""
    pack, then, found = answer.found.pack, answer.rule.then, answer.found
    parts = []
    for rating, sums in zip(found.ratings, answer.alone, strict=True):
        points = then.points.get(rating.scale, 0)
        limits = [
            f"{word} {levels(pack, at[rating.scale], at[rating.scale])}"
            for word, at in (("a ceiling of", then.ceiling), ("a floor of", then.floor))
            if rating.scale in at
        ]
        given = [*([f"{signed(points)}"] if points else []), *limits]
        if given:
            name = levels(pack, sums.level, sums.level)
            still = "still " if sums.level == rating.level else ""
            parts.append(f"{listed(given)} for {rating.scale} ({rating.score} -> {sums.total}, {still}{name})")
    if then.conclude:
        parts.append(f"concludes {listed(then.conclude)}")
    return f"By itself it gives {listed(parts)}." if parts else "By itself it gives no points."


def _tests(answer: WhyNot) -> list[Block]:
    if not answer.conditions:
        return [Paragraph("No change of facts was found that would make it fire.", 2)]
    failing = {id(c): c.distance for c in answer.failing()}

    def order(c: Asked) -> tuple[bool, bool, float]:
        return c.holds, isinstance(c, Conclusion), failing.get(id(c), 0.0)

    rows = list(_group(answer, [c for c in answer.conditions if not c.via], order, 0))
    columns = (Column(), Column("test", flex=True), Column("here"), Column("rests on"), Column("would pass at"))
    return [Section("Its tests, the nearest failure first", (Table(columns, tuple(rows)),))]


def _group(answer: WhyNot, conditions: list[Asked], order: _Order, depth: int) -> Iterator[Row]:
    """Conditions in order; numbers of entities first, and what is asked of one entity under its name."""
    for number in conditions:
        if isinstance(number, Number):
            yield _number(answer, number, _STEP * depth)
    groups: dict[str, list[Condition | Conclusion]] = {}
    for condition in sorted((c for c in conditions if not isinstance(c, Number)), key=order):
        groups.setdefault(_whose(answer, condition), []).append(condition)
    for name, group in groups.items():
        if name:
            yield Row(("", f"{_STEP * depth}{name}", "", "", ""))
        for condition in group:
            yield from _rows(answer, condition, order, depth + bool(name))


def _whose(answer: WhyNot, condition: Condition | Conclusion) -> str:
    """The name of the entity that a test is of, "" where there is only ever one."""
    if isinstance(condition, Conclusion):
        return ""
    if condition.at is None:
        return f"a further {answer.found.pack.vocabulary.kinds[condition.test.field.entity].label}"
    return entity_name(answer.found, condition.at) if owner(answer.found, condition.at) else ""


def _number(answer: WhyNot, number: Number, space: str) -> Row:
    passes = f"{number.passing} of {number.total} pass" if number.total else "there is none"
    need = f"{number.short} more" if number.short else f"{number.over} fewer" if number.over else ""
    if number.over and number.written.startswith("every "):
        need = f"{number.over} more"
    return Row(("holds" if number.holds else "fails", f"{space}{number.written}", passes, "", need))


def _rows(answer: WhyNot, condition: Condition | Conclusion, order: _Order, depth: int) -> Iterator[Row]:
    space = _STEP * depth
    if isinstance(condition, Condition):
        yield _test(answer, condition, space)
        return
    wanted = "" if condition.made else "not "
    now = "made" if (condition.holds == condition.made) else "not made"
    need = "" if condition.holds else f"{listed(condition.makers, 'or')} {'fires' if condition.made else 'stops'}"
    yield Row(("holds" if condition.holds else "fails", f"{space}{condition.name} is {wanted}concluded", now, "", need))
    below = [c for c in answer.conditions if c.via and c.via[:-1] == condition.via and c.via[-1] in condition.makers]
    yield from _group(answer, below, order, depth + 1)


def _test(answer: WhyNot, condition: Condition, space: str) -> Row:
    field, fact = condition.test.field, condition.fact
    written = condition.test.written
    if not condition.wanted:
        written = written.removeprefix("not: ") if written.startswith("not: ") else f"not: {written}"
    state = "holds" if condition.holds else "open" if condition.open else "fails"
    here = f"{'open, taken as ' if condition.open else ''}{field.show(condition.value)}"
    rests = attribution(fact, answer.found.scenario.file) if fact else "A"
    return Row((state, f"{space}{written}", here, rests, _passes(field, condition)))


def _passes(field: Field, condition: Condition) -> str:
    if not condition.holds:
        assert condition.nearest is not None
        away = far(field, condition.value, condition.nearest)
        return accepted(field, condition.passes, brief=True) + (f", {away}" if away and away != "1 step" else "")
    if condition.spare is None or isinstance(condition.spare, bool):
        return ""
    spare = far(field, condition.value, condition.spare)
    return f"{spare} to spare" if spare else ""


def _what_changes(answer: WhyNot) -> list[Block]:
    """What kind of thing would have to change, by what the vocabulary says of each fact."""
    if answer.fired or not answer.routes:
        return []
    route = answer.routes[0]
    if not route.changed:
        return [Paragraph(f"To fire it needs {listed([added(answer.found, new) for new in route.added])}.", 2)]
    kinds: dict[str, list[str]] = {}
    for change in route.changed:
        kinds.setdefault(change.fact.field.changed_by, []).append(change.fact.field.label)
    parts = [f"{listed(labels)} (which {_KINDS[kind]})" for kind, labels in kinds.items()]
    number = len(route.changed)
    return [Paragraph(f"To fire it needs {counted(number, 'fact')} to be otherwise: {listed(parts)}.", 2)]


def _met(answer: WhyNot) -> list[Block]:
    """The rule met through its tests: what each value comes to, and which other rules switch."""
    if answer.fired or not answer.routes:
        return []
    pack, before = answer.found.pack, of(answer.found)
    own = answer.rule.id
    rows = []
    for met in answer.met:
        others = switches((r for r in met.on if r != own), met.off)
        rows.append(Row((_values(answer, met), outcome(pack, before, met.after)), (_STEP + others,) if others else ()))
    if not rows:
        route = answer.routes[0]
        others = switches((r for r in route.on if r != own), route.off)
        text = changes(answer.found, route)
        rows.append(Row((text, outcome(pack, before, route.after)), (_STEP + others,) if others else ()))
    columns = (Column("at", flex=True), Column("comes to"))
    nearest = [] if answer.met else [Paragraph("Rated at the values nearest to what is stated; others may differ.", 2)]
    return [Section("Met through its tests, other rules switch too", (Table(columns, tuple(rows)), *nearest))]


def _values(answer: WhyNot, met: Met) -> str:
    """The values of a group: those of each fact that varies over the groups, or those of the first."""
    every = [
        (path, {piece for one in answer.met for p, sets in one.values if p == path for piece in sets})
        for path, _ in met.values
    ]
    varying = [path for path, pieces in every if len(pieces) > 1] or [met.values[0][0]]
    parts = []
    for path, pieces in met.values:
        if path in varying:
            field = _field(answer, path)
            words = [accepted(field, piece) for piece in pieces]
            shown = words if len(words) <= 4 else [*words[:3], f"{len(words) - 3} more"]
            parts.append(f"{field.label} {listed(shown, 'or')}")
    return "; ".join(parts)


def _field(answer: WhyNot, path: str) -> Field:
    """The field at the end of a path, of an entity or of a kind."""
    kinds = answer.found.pack.vocabulary.kinds.values()
    head, _, rest = path.partition(".")
    kind = next(k for k in kinds if head in (k.name, k.plural))
    name = rest.partition(".")[2] if head == kind.plural else rest
    return answer.found.pack.vocabulary.fields[f"{kind.name}.{name}"]


def _other_routes(answer: WhyNot) -> list[Block]:
    if answer.fired:
        return []
    pack, before = answer.found.pack, of(answer.found)
    rows = tuple(
        Row(
            (changes(answer.found, route), outcome(pack, before, route.after)), (_STEP + switches(route.on, route.off),)
        )
        for route in answer.routes[1:]
    )
    columns = (Column("by", flex=True), Column("comes to"))
    return [Section("Other ways to it", (Table(columns, rows),))] if rows else []


def _related(answer: WhyNot) -> list[Block]:
    scale = answer.found.rating.scale
    rows = tuple(
        Row((line.rule.id, because(answer.found, line), signed(line.rule.then.points.get(scale, 0))))
        for line in answer.related
    )
    columns = (Column(), Column(flex=True), Column("points", right=True))
    return [Section("Fired, and would stop", (Table(columns, rows),))] if rows else []


def _why_it_asks(answer: WhyNot) -> list[Block]:
    rule, pack = answer.rule, answer.found.pack
    rows = [Row(("assumes", rule.assumption)), Row(("wrong if", rule.falsified_by))]
    for parameter in answer.parameters:
        value = (
            f"{len(parameter.value)} words"
            if isinstance(parameter.value, tuple)
            else _amount(parameter.value, parameter.unit)
        )
        text = f"{value}, dated {when(parameter.dated)} ({parameter.source}): {parameter.meaning}"
        rows.append(Row((f"${parameter.name}", text)))
    for key, lines in answer.lines:
        field = pack.vocabulary.fields[key]
        assert isinstance(field.domain, Numbers)
        rows.append(Row((field.label, f"rules draw lines at {listed([field.show(line) for line in lines])}")))
    return [Section("Why it asks", (Table((Column(), Column(flex=True)), tuple(rows)),))]


def _amount(value: int | float, unit: str) -> str:
    return f"{value:g} {unit}".rstrip()
