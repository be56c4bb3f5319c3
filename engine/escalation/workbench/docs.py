"""`assess rules docs`: a page for every rule and every field of a pack, cross-linked, as Markdown.

The pages depend on the pack alone, never on cases, clocks or the machine, so that a fresh run of an unchanged pack
gives the same bytes and a check in CI can compare. `pages` gives path and text; writing and comparing is the command's
business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

from escalation.pack import Pack, Profile
from escalation.render.words import extent
from escalation.rules import All, Any, Concluded, Condition, Count, Parameter, Rule, Test, walk
from escalation.scenario import Source
from escalation.sets import Numbers
from escalation.vocabulary import EntityKind, Field
from escalation.workbench.listing import effect
from escalation.workbench.wording import inner

__all__ = ["MARK", "pages"]

MARK = "<!-- Made by `assess rules docs` from the pack. Change the pack, not this page. -->"
_WIDTH = 120
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")
_MANY_WORDS = 60


def pages(pack: Pack) -> dict[str, str]:
    """Every page by its path under the reference folder."""
    found = {"README.md": _index(pack), "parameters.md": _parameters(pack), "sources.md": _sources(pack)}
    found |= {f"rules/{rule.id}.md": _rule(pack, rule) for rule in pack.rules}
    found |= {f"fields/{field.key}.md": _field(pack, field) for field in _fields(pack)}
    return {path: f"{MARK}\n\n{text.rstrip()}\n" for path, text in found.items()}


# -- pages


def _index(pack: Pack) -> str:
    parts = [
        f"# Reference of {pack.name}",
        _flow(
            f"Version {_plain(pack.version)}, read as {', '.join(pack.perceivers)}, written with knowledge to"
            f" {_plain(pack.knowledge_to)}. {len(pack.rules)} rules over {len(_fields(pack))} fields."
            " See also the [parameters](parameters.md) and the [sources](sources.md)."
        ),
        "## Levels",
        _table(["", "level", "meaning"], [[str(lv.number), lv.name.upper(), _plain(lv.meaning)] for lv in pack.levels]),
        "## Scales",
        _table(
            ["scale", "question", *(level.name.upper() for level in pack.levels[1:])],
            [[s.name, _plain(s.question), *(f"from {cut}" for cut in s.thresholds)] for s in pack.scales],
        ),
    ]
    for factor in pack.factors:
        rules = [rule for rule in pack.rules if rule.factor == factor.name]
        parts += [f"## Rules of {_plain(factor.label)}", f"Their sum is held between {factor.low} and {factor.high}."]
        parts.append(
            _table(
                ["rule", "title", "effect"], [[_to_rule(r), _plain(r.title), _plain(effect(r, pack))] for r in rules]
            )
        )
    for kind in pack.vocabulary.kinds.values():
        fields = [field for field in _fields(pack) if field.entity == kind.name]
        parts += [f"## Fields of {_plain(kind.label)}", _flow(_kind(kind))]
        parts.append(
            _table(
                ["field", "label", "read by"],
                [
                    [
                        f"[{f.name}](fields/{f.key}.md)",
                        _plain(f.label),
                        ", ".join(_to_rule(r) for r in _readers(pack, f)) or "no rule",
                    ]
                    for f in fields
                ],
            )
        )
    parts += (
        ["## Images of the perceiver", *(_image(image) for image in pack.profiles.values())] if pack.profiles else []
    )
    return _joined(parts)


def _rule(pack: Pack, rule: Rule) -> str:
    uses = list(dict.fromkeys(node.name for node in walk(rule.when) if isinstance(node, Concluded)))
    named = [
        name
        for name in pack.parameters
        if any(f"${name}" in n.written for n in walk(rule.when) if isinstance(n, (Test, Count)))
    ]
    parts = [
        f"# {rule.id}: {_plain(rule.title)}",
        f"Factor {_plain(rule.factor)}. Effect: {_plain(effect(rule, pack))}. [All rules](../README.md)",
        "## Fires when",
        "\n".join(_condition(pack, rule.when, 0)),
        "## Reason given",
        f"> {_flow(_plain(rule.because), '> ')}",
        "## Why it is there",
        _flow(f"**Assumption.** {_plain(rule.assumption)}"),
        _flow(f"**Wrong if.** {_plain(rule.falsified_by)}"),
        f"**Review by.** {_plain(rule.review_by)}",
    ]
    parts += [f"**Pathway.** {', '.join(f'`{name}`' for name in rule.pathway)}"] if rule.pathway else []
    parts += ["**Rests on**", "\n".join(f"- {_cited(pack.sources[name])}" for name in rule.basis)] if rule.basis else []
    parts += [
        _flow(f"Note for {_plain(note.panel.replace('_', ' '))}: {_plain(note.text)}") for note in rule.then.notes
    ]
    if named:
        rows = [
            [f"[${n}](../parameters.md#{n})", _value(pack.parameters[n]), _plain(pack.parameters[n].meaning)]
            for n in named
        ]
        parts += ["## Parameters", _table(["parameter", "value", "meaning"], rows)]
    links = [f"- makes `{n}`, which is used by {_rules(pack, _users(pack, n))}" for n in rule.then.conclude]
    links += [f"- needs `{n}`, which is made by {_rules(pack, _makers(pack, n))}" for n in uses]
    parts += ["## Conclusions", "\n".join(links)] if links else []
    changes = [
        f"- {_plain(image.name)}: {_changed(image, rule)}" for image in pack.profiles.values() if _changed(image, rule)
    ]
    parts += ["## Under other images", "\n".join(changes)] if changes else []
    return _joined(parts)


def _field(pack: Pack, field: Field) -> str:
    assumed = f"{_plain(field.show(field.assume))}. {_plain(field.assume_because)}" if field.assume is not None else ""
    direction = {"raises": "more of it raises", "lowers": "more of it lowers"}.get(field.direction, "")
    rows = [
        ("type", _plain(_type(field))),
        ("where nothing is stated", assumed or "nothing is assumed, and no rule may read it"),
        ("direction", direction),
        ("changed by", _plain(field.changed_by)),
        (
            "worked out",
            f"{_plain(field.derive[0])} {', '.join(_sibling(field, n) for n in field.derive[1])}"
            if field.derive
            else "",
        ),
        ("source", _cited(pack.sources[field.source]) if field.source in pack.sources else _plain(field.source)),
        ("question to a source", _plain(field.question)),
        ("read by", ", ".join(_to_rule(r, "../rules/") for r in _readers(pack, field)) or "no rule"),
    ]
    parts = [
        f"# {field.key}: {_plain(field.label)}",
        _flow(f"{_plain(field.meaning)} [All fields](../README.md)"),
        "\n".join(f"- **{name}**: {text}" for name, text in rows if text),
    ]
    if field.words and len(field.words) <= _MANY_WORDS:
        heading = "## Words, from least to most" if field.order else "## Words"
        off = [word for word in field.words if field.order and word not in field.order]
        words = [*(field.order or field.words), *off]
        told = [
            [
                f"`{w}`",
                _plain(field.words[w].label),
                _plain(field.words[w].meaning) + (" (off the scale)" if w in off else ""),
            ]
            for w in words
        ]
        parts += [heading, _table(["word", "label", "meaning"], told)]
    if field.guide:
        parts += ["## Borderline cases", _table(["case", "coded as"], [[_plain(c), _plain(d)] for c, d in field.guide])]
    return _joined(parts)


def _parameters(pack: Pack) -> str:
    parts = ["# Parameters", "Named, dated and sourced values that rules compare with. [All rules](README.md)"]
    for parameter in pack.parameters.values():
        readers = [
            rule
            for rule in pack.rules
            if any(f"${parameter.name}" in n.written for n in walk(rule.when) if isinstance(n, (Test, Count)))
        ]
        images = [image.name for image in pack.profiles.values() if parameter.name in image.parameters]
        source = pack.sources.get(parameter.source)
        rows = [
            ("value", _value(parameter)),
            ("dated", _plain(parameter.dated)),
            ("source", _cited(source) if source else _plain(parameter.source)),
            ("read by", ", ".join(_to_rule(rule) for rule in readers) or "no condition that spells it out"),
            ("changed by", ", ".join(map(_plain, images))),
        ]
        parts += [f"## {parameter.name}", _flow(_plain(parameter.meaning))]
        parts.append("\n".join(f"- **{name}**: {text}" for name, text in rows if text))
    return _joined(parts)


def _sources(pack: Pack) -> str:
    parts = ["# Sources", "What rules, parameters and fields rest on. [All rules](README.md)"]
    rows = []
    for source in pack.sources.values():
        rules = [rule for rule in pack.rules if source.id in rule.basis]
        rows.append(
            [f"`{source.id}`", _cited(source), _plain(source.grade), ", ".join(_to_rule(rule) for rule in rules)]
        )
    return _joined([*parts, _table(["name", "source", "grade", "basis of"], rows)])


def _image(image: Profile) -> str:
    points = [f"points of {name}" for name in image.points]
    changed = [*points, *(f"${name}" for name in image.parameters), *(f"{name} off" for name in image.off)]
    head = f"### {_plain(image.name)}: {_plain(image.title)}"
    return _joined([head, _flow(_plain(image.rationale)), _flow(f"Changes: {_plain(', '.join(changed))}.")])


# -- parts of pages


def _condition(pack: Pack, node: Condition, depth: int) -> Iterator[str]:
    """A condition as nested points, the way round it was written, fields and makers of conclusions linked."""
    start = "  " * depth + "- "
    if isinstance(node, Test):
        name = f"{node.field.entity}.{node.field.member_of[0]}" if node.field.member_of else node.field.key
        said = node.written.removeprefix(f"{node.field.label} ")
        yield f"{start}[{_plain(node.field.label)}](../fields/{name}.md) {_plain(said)}"
    elif isinstance(node, Concluded):
        makers = _rules(pack, _makers(pack, node.name))
        yield f"{start}`{node.name}` is {'' if node.expected else 'not '}concluded, by {makers}"
    elif isinstance(node, Count):
        yield f"{start}{_plain(node.written)}:"
        yield from _condition(pack, inner(node), depth + 1)
    else:
        if depth or isinstance(node, Any):
            yield f"{start}{'all' if isinstance(node, All) else 'any'} of:"
            depth += 1
        for child in node.children:
            yield from _condition(pack, child, depth)


def _kind(kind: EntityKind) -> str:
    number = f"A list, `{kind.plural}`" if kind.many else f"One, `{kind.name}`"
    return f"{number}: {_plain(kind.meaning)}."


def _type(field: Field) -> str:
    if isinstance(field.domain, Numbers):
        return extent(field)
    names = {"word": "one word", "words": "a list of words", "flag": "true or false"}
    return names.get(field.type, field.type) + (", ordered" if field.order else "")


def _value(parameter: Parameter) -> str:
    if isinstance(parameter.value, tuple):
        return ", ".join(f"`{word}`" for word in parameter.value)
    return f"{parameter.value:g} {parameter.unit}".rstrip()


def _changed(image: Profile, rule: Rule) -> str:
    if rule.id in image.off:
        return f"switched off. {_plain(image.off[rule.id])}"
    return ", ".join(f"{scale} {points:+d}" for scale, points in image.points.get(rule.id, {}).items())


def _cited(source: Source) -> str:
    head = ", ".join(_plain(part) for part in (source.publisher, source.date, source.grade) if part)
    title = f"[{_plain(source.title)}]({source.url})" if source.url else _plain(source.title)
    return f"{head}. {title}" if head else title


def _fields(pack: Pack) -> list[Field]:
    return [field for field in pack.vocabulary.fields.values() if field.member_of is None]


def _readers(pack: Pack, field: Field) -> list[Rule]:
    keys = {
        f.key
        for f in pack.vocabulary.fields.values()
        if f.member_of and f.entity == field.entity and f.member_of[0] == field.name
    }
    keys.add(field.key)
    return [rule for rule in pack.rules if any(isinstance(n, Test) and n.field.key in keys for n in walk(rule.when))]


def _makers(pack: Pack, name: str) -> list[Rule]:
    return [rule for rule in pack.rules if name in rule.then.conclude]


def _users(pack: Pack, name: str) -> list[Rule]:
    return [rule for rule in pack.rules if any(isinstance(n, Concluded) and n.name == name for n in walk(rule.when))]


def _rules(pack: Pack, rules: Iterable[Rule]) -> str:
    return ", ".join(_to_rule(rule, "") for rule in rules) or "no rule"


def _to_rule(rule: Rule, folder: str = "rules/") -> str:
    return f"[{rule.id}]({folder}{rule.id}.md)"


def _sibling(field: Field, name: str) -> str:
    return f"[{_plain(name)}]({field.entity}.{name}.md)"


# -- Markdown


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _flow(text: str, lead: str = "") -> str:
    """A paragraph in lines."""
    return f"\n{lead}".join(wrap(text, _WIDTH - len(lead), break_long_words=False, break_on_hyphens=False))


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
