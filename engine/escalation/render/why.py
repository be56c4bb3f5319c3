"""Why this level, and why a rule fired, as pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from escalation.analysis.proof import CountGround, FactGround, Ground, Proof
from escalation.analysis.rated import of
from escalation.analysis.why import Turn, WhyLevel
from escalation.assess import Assessment
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, attribution, signed
from escalation.render.moves import changes, foot, outcome, switches
from escalation.render.words import counted, entity_name, levels, limits_of, listed

__all__ = ["level_blocks", "rule_blocks"]

_MOST_TURNS = 8
_STEP = "\xa0\xa0"


def level_blocks(answer: WhyLevel) -> Sequence[Block]:
    """Why this level."""
    return [
        Paragraph(_headline(answer)),
        _sum(answer),
        *_limits(answer),
        *_way(answer, "up"),
        *_way(answer, "down"),
        *foot([answer.found]),
    ]


def rule_blocks(proof: Proof) -> Sequence[Block]:
    """Why one rule fired, down to facts and sources."""
    rule = proof.line.rule
    rows = tuple(_rule_rows(proof, 0))
    columns = (Column(flex=True), Column("value"), Column("rests on"))
    basis = [f"{name}: {_source(proof.found, name)}" for name in rule.basis]
    about = [
        Row(("assumes", rule.assumption)),
        Row(("wrong if", rule.falsified_by)),
        Row(("basis", basis[0] if basis else "none"), tuple(basis[1:])),
        Row(("review by", rule.review_by)),
    ]
    return [
        Paragraph(f"{rule.id} ({rule.title}) fired: {_gives(proof)}."),
        Paragraph(proof.because, 2),
        Section("What it rests on", (Table(columns, rows),)),
        Section("About the rule", (Table((Column(), Column(flex=True)), tuple(about)),)),
        *foot([proof.found]),
    ]


# -- the level


def _headline(answer: WhyLevel) -> str:
    pack, sums = answer.found.pack, answer.sums
    name = levels(pack, sums.level, sums.level)
    before = levels(pack, sums.before_limits, sums.before_limits)
    low = f"from {answer.starts}" if answer.starts is not None else "anything"
    span = f"{low} to {answer.next - 1}" if answer.next is not None and answer.starts is not None else low
    span = f"under {answer.next}" if answer.starts is None and answer.next is not None else span
    if sums.level != sums.before_limits:
        binding = listed([limit.rule for limit in answer.limits if limit.binds])
        return f"{name} for {sums.scale}: the points come to {sums.total}, which is {before}; {binding} sets the level."
    return f"{name} for {sums.scale}: the points come to {sums.total}, and {name} is {span}."


def _sum(answer: WhyLevel) -> Section:
    pack = answer.found.pack
    rows = []
    for given in answer.contributions:
        limit = listed(limits_of(answer.found, given.line, answer.sums.scale))
        without = f"{given.without.total} {levels(pack, given.without.level, given.without.level)}"
        rows.append(Row((given.line.rule.id, given.because, signed(given.points) if given.points else limit, without)))
    factors = [f"{f.name} {signed(f.held)}" for f in answer.sums.factors if f.held or f.raised or f.lowered]
    total = Paragraph(f"By factor: {', '.join(factors) or 'nothing'}; together {answer.sums.total}.", 2)
    lost = [
        Paragraph(f"{f.name} is held at {f.held}: its rules come to {f.raised + f.lowered}.", 2) for f in answer.lost
    ]
    columns = (Column(), Column(flex=True), Column("points", right=True), Column("without it"))
    return Section("What it is made of", (Table(columns, tuple(rows)), total, *lost))


def _limits(answer: WhyLevel) -> list[Block]:
    pack = answer.found.pack
    lines = []
    for limit in answer.limits:
        at = levels(pack, limit.level, limit.level)
        effect = "sets the level" if limit.binds else "does not reach the level"
        lines.append(Paragraph(f"{limit.rule}: {limit.kind} {at}; it {effect}.", 2))
    return [Section("Ceilings and floors", tuple(lines))] if lines else []


def _way(answer: WhyLevel, direction: str) -> list[Block]:
    """Why not the next level in one direction: what is missing, and the nearest changes that go that way."""
    pack, sums, up = answer.found.pack, answer.sums, direction == "up"
    other = sums.level + (1 if up else -1)
    if not 1 <= other <= len(pack.levels):
        return []
    name = levels(pack, other, other)
    turns = answer.up if up else answer.down
    there = [
        turn for turn in turns if (turn.route.after.level > sums.level) == up and turn.route.after.level != sums.level
    ]
    said = [_margin(answer, up, name)]
    said.append(
        f"{counted(len(there), 'rule')} would be enough by {'itself' if len(there) == 1 else 'themselves'}, "
        "met through the nearest change of facts."
        if there
        else "No single rule is enough, met through the nearest change of facts."
    )
    shown = turns[:_MOST_TURNS]
    columns = (Column(), Column("nearest change", flex=True), Column("comes to"))
    rows = tuple(_turn(answer.found, turn) for turn in shown)
    rest = len(turns) - len(shown)
    more = [Paragraph(f"{counted(rest, 'rule')} further off. Sets of changes: assess flip FILE", 2)] if rest > 0 else []
    table = [Table(columns, rows)] if rows else []
    return [Section(f"Why not {name}", (Paragraph(" ".join(said), 2), *table, *more))]


def _margin(answer: WhyLevel, up: bool, name: str) -> str:
    sums = answer.sums
    if sums.level != sums.before_limits:
        return f"The points alone would give {levels(answer.found.pack, sums.before_limits, sums.before_limits)}."
    if up:
        assert answer.next is not None
        return f"{name} starts at {answer.next}: {counted(answer.next - sums.total, 'point')} missing."
    assert answer.starts is not None
    return f"{name} ends at {answer.starts - 1}: {counted(sums.total - answer.starts + 1, 'point')} to lose."


def _turn(found: Assessment, turn: Turn) -> Row:
    name = f"{turn.rule.id} {'on' if turn.fires else 'off'}"
    others = switches((r for r in turn.route.on if r != turn.rule.id), (r for r in turn.route.off if r != turn.rule.id))
    comes_to = outcome(found.pack, of(found), turn.route.after)
    return Row((name, changes(found, turn.route), comes_to), (f"\xa0\xa0with it {others}",) if others else ())


# -- one rule


def _gives(proof: Proof) -> str:
    then, found = proof.line.rule.then, proof.found
    parts = [f"{signed(points)} for {scale}" for scale, points in then.points.items() if points]
    for scale in found.pack.scales:
        parts += [f"a {limit} for {scale.name}" for limit in limits_of(found, proof.line, scale.name)]
    parts += [f"the conclusion {name}" for name in then.conclude]
    return listed(parts) or "no points"


def _rule_rows(proof: Proof, depth: int) -> Iterator[Row]:
    for ground in proof.grounds:
        yield from _ground_rows(proof.found, ground, depth)


def _ground_rows(found: Assessment, ground: Ground, depth: int) -> Iterator[Row]:
    space = _STEP * depth
    if isinstance(ground, FactGround):
        written, fact = ground.test.written, ground.fact
        if not ground.passes:
            written = written.removeprefix("not: ") if written.startswith("not: ") else f"not: {written}"
        value = f"{'open, taken as ' if fact.state == 'open' else ''}{fact.field.show(fact.best)}"
        quote = (f'{space}source: "{fact.quote}"',) if fact.quote else ()
        source = f" {fact.source}" if fact.source else " not stated" if fact.state == "assumed" else ""
        yield Row((f"{space}{written}", value, f"{attribution(fact, found.scenario.file)}{source}"), quote)
    elif isinstance(ground, CountGround):
        every = ground.written.startswith("every ")
        passed = ground.total - ground.passed if every else ground.passed
        yield Row((f"{space}{ground.written} ({passed} of {ground.total})", "", ""))
        for at, inner in ground.entities:
            yield Row((f"{space}{_STEP}{entity_name(found, at)}", "", ""))
            for one in inner:
                yield from _ground_rows(found, one, depth + 2)
    else:
        verb = "was concluded" if ground.made else "was not concluded"
        by = listed([proof.line.rule.id for proof in ground.proofs])
        how = f"by {by}" if ground.made else f"since {by} did not fire"
        yield Row((f"{space}{ground.name} {verb}, {how}", "", ""))
        for proof in ground.proofs:
            if len(ground.proofs) > 1:
                yield Row((f"{space}{_STEP}{proof.line.rule.id} ({proof.line.rule.title})", "", ""))
            yield from _rule_rows(proof, depth + 1 + (len(ground.proofs) > 1))


def _source(found: Assessment, name: str) -> str:
    source = found.pack.sources[name]
    return ", ".join(part for part in (source.publisher, source.date, source.title) if part)
