"""A pack's own properties: what its authors want proved of it, in the rule language (`properties.yaml`).

Two forms. `adding: KIND` (with `where:` on the entity) says that one more such entity never lowers a rating; `when:`
with `levels:` says that whatever meets a condition is rated within limits.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from escalation.conditions import ConditionReader
from escalation.diagnostics import Mark, Problems
from escalation.pack import Pack
from escalation.rules import Concluded, Condition, walk
from escalation.source import Node, parse
from escalation.unfold import unfolded

__all__ = ["Adding", "Always", "load_properties"]


class Adding(NamedTuple):
    """One more entity of `kind` that passes `where` (None: any) never lowers level or score."""

    id: str
    title: str
    kind: str
    where: Condition | None
    mark: Mark


class Always(NamedTuple):
    """Whatever meets `when` is rated from the lower to the upper level, by scale."""

    id: str
    title: str
    when: Condition
    levels: dict[str, tuple[int, int]]
    mark: Mark


def load_properties(pack: Pack) -> tuple[Adding | Always, ...]:
    """The properties of a pack, from `properties.yaml` in its folder; none if there is no such file.

    Raises InputError with every problem found.
    """
    path = os.path.join(pack.folder, "properties.yaml")
    if not os.path.isfile(path):
        return ()
    problems = Problems()
    with open(path, "rb") as file:
        node = parse(file.read(), path, problems)
    problems.stop()
    reader = _PropertyReader.over(problems, pack.vocabulary, pack.parameters)
    reader.pack = pack
    listed = reader.listing(reader.keys(node, "properties.yaml", ["properties"]).get("properties"), "properties")
    found = [reader.property(one) for one in listed]
    problems.stop()
    return tuple(one for one in found if one)


class _PropertyReader(ConditionReader):
    pack: Pack

    def property(self, node: Node) -> Adding | Always | None:
        found = self.keys(node, "a property", ["id", "title"], ["adding", "where", "when", "levels"])
        name, title = self.text(found.get("id"), "id") or "", self.text(found.get("title"), "title") or ""
        if ("adding" in found) == ("when" in found):
            self.problems.add("PROP-1", f"{name} needs adding or when, and not both", node.mark, "adding: KIND")
            return None
        return self.adding(found, name, title) if "adding" in found else self.always(found, name, title, node)

    def adding(self, found: dict[str, Node], name: str, title: str) -> Adding | None:
        many = [kind.name for kind in self.vocabulary.kinds.values() if kind.many]
        kind = self.word(found["adding"], "adding", many)
        if kind is None:
            return None
        where = self.of_entity(self.vocabulary.kinds[kind], found.get("where"), "where") if "where" in found else None
        return Adding(name, title, kind, self.seen_through(where), found["adding"].mark)

    def always(self, found: dict[str, Node], name: str, title: str, node: Node) -> Always | None:
        when = self.seen_through(self.condition(found["when"], "when"))
        levels = self.limits(found.get("levels"), node)
        known = {name for rule in self.pack.rules for name in rule.then.conclude}
        for test in walk(when) if when else ():
            if isinstance(test, Concluded) and test.name not in known:
                self.problems.add("RULE-14", f"no rule concludes {test.name}", test.mark, "a rule must conclude it")
        return Always(name, title, when, levels, found["when"].mark) if when else None

    def limits(self, node: Node | None, place: Node) -> dict[str, tuple[int, int]]:
        numbers = {level.name: level.number for level in self.pack.levels}
        found = self.keys(node, "levels", (), [scale.name for scale in self.pack.scales])
        if not found:
            self.problems.add("PROP-2", "levels are missing", place.mark, "levels: {SCALE: {at_least: LEVEL}}")
        limits = {}
        for scale, body in found.items():
            ends = self.keys(body, scale, (), ["at_least", "at_most"])
            low, high = (self.word(ends.get(end), end, numbers) for end in ("at_least", "at_most"))
            limits[scale] = (numbers[low] if low else 1, numbers[high] if high else len(numbers))
        return limits

    def seen_through(self, node: Condition | None) -> Condition | None:
        return unfolded(node, self.vocabulary.fields) if node else None
