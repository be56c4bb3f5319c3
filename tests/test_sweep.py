"""Sweeps and samples: every row as `assess` rates it, every count as the rows have it."""

import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from random import Random

import pytest

pytest.importorskip("numba", reason="the extra `bulk` is not installed")

import pyarrow.parquet as pq
from tests.support.command import ROOT, run

from escalation import InputError, assess, load_pack, load_scenario
from escalation.analysis.vary import parse_axes
from escalation.bulk.results import about_of, rule_ids
from escalation.bulk.sample import Sample
from escalation.bulk.summary import summary
from escalation.bulk.sweep import Sweep
from escalation.questions import shares
from escalation.rating import bounds

PATRIOT, ATACMS = (ROOT / "scenarios" / f"us-{name}-2022.yaml" for name in ("patriot", "atacms"))
PACK = load_pack()

GRIDS = {
    "bins of a number": (ATACMS, ["items[0].range=60:210:5", "items[0].range_kind=*", "items[0].role=*"]),
    "open facts left": (PATRIOT, ["items[0].precedent=*", "context.battlefield_effect=*"]),
    "open facts varied": (ATACMS, ["items[0].permitted_targets=*", "transfer.supplier_personnel=*"]),
    "what others follow from": (PATRIOT, ["warnings[0].kind=*", "warnings[0].also[nuclear]=*", "warnings[0].office=*"]),
    "entities that come to say the same": (
        ATACMS,
        [
            "warnings.president-5-jun.kind=*",
            "warnings.embassy-14-sep.office=ambassador,head_of_state",
            "warnings.embassy-14-sep.kind=retaliation,direct_conflict",
            "warnings.embassy-14-sep.threatens=nothing_named,targets_in_theatre",
            "warnings.embassy-14-sep.concerns=this_item,same_class",
            "warnings.embassy-14-sep.age_days=0,91,192",
        ],
    ),
    "a fact that no rule reads": (PATRIOT, ["transfer.act=*", "items[0].role=denial,deep_strike"]),
}


def loaded(path):
    return load_scenario(path, PACK.vocabulary)


def swept(path, texts) -> Sweep:
    scenario = loaded(path)
    return Sweep(scenario, PACK, parse_axes(scenario, PACK.vocabulary, texts))


def as_assessed(scenario) -> list[tuple]:
    """What `assess` makes of a scenario: for each scale level, score and sound bounds; then the rules that fired."""
    found = assess(scenario, PACK, engine="ledger")
    states = [line.state for line in found.ledger.rules]
    limits = [bounds(PACK, states, scale) for scale in PACK.scales]
    return [
        *((r.level, r.score, b.total_low, b.total_high, b.level_low, b.level_high) for r, b in
          zip(found.ratings, limits, strict=True)),
        found.fired,
    ]  # fmt: skip


def as_rated(rated, i) -> list[tuple]:
    """The same of row `i` of a block."""
    arrays = (rated.levels, rated.totals, rated.lowest, rated.highest, rated.low_levels, rated.high_levels)
    fired = rule_ids({"rules": [rule.id for rule in PACK.rules]}, [int(word) for word in rated.fired[:, i]])
    return [*(tuple(int(a[s, i]) for a in arrays) for s in range(len(PACK.scales))), tuple(fired)]


@pytest.mark.slow
@pytest.mark.parametrize("name", GRIDS)
def test_every_row_is_rated_as_assess_rates_it(name):
    sweep = swept(*GRIDS[name])
    picked = list(range(sweep.rows)) if sweep.rows <= 150 else Random(1).sample(range(sweep.rows), 150)
    for row in picked:
        assert as_rated(sweep.block(row, 1).rated, 0) == as_assessed(sweep.scenario_of(row)), sweep.values(row)


def test_rows_do_not_depend_on_the_blocks_they_are_made_in():
    sweep = swept(*GRIDS["bins of a number"])
    whole = sweep.block(0, sweep.rows).rated
    for size in (1, 7, 1000):
        place = 0
        for block in sweep.blocks(size, end=min(sweep.rows, 40 * size)):
            n = block.digits.shape[1]
            assert (block.rated.totals == whole.totals[:, place : place + n]).all()
            assert (block.rated.fired == whole.fired[:, place : place + n]).all()
            place += n


