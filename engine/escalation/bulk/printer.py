"""The rule tree of a pack printed as Python that numba compiles: the source of its kernel.

Three stages, each a function over whole columns. `atoms_KIND` reduces the entities of each row to words of atoms;
`fire` combines atoms to fired rules; `weigh` sums their points to a score and a level for each scale. Where facts are
open, atoms and rules come in two sides, what certainly holds and what may hold; a rule that needs something *not*
concluded crosses over. What is printed are numbers, and names made here; texts of the pack stand in comments, escaped.

Everything is an int64 of 0 or 1 until it is shifted into a word. A conjunction is `&`, and there is no branch: what one
row saves by stopping early costs more than it brings.
"""

from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import TypeVar

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
T = TypeVar("T")
SIDES = ("y", "m")
"""What certainly holds, and what may hold. Of a row without open facts both are the same."""
_AT_LEAST_ONE, _NONE = ((1, None),), ((0, 0),)


def printed(layout: Layout, cache: bool = True) -> str:
    """The source of the kernel of a pack; `cache` keeps what numba compiles beside the file that holds it."""
    return Printer(layout).source(cache)


class Printer:
    """Prints the kernel of one pack. `atoms` gives for each kind its atoms, word by word, by their printed form."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.pack = layout, layout.pack
        self.tables: dict[str, str] = {}  # printed table -> its name
        self.atoms: dict[str, list[Test | Count]] = {kind: [] for kind in layout.kinds}
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

    def function(self, module: ModuleType, kind: str) -> tuple[Callable[..., None], Callable[..., None]]:
        """The two functions of a compiled kernel that make the atoms of a kind: of known rows, and of open ones."""
        return getattr(module, f"atoms_{_name(kind)}"), getattr(module, f"atoms_{_name(kind)}_open")

    def source(self, cache: bool) -> str:
        """The whole module."""
        parts = [self.atom_functions(kind, sides) for kind in self.layout.kinds for sides in (("",), SIDES)]
        parts += [self.rule_functions(sides) for sides in (("",), SIDES)]
        parts += [self.scale_functions(), self.known(), self.open()]
        head = _HEAD.format(pack=_safe(self.pack.name, self.pack.version), digest=_safe(self.pack.digest), cache=cache)
        tables = [f"{name} = np.array({text}, dtype=np.int64)" for text, name in self.tables.items()]
        return "\n\n".join([head, "\n".join(tables), *parts]) + "\n"

    # -- atoms

    def _add(self, leaf: Test | Count) -> None:
        kind, key = self._key(leaf)
        if (kind, key) not in self._place:
            self._place[kind, key] = len(self.atoms[kind])
            self.atoms[kind].append(leaf)

    def _key(self, leaf: Test | Count) -> tuple[str, str]:
        if isinstance(leaf, Test):
            return leaf.field.entity, self.truth(leaf, "")
        return leaf.kind, f"{self.truth(leaf.where, '')} in {_limits(leaf.accept)}"

    def atom_functions(self, kind: str, sides: Sequence[str]) -> str:
        """`atoms_KIND`: the words of atoms of one kind, row by row, and the function of each word that it calls."""
        name = f"{_name(kind)}_open" if sides == SIDES else _name(kind)
        groups = _split(self.atoms[kind], WORD)
        many = self.layout.many(kind)
        columns = [f"c{i}" for i in range(len(self.layout.columns[kind]))]
        parts = [self.word_function(f"{name}_{k}", kind, group, sides) for k, group in enumerate(groups)]
        outs = ["out"] if sides != SIDES else [f"{side}out" for side in sides]
        arguments = ["n", *(["starts"] if many else []), *columns, *outs]
        span = "starts[i], starts[i + 1]" if many else "i, i + 1"
        lines = ["@fast", f"def atoms_{name}({', '.join(arguments)}):", "    for i in range(n):"]
        if not groups:
            lines.append("        pass")
        for k in range(len(groups)):
            words = ", ".join(f"{out}[{k}, i]" for out in outs)
            lines.append(f"        {words} = {name}_{k}({', '.join([span, *columns])})")
        return "\n\n".join([*parts, "\n".join(lines)])

    def word_function(self, name: str, kind: str, atoms: Sequence[Test | Count], sides: Sequence[str]) -> str:
        """One word of atoms of the entities from `a` up to `b`: one entity where there is always one."""
        columns = [f"c{i}" for i in range(len(self.layout.columns[kind]))]
        wheres: dict[str, Condition] = {}
        for atom in atoms:
            where = _where(atom)
            wheres.setdefault(self.truth(where, ""), where)
        number = {text: k for k, text in enumerate(wheres)}
        counted = sorted({number[self.truth(_where(a), "")] for a in atoms if isinstance(a, Count) and _counts(a)})
        body, after = [], []
        for side in sides:
            body += [f"{side}n{k} = 0" for k in counted] + [f"{side}seen = 0"]
        body.append("for j in range(a, b):")
        used = {i for where in wheres.values() for i in self._columns(where)}
        for i in sorted(used):
            body += [f"    {line}" for line in self.loaded(i, self.layout.columns[kind][i], sides)]
        for side in sides:
            for k, where in enumerate(wheres.values()):
                body.append(f"    {side}p{k} = {self.truth(where, side)}  # {_safe(_said(where))}")
                if k in counted:
                    body.append(f"    {side}n{k} += {side}p{k}")
            if wheres:
                body.append(f"    {side}seen |= {_packed(f'{side}p{k}' for k in range(len(wheres)))}")
        for side in sides:
            other = sides[1 - sides.index(side)] if len(sides) > 1 else side
            bits = [self.settled(atom, number[self.truth(_where(atom), "")], side, other) for atom in atoms]
            after.append(f"{side}word = {_packed(bits)}")
        result = ", ".join(f"{side}word" for side in sides)
        lines = ["@fast", f"def {name}({', '.join(['a', 'b', *columns])}):", *(f"    {x}" for x in body + after)]
        return "\n".join([*lines, f"    return {result}"])

    def loaded(self, i: int, column: Column, sides: Sequence[str]) -> list[str]:
        """The value of a column for one entity: the number of its bin, or the mask of the bins it may lie in."""
        if sides != SIDES:
            return [f"x{i} = np.int64(c{i}[j])"]
        return [f"x{i}_{w} = c{i}[j, {w}]" for w in range(column.words)]

    def settled(self, atom: Test | Count, k: int, side: str, other: str) -> str:
        """Whether an atom holds, from what was seen of its entities; `other` is the other side where there is one."""
        bit, other_bit = f"({side}seen >> {k} & 1)", f"({other}seen >> {k} & 1)"
        if isinstance(atom, Test):
            return bit
        limits = _limits(atom.accept)
        if limits == _AT_LEAST_ONE:
            return bit
        if limits == _NONE:
            return f"(1 - {other_bit})"
        parts = []
        for low, high in limits:  # certain: all of least to most is accepted; possible: some of it is
            ends = [f"({side}n{k} >= {low})"] if low > 0 else []
            ends += [f"({other}n{k} <= {high})"] if high is not None else []
            parts.append(" & ".join(ends) or "True")
        return f"np.int64({' | '.join(f'({part})' for part in parts) or 'False'})"

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

    def rule_functions(self, sides: Sequence[str]) -> str:
        """`fire`: from atoms to fired rules, in as many functions as their number asks for."""
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
        lines = ["@fast", f"def {name}({', '.join(atoms)}):", f"    {' = '.join(fired)} = 0"]
        for k in range(len(groups)):
            lines.append(f"    {', '.join(fired)} = {name}_{k}({', '.join([*atoms, *fired])})")
        return "\n\n".join([*parts, "\n".join([*lines, f"    return {', '.join(fired)}"])])

    def fires(self, node: Condition, side: str) -> str:
        """An expression of 0 or 1 for a rule's condition, over words of atoms and of rules that fired before."""
        if isinstance(node, (Test, Count)):
            kind, key = self._key(node)
            at = self._place[kind, key]
            return f"({side}a{self.starts[kind] + at // WORD} >> {at % WORD} & 1)"
        if isinstance(node, Concluded):
            return self.concluded(node, side)
        joint, empty = (" & ", "1") if isinstance(node, All) else (" | ", "0")
        return f"({joint.join(self.fires(child, side) for child in node.children) or empty})"

    def concluded(self, node: Concluded, side: str) -> str:
        makers = self.makers.get(node.name, 0)
        asked = side if node.expected or not side else SIDES[1 - SIDES.index(side)]
        parts = [f"{asked}f{w} & {mask}" for w, mask in enumerate(_words(makers)) if mask]
        return f"np.int64(({' | '.join(parts) or '0'}) {'!=' if node.expected else '=='} 0)"

    # -- scales

    def scale_functions(self) -> str:
        """`weigh`: for each scale the score and the level of the rules that fired.

        It takes four sides: the rules that may raise the score and those that may lower it, those whose ceilings hold
        and those whose floors do. In one world all are what fired; for the ends of a range they differ.
        """
        return "\n\n".join(self.scale_function(i) for i in range(len(self.pack.scales)))

    def scale_function(self, number: int) -> str:
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

    # -- whole rows

    def known(self) -> str:
        """`known`: fired rules, score and level of rows without open facts, from their atoms."""
        fired = ", ".join(self.fired)
        lines = ["@fast", "def known(n, atoms, fired, totals, levels):", "    for i in range(n):"]
        atoms = ", ".join(f"atoms[{w}, i]" for w in range(self.total_words))
        lines.append(f"        {fired} = fire({atoms})")
        lines += [f"        fired[{w}, i] = f{w}" for w in range(len(self.fired))]
        for s in range(len(self.pack.scales)):
            lines.append(f"        totals[{s}, i], levels[{s}, i] = weigh_{s}({', '.join([fired] * 4)})")
        return "\n".join(lines)

    def open(self) -> str:
        """`bounds`: sound limits on score and level of rows with open facts, as `rating.bounds` gives them."""
        certain, possible = (", ".join(side + f for f in self.fired) for side in SIDES)
        atoms = ", ".join(f"{side}atoms[{w}, i]" for side in SIDES for w in range(self.total_words))
        lines = ["@fast", "def bounds(n, yatoms, matoms, lowest, highest, low_levels, high_levels):"]
        lines += ["    for i in range(n):", f"        {certain}, {possible} = fire_open({atoms})"]
        for s in range(len(self.pack.scales)):
            low = ", ".join((certain, possible, possible, certain))
            high = ", ".join((possible, certain, certain, possible))
            lines.append(f"        lowest[{s}, i], low_levels[{s}, i] = weigh_{s}({low})")
            lines.append(f"        highest[{s}, i], high_levels[{s}, i] = weigh_{s}({high})")
        return "\n".join(lines)


def _where(atom: Test | Count) -> Condition:
    return atom if isinstance(atom, Test) else atom.where


def _counts(atom: Count) -> bool:
    return _limits(atom.accept) not in (_AT_LEAST_ONE, _NONE)


def _limits(accept: Numbers) -> tuple[tuple[int, int | None], ...]:
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
