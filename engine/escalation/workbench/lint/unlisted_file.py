"""A file of rules in the pack's folder that `pack.yaml` does not list, so that none of its rules is ever read."""

from __future__ import annotations

from escalation.source import Mapping, Text
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    head = subject.files["pack.yaml"].node
    listing = head.get("rules") if isinstance(head, Mapping) else None
    items = (
        (listing,)
        if isinstance(listing, Text)
        else listing.items
        if listing and not isinstance(listing, Mapping)
        else ()
    )
    listed = {item.value for item in items if isinstance(item, Text)}
    for name, file in subject.files.items():
        if "/" in name or name == "pack.yaml" or name in listed or not isinstance(file.node, Mapping):
            continue
        if file.node.get("rules") is not None:
            help = f"add {name} under rules: in pack.yaml, or move it out of the folder"
            yield LINT.finding(f"{name} holds rules, and pack.yaml does not list it", file.node.mark, name, help)


LINT = Lint("LINT-23", "unlisted-file", "error", _check, __doc__)
