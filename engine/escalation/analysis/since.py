"""What differs between two results of one scenario: ratings, facts, rules, and the pack itself.

Both are traces as JSON data, since the earlier one comes from a file. Only what rules read is compared as a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["differences", "is_trace"]

Json = dict[str, Any]
_RATING = ("level", "low", "high", "score", "score_low", "score_high")


def is_trace(data: Any) -> bool:
    """Whether data is a trace of the version that this program writes."""
    return isinstance(data, dict) and data.get("trace_schema") == 1 and isinstance(data.get("ledger"), list)


def differences(old: Json, new: Json) -> Json:
    """What differs, from `old` to `new`; empty lists where nothing does.

    A fact is compared by its value, what is possible, its source and its grade; a rule by its state and by its points.
    """
    return {
        "earlier": {key: old[part][key] for part, key in (("scenario", "as_of"),)} | _digests(old),
        "later": {"as_of": new["scenario"]["as_of"]} | _digests(new),
        "ratings": [
            {"scale": name, "then": _figures(old["ratings"].get(name)), "now": _figures(rating)}
            for name, rating in new["ratings"].items()
            if _figures(old["ratings"].get(name)) != _figures(rating)
        ],
        "confidence": None
        if old["confidence"]["level"] == new["confidence"]["level"]
        else {"then": old["confidence"]["level"], "now": new["confidence"]["level"]},
        "facts": _pairs("fact", dict(_facts(old)), dict(_facts(new))),
        "rules": _pairs("rule", _rules(old), _rules(new)),
    }


def _digests(trace: Json) -> Json:
    pack = trace["pack"]
    named = f"{pack['name']} {pack['version']}" + (f" ({pack['profile']})" if pack.get("profile") else "")
    return {"scenario": trace["scenario"]["digest"], "pack": named, "pack_digest": pack["digest"]}


def _figures(rating: Json | None) -> Json | None:
    return None if rating is None else {"name": rating["name"], **{key: rating[key] for key in _RATING}}


def _facts(trace: Json) -> Iterator[tuple[str, Json]]:
    """Every fact that a rule reads, by path: what identifies its value, and how it is shown."""
    for rule in trace["ledger"]:
        yield from _in_condition(rule["when"])


def _in_condition(node: Json) -> Iterator[tuple[str, Json]]:
    if "fact" in node:
        shown = node["shown"] if node["state"] == "stated" else f"{node['shown']} ({node['state']})"
        yield node["fact"], {"shown": shown, **{k: node[k] for k in ("value", "possible", "source", "grade")}}
    for child in (*node.get("all_of", ()), *node.get("any_of", ())):
        yield from _in_condition(child)
    for entity in node.get("entities", ()):
        yield from _in_condition(entity["where"])


def _rules(trace: Json) -> dict[str, Json]:
    return {
        rule["id"]: {
            "state": rule["state"],
            "in_assumed_world": rule["in_assumed_world"],
            "points": rule["points"],
            "title": rule["title"],
        }
        for rule in trace["ledger"]
    }


def _pairs(name: str, old: dict[str, Json], new: dict[str, Json]) -> list[Json]:
    """The keys whose values differ, those that are gone and those that are new, in the order of `new`."""
    keys = [*new, *(key for key in old if key not in new)]
    return [{name: key, "then": old.get(key), "now": new.get(key)} for key in keys if old.get(key) != new.get(key)]
