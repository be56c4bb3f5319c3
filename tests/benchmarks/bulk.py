"""The bulk kernel beside a Python loop, DuckDB and Polars: same rules, same facts in memory, same answers.

Rows are drawn at random over the vocabulary, with one to three items and up to five warnings; every engine takes their
coded facts in the form that suits it best and gives for each row the rules that fired, score and level. Results are
compared before anything is timed. Each engine has one thread, but where two are said. What a row costs is nanoseconds
of the processors' time, so that it matters little who else is at work; only what two threads save is by the clock.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from random import Random
from time import perf_counter, process_time
from typing import Any

from tests.benchmarks.table import Row, medians

from escalation.pack import load_pack

ROWS, FEW = 1_000_000, 10_000  # for what is fast, and for the Python loop
DRAWN = 20_000  # of which the million is made
ROUNDS = 7
PLACES = 100  # where buffers are put in memory


def rows() -> Iterator[Row]:
    """The table of the bulk kernel; without numba nothing."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    try:
        import numba  # noqa: F401 - what follows needs it
    except ImportError:
        sys.stderr.write("numba is not installed: the bulk benchmarks are left out\n")
        return
    from tests.benchmarks.bulk_others import ten_of

    pack = load_pack()
    yield from _beside_python(pack)
    yield from _beside_tables(ten_of(pack))
    yield from _by_address(pack)


def _drawn(kernel: Any, number: int) -> Any:
    import numpy as np
    from tests.differential.kernel import Drawn

    from escalation.bulk.rows import Coder

    coder = Coder(kernel.layout)
    for row in Drawn(kernel, 1, sizes={"item": (1, 1, 2, 3), "warning": (0, 1, 2, 3, 4, 5)}).rows(DRAWN):
        coder.add(row.entities, row.world)
    return coder.rows().take(np.random.default_rng(1).integers(0, DRAWN, number))


def _beside_python(pack: Any) -> Iterator[Row]:
    import numpy as np
    from tests.benchmarks.bulk_others import Closures, python_rows

    from escalation.bulk.kernel import Rated, kernel_of

    kernel = kernel_of(pack)
    many = _drawn(kernel, ROWS)
    few, loop = many.part(0, FEW), Closures(kernel.layout)
    tuples = python_rows(kernel.layout, few)
    rated = kernel.rate(few)
    for i, (fired, sums) in enumerate(loop(tuples)):
        assert fired == int(rated.fired[0, i])
        assert sums == [(int(rated.totals[s, i]), int(rated.levels[s, i])) for s in range(len(sums))]
    room = Rated.empty(ROWS, kernel.layout.fired_words, len(pack.scales))
    found = medians(
        {
            "loop": _timed(lambda: loop(tuples)),
            "one": _timed(lambda: kernel.rate(many, into=room)),
            "two": _timed(lambda: kernel.rate(many, threads=2, into=room)),
            "one, clock": _timed(lambda: kernel.rate(many, into=room), perf_counter),
            "two, clock": _timed(lambda: kernel.rate(many, threads=2, into=room), perf_counter),
        },
        ROUNDS,
    )
    cost = {name: spent / (FEW if name == "loop" else ROWS) * 1e6 for name, spent in found.items()}
    rules = f"{len(pack.rules)} rules"
    yield Row(f"bulk: Python loop of compiled closures, {rules}", cost["loop"], 1.0)
    yield Row(f"bulk: kernel, {rules}", cost["one"], cost["loop"] / cost["one"], 200, more=True)
    yield Row("bulk: kernel, two threads, to one", cost["two"], cost["two"] / cost["one"], 1.1)
    faster = cost["one, clock"] / cost["two, clock"]
    yield Row("bulk: kernel, one thread to two, by the clock", cost["two, clock"], faster, 1.7, more=True)
    moved = sum(a.nbytes for part in (many.codes.values(), many.starts.values(), room) for a in part)
    source, target = (np.ones(1 << 28, dtype=np.uint8) for _ in range(2))
    copied = medians({"copy": _timed(lambda: np.copyto(target, source))}, ROUNDS)["copy"]
    share = (moved / found["one"]) / (2 * source.nbytes / copied)
    yield Row(f"bulk: memory copy of what the kernel moves, {moved // ROWS} bytes a row", cost["one"] * share, share)


