"""A parameter that no rule refers to, neither in a condition nor in a text.

A reader who changes it expects ratings to change. The fix removes it, and leaves comments where they are.
"""

from __future__ import annotations

from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject
from escalation.workbench.text_edits import without_key

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    used = subject.parameters_named.union(*subject.parameters_used.values())
    overridden = {name for profile in subject.pack.profiles.values() for name in profile.parameters}
    for name, parameter in subject.pack.parameters.items():
        if name not in used:
            file = parameter.mark.file
            fix = without_key(subject, file, subject.section("parameters.yaml", "parameters"), name)
            help = "use it, or remove it" + ("; profiles change it too" if name in overridden else "")
            fix = () if name in overridden else fix
            yield LINT.finding(f"no rule uses the parameter {name}", parameter.mark, name, help, fix=fix)


LINT = Lint("LINT-12", "parameter-never-used", "warning", _check, __doc__)
