"""Confidence: what its basis is made of, and the table that grades it."""

import pytest
from tests.exact.cases import Case, case, rate, samples
from tests.support.command import ROOT

from escalation import assess, load_pack, load_scenario
from escalation.confidence import weakest
from escalation.edits import with_text, with_value, without
from escalation.pack import ConfidenceRow
from escalation.paths import find, path_to

PATRIOT = "scenarios/us-patriot-2022.yaml"


def other_levels(found: Case, at: int, field) -> set[int]:
    """The levels that the other values of one fact come to, by the edited scenario."""
    home = found.scenario.entities[at].facts[field.name].best
    changed = (
        with_value(found.scenario, found.pack.vocabulary, at, field, value)
        for value in samples(field, field.domain)
        if value != home
    )
    number = len(found.scenario.entities)
    return {rate(found.pack, one)[0][0] for one in changed if len(one.entities) == number}


@pytest.mark.slow
def test_carrying_facts_are_those_without_which_the_level_could_differ():
    """Stated facts whose other values move the level; assumed facts that do so by themselves."""
    carried = 0
    for seed in range(120):
        found = case(seed, 0.1)
        assessed = found.assessed()
        basis, level = assessed.confidence.basis, assessed.rating.level
        if found.scenario.merged or len([e for e in found.scenario.entities if e.kind == "warning"]) > 1:
            continue  # a changed warning may come to say what another says
        for at, entity in enumerate(found.scenario.entities):
            for field in assessed.board.grid.columns[entity.kind]:
                fact, path = entity.facts[field.name], path_to(found.scenario, found.pack.vocabulary, at, field.name)
                if field.member_of or fact.state == "open":
                    assert path not in basis.assumed
                    continue
                moves = other_levels(found, at, field) - {level}
                assert (path in basis.carrying) == (bool(moves) and fact.state == "stated"), (seed, path)
                assert (path in basis.assumed) == (bool(moves) and fact.state == "assumed"), (seed, path)
                carried += bool(moves)
    assert carried > 100


@pytest.mark.slow
def test_an_entity_carries_if_the_level_differs_without_it():
    seen = 0
    for seed in range(150):
        found = case(seed)
        basis, level = found.assessed().confidence.basis, found.assessed().rating.level
        for at, entity in enumerate(found.scenario.entities):
            if entity.kind not in ("item", "warning"):
                continue
            path = path_to(found.scenario, found.pack.vocabulary, at)
            if entity.kind == "item" and sum(e.kind == "item" for e in found.scenario.entities) == 1:
                assert path not in basis.carrying
                continue
            again = without(found.scenario, found.pack.vocabulary, path)
            assert (path in basis.carrying) == (rate(found.pack, again)[0][0] != level), (seed, path)
            seen += path in basis.carrying
    assert seen > 10


@pytest.mark.slow
def test_margins_are_the_points_to_another_level():
    """As many points more (or fewer) as the margin says give another level, and one point less does not.

    No number of points does where a ceiling or a floor holds the level.
    """
    held = 0
    for seed in range(400):
        found = case(seed)
        sums, basis = found.assessed().rating.arithmetic, found.assessed().confidence.basis
        scale = found.pack.scales[0]

        def level(total: int, sums=sums, found=found, scale=scale) -> int:
            before = found.pack.level_of(scale, total)
            lowered = min([before, *(limit for _, limit in sums.ceilings)])
            return max([lowered, *(limit for _, limit in sums.floors)])

        ups = [n for n in range(1, 60) if level(sums.total + n) > sums.level]
        downs = [n for n in range(1, 60) if level(sums.total - n) < sums.level]
        assert basis.margin_up == (min(ups) if ups else None), seed
        assert basis.margin_down == (min(downs) if downs else None), seed
        held += bool((not ups and sums.level < len(found.pack.levels)) or (not downs and sums.level > 1))
    assert held > 5


@pytest.mark.parametrize(
    ("grades", "expected"),
    [(["B2"], "B2"), (["A3", "B1"], "B3"), (["C1", "A6", "B2"], "C6"), ([], ""), (["B2", ""], "F6")],
)
def test_the_weakest_grade_takes_the_worst_letter_and_the_worst_digit(grades, expected):
    fact = next(iter(case(0).scenario.entities[0].facts.values()))
    assert weakest([fact._replace(grade=grade) for grade in grades]) == expected


