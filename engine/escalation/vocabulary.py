"""The vocabulary: which entities and fields a scenario may state, and what each means. All of it is data.

`rules/vocabulary.yaml` is read once into `Field` records; validation, JSON Schema, the field reference, the bins of
the exact methods and the columns of bulk runs are derived from them. A field that rules may read has a domain and an
`assume` value, which holds where a scenario does not state the fact. A field that holds a list of words is read by
rules through one yes-or-no member field for each word, named `also[nuclear]`.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from escalation.diagnostics import Mark, Problems
from escalation.read import Reader
from escalation.sets import Numbers, Scalar, Set, Words, bins, contains, interval, is_empty, whole
from escalation.source import Listing, Mapping, Node, Text

__all__ = [
    "CHANGED_BY",
    "DERIVATIONS",
    "RESERVED",
    "TYPES",
    "EntityKind",
    "Field",
    "Vocabulary",
    "Word",
    "field_bins",
    "read_scalar",
    "read_vocabulary",
]

TYPES = ("word", "words", "flag", "number", "integer", "date", "text")
CHANGED_BY = ("decision", "event", "judgement", "physics")
DERIVATIONS = ("days_before_as_of", "highest_of")
RESERVED = ("id", "source", "grade", "known_at")
"""What an entity says about itself in a scenario, and so no field's name."""
_MONTHS = (
    "January February March April May June July August September October November December".split()
)  # not calendar.month_name, which follows the locale
Value: TypeAlias = Scalar | tuple[str, ...]


class Word(NamedTuple):
    """One word of a field: how it is shown, and what it means."""

    label: str
    meaning: str = ""


class Field(NamedTuple):
    """One field of one kind of entity.

    `domain` is every value it can take (None for text and dates, which no rule tests). `order` lists the words from
    least to most escalatory (empty if unordered); a word of the domain outside it is off the scale, and every
    order test on it is false. `direction` is "raises", "lowers" or "". `changed_by` says what kind of change moves it.
    `assume` is its value where nothing is stated (None: no rule may read it). `derive` is (derivation, fields read).
    """

    entity: str
    name: str
    key: str
    label: str
    type: str
    domain: Set | None = None
    order: tuple[str, ...] = ()
    words: dict[str, Word] = {}  # noqa: RUF012 - read only
    unit: str = ""
    units: dict[str, str] = {}  # noqa: RUF012 - read only
    step: int | float = 1
    direction: str = ""
    changed_by: str = ""
    assume: Value | None = None
    assume_because: str = ""
    meaning: str = ""
    source: str = ""
    question: str = ""
    guide: tuple[tuple[str, str], ...] = ()
    derive: tuple[str, tuple[str, ...]] | None = None
    member_of: tuple[str, str] | None = None  # (list field's name, word)
    mark: Mark = Mark("", 1, 1)

    @property
    def readable(self) -> bool:
        """Whether rules may test it."""
        return self.domain is not None and self.assume is not None and self.type != "words"

    def show(self, value: Value) -> str:
        """A value in words for people: the word's label, yes or no, or the number with its unit."""
        if isinstance(value, tuple):
            return ", ".join(self.show(v) for v in value) or "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return _day(value) if self.type == "date" else self.words[value].label if value in self.words else value
        shown = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 20 else f"{value:g}"
        return f"{shown} {self.unit}".rstrip()


class EntityKind(NamedTuple):
    """A kind of entity: one (transfer, context) or many (items, warnings).

    `plural` is the scenario key of a list, "" where there is exactly one. `dated_by` names the date field that decides
    whether an entity is known on the day rated; two entities alike in every group of `same_when` are one.
    """

    name: str
    label: str
    plural: str = ""
    at_least: int = 0
    inherits: str = ""
    dated_by: str = ""
    same_when: tuple[tuple[str, ...], ...] = ()
    name_field: str = ""
    meaning: str = ""

    @property
    def many(self) -> bool:
        """Whether a scenario holds a list of them."""
        return bool(self.plural)

    @property
    def register_key(self) -> str:
        """The scenario key that refers to a shared register of them; "" for a kind without dates, which has none."""
        return f"{self.plural}_from" if self.many and self.dated_by else ""


