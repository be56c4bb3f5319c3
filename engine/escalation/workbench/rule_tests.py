"""Tests of single rules: facts as stated, and what is expected of the rating. The section `rules` of test files.

A test states the part of a scenario that matters (`given`; what is left out stands at its assumption) and what it
expects: levels and scores, rules that fire and rules that do not, conclusions, and what the trace says of facts and
reasons. A `table` runs one test for each of its rows, which fill words such as <range> in `given` and may add
expectations. `todo` and `skip` give a reason. A rule that should have fired is missed; one that fired and should not
have is incorrect.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from escalation.assess import Assessment
from escalation.diagnostics import InputError, Mark, Problems, suggest
from escalation.ledger import CANNOT_TELL, NO, YES, TestLine
from escalation.pack import Pack
from escalation.paths import find
from escalation.scenario import Scenario, build_scenario
from escalation.source import Listing, Mapping, Node, Text, parse, read_bytes
from escalation.trace import because, leaves
from escalation.vocabulary import read_scalar
from escalation.workbench.checks import OWN_KEYS, Bench, Check, SectionReader, Verdict
from escalation.workbench.made_up import as_of

__all__ = ["Expected", "RuleTest", "load_rule_tests", "read_rules"]

SECTION = "rules"
NEUTRAL = "neutral"
_EXPECTATIONS = ("level", "score", "fired", "not_fired", "concluded", "not_concluded", "trace")
_TRACE = ("facts", "cannot_tell", "because")
_STATES = ("stated", "assumed", "open")


class Expected(NamedTuple):
    """What a test expects. Levels and scores are by scale; `facts` are (path, value or None, state or "")."""

    levels: dict[str, int]
    scores: dict[str, int]
    fired: tuple[str, ...]
    not_fired: tuple[str, ...]
    concluded: tuple[str, ...]
    not_concluded: tuple[str, ...]
    facts: tuple[tuple[str, Node | None, str], ...]
    cannot_tell: tuple[str, ...]
    reasons: tuple[tuple[str, str], ...]


class RuleTest(NamedTuple):
    """One test, or one row of a table of tests. `aside` is why it is a todo or skipped, "" if it is neither."""

    id: str
    scenario: Scenario
    expected: Expected
    todo: str
    skip: str
    entry: dict[str, Node]
    mark: Mark

    @property
    def counts(self) -> bool:
        """Whether it is run, and has to hold."""
        return not self.todo and not self.skip

    @property
    def about(self) -> frozenset[str]:
        """The rules of which it expects something."""
        return frozenset((*self.expected.fired, *self.expected.not_fired))


def read_rules(reader: SectionReader, nodes: tuple[Node, ...]) -> Iterator[Check]:
    """The tests of the section as checks, for the image of the perceiver that each is written for."""
    for test in _tests(reader, nodes):

        def run(bench: Bench, test: RuleTest = test) -> Verdict:
            return _run(bench, test)

        check = reader.check(SECTION, test.entry, test.entry["id"], run)
        yield check._replace(id=test.id, mark=test.mark, strength="should" if test.todo else check.strength)


def load_rule_tests(pack: Pack, problems: Problems) -> list[RuleTest]:
    """The tests of single rules in the files of a pack, without running them."""
    reader = SectionReader(problems, pack)
    found: list[RuleTest] = []
    for path in sorted((Path(pack.folder) / "tests").glob("*.yaml")):
        data = read_bytes(path, problems)
        node = None if data is None else parse(data, str(path), problems)
        section = node.get(SECTION) if isinstance(node, Mapping) else None
        found += _tests(reader, section.items if isinstance(section, Listing) else ())
    return found


# -- reading


def _tests(reader: SectionReader, nodes: tuple[Node, ...]) -> Iterator[RuleTest]:
    for node in nodes:
        optional = [*OWN_KEYS[1:], "if_it_fails", "expect", "table", "under", "todo", "skip"]
        entry = reader.keys(node, "a test of rules", ["id", "given"], [k for k in optional if k not in ("id", "given")])
        under = reader.word(entry.get("under"), "under", [NEUTRAL, *reader.pack.profiles]) or NEUTRAL
        if "id" not in entry or "given" not in entry or under != (reader.pack.profile or NEUTRAL):
            continue
        name = reader.text(entry["id"], "id") or ""
        if "table" not in entry:
            yield from _test(reader, name, entry, {}, entry["id"].mark)
        for number, row in enumerate(reader.listing(entry.get("table"), "table"), 1):
            cells = {key.value: value for key, value in reader.mapping(row, "a row")}
            yield from _test(reader, f"{name}-{number}", entry, cells, row.mark)


def _test(
    reader: SectionReader, name: str, entry: dict[str, Node], row: dict[str, Node], mark: Mark
) -> Iterator[RuleTest]:
    expectations = {key: value for key, value in row.items() if key in _EXPECTATIONS}
    cells = {key: value for key, value in row.items() if key not in _EXPECTATIONS}
    unused = cells.keys() - _placeholders(entry["given"])
    for cell in sorted(unused):
        reader.problems.add(
            "TST-5", f"{name}: nothing in given says <{cell}>", row[cell].mark, "write it there, or drop it"
        )
    scenario = _scenario(reader, name, _filled(entry["given"], cells))
    stated = reader.keys(entry.get("expect"), "expect", (), _EXPECTATIONS)
    expected = _expected(reader, {**stated, **expectations})
    if not stated and not expectations:
        reader.problems.add("TST-6", f"{name} expects nothing", mark, f"give one of: {', '.join(_EXPECTATIONS)}")
    if scenario is not None:
        todo, skip = (reader.text(entry.get(key), key) or "" for key in ("todo", "skip"))
        yield RuleTest(name, scenario, expected, todo, skip, entry, mark)


def _scenario(reader: SectionReader, name: str, given: Node) -> Scenario | None:
    """The scenario of the facts given, with the head that every scenario has."""
    pack, mark = reader.pack, given.mark
    head: dict[str, Node] = {
        "schema": Text("1", True, mark),
        "id": Text(name, True, mark),
        "title": Text(name, False, mark),
        "as_of": Text(as_of(pack).isoformat(), True, mark),
        "perceiver": Text(pack.perceivers[0] if pack.perceivers else "", False, mark),
    }
    for kind in pack.vocabulary.kinds.values():
        if kind.at_least:
            head[kind.plural] = Listing(tuple(Mapping((), mark) for _ in range(kind.at_least)), mark)
    own = reader.mapping(given, "given")
    stated = {key.value for key, _ in own}
    added = tuple((Text(key, True, mark), value) for key, value in head.items() if key not in stated)
    return build_scenario(Mapping((*added, *own), mark), mark.file, pack.vocabulary, reader.problems)


def _expected(reader: SectionReader, found: dict[str, Node]) -> Expected:
    trace = reader.keys(found.get("trace"), "trace", (), _TRACE)
    pack = reader.pack
    levels = {level.name: level.number for level in pack.levels}
    facts = [_fact(reader, key, value) for key, value in reader.mapping(trace.get("facts"), "facts")]
    reasons = [
        (_known(reader, [key])[0], reader.text(value, "because") or "")
        for key, value in reader.mapping(trace.get("because"), "because")
        if _known(reader, [key])
    ]
    return Expected(
        {
            scale: levels[w]
            for scale, n in _by_scale(reader, found.get("level"))
            if (w := reader.word(n, "level", levels))
        },
        {s: n for s, node in _by_scale(reader, found.get("score")) if (n := reader.whole(node, "score")) is not None},
        _known(reader, _items(reader, found.get("fired"))),
        _known(reader, _items(reader, found.get("not_fired"))),
        _made(reader, _items(reader, found.get("concluded"))),
        _made(reader, _items(reader, found.get("not_concluded"))),
        tuple(facts),
        _known(reader, _items(reader, trace.get("cannot_tell"))),
        tuple(reasons),
    )


def _by_scale(reader: SectionReader, node: Node | None) -> list[tuple[str, Node]]:
    """An expectation of the headline scale, or one for each scale named."""
    names = [scale.name for scale in reader.pack.scales]
    if isinstance(node, Mapping):
        return list(reader.keys(node, "by scale", (), names).items())
    return [(names[0], node)] if node is not None and names else []


def _fact(reader: SectionReader, path: Text, node: Node) -> tuple[str, Node | None, str]:
    if not isinstance(node, Mapping):
        return path.value, node, ""
    found = reader.keys(node, path.value, (), ["value", "state"])
    return path.value, found.get("value"), reader.word(found.get("state"), "state", _STATES) or ""


def _items(reader: SectionReader, node: Node | None) -> list[Text]:
    nodes = (node,) if isinstance(node, Text) else reader.listing(node, "a list of names")
    return [item for item in nodes if isinstance(item, Text)]


def _known(reader: SectionReader, names: list[Text]) -> tuple[str, ...]:
    """Ids of rules; one that a profile switches off is known too."""
    off = {name for profile in reader.pack.profiles.values() for name in profile.off}
    ids = {rule.id for rule in reader.pack.rules} | off
    for name in names:
        if name.value not in ids:
            reader.problems.add("TST-7", f"there is no rule {name.value}", name.mark, suggest(name.value, ids))
    return tuple(name.value for name in names if name.value in ids)


def _made(reader: SectionReader, names: list[Text]) -> tuple[str, ...]:
    made = {name for rule in reader.pack.rules for name in rule.then.conclude}
    for name in names:
        if name.value not in made:
            reader.problems.add("TST-7", f"no rule concludes {name.value}", name.mark, suggest(name.value, made))
    return tuple(name.value for name in names if name.value in made)


def _placeholders(node: Node) -> set[str]:
    if isinstance(node, Text):
        return {node.value[1:-1]} if node.value.startswith("<") and node.value.endswith(">") else set()
    inner = node.items if isinstance(node, Listing) else tuple(value for _, value in node.entries)
    return {name for child in inner for name in _placeholders(child)}


def _filled(node: Node, cells: dict[str, Node]) -> Node:
    """The node with words such as <range> replaced by the cell of that name; others stay, for the reader to refuse."""
    if isinstance(node, Text):
        named = _placeholders(node)
        return cells.get(next(iter(named)), node) if named else node
    if isinstance(node, Listing):
        return Listing(tuple(_filled(item, cells) for item in node.items), node.mark)
    return Mapping(tuple((key, _filled(value, cells)) for key, value in node.entries), node.mark)


# -- running


def _run(bench: Bench, test: RuleTest) -> Verdict:
    if test.skip:
        return Verdict(skipped=test.skip)
    found = bench.rate(test.scenario)
    fired = set(found.fired)
    missed = tuple(rule for rule in test.expected.fired if rule not in fired)
    incorrect = tuple(rule for rule in test.expected.not_fired if rule in fired)
    failures = tuple(_failures(found, test.expected, missed, incorrect))
    compared = sum(map(len, test.expected))
    if test.todo:
        return Verdict(compared, skipped=f"todo: {test.todo}") if failures else Verdict(compared, 0, (_HOLDS,))
    return Verdict(compared, 0, failures, missed=missed, incorrect=incorrect)


_HOLDS = "it is marked as a todo, and it holds: take the mark away"


def _failures(
    found: Assessment, expected: Expected, missed: tuple[str, ...], incorrect: tuple[str, ...]
) -> Iterator[str]:
    pack = found.pack
    ratings = {rating.scale: rating for rating in found.ratings}
    for scale, level in expected.levels.items():
        if ratings[scale].level != level:
            yield f"{scale} is {ratings[scale].name.upper()}, not {pack.levels[level - 1].name.upper()}"
    for scale, score in expected.scores.items():
        if ratings[scale].score != score:
            yield f"the score on {scale} is {ratings[scale].score}, not {score}"
    yield from (f"missed {rule}: {_why(found, rule)}" for rule in missed)
    yield from (f"incorrect {rule}: it fired" for rule in incorrect)
    yield from (f"{name} was not concluded" for name in expected.concluded if name not in found.concluded)
    yield from (f"{name} was concluded" for name in expected.not_concluded if name in found.concluded)
    states = {line.rule.id: line.state for line in found.ledger.rules}
    for rule in expected.cannot_tell:
        if states.get(rule) != CANNOT_TELL:
            yield f"{rule} can be told: it {'fires' if states.get(rule) == YES else 'does not fire'} on what is stated"
    for path, value, state in expected.facts:
        yield from _fact_failures(found, path, value, state)
    texts = {line.rule.id: because(found, line) for line in found.assumed_ledger.rules if line.state == YES}
    for rule, text in expected.reasons:
        if text not in texts.get(rule, ""):
            yield f"{rule} gives as its reason '{texts.get(rule, 'nothing, since it did not fire')}'"


def _why(found: Assessment, rule_id: str) -> str:
    """Which conditions of a rule fail."""
    line = next((line for line in found.assumed_ledger.rules if line.rule.id == rule_id), None)
    if line is None:
        return "it is switched off"
    failing = [leaf for leaf in leaves(line.line) if leaf.state == NO]
    words = [leaf.test.written if isinstance(leaf, TestLine) else f"{leaf.node.name} concluded" for leaf in failing]
    return f"fails: {', '.join(dict.fromkeys(words))}" if words else "the numbers of entities are not as it asks"


def _fact_failures(found: Assessment, path: str, node: Node | None, state: str) -> Iterator[str]:
    """What differs between a fact and what is expected of it."""
    problems = Problems()
    try:
        at, field = find(found.scenario, found.pack.vocabulary, path)
    except InputError as error:
        yield error.problems[0].message
        return
    fact = found.scenario.entities[at].facts.get(field.name)
    if fact is None:
        yield f"nothing is known of {path}"
        return
    reader = SectionReader(problems, found.pack)
    if field.type == "words":
        value: object = reader.texts(node, path) if node is not None else fact.best
    else:
        value = fact.best if node is None else read_scalar(reader, field, node, path)
    yield from (problem.message for problem in problems.found)
    if not problems.found and (value != fact.best or isinstance(value, bool) != isinstance(fact.best, bool)):
        yield f"{path} is {field.show(fact.best)}"
    if state and fact.state != state:
        yield f"{path} is {fact.state}, not {state}"
