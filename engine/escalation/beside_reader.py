"""Reads what stands beside the rules: panels (`panels.yaml`), what a scenario needs, texts that name fields.

A panel is a table of the pack that reports print. Its rows are chosen by the level reached, by the pathways that fired
rules touch, or by a condition of the rule language; how they look is one piece of code for all panels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from escalation.conditions import ConditionReader
from escalation.diagnostics import suggest
from escalation.pack_records import Frozen, Level, Needs, Panel, PanelRow
from escalation.rules import PLACEHOLDER, Concluded, Condition, Rule, walk
from escalation.scenario import Source
from escalation.source import Listing, Mapping, Node, Text

__all__ = ["BesideReader"]

_CHOICES = ("level", "pathway", "when")
_DETAILS = ("ledger", "full")


class BesideReader(ConditionReader):
    """Reads panels; a pack has none if there is no file."""

    sources: dict[str, Source]
    level_numbers: dict[str, int]
    levels: tuple[Level, ...]

    def read_panels(self, node: Node | None) -> tuple[Panel, ...]:
        """The panels, in the order of the file."""
        entries = self.mapping(self.keys(node, "panels.yaml", ["panels"]).get("panels"), "panels")
        return tuple(self.panel(key, value) for key, value in entries)

    def panel(self, key: Text, node: Node) -> Panel:
        optional = ["says", "under", "detail", "basis", "rows"]
        found = self.keys(node, f"panel {key.value}", ["title", "columns"], optional)
        title, says = (self.text(found.get(name), f"{key.value}.{name}") or "" for name in ("title", "says"))
        columns = self.texts(found.get("columns"), f"{key.value}.columns")
        under = (self.word(n, "under", columns[1:]) for n in _one_or_more(found.get("under")))
        detail = self.word(found.get("detail"), "detail", _DETAILS) or _DETAILS[0]
        rows = [self.panel_row(n, columns) for n in self.listing(found.get("rows"), f"{key.value}.rows")]
        basis = self.known_sources(found.get("basis"))
        below, shown = tuple(name for name in under if name), tuple(row for row in rows if row)
        return Panel(key.value, title, says, columns, below, detail, basis, shown, key.mark)

    def panel_row(self, node: Node, columns: tuple[str, ...]) -> PanelRow | None:
        found = self.keys(node, "a row", columns, [*_CHOICES, "basis"])
        chosen = [name for name in _CHOICES if name in found]
        if len(chosen) != 1 and isinstance(node, Mapping):
            help = "level: NAME shows it at that level, pathway: TAG always, when: CONDITION where it holds"
            self.problems.add("PANEL-1", "a row needs one of level, pathway, when", node.mark, help)
            return None
        levels = (self.word(n, "level", self.level_numbers) for n in _one_or_more(found.get("level")))
        for name in columns:
            self.placeholders(found.get(name))
        return PanelRow(
            tuple(self.text(found.get(name), name) or "" for name in columns),
            tuple(self.level_numbers[name] for name in levels if name in self.level_numbers),
            self.text(found.get("pathway"), "pathway") or "",
            self.condition(found["when"], "when") if "when" in found else None,
            self.known_sources(found.get("basis")),
            node.mark,
        )

    def check_panels(self, panels: Iterable[Panel], rules: Sequence[Rule]) -> None:
        """Rules name only pathways that have a row, where any has; rows need only what some rule concludes."""
        self.check_concluded((row.when for panel in panels for row in panel.rows if row.when), rules)
        known = [row.pathway for panel in panels for row in panel.rows if row.pathway]
        for rule in rules if known else ():
            for tag in rule.pathway:
                if tag not in known:
                    help = suggest(tag, known) or f"known: {', '.join(known)}"
                    self.problems.add("PANEL-2", f"no panel has a row for the pathway {tag}", rule.mark, help)

    def check_concluded(self, conditions: Iterable[Condition], rules: Iterable[Rule]) -> None:
        """Report conclusions that conditions ask for and no rule makes."""
        makers = {name for rule in rules for name in rule.then.conclude}
        for node in (node for condition in conditions for node in walk(condition)):
            if isinstance(node, Concluded) and node.name not in makers:
                help = suggest(node.name, makers) or "a rule must conclude it"
                self.problems.add("RULE-14", f"no rule concludes {node.name}", node.mark, help)

    def needs(self, node: Node) -> Needs | None:
        """What every entity of a kind has to say for a scenario to be rated."""
        found = self.keys(node, "needs", ["every", "one_of", "because"])
        kind = self.word(found.get("every"), "every", self.vocabulary.kinds)
        known = [f.name for f in self.vocabulary.fields.values() if f.entity == kind and f.readable]
        groups = [
            tuple(name for one in _one_or_more(group) if (name := self.word(one, "one_of", known)))
            for group in self.listing(found.get("one_of"), "one_of")
        ]
        because = self.text(found.get("because"), "because") or ""
        return Needs(kind, tuple(groups), because) if kind else None

    def frozen(self, node: Node | None) -> Frozen:
        """The day of the last change that is able to move a rating, and the digest of that day."""
        found = self.keys(node, "frozen", ["on", "substance"])
        day = self.dated(found.get("on"), "frozen.on")
        return Frozen(day.text if day else "", self.text(found.get("substance"), "frozen.substance") or "")

    def known_sources(self, node: Node | None) -> tuple[str, ...]:
        """The ids of sources, each of which sources.yaml must have."""
        for one in _one_or_more(node):
            self.known_source(one)
        return self.texts(node, "basis")

    def known_source(self, node: Node | None) -> None:
        """Report an id that sources.yaml does not have."""
        name = self.text(node, "source")
        if name and node and name not in self.sources:
            self.problems.add("REF-2", f"sources.yaml has no {name}", node.mark, suggest(name, self.sources))

    def placeholders(self, node: Node | None) -> None:
        """Report placeholders of a text that name no field and no parameter."""
        if not isinstance(node, Text):
            return
        for kind, name in PLACEHOLDER.findall(node.value):
            known = self.vocabulary.of(kind) if kind else self.parameters
            if name not in known:
                whole = f"{{{kind}.{name}}}" if kind else f"{{{name}}}"
                help = suggest(name, known) or "a placeholder names KIND.FIELD or a parameter"
                self.problems.add("RULE-13", f"{whole} names nothing", node.mark, help)


def _one_or_more(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Listing) else (node,) if node is not None else ()
