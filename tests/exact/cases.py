"""Small random packs and scenarios, as the text of files, for tests that compare an exact method with full enumeration.

Everything goes through the readers, so that a result can be written into the scenario's document and read again. A case
is rebuilt from its seed alone. Thresholds, values and points come from small pools, so that rules share tests, levels
are near, and floors, ceilings and conclusions all bite now and then.
"""

from copy import deepcopy
from functools import cache
from itertools import product
from random import Random
from typing import Any, NamedTuple

import yaml

from escalation.assess import Assessment, assess
from escalation.diagnostics import Problems
from escalation.ledger import decide
from escalation.pack import Pack
from escalation.pack_reader import read_pack
from escalation.rating import arithmetic
from escalation.scenario import Scenario, World, assumed_world, read_scenario
from escalation.sets import Numbers, Scalar, Set, Words, contains
from escalation.source import parse
from escalation.vocabulary import Field, read_vocabulary

DAY = "2024-06-01"
GRADES = ["low", "mid", "high", "top"]
KINDS = ["words", "claim", "threat", "strike"]

_ABOUT = {"label": "x", "meaning": "x", "assume_because": "x"}
VOCABULARY = {
    "vocabulary": 1,
    "units": {"length": {"km": 1, "mi": 1.609344}},
    "lists": {"kinds": KINDS},
    "entities": {
        "transfer": {"label": "transfer"},
        "item": {"label": "item", "plural": "items", "at_least": "1", "inherits": "transfer"},
        "warning": {
            "label": "warning",
            "plural": "warnings",
            "dated_by": "date",
            "same_when": [["office"], ["date"], ["kind"]],
        },
        "context": {"label": "context"},
    },
    "fields": {
        "transfer.crew": {**_ABOUT, "type": "word", "words": GRADES, "ordered": True, "direction": "raises",
                          "changed_by": "decision", "assume": "low", "question": "Who crews it?"},
        "transfer.covert": {**_ABOUT, "type": "flag", "changed_by": "decision", "assume": False},
        "item.role": {**_ABOUT, "type": "word", "words": ["gun", "radar", "missile"], "changed_by": "physics",
                      "assume": "gun"},
        "item.range": {**_ABOUT, "type": "number", "unit": "km", "min": "0", "max": "500", "changed_by": "physics",
                       "direction": "raises", "assume": "40"},
        "item.terms": {**_ABOUT, "type": "word", "words": [*GRADES, "none"], "off_scale": ["none"], "ordered": True,
                       "direction": "raises", "changed_by": "decision", "assume": "mid"},
        "warning.date": {**_ABOUT, "type": "date"},
        "warning.office": {**_ABOUT, "type": "word", "words": ["envoy", "minister", "head"], "ordered": True,
                           "direction": "raises", "changed_by": "event", "assume": "minister"},
        "warning.kind": {**_ABOUT, "type": "word", "words": "kinds", "ordered": True, "direction": "raises",
                         "changed_by": "event", "assume": "words"},
        "warning.also": {**_ABOUT, "type": "words", "words": "kinds", "changed_by": "event", "assume": []},
        "warning.gravest": {**_ABOUT, "type": "word", "words": "kinds", "ordered": True, "direction": "raises",
                            "changed_by": "event", "assume": "words", "derive": {"highest_of": ["kind", "also"]}},
        "warning.about": {**_ABOUT, "type": "word", "words": ["this", "other"], "changed_by": "judgement",
                          "assume": "this"},
        "context.steps": {**_ABOUT, "type": "integer", "min": "0", "max": "20", "direction": "raises",
                          "changed_by": "event", "assume": "0"},
        "context.stress": {**_ABOUT, "type": "word", "words": ["calm", "pressed", "desperate"], "ordered": True,
                           "direction": "raises", "changed_by": "judgement", "assume": "calm"},
    },
}  # fmt: skip
PARAMETERS = {
    "reach": {"value": "70 km", "dated": "2024", "source": "s", "meaning": "x"},
    "many": {"value": "3", "dated": "2024", "source": "s", "meaning": "x"},
}
LEVELS = ("minimal", "limited", "moderate", "high")


