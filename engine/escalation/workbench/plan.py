"""`assess rules plan OLD NEW`: what a change of rules does, before it is merged.

Over all scenarios, by proof: is there one that the new pack rates higher, is there one that it rates lower, on each
scale? For the change as a whole and for each changed rule alone, put into the old pack. A rule whose condition
changed gets a region: the values of a field outside which, provably, its change makes no difference. Witnesses are
rated by both packs before they are shown. Over the scenarios at hand: every rating before and after, with the rules
responsible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import z3

from escalation.analysis.rated import Rated as World
from escalation.analysis.rated import rated, switched
from escalation.assess import assess, in_scope
from escalation.diagnostics import InternalError
from escalation.pack import Pack
from escalation.rules import Concluded, Rule, Test, chained, walk
from escalation.scenario import Scenario
from escalation.sets import Set, complement, intersection, is_empty, union
from escalation.vocabulary import Field
from escalation.workbench import specimen
from escalation.workbench.depth import depths
from escalation.workbench.plainer import plainer
from escalation.workbench.symbolic import Copy, Universe, witness_of

__all__ = ["EQUIVALENT", "Change", "Effect", "Moved", "Plan", "Region", "fields_changed", "plan"]

EQUIVALENT, RAISES, LOWERS, INCOMPARABLE, UNKNOWN = "equivalent", "raises", "lowers", "raises and lowers", "unknown"


class Effect(NamedTuple):
    """What a change does on one scale over all scenarios, with the facts of a witness for each direction.

    `level` and `score` are "equivalent", "raises", "lowers", "raises and lowers" or "unknown" (time ran out).
    """

    scale: str
    level: str
    score: str
    raised: specimen.Facts | None
    lowered: specimen.Facts | None


class Region(NamedTuple):
    """Values of a field without which a change makes no difference: proved, over all scenarios."""

    field: Field
    values: Set


class Change(NamedTuple):
    """One rule that differs: what differs about it, what that alone does, and where."""

    rule: str
    title: str
    what: tuple[str, ...]
    effects: tuple[Effect, ...]
    regions: tuple[Region, ...]


class Moved(NamedTuple):
    """A scenario whose rating differs: before and after, rules switched, and rules that give other points."""

    scenario: str
    file: str
    before: World
    after: World
    on: tuple[str, ...]
    off: tuple[str, ...]
    other_points: tuple[str, ...]


class Plan(NamedTuple):
    """The whole result. `depth` is how many entities of each kind stand for any number of them."""

    old: Pack
    new: Pack
    depth: dict[str, int]
    effects: tuple[Effect, ...]
    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]
    replayed: int


def plan(old: Pack, new: Pack, scenarios: Sequence[Scenario], seconds: float) -> Plan:
    """Compare two packs with the same fields and scales, each question within `seconds`."""
    universe = Universe.of(old, new)
    depth = depths(universe)
    changed = _changed(old, new)
    effects = tuple(_effects(universe, depth, seconds))
    changes = tuple(_change(old, new, rule, depth, seconds) for rule in changed)
    covered = [s for s in scenarios if not in_scope(s, old) and not in_scope(s, new)]
    moved = tuple(m for s in covered if (m := _moved(old, new, s)))
    return Plan(old, new, depth, effects, changes, moved, len(covered))


def fields_changed(old: Pack, new: Pack) -> list[str]:
    """Keys of readable fields that are not the same in both packs: with any, scenarios do not mean the same."""
    keys = {**old.vocabulary.fields, **new.vocabulary.fields}
    return [key for key in keys if _meaning(old, key) != _meaning(new, key)]


def _meaning(pack: Pack, key: str) -> Any:
    field = pack.vocabulary.fields.get(key)
    return field and (field.type, field.domain, field.order, field.unit, field.assume)


def _effects(universe: Universe, depth: dict[str, int], seconds: float) -> Iterator[Effect]:
    """What the second pack of a universe does to the ratings of the first, by scale."""
    for index, scale in enumerate(universe.packs[0].scales):
        found: dict[tuple[str, int], specimen.Facts | str | None] = {}
        for what in ("level", "score"):
            for sign in (1, -1):
                found[what, sign] = _difference(universe, depth, index, what, sign, seconds)
        level, score = (_verdict(found[what, 1], found[what, -1]) for what in ("level", "score"))
        raised, lowered = (
            next((f for what in ("level", "score") if isinstance(f := found[what, sign], dict)), None)
            for sign in (1, -1)
        )
        yield Effect(scale.name, level, score, raised, lowered)


def _verdict(up: object, down: object) -> str:
    if UNKNOWN in (up, down):
        return UNKNOWN
    if up is None and down is None:
        return EQUIVALENT
    return INCOMPARABLE if up is not None and down is not None else RAISES if up is not None else LOWERS


def _difference(
    universe: Universe, depth: dict[str, int], index: int, what: str, sign: int, seconds: float
) -> specimen.Facts | str | None:
    """The facts of a scenario that the new pack rates higher (sign 1) or lower, confirmed; None if there is none."""
    scene = Copy(universe, depth, "s")
    scale = universe.packs[0].scales[index]
    before, after = scene.rated(0), scene.rated(1)
    ends = (before.level(scale), after.level(universe.packs[1].scales[index]))
    if what == "score":
        ends = (before.total(scale), after.total(universe.packs[1].scales[index]))
    model = _model([sign * ends[1] > sign * ends[0], *scene.facts], seconds)
    if model is None or isinstance(model, str):
        return model
    old, new = universe.packs
    facts = specimen.facts_of(old, witness_of(scene, model))

    def shows(scenes: Sequence[specimen.Facts]) -> bool:
        ratings = [assess(specimen.read(pack, scenes[0]), pack).ratings[index] for pack in (old, new)]
        values = [rating.level if what == "level" else rating.score for rating in ratings]
        return sign * values[1] > sign * values[0]

    if not shows([facts]):
        raise InternalError(f"the prover and the engine disagree on what {new.name} {new.version} changes")
    return plainer([facts], shows)[0]


def _model(terms: Sequence[Any], seconds: float) -> Any:
    solver = z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    solver.add(*terms)
    result = solver.check()
    if result == z3.unknown:
        return UNKNOWN
    return solver.model() if result == z3.sat else None


# -- rule by rule


def _changed(old: Pack, new: Pack) -> list[str]:
    ids = dict.fromkeys(rule.id for rule in (*old.rules, *new.rules))
    return [name for name in ids if _differences(old.rule(name), new.rule(name))]


def _differences(a: Rule | None, b: Rule | None) -> tuple[str, ...]:
    """What differs about a rule that can touch a rating."""
    if a is None or b is None:
        return ("added",) if a is None else ("removed",)
    return tuple(
        name
        for name, one, other in (
            ("condition", _shape(a.when), _shape(b.when)),
            ("points", a.then.points, b.then.points),
            ("conclusions", a.then.conclude, b.then.conclude),
            ("floor", a.then.floor, b.then.floor),
            ("ceiling", a.then.ceiling, b.then.ceiling),
            ("factor", a.factor, b.factor),
        )
        if one != other
    )


def _shape(node: Any) -> Any:
    """A condition without its places and sentences; the name of the node keeps All and Any apart."""
    if isinstance(node, Test):
        return ("test", node.field.key, node.accept)
    if hasattr(node, "where"):
        return ("count", node.kind, node.accept, _shape(node.where))
    if hasattr(node, "children"):
        return (type(node).__name__, tuple(_shape(child) for child in node.children))
    return ("concluded", node.name, node.expected)


def _change(old: Pack, new: Pack, name: str, depth: dict[str, int], seconds: float) -> Change:
    before, after = old.rule(name), new.rule(name)
    shown = after or before
    assert shown is not None
    alone = _with_rule(old, new, name)
    if alone is None:
        return Change(name, shown.title, _differences(before, after), (), ())
    universe = Universe.of(old, alone)
    effects = tuple(_effects(universe, depths(universe), seconds))
    regions: tuple[Region, ...] = ()
    if before and after and any(e.score != EQUIVALENT for e in effects):
        regions = tuple(_regions(universe, depths(universe), before, after, seconds))
    return Change(name, shown.title, _differences(before, after), effects, regions)


def _with_rule(old: Pack, new: Pack, name: str) -> Pack | None:
    """The old pack with one rule of the new one; None if that leaves a conclusion that nobody makes."""
    replacement = new.rule(name)
    rules = [replacement if rule.id == name else rule for rule in old.rules]
    if old.rule(name) is None:
        rules.append(replacement)
    kept = tuple(rule for rule in rules if rule is not None)
    made = {conclusion for rule in kept for conclusion in rule.then.conclude}
    needed = {n.name for rule in kept for n in walk(rule.when) if isinstance(n, Concluded)}
    chain = chained(kept)
    if chain.circle or not needed <= made:
        return None
    return old._replace(rules=kept, order=chain.order, strata=chain.strata)


def _regions(universe: Universe, depth: dict[str, int], before: Rule, after: Rule, seconds: float) -> Iterator[Region]:
    """For each field tested otherwise than before: the values on which old and new tests differ, if that is proved."""
    for field, values in _disputed(before, after):
        scene = Copy(universe, depth, "s")
        old, new = scene.rated(0), scene.rated(1)
        touched = [n for n, piece in enumerate(universe.bins[field.key]) if not is_empty(intersection(piece, values))]
        nowhere = [
            z3.Implies(here, z3.Not(scene.within(field.entity, i, field, touched)))
            for i, here in enumerate(scene.present[field.entity])
        ]
        differs = [old.total(s) != new.total(s) for s in universe.packs[0].scales]
        differs += [old.level(s) != new.level(s) for s in universe.packs[0].scales]
        if _model([z3.Or(*differs), *nowhere, *scene.facts], seconds) is None:
            yield Region(field, values)


def _disputed(before: Rule, after: Rule) -> list[tuple[Field, Set]]:
    """By field, the values that some test accepts in one of two conditions and no like test does in the other."""
    found: dict[str, tuple[Field, Set]] = {}
    sides = [[n for n in walk(rule.when) if isinstance(n, Test)] for rule in (before, after)]
    for mine, others in (sides, sides[::-1]):
        for test in mine:
            like = [o.accept for o in others if o.field.key == test.field.key]
            if not like or test.accept in like:
                continue
            for accept in like:
                domain = test.field.domain
                assert domain is not None
                apart = intersection(test.accept, complement(accept, domain))
                known = found.get(test.field.key)
                found[test.field.key] = (test.field, union(known[1], apart) if known else apart)
    return [(field, values) for field, values in found.values() if not is_empty(values)]


# -- the scenarios at hand


def _moved(old: Pack, new: Pack, scenario: Scenario) -> Moved | None:
    before, after = rated(old, scenario), rated(new, scenario)
    if [(s.level, s.total) for s in before.scales] == [(s.level, s.total) for s in after.scales]:
        return None
    on, off = switched(before, after)
    stayed = set(before.fired) & set(after.fired)
    other = tuple(n for n in after.fired if n in stayed and _differences(old.rule(n), new.rule(n)))
    return Moved(scenario.id, scenario.file, before, after, on, off, other)