def test_the_last_axis_runs_fastest_and_rows_past_the_end_are_refused():
    sweep = swept(PATRIOT, ["items[0].range=50,100", "items[0].range_kind=ground,intercept,radius"])
    assert [sweep.values(i)[1] for i in range(4)] == ["ground", "intercept", "radius", "ground"]
    assert [sweep.values(i)[0] for i in (0, 3)] == [50, 100]
    with pytest.raises(IndexError, match="0 to 5"):
        sweep.values(6)


@pytest.mark.parametrize("name", GRIDS)
def test_the_summary_counts_what_the_rows_say(name):
    sweep = swept(*GRIDS[name])
    found = summary(sweep, threads=2)
    block = sweep.block(0, sweep.rows)
    values = [sweep.values(i) for i in range(sweep.rows)]
    top = range(1, len(PACK.levels) + 1)
    for s, scale in enumerate(found.scales):
        levels = [int(level) for level in block.rated.levels[s]]
        assert scale.rows == tuple(Counter(levels)[level] for level in top)
        low, high = block.rated.low_levels[s], block.rated.high_levels[s]
        assert scale.undecided == int((low != high).sum())
        at = dict(zip(values, levels, strict=True))
        for a, axis in enumerate(sweep.axes):
            by_value = Counter((row[a], level) for row, level in at.items())
            for r in scale.by_value[a]:
                assert r.rows == tuple(sum(by_value[value, level] for value in r.values) for level in top)
            seen = [value for r in scale.by_value[a] for value in r.values]
            assert seen == list(axis.values)
            edges = {}
            for before, after in pairwise(axis.values):
                settings = [(row, level) for row, level in at.items() if row[a] == before]
                moves = [at[(*row[:a], after, *row[a + 1 :])] - level for row, level in settings]
                up, down = sum(m > 0 for m in moves), sum(m < 0 for m in moves)
                if up or down:
                    edges[before, after] = (up, down, len(moves))
            assert {(e.before, e.after): (e.up, e.down, e.of) for e in scale.edges[a]} == edges
        for pair in scale.pairs:
            cells = Counter((row[pair.axes[0]], row[pair.axes[1]], level) for row, level in at.items())
            for left, line in zip(pair.values[0], pair.rows, strict=True):
                for right, rows in zip(pair.values[1], line, strict=True):
                    assert rows == tuple(sum(cells[d, c, n] for d in left for c in right) for n in top)


def test_a_grid_of_billions_is_summed_up_exactly():
    """The long-range line stands at 200 km, so two ranges stand for all others from 100 km up."""
    rest = ["items[0].role=*", "context.steps_past_180_days=0:999:1"]
    few = summary(swept(ATACMS, ["items[0].range=100,200", *rest]))
    many = summary(swept(ATACMS, ["items[0].range=100:300:0.002", *rest]))
    assert many.rows == 100_001 * 21 * 1000
    for one, other in zip(few.scales, many.scales, strict=True):
        below, above = (run.rows for run in one.by_value[0])
        assert other.rows == tuple(50_000 * a + 50_001 * b for a, b in zip(below, above, strict=True))


def test_too_many_cells_that_depend_on_each_other_are_refused():
    texts = [f"warnings[0].{field}=*" for field in ("kind", "office", "threatens", "concerns", "operational_change")]
    with pytest.raises(InputError) as caught:
        swept(ATACMS, [*texts, "warnings[1].kind=*", "warnings[1].office=*"])
    assert [p.code for p in caught.value.problems] == ["VARY-4"]


# -- samples

DOUBTS = """
correlated:
  - {facts: [items.missile.range, items.missile.role], rank_correlation: CORRELATION}
"""