class Vocabulary(NamedTuple):
    """All kinds of entity and all fields, by key (`item.role`), in the order of the file."""

    kinds: dict[str, EntityKind]
    fields: dict[str, Field]

    def of(self, kind: str) -> dict[str, Field]:
        """The fields of one kind of entity by name, member fields included."""
        return {f.name: f for f in self.fields.values() if f.entity == kind}


def _day(text: str) -> str:
    """A date as people write it: `2022-12-14` is 14 December 2022, `2022-12` December 2022."""
    year, *rest = text.removesuffix("~").split("-")
    about = "about " if text.endswith("~") else ""
    day = f"{int(rest[1])} " if len(rest) > 1 else ""
    month = f"{_MONTHS[int(rest[0]) - 1]} " if rest else ""
    return f"{about}{day}{month}{year}"


def field_bins(field: Field, cuts: Iterable[Set]) -> tuple[Set, ...]:
    """The runs of values of a field that no set in `cuts` tells apart, in order; see `sets.bins`."""
    assert field.domain is not None
    pieces = bins(field.domain, cuts, field.order)
    if field.type != "integer":
        return pieces
    closed = (whole(p) for p in pieces if isinstance(p, Numbers))
    return tuple(p for p in closed if not is_empty(p))


def read_scalar(reader: Reader, field: Field, node: Node, what: str) -> Scalar | None:
    """One value of a field's type, from its text; words are checked, numbers converted to the field's unit."""
    if field.type in ("word", "words"):
        return reader.word(node, what, field.words)
    if field.type == "flag":
        return reader.flag(node, what)
    if field.type == "integer":
        return reader.whole(node, what)
    if field.type == "number":
        return reader.number(node, what, field.units)
    return reader.text(node, what)


def read_vocabulary(node: Node | None, problems: Problems) -> Vocabulary:
    """Read the vocabulary; problems are collected, and what could be read is returned."""
    return _VocabularyReader(problems).vocabulary(node)


_FIELD_KEYS = [
    "label",
    "type",
    "words",
    "ordered",
    "off_scale",
    "unit",
    "min",
    "max",
    "step",
    "direction",
    "changed_by",
    "assume",
    "assume_because",
    "meaning",
    "source",
    "question",
    "guide",
    "derive",
]
_KIND_KEYS = ["label", "plural", "at_least", "inherits", "dated_by", "same_when", "name_field", "meaning"]


