"""The Python API: `assess`, `load_scenario` and `load_pack`, and what they return."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

import escalation
from escalation import Assessment, InputError, InternalError, Pack, Scenario, assess, load_pack, load_scenario, rete
from escalation.ledger import decide, world_view
from escalation.rules import Outcome
from escalation.trace import trace

PATRIOT = ROOT / "scenarios/us-patriot-2022.yaml"
ATACMS = ROOT / "scenarios/us-atacms-2022.yaml"
PACKAGE = ROOT / "scenarios/every-feature.yaml"


@pytest.fixture(scope="module")
def found() -> Assessment:
    return assess(PATRIOT)


# -- what goes in


def test_a_path_a_string_and_a_loaded_scenario_come_to_the_same(found: Assessment) -> None:
    pack = load_pack()
    scenario = load_scenario(PATRIOT, pack.vocabulary)
    assert isinstance(scenario, Scenario)
    assert isinstance(pack, Pack)
    for again in (assess(str(PATRIOT)), assess(scenario), assess(scenario, pack), assess(PATRIOT, pack)):
        assert again.rating == found.rating
        assert trace(again) == trace(found)


def test_what_is_wrong_with_a_scenario_is_raised_at_once(tmp_path: Path) -> None:
    broken = PATRIOT.read_text().replace("role:", "rloe:").replace("as_of: 2022-12-14", "as_of: 2022-12")
    (tmp_path / "broken.yaml").write_text(broken)
    with pytest.raises(InputError) as caught:
        assess(tmp_path / "broken.yaml")
    assert {problem.code for problem in caught.value.problems} == {"DATE-2", "KEY-1"}
    assert all(problem.excerpt for problem in caught.value.problems)


@pytest.mark.parametrize("load", [assess, load_pack, lambda path: load_scenario(path, load_pack().vocabulary)])
def test_a_path_to_nothing_is_bad_input(load) -> None:
    with pytest.raises(InputError):
        load("nowhere/at-all.yaml")


def test_an_engine_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="engine is one of both, ledger, not 'rete'"):
        assess(PATRIOT, engine="rete")


# -- what comes out


def test_an_assessment_cannot_be_changed(found: Assessment) -> None:
    before = trace(found)
    for name in ("rating", "fired", "world", "confidence", "anything"):
        with pytest.raises(AttributeError, match="cannot be"):
            setattr(found, name, ())
    for part in (found.rating, found.confidence, found.confidence.basis, found.scenario, found.pack):
        with pytest.raises(AttributeError):
            part.level = part.id = part.name = 1
    assert trace(found) == before


def test_equal_inputs_give_equal_answers(found: Assessment) -> None:
    again = assess(PATRIOT)
    for name in ("ratings", "fired", "concluded", "confidence", "engines", "world", "widest", "changes"):
        assert getattr(again, name) == getattr(found, name)
    assert found.rating is found.ratings[0]


@pytest.mark.parametrize("path", [PATRIOT, ATACMS, PACKAGE])
def test_the_parts_of_an_assessment_agree(path: Path) -> None:
    found = assess(path)
    assert [rating.scale for rating in found.ratings] == [scale.name for scale in found.pack.scales]
    for rating, widest in zip(found.ratings, found.widest, strict=True):
        assert widest.level_low <= rating.low <= rating.level <= rating.high <= widest.level_high
        assert widest.total_low <= rating.score_low <= rating.score <= rating.score_high <= widest.total_high
        assert rating.name == found.pack.levels[rating.level - 1].name
        assert rating.score == rating.arithmetic.total == sum(factor.held for factor in rating.arithmetic.factors)
    pack_order = [rule.id for rule in found.pack.rules]
    assert sorted(found.fired, key=pack_order.index) == list(found.fired)
    assert found.assumed_ledger.outcome() == Outcome(found.fired, found.concluded)
    assert found.assumed_ledger.outcome() == decide(found.pack, found.scenario.entities, found.world)
    assert len(found.ledger.rules) == len(found.pack.rules)
    assert len(world_view(found.world)) == len(found.scenario.entities)


def test_every_name_of_the_package_is_there_and_documented() -> None:
    for name in escalation.__all__:
        thing = getattr(escalation, name)
        assert isinstance(thing, str) or (thing.__doc__ or "").strip(), name
    public = [name for name in dir(Assessment) if not name.startswith("_")]
    assert all((getattr(Assessment, name).__doc__ or "").strip() for name in public)


def test_a_notebook_shows_the_verdict(found: Assessment) -> None:
    shown = found._repr_markdown_()
    title, verdict = shown.split("\n\n")[:2]
    assert title.startswith("**Patriot air-defence battery to Ukraine")
    assert "LIMITED to MODERATE" in verdict
    assert shown.rstrip() in run(PATRIOT, "--detail", "verdict", "--format", "markdown").out.replace(
        f"# {title.strip('*')}", title
    )


# -- engines


def test_both_engines_run_and_the_ledger_alone_says_so(found: Assessment) -> None:
    alone = assess(PATRIOT, engine="ledger")
    assert found.engines == ("durable-rules", "ledger")
    assert alone.engines == ("ledger",)
    assert (alone.ratings, alone.confidence, alone.widest) == (found.ratings, found.confidence, found.widest)


def test_without_the_library_the_ledger_rates_and_the_trace_gives_notice(
    found: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rete, "_missing", "no such module")
    alone = assess(PATRIOT)
    assert alone.engines == ("ledger",)
    assert alone.rating == found.rating
    assert "no such module" in trace(alone)["engine"]["notice"]
    assert trace(found)["engine"]["notice"] is None


class Planted:
    """durable-rules with a mistake: from some run on, a rule that fires does not and one that does not does."""

    def __init__(self, found: Assessment, after: int = 0) -> None:
        self.lost = found.fired[0]
        self.made = next(rule.id for rule in found.pack.rules if rule.id not in found.fired)
        self.after, self.runs, self.real = after, 0, rete.run

    def __call__(self, network, entities, world) -> Outcome:
        right = self.real(network, entities, world)
        self.runs += 1
        if self.runs <= self.after:
            return right
        order = [rule.id for rule in network.pack.rules]
        fired = sorted(({*right.fired} - {self.lost}) | {self.made}, key=order.index)
        return Outcome(tuple(fired), right.concluded)


def test_a_disagreement_in_the_assumed_world_stops_the_rating(
    found: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rete, "run", Planted(found))
    with pytest.raises(InternalError, match="disagree on us-patriot-2022"):
        assess(PATRIOT)
    assert assess(PATRIOT, engine="ledger").rating.level == 2


def test_a_disagreement_in_a_witness_of_a_range_stops_it(found: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every world that a figure rests on is run: the assumed one, and those at the ends of both ranges."""
    count = Planted(found, after=1000)
    with monkeypatch.context() as patched:
        patched.setattr(rete, "run", count)
        again = assess(PATRIOT)
        stated, widest = count.runs, (again.widest, count.runs)[1]
    assert 1 < stated < widest
    for after in range(widest):
        with monkeypatch.context() as patched:
            patched.setattr(rete, "run", Planted(found, after))
            if after < stated:
                with pytest.raises(InternalError):
                    assess(PATRIOT)
                continue
            again = assess(PATRIOT)
            with pytest.raises(InternalError):
                _ = again.widest


def test_a_disagreement_is_told_with_both_answers_and_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, found: Assessment
) -> None:
    planted = Planted(found)
    monkeypatch.setattr(rete, "run", planted)
    ran = run(PATRIOT)
    assert (ran.code, ran.out) == (70, "")
    lines = ran.err.splitlines()
    right = ", ".join(found.fired)
    answer = {*found.fired, planted.made} - {planted.lost}
    wrong = ", ".join(rule.id for rule in found.pack.rules if rule.id in answer)
    assert lines[0].startswith("internal error: the two engines disagree on us-patriot-2022 under default-rus")
    assert f"  fired in durable-rules: {wrong}; in it only: {planted.made}" in lines
    assert f"  fired in the ledger: {right}; in it only: {planted.lost}" in lines
    assert f"  concluded in the ledger: {', '.join(found.concluded)}" in lines
    assert "please report it" in lines[-1]
    assert found.scenario.digest[:16] in lines[-1]
    assert found.pack.digest[:16] in lines[-1]


def test_packs_of_equal_text_in_different_places_rate_alike(tmp_path: Path, found: Assessment) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    for _ in range(20):  # more packs than are kept prepared
        again = assess(PATRIOT, load_pack(tmp_path / "rules"))
        assert trace(again) == trace(found)
