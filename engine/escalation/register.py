"""Shared registers: dated entities kept once in a file of their own, and referred to by id.

The same statement bears on one transfer and not on the next. So a register keeps what was said, when and by whom, and
a scenario says by itself what is a judgement about it (the vocabulary knows which fields are): `warnings_from: {file:
register.yaml, ids: [embassy-14-sep, {id: ministry-15-sep, concerns: same_class}]}`. Here such references are replaced
by what they refer to, before anything else is read, so that the rest of the loader knows nothing of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from escalation.diagnostics import Problems, suggest
from escalation.read import Reader
from escalation.source import Listing, Mapping, Node, Text, parse, read_bytes
from escalation.vocabulary import EntityKind, Vocabulary

__all__ = ["judged", "resolved"]


def judged(vocabulary: Vocabulary, kind: EntityKind) -> list[str]:
    """The fields that a reference may state by itself: judgements about the entity, as against what it says."""
    return [f.name for f in vocabulary.of(kind.name).values() if f.changed_by == "judgement" and not f.member_of]


def resolved(node: Node, file: str, vocabulary: Vocabulary, problems: Problems) -> Node:
    """The document with its references to registers replaced by the entities and sources that they name."""
    if not isinstance(node, Mapping):
        return node
    for kind in vocabulary.kinds.values():
        references = node.get(kind.register_key) if kind.register_key else None
        if references is not None:
            resolver = _Resolver(problems, vocabulary, kind, os.path.dirname(file))
            node = resolver.document(node, kind.register_key, references)
    return node


class _Resolver(Reader):
    def __init__(self, problems: Problems, vocabulary: Vocabulary, kind: EntityKind, folder: str) -> None:
        super().__init__(problems)
        self.kind, self.folder = kind, folder
        self.judged = judged(vocabulary, kind)

    def document(self, node: Mapping, key: str, references: Node) -> Mapping:
        """The document with what `key` refers to."""
        entries = {name.value: (name, value) for name, value in node.entries if name.value != key}
        mark = references.mark
        for one in references.items if isinstance(references, Listing) else (references,):
            found, sources = self.register(one, key)
            own = entries.get(self.kind.plural)
            listed = own[1].items if own and isinstance(own[1], Listing) else ()
            if not own or isinstance(own[1], Listing):
                entries[self.kind.plural] = (Text(self.kind.plural, True, mark), Listing((*listed, *found), mark))
            entries["sources"] = (Text("sources", True, mark), self.joined(entries.get("sources"), sources, one))
        return Mapping(tuple(entries.values()), node.mark)

    def register(self, node: Node, key: str) -> tuple[list[Mapping], list[tuple[Text, Node]]]:
        """The entities that one reference names, with its own judgements, and the sources they rest on."""
        found = self.keys(node, key, ["file", "ids"])
        path = self.path(found.get("file"), key)
        data = read_bytes(path, self.problems) if path else None
        top = parse(data, path, self.problems) if data is not None else None
        if top is None:
            return [], []
        parts = self.keys(top, "the register", [self.kind.plural], ["sources"])
        known = {self.name(one): one for one in self.listing(parts.get(self.kind.plural), self.kind.plural)}
        chosen = [
            one for wanted in self.listing(found.get("ids"), f"{key}.ids") if (one := self.chosen(wanted, known, key))
        ]
        used = {text.value for one in chosen for text in _sources_of(one)}
        return chosen, [(k, v) for k, v in self.mapping(parts.get("sources"), "sources") if k.value in used]

    def path(self, node: Node | None, key: str) -> str:
        """The path of a register: near the scenario, so that a file from elsewhere cannot read what it likes."""
        written = self.text(node, f"{key}.file")
        if written is None or node is None:
            return ""
        near = os.path.normpath(written)
        if os.path.isabs(near) or near.split(os.sep)[:2] == [os.pardir, os.pardir]:
            help = "name it from the scenario's folder; it lies there, below, or one folder up"
            self.problems.add("REG-1", f"the register {written} is too far away", node.mark, help)
            return ""
        return os.path.normpath(os.path.join(self.folder, near))

    def name(self, node: Node) -> str:
        found = node.get("id") if isinstance(node, Mapping) else None
        return found.value if isinstance(found, Text) else ""

    def chosen(self, wanted: Node, known: dict[str, Node], key: str) -> Mapping | None:
        """An entity of the register, with the judgements that the reference states in place of its own."""
        local = self.keys(wanted, f"{key}.ids", ["id"], self.judged) if isinstance(wanted, Mapping) else {"id": wanted}
        name = self.text(local.get("id"), f"{key}.ids")
        if name is None:
            return None
        found = known.get(name)
        if not isinstance(found, Mapping):
            help = suggest(name, known) or f"it has: {', '.join(known)}"
            self.problems.add("REG-2", f"the register has no {self.kind.label} {name}", local["id"].mark, help)
            return None
        own = [(k, v) for k, v in (wanted.entries if isinstance(wanted, Mapping) else ()) if k.value != "id"]
        kept = [(k, v) for k, v in found.entries if k.value not in local or k.value == "id"]
        return Mapping((*kept, *own), found.mark)

    def joined(self, own: tuple[Text, Node] | None, more: list[tuple[Text, Node]], reference: Node) -> Node:
        """The sources of the scenario and those of a register; one name may not stand for two of them."""
        entries = list(own[1].entries) if own and isinstance(own[1], Mapping) else []
        if own and not isinstance(own[1], Mapping):
            return own[1]
        known = {key.value: value for key, value in entries}
        for key, value in more:
            if key.value not in known:
                entries.append((key, value))
            elif _plain(known[key.value]) != _plain(value):
                related = (("and otherwise here", key.mark),)
                message = f"source {key.value} is one thing here and another in the register"
                self.problems.add("REG-3", message, known[key.value].mark, "rename one of the two", related)
        return Mapping(tuple(entries), own[1].mark if own else reference.mark)


def _sources_of(node: Node) -> Iterator[Text]:
    """Every name under a key `source`, however deep."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            if key.value == "source" and isinstance(value, Text):
                yield value
            yield from _sources_of(value)
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _sources_of(item)


def _plain(node: Node) -> object:
    """What a node says, without its place."""
    if isinstance(node, Mapping):
        return {key.value: _plain(value) for key, value in node.entries}
    return [_plain(item) for item in node.items] if isinstance(node, Listing) else node.value