# -- the table


def graded(row: ConfidenceRow, *changes: tuple[str, str]) -> str:
    """The confidence in the Patriot case where the table has one row above `low`."""
    pack = load_pack()
    pack = pack._replace(confidence=(row, ConfidenceRow("low")))
    scenario = load_scenario(PATRIOT, pack.vocabulary)
    for path, text in changes:
        scenario = with_text(scenario, pack.vocabulary, path, text)
    return assess(scenario, pack).confidence.level


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, "high"),
        ({"weakest_grade": "B3"}, "high"),
        ({"weakest_grade": "B2"}, "low"),
        ({"weakest_grade": "A3"}, "low"),
        ({"weakest_grade": "F6"}, "high"),
        ({"most_assumed": 0}, "high"),
        ({"most_range_levels": 1}, "high"),
        ({"most_range_levels": 0}, "low"),
        ({"least_margin": 2}, "high"),
        ({"least_margin": 3}, "low"),
        ({"most_judgements": 20}, "high"),
        ({"most_judgements": 0}, "low"),
        ({"weakest_grade": "B3", "most_range_levels": 0}, "low"),
    ],
)
def test_a_row_applies_if_every_limit_is_met(limits, expected):
    assert graded(ConfidenceRow("high", **limits)) == expected


def test_the_first_row_that_is_met_applies():
    pack = load_pack()
    rows = (ConfidenceRow("high", most_judgements=0), ConfidenceRow("moderate"), ConfidenceRow("low"))
    assert assess(PATRIOT, pack._replace(confidence=rows)).confidence.level == "moderate"


def test_grades_touch_confidence_only():
    """Another grade never moves a level or a score."""
    pack = load_pack()
    scenario = load_scenario(PATRIOT, pack.vocabulary)
    at, field = find(scenario, pack.vocabulary, "items.interceptor.role")
    for grade in ("A1", "F6"):
        entities = list(scenario.entities)
        facts = {**entities[at].facts, field.name: entities[at].facts[field.name]._replace(grade=grade)}
        entities[at] = entities[at]._replace(facts=facts)
        found = assess(scenario._replace(entities=tuple(entities)), pack)
        assert (found.rating.level, found.rating.score) == (2, 3)
        assert found.confidence.basis.weakest_grade[0] == ("B" if grade == "A1" else "F")


def test_judgements_and_grades_are_counted_over_what_the_level_hangs_on():
    """Stated facts that carry the level, and all that is stated of entities without which it differs."""
    pack = load_pack()
    counted = entities = 0
    for file in sorted((ROOT / "scenarios" / "casebook").glob("*.yaml")):
        scenario = load_scenario(file, pack.vocabulary)
        if not set(scenario.perceivers) <= set(pack.perceivers):
            continue
        basis = assess(scenario, pack).confidence.basis
        paths = {path_to(scenario, pack.vocabulary, at): at for at, _ in enumerate(scenario.entities)}
        facts = []
        for path in basis.carrying:
            if path in paths:
                entities += 1
                own = scenario.entities[paths[path]].facts.values()
                facts += [fact for fact in own if fact.state == "stated" and fact.possible]
            else:
                at, field = find(scenario, pack.vocabulary, path)
                facts.append(scenario.entities[at].facts[field.name])
        assert basis.judgements == sum(fact.status == "judgement" for fact in facts), file.name
        assert basis.weakest_grade == weakest(facts), file.name
        counted += basis.judgements
    assert counted > 10
    assert entities


@pytest.mark.slow
def test_a_list_that_is_stated_may_change_and_one_that_is_not_stays_as_it_is():
    moved = {True: 0, False: 0}
    for seed in range(60):
        found = case(seed)
        changed = {(change.entity, change.field.name) for change in found.assessed().changes}
        for at, entity in enumerate(found.scenario.entities):
            for field in found.assessed().board.grid.columns[entity.kind]:
                if field.member_of:
                    stated = entity.facts[field.name].state != "assumed"
                    assert ((at, field.name) in changed) == stated, (seed, field.key)
                    moved[stated] += 1
    assert min(moved.values()) > 3
