"""What of a pack is able to move a rating, as one digest: so that a score can say since when nothing of it has changed.

A pack's own digest changes with every comment. `substance` covers conditions, points, limits, conclusions, bounds,
thresholds, the fields that rules read with their orders and assumptions, and the images; no text, no place, no source.
The author keeps it in `pack.yaml` with the day (`frozen: {on, substance}`), and `since` says whether it still holds.
"""

from __future__ import annotations

from typing import NamedTuple

from escalation.merge import Json, digest
from escalation.pack import Pack, Profile, load_image
from escalation.rules import All, Any, Concluded, Condition, Count, Parameter, Rule, Test, walk
from escalation.sets import Set, Words

__all__ = ["Freeze", "since", "substance"]

_DIGITS = 16


class Freeze(NamedTuple):
    """The day of the last change as the author keeps it ("" if nobody does), and whether nothing changed after it."""

    on: str
    unchanged: bool
    substance: str


def since(pack: Pack) -> Freeze:
    """Since when nothing that is able to move a rating under the pack or an image of it has changed."""
    found = substance(load_image(pack, "") if pack.profile else pack)
    return Freeze(pack.frozen.on, found == pack.frozen.substance, found)


def substance(pack: Pack) -> str:
    """The digest of what is able to move a rating, as 16 hexadecimal digits. `pack` has no image applied."""
    read = {n.field.key: n.field for rule in pack.rules for n in walk(rule.when) if isinstance(n, Test)}
    fields = [
        [f.key, f.type, _set(f.domain), list(f.order), _plain(f.assume), list(f.derive[1]) if f.derive else []]
        for f in read.values()
    ]
    content = [
        [level.name for level in pack.levels],
        [[scale.name, list(scale.thresholds)] for scale in pack.scales],
        [[factor.name, factor.low, factor.high] for factor in pack.factors],
        sorted(fields, key=str),
        sorted((_rule(rule) for rule in pack.rules), key=str),  # the order of rules moves nothing
        sorted((_image(image) for image in pack.profiles.values()), key=str),
    ]
    return digest(content)[:_DIGITS]


def _rule(rule: Rule) -> Json:
    then = rule.then
    limits = [sorted(each.items()) for each in (then.points, then.floor, then.ceiling)]
    return [rule.id, rule.factor, _condition(rule.when), limits, sorted(then.conclude)]


def _condition(node: Condition) -> Json:
    if isinstance(node, Test):
        return ["test", node.field.key, _set(node.accept)]
    if isinstance(node, Count):
        return ["count", node.kind, _condition(node.where), _set(node.accept)]
    if isinstance(node, Concluded):
        return ["concluded", node.name, node.expected]
    assert isinstance(node, (All, Any))
    return ["all" if isinstance(node, All) else "any", sorted(map(_condition, node.children), key=str)]


def _image(image: Profile) -> Json:
    points = sorted([rule, sorted(by_scale.items())] for rule, by_scale in image.points.items())
    return [image.name, points, sorted(_parameter(p) for p in image.parameters.values()), sorted(image.off)]


def _parameter(parameter: Parameter) -> Json:
    return [parameter.name, str(_plain(parameter.value)), parameter.unit]


def _set(found: Set | None) -> Json:
    if found is None:
        return None
    if isinstance(found, Words):
        return sorted(map(str, found.words))
    return [[str(piece.low), str(piece.high), piece.low_open, piece.high_open] for piece in found.intervals]


def _plain(value: object) -> Json:
    return sorted(value) if isinstance(value, tuple) else value
