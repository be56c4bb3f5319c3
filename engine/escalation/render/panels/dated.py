"""What is dated, such as warnings: each with what is stated about it, what followed, and what it counted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from escalation.assess import Assessment
from escalation.ledger import YES, RuleLine
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, attribution, signed
from escalation.render.words import later_line, listed, perceiver, when
from escalation.scenario import Fact
from escalation.trace import rests_on_entity
from escalation.vocabulary import EntityKind

__all__ = ["dated", "entry", "later"]


def dated(found: Assessment) -> Sequence[Block]:
    """A section for each kind of dated entity that the scenario states, or that the rules ask about."""
    sections = []
    for kind in found.pack.vocabulary.kinds.values():
        members = [i for i, entity in enumerate(found.scenario.entities) if entity.kind == kind.name]
        read = bool(found.board.grid.columns[kind.name])
        if kind.dated_by and (members or read):
            sections.append(_section(found, kind, members, read))
    return sections


def later(found: Assessment) -> Sequence[Block]:
    """What became known after the day rated, and what was said twice."""
    scenario = found.scenario
    blocks: list[Block] = []
    if scenario.later:
        lines = "; ".join(later_line(entry) for entry in scenario.later)
        blocks.append(Paragraph(f"Known later: {len(scenario.later)}. {lines}.", 2, 2))
    if scenario.merged:
        lines_of = {entity.id: entity.mark.line for entity in scenario.entities}
        pairs = listed([f"{dropped} as {kept} (@{lines_of[kept]})" for kept, dropped in scenario.merged])
        blocks.append(Paragraph(f"Said twice, counted once: {pairs}.", 2, 2))
    return [Section("Listed, not counted", tuple(blocks))] if blocks else []


def _section(found: Assessment, kind: EntityKind, members: list[int], read: bool) -> Section:
    use = f"rated on {len(members)}" if read else f"{len(members)}, read by no rule"
    title = f"{kind.plural.capitalize()} ({perceiver(found)}) known on the date: {use}"
    if not members:
        return Section(title, (Paragraph(f"None stated: the list of {kind.plural} is taken as closed.", indent=2),))
    date_of = {at: _text(found.scenario.entities[at].facts.get(kind.dated_by)) for at in members}
    rows: list[Row] = []
    for at in sorted(members, key=lambda at: date_of[at]):
        rows += entry(found, kind, at, when(date_of[at]), read)
    return Section(title, (Table((Column(), Column(flex=True), Column("rests on")), tuple(rows)),))


def entry(found: Assessment, kind: EntityKind, at: int, date: str, read: bool) -> list[Row]:
    """An entity: what names it, what is stated in one row for each ground it rests on, and what it counted for."""
    entity = found.scenario.entities[at]
    facts = [
        fact
        for fact in entity.facts.values()
        if fact.state != "assumed" and not fact.field.member_of and fact.field.derive is None
        if fact.field.name not in (kind.dated_by, kind.name_field) and fact.best not in ("", ())
    ]
    naming = entity.facts.get(kind.name_field)
    shown = f": {naming.best}" if naming and naming.best and naming.state != "assumed" else ""
    grounds = Counter(_ground(fact) for fact in facts)
    usual = grounds.most_common(1)[0][0] if grounds else ("", "", "")
    alike = [fact for fact in facts if _ground(fact) == usual and not _apart(fact)]
    other = [fact for fact in facts if fact not in alike]
    letter = attribution(alike[0]._replace(mark=entity.mark), found.scenario.file) if alike else ""
    rows = [Row((date, f"{entity.id}{shown}", letter), (_stated(alike),) if alike else ())]
    for fact in other:
        extra = [f"as far as was known by {when(fact.seen_to)}"] if fact.seen_to else []
        text = ", ".join([_stated([fact]), *extra])
        under = (f'source: "{fact.quote}"',) if fact.quote else ()
        rows.append(Row(("", text, attribution(fact, found.scenario.file)), under))
    if read:
        rows.append(Row(("", _use(found, at), "")))
    return rows


def _use(found: Assessment, at: int) -> str:
    """The rules that a dated entity satisfied, with their points on each scale; the reasons stand above."""
    lines = [line for line in found.assumed_ledger.rules if line.state == YES and rests_on_entity(found, line, at)]
    counts = [f"{line.rule.id} {_points(found, line)}" for line in lines if any(line.rule.then.points.values())]
    silent = [f"{line.rule.id} ({line.rule.title})" for line in lines if not any(line.rule.then.points.values())]
    parts = [f"counts in {'; '.join(counts)}"] if counts else ["earns no points"]
    return "; ".join([*parts, *([f"noted by {listed(silent)}"] if silent else [])])


def _points(found: Assessment, line: RuleLine) -> str:
    points = line.rule.then.points
    return ", ".join(
        f"{scale.name} {signed(points[scale.name])}" for scale in found.pack.scales if points.get(scale.name)
    )


def _stated(facts: Iterable[Fact]) -> str:
    return "; ".join(
        f'{fact.field.label} "{fact.best}"' if fact.field.type == "text" else f"{fact.field.label} {_value(fact)}"
        for fact in facts
    )


def _value(fact: Fact) -> str:
    return "unknown" if fact.state == "open" and fact.possible == fact.field.domain else fact.field.show(fact.best)


def _ground(fact: Fact) -> tuple[str, str, str]:
    return fact.status, fact.grade, fact.source


def _apart(fact: Fact) -> bool:
    return bool(fact.quote or fact.seen_to) or fact.state == "open"


def _text(fact: Fact | None) -> str:
    return str(fact.best) if fact and fact.state != "assumed" else ""
