"""`assess rules cover`: what is shown of each rule and what is not, as a report; and what is missing, written out.

The report says for every gap which half of the pair is there and what the other half looks like. Scenarios are written
one by one, each counted before the next is made, so that none is written that an earlier one makes needless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from escalation.analysis.yaml_out import Flow, dump
from escalation.pack import Pack
from escalation.render.layout import Block, Column, Paragraph, Row, Table
from escalation.rules import Rule
from escalation.scenario import Scenario
from escalation.workbench.coverage import Coverage, Duty, Example, conditions
from escalation.workbench.finding import FAILED, PASSED, Code, Finding, Item, Report
from escalation.workbench.gaps import Filled, Pair, filled, named, pair_of
from escalation.workbench.specimen import Facts, read, written
from escalation.workbench.subject import Subject

__all__ = ["Share", "entries_of", "fill", "report_of", "shares", "tests_of"]

_CODES = (
    Code("COV-1", "rule-never-shown", "No test and no scenario makes the rule fire.", "warning"),
    Code("COV-2", "condition-not-shown", "Nothing shows that the condition decides its rule alone.", "note"),
    Code("COV-3", "line-not-crossed", "No value on one side of a threshold occurs in any test or scenario.", "note"),
)
_HEAD = "# Made up to fill a gap in coverage (assess rules cover --write). It describes no case.\n"
_WORDS = {
    "rules": "rules that fire",
    "conditions": "conditions shown to decide alone",
    "lines": "sides of lines reached",
}


class Share(NamedTuple):
    """How much of something is shown: `shown` of `of`; `impossible`, what no scenario can show, is not in `of`."""

    name: str
    shown: int
    of: int
    impossible: int = 0

    @property
    def percent(self) -> float:
        """The share in percent; of nothing, all is shown."""
        return 100 * self.shown / self.of if self.of else 100.0


def shares(coverage: Coverage, impossible: Iterable[Duty]) -> tuple[Share, ...]:
    """Rules that fire; conditions shown where they hold and where they fail; sides of lines."""
    never = set(impossible)
    found = []
    for name, what in (("rules", "fires"), ("conditions", "condition"), ("lines", "line")):
        units: dict[tuple[str, int, int, bool], list[Duty]] = {}
        for duty in coverage.duties:
            if duty.what == what:
                apart = duty.side if what == "line" else True
                units.setdefault((duty.rule, duty.condition, duty.line, apart), []).append(duty)
        possible = [group for group in units.values() if not never & set(group)]
        shown = sum(all(duty in coverage.seen for duty in group) for group in possible)
        found.append(Share(name, shown, len(possible), len(units) - len(possible)))
    return tuple(found)


def report_of(subject: Subject, coverage: Coverage, examples: Sequence[Example]) -> tuple[Report, tuple[Share, ...]]:
    """The report, with a finding for each gap, and the shares that gates compare."""
    gaps = {duty: filled(subject.pack, duty) for duty in coverage.missing()}
    impossible = [duty for duty, found in gaps.items() if found is None]
    found = shares(coverage, impossible)
    findings = tuple(_finding(subject, coverage, duty, gap) for duty, gap in gaps.items() if gap)
    return (
        Report(
            command="rules cover",
            findings=findings,
            items=tuple(_items(subject.pack, coverage)),
            codes=_CODES,
            blocks=tuple(_blocks(coverage, found, examples)),
            data={
                "coverage": {
                    s.name: {"shown": s.shown, "of": s.of, "impossible": s.impossible, "percent": round(s.percent, 2)}
                    for s in found
                },
                "examples": [{"name": e.name, "kind": e.kind} for e in examples],
                "rules": [_rule_data(rule, coverage) for rule in subject.pack.rules],
                "missing": [_gap_data(coverage, duty, gap) for duty, gap in gaps.items()],
            },
        ),
        found,
    )


def fill(subject: Subject, coverage: Coverage) -> list[tuple[Filled, str]]:
    """The scenarios that fill the gaps, in pack order, each with the text of its file; `coverage` grows with them.

    None is there that the others make needless.
    """
    missing = set(coverage.missing())
    found: list[tuple[Filled, str, Scenario]] = []
    for duty in coverage.missing():
        gap = None if duty in coverage.seen else filled(subject.pack, duty)
        if gap is None:
            continue
        title = f"{gap.shows[0].upper()}{gap.shows[1:]}"
        text = written(subject.pack, gap.facts, gap.id, title)
        scenario = read(subject.pack, gap.facts, gap.id, title)
        coverage.add(Example(gap.id, "scenario", scenario))
        found.append((gap, f"{_HEAD}{text}", scenario))
    met = {gap.id: missing & Coverage(subject.pack, [Example("", "", s)]).seen.keys() for gap, _, s in found}
    for gap, _, _ in found:
        others = set().union(*(duties for id, duties in met.items() if id != gap.id))
        if met[gap.id] <= others:
            del met[gap.id]
    return [(gap, text) for gap, text, _ in found if gap.id in met]


def tests_of(subject: Subject, coverage: Coverage) -> tuple[str, int]:
    """Tests of rules that fill the gaps, as the text of a test file, and how many; `coverage` grows with them.

    A condition whose halves differ in one fact makes a table of two rows.
    """
    entries: list[dict[str, Any]] = []
    for duty in coverage.missing():
        if duty in coverage.seen or duty.what != "condition":
            continue
        rule = subject.pack.rule(duty.rule)
        assert rule is not None
        pair = pair_of(subject.pack, rule, duty.condition)
        fires = {side: _counted(subject.pack, coverage, rule, pair.half(side)) for side in (True, False)}
        entries += _entries(subject.pack, rule, duty.condition, pair, fires)
    return _file(entries), len(entries)


def entries_of(pack: Pack, rule: Rule) -> str:
    """Tests of every condition of one rule, as the text of a test file."""
    entries: list[dict[str, Any]] = []
    for number in range(len(conditions(rule))):
        pair = pair_of(pack, rule, number)
        fires = {side: _counted(pack, Coverage(pack), rule, pair.half(side)) for side in (True, False)}
        entries += _entries(pack, rule, number, pair, fires)
    return _file(entries)


def _file(entries: list[dict[str, Any]]) -> str:
    """Test entries as the text of a file, an empty line between them."""
    text = dump({"tests": 1, "rules": entries}) if entries else "tests: 1\n"
    return text.replace("\n  - id:", "\n\n  - id:").replace("rules:\n\n", "rules:\n")


def _counted(pack: Pack, coverage: Coverage, rule: Rule, facts: Facts | None) -> bool:
    """Take one half of a pair into the coverage; whether the rule fires in it."""
    if facts is None:
        return False
    scenario = read(pack, facts)
    coverage.add(Example(rule.id, "test", scenario, frozenset((rule.id,))))
    return Duty(rule.id, "fires") in Coverage(pack, [Example("", "test", scenario)]).seen


def _entries(pack: Pack, rule: Rule, number: int, pair: Pair, fires: dict[bool, bool]) -> Iterator[dict[str, Any]]:
    """The test entries for one condition: one with a table, or one for each half."""
    leaf = conditions(rule)[number]
    gap = filled(pack, Duty(rule.id, "condition", number, side=pair.holds is not None))
    if gap is None:
        return
    stem = gap.id.removesuffix("-holds").removesuffix("-fails")
    words, _ = named(leaf, True)
    sides = [side for side in (True, False) if pair.half(side) is not None]
    sides.sort(key=lambda side: not fires[side])
    if pair.fact and len(sides) == 2:
        kind = pack.vocabulary.kinds[pair.fact[0]]
        rows = []
        for side in sides:
            facts = pair.half(side)
            assert facts is not None
            entity = facts[kind.plural][0] if kind.many else facts[kind.name]
            rows.append(Flow({pair.fact[1]: entity[pair.fact[1]], **_expected(rule, fires[side])}))
        given = pair.half(sides[0])
        assert given is not None
        entity = given[kind.plural][0] if kind.many else given[kind.name]
        entity[pair.fact[1]] = f"<{pair.fact[1]}>"
        because = f"{rule.id} ({rule.title}) turns on whether {words}, all else the same."
        yield {"id": stem, "because": because, "given": _given(pack, given), "table": rows}
        return
    for side in sides:
        facts = pair.half(side)
        assert facts is not None
        _, holds = named(leaf, side)
        effect = "fires" if fires[side] else "does not fire"
        because = f"{rule.id} ({rule.title}) {effect} since {words} {'holds' if holds else 'fails'}."
        yield {
            "id": f"{stem}-{'holds' if holds else 'fails'}",
            "because": because,
            "given": _given(pack, facts),
            "expect": Flow(_expected(rule, fires[side])),
        }


def _expected(rule: Rule, fires: bool) -> dict[str, list[str]]:
    return {"fired" if fires else "not_fired": [rule.id]}


def _given(pack: Pack, facts: Facts) -> dict[str, Any]:
    """Facts as a test gives them; entities that a scenario has anyway are left out where nothing is stated of them."""
    found = {}
    for key, value in facts.items():
        kind = next((k for k in pack.vocabulary.kinds.values() if k.plural == key), None)
        bare = kind is not None and len(value) <= kind.at_least and all(set(entity) == {"id"} for entity in value)
        if not bare:
            several = kind is not None and len(value) > 1
            found[key] = [Flow(e if several else _without_id(e)) for e in value] if kind else Flow(value)
    return found


def _without_id(entity: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entity.items() if key != "id"}


# -- the report


def _finding(subject: Subject, coverage: Coverage, duty: Duty, gap: Filled) -> Finding:
    rule = subject.pack.rule(duty.rule)
    assert rule is not None
    such = f"missing: {_shown(subject.pack, gap.facts)}"
    if duty.what == "fires":
        return Finding("COV-1", "warning", f"nothing makes {rule.id} fire", rule.mark, rule.id, such)
    leaf = conditions(rule)[duty.condition]
    words, holds = named(leaf, duty.side)
    if duty.what == "line":
        return Finding(
            "COV-3", "note", f"{rule.id}: no value lies on this side of the line: {gap.shows}", leaf.mark, rule.id, such
        )
    effect = "makes it fire" if gap.fires else "keeps it from firing"
    message = f"{rule.id}: nothing shows that '{words}', where it {'holds' if holds else 'fails'}, alone {effect}"
    other = coverage.seen.get(duty._replace(side=not duty.side))
    where = f"; the other half: {other.example.name}{f' ({other.entity})' if other.entity else ''}" if other else ""
    return Finding("COV-2", "note", message, leaf.mark, rule.id, such + where)


def _shown(pack: Pack, facts: Facts) -> str:
    """Facts on one line."""
    parts = []
    for key, value in _given(pack, facts).items():
        entities = value if isinstance(value, list) else [value]
        for entity in entities:
            told = ", ".join(f"{name} {_plain(v)}" for name, v in entity.items() if name not in ("id", "date"))
            parts.append(f"{key}: {told}" if told else key)
    return "; ".join(parts) or "any scenario"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _items(pack: Pack, coverage: Coverage) -> Iterator[Item]:
    for rule in pack.rules:
        missing = [duty for duty in coverage.missing() if duty.rule == rule.id]
        message = f"{len(missing)} not shown" if missing else ""
        yield Item("coverage", rule.id, FAILED if missing else PASSED, message, rule.mark)


def _blocks(coverage: Coverage, found: Iterable[Share], examples: Sequence[Example]) -> Iterator[Block]:
    rows = tuple(
        Row((
            _WORDS[s.name], str(s.shown), str(s.of), f"{s.percent:.0f}%" if s.shown == s.of else f"{s.percent:.1f}%",
            f"{s.impossible} more that no scenario can show" if s.impossible else "",
        ))
        for s in found
    )  # fmt: skip
    columns = (
        Column("COVERAGE"),
        Column("shown", right=True),
        Column("of", right=True),
        Column("", right=True),
        Column("", flex=True),
    )
    yield Table(columns, rows, indent=0)
    tests = sum(example.kind == "test" for example in examples)
    yield Paragraph(
        f"By {tests} tests of rules and {len(examples) - tests} scenarios, over {len(coverage.pack.rules)} rules."
    )


def _rule_data(rule: Rule, coverage: Coverage) -> dict[str, Any]:
    fires = coverage.seen.get(Duty(rule.id, "fires"))
    return {
        "id": rule.id,
        "fires": fires.example.name if fires else None,
        "conditions": [
            {
                "condition": named(leaf, True)[0],
                "holds": _by(coverage, Duty(rule.id, "condition", number, side=named(leaf, True)[1])),
                "fails": _by(coverage, Duty(rule.id, "condition", number, side=not named(leaf, True)[1])),
            }
            for number, leaf in enumerate(conditions(rule))
        ],
    }


def _by(coverage: Coverage, duty: Duty) -> dict[str, str] | None:
    seen = coverage.seen.get(duty)
    return {"by": seen.example.name, "entity": seen.entity} if seen else None


def _gap_data(coverage: Coverage, duty: Duty, gap: Filled | None) -> dict[str, Any]:
    other = coverage.seen.get(duty._replace(side=not duty.side))
    return {
        "rule": duty.rule,
        "what": duty.what,
        "condition": duty.condition if duty.condition >= 0 else None,
        "side": duty.side,
        "possible": gap is not None,
        "facts": gap.facts if gap else None,
        "other_half": other.example.name if other else None,
    }
