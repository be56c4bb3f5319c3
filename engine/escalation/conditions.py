"""Parses `when:`: from what a rule author writes to the five nodes of `rules.py`.

Keys of a mapping hold together. At the top of a rule a key names a kind of entity (`item`, `every_item`, `no_item`,
`items`), a conclusion, or a connective; under an entity it names a field. Everything wrong is collected, with its
place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Self

from escalation.diagnostics import Problems, suggest
from escalation.operators import OPERATORS, Operator
from escalation.read import Reader
from escalation.rules import All, Any, Concluded, Condition, Count, Parameter, Test, negate
from escalation.sets import Numbers, Scalar, intersection, interval, only, whole
from escalation.source import Listing, Mapping, Node, Text
from escalation.vocabulary import EntityKind, Field, Vocabulary, read_scalar

__all__ = ["ConditionReader"]

_CONNECTIVES = ("any_of", "all_of", "not")


class ConditionReader(Reader):
    """Parses `when:` against a vocabulary and parameters. Returns None where a condition cannot be used."""

    vocabulary: Vocabulary
    parameters: dict[str, Parameter]
    used: set[str]
    unusable: frozenset[str] = frozenset()  # parameters whose own problem is already told

    @classmethod
    def over(cls, problems: Problems, vocabulary: Vocabulary, parameters: dict[str, Parameter]) -> Self:
        """A reader of conditions over a vocabulary and parameters that have been read."""
        reader = cls(problems)
        reader.vocabulary, reader.parameters, reader.used = vocabulary, parameters, set()
        return reader

    def condition(self, node: Node, what: str) -> Condition | None:
        """A condition of a rule: keys hold together."""
        parts = [self.clause(key, value, what) for key, value in self.mapping(node, what)]
        if not parts:
            self.problems.add("RULE-1", f"{what} has no condition", node.mark, "a rule that always fires is not a rule")
        return self.together(parts)

    def clause(self, key: Text, node: Node, what: str) -> Condition | None:
        if key.value in _CONNECTIVES:
            return self.connective(key, node, what, self.condition)
        if key.value == "concluded":
            return self.together([Concluded(name, True, node.mark) for name in self.texts(node, "concluded")])
        for kind in self.vocabulary.kinds.values():
            if key.value == kind.name and not kind.many:
                return self.of_entity(kind, node, key.value)
            if kind.many and key.value in (kind.name, f"every_{kind.name}", f"no_{kind.name}", kind.plural):
                return self.quantified(kind, key, node)
        known = [*_CONNECTIVES, "concluded", *self.quantifiers()]
        self.problems.add(
            "RULE-2", f"{what} has no {key.value}", key.mark, suggest(key.value, known) or f"known: {', '.join(known)}"
        )
        return None

    def quantifiers(self) -> list[str]:
        """The keys that start a test of entities: transfer, item, every_item, no_item, items, and so on."""
        return [
            key
            for k in self.vocabulary.kinds.values()
            for key in ((k.name, f"every_{k.name}", f"no_{k.name}", k.plural) if k.many else (k.name,))
        ]

    def quantified(self, kind: EntityKind, key: Text, node: Node) -> Condition | None:
        accept, written = interval(1), f"some {kind.label}"
        inner: Node | None = node
        if key.value == kind.plural:
            accept, written = self.how_many(kind, key, node)
            inner = node.get("where") if isinstance(node, Mapping) else None
            if inner is None:
                return None
        where = self.of_entity(kind, inner, key.value)
        if where is None:
            return None
        if key.value == f"every_{kind.name}":
            return Count(kind.name, negate(where), interval(0, 0), f"every {kind.label}", key.mark)
        if key.value == f"no_{kind.name}":
            return Count(kind.name, where, interval(0, 0), f"no {kind.label}", key.mark)
        return Count(kind.name, where, accept, written, key.mark)

    def how_many(self, kind: EntityKind, key: Text, node: Node) -> tuple[Numbers, str]:
        found = self.keys(node, key.value, ["where"], ["at_least", "at_most", "exactly"])
        low = self.count_operand(found.get("at_least") or found.get("exactly"), key.value)
        high = self.count_operand(found.get("at_most") or found.get("exactly"), key.value)
        if low is None and high is None:
            self.problems.add("RULE-3", f"{key.value} says no number", key.mark, "add at_least, at_most or exactly")
        elif "exactly" in found and len(found.keys() & {"at_least", "at_most"}):
            self.problems.add("RULE-3", f"{key.value} says exactly and a limit", key.mark, "give the one or the other")
        elif min(low or 0, high or 0) < 0 or (low or 0) > (inf if high is None else high):
            self.problems.add(
                "RULE-3",
                f"{key.value}: no number is so",
                key.mark,
                "counts start at 0, and at_least is not above at_most",
            )
        words = (
            f"exactly {low}"
            if low == high
            else " and ".join(f"{word} {n}" for word, n in (("at least", low), ("at most", high)) if n is not None)
        )
        return interval(low or 0, inf if high is None else high), f"{words} {kind.plural}"

    def count_operand(self, node: Node | None, what: str) -> int | None:
        if isinstance(node, Text) and node.plain and node.value.startswith("$"):
            parameter = self.parameter(node)
            return parameter.value if parameter and isinstance(parameter.value, int) else None
        return self.whole(node, what)

    def of_entity(self, kind: EntityKind, node: Node | None, what: str) -> Condition | None:
        """A condition on one entity: field tests that hold together."""
        parts = [self.field_clause(kind, key, value, what) for key, value in self.mapping(node, what)]
        if not parts and node is not None:
            self.problems.add("RULE-1", f"{what} has no condition", node.mark, "name at least one field")
        return self.together(parts)

    def field_clause(self, kind: EntityKind, key: Text, node: Node, what: str) -> Condition | None:
        if key.value in _CONNECTIVES:
            return self.connective(key, node, what, lambda inner, label: self.of_entity(kind, inner, label))
        field = self.vocabulary.fields.get(f"{kind.name}.{key.value}")
        if field is None:
            known = list(self.vocabulary.of(kind.name))
            self.problems.add(
                "RULE-4",
                f"{kind.name} has no field {key.value}",
                key.mark,
                suggest(key.value, known) or "see the vocabulary",
            )
            return None
        if field.domain is None or field.assume is None:
            help = "declare assume: and assume_because: in the vocabulary" if field.domain else "no rule may test text"
            self.problems.add("RULE-5", f"no rule may read {field.key}", key.mark, help)
            return None
        return self.test(field, key, node)

    def connective(
        self, key: Text, node: Node, what: str, inner: Callable[[Node, str], Condition | None]
    ) -> Condition | None:
        if key.value == "not":
            negated = inner(node, "not")
            return negate(negated) if negated else None
        parts = [inner(child, key.value) for child in self.listing(node, key.value)]
        if not parts:
            self.problems.add("RULE-1", f"{key.value} is empty", node.mark, "list at least one condition")
        if None in parts or not parts:
            return None
        children = tuple(part for part in parts if part is not None)
        return Any(children) if key.value == "any_of" else All(children)

    def together(self, parts: Sequence[Condition | None]) -> Condition | None:
        if None in parts or not parts:
            return None
        children = tuple(part for part in parts if part is not None)
        return children[0] if len(children) == 1 else All(children)

    def test(self, field: Field, key: Text, node: Node) -> Condition | None:
        if isinstance(node, Mapping):
            return self.merged([self.operation(field, k, v) for k, v in node.entries])
        if isinstance(node, Listing):
            self.problems.add(
                "TYPE-1", f"{field.key} is tested against a list", node.mark, f"write {key.value}: {{in: [...]}}"
            )
            return None
        plain = Text("has" if field.type == "words" else "is", True, key.mark)
        return self.operation(field, plain, node)

    def merged(self, parts: list[Condition | None]) -> Condition | None:
        """Operators on one field as one test of their common set: `over 3, under 4` of whole numbers is never."""
        tests = [part for part in parts if isinstance(part, Test)]
        if len(tests) != len(parts) or not tests:
            return self.together(parts)
        accept = tests[0].accept
        for test in tests[1:]:
            accept = intersection(accept, test.accept)
        label = tests[0].field.label
        written = " and ".join(test.written.removeprefix(f"{label} ") for test in tests)
        return tests[0]._replace(accept=accept, written=f"{label} {written}")

    def operation(self, field: Field, key: Text, node: Node) -> Condition | None:
        row = OPERATORS.get(key.value)
        allowed = [
            o.key
            for o in OPERATORS.values()
            if field.type in o.types and (field.order or not o.order or field.type != "word")
        ]
        if row is None or row.key not in allowed:
            why = "has no order" if row and row.order and field.type == "word" else "cannot be tested so"
            message = f"{key.value} is not an operator" if row is None else f"{field.key} {why} ({key.value})"
            self.problems.add("RULE-6", message, key.mark, f"{field.key} takes: {', '.join(allowed)}")
            return None
        values = self.operands(field, row, node)
        if values is None:
            return None
        if row.order and any(isinstance(v, str) and v not in field.order for v in values):
            self.problems.add("RULE-7", f"{field.key}: a word off the scale has no order", node.mark, "use in: [...]")
            return None
        if field.type == "words":
            return self.members(field, row, values, node)
        accept = row.accept(field, values)
        if field.type == "integer":
            assert isinstance(accept, Numbers)
            accept = whole(accept)
        return Test(
            field, accept, f"{field.label} {row.sentence.format(self.shown(field, row, values, node))}", node.mark
        )

    def members(self, field: Field, row: Operator, values: tuple[Scalar, ...], node: Node) -> Condition | None:
        tests: list[Condition] = []
        for word in values:
            member = self.vocabulary.fields[f"{field.entity}.{field.name}[{word}]"]
            tests.append(Test(member, only(True), f"{field.label} holds {field.show(word)}", node.mark))
        if len(tests) == 1:
            return tests[0]
        return All(tuple(tests)) if row.key == "has_all" else Any(tuple(tests))

    def shown(self, field: Field, row: Operator, values: tuple[Scalar, ...], node: Node) -> str:
        """The values of a test in words, with the names of the parameters that they come from."""
        names = [node] if isinstance(node, Text) else list(node.items) if isinstance(node, Listing) else []
        written = [n.value for n in names if isinstance(n, Text) and n.value.startswith("$")]
        value = (" to " if row.operand == "pair" else ", ").join(map(field.show, values))
        if written and len(values) > 3:
            return written[0]
        return f"{value} ({', '.join(written)})" if written else value

    def operands(self, field: Field, row: Operator, node: Node) -> tuple[Scalar, ...] | None:
        nodes = self.listing(node, f"{field.key} {row.key}") if isinstance(node, Listing) else (node,)
        if any(isinstance(n, Text) and n.value.removeprefix("$") in self.unusable for n in nodes):
            return None
        found: list[Scalar] = []
        before = len(self.problems.found)
        for n in nodes:
            found.extend(self.operand(field, n))
        if len(self.problems.found) > before:
            return None
        wanted = {"one": len(found) == 1, "many": len(found) > 0, "pair": len(found) == 2}[row.operand]
        if not wanted:
            number = {"one": "one value", "many": "at least one value", "pair": "two values"}[row.operand]
            self.problems.add("RULE-8", f"{row.key} takes {number}, not {len(found)}", node.mark, f"{field.key}")
            return None
        return tuple(found)

    def operand(self, field: Field, node: Node) -> tuple[Scalar, ...]:
        if not (isinstance(node, Text) and node.plain and node.value.startswith("$")):
            value = read_scalar(self, field, node, field.key)
            return () if value is None else (value,)
        parameter = self.parameter(node)
        if parameter is None:
            return ()
        if isinstance(parameter.value, tuple):
            if field.type in ("word", "words"):
                unknown = [w for w in parameter.value if w not in field.words]
                if not unknown:
                    return parameter.value
                self.problems.add("RULE-9", f"${parameter.name} holds {unknown[0]}, no word of {field.key}", node.mark)
            else:
                self.problems.add("RULE-9", f"${parameter.name} is a list of words, {field.key} is not", node.mark)
            return ()
        return self.converted(field, parameter, node)

    def converted(self, field: Field, parameter: Parameter, node: Node) -> tuple[Scalar, ...]:
        assert not isinstance(parameter.value, tuple)
        if field.type not in ("number", "integer") or (
            parameter.unit and parameter.unit not in {field.unit, *field.units}
        ):
            self.problems.add("RULE-9", f"${parameter.name} does not fit {field.key}", node.mark, "units differ")
            return ()
        factor = field.units.get(parameter.unit, "1")
        value = self.exact(repr(parameter.value), factor, node.mark, parameter.name)
        return () if value is None else (value,)

    def parameter(self, node: Text) -> Parameter | None:
        name = node.value[1:]
        if name in self.unusable:
            return None
        if name not in self.parameters:
            help = suggest(name, self.parameters) or "declare it in parameters.yaml"
            self.problems.add("RULE-10", f"there is no parameter ${name}", node.mark, help)
            return None
        self.used.add(name)
        return self.parameters[name]
