"""A rule that rests on no source: its basis is empty, or holds only entries that stand for the author's judgement.

Which entries of `sources.yaml` stand for no source is declared under `not_a_source` in the pack's
`workbench/lint.yaml`.
"""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        if not set(rule.basis) - subject.settings.not_a_source.keys():
            named = f"only {', '.join(rule.basis)}" if rule.basis else "nothing"
            message = f"{rule.id} rests on no source: its basis names {named}"
            yield LINT.finding(message, subject.place(rule.id, "basis"), rule.id, "name what it was learnt from")


LINT = Lint("LINT-16", "unsourced-basis", "warning", _check, __doc__)