def _beside_tables(pack: Any) -> Iterator[Row]:
    from tests.benchmarks.bulk_others import duckdb_tables, polars_query, sql_of_groups, sql_of_lists

    from escalation.bulk.kernel import Rated, kernel_of

    kernel = kernel_of(pack)
    many = _drawn(kernel, ROWS)
    room = Rated.empty(ROWS, 1, 1)
    rated = kernel.rate(many, into=room)
    right = (rated.fired[0], rated.totals[0], rated.levels[0])
    engines: dict[str, Callable[[], Any]] = {"kernel": lambda: kernel.rate(many, into=room)}
    try:
        import duckdb
    except ImportError:
        sys.stderr.write("duckdb is not installed: left out\n")
    else:
        connection = duckdb.connect(config={"threads": 1})
        duckdb_tables(connection, kernel.layout, many)
        for name, text in (("lists", sql_of_lists(kernel.layout)), ("groups", sql_of_groups(kernel.layout))):
            wanted = f"select fired, score, level from ({text}) order by row"
            _same(right, connection.sql(wanted).fetchnumpy())
            engines[f"DuckDB, {name}"] = lambda text=text: connection.execute(
                f"create or replace temp table rated as select row, fired, score, level from ({text})"
            )
    try:
        query = polars_query(kernel.layout, many)
    except ImportError:
        sys.stderr.write("polars is not installed (pip install polars): left out\n")
    else:
        found = query()
        _same(right, {name: found[name].to_numpy() for name in ("fired", "score", "level")})
        engines["Polars"] = query
    found = medians({name: _timed(run) for name, run in engines.items()}, ROUNDS)
    ours = found.pop("kernel")
    yield Row("bulk: kernel, ten rules", ours / ROWS * 1e6, 1.0)
    for name, spent in found.items():
        target = 3 if name == "Polars" else 5
        yield Row(f"bulk: {name}, the same ten by hand", spent / ROWS * 1e6, spent / ours, target, more=True)


def _same(right: tuple[Any, ...], found: dict[str, Any]) -> None:
    for ours, name in zip(right, ("fired", "score", "level"), strict=True):
        assert (ours == found[name]).all(), f"the two differ on {name}"


def _by_address(pack: Any) -> Iterator[Row]:
    """The kernel with all its buffers at random places, some right beside each other: LLVM may choose a slower loop."""
    import numpy as np

    from escalation.bulk.kernel import BLOCK, Rated, kernel_of

    kernel, rng = kernel_of(pack), Random(1)
    block = _drawn(kernel, BLOCK)
    arena = np.zeros(1 << 25, dtype=np.uint8)
    arrays = [*block.codes.values(), *block.starts.values(), *Rated.empty(BLOCK, 1, len(pack.scales))]
    spent = []
    for _ in range(PLACES):
        gaps, at, placed = rng.choice(((0,), (0, 1, 8, 64), (4096,), (0, 64, 4096))), rng.randrange(4096), {}
        for i in rng.sample(range(len(arrays)), len(arrays)):
            array = arrays[i]
            at = -(-at // array.itemsize) * array.itemsize
            placed[i] = arena[at : at + array.nbytes].view(array.dtype).reshape(array.shape)
            placed[i][...] = array
            at += array.nbytes + rng.choice(gaps)
        here = [placed[i] for i in range(len(arrays))]
        codes, rest = dict(zip(block.codes, here, strict=False)), here[len(block.codes) :]
        given = block._replace(codes=codes, starts=dict(zip(block.starts, rest, strict=False)))
        into = Rated(*rest[len(block.starts) :])
        spent.append(min(medians({"": _timed(lambda: kernel.rate(given, into=into))}, 1)[""] for _ in range(10)))  # noqa: B023
    fast, slow = min(spent) / BLOCK * 1e6, max(spent) / BLOCK * 1e6
    yield Row(f"bulk: kernel, slowest of {PLACES} placements of its buffers, to fastest", slow, slow / fast, 1.5)


def _timed(run: Callable[[], object], clock: Callable[[], float] = process_time) -> Callable[[], float]:
    """A function that measures one call in seconds, of the processors' time or by another clock."""

    def measure() -> float:
        start = clock()
        run()
        return clock() - start

    return measure
