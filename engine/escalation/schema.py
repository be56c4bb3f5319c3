"""JSON Schema (draft 2020-12) of the files people write, made from the vocabulary: for editors, not for validation.

An editor that knows the schema completes keys and words, shows what they mean, and underlines mistakes as they are
typed. The loader stays the judge: a schema cannot say that a source must be listed, that low comes before high, or that
30000 mi is out of bounds. `scenario_schema` describes scenarios and `rules_schema` the rules of a pack; its head and
panels are in `schema_pack.py`, reviews in `schema_review.py`. YAML is described as its 1.2 core schema reads it: a
plain `2022` is a number where a date may be a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from escalation.entities import ID, written_under
from escalation.facts import ALTERNATIVE, ATTRIBUTION, GRADE, MOST_ALTERNATIVES, SHAPES, STATUSES, forms_of
from escalation.operators import OPERATORS, Operator
from escalation.register import judged
from escalation.scenario import PERCEIVERS, SOURCE_KEYS
from escalation.sets import Numbers
from escalation.vocabulary import EntityKind, Field, Vocabulary, Word

__all__ = [
    "DRAFT",
    "TEXT",
    "WHEN",
    "Schema",
    "condition_parts",
    "list_of",
    "object_of",
    "one_of",
    "rules_schema",
    "scenario_schema",
    "words_of",
]

Schema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_MONTH, _DAY = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
TEXT: Schema = {"type": ["string", "number", "boolean"]}
_UNKNOWN: Schema = {"const": "unknown", "title": "unknown", "description": "open: every value is possible"}
_PARAMETER: Schema = {"type": "string", "pattern": r"^\$[a-z_0-9]+$", "description": "a parameter of the pack"}
_CONCLUSION: Schema = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}
WHEN: Schema = {
    "anyOf": [
        {"type": "string", "pattern": f"^[0-9]{{4}}(-{_MONTH}(-{_DAY})?)?~?$"},
        {"type": "integer", "minimum": 1000, "maximum": 9999},
    ]
}
"""A day, a month or a year."""
_ABOUT = {
    "source": "who says so: a name under sources",
    "grade": "Admiralty grade: a letter for the source, a digit for the claim",
    "quote": "the source's own words, with their hedge",
    "known_at": "when this became known; what is later than as_of does not count",
    "seen_to": "the last day looked at, where nothing was seen",
    "status": "what kind of statement it is; by default a reported fact if there is a source, else an assumption",
    "note": "anything else worth saying about it",
    "probability": "the share of belief; all alternatives have one, or none",
}


def scenario_schema(vocabulary: Vocabulary, levels: Iterable[str] = ()) -> Schema:
    """The schema of a scenario file; `levels` are offered for the analyst's own, which may be anything."""
    kinds = vocabulary.kinds.values()
    field = vocabulary.fields.get(PERCEIVERS)
    perceiver = words_of(field.words) if field else TEXT
    properties: Schema = {
        "schema": {"enum": [1, "1"], "description": "edition of the format"},
        "id": {"type": "string", "pattern": f"^{ID}$", "description": "name of the scenario, unique in its folder"},
        "title": TEXT,
        "as_of": {"$ref": "#/$defs/day", "description": "the day rated: nothing that became known later counts"},
        "perceiver": {"anyOf": [perceiver, list_of(perceiver, 1)], "description": "whose reading is rated"},
        **{kind.plural or kind.name: _entities(kind) for kind in kinds},
        **{kind.register_key: _register(vocabulary, kind) for kind in kinds if kind.register_key},
        "sources": {"type": "object", "additionalProperties": _source()},
        "correlated": {"type": "array", "items": _correlation(), "description": "doubts that go together"},
        "observed": {"description": "what was seen afterwards; no rule can see it"},
        "ex_ante": {"description": "what a careful analyst would have rated on the day; no rule can see it"},
        "analyst": {
            **object_of({"level": {**TEXT, "examples": list(levels)}, "reason": TEXT, "dissent": TEXT}),
            "description": "the author's own level, shown beside the rating and no part of it",
        },
        "notes": {"anyOf": [TEXT, list_of(TEXT)]},
        "banner": {**TEXT, "description": "a line that stands over every report"},
    }
    required = ["schema", "id", "title", "as_of", "perceiver", *(kind.plural for kind in kinds if kind.at_least)]
    fields = [field for field in vocabulary.fields.values() if field.member_of is None and field.derive is None]
    return {
        "$schema": DRAFT,
        "title": "Scenario",
        **object_of(properties, required),
        "$defs": {
            "date": WHEN,
            "day": {"anyOf": [{"type": "string", "pattern": f"^[0-9]{{4}}-{_MONTH}-{_DAY}~?$"}]},
            "status": {"enum": list(STATUSES)},
            "grade": {"type": "string", "pattern": f"^{GRADE}$"},
            **{kind.name: _entity(vocabulary, kind) for kind in kinds},
            **{field.key: _statement(field) for field in fields},
        },
    }


