"""The rule tree of a pack printed as Python that numba compiles: the source of its kernel.

Four stages, each a loop over whole columns. `KIND_0` tests every entity of a kind and packs what holds into a word;
`KIND_0_rows` reduces the words of a row's entities to one word of atoms; `fire` combines atoms to fired rules; `rate_0`
sums their points to a score and a level of the first scale, and so on. Where facts are open, words come on two sides,
what certainly holds and what may hold; a rule that needs something *not* to be crosses over. What is printed are
numbers, and names made here; texts of the pack stand in comments, escaped.

Everything is an int64 of 0 or 1 until it is shifted into a word. A conjunction is `&`, and there is no branch; every
array has one dimension, and a loop writes few of them: so LLVM turns each loop but the second into vector instructions.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from escalation.bulk.layout import BITS, WORD, Column, Layout, leaves
from escalation.rules import All, Any, Concluded, Condition, Count, Test
from escalation.sets import Numbers

__all__ = ["Printer", "printed"]

_HEAD = '''"""Kernel of {pack}, digest {digest}. Printed from the rules, and printed anew when they change."""

import numpy as np
from numba import njit

from escalation.bulk.popcount import popcount

fast = njit(nogil=True, cache={cache})
'''
SIDES = ("y", "m")
"""What certainly holds, and what may hold. Of a row without open facts both are the same."""
_AT_LEAST_ONE, _NONE = ((1, None),), ((0, 0),)
T = TypeVar("T")
Limits: TypeAlias = tuple[tuple[int, int | None], ...]


class Atom(NamedTuple):
    """One bit of a row: that some entity passes `where`, or where `limits` are given that as many do as they allow.

    The same bit of the word of an entity says whether that entity passes.
    """

    where: Condition
    limits: Limits | None


class Word(NamedTuple):
    """One word of atoms: the name of its function, the columns it takes, and whether rows have a function too."""

    name: str
    columns: tuple[int, ...]
    by_row: bool


def printed(layout: Layout) -> str:
    """The source of the kernel of a pack."""
    return Printer(layout).source(cache=True)


class Printer:
    """Prints the kernel of one pack. `atoms` gives the atoms of each kind, of which every `WORD` share a word.

    `words` says how many words a kind has, and `starts` which is the first of them among all `total_words`.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, self.pack = layout, layout.pack
        self.tables: dict[str, str] = {}  # printed table -> its name
        self.atoms: dict[str, list[Atom]] = {kind: [] for kind in layout.kinds}
        self._place: dict[tuple[str, str], int] = {}
        for rule in self.pack.rules:
            for leaf in leaves(rule.when):
                self._add(leaf)
        self.words = {kind: -(-len(atoms) // WORD) for kind, atoms in self.atoms.items()}
        starts, at = {}, 0
        for kind, number in self.words.items():
            starts[kind], at = at, at + number
        self.starts, self.total_words = starts, at
        self.fired = [f"f{i}" for i in range(layout.fired_words)]
        self.makers: dict[str, int] = {}
        for i, rule in enumerate(self.pack.rules):
            for name in rule.then.conclude:
                self.makers[name] = self.makers.get(name, 0) | 1 << i

    def word(self, kind: str, number: int) -> Word:
        """What the kernel has for one word of atoms of a kind."""
        atoms = self.atoms[kind][number * WORD : (number + 1) * WORD]
        used = sorted({i for atom in atoms for i in self._columns(atom.where)})
        counted = any(atom.limits is not None for atom in atoms)
        return Word(f"{_name(kind)}_{number}", tuple(used), self.layout.many(kind) or counted)

    def source(self, cache: bool) -> str:
        """The whole module; `cache` keeps what numba compiles beside the file that holds it."""
        parts = []
        for kind in self.layout.kinds:
            for sides in (("",), SIDES):
                for number in range(self.words[kind]):
                    parts += self.atom_functions(kind, number, sides)
        parts += [text for sides in (("",), SIDES) for text in self.rule_functions(sides)]
        parts += [text for number in range(len(self.pack.scales)) for text in self.scale_functions(number)]
        head = _HEAD.format(pack=_safe(self.pack.name, self.pack.version), digest=_safe(self.pack.digest), cache=cache)
        tables = [f"{name} = np.array({text}, dtype=np.int64)" for text, name in self.tables.items()]
        return "\n\n\n".join([head.rstrip(), *(["\n".join(tables)] if tables else []), *parts]) + "\n"

    # -- atoms

    def _add(self, leaf: Test | Count) -> None:
        kind, key = self._key(leaf)
        if (kind, key) not in self._place:
            self._place[kind, key] = len(self.atoms[kind])
            self.atoms[kind].append(Atom(leaf, None) if isinstance(leaf, Test) else Atom(leaf.where, _counted(leaf)))

    def _key(self, leaf: Test | Count) -> tuple[str, str]:
        if isinstance(leaf, Test):
            return leaf.field.entity, f"{self.truth(leaf, '')} in None"
        return leaf.kind, f"{self.truth(leaf.where, '')} in {_counted(leaf)}"

    def atom_functions(self, kind: str, number: int, sides: Sequence[str]) -> list[str]:
        """One word of a kind: the function of its entities, and where several make a row that of its rows."""
        word, atoms = self.word(kind, number), self.atoms[kind][number * WORD : (number + 1) * WORD]
        name = f"{word.name}_open" if sides == SIDES else word.name
        seen = [f"{side}seen" for side in sides]
        lines = ["@fast", f"def {name}({', '.join([*(f'c{i}' for i in word.columns), *seen])}):"]
        lines.append(f"    for j in range(len({seen[0]})):")
        for i in word.columns:
            lines += [f"        {line}" for line in self.loaded(i, self.layout.columns[kind][i], sides)]
        for side in sides:
            for k, atom in enumerate(atoms):
                lines.append(f"        {side}p{k} = {self.truth(atom.where, side)}  # {_safe(_said(atom.where))}")
            lines.append(f"        {side}seen[j] = {_packed(f'{side}p{k}' for k in range(len(atoms)))}")
        entities = "\n".join(lines)
        return [entities, self.row_function(f"{name}_rows", kind, atoms, sides)] if word.by_row else [entities]

    def row_function(self, name: str, kind: str, atoms: Sequence[Atom], sides: Sequence[str]) -> str:
        """From the words of the entities of each row to the word of the row."""
        many = self.layout.many(kind)
        counted = [k for k, atom in enumerate(atoms) if atom.limits is not None]
        words, seen = ([f"{side}{name}" for side in sides] for name in ("word", "seen"))
        some = [f"{side}{name}" for side in sides for name in ("some", *(f"n{k}" for k in counted))]
        at = "j" if many else "i"
        gathered = []
        for side in sides:
            gathered.append(f"{side}some |= {side}seen[{at}]")
            gathered += [f"{side}n{k} += {side}seen[{at}] >> {k} & 1" for k in counted]
        lines = ["@fast", f"def {name}({', '.join([*(['starts'] if many else []), *seen, *words])}):"]
        lines += [f"    for i in range(len({words[0]})):", f"        {' = '.join(some)} = 0"]
        if many:
            lines += ["        for j in range(starts[i], starts[i + 1]):", *(f"            {x}" for x in gathered)]
        else:
            lines += [f"        {x}" for x in gathered]
        for side in sides:
            other = sides[1 - sides.index(side)] if len(sides) > 1 else side
            held = [f"{side}some & {(1 << len(atoms)) - 1 - _bits(counted)}" if counted else f"{side}some"]
            held += [f"{_within(atoms[k].limits or (), k, side, other)} << {k}" for k in counted]
            lines.append(f"        {side}word[i] = {' | '.join(held)}")
        return "\n".join(lines)

    def loaded(self, i: int, column: Column, sides: Sequence[str]) -> list[str]:
        """The value of a column for one entity: the number of its bin, or the mask of the bins it may lie in."""
        if sides != SIDES:
            return [f"x{i} = np.int64(c{i}[j])"]
        return [f"x{i}_{w} = c{i}[j, {w}]" for w in range(column.words)]

    # -- conditions

    def truth(self, node: Condition, side: str) -> str:
        """An expression of 0 or 1 for a condition on one entity, over `x0`, `x1` and so on."""
        if isinstance(node, Test):
            return self.test(node, side)
        assert isinstance(node, (All, Any))  # a count asks tests of its own entities, and nothing else
        joint, empty = (" & ", "1") if isinstance(node, All) else (" | ", "0")
        return f"({joint.join(self.truth(child, side) for child in node.children) or empty})"

    def test(self, node: Test, side: str) -> str:
        column = self.layout.column[node.field.key]
        i = self.layout.columns[node.field.entity].index(column)
        accepted = column.accepted(node.accept)
        if len(accepted) in (0, len(column.bins)):
            return "1" if accepted else "0"
        if side:
            return self.mask_test(i, column, accepted, side)
        if column.words == 1:
            return f"({_bits(accepted)} >> x{i} & 1)"
        table = self.tables.setdefault(
            str([int(b in accepted) for b in range(len(column.bins))]), f"t{len(self.tables)}"
        )
        return f"{table}[x{i}]"

    def mask_test(self, i: int, column: Column, accepted: Sequence[int], side: str) -> str:
        parts = []
        for w in range(column.words):
            here = range(w * BITS, min((w + 1) * BITS, len(column.bins)))
            wanted = [b - w * BITS for b in here if (b in accepted) == (side == "m")]
            parts += [f"x{i}_{w} & {_bits(wanted)}"] if wanted else []
        return f"np.int64(({' | '.join(parts)}) {'!=' if side == 'm' else '=='} 0)"

    def _columns(self, node: Condition) -> set[int]:
        if isinstance(node, Test):
            column = self.layout.column[node.field.key]
            return {self.layout.columns[node.field.entity].index(column)}
        assert isinstance(node, (All, Any))
        return {i for child in node.children for i in self._columns(child)}

    # -- rules

    def rule_functions(self, sides: Sequence[str]) -> list[str]:
        """`fire`: from words of atoms to fired rules; within it as many functions as the number of rules asks for."""
        name = "fire_open" if sides == SIDES else "fire"
        fired = [side + f for side in sides for f in self.fired]
        atoms = [f"{side}a{w}" for side in sides for w in range(self.total_words)]
        groups = _split(self.pack.order, WORD // len(sides))
        parts = []
        for k, group in enumerate(groups):
            lines = ["@fast", f"def {name}_{k}({', '.join([*atoms, *fired])}):"]
            for i in group:
                rule = self.pack.rules[i]
                for side in sides:
                    word = f"{side}f{i // BITS}"
                    lines.append(f"    {word} |= {self.fires(rule.when, side)} << {i % BITS}  # {_safe(rule.id)}")
            parts.append("\n".join([*lines, f"    return {', '.join(fired)}"]))
        columns = [f"{side}fired{w}" for side in sides for w in range(len(self.fired))]
        lines = ["@fast", f"def {name}({', '.join([*(f'{a}s' for a in atoms), *columns])}):"]
        lines += [f"    for i in range(len({columns[0]})):", f"        {' = '.join(fired)} = 0"]
        lines += [f"        {a} = {a}s[i]" for a in atoms]
        for k in range(len(groups)):
            lines.append(f"        {', '.join(fired)} = {name}_{k}({', '.join([*atoms, *fired])})")
        lines += [f"        {column}[i] = {word}" for column, word in zip(columns, fired, strict=True)]
        return [*parts, "\n".join(lines)]

    def fires(self, node: Condition, side: str) -> str:
        """An expression of 0 or 1 for a rule's condition, over words of atoms and of rules that fired before."""
        if isinstance(node, (Test, Count)):
            kind, key = self._key(node)
            at = self._place[kind, key]
            word, bit = self.starts[kind] + at // WORD, at % WORD
            if isinstance(node, Count) and _limits(node.accept) == _NONE:
                return f"(1 - ({_other(side)}a{word} >> {bit} & 1))"
            return f"({side}a{word} >> {bit} & 1)"
        if isinstance(node, Concluded):
            return self.concluded(node, side)
        joint, empty = (" & ", "1") if isinstance(node, All) else (" | ", "0")
        return f"({joint.join(self.fires(child, side) for child in node.children) or empty})"

    def concluded(self, node: Concluded, side: str) -> str:
        makers = self.makers.get(node.name, 0)
        asked = side if node.expected else _other(side)
        parts = [f"{asked}f{w} & {mask}" for w, mask in enumerate(_words(makers)) if mask]
        return f"np.int64(({' | '.join(parts) or '0'}) {'!=' if node.expected else '=='} 0)"

    # -- scales

    def scale_functions(self, number: int) -> list[str]:
        """`rate`: the score and the level of rows on one scale, and `bounds`: their limits where facts are open.

        Both call `weigh`, which takes four sides of what fired: the rules that may raise the score and those that may
        lower it, those whose ceilings hold and those whose floors do. In one world all four are the same.
        """
        fired, certain, possible = ([side + f for f in self.fired] for side in ("", *SIDES))
        words = range(len(self.fired))
        rate = ["@fast", f"def rate_{number}({', '.join(f'fired{w}' for w in words)}, scores, levels):"]
        rate += ["    for i in range(len(scores)):", *(f"        f{w} = fired{w}[i]" for w in words)]
        rate.append(f"        scores[i], levels[i] = weigh_{number}({', '.join(fired * 4)})")
        given = ", ".join(f"{side}fired{w}" for side in SIDES for w in words)
        ends = ["@fast", f"def bounds_{number}({given}, lowest, highest, low_levels, high_levels):"]
        ends.append("    for i in range(len(lowest)):")
        ends += [f"        {side}f{w} = {side}fired{w}[i]" for side in SIDES for w in words]
        low, high = (certain + possible + possible + certain), (possible + certain + certain + possible)
        ends.append(f"        lowest[i], low_levels[i] = weigh_{number}({', '.join(low)})")
        ends.append(f"        highest[i], high_levels[i] = weigh_{number}({', '.join(high)})")
        return [self.weigh(number), "\n".join(rate), "\n".join(ends)]

    def weigh(self, number: int) -> str:
        """The arithmetic of `rating` for one scale."""
        scale = self.pack.scales[number]
        words = [f"{part}{w}" for part in ("up", "down", "ceiling", "floor") for w in range(len(self.fired))]
        lines = ["@fast", f"def weigh_{number}({', '.join(words)}):  # {_safe(scale.name)}", "    total = 0"]
        for factor in self.pack.factors:
            points: dict[int, int] = {}
            for i, rule in enumerate(self.pack.rules):
                amount = rule.then.points.get(scale.name, 0)
                if rule.factor == factor.name and amount:
                    points[amount] = points.get(amount, 0) | 1 << i
            sums = [
                f"{amount} * popcount({'up' if amount > 0 else 'down'}{w} & {mask})"
                for amount, rules in sorted(points.items())
                for w, mask in enumerate(_words(rules))
                if mask
            ]
            if sums or factor.low > 0 or factor.high < 0:
                held = f"min({factor.high}, {' + '.join(sums) or '0'})"
                lines.append(f"    total += max({factor.low}, {held})  # {_safe(factor.name)}")
        steps = [f"np.int64(total >= {threshold})" for threshold in scale.thresholds]
        lines.append(f"    level = {' + '.join(['1', *steps])}")
        lines += self.limits("ceiling", "min", [rule.then.ceiling.get(scale.name) for rule in self.pack.rules])
        lines += self.limits("floor", "max", [rule.then.floor.get(scale.name) for rule in self.pack.rules])
        return "\n".join([*lines, "    return total, level"])

    def limits(self, side: str, take: str, levels: Sequence[int | None]) -> list[str]:
        """The lowest ceiling first, then the highest floor, of the rules that set one."""
        lines = []
        for level in sorted({level for level in levels if level is not None}):
            rules = sum(1 << i for i, own in enumerate(levels) if own == level)
            parts = " | ".join(f"{side}{w} & {mask}" for w, mask in enumerate(_words(rules)) if mask)
            lines.append(f"    level = {take}(level, {level}) if ({parts}) != 0 else level")
        return lines


def _counted(count: Count) -> Limits | None:
    """The limits of a count for which entities must be counted: for one at least, or none, a bit is enough."""
    limits = _limits(count.accept)
    return None if limits in (_AT_LEAST_ONE, _NONE) else limits


def _within(limits: Limits, k: int, side: str, other: str) -> str:
    """Whether limits accept the number of entities that pass atom k; of the other side where they may be too many.

    Certain: they accept all from the least number to the most. Possible: they accept one of these.
    """
    parts = []
    for low, high in limits:
        ends = [f"({side}n{k} >= {low})"] if low > 0 else []
        ends += [f"({other}n{k} <= {high})"] if high is not None else []
        parts.append(f"({' & '.join(ends) or 'True'})")
    return f"np.int64({' | '.join(parts) or 'False'})"


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)] if side else side


def _limits(accept: Numbers) -> Limits:
    """The numbers of entities that a count accepts, as (least, most or None)."""
    found = []
    for i in accept.intervals:
        high = None if i.high == float("inf") else int(i.high)
        found.append((max(0, int(i.low)), high))
    return tuple(found)


def _split(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _packed(bits: Iterable[str]) -> str:
    return " | ".join(f"{bit} << {k}" if k else bit for k, bit in enumerate(bits)) or "0"


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << n for n in numbers)


def _words(mask: int) -> list[int]:
    """A mask of any length as words of `BITS` bits, the first the lowest."""
    words = []
    while mask:
        words.append(mask & (1 << BITS) - 1)
        mask >>= BITS
    return words


def _name(kind: str) -> str:
    """A kind of entity as part of a name: the vocabulary holds it to letters, but nothing here depends on that."""
    return "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in kind)


def _said(where: Condition) -> str:
    if isinstance(where, Test):
        return f"{where.field.key} {where.written}"
    assert isinstance(where, (All, Any))
    return (" and " if isinstance(where, All) else " or ").join(_said(child) for child in where.children)


def _safe(*texts: str) -> str:
    """Text of a pack as it may stand in a comment or a string of the source: one line, ASCII, no quotes or escapes."""
    text = " ".join(texts)[:160]
    return "".join(c if " " <= c <= "~" and c not in "\"'\\" else f"<{ord(c):x}>" for c in text)
