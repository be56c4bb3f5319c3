"""The Rete engine: rules fired by durable-rules. This is the only module that touches the library.

`rete_plan.py` turns a pack into native rules of a safe shape. Here they are compiled once, and one world at a time is
stated as facts, stage by stage: the entities; how many of them passed what; then, stratum by stratum, the gate that
lets negations decide. Whatever the library does wrong is an InternalError and never an answer: every entity sent must
be seen, every fact stored, no rule may fire more often than it can match, and native errors are raised.

The C module is driven directly, without the library's Python layer, which starts threads and swallows errors. One
session is used over and over and deleted after each world, which keeps memory flat; `_compile` fires one rule first,
because deleting the first session before anything fired frees an uninitialised pointer.
"""

from __future__ import annotations

import os
import re
from _thread import allocate_lock
from collections.abc import Mapping
from contextlib import suppress

from escalation import cache
from escalation.diagnostics import InternalError
from escalation.pack import Pack, key_of
from escalation.rete_codes import Plan
from escalation.rules import Outcome
from escalation.scenario import Entity, World
from escalation.sets import Scalar

__all__ = ["Network", "compile_network", "missing", "run", "version"]

try:
    import durable_rules_engine as _engine  # type: ignore[import-not-found]
except ImportError as error:
    _engine, _missing = None, str(error)
else:
    _missing = ""

_SESSION = "0"  # the library's default


def missing() -> str:
    """How to mend the library if it cannot be imported, in one line; "" if it can."""
    if not _missing:
        return ""
    return (
        f"durable-rules cannot be imported ({_missing}); to mend it, with a C compiler and the Python headers at hand:"
        " CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject pip install --force-reinstall --no-cache-dir durable-rules"
    )


def version() -> str:
    """The version of the library, read off the name of its metadata folder; "unknown" where that cannot be found."""
    place = os.path.dirname(getattr(_engine, "__file__", None) or "")
    names = os.listdir(place) if place else []
    found = [name.split("-")[1] for name in names if re.fullmatch("durable_rules-.*[.-]info", name)]
    return found[0].removesuffix(".dist").removesuffix(".egg") if found else "unknown"


class Network:
    """A pack compiled for durable-rules. One world runs through it at a time; threads wait for each other."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.plan = _plan(pack)
        self.lock = allocate_lock()
        self.handle = _compile(self.plan)

    def __del__(self) -> None:
        if _engine and hasattr(self, "handle"):  # else Python is shutting down, or compiling failed
            _engine.delete_ruleset(self.handle)


def compile_network(pack: Pack) -> Network:
    """Compile a pack. Raises InputError where it exceeds a limit of the library, InternalError if that refuses it."""
    return Network(pack)


def run(network: Network, entities: tuple[Entity, ...], world: World) -> Outcome:
    """What durable-rules makes of one world. Raises InternalError if the library does what it should not."""
    with network.lock:
        session = _Session(network)
        try:
            session.run(entities, world)
        except _engine.error as error:
            raise InternalError(f"durable-rules failed on a world of {network.pack.name}: {error}") from error
        finally:
            with suppress(_engine.error):  # a session that no fact ever reached does not exist
                _engine.delete_state(network.handle, _SESSION)
    rules = [network.pack.rules[i] for i in sorted(session.fired - {-1})]
    concluded = {name for rule in rules for name in rule.then.conclude}
    return Outcome(tuple(rule.id for rule in rules), tuple(sorted(concluded)))


class _Session:
    """One world in the library: what was stated, what fired, which entities each tally marked."""

    def __init__(self, network: Network) -> None:
        self.handle, self.plan = network.handle, network.plan
        self.place: int | None = None  # where the library keeps the session, once there is one
        self.sent = 0
        self.firings = 0
        self.most = 0
        self.fired: set[int] = set()
        self.stated: set[int] = set()
        self.marks: list[set[str]] = [set() for _ in range(self.plan.counts)]

    def run(self, entities: tuple[Entity, ...], world: World) -> None:
        """State a world stage by stage, and fire all there is to fire after each."""
        self.most = len(self.plan.goals) * max(1, len(entities))  # a native rule matches at most once for each entity
        self.state_entities(entities, world)
        for count, subject in self.plan.tallies:
            self.state(subject, {"count": len(self.marks[count])})
        self.drain()
        for gate in self.plan.gates:
            self.state(gate, {})
            self.drain()

    def state_entities(self, entities: tuple[Entity, ...], world: World) -> None:
        sent = dict.fromkeys(self.plan.kinds, 0)
        for entity, values in zip(entities, world, strict=True):
            if entity.kind in sent:  # else no rule reads it
                sent[entity.kind] += 1
                self.state(self.plan.kinds[entity.kind], values)
        self.drain()
        for kind, number in sent.items():
            seen = len(self.marks[self.plan.seen[kind]])
            if seen != number:
                raise InternalError(f"durable-rules saw {seen} of {number} facts of the kind {kind}")

    def state(self, subject: int, values: Mapping[str, Scalar]) -> None:
        """State one fact. Some native rule asks for any fact about its subject, so the library must store it."""
        self.sent += 1
        fact = self.plan.senders[subject].fact(self.sent, values)
        code, self.place = _engine.assert_fact(self.handle, fact)
        if code:
            raise InternalError(f"durable-rules did not store a fact (code {code})")

    def drain(self) -> None:
        """Fire until nothing is left to fire."""
        if self.place is None:
            return
        try:
            started = _engine.start_action_for_state(self.handle, self.place)
            match = started[1] if started else None
            while match:
                self.fire(match)
                match = _engine.complete_and_start_action(self.handle, self.place)
        except BaseException:
            with suppress(_engine.error):  # it may be the action itself that could not start
                _engine.abandon_action(self.handle, self.place)
            raise

    def fire(self, match: str) -> None:
        """Act on one match, whose text opens with our own tokens: `{"RULE":{"p0":{"id":"NUMBER",...`."""
        self.firings += 1
        if self.firings > self.most:
            raise InternalError(f"durable-rules fired more than the {self.most} times it can")
        _, rule, _, _, _, _, _, number, _ = match.split('"', 8)
        goal = self.plan.goals[int(rule)]
        if goal.tally >= 0:
            self.marks[goal.tally].add(number)
            return
        self.fired.add(goal.rule)
        for subject in goal.facts:
            if subject not in self.stated:
                self.stated.add(subject)
                self.state(subject, {})


def _plan(pack: Pack) -> Plan:
    """The plan of a pack: the one kept from an earlier run, if the pack is as it was loaded, else made now."""
    key = key_of(pack)
    kept = cache.recall(f"{key}-network", Plan) if key else None
    if kept is not None:
        return kept
    from escalation.rete_plan import plan

    made = plan(pack)
    if key:
        cache.keep(f"{key}-network", made)
    return made


def _compile(planned: Plan) -> int:
    """Compile native rules, and fire one of them once."""
    if _engine is None:
        raise InternalError(missing())
    try:
        handle: int = _engine.create_ruleset("pack", planned.rules)
        _, place = _engine.assert_fact(handle, '{"id":"warm","warm":1}')
        if _engine.start_action_for_state(handle, place) is None:
            raise InternalError("durable-rules did not fire its first rule")
        _engine.complete_and_start_action(handle, place)
        _engine.delete_state(handle, _SESSION)
    except _engine.error as error:
        raise InternalError(f"durable-rules refused the pack: {error}") from error
    return handle