def rules_schema(
    vocabulary: Vocabulary, factors: Iterable[str] = (), scales: Iterable[str] = (), levels: Iterable[str] = ()
) -> Schema:
    """The schema of a file of rules; names of factors, scales and levels are completed where they are given."""
    factor, level = one_of(factors), one_of(levels)
    names = list(scales)
    whole: Schema = {"type": "integer"}
    by_scale = object_of(dict.fromkeys(names, whole)) if names else {"type": "object"}
    limit = {"anyOf": [level, object_of(dict.fromkeys(names, level)) if names else {"type": "object"}]}
    note = object_of({"panel": TEXT, "text": TEXT}, ["panel", "text"])
    then = {
        "points": {"anyOf": [whole, by_scale], "description": "positive raises, negative dampens"},
        "conclude": {"anyOf": [_CONCLUSION, list_of(_CONCLUSION)]},
        "floor": {**limit, "description": "the level is at least this; it counts after every ceiling"},
        "ceiling": {**limit, "description": "the level is at most this"},
        "note": {"anyOf": [note, list_of(note)], "description": "a line for a panel of the report"},
    }
    rule = {
        "id": {**TEXT, "description": "unique in the pack"},
        "title": {**TEXT, "description": "the reason in at most six words"},
        "factor": {**factor, "description": "the family whose points it adds to"},
        "when": {"$ref": "#/$defs/when"},
        "then": {**object_of(then), "minProperties": 1},
        "because": {**TEXT, "description": "what a reader is told; {kind.field} and {parameter} are filled in"},
        "basis": {"anyOf": [TEXT, list_of(TEXT)], "description": "names in sources.yaml"},
        "assumption": {**TEXT, "description": "what has to be true for the rule to be right"},
        "falsified_by": {**TEXT, "description": "what would show it wrong"},
        "review_by": {"$ref": "#/$defs/date"},
        "pathway": {"anyOf": [TEXT, list_of(TEXT)]},
    }
    required = [name for name in rule if name != "pathway"]
    return {
        "$schema": DRAFT,
        "title": "Rules",
        **object_of({"rules": list_of(object_of(rule, required))}, ["rules"]),
        "$defs": {
            "date": WHEN,
            **condition_parts(vocabulary),
        },
    }


# -- scenarios


def _entities(kind: EntityKind) -> Schema:
    one = {"$ref": f"#/$defs/{kind.name}"}
    return {**list_of(one, kind.at_least), "description": kind.meaning} if kind.many else one


def _entity(vocabulary: Vocabulary, kind: EntityKind) -> Schema:
    own = {"id": {"type": "string", "pattern": f"^{ID}$", "description": "unique in the file"}} if kind.many else {}
    about = {
        "source": {**TEXT, "description": "who says so, for all facts that name no source of their own"},
        "grade": {"$ref": "#/$defs/grade", "description": _ABOUT["grade"]},
        "known_at": {"$ref": "#/$defs/date", "description": _ABOUT["known_at"]},
    }
    fields = written_under(vocabulary, kind.name)
    facts = {name: {"$ref": f"#/$defs/{field.key}"} for name, field in fields.items() if field.derive is None}
    return {"description": kind.meaning, **object_of({**own, **about, **facts})}


