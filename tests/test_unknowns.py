"""What is not known: against full enumeration of worlds, and on the seed's cases."""

import json

import pytest
from tests.exact.cases import Case, case, rate, worlds

from escalation import assess, load_pack, load_scenario
from escalation.edits import with_text
from escalation.questions import unknowns
from escalation.sets import contains


def cases(count: int, open_facts: float = 0.4, start: int = 0, at_most: int = 200):
    seed = start
    while count:
        found = case(seed, open_facts)
        if 1 < len(worlds(found.scenario, found.pack)) <= at_most:
            count -= 1
            yield found
        seed += 1


def told_of_all(found: Case, everything: bool):
    """Every world with what it rates at."""
    every = worlds(found.scenario, found.pack, everything)
    return [(world, rate(found.pack, found.scenario, world)) for world in every]


def tried(every, one) -> str:
    """What a fact decides, by looking at all worlds."""
    groups: dict[str, list[tuple[tuple[int, int], ...]]] = {}
    for world, told in every:
        rest = repr([
            sorted((n, v) for n, v in values.items() if (at, n) != (one.entity, one.fact.field.name) and n != "gravest")
            for at, values in enumerate(world)
        ])  # fmt: skip
        groups.setdefault(rest, []).append(told)
    for matters, pick in (
        ("level", lambda told: told[0][0]),
        ("other", lambda told: tuple(level for level, _ in told)),
        ("score", lambda told: tuple(total for _, total in told)),
    ):
        if any(len({pick(told) for told in group}) > 1 for group in groups.values()):
            return matters
    return "nothing"


@pytest.mark.slow
def test_what_open_facts_decide():
    seen: dict[str, int] = {}
    for found in cases(100):
        every = told_of_all(found, False)
        for one in unknowns(found.assessed()).open:
            assert one.matters == tried(every, one), (found.seed, one.path)
            seen[one.matters] = seen.get(one.matters, 0) + 1
    assert min(seen[word] for word in ("level", "score", "nothing")) > 5


@pytest.mark.slow
def test_what_assumed_facts_decide():
    asked = 0
    for found in cases(60, open_facts=0.1, start=500):
        if len(worlds(found.scenario, found.pack, everything=True)) > 500:
            continue
        every = told_of_all(found, True)
        for one in unknowns(found.assessed()).assumed:
            assert one.matters == tried(every, one), (found.seed, one.path)
            asked += 1
    assert asked > 20


@pytest.mark.slow
def test_a_pair_shows_what_it_says():
    for found in cases(60):
        assessed = found.assessed("both")
        told = unknowns(assessed)
        scales = [scale.name for scale in found.pack.scales]
        for one in (*told.open, *told.assumed):
            assert (one.pair is None) == (one.matters == "nothing")
            if one.pair:
                assert one.pair.levels[0] != one.pair.levels[1] or one.matters == "score"
                assert one.pair.scores[0] != one.pair.scores[1] or one.matters != "score"
                assert one.matters != "level" or one.pair.scale == scales[0]
                world = [dict(values) for values in assessed.world]
                for path, value in one.pair.others.items():
                    at, name = located(found, path)
                    world[at][name] = value
                for value, level, score in zip(one.pair.values, one.pair.levels, one.pair.scores, strict=True):
                    world[one.entity][one.fact.field.name] = value
                    settled = assessed.board.settled(tuple(map(dict, world)))
                    assert rate(found.pack, found.scenario, settled)[scales.index(one.pair.scale)] == (level, score)


def located(found: Case, path: str) -> tuple[int, str]:
    from escalation.paths import find

    at, field = find(found.scenario, found.pack.vocabulary, path)
    return at, field.name


@pytest.mark.slow
def test_what_knowing_a_fact_is_worth():
    for found in cases(40, start=2000):
        every = [(world, told[0]) for world, told in told_of_all(found, False)]
        width = max(level for _, (level, _) in every) - min(level for _, (level, _) in every)
        head = found.assessed().rating
        for one in unknowns(found.assessed()).open:
            narrowing = moving = total = 0.0
            for row in one.outcomes:
                inside = [told for world, told in every if contains(row.values, world[one.entity][one.fact.field.name])]
                share = weight(one, row)
                total += share
                narrowing += share * (width - (max(v for v, _ in inside) - min(v for v, _ in inside)))
                moving += share * (row.level != head.level)
            assert total == pytest.approx(1)
            assert one.narrowing == pytest.approx(narrowing), (found.seed, one.path)
            assert one.moving == pytest.approx(moving)


def weight(one, row) -> float:
    spread = one.fact.distribution
    if spread is None:
        return 1 / len(one.outcomes)
    if spread.shape == "alternatives":
        return sum(a.probability for a in spread.alternatives if contains(row.values, a.value))
    from escalation.analysis.spread import mass

    return mass(spread, row.values, one.fact.field.type == "integer")


@pytest.mark.slow
def test_past_the_budget_it_is_unsettled_not_denied():
    facts = [one for found in cases(40) for one in unknowns(found.assessed(), budget=0).open]
    assert {one.matters for one in facts if len(one.outcomes) > 1} == {"unsettled"}
    assert {one.matters for one in facts if len(one.outcomes) == 1} <= {"nothing"}  # no test tells its values apart


# -- the seed's cases


def test_patriot():
    told = unknowns(assess("scenarios/us-patriot-2022.yaml"))
    assert [one.path for one in told.open] == ["transfer.supplier_personnel"]
    assert told.best is not None
    assert told.best.fact.field.question.endswith("?")
    assert told.best.narrowing == 1
    assert told.best.moving == pytest.approx(1 / 3)
    assert "items.interceptor.range" not in [one.path for one in told.assumed]


def test_an_open_fact_that_cannot_matter():
    """The range of an interceptor may be anything: no rule that gives points reads it."""
    pack = load_pack()
    scenario = load_scenario("scenarios/us-patriot-2022.yaml", pack.vocabulary)
    told = unknowns(assess(with_text(scenario, pack.vocabulary, "items.interceptor.range", "unknown"), pack))
    by_path = {one.path: one.matters for one in told.open}
    assert by_path == {"transfer.supplier_personnel": "level", "items.interceptor.range": "nothing"}


def test_nothing_open():
    told = unknowns(assess("scenarios/us-package-dec-2022.yaml"))
    assert told.open == ()
    assert told.best is None


def test_what_no_rule_reads():
    assert unknowns(assess("scenarios/every-feature.yaml")).unread == ("items.missile.quantity",)


def test_data_is_plain():
    told = json.loads(json.dumps(unknowns(assess("scenarios/us-patriot-2022.yaml")).data()))
    assert told["most_worth_finding_out"] == "transfer.supplier_personnel"
    assert {"fact", "question", "matters", "narrowing_levels", "pair"} <= told["open"][0].keys()
