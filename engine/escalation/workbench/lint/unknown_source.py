"""A field of the vocabulary whose source `sources.yaml` does not list, so that a reader cannot look it up.

Rules, parameters and profiles that name an unknown source do not load; for fields it is told here.
"""

from __future__ import annotations

from escalation.diagnostics import suggest
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    known = subject.pack.sources
    for field in subject.pack.vocabulary.fields.values():
        if field.source and field.source not in known and not field.member_of:
            message = f"{field.key} names the source {field.source}, which sources.yaml does not list"
            yield LINT.finding(
                message, field.mark, field.key, suggest(field.source, known) or "list it in sources.yaml"
            )


LINT = Lint("LINT-26", "unknown-source", "warning", _check, __doc__)