def _statement(field: Field) -> Schema:
    """A field as it may be written: a value, `unknown`, or a mapping that says more."""
    value = _value(field)
    said: Schema = {"anyOf": [value, _UNKNOWN]}
    forms = forms_of(field)
    properties = {
        **dict.fromkeys(forms, value),
        "value": said,
        **{key: _about(key) for key in ATTRIBUTION},
    }
    mapping = object_of(properties)
    mapping["anyOf"] = [{"required": [form]} for form in forms if form != "distribution"]
    if "distribution" in forms:
        mapping["properties"]["distribution"] = {"enum": list(SHAPES)}
        mapping["dependentRequired"] = {"distribution": ["low", "high"]}
        mapping["if"] = {"properties": {"distribution": {"const": "triangular"}}, "required": ["distribution"]}
        mapping["then"] = {"required": ["value"]}
    if "one_of" in forms:
        mapping["properties"]["one_of"] = _alternatives(value)
        ranges = [{"required": [form]} for form in forms if form in ("low", "high", "distribution")]
        if ranges:
            mapping["dependentSchemas"] = {"one_of": {"not": {"anyOf": ranges}}}
    return {"description": _meaning(field), "anyOf": [value, _UNKNOWN, mapping]}


def _alternatives(value: Schema) -> Schema:
    weighed = {"type": "object", "required": ["probability"]}
    mapping = object_of({"value": value, **{key: _about(key) for key in ALTERNATIVE[1:]}}, ["value"])
    return {
        **list_of({"anyOf": [value, mapping]}, 1),
        "maxItems": MOST_ALTERNATIVES,
        "uniqueItems": True,
        "description": "the values it may have, each with its source where sources disagree",
        "anyOf": [{"items": weighed}, {"items": {"not": weighed}}],
    }


def _about(key: str) -> Schema:
    known: dict[str, Schema] = {
        "grade": {"$ref": "#/$defs/grade"},
        "status": {"$ref": "#/$defs/status"},
        "known_at": {"$ref": "#/$defs/date"},
        "seen_to": {"$ref": "#/$defs/date"},
        "probability": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    }
    return {**known.get(key, TEXT), "description": _ABOUT[key]}


def _register(vocabulary: Vocabulary, kind: EntityKind) -> Schema:
    """A reference to a shared register, or several: the file, and ids with the judgements stated here."""
    name = {"type": "string", "pattern": f"^{ID}$"}
    own = {field: {"$ref": f"#/$defs/{kind.name}.{field}"} for field in judged(vocabulary, kind)}
    entry = {"anyOf": [name, object_of({"id": name, **own}, ["id"])]}
    one = object_of({"file": {"type": "string"}, "ids": list_of(entry)}, ["file", "ids"])
    return {"anyOf": [one, list_of(one)], "description": f"{kind.plural} kept in a file that several scenarios share"}


def _source() -> Schema:
    known: dict[str, Schema] = {"date": {"$ref": "#/$defs/date"}, "grade": {"$ref": "#/$defs/grade"}}
    return object_of({key: known.get(key, TEXT) for key in SOURCE_KEYS})


def _correlation() -> Schema:
    facts = {**list_of(TEXT, 2), "maxItems": 2}
    share = {"type": "number", "minimum": -1, "maximum": 1}
    return object_of({"facts": facts, "rank_correlation": share}, ["facts", "rank_correlation"])


# -- rules


def condition_parts(vocabulary: Vocabulary) -> Schema:
    """The definitions of a condition: `when`, and what it refers to."""
    return {
        "when": _condition(vocabulary),
        **{kind.name: _entity_condition(vocabulary, kind) for kind in vocabulary.kinds.values()},
        **{field.key: _test(field) for field in vocabulary.fields.values() if _testable(field)},
    }


def _condition(vocabulary: Vocabulary) -> Schema:
    """What a rule asks: all keys hold together."""
    this = {"$ref": "#/$defs/when"}
    properties: Schema = {**_connectives(this), "concluded": {"anyOf": [_CONCLUSION, list_of(_CONCLUSION)]}}
    for kind in vocabulary.kinds.values():
        tests = {"$ref": f"#/$defs/{kind.name}"}
        if not kind.many:
            properties[kind.name] = tests
            continue
        properties |= {
            kind.name: {**tests, "description": f"some one {kind.label} passes all of it"},
            f"every_{kind.name}": {**tests, "description": f"every {kind.label} passes all of it"},
            f"no_{kind.name}": {**tests, "description": f"no {kind.label} passes all of it"},
            kind.plural: _counted(tests),
        }
    return {**object_of(properties), "minProperties": 1}


