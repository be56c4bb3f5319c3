"""The verdict: what is rated, the level and its range, what the levels mean, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from escalation.assess import Assessment
from escalation.ledger import YES, RuleLine
from escalation.pack import Scale
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Table, Verbatim, gauge, pad, signed
from escalation.render.words import day, levels, listed, names, perceiver, spelled
from escalation.scenario import Fact

__all__ = ["brief", "confidence", "headline", "meanings", "opening", "scales", "title"]


def brief(found: Assessment) -> Sequence[Block]:
    """The whole verdict in at most eight sentences."""
    scenario, scale = found.scenario, found.rating.scale
    head = f"{scenario.title}, as of {day(scenario.as_of)}, read as {perceiver(found)}"
    fired = [line for line in found.assumed_ledger.rules if line.state == YES]
    points = {line.rule.id: line.rule.then.points.get(scale, 0) for line in fired}
    raised = sorted((line for line in fired if points[line.rule.id] > 0), key=lambda line: -points[line.rule.id])
    lowered = sorted((line for line in fired if points[line.rule.id] < 0), key=lambda line: points[line.rule.id])
    silent = [line for line in fired if not points[line.rule.id]]

    def titles(lines: Sequence[RuleLine], with_points: bool) -> str:
        shown = (f"{x.rule.title}\xa0{signed(points[x.rule.id])}" if with_points else x.rule.title for x in lines)
        return "; ".join(shown) or "nothing"

    sentences = [
        head,
        headline(found),
        f"Raised by: {titles(raised, True)}.",
        f"Lowered by: {titles(lowered, True)}.",
        f"No points: {titles(silent, False)}." if silent else "",
        _open_sentence(found),
        confidence(found, short=True),
        " ".join(f"{part.rstrip('.')}." for part in (scenario.banner, *found.pack.caveats[:1]) if part),
    ]
    return [Paragraph(sentence, hang=2) for sentence in sentences if sentence]


def title(found: Assessment) -> Sequence[Block]:
    """What is rated, as whose reading, to which day."""
    scenario, vocabulary = found.scenario, found.pack.vocabulary
    labels = [
        f"{fact.field.label} {fact.field.show(fact.best)}"
        for entity in scenario.entities
        for fact in entity.facts.values()
        if not vocabulary.kinds[entity.kind].many and not fact.field.readable and fact.state == "stated"
        if fact.field.type != "words" or fact.field.assume is None
    ]
    head = [f"Read as {perceiver(found)}", f"facts to {day(scenario.as_of)}", *labels]
    banner = [Paragraph(scenario.banner)] if scenario.banner else []
    image = found.pack.profiles.get(found.pack.profile)
    profile = [Paragraph(f"Under the image {image.name}: {image.title}.")] if image else []
    return [*banner, Paragraph(scenario.title), Paragraph("; ".join(head)), *profile, GAP]


def headline(found: Assessment) -> str:
    """Level and range in one sentence, the range first where there is one."""
    rating, pack = found.rating, found.pack
    name, top = levels(pack, rating.level, rating.level), len(pack.levels)
    if rating.low == rating.high:
        held = ", whatever the open facts are" if any(_open(found)) else ""
        return f"{name} ({rating.level} of {top}) for {rating.scale}{held}."
    bounds = "" if rating.exact else " The ends are sound bounds: the search for the exact range was cut short."
    extent = f"{levels(pack, rating.low, rating.high)} ({rating.low}-{rating.high} of {top})"
    return f"{extent} for {rating.scale}; {name} on the facts stated and assumed.{bounds}"


def meanings(found: Assessment) -> Sequence[Block]:
    """The headline, the fixed meanings of its levels, and what opens its range."""
    rating, pack = found.rating, found.pack
    within = pack.levels[rating.low - 1 : rating.high]
    rows = tuple(Row((level.name.upper(), level.meaning)) for level in within)
    cautions = [text for text in pack.caveats if any(level.name.upper() in text for level in within)]
    question = f"{rating.scale.capitalize()} asks {pack.scales[0].question}."
    opened = opening(found)
    opens = f" What opens the range: {listed(opened)}." if opened else ""
    return [
        Paragraph(headline(found)),
        Table((Column(), Column(flex=True)), rows),
        Paragraph(" ".join([question + opens, *cautions]), indent=2),
        GAP,
    ]


def opening(found: Assessment) -> list[str]:
    """The open facts in which the ends of the headline's range differ from the assumed world."""
    scenario, extent = found.scenario, found.stated_ranges[0]
    if extent.level_low == extent.level_high:
        return []
    opened: dict[str, None] = {}
    for end in ("level_low", "level_high"):
        for at, values in enumerate(extent.witnesses[end] or ()):
            for name, value in values.items():
                fact = scenario.entities[at].facts[name]
                if value != found.world[at][name] and fact.field.derive is None:
                    opened[f"{fact.field.label} (@{fact.mark.line})"] = None
    return list(opened)


