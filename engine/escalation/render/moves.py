"""Phrases for changes of facts: what would pass, what is changed to what, and what the rating then is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from escalation.analysis.rated import Rated
from escalation.analysis.routes import Added, Changed, Route
from escalation.assess import Assessment
from escalation.pack import Pack
from escalation.render.layout import GAP, Block, Paragraph
from escalation.render.words import counted, entity_name, levels, listed
from escalation.sets import Numbers, Scalar, Set
from escalation.vocabulary import Field

__all__ = [
    "accepted",
    "added",
    "changed",
    "changes",
    "far",
    "foot",
    "outcome",
    "owner",
    "reached",
    "switches",
]

_FEW = 3


def accepted(field: Field, passes: Set, brief: bool = False) -> str:
    """A set of values in words: "70 km or more", "partial or full", "any of 12 (armour, artillery, ...)"."""
    if isinstance(passes, Numbers):
        return listed([_span(field, passes, i) for i in range(len(passes.intervals))], "or")
    ordered = [word for word in field.order if word in passes.words]
    off = sorted(passes.words - set(ordered), key=str)
    run = [field.order.index(word) for word in ordered]
    if len(run) >= _FEW and not off and run[-1] - run[0] == len(run) - 1:
        first, last = field.show(ordered[0]), field.show(ordered[-1])
        top = run[-1] == len(field.order) - 1
        return f"{first} or higher" if top else f"{last} or lower" if run[0] == 0 else f"{first} to {last}"
    shown = [field.show(word) for word in (*ordered, *off)]
    if len(shown) <= _FEW:
        return listed(shown, "or")
    return f"any of {len(shown)}" + ("" if brief else f" ({', '.join(shown[:2])}, ...)")


def far(field: Field, home: Scalar, target: Scalar) -> str:
    """How far a value is from another, in steps or units; "" for words without an order."""
    if isinstance(home, (str, bool)) or isinstance(target, (str, bool)):
        if home in field.order and target in field.order:
            return counted(abs(field.order.index(str(home)) - field.order.index(str(target))), "step")
        return ""
    return field.show(abs(target - home))


def owner(found: Assessment, at: int) -> str:
    """The name of an entity where there can be several of its kind, with a colon; else ""."""
    kind = found.pack.vocabulary.kinds[found.scenario.entities[at].kind]
    return f"{entity_name(found, at)}: " if kind.many else ""


def reached(field: Field, value: Scalar, passes: Set) -> str:
    """A value with what else would pass: "70 km (or more)", "partial (or full)", "armour (any of 12)"."""
    shown = field.show(value)
    if isinstance(passes, Numbers):
        first, last = passes.intervals[0], passes.intervals[-1]
        more = "" if len(passes.intervals) > 1 or first.low == last.high else "more" if value <= first.low else "less"  # type: ignore[operator]
        return f"{shown} (or {more})" if more else shown
    others = [
        word for word in (*field.order, *sorted(passes.words - set(field.order), key=str)) if word in passes.words
    ]
    others.remove(value)  # type: ignore[arg-type]
    if not others:
        return shown
    if len(others) < _FEW and not all(word in field.order for word in others[2:]):
        return f"{shown} (or {listed([field.show(word) for word in others], 'or')})"
    run = (
        [field.order.index(word) for word in (value, *others)]
        if field.order and {value, *others} <= {*field.order}
        else []
    )
    if run and max(run) - min(run) == len(run) - 1 and len(run) > 2:
        if run[0] == min(run) and max(run) == len(field.order) - 1:
            return f"{shown} (or higher)"
        if run[0] == max(run) and min(run) == 0:
            return f"{shown} (or lower)"
    return f"{shown} (or {field.show(others[0])})" if len(others) == 1 else f"{shown} (any of {len(others) + 1})"


def changed(found: Assessment, change: Changed) -> str:
    """One fact changed: "supplier personnel (@13), open, taken as none -> supplier crews"."""
    fact, field = change.fact, change.fact.field
    where = "assumed" if fact.state == "assumed" else f"@{fact.mark.line}"
    now = f"{'open, taken as ' if fact.state == 'open' else ''}{field.show(fact.best)}"
    return f"{field.label} ({where}) {now} -> {reached(field, change.after, change.accept)}"


def added(found: Assessment, new: Added) -> str:
    """One entity added, with what it must state."""
    label = found.pack.vocabulary.kinds[new.kind].label
    stated = [f"{field.label} {reached(field, value, accept)}" for field, value, accept in new.stated]
    return f"a further {label}" + (f": {'; '.join(stated)}" if stated else "")


def changes(found: Assessment, route: Route) -> str:
    """All changes of a route in one line, those of one entity together; the values named first are those rated."""
    by_owner: dict[str, list[str]] = {}
    for change in route.changed:
        by_owner.setdefault(owner(found, change.at), []).append(changed(found, change))
    parts = [f"{name}{'; '.join(texts)}" for name, texts in by_owner.items()]
    parts += [added(found, new) for new in route.added]
    parts += [f"without {path}" for path in route.removed]
    return "; ".join(parts)


def outcome(pack: Pack, before: Rated, after: Rated) -> str:
    """What the headline comes to: "3 -> 6 MODERATE"."""
    return f"{before.score} -> {after.score} {levels(pack, after.level, after.level)}"


def switches(on: Iterable[str], off: Iterable[str]) -> str:
    """The rules that switch: "on INV-10, INV-30; off LIM-20"."""
    parts = ((word, ", ".join(rules)) for word, rules in (("on", on), ("off", off)))
    return "; ".join(f"{word} {rules}" for word, rules in parts if rules)


def foot(founds: Sequence[Assessment]) -> list[Block]:
    """Packs, digests and engines, in one line."""
    named = (
        f"{f.pack.name} {f.pack.version} {f.pack.digest[:8]}{f' ({f.pack.profile})' if f.pack.profile else ''}"
        for f in founds
    )
    digests = dict.fromkeys(f.scenario.digest[:8] for f in founds)
    scenarios = f"scenario{'s' if len(digests) > 1 else ''} {', '.join(digests)}"
    engines = founds[0].engines
    agree = (
        f"{listed(engines)} agree on every rating here" if len(engines) > 1 else f"{engines[0]} only, not cross-checked"
    )
    return [GAP, Paragraph(" | ".join([*dict.fromkeys(named), scenarios, agree]), hang=2)]


def _span(field: Field, passes: Numbers, at: int) -> str:
    piece = passes.intervals[at]
    assert isinstance(field.domain, Numbers)
    low = piece.low > field.domain.intervals[0].low
    high = piece.high < field.domain.intervals[-1].high
    if piece.low == piece.high:
        return field.show(piece.low)
    if low and high:
        start = field.show(piece.low).removesuffix(field.unit).rstrip()
        return f"{start} to {'under ' if piece.high_open else ''}{field.show(piece.high)}"
    if low:
        return f"over {field.show(piece.low)}" if piece.low_open else f"{field.show(piece.low)} or more"
    return f"{'under ' if piece.high_open else 'at most '}{field.show(piece.high)}" if high else "any value"