class Case(NamedTuple):
    """A pack, and a scenario as its document and as read."""

    seed: int
    pack: Pack
    document: dict[str, Any]
    scenario: Scenario

    def assessed(self, engine: str = "ledger") -> Assessment:
        """The case assessed."""
        return assess(self.scenario, self.pack, engine=engine)


def case(seed: int, open_facts: float = 0.0, same_days: bool = False) -> Case:
    """The case of a seed; each fact is left open in one way or another with the given probability.

    With `same_days` some warnings are of one day, the day rated among them, so that a change may make two the same.
    """
    maker = _Maker(Random(seed), same_days)
    pack, document = maker.pack(), maker.document(open_facts)
    return Case(seed, pack, document, read(document, pack))


def read(document: dict[str, Any], pack: Pack) -> Scenario:
    """The scenario of a document, which must be without problems."""
    problems = Problems()
    scenario = read_scenario(text(document), "case.yaml", pack.vocabulary, problems)
    problems.stop()
    assert scenario is not None
    return scenario


def text(document: Any) -> bytes:
    """A document as the bytes of a YAML file."""
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False).encode()


def rate(pack: Pack, scenario: Scenario, world: World | None = None) -> tuple[tuple[int, int], ...]:
    """(level, total) of one world on each scale, by the ledger and the plain sums."""
    fired = decide(pack, scenario.entities, assumed_world(scenario) if world is None else world).fired
    sums = [arithmetic(pack, fired, scale) for scale in pack.scales]
    return tuple((s.level, s.total) for s in sums)


def samples(field: Field, possible: Set) -> list[Scalar]:
    """Values of a set that between them meet every test of these packs alike."""
    if isinstance(possible, Words):
        return sorted(possible.words, key=str)
    wanted = (0, 20, 39, 40, 41, 69, 69.5, 70, 70.5, 71, 112, 112.65408, 113, 150, 300, 500, 1, 2, 3, 4, 5, 10)
    ends = [end for i in possible.intervals for end in (i.low, i.high)]
    found = {v for v in (*wanted, *ends) if contains(possible, v)}
    return sorted(v for v in found if field.type != "integer" or float(v).is_integer())


def worlds(scenario: Scenario, pack: Pack, everything: bool = False) -> list[World]:
    """Every world of a scenario, by the samples of each open fact, worked-out fields filled in."""
    axes = []
    for at, entity in enumerate(scenario.entities):
        for name, fact in entity.facts.items():
            if not fact.field.readable or fact.field.derive:
                continue
            possible = fact.possible
            if everything and fact.state == "assumed" and not fact.field.member_of:
                possible = fact.field.domain
            assert possible is not None
            values = samples(fact.field, possible)
            if len(values) > 1:
                axes.append((at, name, values))
    home, found = assumed_world(scenario), []
    for chosen in product(*(values for _, _, values in axes)):
        world = [dict(entity) for entity in home]
        for (at, name, _), value in zip(axes, chosen, strict=True):
            world[at][name] = value
        for facts, entity in zip(world, scenario.entities, strict=True):
            if entity.kind == "warning":
                said = [facts["kind"], *(word for word in KINDS if facts[f"also[{word}]"])]
                facts["gravest"] = max(said, key=lambda word: KINDS.index(str(word)))
        found.append(tuple(world))
    return found


@cache
def _vocabulary():
    problems = Problems()
    found = read_vocabulary(parse(text(VOCABULARY), "vocabulary.yaml", problems), problems)
    problems.stop()
    return found


