"""A text of a rule that shows what its condition does not look at.

It shows a parameter that the condition does not use, or entities of a kind that neither the rule nor the conclusions it
uses ask about. Such a text was mostly written for an earlier form of the condition. It tells readers a reason that is
not the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from escalation.pack import Pack
from escalation.rules import PLACEHOLDER, Concluded, Count, Rule, walk
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    for rule in pack.rules:
        looked_at = set(_kinds(pack, rule))
        texts = [("because", rule.because), *(("then", note.text) for note in rule.then.notes)]
        shown = [(key, *found) for key, text in texts for found in PLACEHOLDER.findall(text)]
        for key, kind, name in dict.fromkeys(shown):
            if not kind and name not in subject.parameters_used[rule.id]:
                what = f"the parameter {name}, which its condition does not use"
            elif kind and pack.vocabulary.kinds[kind].many and kind not in looked_at:
                what = f"{kind}.{name}, and its condition asks about no {pack.vocabulary.kinds[kind].label}"
            else:
                continue
            yield LINT.finding(
                f"{rule.id} shows {what}", subject.place(rule.id, key), rule.id, "let it name its own grounds"
            )


def _kinds(pack: Pack, rule: Rule) -> Iterator[str]:
    """The kinds whose entities a rule asks about, itself or through conclusions."""
    for node in walk(rule.when):
        if isinstance(node, Count):
            yield node.kind
        elif isinstance(node, Concluded):
            for maker in (other for other in pack.rules if node.name in other.then.conclude):
                yield from _kinds(pack, maker)


LINT = Lint("LINT-25", "stale-reason", "warning", _check, __doc__)