def doubtful(tmp_path, correlation=None):
    """The ATACMS case with doubts of every shape, that fall on several levels."""
    text = ATACMS.read_text()
    swaps = [
        ("    role: deep_strike\n", ("    role: {one_of: [{value: ammunition, probability: 0.25}, {value: artillery,"
         " probability: 0.25}, {value: deep_strike, probability: 0.5}]}\n")),
        ("      one_of: [165 km, 185 mi]\n", "      low: 40\n      high: 330\n      distribution: triangular\n"),
        ("    kind: retaliation\n", ("    kind: {one_of: [{value: dismissive, probability: 0.4}, {value: nuclear,"
         " probability: 0.6}]}\n")),
        ("      value: russia_proper\n", ("      one_of: [{value: deep_occupied, probability: 0.9}, {value:"
         " russia_proper, probability: 0.1}]\n")),
    ]  # fmt: skip
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    if correlation is not None:
        text += DOUBTS.replace("CORRELATION", str(correlation))
    path = tmp_path / "doubtful.yaml"
    path.write_text(text)
    return path


def test_a_sample_falls_on_levels_as_the_exact_shares_say(tmp_path):
    found = assess(doubtful(tmp_path), PACK)
    exact = shares(found)
    sample = Sample(found, [], 400_000, seed=5)
    for s, scale in enumerate(exact.scales):
        counts: Counter[int] = Counter()
        for number in range(sample.blocks):
            counts.update(sample.block(number).rated.levels[s].tolist())
        for one in scale.levels:
            error = (one.share * (1 - one.share) / sample.rows) ** 0.5
            assert abs(counts[one.level] / sample.rows - one.share) <= 5 * error + 1e-12
    assert len([one for one in exact.scales[0].levels if one.share]) > 1


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [None, 0.7])
def test_every_row_of_a_sample_is_rated_as_assess_rates_it(tmp_path, correlation):
    sample = Sample(assess(doubtful(tmp_path, correlation), PACK), [], 40_000, seed=9)
    for row in [0, 39_999, *Random(2).sample(range(40_000), 60)]:
        number, place = divmod(row, 16_384)
        assert as_rated(sample.block(number).rated, place) == as_assessed(sample.scenario_of(row)), sample.values(row)


def test_doubts_that_go_together_are_drawn_together(tmp_path):
    from scipy.stats import spearmanr

    for wanted in (-0.6, 0.0, 0.7):
        sample = Sample(assess(doubtful(tmp_path, wanted), PACK), [], 16_384, seed=3)
        block = sample.block(0)
        by_path = {doubt.paths[0]: values for doubt, values in zip(sample.doubts, block.drawn, strict=True)}
        found = spearmanr(by_path["items.missile.range"], by_path["items.missile.role"]).statistic
        # words are few and tie, which weakens a rank correlation; its sign and size stay
        assert abs(found - wanted) < 0.15


def test_equal_seeds_draw_equal_rows_in_any_order(tmp_path):
    found = assess(doubtful(tmp_path), PACK)
    one, two = (Sample(found, [], 50_000, seed=4) for _ in range(2))
    last = two.block(3)
    assert all((a == b).all() for a, b in zip(one.block(3).drawn, last.drawn, strict=True))
    other = Sample(found, [], 50_000, seed=5).block(3)
    assert any((a != b).any() for a, b in zip(other.drawn, last.drawn, strict=True))


def test_a_fact_that_is_varied_is_drawn_evenly_and_leaves_its_stated_doubt(tmp_path):
    found = assess(doubtful(tmp_path), PACK)
    axes = parse_axes(found.scenario, PACK.vocabulary, ["items[0].role=armour,artillery,denial,transport"])
    sample = Sample(found, axes, 100_000, seed=1)
    assert [d.paths for d in sample.doubts].count(("items.missile.role",)) == 1
    counts = Counter(v for b in range(sample.blocks) for v in sample.block(b).drawn[0].tolist())
    assert sorted(counts) == [0, 1, 2, 3]
    assert all(abs(n - 25_000) < 600 for n in counts.values())


# -- the command


