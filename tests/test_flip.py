"""Flips against brute force on random packs and scenarios, in the scenario's file, and on the seed's cases."""

import json
from copy import deepcopy
from itertools import combinations, product
from typing import Any

import pytest
from tests.exact.cases import DAY, KINDS, Case, case, rate, read, samples, write
from tests.support.command import run

from escalation import InputError, assess, load_pack
from escalation.analysis.flip_lines import steps
from escalation.edits import with_entity, with_values
from escalation.questions import flip
from escalation.sets import contains

OFFICES = ("envoy", "minister", "head")
Moves = dict[str, Any]  # path -> value; "" -> (office, kind) of a further warning


def knobs(found: Case, physics: bool) -> dict[str, tuple[tuple[int, ...], Any, list[Any]]]:
    """Every fact that may move, and every statement that covers several: path to (entities, field, other values)."""
    read_fields = {f.key for fields in found.assessed().board.grid.columns.values() for f in fields}
    plurals = {kind.name: kind.plural for kind in found.pack.vocabulary.kinds.values()}
    moving = {}
    for at, entity in enumerate(found.scenario.entities):
        for name, fact in entity.facts.items():
            field = fact.field
            closed = field.member_of and fact.state == "assumed"
            if field.key in read_fields and (physics or (field.changed_by != "physics" and not closed)):
                head = f"{plurals[entity.kind]}.{entity.id}" if plurals[entity.kind] else entity.kind
                values = [v for v in samples(field, field.domain) if v != fact.best]
                moving[f"{head}.{name}"] = ((at,), field, values)
    return moving | statements(found, moving)


def statements(found: Case, moving):
    """For each field of an item, the items that one statement under the transfer covers, or would cover."""
    shared = {}
    for name in ("role", "range", "terms"):
        own = [number for number, item in enumerate(found.document["items"]) if name not in item]
        covered = [(f"items.i{number}.{name}", number) for number in own]
        if len(covered) > 1 and all(path in moving for path, _ in covered):
            _, field, values = moving[covered[0][0]]
            shared[f"transfer.{name}"] = (tuple(moving[path][0][0] for path, _ in covered), field, values)
    return shared


def brute(found: Case, physics: bool, most: int, up: bool) -> tuple[int | None, list[Moves]]:
    """The smallest sets by trying all; sets that would repeat another entity do not count."""
    moving, level = knobs(found, physics), found.assessed().rating.level
    asked = found.assessed().board.grid.columns["warning"]
    further = [(o, k) for o in OFFICES for k in KINDS] if asked else []
    number = len(found.scenario.entities)
    for size in range(1, most + 1):
        hits: list[Moves] = []
        for names in combinations(["", *moving] if further else moving, size):
            axes = [further if name == "" else moving[name][2] for name in names]
            for chosen in product(*axes):
                moves = dict(zip(names, chosen, strict=True))
                changes = [(at, moving[n][1], v) for n, v in moves.items() if n for at in moving[n][0]]
                if len({(at, field.key) for at, field, _ in changes}) < len(changes):
                    continue  # a set moves each fact once
                changed = with_values(found.scenario, found.pack.vocabulary, changes)
                if "" in moves:
                    facts = dict(zip(("office", "kind"), moves[""], strict=True))
                    changed = with_entity(changed, found.pack.vocabulary, "warning", facts)
                told = rate(found.pack, changed)[0][0]
                if (told > level if up else told < level) and len(changed.entities) == number + ("" in moves):
                    hits.append(moves)
        if hits:
            return size, hits
    return None, []


def covers(one: Any, moves: Moves) -> bool:
    """Whether a flip's line is about just these facts, and takes these values in."""
    if {c.path for c in one.changes} != moves.keys() - {""} or (one.further is None) != ("" not in moves):
        return False
    held = all(contains(c.values, moves[c.path]) for c in one.changes)
    if one.further is None:
        return held
    said = dict(zip(("office", "kind"), moves[""], strict=True))
    return held and all(contains(values, said[field.name]) for field, values in one.further.ranges)


def total(found: Case, one: Any) -> float:
    """The distance of a flip, from what it shows."""
    moved = sum(steps(c.field, c.before, c.after) for c in one.changes)
    if one.further is None:
        return moved
    facts = one.further.facts
    office = abs(OFFICES.index(facts["office"]) - 1) if "office" in facts else 0
    return moved + 1 + office + (KINDS.index(facts["kind"]) if "kind" in facts else 0)