class _Maker:
    def __init__(self, rng: Random, same_days: bool) -> None:
        self.rng, self.same_days = rng, same_days

    # -- the pack

    def pack(self) -> Pack:
        rng = self.rng
        rules = [self.rule(i) for i in range(rng.randint(3, 8))]
        cuts = sorted(rng.sample(range(1, 9), 3))
        thresholds = dict(zip(LEVELS[1:], map(str, cuts), strict=True))
        head = {
            "pack": "random",
            "version": "1",
            "perceivers": ["RUS"],
            "written_with_knowledge_to": "2024",
            "rules": ["rules.yaml"],
            "levels": [{"name": name, "meaning": "x"} for name in LEVELS],
            "scales": {
                "acts": {"question": "x", "thresholds": thresholds},
                "talk": {
                    "question": "x",
                    "thresholds": {n: str(c) for n, c in zip(LEVELS[1:], (2, 4, 6), strict=True)},
                },
            },
            "factors": {
                "thing": {"label": "x", "min": "-2", "max": str(rng.choice((3, 6, 20)))},
                "talk": {"label": "x", "min": str(rng.choice((-3, 0))), "max": "4"},
            },
            "caveats": [],
            "confidence": [{"level": "low"}],
        }
        files = {
            "pack.yaml": head,
            "vocabulary.yaml": VOCABULARY,
            "sources.yaml": {"sources": {"s": {"title": "x"}}},
            "parameters.yaml": {"parameters": PARAMETERS},
            "rules.yaml": {"rules": rules},
        }
        return read_pack({n: (n, text(body)) for n, body in files.items()}, "", "", "")

    def rule(self, number: int) -> dict[str, Any]:
        rng = self.rng
        then: dict[str, Any] = {}
        if rng.random() < 0.85:
            then["points"] = {
                "acts": str(rng.choice((-2, -1, 1, 1, 2, 2, 3, 4))),
                "talk": str(rng.choice((-1, 0, 1, 2))),
            }
        if rng.random() < 0.4 or number == 0:
            then["conclude"] = f"C{number}"
        if rng.random() < 0.12:
            then[rng.choice(("floor", "ceiling"))] = rng.choice(LEVELS)
        when: Any = self.condition(2)
        if number and rng.random() < 0.35:
            used: Any = {"concluded": "C0"}
            when = {"all_of": [when, rng.choice((used, {"not": used}))]}
        return {
            "id": f"R-{number}",
            "title": "a title",
            "factor": rng.choice(("thing", "talk")),
            "when": when,
            "then": then or {"points": "1"},
            "because": "x",
            "basis": ["s"],
            "assumption": "x",
            "falsified_by": "x",
            "review_by": "2030",
        }

    def condition(self, depth: int) -> Any:
        rng = self.rng
        if depth and rng.random() < 0.3:
            parts = [self.condition(depth - 1) for _ in range(rng.choice((1, 2, 2)))]
            return rng.choice(({"all_of": parts}, {"any_of": parts}, {"not": parts[0]}))
        kind = rng.choice(("transfer", "item", "item", "warning", "warning", "context"))
        where = self.where(kind, 1)
        if kind in ("transfer", "context"):
            return {kind: where}
        quantifier = rng.choice((kind, kind, f"every_{kind}", f"no_{kind}", f"{kind}s"))
        if quantifier == f"{kind}s":
            how = rng.choice(({"at_least": "2"}, {"exactly": "1"}, {"at_most": "1"}))
            return {quantifier: {**how, "where": where}}
        return {quantifier: where}

    def where(self, kind: str, depth: int) -> Any:
        rng = self.rng
        if depth and rng.random() < 0.25:
            return rng.choice((
                {"any_of": [self.where(kind, 0), self.where(kind, 0)]},
                {"not": self.where(kind, 0)},
            ))  # fmt: skip
        names = rng.sample(_TESTS[kind], rng.choice((1, 1, 2)) if len(_TESTS[kind]) > 1 else 1)
        return {name: rng.choice(_OPERANDS[f"{kind}.{name}"]) for name in names}

    # -- the scenario

    def document(self, open_facts: float) -> dict[str, Any]:
        rng = self.rng
        facts = {key: spec for key, spec in _vocabulary().fields.items() if not spec.derive and not spec.member_of}

        def entity(kind: str) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for field in facts.values():
                if field.entity == kind and field.type != "date":
                    draw = rng.random()
                    if draw < open_facts and field.type != "words":
                        found[field.name] = self.doubt(field)
                    elif draw < 0.75:
                        found[field.name] = self.value(field)
            return found

        document: dict[str, Any] = {
            "schema": "1", "id": "case", "title": "A case", "as_of": DAY, "perceiver": "RUS",
            "transfer": entity("transfer"),
            "items": [{"id": f"i{n}", **entity("item")} for n in range(rng.choice((1, 1, 2)))],
            "warnings": [
                {"id": f"w{n}", "date": self.day(n), **entity("warning")}
                for n in range(rng.choice((0, 1, 1, 2)))
            ],
            "context": entity("context"),
        }  # fmt: skip
        for name in ("terms", "range"):
            if rng.random() < 0.2:  # one statement for all items that make none of their own
                document["transfer"][name] = self.value(facts[f"item.{name}"])
                for item in document["items"]:
                    if rng.random() < 0.7:
                        item.pop(name, None)
        return {key: value for key, value in document.items() if value != {}}

    def day(self, number: int) -> str:
        own = f"2024-05-0{number + 2}"
        return self.rng.choice((DAY, "2024-05-01", own)) if self.same_days else own

    def value(self, field: Field) -> Any:
        rng = self.rng
        if field.type == "words":
            return rng.sample(KINDS, rng.choice((0, 0, 1)))
        if field.type == "flag":
            return rng.choice((True, False))
        if isinstance(field.domain, Numbers):
            return rng.choice((0, 1, 2, 3, 4, 10) if field.type == "integer" else (20, 40, 69.5, 70, 71, 112, 113, 300))
        return rng.choice(list(field.words))

    def doubt(self, field: Field) -> Any:
        rng, numeric = self.rng, isinstance(field.domain, Numbers)
        draw = rng.random()
        if draw < 0.35:
            return "unknown"
        if numeric and draw < 0.7:
            low, mode, high = sorted(
                rng.sample((1, 2, 3, 4, 5, 9) if field.type == "integer" else (20, 50, 69, 72, 120, 310), 3)
            )
            shape = rng.choice(("uniform", "triangular", None))
            return {"low": low, "value": mode, "high": high, **({"distribution": shape} if shape else {})}
        if field.type == "flag":
            values: list[Any] = [True, False]
        elif numeric:
            values = rng.sample(
                (1, 2, 3, 4) if field.type == "integer" else (20, 69, 70, 75, 113, 300), rng.choice((2, 3))
            )
        else:
            values = rng.sample(list(field.words), 2)
        if draw < 0.85:
            return {"one_of": values}
        shares = [0.25, 0.75] if len(values) == 2 else [0.2, 0.3, 0.5]
        return {"one_of": [{"value": v, "probability": p} for v, p in zip(values, shares, strict=True)]}


