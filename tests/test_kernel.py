"""The bulk kernel beside the ledger, row by row: level, score, bounds and fired rules; and the source it is printed as.

`tests/differential/kernel.py` draws the rows and says what is right; `tests/differential/long.py --rows` runs it at
length.
"""

import ast
import json
import platform
import re
from itertools import islice
from math import inf, nextafter

import pytest

pytest.importorskip("numba")

import numpy as np
from tests.differential.build import (
    FIELDS,
    KINDS,
    All,
    Any,
    concluded,
    count,
    counted,
    every,
    is_in,
    no,
    only,
    pack,
    rule,
    some,
)
from tests.differential.kernel import Drawn, Referee, Values, differences, random_pack, with_points
from tests.differential.process import ROOT, run_python
from tests.support.command import run

from escalation import assess, load_pack, load_scenario
from escalation.bulk.kernel import BLOCK, Kernel, kernel_of
from escalation.bulk.layout import Layout
from escalation.bulk.printer import Printer, printed
from escalation.bulk.rows import Coder, coded
from escalation.rating import bounds
from escalation.sets import Numbers, Words, interval
from escalation.vocabulary import Vocabulary

KNOWN, NATIVE, CHUNKS, OPEN = 50_000, 5_000, 5, 2_000
PACKS = 20
SCENARIOS = sorted([*(ROOT / "scenarios").glob("*.yaml"), *(ROOT / "scenarios/casebook").glob("*.yaml")])
RULES = {
    "far": some("item", is_in("item.range", interval(70))),
    "home": is_in("transfer.armed", only(False)),
    "often": count("warning", is_in("warning.days", interval(1, 30)), 2, 5),
    "apart": counted(
        "warning", is_in("warning.armed", only(True)), Numbers((*interval(0, 0).intervals, *interval(3)[0]))
    ),
    "every": every("item", is_in("item.role", Words(frozenset(("ground", "NO"))))),
    "none": no("item", All((is_in("item.armed", only(True)), is_in("item.offset", interval(high=0))))),
    "either": Any((some("act", is_in("act.rank", only("top"))), is_in("context.days", interval(2, 3)))),
}


@pytest.fixture(scope="module")
def default():
    return load_pack()


def first(found, number=3):
    return list(islice(found, number))


def agree(pack, seed, number, **options):
    """Rows that are known and rows with open facts, on both of which kernel and ledger must agree."""
    referee, kernel = Referee(pack), kernel_of(pack)
    assert not first(differences(referee, Drawn(kernel, seed, **options).rows(number)))
    assert not first(differences(referee, Drawn(kernel, seed, 0.2, **options).rows(number), opened=True))
    return referee


# -- beside the ledger


