"""Exact ranges against full enumeration, on random packs and scenarios; and the sound bounds past the budget."""

from itertools import pairwise

import pytest
from tests.exact.cases import KINDS, Case, case, rate, read, samples, worlds, write

from escalation.assess import assess
from escalation.ledger import stated_view
from escalation.scenario import assumed_world
from escalation.sets import contains
from escalation.worlds import ranges

FEW = 600  # worlds that a test may enumerate


def cases(count: int, start: int = 0, open_facts: float = 0.35):
    """Cases with something open and few enough worlds to enumerate."""
    seed = start
    while count:
        found = case(seed, open_facts)
        number = 1
        for entity in found.scenario.entities:
            for fact in entity.facts.values():
                if fact.state == "open" and fact.possible is not None and not fact.field.derive:
                    number *= len(samples(fact.field, fact.possible))
        if 1 < number <= FEW:
            count -= 1
            yield found
        seed += 1


def enumerated(found: Case, everything: bool = False) -> list[tuple[tuple[int, int], ...]]:
    return [rate(found.pack, found.scenario, world) for world in worlds(found.scenario, found.pack, everything)]


@pytest.mark.slow
def test_low_and_high_equal_full_enumeration():
    for found in cases(1000):
        ends = enumerated(found)
        for i, extent in enumerate(found.assessed().stated_ranges):
            levels, totals = [e[i][0] for e in ends], [e[i][1] for e in ends]
            told = (extent.level_low, extent.level_high, extent.total_low, extent.total_high, extent.exact)
            assert told == (min(levels), max(levels), min(totals), max(totals), True), found.seed


@pytest.mark.slow
def test_every_end_has_a_witness_that_can_be():
    """Both engines rate a witness as its end says; its values are possible, and what is worked out follows."""
    for found in cases(80):
        view = stated_view(found.scenario.entities)
        for i, extent in enumerate(found.assessed("both").stated_ranges):
            for end, world in extent.witnesses.items():
                assert world is not None
                assert rate(found.pack, found.scenario, world)[i][end.startswith("total")] == getattr(extent, end)
                for values, entity, allowed in zip(world, found.scenario.entities, view, strict=True):
                    assert all(contains(allowed[name], value) for name, value in values.items())
                    if entity.kind == "warning":
                        assert values["gravest"] == max(said(values), key=KINDS.index)


def said(values) -> list[str]:
    return [values["kind"], *(word for word in KINDS if values[f"also[{word}]"])]


@pytest.mark.slow
def test_widest_holds_everything_not_stated_and_leaves_lists_closed():
    for found in cases(30, open_facts=0.1):
        if len(all_worlds := worlds(found.scenario, found.pack, everything=True)) > FEW:
            continue
        ends = [rate(found.pack, found.scenario, world) for world in all_worlds]
        for i, extent in enumerate(found.assessed().widest):
            levels, totals = [e[i][0] for e in ends], [e[i][1] for e in ends]
            assert (extent.level_low, extent.level_high) == (min(levels), max(levels))
            assert (extent.total_low, extent.total_high) == (min(totals), max(totals))


@pytest.mark.slow
@pytest.mark.parametrize("budget", [1, 2, 5, 20])
def test_past_the_budget_bounds_are_sound(budget):
    inexact = 0
    for found in cases(150, start=9000):
        ends = enumerated(found)
        board = found.assessed().board
        view = stated_view(found.scenario.entities)
        for i, extent in enumerate(ranges(board, view, assumed_world(found.scenario), budget)):
            inexact += not extent.exact
            assert extent.level_low <= min(e[i][0] for e in ends)
            assert extent.level_high >= max(e[i][0] for e in ends)
            assert extent.total_low <= min(e[i][1] for e in ends)
            assert extent.total_high >= max(e[i][1] for e in ends)
            for end, world in extent.witnesses.items():
                if world is not None:
                    assert rate(found.pack, found.scenario, world)[i][end.startswith("total")] == getattr(extent, end)
    assert inexact or budget > 5


def stated_paths(found: Case) -> list[tuple[str, object]]:
    plurals = {kind.name: kind.plural for kind in found.pack.vocabulary.kinds.values()}
    return [
        (f"{plurals[e.kind]}.{e.id}.{n}" if plurals[e.kind] else f"{e.kind}.{n}", f.best)
        for e in found.scenario.entities
        for n, f in e.facts.items()
        if f.state == "stated" and f.field.readable and not f.field.derive and not f.field.member_of
    ]


def changed(found: Case, path: str, value: object) -> list[tuple[int, int, int, int]]:
    """The ranges after the document says something else."""
    before = found.document
    document = {**before, **{k: [dict(e) for e in before[k]] for k in ("items", "warnings") if k in before}}
    document |= {k: dict(before[k]) for k in ("transfer", "context") if k in before}
    write(document, path, value)
    told = assess(read(document, found.pack), found.pack, engine="ledger").stated_ranges
    return [(t.level_low, t.level_high, t.total_low, t.total_high) for t in told]


@pytest.mark.slow
def test_a_known_value_lies_within_the_range_when_it_is_unknown():
    checked = 0
    for seed in range(120):
        found = case(seed, 0.2)
        for path, _ in stated_paths(found)[:4]:
            for rating, (low, high, least, most) in zip(
                found.assessed().ratings, changed(found, path, "unknown"), strict=True
            ):
                if path.endswith((".kind", ".office")):
                    continue  # what is unknown may tell two warnings apart, or join them
                assert low <= rating.low <= rating.level <= rating.high <= high, (seed, path)
                assert least <= rating.score_low <= rating.score <= rating.score_high <= most
                checked += 1
    assert checked > 300


@pytest.mark.slow
def test_narrowing_never_widens():
    narrower = 0
    for seed in range(150):
        found = case(seed, 0.3)
        kind_paths = [(f"items.i{n}.range", e) for n, e in enumerate(found.document["items"])]
        for path, _ in kind_paths:
            spans = [(20, 310), (41, 310), (41, 112), (70, 112), (70, 70.5)]
            told = [changed(found, path, {"low": low, "high": high}) for low, high in spans]
            for wide, narrow in pairwise(told):
                for (low, high, least, most), (low_n, high_n, least_n, most_n) in zip(wide, narrow, strict=True):
                    assert low <= low_n <= high_n <= high, (seed, path)
                    assert least <= least_n <= most_n <= most
                    narrower += (low, high, least, most) != (low_n, high_n, least_n, most_n)
    assert narrower
