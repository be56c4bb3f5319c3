"""Questions about all scenarios at once, decided exactly: can this hold, and in which plainest scenario does it?

A rule's condition is compiled to a formula over atoms: conclusions are replaced by the conditions that make them,
derived fields by what they come from, and each count becomes one atom of the population of its kind (`space.py`). Kinds
do not depend on each other, so an answer is one option of each population; the search takes the plainest. Nothing is
sampled: None means that no scenario does, with any number of entities.

`Change` lets a formula be asked about with some tests of one entity taken as passed or failed; so "does this condition
decide its rule?" and "can a higher value switch the rule off?" are formulas as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from escalation.ledger import CANNOT_TELL, NO, YES
from escalation.pack import Pack
from escalation.rules import All, Concluded, Condition, Count, Test, negate
from escalation.rules import Any as AnyOf
from escalation.unfold import unfolded
from escalation.workbench.formulas import Formula, Leaf, differ, every, opposite, some, state
from escalation.workbench.space import Being, Option, Population

__all__ = ["Change", "Question", "Witness", "can_hold", "decides", "equivalent", "implies"]

Change: TypeAlias = Callable[[Test | Concluded], bool | None]
"""What a test or conclusion is taken to be, or None to leave it as it is."""
Goal: TypeAlias = Callable[[Callable[[int], int]], int]


class Witness(NamedTuple):
    """The plainest scenario in which something holds: by kind its entities, each with the facts that matter.

    An entity that was singled out is the first of its kind.
    """

    beings: dict[str, tuple[Being, ...]]
    cost: int


def _unchanged(node: Test | Concluded) -> bool | None:
    return None


class Question:
    """One question: compile conditions with `formula`, put them together, and `solve`."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._fields = pack.vocabulary.fields
        self._populations = {name: Population(kind) for name, kind in pack.vocabulary.kinds.items()}
        self._atoms: dict[tuple[str, int], int] = {}

    def formula(self, node: Condition, change: Change = _unchanged) -> Formula:
        """A condition as a formula; `change` holds for the entity singled out, and for kinds with one entity."""
        if isinstance(node, (Test, Concluded)):
            taken = change(node)
            if taken is not None:
                return taken
        if isinstance(node, Test):
            kind = self._populations[node.field.entity]
            return self._atom(node.field.entity, kind.single(self._of_one(node, change)))
        if isinstance(node, Concluded):
            return self.formula(self._made(node), change)
        if isinstance(node, Count):
            kind = self._populations[node.kind]
            where, single = self._of_one(node.where, _unchanged), self._of_one(node.where, change)
            return self._atom(node.kind, kind.counted(where, single, node.accept))
        parts = [self.formula(child, change) for child in node.children]
        return every(parts) if isinstance(node, All) else some(parts)

    def of_single(self, kind: str, node: Condition) -> Formula:
        """That a condition on one entity holds of the one singled out."""
        return self._atom(kind, self._populations[kind].single(self._of_one(node, _unchanged)))

    def solve(self, goal: Formula | Goal) -> Witness | None:
        """The plainest scenario in which the goal holds, or None if there is none.

        A goal that is no formula is a function from the state of atoms to YES, NO or CANNOT_TELL, sound at every stage.
        """
        decided = goal if callable(goal) else lambda truth: state(goal, truth)
        places = list(self._atoms)
        kinds = [name for name in self._populations if any(kind == name for kind, _ in places)]
        options = {name: self._populations[name].options() for name in kinds}
        best: tuple[int, dict[str, Option]] | None = None

        def search(left: list[str], chosen: dict[str, Option], cost: int) -> None:
            nonlocal best

            def truth(atom: int) -> int:
                kind, number = places[atom]
                return (YES if chosen[kind].truths[number] else NO) if kind in chosen else CANNOT_TELL

            found = decided(truth)
            if found == NO or (best is not None and cost >= best[0]):
                return
            if not left:
                best = (cost, dict(chosen))
                return
            for option in options[left[0]]:
                search(left[1:], {**chosen, left[0]: option}, cost + option.cost)

        search(kinds, {}, 0)
        if best is None:
            return None
        return Witness({name: option.beings for name, option in best[1].items()}, best[0])

    def _atom(self, kind: str, number: int) -> Formula:
        return Leaf(self._atoms.setdefault((kind, number), len(self._atoms)), True)

    def _made(self, node: Concluded) -> Condition:
        """The condition under which a conclusion is made, or not made."""
        makers = [rule.when for rule in self.pack.rules if node.name in rule.then.conclude]
        made = AnyOf(tuple(makers))
        return made if node.expected else negate(made)

    def _of_one(self, node: Condition, change: Change) -> Formula:
        """A condition on one entity as a formula over its tests."""
        if isinstance(node, (All, AnyOf)):
            parts = [self._of_one(child, change) for child in node.children]
            return every(parts) if isinstance(node, All) else some(parts)
        assert isinstance(node, Test)
        taken = change(node)
        if taken is not None:
            return taken
        seen_through = unfolded(node, self._fields)
        if seen_through is not node:
            return self._of_one(seen_through, change)
        return Leaf(self._populations[node.field.entity].test(node), True)


def can_hold(pack: Pack, wanted: Iterable[Condition], unwanted: Iterable[Condition] = ()) -> Witness | None:
    """The plainest scenario in which all of `wanted` hold and none of `unwanted` does, or None."""
    question = Question(pack)
    parts = [question.formula(node) for node in wanted]
    return question.solve(every([*parts, *(opposite(question.formula(node)) for node in unwanted)]))


def implies(pack: Pack, a: Condition, b: Condition) -> bool:
    """Whether `b` holds in every scenario in which `a` does."""
    return can_hold(pack, [a], [b]) is None


def equivalent(pack: Pack, a: Condition, b: Condition) -> bool:
    """Whether two conditions hold in the same scenarios."""
    question = Question(pack)
    return question.solve(differ(question.formula(a), question.formula(b))) is None


def decides(pack: Pack, when: Condition, leaf: Test | Concluded, holds: bool) -> Witness | None:
    """The plainest scenario in which one test or conclusion of a rule holds (or does not) and alone decides the rule.

    It decides if the rule would come out otherwise were this one condition, of one entity, the other way and all else
    the same. `leaf` is a node of `when` itself. None means that it never decides so.
    """
    question = Question(pack)

    def taken(value: bool) -> Change:
        return lambda node: value if node is leaf else None

    deciding = differ(question.formula(when, taken(True)), question.formula(when, taken(False)))
    actual = question.formula(leaf) if isinstance(leaf, Concluded) else question.of_single(leaf.field.entity, leaf)
    return question.solve(every([deciding, actual if holds else opposite(actual)]))
