"""JSON Schema of a review file, `NAME.review.yaml`."""

from __future__ import annotations

from escalation.analysis.review import SIGNATURES, VERDICTS
from escalation.analysis.review_file import ENTRY, SIGNATURE
from escalation.schema import DRAFT, TEXT, Schema, list_of, object_of

__all__ = ["review_schema"]

_ABOUT = {
    "line": "a rule (ROL-10), a condition of it (ROL-10/2, WRN-10/2:ID), or a level (rating/SCALE)",
    "reviewer": "who says so",
    "reason": "why, for the next reader; a dispute and an override need one",
    "answer": "what an override answers in place of the engine",
    "said": "what the line said then",
    "digest": "the digest of what the line said then; assess review fills it in",
}


def review_schema() -> Schema:
    """The schema of a review file. What a digest must be, only the trace can tell."""
    day: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "the day of the review"}
    reasoned = {"verdict": {"enum": [word for word in VERDICTS if word != "accept"]}}
    entry = {
        **_keys(ENTRY, {"verdict": {"enum": list(VERDICTS)}, "date": day}),
        "if": {"properties": reasoned, "required": ["verdict"]},
        "then": {"required": ["reason"]},
    }
    properties: Schema = {
        "review_schema": {"enum": [1, "1"], "description": "edition of the format"},
        "scenario": {**TEXT, "description": "the id of the scenario beside it"},
        "signature": _keys(SIGNATURE, {"state": {"enum": list(SIGNATURES)}, "date": day}),
        "lines": list_of(entry),
    }
    return {"$schema": DRAFT, "title": "Review", **object_of(properties, ["review_schema", "scenario"])}


def _keys(names: tuple[tuple[str, ...], tuple[str, ...]], known: Schema) -> Schema:
    """A mapping with the keys that a record must have and those that it may have."""
    required, optional = names
    described = {name: {**TEXT, "description": _ABOUT[name]} for name in (*required, *optional) if name in _ABOUT}
    return object_of({**dict.fromkeys((*required, *optional), TEXT), **described, **known}, required)