def applied(case: Case, path: str, value: Any) -> dict[str, Any]:
    """The case's document with the fact of a path written anew."""
    document = deepcopy(case.document)
    write(document, path, value)
    return document


def write(document: dict[str, Any], path: str, value: Any) -> None:
    """State the fact of a path in a document, in place; `also[word]` adds the word to its list or takes it out."""
    head, _, rest = path.partition(".")
    if head in ("items", "warnings"):
        id_, _, name = rest.partition(".")
        entity = next(e for e in document[head] if e["id"] == id_)
    else:
        name, entity = rest, document.setdefault(head, {})
    if "[" in name:
        name, word = name[:-1].split("[")
        kept = [w for w in entity.get(name, []) if w != word]
        value = [*kept, word] if value else kept
    entity[name] = value


_TESTS = {
    "transfer": ["crew", "covert"],
    "item": ["role", "range", "terms"],
    "warning": ["office", "kind", "gravest", "also", "about"],
    "context": ["steps", "stress"],
}
_OPERANDS: dict[str, list[Any]] = {
    "transfer.crew": [{"gte": "mid"}, {"gte": "top"}, {"lte": "mid"}, "high"],
    "transfer.covert": [True, False],
    "item.role": ["missile", {"in": ["gun", "missile"]}, {"not_in": ["radar"]}],
    "item.range": [{"gte": "$reach"}, {"gt": "$reach"}, {"lt": "40"}, {"between": ["70", "70 mi"]}, {"gte": "70 mi"}],
    "item.terms": [{"gte": "mid"}, {"gte": "top"}, {"lte": "low"}, {"in": ["none", "low"]}],
    "warning.office": [{"gte": "minister"}, "head", {"in": ["envoy", "head"]}],
    "warning.kind": [{"gte": "threat"}, "claim", {"lte": "claim"}],
    "warning.gravest": [{"gte": "claim"}, {"gte": "strike"}, "threat", {"lte": "words"}, {"in": ["words", "strike"]}],
    "warning.also": ["strike", {"has_any": ["threat", "strike"]}],
    "warning.about": ["this", {"is_not": "this"}],
    "context.steps": [{"gte": "$many"}, {"lt": "2"}, {"gt": "$many"}, "4"],
    "context.stress": [{"gte": "pressed"}, "desperate"],
}
