"""A plan as a report: what a change of rules does over all scenarios, rule by rule, and to the scenarios at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from escalation.pack import Pack
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, Verbatim, signed
from escalation.sets import Set, Words
from escalation.trace import set_data
from escalation.vocabulary import Field
from escalation.workbench import specimen
from escalation.workbench.finding import Report
from escalation.workbench.plan import EQUIVALENT, Change, Effect, Moved, Plan, Region

__all__ = ["Before", "report_of"]

Before = Sequence[tuple[str, str, str, str]]
"""Figures before and after: (question, measure, before, after)."""


def report_of(found: Plan, figures: Before, names: tuple[str, str]) -> Report:
    """The report of one plan; `figures` are those of the backtest, `names` what the two packs were given as."""
    return Report(
        command="rules plan",
        findings=(),
        blocks=tuple(_blocks(found, figures, names)),
        data={
            "old": _pack(found.old, names[0]),
            "new": _pack(found.new, names[1]),
            "depth": found.depth,
            "effects": [_effect(found.old, effect) for effect in found.effects],
            "rules": [
                {
                    "rule": change.rule,
                    "title": change.title,
                    "what": list(change.what),
                    "effects": [_effect(found.old, effect) for effect in change.effects],
                    "regions": [
                        {"field": region.field.key, "values": set_data(region.values)} for region in change.regions
                    ],
                }
                for change in found.changes
            ],
            "replayed": found.replayed,
            "moved": [_moved(found.old, moved) for moved in found.moved],
            "backtest": [dict(zip(("question", "measure", "before", "after"), row, strict=True)) for row in figures],
        },
    )


def _pack(pack: Pack, name: str) -> dict[str, Any]:
    return {"given": name, "name": pack.name, "version": pack.version, "digest": pack.digest}


def _effect(pack: Pack, effect: Effect) -> dict[str, Any]:
    witnesses = {"raised": effect.raised, "lowered": effect.lowered}
    return {
        "scale": effect.scale,
        "level": effect.level,
        "score": effect.score,
        **{name: specimen.document(pack, facts, name, name) if facts else None for name, facts in witnesses.items()},
    }


def _moved(pack: Pack, moved: Moved) -> dict[str, Any]:
    return {
        "scenario": moved.scenario,
        "file": moved.file,
        "before": moved.before.data(pack),
        "after": moved.after.data(pack),
        "on": list(moved.on),
        "off": list(moved.off),
        "other_points": list(moved.other_points),
    }


def _blocks(found: Plan, figures: Before, names: tuple[str, str]) -> Iterator[Block]:
    old, new = found.old, found.new
    yield Paragraph(f"From {names[0]} ({old.name} {old.version} {old.digest[:8]})", hang=2)
    yield Paragraph(f"to {names[1]} ({new.name} {new.version} {new.digest[:8]})", indent=2, hang=2)
    yield Section("Over all scenarios", tuple(_overall(found)))
    for change in found.changes:
        yield Section(f"{change.rule} {change.title}", tuple(_rule(old, change)))
    if found.changes and all(e.level == EQUIVALENT and e.score == EQUIVALENT for e in found.effects):
        yield Paragraph("The rules differ, and no scenario shows it.")
    yield Section(f"The {found.replayed} scenarios at hand", tuple(_replay(found)))
    if figures:
        columns = (
            Column("question", flex=True),
            Column("measure"),
            Column("before", right=True),
            Column("after", right=True),
        )
        yield Section("Backtest", (Table(columns, tuple(Row(row) for row in figures)),))


def _overall(found: Plan) -> Iterator[Block]:
    kinds = found.old.vocabulary.kinds
    stand = " and ".join(f"{n} {kinds[kind].plural}" for kind, n in found.depth.items() if n)
    same = all(effect.level == effect.score == EQUIVALENT for effect in found.effects)
    yield Paragraph(
        ("Equivalent: no scenario is rated otherwise. " if same else "")
        + f"Settled by proof over every scenario, {stand} standing for any number of them; each scenario shown was"
        " rated by both packs."
    )
    if not same:
        yield from _effects(found.old, found.effects)


def _effects(pack: Pack, effects: Sequence[Effect]) -> Iterator[Block]:
    columns = (Column("scale", flex=True), Column("level"), Column("score"))
    yield Table(columns, tuple(Row((e.scale, e.level, e.score)) for e in effects))
    shown: list[specimen.Facts] = []
    for effect in effects:
        for direction, facts in (("higher", effect.raised), ("lower", effect.lowered)):
            if facts and facts not in shown:
                shown.append(facts)
                yield Paragraph(f"Rated {direction} for {effect.scale}, for example:", indent=2)
                text = specimen.written(pack, facts, f"rated-{direction}", "witness")
                yield Verbatim(tuple(f"    {line}" for line in text.splitlines() if _is_fact(line)))


def _is_fact(line: str) -> bool:
    return bool(line) and not line.startswith(("schema:", "id:", "title:", "as_of:", "perceiver:"))


def _rule(pack: Pack, change: Change) -> Iterator[Block]:
    yield Paragraph(f"Changed: {', '.join(change.what)}.", indent=2)
    if not change.effects:
        yield Paragraph("It leans on other changes, so it is not judged alone.", indent=2)
        return
    if all(e.level == e.score == EQUIVALENT for e in change.effects):
        yield Paragraph("Alone it makes no difference to any scenario.", indent=2)
        return
    words = "; ".join(f"{e.scale}: level {e.level}, score {e.score}" for e in change.effects)
    yield Paragraph(f"Alone, put into the old pack: {words}.", indent=2, hang=2)
    for region in change.regions:
        yield Paragraph(f"Only where {_where(region)}: without such a value no rating differs.", indent=2, hang=2)


def _where(region: Region) -> str:
    return f"{region.field.entity} {region.field.label} is {_values(region.field, region.values)}"


def _values(field: Field, values: Set) -> str:
    if isinstance(values, Words):
        return " or ".join(field.show(word) for word in sorted(values.words, key=str))
    parts = []
    for piece in values.intervals:
        low = f"over {field.show(piece.low)}" if piece.low_open else f"from {field.show(piece.low)}"
        high = f"under {field.show(piece.high)}" if piece.high_open else f"up to {field.show(piece.high)}"
        parts.append(f"{low} and {high}")
    return " or ".join(parts)


def _replay(found: Plan) -> Iterator[Block]:
    if not found.moved:
        yield Paragraph("None is rated otherwise.", indent=2)
        return
    columns = (Column("scenario"), Column("before"), Column("after"), Column("rules", flex=True))
    rows = []
    for moved in found.moved:
        rules = [*(f"on {rule}" for rule in moved.on), *(f"off {rule}" for rule in moved.off)]
        rules += [f"points of {rule}" for rule in moved.other_points]
        before, after = (
            " | ".join(_sums(found.old, s.level, s.total) for s in w.scales) for w in (moved.before, moved.after)
        )
        rows.append(Row((moved.scenario, before, after, ", ".join(rules))))
    yield Table(columns, tuple(rows))
    levels = sum(m.before.level != m.after.level for m in found.moved)
    by = sum(m.after.score - m.before.score for m in found.moved)
    yield Paragraph(f"{len(found.moved)} differ, {levels} in the headline level; scores move by {signed(by)} together.")


def _sums(pack: Pack, level: int, total: int) -> str:
    return f"{total} {pack.levels[level - 1].name.upper()}"
