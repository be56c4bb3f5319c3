"""A text that was put off: "to be written", "todo" or a row of dots where a rule or a parameter has to say something.

`assess new rule` leaves such texts for the author to fill in. They load, and reports would show them to readers.
"""

from __future__ import annotations

import re

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]

_PUT_OFF = re.compile(
    r"(to be (written|decided|done|defined|added)|todo|tbd|fixme|xxx+|\?+|\.+|-+)\b.*|[?.-]+", re.IGNORECASE
)


def _check(subject: Subject) -> Found:
    for rule in subject.pack.rules:
        notes = [("then", note.text) for note in rule.then.notes]
        texts = [("title", rule.title), ("because", rule.because), ("assumption", rule.assumption), *notes]
        for key, text in texts:
            if _PUT_OFF.fullmatch(" ".join(text.split())):
                message = f"{rule.id}: {key} is put off: {text}"
                yield LINT.finding(
                    message, subject.place(rule.id, key), rule.id, "write it, or keep the rule out of the pack"
                )
    for parameter in subject.pack.parameters.values():
        if _PUT_OFF.fullmatch(" ".join(parameter.meaning.split())):
            message = f"the meaning of {parameter.name} is put off: {parameter.meaning}"
            yield LINT.finding(message, parameter.mark, parameter.name, "say what it stands for")


LINT = Lint("LINT-28", "unfinished-text", "warning", _check, __doc__)