class _VocabularyReader(Reader):
    def vocabulary(self, node: Node | None) -> Vocabulary:
        top = self.keys(node, "the vocabulary", ["vocabulary", "entities", "fields"], ["units", "lists"])
        self.units = {name: self.unit_table(n, name) for name, n in self.entries(top.get("units"), "units")}
        self.lists = {name: self.words(n, name) for name, n in self.entries(top.get("lists"), "lists")}
        kinds = {name: self.kind(name, n) for name, n in self.entries(top.get("entities"), "entities")}
        fields: dict[str, Field] = {}
        for key, body in self.mapping(top.get("fields"), "fields"):
            kind, _, name = key.value.partition(".")
            if kind not in kinds or not name:
                self.problems.add("VOC-1", f"{key.value} names no kind of entity", key.mark, "write KIND.FIELD")
                continue
            if name in RESERVED:
                help = "an entity says this about itself: give the field another name"
                self.problems.add("VOC-6", f"{name} is no name for a field", key.mark, help)
            field = self.field(kind, name, body, key.mark)
            fields[field.key] = field
            for word in field.words if field.type == "words" and field.assume is not None else ():
                member = _member(field, word)
                fields[member.key] = member
        found = Vocabulary(kinds, fields)
        for name, n in self.entries(top.get("entities"), "entities"):
            self.check_kind(found, kinds[name], n.mark)
        for field in fields.values():
            self.check_derivation(found, field)
        return found

    def check_kind(self, found: Vocabulary, kind: EntityKind, mark: Mark) -> None:
        """What a kind refers to must be there."""
        own = found.of(kind.name)
        named = {name for name in (kind.dated_by, kind.name_field, *(n for g in kind.same_when for n in g)) if name}
        for name in sorted(named - own.keys()):
            self.problems.add("VOC-7", f"{kind.name} has no field {name}", mark, self.near(name, own))
        if kind.dated_by in own and own[kind.dated_by].type != "date":
            self.problems.add("VOC-7", f"{kind.name}.{kind.dated_by} is not a date", mark, "dated_by names a date")
        if kind.inherits and kind.inherits not in found.kinds:
            self.problems.add("VOC-7", f"there is no {kind.inherits}", mark, self.near(kind.inherits, found.kinds))

    def check_derivation(self, found: Vocabulary, field: Field) -> None:
        """A field can only be derived from fields of its entity that fit."""
        if field.derive is None:
            return
        derivation, names = field.derive
        wanted = ("date",) if derivation == "days_before_as_of" else ("word", "words")
        result = field.type == "integer" if derivation == "days_before_as_of" else bool(field.order)
        known = found.of(field.entity)
        wrong = [name for name in names if name not in known or known[name].type not in wanted]
        if wrong or not names or not result:
            message = f"{field.key} cannot be {derivation} {', '.join(wrong or names) or 'nothing'}"
            help = "days_before_as_of makes an integer of one date, highest_of an ordered word of words"
            self.problems.add("VOC-8", message, field.mark, help)

    def entries(self, node: Node | None, what: str) -> list[tuple[str, Node]]:
        return [(key.value, value) for key, value in self.mapping(node, what)]

    def unit_table(self, node: Node, what: str) -> dict[str, str]:
        table = {}
        for name, value in self.entries(node, what):
            factor = self.number(value, f"unit {what}.{name}")
            table[name] = value.value if isinstance(value, Text) and factor else "1"
            if factor is not None and factor <= 0:
                self.problems.add(
                    "VOC-9", f"unit {what}.{name} must be more than 0", value.mark, "how many of the first"
                )
        return table

    def words(self, node: Node, what: str) -> dict[str, Word]:
        if isinstance(node, Text):
            return self.lists.get(node.value, {})
        if isinstance(node, Listing):
            return {word: Word(word.replace("_", " ")) for word in self.texts(node, what)}
        return {name: self.one_word(value, f"{what}.{name}") for name, value in self.entries(node, what)}

    def one_word(self, node: Node, what: str) -> Word:
        if isinstance(node, Mapping):
            found = self.keys(node, what, ["label"], ["meaning"])
            return Word(self.text(found.get("label"), what) or "", self.text(found.get("meaning"), what) or "")
        return Word(self.text(node, what) or "")

    def kind(self, name: str, node: Node) -> EntityKind:
        found = self.keys(node, f"entity {name}", ["label"], [k for k in _KIND_KEYS if k != "label"])
        texts = {k: self.text(found[k], f"{name}.{k}") or "" for k in found if k not in ("at_least", "same_when")}
        same = tuple(self.texts(n, "same_when") for n in self.listing(found.get("same_when"), "same_when"))
        return EntityKind(name, at_least=self.whole(found.get("at_least"), "at_least") or 0, same_when=same, **texts)

    def field(self, kind: str, name: str, node: Node, mark: Mark) -> Field:
        key = f"{kind}.{name}"
        found = self.keys(node, key, ["label", "type", "meaning"], _FIELD_KEYS)
        texts = {
            k: self.text(found.get(k), f"{key}.{k}") or ""
            for k in ("label", "assume_because", "meaning", "source", "question")
        }
        type_ = self.word(found.get("type"), f"{key}.type", TYPES) or "text"
        words = self.words(found["words"], key) if "words" in found else {}
        off_scale = self.texts(found.get("off_scale"), f"{key}.off_scale")
        ordered = self.flag(found.get("ordered"), f"{key}.ordered") or False
        unit = self.text(found.get("unit"), f"{key}.unit") or ""
        field = Field(
            entity=kind,
            name=name,
            key=key,
            type=type_,
            domain=self.domain(type_, words, found, key),
            order=tuple(w for w in words if w not in off_scale) if ordered else (),
            words=words,
            unit=unit,
            units=next((table for table in self.units.values() if unit in table), {}),
            step=self.number(found.get("step"), f"{key}.step") or 1,
            direction=self.word(found.get("direction"), f"{key}.direction", ["raises", "lowers"]) or "",
            changed_by=self.word(found.get("changed_by"), f"{key}.changed_by", CHANGED_BY) or "",
            guide=tuple(self.borderline(n, key) for n in self.listing(found.get("guide"), f"{key}.guide")),
            derive=self.derivation(found.get("derive"), key),
            label=texts["label"],
            assume_because=texts["assume_because"],
            meaning=texts["meaning"],
            source=texts["source"],
            question=texts["question"],
            mark=mark,
        )
        return field._replace(assume=self.assumed(field, found.get("assume")))

    def domain(self, type_: str, words: dict[str, Word], found: dict[str, Node], key: str) -> Set | None:
        if type_ in ("word", "words"):
            if not words:
                self.problems.add("VOC-2", f"{key} has no words", found["type"].mark, "list them under words:")
            return Words(frozenset(words))
        if type_ == "flag":
            return Words(frozenset((True, False)))
        if type_ not in ("number", "integer"):
            return None
        low = self.number(found.get("min"), f"{key}.min")
        high = self.number(found.get("max"), f"{key}.max")
        if low is None or high is None or low > high:
            self.problems.add("VOC-3", f"{key} needs min and max", found["type"].mark, "give both, min first")
            return interval(0, 1)
        return interval(low, high)

    def derivation(self, node: Node | None, key: str) -> tuple[str, tuple[str, ...]] | None:
        for name, fields in self.mapping(node, f"{key}.derive"):
            if self.word(name, f"{key}.derive", DERIVATIONS):
                return name.value, self.texts(fields, f"{key}.derive")
        return None

    def borderline(self, node: Node, key: str) -> tuple[str, str]:
        found = self.keys(node, f"{key}.guide", ["case", "decision"])
        return self.text(found.get("case"), key) or "", self.text(found.get("decision"), key) or ""

    def assumed(self, field: Field, node: Node | None) -> Value | None:
        if node is None or field.domain is None:
            return None
        what = f"{field.key}.assume"
        value: Value | None
        if field.type == "words":
            value = self.texts(node, what)
            inside = all(contains(field.domain, v) for v in value)
        else:
            value = read_scalar(self, field, node, what)
            inside = value is None or contains(field.domain, value)
        if value is not None and not inside:
            self.problems.add("VOC-4", f"{what} lies outside the domain", node.mark, "assume a value that can occur")
        if not field.assume_because:
            self.problems.add("VOC-5", f"{field.key} has assume: and no assume_because:", node.mark, "say why")
        return value


def _member(field: Field, word: str) -> Field:
    name = f"{field.name}[{word}]"
    assumed = isinstance(field.assume, tuple) and word in field.assume
    return field._replace(
        name=name,
        key=f"{field.entity}.{name}",
        label=f"{field.label} holds {field.words[word].label}",
        type="flag",
        domain=Words(frozenset((True, False))),
        order=(),
        words={},
        assume=assumed,
        derive=None,
        member_of=(field.name, word),
    )
