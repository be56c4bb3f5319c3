"""What the words of a pack mean: its levels, scales, factors, rules, parameters, images, fields and sources.

`explained` finds everything of one name; each kind of thing has a function that writes its section. What stands beside
a rating (panels, pathways, rival explanations, cases) and the words of fields are in `explain_beside.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.diagnostics import Mark
from escalation.pack import Factor, Level, Pack, Profile, Scale
from escalation.render.explain_beside import beside_explained, beside_known, where
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, signed
from escalation.render.words import by_scale, extent, levels, listed, spelled, when
from escalation.rules import All, Concluded, Condition, Count, Parameter, Rule, Test, walk
from escalation.scenario import Source
from escalation.sets import Numbers
from escalation.vocabulary import Field

__all__ = ["cited", "explained", "known"]

_STEP = 2


def known(pack: Pack) -> dict[str, str]:
    """Every name that can be explained, with a short text for each; names that several things share come once."""
    names: dict[str, str] = {}
    for rule in pack.rules:
        names.setdefault(rule.id, rule.title)
    for level in pack.levels:
        names.setdefault(level.name, level.meaning)
    for name in [*(s.name for s in pack.scales), *(f.name for f in pack.factors), *pack.sources]:
        names.setdefault(name, "")
    names.update({name: p.meaning for name, p in pack.parameters.items()})
    names.update({name: p.title for name, p in pack.profiles.items()})
    for field in pack.vocabulary.fields.values():
        if field.member_of is None:
            names.setdefault(field.key, field.meaning)
    return {**beside_known(pack), **names}


def explained(pack: Pack, name: str) -> Sequence[Block]:
    """A section for each thing of that name; none if there is nothing.

    A field goes by its name alone too, and what a report shows goes by the title or label that the report prints.
    """
    wanted = " ".join(name.lower().removeprefix("$").removesuffix("(j)").split())
    found: list[Block] = []
    found += [_rule(pack, rule) for rule in pack.rules if rule.id.lower() == wanted]
    found += [_level(pack, level) for level in pack.levels if level.name.lower() == wanted]
    found += [_scale(pack, scale) for scale in pack.scales if scale.name.lower() == wanted]
    found += [_factor(pack, factor) for factor in pack.factors if wanted in (factor.name.lower(), factor.label.lower())]
    found += [_parameter(pack, p) for p in pack.parameters.values() if p.name.lower() == wanted]
    found += [_profile(pack, p) for p in pack.profiles.values() if p.name.lower() == wanted]
    for field in pack.vocabulary.fields.values():
        if field.member_of is None and wanted in (field.key.lower(), field.name.lower(), field.label.lower()):
            found.append(_field(pack, field))
    found += [_source(pack, source) for source in pack.sources.values() if source.id.lower() == wanted]
    found += beside_explained(pack, wanted, cited, _condition)
    return found


def _rule(pack: Pack, rule: Rule) -> Section:
    points = zip(pack.scales, by_scale(pack, rule.then.points), strict=True)
    gives = [f"{scale.name} {shown}" for scale, shown in points if shown != "0"]
    for word, at in (("ceiling", rule.then.ceiling), ("floor", rule.then.floor)):
        gives += [f"{word} {levels(pack, at[s.name], at[s.name])} for {s.name}" for s in pack.scales if s.name in at]
    gives += [f"concludes {listed(rule.then.conclude)}"] if rule.then.conclude else []
    gives += [f"a line in the panel {note.panel.replace('_', ' ')}" for note in rule.then.notes]
    images = [
        f"{image.name}: {_overlay(image, rule.id)}"
        for image in pack.profiles.values()
        if rule.id in image.points or rule.id in image.off
    ]
    rows = [
        ("gives", listed(gives)),
        ("says", rule.because),
        ("factor", rule.factor),
        ("assumes", rule.assumption),
        ("wrong if", rule.falsified_by),
        ("review by", when(rule.review_by)),
        ("pathway", ", ".join(rule.pathway)),
        ("images", "; ".join(images)),
        ("casebook", _exercised(pack, rule)),
        ("where", _place(rule.mark)),
    ]
    basis = [Paragraph(f"{name}: {cited(pack, name)}", 4, 2) for name in rule.basis]
    return Section(
        f"Rule {rule.id}: {rule.title}",
        (
            Paragraph("fires when", 2),
            *_condition(rule.when, 4, True),
            _table(rows),
            *((Paragraph("rests on", 2), *basis) if basis else ()),
        ),
    )


def _condition(node: Condition, indent: int, straight: bool) -> Iterator[Block]:
    """A condition as nested lines. `straight` is False where it stands negated, as under "every item"."""
    if isinstance(node, Test):
        written = node.written if straight else node.written.removeprefix("not: ")
        said = written if straight or written != node.written else f"not: {written}"
        yield Paragraph(said, indent, 2)
    elif isinstance(node, Concluded):
        yield Paragraph(f"{node.name} is {'' if node.expected == straight else 'not '}concluded", indent)
    elif isinstance(node, Count):
        yield Paragraph(f"{node.written}:", indent)
        yield from _condition(node.where, indent + _STEP, not node.written.startswith("every "))
    else:
        every = isinstance(node, All) == straight
        if not every:
            yield Paragraph("any of:", indent)
        for child in node.children:
            yield from _condition(child, indent + (0 if every else _STEP), straight)


def _level(pack: Pack, level: Level) -> Section:
    rows = [("meaning", level.meaning)]
    for scale in pack.scales:
        rows.append((scale.name, _span(scale, level.number)))
    cautions = [text for text in pack.caveats if level.name.upper() in text]
    rows += [("note", text) for text in cautions]
    told = [panel.name for panel in pack.panels if any(level.number in row.levels for row in panel.rows)]
    limits = [r.id for r in pack.rules if level.number in (*r.then.floor.values(), *r.then.ceiling.values())]
    rows += [("panels", ", ".join(told)), ("limit of", ", ".join(limits)), ("where", "pack.yaml")]
    return Section(f"Level {level.name}, {level.number} of {len(pack.levels)}", (_table(rows),))


def _scale(pack: Pack, scale: Scale) -> Section:
    rows = [("asks", scale.question), *((lv.name.upper(), _span(scale, lv.number)) for lv in pack.levels)]
    limits = [r.id for r in pack.rules if scale.name in r.then.floor or scale.name in r.then.ceiling]
    rows += [
        ("factors", ", ".join(factor.name for factor in pack.factors)),
        ("points by", ", ".join(rule.id for rule in pack.rules if rule.then.points.get(scale.name))),
        ("limits by", ", ".join(limits)),
        ("where", "pack.yaml"),
    ]
    headline = ", the headline" if scale is pack.scales[0] else ""
    return Section(f"Scale {scale.name}{headline}", (_table(rows),))


def _span(scale: Scale, number: int) -> str:
    low = scale.thresholds[number - 2] if number > 1 else None
    above = scale.thresholds[number - 1] if number <= len(scale.thresholds) else None
    if low is None:
        return f"totals below {above}"
    return f"totals from {low}" if above is None else f"totals from {low} to {above - 1}"


def _factor(pack: Pack, factor: Factor) -> Section:
    rules = [rule for rule in pack.rules if rule.factor == factor.name]
    rows = tuple(Row((rule.id, rule.title, *by_scale(pack, rule.then.points))) for rule in rules)
    columns = (Column(), Column(flex=True), *(Column(scale.name, right=True) for scale in pack.scales))
    held = f"The sum of its rules is held between {factor.low} and {factor.high}."
    return Section(f"Factor {factor.name}", (Table(columns, rows), Paragraph(held, 2)))


def _parameter(pack: Pack, parameter: Parameter) -> Section:
    value = parameter.value
    shown = ", ".join(value) if isinstance(value, tuple) else f"{value:g} {parameter.unit}".rstrip()
    used = [rule.id for rule in pack.rules if any(f"${parameter.name}" in text for text in _written(rule))]
    images = [image.name for image in pack.profiles.values() if parameter.name in image.parameters]
    rows = [
        ("value", shown),
        ("meaning", parameter.meaning),
        ("dated", when(parameter.dated)),
        ("source", f"{parameter.source}: {cited(pack, parameter.source)}"),
        ("read by", ", ".join(used) or "no rule"),
        ("changed by", ", ".join(images) or "no image"),
        ("where", _place(parameter.mark)),
    ]
    return Section(f"Parameter ${parameter.name}", (_table(rows),))


def _written(rule: Rule) -> list[str]:
    return [rule.because, *(node.written for node in walk(rule.when) if isinstance(node, (Test, Count)))]


def _profile(pack: Pack, image: Profile) -> Section:
    rows = [(rule.id, f"{_overlay(image, rule.id)} ({rule.title})") for rule in pack.rules if rule.id in image.points]
    rows += [(rule_id, f"switched off: {reason}") for rule_id, reason in image.off.items()]
    rows += [(f"${name}", "another value: " + p.meaning) for name, p in image.parameters.items()]
    rows.append(("where", _place(image.mark)))
    basis = Paragraph(f"Sources: {', '.join(image.sources)}.", 2, 2)
    head = (Paragraph(image.title, 2), Paragraph(image.rationale, 2))
    return Section(f"Image {image.name}", (*head, _table(rows), basis))


def _overlay(image: Profile, rule_id: str) -> str:
    if rule_id in image.off:
        return "switched off"
    return ", ".join(f"{scale} {signed(points)}" for scale, points in image.points[rule_id].items())


def _field(pack: Pack, field: Field) -> Section:
    readers = [
        rule.id
        for rule in pack.rules
        if any(isinstance(n, Test) and (n.field.key == field.key or _member(n.field, field)) for n in walk(rule.when))
    ]
    assumed = "" if field.assume is None else f"{field.show(field.assume)}. {field.assume_because}"
    rows = [
        ("meaning", field.meaning),
        ("type", _type(field)),
        ("not stated", assumed or "nothing is assumed, and no rule may read it"),
        ("direction", {"raises": "more of it raises", "lowers": "more of it lowers"}.get(field.direction, "")),
        ("changed by", field.changed_by),
        ("worked out", f"from {' and '.join(field.derive[1])}; not stated" if field.derive else ""),
        ("read by", ", ".join(readers) or "no rule"),
        ("source", f"{field.source}: {cited(pack, field.source)}" if field.source else ""),
        ("ask", field.question),
        ("where", _place(field.mark)),
    ]
    blocks: list[Block] = [_table(rows)]
    if field.words and len(field.words) <= 40:
        order = "Words, from least to most escalatory" if field.order else "Words, in no order"
        off = [word for word in field.words if field.order and word not in field.order]
        words = sorted(field.words.items(), key=lambda entry: entry[0] in off)
        listing = tuple(
            Row((word, text.label, text.meaning + (" (off the scale)" if word in off else ""))) for word, text in words
        )
        blocks.append(Section(order, (Table((Column(), Column(), Column(flex=True)), listing),)))
    elif field.words:
        blocks.append(Paragraph(f"One of {len(field.words)} words, such as {listed(list(field.words)[:3])}.", 2))
    if field.guide:
        cases = tuple(Row((case, decision)) for case, decision in field.guide)
        columns = (Column("case", flex=True), Column("decision"))
        blocks.append(Section(f"Coding guide: {spelled(len(cases))} borderline", (Table(columns, cases),)))
    return Section(f"Field {field.key}: {field.label}", tuple(blocks))


def _exercised(pack: Pack, rule: Rule) -> str:
    from escalation.analysis.exercise import exercise

    found = exercise(pack).get(rule.id)
    return found.mark if found else ""


def _member(read: Field, field: Field) -> bool:
    return read.member_of is not None and read.entity == field.entity and read.member_of[0] == field.name


def _type(field: Field) -> str:
    if isinstance(field.domain, Numbers):
        return extent(field)
    names = {"word": "one of the words below", "words": "a list of the words below", "flag": "true or false"}
    return names.get(field.type, field.type)


def _source(pack: Pack, source: Source) -> Section:
    rules = [rule.id for rule in pack.rules if source.id in rule.basis]
    others = [f"${p.name}" for p in pack.parameters.values() if p.source == source.id]
    others += [panel.name for panel in pack.panels if source.id in panel.basis]
    rows = [
        ("what", cited(pack, source.id)),
        ("grade", source.grade),
        ("address", source.url),
        ("basis of", ", ".join(rules) or "no rule"),
        ("and of", ", ".join(others)),
        ("where", _place(source.mark)),
    ]
    return Section(f"Source {source.id}", (_table(rows),))


def cited(pack: Pack, name: str) -> str:
    """A source of the pack in words: publisher, date, grade and title; the name itself where the pack lists none."""
    source = pack.sources.get(name)
    if source is None:
        return name
    head = ", ".join(part for part in (source.publisher, when(source.date), source.grade) if part)
    return ". ".join(part for part in (head, source.title) if part)


def _place(mark: Mark) -> str:
    return where(mark.file, mark.line)


def _table(rows: Sequence[tuple[str, str]]) -> Table:
    return Table((Column(), Column(flex=True)), tuple(Row(row) for row in rows if row[1]))
