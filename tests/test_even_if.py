"""How far each fact may move: against trying every value, and the cliff edges."""

import json

import pytest
from tests.exact.cases import case, rate, samples, worlds

from escalation import assess, load_pack, load_scenario
from escalation.analysis.even_if import EvenIf, even_if
from escalation.edits import with_text
from escalation.sets import Numbers, contains


def cases(count: int, open_facts: float, start: int = 0, at_most: int = 300):
    seed = start
    while count:
        found = case(seed, open_facts)
        if len(worlds(found.scenario, found.pack)) <= at_most:
            count -= 1
            yield found
        seed += 1


def at(assessed, room, value):
    """The assumed world with one fact at another value."""
    world = [dict(values) for values in assessed.world]
    world[room.entity][room.fact.field.name] = value
    return assessed.board.settled(tuple(world))


@pytest.mark.slow
def test_what_keeps_the_level_is_what_keeps_it_when_tried():
    for found in cases(60, 0.2):
        assessed = found.assessed()
        head = assessed.rating
        for room in even_if(assessed).rooms:
            assert room.fact.field.domain is not None
            for value in samples(room.fact.field, room.fact.field.domain):
                level, score = rate(found.pack, found.scenario, at(assessed, room, value))[0]
                assert contains(room.keeps, value) == (level == head.level), (found.seed, room.path, value)
                told = next(one for one in room.outcomes if contains(one.values, value))
                assert (told.level, told.score) == (level, score)


@pytest.mark.slow
def test_the_run_is_unbroken_around_the_value():
    for found in cases(60, 0.2):
        for room in even_if(found.assessed()).rooms:
            field = room.fact.field
            assert contains(room.run, room.value)
            inside = [v for v in samples(field, field.domain) if contains(room.run, v)]
            assert all(contains(room.keeps, v) for v in inside)
            if isinstance(field.domain, Numbers):
                between = [v for v in samples(field, field.domain) if min(inside) <= v <= max(inside)]
                assert between == inside
            elif field.order and room.value in field.order:
                places = sorted(field.order.index(v) for v in inside)
                assert places == list(range(places[0], places[-1] + 1))
                for beyond in (places[0] - 1, places[-1] + 1):
                    if 0 <= beyond < len(field.order):
                        assert not contains(room.keeps, field.order[beyond])


@pytest.mark.slow
def test_the_range_with_a_fact_fixed_is_that_of_the_worlds_that_have_it():
    for found in cases(30, 0.35, at_most=60):
        every, assessed = worlds(found.scenario, found.pack), found.assessed()
        for room in even_if(assessed).rooms:
            name = room.fact.field.name
            for one in room.outcomes:
                rest = {}
                for world in every:
                    changed = [dict(values) for values in world]
                    changed[room.entity][name] = one.value
                    settled = assessed.board.settled(tuple(changed))
                    rest[repr(settled)] = rate(found.pack, found.scenario, settled)[0]
                levels = [level for level, _ in rest.values()]
                scores = [score for _, score in rest.values()]
                assert (one.low, one.high) == (min(levels), max(levels)), (found.seed, room.path)
                assert (one.score_low, one.score_high) == (min(scores), max(scores))


@pytest.mark.slow
def test_keeping_the_range():
    for found in cases(60, 0.3):
        head = found.assessed().rating
        for room in even_if(found.assessed()).rooms:
            for one in room.outcomes:
                same = (one.low, one.high) == (head.low, head.high)
                kept = room.range_keeps is not None and contains(room.range_keeps, one.value)
                assert same == kept


# -- cliff edges


@pytest.fixture(scope="module")
def atacms():
    pack = load_pack()
    return pack, load_scenario("scenarios/us-atacms-2022.yaml", pack.vocabulary)


def cliffs(atacms, text: str, near: float = 0.05, path: str = "items.missile.range"):
    pack, scenario = atacms
    changed = with_text(scenario, pack.vocabulary, path, text)
    room = next(room for room in even_if(assess(changed, pack), near).rooms if room.path == path)
    return [(one.end, one.line, round(one.gap, 6), one.parameters) for one in room.cliffs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{low: 150, value: 180, high: 199}", [("high", 200.0, 1.0, ("long_range_km",))]),
        ("{low: 201, value: 260, high: 290}", [("low", 200.0, 1.0, ("long_range_km",))]),
        ("199.5", [("value", 200.0, 0.5, ("long_range_km",))]),
        ("200", [("value", 200.0, 0.0, ("long_range_km",))]),
        ("{one_of: [71, 298]}", [("one_of", 70.0, 1.0, ("army_rear_km",))]),
        ("69 km", [("value", 70.0, 1.0, ("army_rear_km",))]),
        ("120", []),
        ("unknown", []),
        ("{low: 100, high: 150}", []),
    ],
)
def test_a_number_beside_a_line_is_called_out(atacms, text, expected):
    assert cliffs(atacms, text) == expected


def test_how_near_is_asked(atacms):
    assert cliffs(atacms, "180", near=0.05) == []
    assert cliffs(atacms, "180", near=0.11) == [("value", 200.0, 20.0, ("long_range_km",))]


def test_one_short_of_a_count_is_an_edge(atacms):
    told = cliffs(atacms, "2", path="context.steps_past_180_days")
    assert told == [("value", 3.0, 1.0, ("repetition",))]


def test_what_lies_beyond_a_line(atacms):
    pack, scenario = atacms
    changed = assess(with_text(scenario, pack.vocabulary, "items.missile.range", "199 km"), pack)
    room = next(room for room in even_if(changed).rooms if room.path == "items.missile.range")
    beyond = assess(with_text(scenario, pack.vocabulary, "items.missile.range", "200 km"), pack).rating
    assert [(one.level, one.score) for one in room.cliffs] == [(beyond.level, beyond.score)]
    assert all("RCH" in rule for one in room.cliffs for rule in one.rules)


def test_an_assumed_number_has_no_edge():
    told: EvenIf = even_if(assess("scenarios/us-patriot-2022.yaml"))
    assert all(not room.cliffs for room in told.rooms if room.fact.state == "assumed")


# -- the seed's cases


def test_patriot():
    told = {room.path: room for room in even_if(assess("scenarios/us-patriot-2022.yaml")).rooms}
    crew = told["transfer.supplier_personnel"]
    assert not contains(crew.keeps, "supplier_crews_in_recipient")
    assert contains(crew.keeps, "in_theatre_contractors")
    assert told["items.interceptor.range"].anywhere
    assert not told["items.interceptor.precedent"].anywhere


def test_data_is_plain():
    told = json.loads(json.dumps(even_if(assess("scenarios/us-patriot-2022.yaml")).data()))
    assert {"fact", "keeps_level", "around_value", "keeps_range", "outcomes", "cliffs"} <= told["facts"][0].keys()