def test_rows_in_a_file_are_those_of_the_summary(tmp_path):
    out = tmp_path / "rows.parquet"
    words = ["--vary", "items[0].range=60:210:5", "--vary", "items[0].role=*"]
    done = run("sweep", ATACMS, *words, "-o", out, "--format", "json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    table = pq.read_table(out)
    assert table.num_rows == told["rows"] == 31 * 21
    assert table["row"].to_pylist() == list(range(table.num_rows))
    for scale in told["scales"]:
        counts = Counter(table[f"{scale['scale']}_level"].to_pylist())
        assert [counts[i + 1] for i in range(len(scale["rows"]))] == scale["rows"]
    about = about_of(table.schema)
    assert about is not None
    assert about["kind"] == "sweep"
    assert about["rules"] == [rule.id for rule in PACK.rules]
    row = table.slice(100, 1).to_pylist()[0]
    assert (row["items.missile.range"], row["items.missile.role"]) == swept(ATACMS, words[1::2]).values(100)


def test_the_page_says_what_a_share_is_and_where_the_level_changes():
    done = run("sweep", ATACMS, "--vary", "items[0].role=other_weapon,armour", "--vary", "items[0].range=50:1000:10")
    assert done.code == 0
    assert "says nothing of how likely" in done.out
    assert "other weapon to armour: up in all of the settings of the others" in done.out
    assert "The level changes nowhere along it." in done.out


def test_a_sample_in_text_and_json(tmp_path):
    path = doubtful(tmp_path, 0.5)
    out = tmp_path / "drawn.parquet"
    done = run("sweep", path, "--sample", "20000", "--seed", "2", "-o", out)
    assert done.code == 0, done.err
    assert "not the likelihood of any reaction" in done.out
    assert "together with what it is correlated with" in done.out
    told = json.loads(run("sweep", path, "--sample", "20000", "--seed", "2", "--format", "json").out)
    assert sum(told["scales"][0]["rows"]) == pq.read_table(out).num_rows == 20_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name what varies"),
        (["--vary", "items[0].rnage=1:2:1"], "EDIT-3"),
        (["--vary", "items[0].range=10:1:1"], "VARY-3"),
        (["--vary", "items[0].range=*", "--aggregate", "-o", "x.parquet"], "leave one out"),
        (["--vary", "items[0].range=1,2", "--vary", "items[0].role=*", "--pair", "range,rnage"], "does not name two"),
        (["--sample", "10", "--pair", "range,role"], "does not go with --sample"),
        (["--vary", "items[0].range=1,2", "-o", "no/such/folder/x.parquet"], "nothing was written"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(words, said):
    done = run("sweep", ATACMS, *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_a_file_that_cannot_be_completed_is_not_there_at_all(tmp_path):
    code = (
        "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (600000, 600000));"
        "from escalation.cli import main; import sys; sys.argv = ['assess', *sys.argv[1:]]; main()"
    )
    out = tmp_path / "rows.parquet"
    words = ["--sample", "300000", "-o", str(out)]
    env = {
        "PYTHONPATH": str(ROOT / "engine"),
        "PATH": "",
        "HOME": str(tmp_path),
        "ESCALATION_CACHE": "off",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(  # the limit also holds for the cache of compiled code, so there is to be none
        [sys.executable, "-c", code, "sweep", str(doubtful(tmp_path)), *words],
        capture_output=True, text=True, env={**env, "NUMBA_CACHE_DIR": str(tmp_path / "numba")}, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "nothing was written" in done.stderr
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("rows")] == []


@pytest.mark.long
def test_a_hundred_million_rows_stay_under_two_gibibytes(tmp_path):
    words = ["items[0].permitted_targets=*", "items[0].range=1:1000:1", "items[0].role=*", "warnings[0].kind=*"]
    words += ["transfer.supplier_personnel=*", "warnings[0].office=*", "context.war=*"]
    args = [w for word in words for w in ("--vary", word)]
    code = (
        "import resource, sys; from escalation.cli import main; sys.argv = ['assess', *sys.argv[1:]]\n"
        "try:\n    main()\nfinally:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    env = {"PYTHONPATH": str(ROOT / "engine"), "PATH": "", "HOME": str(tmp_path)}
    out = str(tmp_path / "rows.parquet")
    for more in (["--aggregate"], ["-o", out]):
        done = subprocess.run(
            [sys.executable, "-c", code, "sweep", str(ATACMS), *args, *more, "--format", "json"],
            capture_output=True, text=True, env=env, check=True,
        )  # fmt: skip
        assert json.loads(done.stdout)["rows"] >= 100_000_000
        assert int(done.stderr.split()[-1]) < 2 * 1024 * 1024
    assert pq.ParquetFile(out).metadata.num_rows >= 100_000_000