def small(found: Case, physics: bool, size: int, limit: int) -> bool:
    """Whether trying all sets up to a size is feasible."""
    axes = [len(values) for _, _, values in knobs(found, physics).values()] + [12]
    return sum(1 for _ in combinations(axes, size)) * (sum(axes) / len(axes)) ** size < limit


def compared(seed: int, limit: int = 2_000) -> int:
    """Compare one case both ways; the number of sets found."""
    found, physics = case(seed, 0.1 if seed % 3 else 0.0, same_days=True), seed % 2 == 1
    most = next((n for n in (3, 2, 1) if small(found, physics, n, limit)), 0)
    sets = 0
    for up in (True, False):
        if not 1 <= found.assessed().rating.level + (1 if up else -1) <= 4:
            continue
        size, hits = brute(found, physics, most, up)
        free = (
            "physics",
            *(f"warnings.{e.id}.also" for e in found.scenario.entities if e.kind == "warning" and physics),
        )
        told = flip(found.assessed(), "up" if up else "down", free=free if physics else (), most=most)
        overall = told.answers[0]
        assert overall.size == size, (seed, up)
        for moves in hits:
            assert sum(covers(one, moves) for one in overall.flips) >= 1, (seed, up, moves)
            if "" not in moves:
                assert sum(covers(one, moves) for one in overall.flips) == 1, (seed, up, moves)
        for one in overall.flips:
            assert any(covers(one, moves) for moves in hits), (seed, up, one)
            assert one.distance == pytest.approx(total(found, one))
        assert [f.distance for f in overall.flips] == sorted(f.distance for f in overall.flips)
        check_groups(told, hits, size)
        sets += len(hits)
    return sets


def check_groups(told, hits, size) -> None:
    """The answer of a group is that of the sets that move facts of that group only."""
    for answer in told.answers[1:]:
        own = [one for one in told.answers[0].flips if one.kinds == (answer.group,)]
        assert answer.above == bool(own)
        assert answer.size is None or answer.size >= size
        assert not answer.above or answer.flips == tuple(own)
        assert all(one.kinds == (answer.group,) for one in answer.flips)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
def test_flip_equals_brute_force(block):
    assert sum(compared(seed, 1_000) for seed in range(block * 15, block * 15 + 15)) > 0


@pytest.mark.slow
def test_flip_equals_brute_force_on_a_thousand():
    assert sum(compared(seed, 400) for seed in range(1000, 2000)) > 1000


def in_file(found: Case, one: Any) -> dict[str, Any]:
    """The case's document after a flip; what stands for several entities is changed in each of them."""
    document = deepcopy(found.document)
    for change in one.changes:
        write(document, change.path, change.after)
        for kept, dropped in found.scenario.merged:
            if f".{kept}." in change.path:
                write(document, change.path.replace(f".{kept}.", f".{dropped}."), change.after)
    if one.further:
        document.setdefault("warnings", []).append({"id": "further", "date": DAY, **one.further.facts})
    return document


@pytest.mark.slow
def test_a_flip_written_into_the_file_gives_the_promised_level():
    done = 0
    for seed in range(3000, 3120):
        found = case(seed, 0.15, same_days=True)
        for answer in flip(found.assessed(), free=("physics",)).answers:
            for one in answer.flips[:6]:
                again = assess(read(in_file(found, one), found.pack), found.pack)
                assert (again.rating.level, again.rating.score) == (one.level, one.score), (seed, one)
                assert (one.level >= answer.level) if answer.up else (one.level <= answer.level)
                done += 1
    assert done > 150


def test_one_statement_for_several_is_one_change():
    """The permission that both munitions inherit is one line of the file, and so one change."""
    told = flip(assess("scenarios/us-kharkiv-permission-2024.yaml"), "down").answers[0]
    (change,) = told.flips[0].changes
    assert (told.size, change.path) == (1, "transfer.permitted_targets")
    assert change.facts == ("items.gmlrs.permitted_targets", "items.shell.permitted_targets")


def test_none_within_is_a_result():
    found = case(7)
    told = flip(found.assessed(), most=0)
    assert [answer.size for answer in told.answers] == [None] * len(told.answers)
    assert all(answer.searched.complete for answer in told.answers)


def test_past_the_budget_it_says_how_far_it_got():
    found = next(
        c for c in map(case, range(100)) if len(flip(c.assessed(), most=2).answers) and c.assessed().rating.level == 2
    )
    answer = flip(found.assessed(), most=3, budget=1).answers[0]
    assert not answer.searched.complete
    assert answer.size is None
    assert answer.searched.size == 0


