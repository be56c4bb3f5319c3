"""The door to durable-rules: what crosses it, what happens when the library misbehaves, and when it is not there."""

import gc
import importlib.metadata
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.differential.build import All, concluded, count, is_in, no, only, pack, rule, some, world
from tests.differential.generate import case
from tests.differential.process import run_python

from escalation import rete
from escalation.diagnostics import InternalError
from escalation.sets import interval

ENGINE = vars(rete)["_engine"]


class Library:
    """The C module, with everything that passes recorded and single functions replaced."""

    def __init__(self, real, **replaced):
        self.real, self.replaced, self.calls = real, replaced, []
        self.error = real.error

    def __getattr__(self, name):
        function = self.replaced.get(name) or getattr(self.real, name)

        def called(*arguments):
            self.calls.append((name, arguments))
            return function(*arguments)

        return called

    def texts(self, name):
        return [arguments[1] for called, arguments in self.calls if called == name]


@pytest.fixture
def library(monkeypatch):
    def put(**replaced):
        recorded = Library(ENGINE, **replaced)
        monkeypatch.setattr(rete, "_engine", recorded)
        return recorded

    return put


PACK = pack(
    rule("A", some("item", is_in("item.range", interval(70))), "X"),
    rule("B", All((concluded("X"), no("item", is_in("item.armed", only(True)))))),
    rule("C", count("item", is_in("item.days", interval(0, 9)), 2)),
)
FACTS = world(("transfer", {}), ("item", {"range": 300}), ("item", {"range": 1e-05}), ("item", {"days": 12}))
FIRED = ("A", "B", "C")


# -- what crosses

FACT = re.compile(r'\{"id":"\d{6}","group":\d+,"subject":\d+,"one":1(,"f\d+":\d+)*\}')
TOKEN = re.compile(r"\d+|[pf]\d+|q\d+\$not|all|warm|group|subject|one|\$and|\$gte|\$lte")


@pytest.mark.slow
def test_only_small_whole_numbers_cross(library):
    recorded = library()
    for seed in range(200):
        made = case(seed)
        network = rete.compile_network(made.pack)
        for facts in made.worlds:
            rete.run(network, *facts)
    sent = [text for text in recorded.texts("assert_fact") if "warm" not in text]
    assert len(sent) > 1_000
    assert not [text for text in sent if not FACT.fullmatch(text)]
    assert max(int(n) for text in sent for n in re.findall(r'"f\d+":(\d+)', text)) < 100
    words = {word for text in recorded.texts("create_ruleset") for word in re.findall(r'"([^"]*)"', text)}
    assert words
    assert not [word for word in words if not TOKEN.fullmatch(word)]


# -- a library that misbehaves


def lose(real):
    """Say that a fact is stored, and drop it."""
    first: list[tuple[int, int]] = []

    def assert_fact(handle, text):
        if first and "000002" in text:
            return 0, first[0][1]
        first.append(real.assert_fact(handle, text))
        return first[-1]

    return {"assert_fact": assert_fact}


def spoil(real):
    return {"assert_fact": lambda handle, text: real.assert_fact(handle, text.replace('"one":1', '"one":1e-05'))}


def repeat(real):
    """Fire the first match for ever."""
    return {"complete_and_start_action": lambda handle, place: '{"1":{"p0":{"id":"000001"}}}'}


def refuse(real):
    return {"assert_fact": lambda handle, text: (1, real.assert_fact(handle, text)[1])}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lose, "saw 2 of 3 facts of the kind item"),
        (spoil, "error code: 204"),
        (repeat, "fired more than"),
        (refuse, "did not store a fact (code 1)"),
    ],
)
def test_fault_is_an_internal_error_and_the_next_world_is_right(fault, message, library):
    network = rete.compile_network(PACK)
    recorded = library()
    library(**fault(recorded.real))
    with pytest.raises(InternalError, match=re.escape(message)):
        rete.run(network, *FACTS)
    library()
    for _ in range(3):
        assert rete.run(network, *FACTS).fired == FIRED


def test_library_that_refuses_the_pack(library):
    real = library().real
    library(create_ruleset=lambda name, text: real.create_ruleset(name, "{"))
    with pytest.raises(InternalError, match="refused the pack"):
        rete.compile_network(PACK)


@pytest.mark.parametrize("at", [1, 2, 5, 8])
def test_interrupt_between_firings_leaves_a_working_network(at, monkeypatch):
    network = rete.compile_network(PACK)
    fire, calls = rete._Session.fire, []

    def interrupted(session, match):
        calls.append(match)
        if len(calls) == at:
            raise KeyboardInterrupt
        fire(session, match)

    monkeypatch.setattr(rete._Session, "fire", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rete.run(network, *FACTS)
    monkeypatch.undo()
    assert rete.run(network, *FACTS).fired == FIRED


def test_value_outside_the_domain_is_an_internal_error():
    network = rete.compile_network(PACK)
    with pytest.raises(InternalError, match=r"item\.range is -1"):
        rete.run(network, *world(("item", {"range": -1})))
    assert rete.run(network, *FACTS).fired == FIRED


def test_every_session_and_every_ruleset_is_deleted(library):
    recorded = library()
    for seed in range(50):
        made = case(seed)
        rete.run(rete.compile_network(made.pack), *made.worlds[0])
    gc.collect()
    counts = {name: sum(called == name for called, _ in recorded.calls) for name, _ in recorded.calls}
    assert counts["create_ruleset"] == counts["delete_ruleset"] == 50
    assert counts["delete_state"] == 100  # the warm-up and the world


def test_threads_may_share_a_network():
    made = case(7)
    network = rete.compile_network(made.pack)
    expected = [rete.run(network, *facts) for facts in made.worlds]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda i: rete.run(network, *made.worlds[i % 4]), range(400)))
    assert found == [expected[i % 4] for i in range(400)]


# -- a library that is not there


def test_version_is_that_of_the_installed_library():
    assert rete.missing() == ""
    assert rete.version() == importlib.metadata.version("durable-rules")


WITHOUT = """
import json
from escalation import rete
from escalation.diagnostics import InternalError
from tests.differential.build import PLAIN, pack
try:
    rete.compile_network(pack())
except InternalError as error:
    print(json.dumps([rete.missing(), rete.version(), str(error)]))
"""


def test_without_the_library_there_is_advice(tmp_path):
    (tmp_path / "durable_rules_engine.py").write_text("raise ImportError('undefined symbol: PyEval_CallObject')")
    missing, version, error = json.loads(run_python(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{WITHOUT}"))
    assert "undefined symbol: PyEval_CallObject" in missing
    assert "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject pip install" in missing
    assert "\n" not in missing
    assert version == "unknown"
    assert error == missing
