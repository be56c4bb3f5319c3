"""A declaration in the pack's `workbench/lint.yaml` that is not so, or that nothing needs.

A conclusion said to be for readers must be made, and used by no rule; rules said to be steps of one staircase must be
of one factor, and each pair of neighbours must in truth add up; what is said to be no source must be listed in
`sources.yaml`. Otherwise the declaration hides the next defect of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from escalation.diagnostics import Mark, suggest
from escalation.rules import Concluded, walk
from escalation.workbench.lint.base import Found, Lint, shared_sign
from escalation.workbench.lint.double_counting import counts_the_same
from escalation.workbench.questions import implies
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for message, mark, help in (*_readers(subject), *_steps(subject), *_sources(subject)):
        yield LINT.finding(message, mark, "workbench/lint.yaml", help)


def _readers(subject: Subject) -> Iterator[tuple[str, Mark, str]]:
    made = {name for rule in subject.pack.rules for name in rule.then.conclude}
    used = {node.name for rule in subject.pack.rules for node in walk(rule.when) if isinstance(node, Concluded)}
    for name, mark in subject.settings.for_readers.items():
        if name not in made:
            yield f"no rule concludes {name}", mark, suggest(name, made) or "drop the entry"
        elif name in used:
            yield f"{name} is used by a rule, so it needs no declaration", mark, "drop the entry"


def _steps(subject: Subject) -> Iterator[tuple[str, Mark, str]]:
    pack = subject.pack
    for names, mark in subject.settings.steps:
        unknown = [name for name in names if pack.rule(name) is None]
        for name in unknown:
            yield f"there is no rule {name}", mark, suggest(name, [rule.id for rule in pack.rules]) or "drop it"
        rules = [rule for name in names if (rule := pack.rule(name))]
        if len(rules) < 2 and not unknown:
            yield "one rule makes no staircase", mark, "name at least two"
        for a, b in pairwise(rules):
            related = implies(pack, b.when, a.when) or implies(pack, a.when, b.when) or counts_the_same(a, b)
            if a.factor != b.factor or not shared_sign(a, b) or not related:
                yield f"{a.id} and {b.id} are no steps of one staircase", mark, "drop the entry, or mend the rules"


def _sources(subject: Subject) -> Iterator[tuple[str, Mark, str]]:
    for name, mark in subject.settings.not_a_source.items():
        if name not in subject.pack.sources:
            yield f"sources.yaml has no {name}", mark, suggest(name, subject.pack.sources) or "drop the entry"


LINT = Lint("LINT-27", "idle-declaration", "warning", _check, __doc__)