def _counted(tests: Schema) -> Schema:
    number: Schema = {"anyOf": [{"type": "integer", "minimum": 0}, _PARAMETER]}
    numbers = dict.fromkeys(("at_least", "at_most", "exactly"), number)
    counted = object_of({**numbers, "where": tests}, ["where"])
    limited = {"not": {"anyOf": [{"required": ["at_least"]}, {"required": ["at_most"]}]}}
    return {**counted, "anyOf": [{"required": [name]} for name in numbers], "dependentSchemas": {"exactly": limited}}


def _connectives(this: Schema) -> Schema:
    return {"any_of": list_of(this, 1), "all_of": list_of(this, 1), "not": this}


def _entity_condition(vocabulary: Vocabulary, kind: EntityKind) -> Schema:
    tests = {f.name: {"$ref": f"#/$defs/{f.key}"} for f in vocabulary.of(kind.name).values() if _testable(f)}
    return {**object_of({**_connectives({"$ref": f"#/$defs/{kind.name}"}), **tests}), "minProperties": 1}


def _testable(field: Field) -> bool:
    """Whether a rule may test a field by its own name; a list is tested as a list, not by its members."""
    return field.domain is not None and field.assume is not None and field.member_of is None


def _test(field: Field) -> Schema:
    rows = [row for row in OPERATORS.values() if field.type in row.types]
    rows = [row for row in rows if field.order or not row.order or field.type != "word"]
    operators = object_of({row.key: _operand(field, row) for row in rows})
    return {
        "description": _meaning(field),
        "anyOf": [_member(field), _PARAMETER, {**operators, "minProperties": 1}],
    }


def _operand(field: Field, row: Operator) -> Schema:
    """The values an operator takes; one value may be written as a list of one, and a parameter may be a list."""
    words = {word: field.words[word] for word in field.order} if row.order and field.order else field.words
    one = {"anyOf": [_member(field, words), _PARAMETER]}
    if row.operand == "one":
        return {"anyOf": [one, {**list_of(one, 1), "maxItems": 1}]}
    if row.operand == "pair":
        return {**list_of(one, 2), "maxItems": 2}
    return {"anyOf": [one, list_of(one, 1)]}


# -- values


def _value(field: Field) -> Schema:
    if field.type == "words":
        word = words_of(field.words)
        return {"anyOf": [word, {**list_of(word), "uniqueItems": True}]}
    return {"$ref": "#/$defs/date"} if field.type == "date" else _member(field)


def _member(field: Field, words: dict[str, Word] | None = None) -> Schema:
    """One value of a field."""
    if field.type in ("word", "words"):
        return words_of(field.words if words is None else words)
    if field.type == "flag":
        return {"type": "boolean"}
    if isinstance(field.domain, Numbers):
        low, high = field.domain.intervals[0].low, field.domain.intervals[-1].high
        number = {"type": field.type, "minimum": low, "maximum": high}
        units = "|".join(re.escape(unit) for unit in field.units)
        pattern = rf"^\s*{_NUMBER}\s*({units})?\s*$" if field.type == "number" else r"^\s*[-+]?[0-9]+\s*$"
        return {"anyOf": [number, {"type": "string", "pattern": pattern}]}
    return TEXT


def words_of(words: dict[str, Word]) -> Schema:
    """One of some words; one that YAML reads as a number may be written as that number too."""
    rows: list[Schema] = [_word(key, word) for key, word in words.items()]
    rows += [_word(int(key), word) for key, word in words.items() if re.fullmatch("[0-9]+", key)]
    return {"anyOf": rows}


def _word(key: str | int, word: Word) -> Schema:
    shown: Schema = {"const": key, "title": word.label}
    return {**shown, "description": word.meaning} if word.meaning else shown


def one_of(names: Iterable[str]) -> Schema:
    """One of some names; any text where none are given."""
    known = list(names)
    return {"enum": known} if known else TEXT


def _meaning(field: Field) -> str:
    """What an editor shows about a field."""
    parts = [field.meaning]
    if field.unit:
        others = f"; {', '.join(field.units)} may be written" if field.units else ""
        parts.append(f"In {field.unit}{others}.")
    if field.assume is not None:
        parts.append(f"If not stated: {field.show(field.assume)}. {field.assume_because}")
    return " ".join(parts)


# -- shapes


def object_of(properties: Schema, required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys and no others."""
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def list_of(items: Schema, at_least: int = 0) -> Schema:
    """A list, of so many at least."""
    return {"type": "array", "items": items, "minItems": at_least} if at_least else {"type": "array", "items": items}
