"""Pairs and variants: two cases, or two forms of one case, whose order is known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from escalation.assess import Assessment, in_scope
from escalation.diagnostics import InputError
from escalation.edits import edited
from escalation.scenario import Scenario
from escalation.source import Node
from escalation.workbench.checks import OWN_KEYS, Bench, Check, SectionReader, Verdict

__all__ = ["read_pairs", "read_variants"]

_RELATIONS = ("<", "<=", "==")


def read_pairs(reader: SectionReader, nodes: tuple[Node, ...]) -> Iterator[Check]:
    """Checks that one case rates below another."""
    for node in nodes:
        found = reader.keys(node, "a pair", [*OWN_KEYS, "lower", "higher", "relation"], ["if_it_fails"])
        lower, higher = (reader.text(found.get(key), key) or "" for key in ("lower", "higher"))
        relation = reader.word(found.get("relation"), "relation", _RELATIONS) or "<"
        yield reader.check("pairs", found, node, partial(_pair, lower, higher, relation))


def read_variants(reader: SectionReader, nodes: tuple[Node, ...]) -> Iterator[Check]:
    """Checks that one form of a case rates below another form of it."""
    for node in nodes:
        found = reader.keys(node, "a variant", [*OWN_KEYS, "base", "lower", "higher", "relation"], ["if_it_fails"])
        base = reader.text(found.get("base"), "base") or ""
        lower, higher = (reader.texts(found.get(key), key) for key in ("lower", "higher"))
        relation = reader.word(found.get("relation"), "relation", _RELATIONS) or "<"
        yield reader.check("variants", found, node, partial(_variant, base, lower, higher, relation))


def _pair(lower: str, higher: str, relation: str, bench: Bench) -> Verdict:
    absent = _absent(bench, lower, higher)
    return absent or _compared(bench, bench.cases[lower], bench.cases[higher], relation)


def _variant(base: str, lower: tuple[str, ...], higher: tuple[str, ...], relation: str, bench: Bench) -> Verdict:
    if absent := _absent(bench, base):
        return absent
    try:
        forms = [edited(bench.cases[base], bench.pack.vocabulary, assign) for assign in (lower, higher)]
    except InputError as error:
        return Verdict(1, 0, tuple(problem.message for problem in error.problems))
    return _compared(bench, forms[0], forms[1], relation)


def _absent(bench: Bench, *names: str) -> Verdict | None:
    """Why a comparison cannot be made: a case is not at hand, or is outside the pack."""
    if missing := [name for name in names if name not in bench.cases]:
        return Verdict(skipped=f"not at hand: {', '.join(missing)}")
    outside = [name for name in names if in_scope(bench.cases[name], bench.pack)]
    return Verdict(out_of_scope=f"perceiver outside the pack: {', '.join(outside)}") if outside else None


def _compared(bench: Bench, lower: Scenario, higher: Scenario, relation: str) -> Verdict:
    low, high = (_finest(bench.rate(scenario)) for scenario in (lower, higher))
    holds = {"<": low < high, "<=": low <= high, "==": low == high}[relation]
    names = (
        f"{scenario.id} {bench.pack.levels[level - 1].name.upper()} {score}"
        for scenario, (level, score) in ((lower, low), (higher, high))
    )
    return Verdict(1, int(low != high), () if holds else (f" {relation} ".join(names),))


def _finest(found: Assessment) -> tuple[int, int]:
    """The finest ordinal of a rating on the headline scale: level, then score."""
    return found.rating.level, found.rating.score
