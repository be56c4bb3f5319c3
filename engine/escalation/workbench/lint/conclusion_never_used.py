"""A conclusion that no rule uses. It is left over, or the rule that was to use it names another.

A conclusion that is made for readers, so that reports list its rule among what was noted and not counted, is declared
under `for_readers` in the pack's `workbench/lint.yaml`.
"""

from __future__ import annotations

from escalation.rules import Concluded, walk
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject
from escalation.workbench.text_edits import without_key

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    used = {node.name for rule in subject.pack.rules for node in walk(rule.when) if isinstance(node, Concluded)}
    for rule in subject.pack.rules:
        unused = [name for name in rule.then.conclude if name not in used | subject.settings.for_readers.keys()]
        for name in unused:
            then = rule.then
            others = any(then.points.values()) or then.floor or then.ceiling or then.notes
            alone = len(then.conclude) == 1 and others
            message = f"no rule uses the conclusion {name}, which {rule.id} makes"
            help = "use it, drop it, or declare it under for_readers in workbench/lint.yaml"
            fix = (
                without_key(subject, rule.mark.file, subject.rule_nodes[rule.id].get("then"), "conclude")
                if alone
                else ()
            )
            yield LINT.finding(message, subject.place(rule.id, "then"), rule.id, help, fix=fix)


LINT = Lint("LINT-11", "conclusion-never-used", "warning", _check, __doc__)
