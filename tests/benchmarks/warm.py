"""A warm assessment: one world through the ledger beside zen-engine, and both engines beside durable-rules alone.

The scenario is ATACMS of December 2022, with three warnings, and a second item. Everything is loaded and compiled
beforehand. The ledger gives a line for every condition of every rule, as objects; ZEN has its trace on. ZEN comes with
`pip install zen-engine`; without it that part is left out.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

from tests.benchmarks.table import Row, medians
from tests.benchmarks.zen_decision import context, decision, fired

from escalation import rete
from escalation.assess import assess, run_world
from escalation.diagnostics import Problems
from escalation.ledger import evaluate, world_view
from escalation.pack import Pack, load_pack
from escalation.rating import arithmetic
from escalation.scenario import Scenario, assumed_world, read_scenario

ROOT = Path(__file__).parent.parent.parent
SECOND = """
  - id: kit
    name: glide-bomb kit
    role: air_delivered_strike
    range: 60 km
    range_kind: ground
    target_reach: operational_depth
    permitted_targets: occupied_territory_only
    precedent: none

warnings:
"""
ROUNDS = 101
REPEATS = 10  # calls timed together, so that the clock is fine enough


def scenario_of(pack: Pack) -> Scenario:
    """Two items and three warnings."""
    file = ROOT / "scenarios" / "us-atacms-2022.yaml"
    text = file.read_text(encoding="utf-8").replace("\nwarnings:\n", SECOND, 1)
    problems = Problems()
    found = read_scenario(text.encode(), str(file), pack.vocabulary, problems)
    problems.stop()
    assert found is not None
    kinds = [entity.kind for entity in found.entities]
    assert (kinds.count("item"), kinds.count("warning")) == (2, 3)
    return found


def rows() -> Iterator[Row]:
    """The ledger and ZEN on one world; then durable-rules alone, and both engines with agreement and rating."""
    pack = load_pack()
    scenario = scenario_of(pack)
    world, entities = assumed_world(scenario), scenario.entities
    expected = assess(scenario, pack).fired

    def rated_by_ledger() -> object:
        lines = evaluate(pack, entities, world_view(world))
        outcome = lines.outcome()
        return lines, outcome, [arithmetic(pack, outcome.fired, scale) for scale in pack.scales]

    yield from _beside_zen(pack, scenario, rated_by_ledger, expected)
    network = rete.compile_network(pack)
    assert rete.run(network, entities, world).fired == expected

    def both() -> object:
        outcome = run_world(pack, scenario, world, "both")
        return [arithmetic(pack, outcome.fired, scale) for scale in pack.scales]

    found = medians(
        {
            "alone": _timed(lambda: rete.run(network, entities, world)),
            "both": _timed(both),
            "assess": _timed(lambda: assess(scenario, pack)),
        },
        ROUNDS,
    )
    alone = found["alone"]
    yield Row("warm: durable-rules alone, one world", alone, 1.0)
    yield Row("warm: both engines, agreement and rating, trace lazy", found["both"], found["both"] / alone, 2.0)
    yield Row("warm: assess(), with exact ranges and their witnesses", found["assess"], found["assess"] / alone)


def _beside_zen(
    pack: Pack, scenario: Scenario, rated_by_ledger: Callable[[], object], expected: tuple[str, ...]
) -> Iterator[Row]:
    try:
        import zen
    except ImportError:
        sys.stderr.write("zen-engine is not installed (pip install zen-engine): left out\n")
        return
    made = zen.ZenEngine().create_decision(decision(pack))
    given = context(pack, scenario.entities, assumed_world(scenario))
    traced = {"trace": True}
    answer = made.evaluate(given, traced)["result"]
    assert fired(pack, answer) == expected, "the two do not fire the same rules"
    head = arithmetic(pack, expected, pack.scales[0])
    assert answer[f"{pack.scales[0].name}_total"] == head.total
    found = medians(
        {
            "zen": _timed(lambda: made.evaluate(given, traced)),
            "ledger": _timed(rated_by_ledger),
        },
        ROUNDS,
    )
    yield Row("warm: zen-engine, trace on, same rules and facts", found["zen"], 1.0)
    ratio = found["ledger"] / found["zen"]
    yield Row("warm: ledger with a line for every condition, and rating", found["ledger"], ratio, 1.0)


def _timed(run: Callable[[], object]) -> Callable[[], float]:
    """A function that measures one call, as the mean of a few."""

    def measure() -> float:
        start = process_time()
        for _ in range(REPEATS):
            run()
        return (process_time() - start) / REPEATS

    return measure
