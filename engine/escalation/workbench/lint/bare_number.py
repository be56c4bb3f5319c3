"""A number written into a condition. Thresholds are parameters: named, dated, sourced, and open to a profile.

Counts of one entity are no thresholds: `at_least: 1` says no more than `some`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from escalation.source import Listing, Mapping, Node, Text
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]

_NUMBER = re.compile(r"[-+]?[0-9][0-9_.,]*(e[-+]?[0-9]+)?( ?[a-z]+)?", re.IGNORECASE)
_COUNTS = ("at_least", "at_most", "exactly")


def _check(subject: Subject) -> Found:
    numeric = {f.name for f in subject.pack.vocabulary.fields.values() if f.type in ("number", "integer")}
    for rule in subject.pack.rules:
        for text in _numbers(subject.rule_nodes[rule.id].get("when"), numeric, False):
            message = f"{rule.id} compares with {text.value}, which is no parameter"
            help = "give it a name, a date and a source in parameters.yaml, and write $name"
            yield LINT.finding(message, text.mark, rule.id, help)


def _numbers(node: Node | None, numeric: set[str], within: bool) -> Iterator[Text]:
    """The numbers under a node that are operands of a numeric field, or counts past one."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            counted = key.value in _COUNTS and not within and isinstance(value, Text) and value.value not in ("0", "1")
            yield from _numbers(value, numeric, within or key.value in numeric or counted)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _numbers(item, numeric, within)
    elif isinstance(node, Text) and within and _NUMBER.fullmatch(node.value):
        yield node


LINT = Lint("LINT-22", "bare-number", "warning", _check, __doc__)
