"""A rule whose `falsified_by` names nothing that could be seen: put off, empty in substance, or the assumption again.

An assumption that nothing could show wrong cannot be learnt from. Two rules with the same falsifier are told as well,
since what shows both wrong shows neither.
"""

from __future__ import annotations

import re

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]

_EMPTY = re.compile(
    r"(nothing|none|never|n/?a|not applicable|unknown|unclear|tbd|todo|to be (written|decided|done|defined)|"
    r"cannot be.*|"
    r"nothing (could|can|would)\b.*|no (evidence|observation|event|case)s?( (could|can|would)\b.*)?|\?+|-+|\.+)[.!]?",
    re.IGNORECASE,
)
_LEAST_WORDS = 4


def _check(subject: Subject) -> Found:
    first: dict[tuple[str, ...], str] = {}
    for rule in subject.pack.rules:
        text = " ".join(rule.falsified_by.split())
        words = _words(text)
        if _EMPTY.fullmatch(text) or len(words) < _LEAST_WORDS:
            message = f"{rule.id}: nothing that could be seen would falsify its assumption"
        elif words == _words(rule.assumption):
            message = f"{rule.id}: falsified_by says the assumption again"
        elif words in first:
            message = f"{rule.id}: falsified_by is that of {first[words]}"
        else:
            first[words] = rule.id
            continue
        help = "name a kind of event that would show it wrong, with its time limit where it has one"
        yield LINT.finding(message, subject.place(rule.id, "falsified_by"), rule.id, help)


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))


LINT = Lint("LINT-15", "unfalsifiable-assumption", "warning", _check, __doc__)