# -- the seed's cases


@pytest.fixture(scope="module")
def patriot():
    return assess("scenarios/us-patriot-2022.yaml")


def lines(told, up: bool, group: str = "") -> list[tuple[str, ...]]:
    answer = next(a for a in told.answers if a.up == up and a.group == group)
    return [
        (*(f"{c.path}={c.after}" for c in one.changes), *([f"further {one.further.kind}"] if one.further else []))
        for one in answer.flips
    ]


def test_patriot(patriot):
    told = flip(patriot)
    crews = ("transfer.supplier_personnel=supplier_crews_in_recipient",)
    assert crews in lines(told, True)
    assert lines(told, True, "decision") == [crews]
    assert ("warnings.kremlin-14-dec.operational_change=partial",) in lines(told, True)
    assert ("further warning",) in lines(told, True, "event")
    assert lines(told, False) == [("items.interceptor.precedent=same_class",)]
    assert lines(told, False, "decision") == [
        ("transfer.public_profile=disclosed_after_use", "items.interceptor.consent_per_use=True")
    ]
    assert next(c for c in told.answers[0].flips[1].changes).state == "open"


def test_physics_is_held_and_may_be_freed(patriot):
    held = {one.path: one.because for one in flip(patriot).held}
    assert held["items.interceptor.range"] == held["items.interceptor.role"] == "physics"
    freed = flip(patriot, "down", free=["items.interceptor.role"])
    assert ("items.interceptor.role=non_lethal",) in lines(freed, False) or any(
        "role" in line[0] for line in lines(freed, False)
    )
    assert "items.interceptor.role" not in {one.path for one in freed.held}


@pytest.mark.parametrize("name", ["transfer.supplier_personnel", "transfer", "decision", "supplier_personnel"])
def test_what_is_held_stays(patriot, name):
    told = flip(patriot, "up", hold=[name])
    assert not any("supplier_personnel" in part for line in lines(told, True) for part in line)
    assert {"asked"} == {one.because for one in told.held if one.path == "transfer.supplier_personnel"}


def test_a_field_is_freed_wherever_it_stands(patriot):
    told = flip(patriot, "down", free=["role"])
    assert "items.interceptor.role" not in {one.path for one in told.held}
    assert "items.interceptor.range" in {one.path for one in told.held}
    lists = flip(patriot, "up", free=["also"])
    assert not any("also" in one.path for one in lists.held)


def test_no_further_entity_where_its_kind_is_held(patriot):
    for name in ("warnings", "event"):
        told = flip(patriot, "up", hold=[name])
        assert ("further warning",) not in lines(told, True)


@pytest.mark.parametrize("to", ["severe", "high", "minimal"])
def test_to_a_level(patriot, to):
    told = flip(patriot, to)
    names = [level.name for level in patriot.pack.levels]
    for one in told.answers[0].flips:
        assert one.level >= names.index(to) + 1 if to != "minimal" else one.level == 1


@pytest.mark.parametrize("to", ["limited", "LIMITED", "grave"])
def test_to_no_other_level_is_an_error(patriot, to):
    with pytest.raises(InputError):
        flip(patriot, to)


def test_data_is_plain(patriot):
    told = json.loads(json.dumps(flip(patriot).data()))
    assert told["answers"][0]["direction"] == "up"
    assert {"fact", "moves", "before", "after", "changed_by", "state", "same_result"} == set(
        told["answers"][0]["flips"][0]["changes"][0]
    )


def test_every_seed_case_is_quick_and_rated_again():
    import time

    pack = load_pack()
    start = time.perf_counter()
    for name in ("us-patriot-2022", "us-atacms-2022", "us-package-dec-2022", "us-kharkiv-permission-2024"):
        assert flip(assess(f"scenarios/{name}.yaml", pack)).answers
    assert time.perf_counter() - start < 20


# -- the command


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--to", "grave"), "ASK-4"),
        (("--hold", "items.interceptor.colour"), "EDIT-3"),
        (("--hold", "ships"), "EDIT-1"),
        (("--free", "items.gun"), "EDIT-2"),
    ],
)
def test_names_that_name_nothing_are_errors(words, code):
    found = run("flip", "scenarios/us-patriot-2022.yaml", *words)
    assert (found.code, found.out) == (2, "")
    assert code in found.err
