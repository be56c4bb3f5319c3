"""JSON Schema of the head of a pack, `pack.yaml`, and of the panels that stand beside a rating, `panels.yaml`."""

from __future__ import annotations

from collections.abc import Iterable

from escalation.facts import GRADE
from escalation.scenario import PERCEIVERS
from escalation.schema import DRAFT, TEXT, WHEN, Schema, condition_parts, list_of, object_of, one_of, words_of
from escalation.vocabulary import Vocabulary, Word

__all__ = ["pack_schema", "panels_schema"]


def pack_schema(vocabulary: Vocabulary) -> Schema:
    """The schema of `pack.yaml`, the head of a pack."""
    field = vocabulary.fields.get(PERCEIVERS)
    perceiver = words_of(field.words) if field else TEXT
    whole: Schema = {"type": "integer"}
    level = object_of({"name": TEXT, "meaning": TEXT}, ["name", "meaning"])
    thresholds = {"type": "object", "additionalProperties": whole, "description": "the least total of each level"}
    scale = object_of({"question": TEXT, "thresholds": thresholds}, ["question", "thresholds"])
    factor = object_of({"label": TEXT, "min": {**whole, "maximum": 0}, "max": {**whole, "minimum": 0}})
    limits = ("most_judgements", "most_assumed", "least_margin", "most_range_levels")
    confidence = {
        "level": {"enum": ["high", "moderate", "low"]},
        "weakest_grade": {"type": "string", "pattern": f"^{GRADE}$"},
        **dict.fromkeys(limits, whole),
    }
    properties: Schema = {
        "pack": {**TEXT, "description": "the name of the pack"},
        "version": TEXT,
        "perceivers": {"anyOf": [perceiver, list_of(perceiver)], "description": "whose reading the rules model"},
        "written_with_knowledge_to": {"$ref": "#/$defs/date", "description": "what the authors could know"},
        "rules": {"anyOf": [TEXT, list_of(TEXT)], "description": "the files of rules, in pack order"},
        "levels": {**list_of(level), "description": "from level 1 up, with their fixed meanings"},
        "scales": {"type": "object", "additionalProperties": scale, "description": "the first is the headline"},
        "factors": {"type": "object", "additionalProperties": {**factor, "required": ["label", "min", "max"]}},
        "caveats": {"anyOf": [TEXT, list_of(TEXT)], "description": "lines that stand on every report"},
        "confidence": {**list_of(object_of(confidence, ["level"])), "description": "the first row that is met applies"},
    }
    key = words_of(
        {field.key: Word(field.label, field.meaning) for field in vocabulary.fields.values() if field.readable}
    )
    keys = {"anyOf": [key, list_of(key)]}
    steps = object_of({"field": key, "days": whole}, ["field", "days"])
    questions = {
        **object_of({"terms": keys, "together": list_of(keys), "steps": steps}),
        "description": "for questions",
    }
    defs = {"date": WHEN}
    fields = {"type": "array", "items": {"type": "string"}, "description": "fields that say enough together"}
    need = object_of({"every": one_of(vocabulary.kinds), "one_of": list_of(fields), "because": TEXT})
    needs = {**list_of({**need, "required": list(need["properties"])}), "description": "what must be said to be rated"}
    frozen = object_of({"on": {"$ref": "#/$defs/date"}, "substance": TEXT}, ["on", "substance"])
    optional = {"questions": questions, "needs": needs, "frozen": frozen}
    whole_pack = object_of({**properties, **optional}, list(properties))
    return {"$schema": DRAFT, "title": "Pack", **whole_pack, "$defs": defs}


def panels_schema(vocabulary: Vocabulary, levels: Iterable[str] = (), sources: Iterable[str] = ()) -> Schema:
    """The schema of `panels.yaml`; names of levels and sources are completed where they are given.

    The columns of a panel are keys of its rows, which a schema cannot follow: a row may have any text beside.
    """
    level, source = one_of(levels), one_of(sources)
    basis = {"anyOf": [source, list_of(source)], "description": "names in sources.yaml"}
    reasons: Schema = {
        "level": {"anyOf": [level, list_of(level)], "description": "shown if the headline's range touches it"},
        "pathway": {**TEXT, "description": "shown always, with the fired rules that carry the tag"},
        "when": {"$ref": "#/$defs/when", "description": "shown where the condition holds or cannot be told"},
    }
    row: Schema = {
        "type": "object",
        "properties": {**reasons, "basis": basis},
        "additionalProperties": TEXT,
        "oneOf": [{"required": [name]} for name in reasons],
    }
    panel = {
        "title": TEXT,
        "says": {**TEXT, "description": "what the table is, above it"},
        "columns": {"anyOf": [TEXT, list_of(TEXT)], "description": "keys of a row that are printed"},
        "under": {"anyOf": [TEXT, list_of(TEXT)], "description": "columns that stand below the last one"},
        "detail": {"enum": ["ledger", "full"], "description": "full keeps it out of the ordinary report"},
        "basis": basis,
        "rows": list_of(row),
    }
    panels: Schema = {"type": "object", "additionalProperties": object_of(panel, ["title", "columns"])}
    whole = object_of({"panels": panels}, ["panels"])
    return {"$schema": DRAFT, "title": "Panels", **whole, "$defs": condition_parts(vocabulary)}
