"""`assess rules list` and `assess rules show`: rules of a pack, searched; and one rule with all that hangs on it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from escalation.ledger import YES, evaluate, world_view
from escalation.pack import Pack
from escalation.render.explain import explained
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.rules import Concluded, Rule, Test, walk
from escalation.scenario import assumed_world
from escalation.workbench.subject import Subject

__all__ = ["About", "about", "chosen", "data", "effect", "listed", "shown"]

_HISTORY = 12


class About(NamedTuple):
    """What hangs on a rule beside the rule itself.

    `fired_in` are scenarios in which it fires as they stand; `tested` and `expected_silent` name tests. `history` holds
    the commits that changed its text, newest first, as (commit, date, subject); None if it cannot be known.
    """

    parameters: tuple[str, ...]
    makes_for: tuple[tuple[str, tuple[str, ...]], ...]
    needs: tuple[tuple[str, tuple[str, ...]], ...]
    tested: tuple[str, ...]
    expected_silent: tuple[str, ...]
    fired_in: tuple[str, ...]
    scenarios: int
    history: tuple[tuple[str, str, str], ...] | None


def chosen(pack: Pack, text: str = "", factor: str = "", pathway: str = "", basis: str = "") -> list[Rule]:
    """The rules that meet every filter given; `text` is looked for in all that a rule says and reads."""
    wanted = text.casefold()
    return [
        rule
        for rule in pack.rules
        if (not factor or rule.factor == factor)
        and (not pathway or pathway in rule.pathway)
        and (not basis or basis in rule.basis)
        and (not wanted or any(wanted in said.casefold() for said in _said(rule)))
    ]


def effect(rule: Rule, pack: Pack) -> str:
    """What a rule does where it fires, on one line: "+1", "escalation +1, ceiling moderate"."""
    points = rule.then.points
    found = []
    if points and len(set(points.values())) == 1 and len(points) == len(pack.scales):
        found.append(signed(next(iter(points.values()))))
    else:
        found += [f"{scale} {signed(n)}" for scale, n in points.items() if n]
    for word, limits in (("ceiling", rule.then.ceiling), ("floor", rule.then.floor)):
        names = {pack.levels[level - 1].name.upper() for level in limits.values()}
        found += [f"{word} {name}" for name in sorted(names)]
    found += list(rule.then.conclude)
    found += [f"note for {note.panel.replace('_', ' ')}" for note in rule.then.notes]
    return ", ".join(found) or "nothing"


def listed(rules: Iterable[Rule], pack: Pack) -> tuple[Block, ...]:
    """Rules as a table."""
    rows = tuple(Row((rule.id, rule.title, rule.factor, effect(rule, pack))) for rule in rules)
    count = f"{len(rows)} of {len(pack.rules)} rules of {pack.name} {pack.version}."
    columns = (Column("RULE"), Column("", flex=True), Column("factor"), Column("effect"))
    return (Table(columns, rows, indent=0), Paragraph(count)) if rows else (Paragraph(count),)


def about(subject: Subject, rule: Rule) -> About:
    """Look up what hangs on a rule."""
    pack = subject.pack
    tests = [test for test in subject.rule_tests if test.counts]
    return About(
        parameters=tuple(name for name in pack.parameters if name in subject.parameters_used[rule.id]),
        makes_for=tuple((name, tuple(_users(pack, name))) for name in rule.then.conclude),
        needs=tuple((name, tuple(_makers(pack, name))) for name in _concluded(rule)),
        tested=tuple(test.id for test in tests if rule.id in test.expected.fired),
        expected_silent=tuple(test.id for test in tests if rule.id in test.expected.not_fired),
        fired_in=tuple(_fired_in(subject, rule)),
        scenarios=len(subject.scenarios),
        history=_history(subject, rule),
    )


def shown(subject: Subject, rule: Rule, found: About) -> Iterator[Block]:
    """The rule as `explain` shows it, then what hangs on it."""
    pack = subject.pack
    yield from explained(pack, rule.id)
    for name in found.parameters:
        parameter = pack.parameters[name]
        value = parameter.value
        shown = ", ".join(value) if isinstance(value, tuple) else f"{value:g} {parameter.unit}".rstrip()
        text = f"{shown} (dated {parameter.dated}, {parameter.source}). {parameter.meaning}"
        yield Section(f"Parameter ${name}", (Paragraph(text, 2),))
    uses = [f"{name} is used by {', '.join(users) or 'no rule'}" for name, users in found.makes_for]
    uses += [f"{name} is made by {', '.join(makers)}" for name, makers in found.needs]
    if uses:
        yield Section("Conclusions", tuple(Paragraph(text, 2) for text in uses))
    rows = (
        Row(("expected to fire", _few(found.tested))),
        Row(("expected to stay silent", _few(found.expected_silent))),
        Row((f"fires in {len(found.fired_in)} of {found.scenarios} scenarios", _few(found.fired_in))),
    )
    yield Section("Tests and cases", (Table((Column(), Column(flex=True)), rows),))
    if found.history is None:
        yield Section("History", (Paragraph("Not known: the pack is not in a git repository.", 2),))
    else:
        told = [Row((day, commit, text)) for commit, day, text in found.history]
        told = told or [Row(("", "", "not committed yet"))]
        yield Section("History", (Table((Column(), Column(), Column(flex=True)), tuple(told)),))


def data(rule: Rule, found: About, pack: Pack) -> dict[str, Any]:
    """A rule and what hangs on it, as JSON data."""
    return {
        "id": rule.id,
        "title": rule.title,
        "factor": rule.factor,
        "effect": effect(rule, pack),
        "points": rule.then.points,
        "because": rule.because,
        "assumption": rule.assumption,
        "falsified_by": rule.falsified_by,
        "review_by": rule.review_by,
        "basis": list(rule.basis),
        "pathway": list(rule.pathway),
        "parameters": list(found.parameters),
        "makes_for": {name: list(users) for name, users in found.makes_for},
        "needs": {name: list(makers) for name, makers in found.needs},
        "tests": {"fires": list(found.tested), "silent": list(found.expected_silent)},
        "fired_in": list(found.fired_in),
        "history": None
        if found.history is None
        else [{"commit": commit, "date": day, "subject": text} for commit, day, text in found.history],
        "file": rule.mark.file,
        "line": rule.mark.line,
    }


def _said(rule: Rule) -> Iterator[str]:
    """All that a rule says and reads."""
    yield from (rule.id, rule.title, rule.factor, rule.because, rule.assumption, rule.falsified_by)
    yield from (*rule.basis, *rule.pathway, *rule.then.conclude)
    for node in walk(rule.when):
        if isinstance(node, Test):
            yield from (node.field.key, node.written)
        elif isinstance(node, Concluded):
            yield node.name


def _concluded(rule: Rule) -> list[str]:
    return list(dict.fromkeys(node.name for node in walk(rule.when) if isinstance(node, Concluded)))


def _makers(pack: Pack, name: str) -> list[str]:
    return [rule.id for rule in pack.rules if name in rule.then.conclude]


def _users(pack: Pack, name: str) -> list[str]:
    return [rule.id for rule in pack.rules if name in _concluded(rule)]


def _fired_in(subject: Subject, rule: Rule) -> Iterator[str]:
    number = subject.pack.rules.index(rule)
    for scenario in subject.scenarios:
        found = evaluate(subject.pack, scenario.entities, world_view(assumed_world(scenario)))
        if found.rules[number].state == YES:
            yield scenario.id


def _history(subject: Subject, rule: Rule) -> tuple[tuple[str, str, str], ...] | None:
    """The commits that changed the text of a rule; git follows its lines through the file."""
    file = Path(rule.mark.file)
    node = subject.rule_nodes[rule.id]
    first = node.mark.line
    later = [n.mark.line for n in subject.rule_nodes.values() if n.mark.file == rule.mark.file and n.mark.line > first]
    last = min(later, default=len(file.read_text(encoding="utf-8").splitlines()) + 1) - 1
    command = ["git", "log", "-s", f"-{_HISTORY}", "--format=%h%x09%as%x09%s", f"-L{first},{last}:{file.name}"]
    try:
        ran = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ran.returncode:
        return () if "no path" in ran.stderr or "has only" in ran.stderr else None
    rows = [line.split("\t", 2) for line in ran.stdout.splitlines() if line.count("\t") == 2]
    return tuple((commit, day, text) for commit, day, text in rows)


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
