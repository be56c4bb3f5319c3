"""Conditions in words, the way round their authors wrote them.

The tree keeps `every item` as "no item that does not", so its inner condition stands negated there; `inner` turns it
back.
"""

from __future__ import annotations

from escalation.rules import All, Any, Concluded, Condition, Count, Test, negate

__all__ = ["in_words", "inner"]

_TWICE = "not: not: "


def inner(node: Count) -> Condition:
    """What the entities of a count are asked, as written."""
    return _upright(negate(node.where)) if node.written.startswith("every ") else node.where


def in_words(node: Condition) -> str:
    """A condition on one line."""
    if isinstance(node, Test):
        return node.written
    if isinstance(node, Concluded):
        return f"{node.name} {'concluded' if node.expected else 'not concluded'}"
    if isinstance(node, Count):
        return f"{node.written} with {in_words(inner(node))}"
    parts = [f"({in_words(c)})" if isinstance(c, (All, Any)) else in_words(c) for c in node.children]
    return (" and " if isinstance(node, All) else " or ").join(parts)


def _upright(node: Condition) -> Condition:
    """The same condition, its tests without a double negation in their words."""
    if isinstance(node, Test):
        return node._replace(written=node.written.removeprefix(_TWICE))
    if isinstance(node, (All, Any)):
        return type(node)(tuple(_upright(child) for child in node.children))
    return node
