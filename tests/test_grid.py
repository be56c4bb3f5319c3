"""The grid against the ledger: the same rules fire in every world, and three-valued states are sound."""

from itertools import product
from random import Random

import pytest
from tests.exact.cases import KINDS, case, samples, worlds

from escalation.grid import Board, grid_of
from escalation.ledger import CANNOT_TELL, YES, decide, stated_view
from escalation.sets import Words, contains
from escalation.unfold import inputs_of, settled, unfolded
from escalation.vocabulary import Field, Word


def boards(count: int, open_facts: float):
    for seed in range(count):
        found = case(seed, open_facts)
        yield found, Board(grid_of(found.pack), found.scenario.entities)


def fired(found, board: Board, world) -> tuple[str, ...]:
    states = board.states(board.masks_of_world(world))
    assert CANNOT_TELL not in states
    return tuple(rule.id for rule, state in zip(found.pack.rules, states, strict=True) if state == YES)


def random_world(rng: Random, found, board: Board):
    """Any world at all, whatever is stated."""
    values = [
        {
            name: rng.choice(samples(fact.field, fact.field.domain))
            for name, fact in entity.facts.items()
            if fact.field.readable and fact.field.domain
        }
        for entity in found.scenario.entities
    ]
    return board.settled(tuple(values))


@pytest.mark.slow
def test_one_world_fires_the_same_rules():
    rng = Random(1)
    for found, board in boards(250, 0.0):
        for world in [random_world(rng, found, board) for _ in range(4)]:
            assert fired(found, board, world) == decide(found.pack, found.scenario.entities, world).fired, found.seed


@pytest.mark.slow
def test_decided_states_hold_in_every_world():
    decided = 0
    for found, board in boards(120, 0.3):
        states = board.states(board.masks_of(stated_view(found.scenario.entities)))
        every = worlds(found.scenario, found.pack)
        for world in every[:: max(1, len(every) // 40)]:
            fired = decide(found.pack, found.scenario.entities, world).fired
            for rule, state in zip(found.pack.rules, states, strict=True):
                assert state == CANNOT_TELL or (state == YES) == (rule.id in fired), found.seed
                decided += state != CANNOT_TELL
    assert decided


@pytest.mark.slow
def test_refined_and_changed_agree_with_starting_over():
    rng = Random(2)
    for found, board in boards(150, 0.5):
        masks = board.masks_of(stated_view(found.scenario.entities))
        states = board.states(masks)
        columns = [(at, c) for at, e in enumerate(board.entities) for c in range(len(board.grid.columns[e.kind]))]
        for at, column in rng.sample(columns, len(columns)):
            kind, before = board.entities[at].kind, masks[at][column]
            kept = rng.choice([1 << i for i in range(before.bit_length()) if before >> i & 1])
            masks = (*masks[:at], (*masks[at][:column], kept, *masks[at][column + 1 :]), *masks[at + 1 :])
            narrowed = board.refined(states, masks, (kind, column))
            assert narrowed == board.changed(states, masks, [(kind, column)])
            states = board.states(masks)
            assert narrowed == states


def test_value_lies_in_its_bins_and_is_the_nearest():
    found, board = next(boards(1, 0.0))
    for fields in board.grid.columns.values():
        for field in fields:
            assert field.domain is not None
            for near in samples(field, field.domain):
                for i, piece in enumerate(board.grid.bins[field.key]):
                    value = board.value(field, 1 << i, field.domain, near)
                    assert contains(piece, value)
                    if contains(piece, near):
                        assert value == near
    assert found.pack


def words_field(name: str, type: str, words: str, order: str = "") -> Field:
    known = {word: Word(word) for word in words}
    assume = () if type == "words" else words[0]
    return Field("a", name, f"a.{name}", name, type, Words(frozenset(words)), tuple(order), known, assume=assume)


_FIELDS = [
    words_field("x", "word", "pqrz", "pqr"),
    words_field("y", "word", "rsyz", "rs"),
    words_field("l", "words", "qz"),
]
FIELDS = {field.key: field for field in _FIELDS}
for _word in "qz":
    FIELDS[f"a.l[{_word}]"] = FIELDS["a.l"]._replace(
        name=f"l[{_word}]", key=f"a.l[{_word}]", type="flag", domain=Words(frozenset((True, False))), words={},
        member_of=("l", _word), assume=False,
    )  # fmt: skip


@pytest.mark.parametrize("names", [("x",), ("l",), ("x", "l"), ("l", "x"), ("x", "y"), ("x", "y", "l")])
def test_a_test_of_the_highest_is_a_condition_on_what_it_comes_from(names):
    """For every set of words, in every world: the test of the derived field and its unfolding give the same."""
    from escalation.diagnostics import Mark
    from escalation.rules import All, Any, Test

    derived = FIELDS["a.x"]._replace(name="d", key="a.d", order=tuple("pqrs"), domain=Words(frozenset("pqrsyz")),
                                     derive=("highest_of", names))  # fmt: skip
    fields = {**FIELDS, "a.d": derived}
    inputs = inputs_of(derived, fields)

    def holds(node, values) -> bool:
        if isinstance(node, Test):
            return contains(node.accept, values[node.field.name])
        assert isinstance(node, (All, Any))
        return (all if isinstance(node, All) else any)(holds(child, values) for child in node.children)

    axes = {i.field.name: list(i.ranks) for i in inputs}
    every = [dict(zip(axes, chosen, strict=True)) for chosen in product(*axes.values())]
    for bits in range(1 << 6):
        accept = Words(frozenset(w for i, w in enumerate("pqrsyz") if bits >> i & 1))
        condition = unfolded(Test(derived, accept, "", Mark("", 1, 1)), fields)
        for values in every:
            value = settled(values, {"d": (derived, inputs)})["d"]
            assert holds(condition, values) == contains(accept, value), (accept, values)


@pytest.mark.slow
def test_settled_agrees_with_the_loader():
    """What a world's worked-out values come to is what a file that states its values comes to."""
    for found, board in boards(200, 0.0):
        for entity, values in zip(found.scenario.entities, board.settled(found.assessed().world), strict=True):
            if entity.kind == "warning":
                assert values["gravest"] == entity.facts["gravest"].best
                assert values["gravest"] in KINDS
