"""Lints: what is wrong with a pack although it loads. A file each, named by what it finds; this is the list of them.

Every lint is a pure function from a pack under examination to findings. To add one: write its module with a `LINT`,
name it here, give it a page in `docs/codes/`, and a planted defect and a near miss in `tests/lint/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module

from escalation.workbench.finding import Finding
from escalation.workbench.lint.base import Lint
from escalation.workbench.subject import Subject

__all__ = ["LINTS", "examined", "lints"]

LINTS = (
    "never_fires",
    "always_fires",
    "same_as",
    "implied_by",
    "contradictory_conditions",
    "threshold_outside_domain",
    "redundant_condition",
    "double_counting",
    "points_lost",
    "floor_meets_ceiling",
    "conclusion_never_used",
    "parameter_never_used",
    "unreachable_level",
    "review_expired",
    "unfalsifiable_assumption",
    "unsourced_basis",
    "estimative_words",
    "untested_rule",
    "untried_threshold",
    "against_direction",
    "idle_profile",
    "bare_number",
    "unlisted_file",
    "no_effect",
    "stale_reason",
    "unknown_source",
    "idle_declaration",
    "unfinished_text",
)


@lru_cache(maxsize=1)
def lints() -> tuple[Lint, ...]:
    """Every lint, in the order of their codes."""
    return tuple(import_module(f"{__name__}.{name}").LINT for name in LINTS)


def examined(subject: Subject, chosen: Iterable[Lint]) -> tuple[Finding, ...]:
    """The findings of some lints, in the order of files and places."""
    found = [finding for lint in chosen for finding in lint.check(subject)]
    return tuple(sorted(found, key=lambda f: (f.mark.file, f.mark.line, f.mark.column, f.code)))
