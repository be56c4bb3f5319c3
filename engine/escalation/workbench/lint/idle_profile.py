"""An entry of a profile that changes nothing: points, a parameter or a rule as they are in the neutral pack anyway.

A profile is an argument about the perceiver, so each entry claims a difference. The fix removes entries that make none.
"""

from __future__ import annotations

from collections.abc import Iterator

from escalation.diagnostics import Mark
from escalation.pack import Profile
from escalation.source import Mapping, Text
from escalation.workbench.finding import Edit
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject
from escalation.workbench.text_edits import without_key

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    for profile in subject.pack.profiles.values():
        if not (profile.points or profile.parameters or profile.off):
            yield LINT.finding(
                f"profile {profile.name} changes nothing", profile.mark, profile.name, "say what it changes"
            )
        for what, mark, fix in (*_points(subject, profile), *_parameters(subject, profile)):
            message = f"profile {profile.name} leaves {what} as it is in the neutral pack"
            yield LINT.finding(message, mark, profile.name, "drop the entry, or change it", fix=fix)


def _points(subject: Subject, profile: Profile) -> Iterator[tuple[str, Mark, tuple[Edit, ...]]]:
    section = subject.section(f"profiles/{profile.name}.yaml", "points")
    for rule_id, points in profile.points.items():
        rule = subject.pack.rule(rule_id)
        same = [scale for scale, n in points.items() if rule and rule.then.points.get(scale, 0) == n]
        node = section.get(rule_id) if section else None
        if rule_id in profile.off:
            yield (
                f"{rule_id}, which it switches off,",
                _mark(section, rule_id, profile),
                _cut(subject, profile, section, rule_id),
            )
        elif points and len(same) == len(points):
            yield f"the points of {rule_id}", _mark(section, rule_id, profile), _cut(subject, profile, section, rule_id)
        elif isinstance(node, Mapping):
            for scale in same:
                yield f"{rule_id} for {scale}", _mark(node, scale, profile), _cut(subject, profile, node, scale)


def _parameters(subject: Subject, profile: Profile) -> Iterator[tuple[str, Mark, tuple[Edit, ...]]]:
    section = subject.section(f"profiles/{profile.name}.yaml", "parameters")
    for name, parameter in profile.parameters.items():
        base = subject.pack.parameters[name]
        same = base.value == parameter.value and base.unit == parameter.unit
        if same or _as_set(base.value) == _as_set(parameter.value) != frozenset():
            yield f"the parameter {name}", _mark(section, name, profile), _cut(subject, profile, section, name)


def _as_set(value: object) -> frozenset[object]:
    return frozenset(value) if isinstance(value, tuple) else frozenset()


def _mark(node: Mapping | None, key: str, profile: Profile) -> Mark:
    found: Text | None = next((name for name, _ in node.entries if name.value == key), None) if node else None
    return found.mark if found else profile.mark


def _cut(subject: Subject, profile: Profile, node: Mapping | None, key: str) -> tuple[Edit, ...]:
    """The edit that takes an entry out; none where it is the only one, since a section is not to be left empty."""
    return without_key(subject, profile.mark.file, node, key) if node and len(node.entries) > 1 else ()


LINT = Lint("LINT-21", "idle-profile", "warning", _check, __doc__)
