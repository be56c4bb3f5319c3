"""Exact shares beside a million samples, on the casebook: `python -m tests.benchmarks.shares`.

Every scenario of the casebook is given doubts: each range spread by a fifth either way, precedent, public profile and
stress with probabilities, and a count of steps. The same question is then answered exactly and by a million samples;
both times are of this process, the best of a few runs. Sampling is done as fast as we know how: with numpy, all worlds
at once, and every combination of bins rated once. Without numpy the sampler of `assess shares` is timed instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from escalation.analysis.sampling import Sampler
from escalation.analysis.shares import Shares, shares
from escalation.analysis.spread import spreads
from escalation.assess import Assessment, assess
from escalation.edits import with_text
from escalation.pack import Pack, load_pack
from escalation.scenario import Scenario, load_scenario

SAMPLES = 1_000_000
DOUBTS = {
    "context.steps_past_180_days": "{low: 0, value: 1, high: 6, distribution: triangular}",
    "context.perceiver_stress": "{one_of: [{value: low, probability: 0.7}, {value: recent_reverse, probability: 0.3}]}",
    "transfer.public_profile": "{one_of: [{value: leaked, probability: 0.6}, {value: covert, probability: 0.4}]}",
}
PRECEDENT = (
    "{one_of: [{value: none, probability: 0.5}, {value: same_class, probability: 0.3}, "
    "{value: same_item, probability: 0.2}]}"
)


def doubted(scenario: Scenario, pack: Pack) -> Assessment:
    """The scenario with doubts stated, assessed."""
    doubts = dict(DOUBTS)
    for entity in scenario.entities:
        if entity.kind == "item":
            value = entity.facts["range"].best
            assert isinstance(value, (int, float))
            low, high = value * 0.8, value * 1.2
            doubts[f"items.{entity.id}.range"] = (
                f"{{low: {low:.1f}, value: {value}, high: {high:.1f}, distribution: triangular}}"
            )
            doubts[f"items.{entity.id}.precedent"] = PRECEDENT
    for path, text in doubts.items():
        scenario = with_text(scenario, pack.vocabulary, path, text)
    return assess(scenario, pack, engine="ledger")


def sampled(found: Assessment, seed: int) -> list[list[float]]:
    """The shares on each scale by a million samples."""
    spread = spreads(found)
    sampler = Sampler(found, spread, [])
    try:
        import numpy as np
    except ImportError:
        drawn = sampler.draw(SAMPLES, seed)
        return [[one[0] for one in drawn.shares(i)] for i in range(len(found.pack.scales))]
    rng = np.random.default_rng(seed)
    code = np.zeros(SAMPLES, dtype=np.int64)
    sizes = [len(one.weights) for one in spread]
    for one, size in zip(spread, sizes, strict=True):
        code *= size
        code += np.searchsorted(np.cumsum(one.weights)[:-1], rng.random(SAMPLES), side="right")
    cells, times = np.unique(code, return_counts=True)
    totals: list[list[float]] = [[0.0] * len(found.pack.levels) for _ in found.pack.scales]
    for cell, number in zip(cells.tolist(), times.tolist(), strict=True):
        bins, rest = [], cell
        for size in reversed(sizes):
            rest, i = divmod(rest, size)
            bins.append(i)
        for scale, level in enumerate(sampler.rated(bins[::-1])):
            totals[scale][level - 1] += number / SAMPLES
    return totals


def timed(run: Callable[[], Any], times: int) -> tuple[Any, float]:
    """The result, and the least time in seconds."""
    best = float("inf")
    for _ in range(times):
        start = perf_counter()
        result = run()
        best = min(best, perf_counter() - start)
    return result, best


def difference(exact: Shares, other: list[list[float]]) -> float:
    """The greatest difference between two answers."""
    return max(
        abs(one.share - share)
        for scale, row in zip(exact.scales, other, strict=True)
        for one, share in zip(scale.levels, row, strict=True)
    )


def measured(folder: Path) -> list[tuple[str, int, float, float, float]]:
    """For each scenario: its name, doubts, seconds exact, seconds sampled, and the greatest difference."""
    pack = load_pack()
    rows = []
    for path in sorted(folder.glob("*.yaml")):
        scenario = load_scenario(path, pack.vocabulary)
        if not set(scenario.perceivers) <= set(pack.perceivers):
            continue
        found = doubted(scenario, pack)
        exact, fast = timed(lambda found=found: shares(found), 3)
        assert exact.method == "exact", path
        drawn, slow = timed(lambda found=found: sampled(found, 1), 1)
        rows.append((path.stem, len(exact.spread), fast, slow, difference(exact, drawn)))
    return rows


def main() -> None:
    """Print a line for each scenario, and the ratios."""
    rows = measured(Path(sys.argv[1] if len(sys.argv) > 1 else "scenarios/casebook"))
    write = sys.stdout.write
    write(f"{'scenario':32} {'doubts':>6} {'exact ms':>9} {'sampled ms':>10} {'ratio':>7} {'difference':>10}\n")
    for name, doubts, fast, slow, apart in rows:
        write(f"{name:32} {doubts:6} {fast * 1e3:9.2f} {slow * 1e3:10.1f} {slow / fast:7.0f} {apart:10.5f}\n")
    ratios = [slow / fast for _, _, fast, slow, _ in rows]
    write(f"{len(rows)} scenarios; sampled / exact: least {min(ratios):.0f}, median {median(ratios):.0f}\n")


if __name__ == "__main__":
    main()