def scales(found: Assessment) -> Sequence[Block]:
    """Every scale as a bar: the score, and what the open facts reach."""
    shown = [level.upper() for level in names(found.pack)]
    cell = max(8, *map(len, shown))
    label = max(len(rating.scale) for rating in found.ratings)
    header = " " * (label + 5) + " ".join(pad(name, cell) for name in shown)
    lines = [f"{header}  score  open facts"]
    for rating, scale in zip(found.ratings, found.pack.scales, strict=True):
        drawn = gauge(_ends(found, scale), rating.score, rating.score_low, rating.score_high, cell)
        reach = f"{rating.score_low} to {rating.score_high}"
        reach = reach if rating.score_low < rating.score_high else "no effect"
        lines.append(f"  {pad(rating.scale, label)}  {drawn}  {rating.score:>4}   {reach}")
    return [Verbatim(tuple(lines)), *_apart(found), GAP]


def confidence(found: Assessment, short: bool = False) -> str:
    """How sure the headline level is, and on what basis: a sentence of its own."""
    level, basis = found.confidence
    grade = "some of them carry no grade" if basis.weakest_grade == "F6" else f"the weakest is {basis.weakest_grade}"
    carried = len(basis.carrying)
    grounds = (
        f"{spelled(carried)} facts carry the level, and {grade}"
        if carried > 1
        else f"one fact carries the level, graded {basis.weakest_grade or 'nothing'}"
        if carried
        else "no single fact carries the level"
    )
    judged = {0: "none of them is a judgement", 1: "one of them is a judgement"}.get(
        basis.judgements, f"{spelled(basis.judgements)} of them are judgements"
    )
    assumed = (
        f"{spelled(len(basis.assumed))} of the facts not stated would move it alone"
        if basis.assumed
        else "no fact that is not stated would move it alone"
    )
    width = {0: "the open facts leave it as it is", 1: "the open facts span one level more"}
    spread = width.get(basis.range_levels, f"the open facts span {spelled(basis.range_levels)} levels more")
    margins = _margins(found)
    if short:
        parts = [grounds, *([judged] if carried > 1 else []), margins]
        return f"Confidence is {level}: {'; '.join(parts)}."
    parts = [grounds, *([judged] if carried > 1 else []), assumed, spread, margins]
    return f"Confidence is {level}. Basis: {'; '.join(parts)}."


def _margins(found: Assessment) -> str:
    basis, rating, pack = found.confidence.basis, found.rating, found.pack
    ways = []
    if basis.margin_up is not None:
        ways.append(f"{basis.margin_up} up to {levels(pack, rating.level + 1, rating.level + 1)}")
    if basis.margin_down is not None:
        ways.append(f"{basis.margin_down} down to {levels(pack, rating.level - 1, rating.level - 1)}")
    return f"margin in points {listed(ways)}"


def _apart(found: Assessment) -> Sequence[Block]:
    """How the other scales stand against the headline."""
    head, *others = found.ratings
    said = []
    for rating, scale in zip(others, found.pack.scales[1:], strict=True):
        steps = rating.level - head.level
        where = f"{spelled(abs(steps))} level{'' if abs(steps) == 1 else 's'} {'above' if steps > 0 else 'below'}"
        stands = f"{where} {head.scale}" if steps else f"level with {head.scale}"
        said.append(f"{rating.scale.capitalize()} asks {scale.question}; here it stands {stands}.")
    return [Paragraph(" ".join(said), indent=2)] if said else []


def _ends(found: Assessment, scale: Scale) -> list[int]:
    low, high = (sum(ends) for ends in zip(*((f.low, f.high) for f in found.pack.factors), strict=True))
    return [min(low, scale.thresholds[0] - 1), *scale.thresholds, max(high + 1, scale.thresholds[-1] + 1)]


def _open(found: Assessment) -> list[tuple[int, Fact]]:
    return [
        (at, fact)
        for at, entity in enumerate(found.scenario.entities)
        for fact in entity.facts.values()
        if fact.state == "open" and fact.possible is not None and fact.field.derive is None
    ]


def _open_sentence(found: Assessment) -> str:
    """What is open, and which single values of it give another level."""
    facts = _open(found)
    if not facts:
        return "Open: nothing; every fact is stated or assumed."
    moves: dict[int, list[str]] = {}
    for change in found.changes:
        fact = found.scenario.entities[change.entity].facts[change.field.name]
        inside = (
            fact.state == "open" and found.board.mask(change.field, fact.possible or change.values) >> change.bin & 1
        )
        if inside and change.result.levels[0] != found.rating.level:
            moves.setdefault(change.result.levels[0], []).append(change.field.show(change.value))
    labels = list(dict.fromkeys(fact.field.label for _, fact in facts))
    given = [
        f"{listed(list(dict.fromkeys(values)), 'or')}: {levels(found.pack, level, level)}"
        for level, values in sorted(moves.items())
    ]
    home = levels(found.pack, found.rating.level, found.rating.level)
    return f"Open: {listed(labels)} ({'; '.join([*given, 'every other value' if given else 'any one value'])}: {home})."