@pytest.mark.parametrize("chunk", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, CHUNKS))])
def test_known_rows_of_the_default_pack(default, chunk):
    referee = Referee(default)
    rows = Drawn(kernel_of(default), chunk).rows(KNOWN // CHUNKS)
    assert not first(differences(referee, rows, native=NATIVE // CHUNKS))
    every_rule = (1 << len(default.rules)) - 1
    assert referee.fired == every_rule, "each rule fires in some row"
    assert referee.both == 0, "and no rule in all"


def test_open_rows_of_the_default_pack(default):
    referee, kernel = Referee(default), kernel_of(default)
    for seed, share in ((1, 0.02), (2, 0.1), (3, 0.4), (4, 1.0)):
        rows = Drawn(kernel, seed, share).rows(OPEN // 4)
        assert not first(differences(referee, rows, opened=True))


def test_scenarios_that_are_shipped(default):
    scenarios = [load_scenario(path, default.vocabulary) for path in SCENARIOS]
    scenarios = [one for one in scenarios if set(one.perceivers) <= set(default.perceivers)]
    kernel = kernel_of(default)
    rows = coded(kernel.layout, scenarios)
    rated = kernel.rate(rows)
    assert len(scenarios) > 20 and len(rows.open())
    for i, scenario in enumerate(scenarios):
        found = assess(scenario, default)
        states = [line.state for line in found.ledger.rules]
        fired = tuple(r.id for j, r in enumerate(default.rules) if int(rated.fired[j // 63, i]) >> j % 63 & 1)
        assert fired == found.fired, scenario.id
        for s, scale in enumerate(default.scales):
            own = found.ratings[s]
            assert (rated.totals[s, i], rated.levels[s, i]) == (own.score, own.level), scenario.id
            ends = (rated.lowest[s, i], rated.highest[s, i], rated.low_levels[s, i], rated.high_levels[s, i])
            assert ends == bounds(default, states, scale), scenario.id
            assert ends[2] <= own.low <= own.level <= own.high <= ends[3], "bounds hold the exact range"


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, PACKS))])
def test_random_packs(seed):
    agree(random_pack(seed), seed, 300)


def of_size(number):
    """A pack of that many rules, some of which follow from others or from their not firing."""
    rules = []
    whens = list(RULES.values())
    for i in range(number):
        far, soon = (
            some("item", is_in(*of)) for of in (("item.range", interval(i % 29)), ("item.days", interval(0, i // 29)))
        )
        when = whens[i] if i < len(whens) else All((far, soon))
        if i > 10 and i % 5 == 0:
            when = All((when, concluded(f"C{i - 10}", i % 2 == 0)))
        rules.append(rule(f"R{i}", when, *([f"C{i}"] if i % 5 == 0 else [])))
    return with_points(pack(*rules), number)


@pytest.mark.parametrize("number", [0, 1, 63, 64, *(pytest.param(n, marks=pytest.mark.slow) for n in (130, 500))])
def test_sizes_of_packs(number):
    agree(of_size(number), number, 200)


@pytest.mark.slow
@pytest.mark.parametrize("size", range(9))
def test_numbers_of_entities(default, size):
    agree(default, size, 300, sizes=(size,))


@pytest.mark.slow
def test_fields_with_more_bins_than_a_word_or_a_byte_holds():
    cuts = {"item.range": 64, "item.days": 129, "warning.range": 300, "transfer.days": 63}
    rules = []
    for key, number in cuts.items():
        kind = key.partition(".")[0]
        every_other = (is_in(key, comb(range(start, number, 2))) for start in (0, 1))
        some_cuts = (is_in(key, interval(10 * i)) for i in (1, number // 2, number - 1))
        for i, test in enumerate((*every_other, *some_cuts)):
            rules.append(rule(f"{key}-{i}", test if kind == "transfer" else some(kind, test)))
    made = with_points(pack(*rules), 1)
    columns = Layout(made).column
    assert {key: len(columns[key].bins) > cuts[key] for key in cuts} == dict.fromkeys(cuts, True)
    assert columns["warning.range"].code_type == "u2"
    agree(made, 1, 300)


def comb(which):
    """So many runs of numbers, with gaps between them."""
    return Numbers(tuple(run for i in which for run in interval(10 * i, 10 * i + 5).intervals))


def test_values_stand_on_thresholds_and_beside_them(default):
    drawn = {field: Values(column).all for field, column in kernel_of(default).layout.column.items()}
    for at in (70, 200):
        assert {nextafter(at, -inf), at, nextafter(at, inf)} <= set(drawn["item.range"])
    assert {2, 3} <= set(drawn["context.steps_past_180_days"])
    assert all(len(values) > 1 for values in drawn.values())


CHAIN = [
    ("a", RULES["far"], ["A"]),
    ("b", concluded("A", False), ["B"]),
    ("c", All((concluded("B"), RULES["home"])), ["C"]),
    ("d", Any((concluded("C", False), concluded("A"))), ["D", "A2"]),
    ("e", All((concluded("A2"), concluded("B", False))), []),
]


@pytest.mark.parametrize("turn", range(len(CHAIN)))
def test_conclusions_chained_and_negated(turn):
    rules = [rule(name, when, *made) for name, when, made in (*CHAIN[turn:], *CHAIN[:turn])]
    referee = agree(with_points(pack(*rules), turn), turn, 300)
    assert referee.fired == (1 << len(rules)) - 1


@pytest.mark.slow
def test_rows_of_several_blocks_in_threads(default):
    kernel = kernel_of(default)
    coder = Coder(kernel.layout)
    for row in Drawn(kernel, 5, 0.02).rows(3_000):
        coder.add(row.entities, row.world, row.view)
    which = np.random.default_rng(1).integers(0, 3_000, 9 * BLOCK + 77)
    rows = coder.rows()
    few, many, threads = kernel.rate(rows), kernel.rate(rows.take(which)), kernel.rate(rows.take(which), threads=3)
    for one, two, three in zip(few, many, threads, strict=True):
        assert (one[:, which] == two).all() and (two == three).all()


PLANTED = {
    "a threshold is missed by one": ("total >= ", "total > "),
    "floors lower": ("max(level", "min(level"),
    "a rule is left out": ("f0 |= (a1 >> 2 & 1) << 2", "f0 |= 0"),
    "only the last entity counts": ("some |= seen[j]", "some = seen[j]"),
    "points that lower are not held": ("total += max(-2,", "total += max(-1,"),
    "a conclusion is not needed": ("np.int64((f0 & 1) != 0)", "1"),
}
PLANTED_OPEN = {
    "what may fire is taken for certain": ("weigh_0(yf0, mf0", "weigh_0(mf0, mf0"),
    "no entity may pass is what certainly passes": ("(1 - (ma", "(1 - (ya"),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", [*PLANTED, *PLANTED_OPEN])
def test_planted_bug_is_found(default, bug, monkeypatch):
    right, wrong = (PLANTED | PLANTED_OPEN)[bug]
    source = Printer.source
    assert right in source(Printer(Layout(default)), False)
    monkeypatch.setattr(Printer, "source", lambda self, cache: source(self, cache).replace(right, wrong))
    monkeypatch.setenv("ESCALATION_CACHE", "off")
    kernel, opened = Kernel(default), bug in PLANTED_OPEN
    rows = Drawn(kernel, 1, 0.2 * opened).rows(OPEN)
    assert first(differences(Referee(default), rows, opened=opened, kernel=kernel))


# -- its source

HOSTILE = (
    "x\"\"\"\nimport os\nos.abort()\n\"\"\"",
    "x'); __import__('os').abort() #",
    "\\\" + exit() + \\\"",
    "\r\n@fast\rdef known(): exit()",
    "\u2028import os\u2028\x0cexit()\x00",
    "{pack} %s {0.__class__}",
)  # fmt: skip


def hostile():
    """A pack whose every text tries to be code, rating as the plain one would."""
    plain = of_size(12)
    texts = {i: HOSTILE[i % len(HOSTILE)] + str(i) for i in range(len(plain.rules))}
    rules = [r._replace(id=texts[i], title=texts[i], because=texts[i]) for i, r in enumerate(plain.rules)]
    tests = [is_in("item.range", interval(5 + i))._replace(written=text) for i, text in enumerate(HOSTILE)]
    rules[0] = rules[0]._replace(when=some("item", Any(tuple(tests))))
    factors = [f._replace(name=f"{f.name}{HOSTILE[0]}", label=HOSTILE[1]) for f in plain.factors]
    rules = [r._replace(factor=f"{r.factor}{HOSTILE[0]}") for r in rules]
    return plain._replace(
        name=HOSTILE[0], version=HOSTILE[3], digest=HOSTILE[2], rules=tuple(rules), factors=tuple(factors)
    )


def test_texts_of_a_pack_are_never_code(monkeypatch):
    made = hostile()
    source = printed(Layout(made))
    assert source.isascii() and "\r" not in source and "\x0c" not in source
    tree = ast.parse(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    assert not [name for name in names if re.search("os|exit|abort|import", name)]
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert texts == [ast.get_docstring(tree, clean=False)]
    imports = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
    wanted = ["import numpy as np", "from numba import njit", "from escalation.bulk.popcount import popcount"]
    assert imports == wanted
    agree(made, 1, 100)


def test_a_kind_of_entity_by_a_hostile_name():
    name = "item(): exit()\n#"
    field = FIELDS["item.range"]._replace(entity=name, key=f"{name}.range")
    made = pack(rule("R", some(name, is_in(field, interval(70)))), fields={field.key: field})
    kinds = {**KINDS, name: KINDS["item"]._replace(name=name)}
    made = made._replace(vocabulary=Vocabulary(kinds, {field.key: field}))
    defined = [n.name for n in ast.walk(ast.parse(printed(Layout(made)))) if isinstance(n, ast.FunctionDef)]
    assert "item_28__29__3a__20_exit_28__29__a__23__0" in defined


SOURCE = """
from escalation import load_pack
from escalation.bulk.layout import Layout
from escalation.bulk.printer import printed
print(printed(Layout(load_pack())), end="")
"""


def test_same_pack_gives_same_source(default):
    here = printed(Layout(default)).strip()
    assert [run_python(SOURCE, PYTHONHASHSEED=str(seed)) for seed in (1, 2)] == [here, here]


COMPILES = """
import json, sys
from escalation import load_pack, load_scenario
from escalation.bulk.kernel import kernel_of
from escalation.bulk.rows import coded
pack = load_pack()
kernel = kernel_of(pack)
rated = kernel.rate(coded(kernel.layout, [load_scenario("scenarios/us-package-dec-2022.yaml", pack.vocabulary)]))
module = next(module for name, module in sys.modules.items() if name.startswith("kernel_"))
stats = [f.stats for f in vars(module).values() if hasattr(f, "stats")]
made = sum(sum(one.cache_misses.values()) for one in stats)
read = sum(sum(one.cache_hits.values()) for one in stats)
print(json.dumps([made, read, rated.levels.tolist()]))
"""


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    environment = {"XDG_CACHE_HOME": str(tmp_path), "ESCALATION_CACHE": "on"}
    made, read, levels = json.loads(run_python(COMPILES, **environment))
    assert made > 5 and read == 0
    compiled, found, again = json.loads(run_python(COMPILES, **environment))
    assert (compiled, again) == (0, levels) and found > 5


VECTORS = """
import re, sys
from escalation import load_pack
from escalation.bulk.kernel import kernel_of
from tests.differential.kernel import Coder, Drawn
kernel = kernel_of(load_pack())
coder = Coder(kernel.layout)
for row in Drawn(kernel, 1, 0.2).rows(100):
    coder.add(row.entities, row.world, row.view)
kernel.rate(coder.rows())
module = next(module for name, module in sys.modules.items() if name.startswith("kernel_"))
for name, function in vars(module).items():
    if hasattr(function, "inspect_asm") and function.signatures:
        text = "".join(function.inspect_asm().values())
        print(name, bool(re.search(r"\\sv?p(and|or|addq)", text)))
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads the instructions of one processor")
@pytest.mark.slow
def test_loops_are_compiled_to_vector_instructions(tmp_path):
    """LLVM may settle for scalar loops, three times as slow, and nothing but the clock would tell."""
    said = run_python(VECTORS, XDG_CACHE_HOME=str(tmp_path), ESCALATION_CACHE="on").splitlines()
    found = dict(line.split() for line in said)
    assert {"fire", "rate_0", "rate_1", "item_0", "warning_0", "transfer_0"} <= found.keys()
    loops = [name for name in found if name == "fire" or name.startswith(("rate_", "item_", "warning_", "transfer_"))]
    assert [name for name in loops if found[name] == "False" and not name.endswith("_rows")] == []


def test_a_pack_is_compiled_once_in_a_process(default):
    assert kernel_of(default) is kernel_of(default)


# -- `assess rules show --kernel`


def test_rules_show_kernel_prints_the_source(default):
    shown = run("rules", "show", "--kernel")
    assert shown.code == 0
    assert shown.out.strip() == printed(Layout(default)).strip()
    for r in default.rules:
        assert f"# {r.id}\n" in shown.out


def test_rules_show_kernel_needs_no_numba():
    code = """
import sys
sys.modules.update(numba=None, numpy=None, pyarrow=None)
from escalation.cli import app
app.main(["rules", "show", "--kernel"], standalone_mode=False)
"""
    assert "def fire(" in run_python(code)


@pytest.mark.parametrize("given", [("show",), ("show", "ROL-10", "--kernel", "--format", "json")])
def test_rules_show_says_what_it_wants(given):
    shown = run("rules", *given)
    assert shown.code == 2 and "Usage" in shown.err
