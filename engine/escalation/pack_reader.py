"""Reads a pack's YAML files into a `Pack`, with every problem in one go.

The order follows what depends on what: vocabulary, sources, parameters, profiles, rules; then the checks that need all
of them. A profile is applied while reading, since its parameters change what the rules' sets are.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from escalation.beside_reader import BesideReader
from escalation.diagnostics import Mark, Problems, suggest
from escalation.pack_records import ConfidenceRow, Factor, Level, Pack, Profile, Questions, Scale
from escalation.rules import Chain, Note, Parameter, Rule, Then, chained
from escalation.scenario import Source
from escalation.source import Listing, Mapping, Node, Text, parse
from escalation.vocabulary import read_vocabulary

__all__ = ["read_pack"]

_CONCLUSION = re.compile("[A-Z][A-Z0-9_]*")
_PACK_KEYS = [
    "pack",
    "version",
    "perceivers",
    "written_with_knowledge_to",
    "rules",
    "levels",
    "scales",
    "factors",
    "caveats",
    "confidence",
]
_RULE_KEYS = ["id", "title", "factor", "when", "then", "because", "basis", "assumption", "falsified_by", "review_by"]
_THEN_KEYS = ["points", "conclude", "floor", "ceiling", "note"]
_PROFILE_KEYS = ("points", "parameters", "off")
_TITLE_WORDS = 6


def read_pack(files: dict[str, tuple[str, bytes]], digest: str, profile: str, folder: str) -> Pack:
    """Read the files of a pack (path within the pack to shown path and bytes). Raises InputError with all problems."""
    problems = Problems()
    nodes = {name: parse(data, shown, problems) for name, (shown, data) in files.items()}
    problems.stop()
    reader = _PackReader(problems)
    reader.nodes, reader.paths = nodes, {name: shown for name, (shown, _) in files.items()}
    pack = reader.pack(digest, profile, folder)
    problems.stop()
    return pack


class _PackReader(BesideReader):
    nodes: dict[str, Node | None]
    paths: dict[str, str]

    def pack(self, digest: str, profile: str, folder: str) -> Pack:
        head = self.keys(self.nodes["pack.yaml"], "the pack", _PACK_KEYS, ["questions", "needs", "frozen"])
        self.vocabulary = read_vocabulary(self.file("vocabulary.yaml"), self.problems)
        self.sources = self.read_sources(self.section("sources.yaml", "sources"))
        self.parameters = self.read_parameters(self.section("parameters.yaml", "parameters"))
        self.levels = tuple(self.level(i, n) for i, n in enumerate(self.listing(head.get("levels"), "levels"), 1))
        self.level_numbers = {level.name: level.number for level in self.levels}
        self.scales = tuple(self.scale(k, n) for k, n in self.mapping(head.get("scales"), "scales"))
        self.factors = tuple(self.factor(k, n) for k, n in self.mapping(head.get("factors"), "factors"))
        profiles = self.read_profiles()
        applied = self.chosen(profiles, profile)
        if applied:
            self.parameters = {**self.parameters, **applied.parameters}
        self.used: set[str] = set()
        rules, whole = self.read_rules(head.get("rules"))
        if whole:  # else what a rule that cannot be used makes or is named by would be reported as well
            for found in profiles.values():
                self.check_profile(found, {rule.id for rule in rules})
        if applied:
            rules = [_overlaid(rule, applied) for rule in rules if rule.id not in applied.off]
        chain = self.chain(rules) if whole else Chain((), (), ())
        panels = self.read_panels(self.nodes.get("panels.yaml"))
        if whole:
            self.check_panels(panels, rules)
        return Pack(
            name=self.text(head.get("pack"), "pack") or "",
            version=self.text(head.get("version"), "version") or "",
            perceivers=self.texts(head.get("perceivers"), "perceivers"),
            knowledge_to=self.text(head.get("written_with_knowledge_to"), "written_with_knowledge_to") or "",
            levels=self.levels,
            scales=self.scales,
            factors=self.factors,
            vocabulary=self.vocabulary,
            parameters=self.parameters,
            rules=tuple(rules),
            order=chain.order,
            strata=chain.strata,
            profiles=profiles,
            sources=self.sources,
            caveats=self.texts(head.get("caveats"), "caveats"),
            confidence=tuple(self.confidence(n) for n in self.listing(head.get("confidence"), "confidence")),
            profile=profile,
            digest=digest,
            folder=folder,
            questions=self.questions(head.get("questions")),
            panels=panels,
            needs=tuple(needs for n in self.listing(head.get("needs"), "needs") if (needs := self.needs(n))),
            frozen=self.frozen(head.get("frozen")),
        )

    def file(self, name: str) -> Node | None:
        if name not in self.nodes:
            head = self.nodes["pack.yaml"]
            mark = head.mark if head else Mark(self.paths["pack.yaml"], 1, 1)
            self.problems.add("PACK-2", f"the pack has no file {name}", mark, "add it, or correct the name")
        return self.nodes.get(name)

    def section(self, name: str, key: str) -> tuple[tuple[Text, Node], ...]:
        return self.mapping(self.keys(self.file(name), name, [key]).get(key), key)

    # -- the small tables

    def read_sources(self, entries: tuple[tuple[Text, Node], ...]) -> dict[str, Source]:
        found = {}
        for key, node in entries:
            values = self.keys(node, key.value, ["title"], ["publisher", "date", "url", "grade", "note"])
            texts = {
                name: self.text(value, f"{key.value}.{name}") or "" for name, value in values.items() if name != "note"
            }
            found[key.value] = Source(id=key.value, mark=key.mark, **texts)
        return found

    def read_parameters(self, entries: tuple[tuple[Text, Node], ...]) -> dict[str, Parameter]:
        found = {key.value: self.read_parameter(key, node) for key, node in entries}
        self.unusable |= {name for name, parameter in found.items() if parameter is None}
        return {name: parameter for name, parameter in found.items() if parameter}

    def read_parameter(self, key: Text, node: Node) -> Parameter | None:
        required = ["dated", "source", "meaning"]
        found = self.keys(node, f"parameter {key.value}", required, ["value", "words"])
        texts = {name: self.text(found.get(name), f"{key.value}.{name}") or "" for name in required}
        if ("value" in found) == ("words" in found):
            self.problems.add("PAR-1", f"{key.value} needs value or words, and not both", key.mark, "value: 70 km")
            return None
        self.known_source(found.get("source"))
        self.dated(found.get("dated"), f"{key.value}.dated")
        if "words" in found:
            words = self.texts(found["words"], f"{key.value}.words")
            return Parameter(key.value, words, "", **texts, mark=key.mark)
        written = self.text(found["value"], f"{key.value}.value") or ""
        number, _, unit = written.partition(" ")
        value = self.number(Text(number, True, found["value"].mark), key.value)
        known = {name for field in self.vocabulary.fields.values() for name in (field.unit, *field.units)}
        if unit and unit not in known:
            self.problems.add("NUM-3", f"{key.value} has no unit '{unit}'", found["value"].mark, suggest(unit, known))
            return None
        return None if value is None else Parameter(key.value, value, unit, **texts, mark=key.mark)

    def level(self, number: int, node: Node) -> Level:
        found = self.keys(node, "a level", ["name", "meaning"])
        return Level(
            number, self.text(found.get("name"), "name") or "", self.text(found.get("meaning"), "meaning") or ""
        )

    def scale(self, key: Text, node: Node) -> Scale:
        found = self.keys(node, f"scale {key.value}", ["question", "thresholds"])
        cuts = self.keys(found.get("thresholds"), "thresholds", [level.name for level in self.levels[1:]])
        numbers = [self.whole(cuts.get(level.name), level.name) or 0 for level in self.levels[1:]]
        if sorted(set(numbers)) != numbers:
            self.problems.add("PACK-3", f"thresholds of {key.value} do not rise", key.mark, "each above the last")
        return Scale(key.value, self.text(found.get("question"), "question") or "", tuple(numbers))

    def factor(self, key: Text, node: Node) -> Factor:
        found = self.keys(node, f"factor {key.value}", ["label", "min", "max"])
        low, high = (self.whole(found.get(name), f"{key.value}.{name}") or 0 for name in ("min", "max"))
        if low > 0 or high < 0:
            self.problems.add("PACK-4", f"factor {key.value} must be able to count 0", key.mark, "min <= 0 <= max")
        return Factor(key.value, self.text(found.get("label"), "label") or "", low, high)

    def questions(self, node: Node | None) -> Questions:
        found = self.keys(node, "questions", (), ["terms", "together", "steps"])
        together = [self.fields(n, "together") for n in self.listing(found.get("together"), "together")]
        steps = self.keys(found.get("steps"), "steps", ["field", "days"])
        counted = self.fields(steps.get("field"), "steps.field")
        days = self.whole(steps.get("days"), "steps.days") or 0
        return Questions(self.fields(found.get("terms"), "terms"), tuple(together), "".join(counted[:1]), days)

    def fields(self, node: Node | None, what: str) -> tuple[str, ...]:
        """Keys of fields that rules may read."""
        known = [field.key for field in self.vocabulary.fields.values() if field.readable]
        nodes = (node,) if isinstance(node, Text) else self.listing(node, what)
        return tuple(key for key in (self.word(one, what, known) for one in nodes) if key)

    def confidence(self, node: Node) -> ConfidenceRow:
        limits = [name for name in ConfidenceRow._fields if name not in ("level", "weakest_grade")]
        found = self.keys(node, "confidence", ["level"], ["weakest_grade", *limits])
        level = self.word(found.get("level"), "confidence", ["high", "moderate", "low"]) or "low"
        numbers = {name: self.whole(found[name], name) for name in limits if name in found}
        return ConfidenceRow(level, self.text(found.get("weakest_grade"), "weakest_grade"), **numbers)

    # -- profiles

    def read_profiles(self) -> dict[str, Profile]:
        profiles = {}
        for name, node in self.nodes.items():
            if name.startswith("profiles/"):
                found = self.profile(node, PurePosixPath(name).stem)
                profiles[found.name] = found
        return profiles

    def profile(self, node: Node | None, stem: str) -> Profile:
        found = self.keys(node, "a profile", ["profile", "title", "rationale", "sources"], _PROFILE_KEYS)
        name = self.text(found.get("profile"), "profile") or stem
        if name != stem and node:
            self.problems.add("PROF-1", f"profile {name} lies in {stem}.yaml", node.mark, "name both alike")
        for source in self.listing(found.get("sources"), "sources"):
            self.known_source(source)
        return Profile(
            name,
            self.text(found.get("title"), "title") or "",
            self.text(found.get("rationale"), "rationale") or "",
            {k.value: self.by_scale(n, "points") for k, n in self.mapping(found.get("points"), "points")},
            self.read_parameters(self.mapping(found.get("parameters"), "parameters")),
            {k.value: self.text(n, "off") or "" for k, n in self.mapping(found.get("off"), "off")},
            self.texts(found.get("sources"), "sources"),
            node.mark if node else Mark("", 1, 1),
        )

    def chosen(self, profiles: dict[str, Profile], name: str) -> Profile | None:
        if name and name not in profiles:
            mark = Mark(self.paths["pack.yaml"], 1, 1)
            help = suggest(name, profiles) or f"profiles: {', '.join(profiles) or 'none'}"
            self.problems.add("PROF-2", f"the pack has no profile {name}", mark, help)
        return profiles.get(name)

    def check_profile(self, profile: Profile, rules: set[str]) -> None:
        for name in [*profile.points, *profile.off]:
            if name not in rules:
                self.problems.add(
                    "PROF-3", f"profile {profile.name} names no rule {name}", profile.mark, suggest(name, rules)
                )
        for name in profile.parameters:
            if name not in self.parameters:
                help = suggest(name, self.parameters)
                self.problems.add("PROF-4", f"profile {profile.name} names no parameter {name}", profile.mark, help)

    # -- rules

    def read_rules(self, node: Node | None) -> tuple[list[Rule], bool]:
        """The rules that can be used, in order, and whether those are all."""
        rules: list[Rule] = []
        marks: dict[str, Mark] = {}
        whole = isinstance(node, Listing)
        for name in self.texts(node, "rules"):
            body = self.keys(self.file(name), name, ["rules"]).get("rules")
            whole = whole and isinstance(body, Listing)
            for item in self.listing(body, f"{name}: rules"):
                rule = self.rule(item)
                if rule and rule.id in marks:
                    first = (("first here", marks[rule.id]),)
                    self.problems.add("ID-2", f"rule {rule.id} is given twice", rule.mark, "give it another id", first)
                elif rule:
                    marks[rule.id] = rule.mark
                    rules.append(rule)
                whole = whole and rule is not None
        return rules, whole

    def rule(self, node: Node) -> Rule | None:
        found = self.keys(node, "a rule", _RULE_KEYS, ["pathway"])
        names = ("id", "title", "because", "assumption", "falsified_by", "review_by")
        texts = {name: self.text(found.get(name), name) or "" for name in names}
        title = found.get("title")
        if title and len(texts["title"].split()) > _TITLE_WORDS:
            self.problems.add("RULE-11", f"the title has more than {_TITLE_WORDS} words", title.mark, "shorten it")
        factor = self.word(found.get("factor"), "factor", [f.name for f in self.factors])
        when = self.condition(found["when"], "when") if "when" in found else None
        then = self.then(found["then"]) if "then" in found else None
        self.placeholders(found.get("because"))
        self.dated(found.get("review_by"), "review_by")
        basis = found.get("basis")
        self.named(then.conclude if then else (), found.get("then"))
        for source in basis.items if isinstance(basis, Listing) else ():
            self.known_source(source)
        if when is None or then is None or factor is None:
            return None
        return Rule(
            **texts,
            factor=factor,
            when=when,
            then=then,
            basis=self.texts(basis, "basis"),
            pathway=self.texts(found.get("pathway"), "pathway"),
            mark=found["id"].mark if "id" in found else node.mark,
        )

    def then(self, node: Node) -> Then:
        found = self.keys(node, "then", (), _THEN_KEYS)
        if not found and isinstance(node, Mapping):
            self.problems.add("RULE-12", "then does nothing", node.mark, f"give one of: {', '.join(_THEN_KEYS)}")
        return Then(
            self.by_scale(found.get("points"), "points"),
            self.texts(found.get("conclude"), "conclude"),
            self.limit(found.get("floor"), "floor"),
            self.limit(found.get("ceiling"), "ceiling"),
            self.notes(found.get("note")),
        )

    def by_scale(self, node: Node | None, what: str) -> dict[str, int]:
        """Points by scale; one number counts on every scale, a scale left out counts 0."""
        if node is None:
            return {}
        if isinstance(node, Text):
            points = self.whole(node, what)
            return {scale.name: points for scale in self.scales} if points is not None else {}
        found = self.keys(node, what, (), [scale.name for scale in self.scales])
        numbers = {name: self.whole(value, f"{what}.{name}") for name, value in found.items()}
        return {name: value for name, value in numbers.items() if value is not None}

    def limit(self, node: Node | None, what: str) -> dict[str, int]:
        """A floor or a ceiling: a level on the headline scale, or a mapping by scale."""
        if node is None:
            return {}
        named = {self.scales[0].name: node} if isinstance(node, Text) and self.scales else {}
        found = named or self.keys(node, what, (), [scale.name for scale in self.scales])
        words = {name: self.word(value, what, self.level_numbers) for name, value in found.items()}
        return {name: self.level_numbers[word] for name, word in words.items() if word}

    def notes(self, node: Node | None) -> tuple[Note, ...]:
        nodes = self.listing(node, "note") if isinstance(node, Listing) else (node,) if node else ()
        notes = []
        for one in nodes:
            found = self.keys(one, "note", ["panel", "text"])
            self.placeholders(found.get("text"))
            notes.append(Note(self.text(found.get("panel"), "panel") or "", self.text(found.get("text"), "text") or ""))
        return tuple(notes)

    def named(self, conclusions: tuple[str, ...], node: Node | None) -> None:
        """A conclusion is named in capitals, so that it is told from fields and words at a glance."""
        for name in conclusions:
            if node and not _CONCLUSION.fullmatch(name):
                self.problems.add(
                    "RULE-16", f"{name} is no name for a conclusion", node.mark, "write it as IN_CAPITALS"
                )

    def chain(self, rules: list[Rule]) -> Chain:
        """The order of evaluation and the strata. Reports conclusions that nobody makes, and circles."""
        self.check_concluded((rule.when for rule in rules), rules)
        chain = chained(rules)
        if chain.circle:
            ids = ", ".join(rules[i].id for i in chain.circle)
            mark = rules[chain.circle[0]].mark
            self.problems.add("RULE-15", f"rules conclude in a circle: {ids}", mark, "break the circle")
        return chain


def _overlaid(rule: Rule, profile: Profile) -> Rule:
    changed = profile.points.get(rule.id)
    return rule if changed is None else rule._replace(then=rule.then._replace(points={**rule.then.points, **changed}))
