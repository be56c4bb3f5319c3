"""The long runs, by hand: `python tests/differential/long.py --cases 500000`, `--memory 100000`, `--rows 1000000`.

The first compares both engines and the oracle on random packs, and prints seeds and figures. The second assesses
scenarios over and over in one process, and prints its memory. The third compares the bulk kernel with the ledger on
random rows of the default pack, and on as many as `--open` says with open facts. Each ends with status 1 if what it
looks for is found.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "engine"), str(ROOT)]

from tests.differential import oracle  # noqa: E402
from tests.differential.compare import difference  # noqa: E402
from tests.differential.generate import case  # noqa: E402

from escalation import assess, load_pack, load_scenario, rete  # noqa: E402

GROWTH = 1.0  # MB of resident memory past warm-up that counts as flat


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=0, metavar="N", help="compare the engines on N random packs")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="assess N times and watch memory")
    parser.add_argument("--rows", type=int, default=0, metavar="N", help="compare the kernel on N known rows")
    parser.add_argument("--open", type=int, default=0, metavar="N", help="compare the kernel on N rows with open facts")
    parser.add_argument("--seed", type=int, default=1_000_000, help="the first seed (the test suite uses 0 to 19,999)")
    options = parser.parse_args()
    differ = options.cases and compare(options.cases, options.seed)
    grows = options.memory and watch(options.memory)
    wrong = sum(rate(number, options.seed, opened) for number, opened in ((options.rows, 0.0), (options.open, 0.15)))
    return int(bool(differ or grows or wrong))


def compare(cases: int, first: int) -> int:
    """Compare on packs with seeds from `first` on; how many differ."""
    started, rules, worlds, fired, differing = time.perf_counter(), 0, 0, 0, []
    for done, seed in enumerate(range(first, first + cases), 1):
        made = case(seed)
        rules += len(made.pack.rules)
        worlds += len(made.worlds)
        fired += len(oracle.decide(made.pack, *made.worlds[0]).fired)
        if found := difference(made):
            differing.append(seed)
            say(found)
        if done % 20_000 == 0 or done == cases:
            seconds = time.perf_counter() - started
            size = f"{done:,} packs, {worlds:,} worlds, {rules:,} rules ({fired / rules:.0%} fire in the first world)"
            say(f"seeds {first} to {seed}: {size}, {len(differing)} packs differ, {seconds:,.0f} s")
    return len(differing)


def rate(number: int, seed: int, opened: float) -> int:
    """Compare kernel and ledger on rows, a share of their facts open; a tenth of the known ones pass both engines."""
    from tests.differential.kernel import Drawn, Referee, differences  # needs numba

    from escalation.bulk.kernel import kernel_of

    pack, started, differing = load_pack(), time.perf_counter(), 0
    referee = Referee(pack)
    rows = Drawn(kernel_of(pack), seed, opened).rows(number)
    for found in differences(referee, rows, opened=bool(opened), native=0 if opened else number // 10):
        differing += 1
        say(found)
    if number:
        kind = f"rows with a share of {opened:.0%} of facts open" if opened else "known rows"
        some = f"{referee.fired.bit_count()} of {len(pack.rules)} rules fired in some row"
        say(f"{number:,} {kind} from seed {seed}: {some}, {differing} differ, {time.perf_counter() - started:,.0f} s")
    return differing


def watch(assessments: int) -> bool:
    """Assess the shipped scenarios in turn, and run a random pack beside each; whether memory grows."""
    pack = load_pack()
    scenarios = [load_scenario(path, pack.vocabulary) for path in sorted((ROOT / "scenarios").glob("*.yaml"))]
    scenarios = [scenario for scenario in scenarios if set(scenario.perceivers) <= set(pack.perceivers)]
    cases = [case(seed) for seed in range(40)]
    networks = [rete.compile_network(made.pack) for made in cases]
    started, warm = time.perf_counter(), 0.0
    for done in range(1, assessments + 1):
        assess(scenarios[done % len(scenarios)], pack)
        at = done % len(cases)
        if done % 100 == 0:
            networks[at] = rete.compile_network(cases[at].pack)
        rete.run(networks[at], *cases[at].worlds[done % len(cases[at].worlds)])
        if done in (assessments // 10, assessments) or done % 10_000 == 0:
            warm = warm or resident()
            say(f"{done:,} assessments: {resident():.1f} MB resident, {time.perf_counter() - started:,.0f} s")
    return resident() - warm > GROWTH


def resident() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
