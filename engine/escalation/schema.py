"""JSON Schema (draft 2020-12) of the files people write, made from the vocabulary: for editors, not for validation.

An editor that knows the schema completes keys and words, shows what they mean, and underlines mistakes as they are
typed. The loader stays the judge: a schema cannot say that a source must be listed, that low comes before high, or that
30000 mi is out of bounds. `scenario_schema` describes scenarios; `rules_schema` and `pack_schema` the rules of a pack
and its head. YAML is described as its 1.2 core schema reads it: a plain `2022` is a number where a date may be a year.
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

__all__ = ["pack_schema", "rules_schema", "scenario_schema"]

Schema: TypeAlias = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_MONTH, _DAY = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_UNKNOWN: Schema = {"const": "unknown", "title": "unknown", "description": "open: every value is possible"}
_PARAMETER: Schema = {"type": "string", "pattern": r"^\$[a-z_0-9]+$", "description": "a parameter of the pack"}
_CONCLUSION: Schema = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}
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


def scenario_schema(vocabulary: Vocabulary) -> Schema:
    """The schema of a scenario file."""
    kinds = vocabulary.kinds.values()
    field = vocabulary.fields.get(PERCEIVERS)
    perceiver = _words(field.words) if field else _TEXT
    properties: Schema = {
        "schema": {"enum": [1, "1"], "description": "edition of the format"},
        "id": {"type": "string", "pattern": f"^{ID}$", "description": "name of the scenario, unique in its folder"},
        "title": _TEXT,
        "as_of": {"$ref": "#/$defs/day", "description": "the day rated: nothing that became known later counts"},
        "perceiver": {"anyOf": [perceiver, _list(perceiver, 1)], "description": "whose reading is rated"},
        **{kind.plural or kind.name: _entities(kind) for kind in kinds},
        **{kind.register_key: _register(vocabulary, kind) for kind in kinds if kind.register_key},
        "sources": {"type": "object", "additionalProperties": _source()},
        "correlated": {"type": "array", "items": _correlation(), "description": "doubts that go together"},
        "observed": {"description": "what was seen afterwards; no rule can see it"},
        "ex_ante": {"description": "what a careful analyst would have rated on the day; no rule can see it"},
        "analyst": _object({"level": _TEXT, "reason": _TEXT, "dissent": _TEXT}),
        "notes": {"anyOf": [_TEXT, _list(_TEXT)]},
        "banner": {**_TEXT, "description": "a line that stands over every report"},
    }
    required = ["schema", "id", "title", "as_of", "perceiver", *(kind.plural for kind in kinds if kind.at_least)]
    fields = [field for field in vocabulary.fields.values() if field.member_of is None and field.derive is None]
    return {
        "$schema": _DRAFT,
        "title": "Scenario",
        **_object(properties, required),
        "$defs": {
            "date": _date(f"^[0-9]{{4}}(-{_MONTH}(-{_DAY})?)?~?$", years=True),
            "day": _date(f"^[0-9]{{4}}-{_MONTH}-{_DAY}~?$", years=False),
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
    factor, level = _one_of(factors), _one_of(levels)
    names = list(scales)
    whole: Schema = {"type": "integer"}
    by_scale = _object(dict.fromkeys(names, whole)) if names else {"type": "object"}
    limit = {"anyOf": [level, _object(dict.fromkeys(names, level)) if names else {"type": "object"}]}
    note = _object({"panel": _TEXT, "text": _TEXT}, ["panel", "text"])
    then = {
        "points": {"anyOf": [whole, by_scale], "description": "positive raises, negative dampens"},
        "conclude": {"anyOf": [_CONCLUSION, _list(_CONCLUSION)]},
        "floor": {**limit, "description": "the level is at least this; it counts after every ceiling"},
        "ceiling": {**limit, "description": "the level is at most this"},
        "note": {"anyOf": [note, _list(note)], "description": "a line for a panel of the report"},
    }
    rule = {
        "id": {**_TEXT, "description": "unique in the pack"},
        "title": {**_TEXT, "description": "the reason in at most six words"},
        "factor": {**factor, "description": "the family whose points it adds to"},
        "when": {"$ref": "#/$defs/when"},
        "then": {**_object(then), "minProperties": 1},
        "because": {**_TEXT, "description": "what a reader is told; {kind.field} and {parameter} are filled in"},
        "basis": {"anyOf": [_TEXT, _list(_TEXT)], "description": "names in sources.yaml"},
        "assumption": {**_TEXT, "description": "what has to be true for the rule to be right"},
        "falsified_by": {**_TEXT, "description": "what would show it wrong"},
        "review_by": {"$ref": "#/$defs/date"},
        "pathway": {"anyOf": [_TEXT, _list(_TEXT)]},
    }
    required = [name for name in rule if name != "pathway"]
    return {
        "$schema": _DRAFT,
        "title": "Rules",
        **_object({"rules": _list(_object(rule, required))}, ["rules"]),
        "$defs": {
            "date": _date(f"^[0-9]{{4}}(-{_MONTH}(-{_DAY})?)?~?$", years=True),
            "when": _condition(vocabulary),
            **{kind.name: _entity_condition(vocabulary, kind) for kind in vocabulary.kinds.values()},
            **{field.key: _test(field) for field in vocabulary.fields.values() if _testable(field)},
        },
    }


def pack_schema(vocabulary: Vocabulary) -> Schema:
    """The schema of `pack.yaml`, the head of a pack."""
    field = vocabulary.fields.get(PERCEIVERS)
    perceiver = _words(field.words) if field else _TEXT
    whole: Schema = {"type": "integer"}
    level = _object({"name": _TEXT, "meaning": _TEXT}, ["name", "meaning"])
    thresholds = {"type": "object", "additionalProperties": whole, "description": "the least total of each level"}
    scale = _object({"question": _TEXT, "thresholds": thresholds}, ["question", "thresholds"])
    factor = _object({"label": _TEXT, "min": {**whole, "maximum": 0}, "max": {**whole, "minimum": 0}})
    limits = ("most_judgements", "most_assumed", "least_margin", "most_range_levels")
    confidence = {
        "level": {"enum": ["high", "moderate", "low"]},
        "weakest_grade": {"type": "string", "pattern": f"^{GRADE}$"},
        **dict.fromkeys(limits, whole),
    }
    properties: Schema = {
        "pack": {**_TEXT, "description": "the name of the pack"},
        "version": _TEXT,
        "perceivers": {"anyOf": [perceiver, _list(perceiver)], "description": "whose reading the rules model"},
        "written_with_knowledge_to": {"$ref": "#/$defs/date", "description": "what the authors could know"},
        "rules": {"anyOf": [_TEXT, _list(_TEXT)], "description": "the files of rules, in pack order"},
        "levels": {**_list(level), "description": "from level 1 up, with their fixed meanings"},
        "scales": {"type": "object", "additionalProperties": scale, "description": "the first is the headline"},
        "factors": {"type": "object", "additionalProperties": {**factor, "required": ["label", "min", "max"]}},
        "caveats": {"anyOf": [_TEXT, _list(_TEXT)], "description": "lines that stand on every report"},
        "confidence": {**_list(_object(confidence, ["level"])), "description": "the first row that is met applies"},
    }
    key = _words(
        {field.key: Word(field.label, field.meaning) for field in vocabulary.fields.values() if field.readable}
    )
    keys = {"anyOf": [key, _list(key)]}
    steps = _object({"field": key, "days": whole}, ["field", "days"])
    questions = {**_object({"terms": keys, "together": _list(keys), "steps": steps}), "description": "for questions"}
    defs = {"date": _date(f"^[0-9]{{4}}(-{_MONTH}(-{_DAY})?)?~?$", years=True)}
    fields = {"type": "array", "items": {"type": "string"}, "description": "fields that say enough together"}
    need = _object({"every": _one_of(vocabulary.kinds), "one_of": _list(fields), "because": _TEXT})
    needs = {**_list({**need, "required": list(need["properties"])}), "description": "what must be said to be rated"}
    frozen = _object({"on": {"$ref": "#/$defs/date"}, "substance": _TEXT}, ["on", "substance"])
    optional = {"questions": questions, "needs": needs, "frozen": frozen}
    whole_pack = _object({**properties, **optional}, list(properties))
    return {"$schema": _DRAFT, "title": "Pack", **whole_pack, "$defs": defs}


# -- scenarios


def _entities(kind: EntityKind) -> Schema:
    one = {"$ref": f"#/$defs/{kind.name}"}
    return {**_list(one, kind.at_least), "description": kind.meaning} if kind.many else one


def _entity(vocabulary: Vocabulary, kind: EntityKind) -> Schema:
    own = {"id": {"type": "string", "pattern": f"^{ID}$", "description": "unique in the file"}} if kind.many else {}
    about = {
        "source": {**_TEXT, "description": "who says so, for all facts that name no source of their own"},
        "grade": {"$ref": "#/$defs/grade", "description": _ABOUT["grade"]},
        "known_at": {"$ref": "#/$defs/date", "description": _ABOUT["known_at"]},
    }
    fields = written_under(vocabulary, kind.name)
    facts = {name: {"$ref": f"#/$defs/{field.key}"} for name, field in fields.items() if field.derive is None}
    return {"description": kind.meaning, **_object({**own, **about, **facts})}


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
    mapping = _object(properties)
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
    mapping = _object({"value": value, **{key: _about(key) for key in ALTERNATIVE[1:]}}, ["value"])
    return {
        **_list({"anyOf": [value, mapping]}, 1),
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
    return {**known.get(key, _TEXT), "description": _ABOUT[key]}


def _register(vocabulary: Vocabulary, kind: EntityKind) -> Schema:
    """A reference to a shared register, or several: the file, and ids with the judgements stated here."""
    name = {"type": "string", "pattern": f"^{ID}$"}
    own = {field: {"$ref": f"#/$defs/{kind.name}.{field}"} for field in judged(vocabulary, kind)}
    entry = {"anyOf": [name, _object({"id": name, **own}, ["id"])]}
    one = _object({"file": {"type": "string"}, "ids": _list(entry)}, ["file", "ids"])
    return {"anyOf": [one, _list(one)], "description": f"{kind.plural} kept in a file that several scenarios share"}


def _source() -> Schema:
    known: dict[str, Schema] = {"date": {"$ref": "#/$defs/date"}, "grade": {"$ref": "#/$defs/grade"}}
    return _object({key: known.get(key, _TEXT) for key in SOURCE_KEYS})


def _correlation() -> Schema:
    facts = {**_list(_TEXT, 2), "maxItems": 2}
    share = {"type": "number", "minimum": -1, "maximum": 1}
    return _object({"facts": facts, "rank_correlation": share}, ["facts", "rank_correlation"])


# -- rules


def _condition(vocabulary: Vocabulary) -> Schema:
    """What a rule asks: all keys hold together."""
    this = {"$ref": "#/$defs/when"}
    properties: Schema = {**_connectives(this), "concluded": {"anyOf": [_CONCLUSION, _list(_CONCLUSION)]}}
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
    return {**_object(properties), "minProperties": 1}


def _counted(tests: Schema) -> Schema:
    number: Schema = {"anyOf": [{"type": "integer"}, _PARAMETER]}
    numbers = dict.fromkeys(("at_least", "at_most", "exactly"), number)
    counted = _object({**numbers, "where": tests}, ["where"])
    return {**counted, "anyOf": [{"required": [name]} for name in numbers]}


def _connectives(this: Schema) -> Schema:
    return {"any_of": _list(this, 1), "all_of": _list(this, 1), "not": this}


def _entity_condition(vocabulary: Vocabulary, kind: EntityKind) -> Schema:
    tests = {f.name: {"$ref": f"#/$defs/{f.key}"} for f in vocabulary.of(kind.name).values() if _testable(f)}
    return {**_object({**_connectives({"$ref": f"#/$defs/{kind.name}"}), **tests}), "minProperties": 1}


def _testable(field: Field) -> bool:
    """Whether a rule may test a field by its own name; a list is tested as a list, not by its members."""
    return field.domain is not None and field.assume is not None and field.member_of is None


def _test(field: Field) -> Schema:
    rows = [row for row in OPERATORS.values() if field.type in row.types]
    rows = [row for row in rows if field.order or not row.order or field.type != "word"]
    operators = _object({row.key: _operand(field, row) for row in rows})
    return {
        "description": _meaning(field),
        "anyOf": [_member(field), _PARAMETER, {**operators, "minProperties": 1}],
    }


def _operand(field: Field, row: Operator) -> Schema:
    """The values an operator takes; one value may be written as a list of one, and a parameter may be a list."""
    words = {word: field.words[word] for word in field.order} if row.order and field.order else field.words
    one = {"anyOf": [_member(field, words), _PARAMETER]}
    if row.operand == "one":
        return {"anyOf": [one, {**_list(one, 1), "maxItems": 1}]}
    if row.operand == "pair":
        return {**_list(one, 2), "maxItems": 2}
    return {"anyOf": [one, _list(one, 1)]}


# -- values


def _value(field: Field) -> Schema:
    if field.type == "words":
        word = _words(field.words)
        return {"anyOf": [word, {**_list(word), "uniqueItems": True}]}
    return {"$ref": "#/$defs/date"} if field.type == "date" else _member(field)


def _member(field: Field, words: dict[str, Word] | None = None) -> Schema:
    """One value of a field."""
    if field.type in ("word", "words"):
        return _words(field.words if words is None else words)
    if field.type == "flag":
        return {"type": "boolean"}
    if isinstance(field.domain, Numbers):
        low, high = field.domain.intervals[0].low, field.domain.intervals[-1].high
        number = {"type": field.type, "minimum": low, "maximum": high}
        units = "|".join(re.escape(unit) for unit in field.units)
        pattern = rf"^\s*{_NUMBER}\s*({units})?\s*$" if field.type == "number" else r"^\s*[-+]?[0-9]+\s*$"
        return {"anyOf": [number, {"type": "string", "pattern": pattern}]}
    return _TEXT


def _words(words: dict[str, Word]) -> Schema:
    """One of some words; one that YAML reads as a number may be written as that number too."""
    rows: list[Schema] = [_word(key, word) for key, word in words.items()]
    rows += [_word(int(key), word) for key, word in words.items() if re.fullmatch("[0-9]+", key)]
    return {"anyOf": rows}


def _word(key: str | int, word: Word) -> Schema:
    shown: Schema = {"const": key, "title": word.label}
    return {**shown, "description": word.meaning} if word.meaning else shown


def _one_of(names: Iterable[str]) -> Schema:
    known = list(names)
    return {"enum": known} if known else _TEXT


def _date(pattern: str, years: bool) -> Schema:
    year = [{"type": "integer", "minimum": 1000, "maximum": 9999}] if years else []
    return {"anyOf": [{"type": "string", "pattern": pattern}, *year]}


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


def _object(properties: Schema, required: Iterable[str] = ()) -> Schema:
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def _list(items: Schema, at_least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": at_least} if at_least else {"type": "array", "items": items}
