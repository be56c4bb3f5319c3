"""What the bulk kernel is measured against: a Python loop of compiled closures, DuckDB and Polars.

The closures are made of any pack. The SQL and the Polars expressions are written by hand for ten rules of the default
pack (`TEN`). All take the coded facts that the kernel takes, in the form that suits each best, and give for every row
the rules that fired, the score and the level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from escalation.bulk.layout import Layout
from escalation.bulk.rows import Ints, Rows
from escalation.pack import Pack
from escalation.rules import All, Concluded, Condition, Count, Test, chained
from escalation.sets import contains, interval

TEN = ("ROL-10", "ROL-20", "ROL-40", "RCH-10", "PRM-30", "WRN-10", "WRN-20", "PRC-50", "INV-30", "LIM-40")
Holds = Callable[[Any, set[str]], bool]


def ten_of(pack: Pack) -> Pack:
    """The pack with these ten rules only, and its headline scale."""
    rules = tuple(rule for rule in pack.rules if rule.id in TEN)
    order, strata, _ = chained(rules)
    return pack._replace(rules=rules, order=order, strata=strata, scales=pack.scales[:1])


# -- a Python loop of compiled closures


def python_rows(layout: Layout, rows: Rows) -> list[tuple[Any, ...]]:
    """Rows as tuples by kind of entity: codes, or a list of tuples of codes."""
    kinds = []
    for kind in layout.kinds:
        entities = list(zip(*(rows.codes[c.field.key].tolist() for c in layout.columns[kind]), strict=True))
        starts = rows.starts.get(kind)
        kinds.append(entities if starts is None else [entities[a:b] for a, b in pairwise(starts)])
    return list(zip(*kinds, strict=True))


class Closures:
    """A pack as closures over such tuples; calling it rates all rows, one after the other."""

    def __init__(self, layout: Layout) -> None:
        self.layout, pack = layout, layout.pack
        place = {factor.name: i for i, factor in enumerate(pack.factors)}
        self.rules = [
            (
                1 << i,
                self.holds(pack.rules[i].when),
                pack.rules[i].then.conclude,
                [(s, place[pack.rules[i].factor], p) for s, p in self._by_scale(pack.rules[i].then.points) if p],
                self._by_scale(pack.rules[i].then.floor),
                self._by_scale(pack.rules[i].then.ceiling),
            )
            for i in pack.order
        ]
        self.limits = [(f.low, f.high) for f in pack.factors]
        self.thresholds = [scale.thresholds for scale in pack.scales]

    def __call__(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, list[tuple[int, int]]]]:
        return [self.rate(row) for row in rows]

    def rate(self, row: tuple[Any, ...]) -> tuple[int, list[tuple[int, int]]]:
        """The rules that fired as bits, and (score, level) on each scale."""
        fired, made = 0, set[str]()
        sums = [[0] * len(self.limits) for _ in self.thresholds]
        floors, ceilings = [1] * len(sums), [len(self.layout.pack.levels)] * len(sums)
        for bit, holds, concluded, points, floor, ceiling in self.rules:
            if holds(row, made):
                fired |= bit
                made.update(concluded)
                for scale, factor, amount in points:
                    sums[scale][factor] += amount
                for scale, level in floor:
                    floors[scale] = max(floors[scale], level)
                for scale, level in ceiling:
                    ceilings[scale] = min(ceilings[scale], level)
        found = []
        for scale, thresholds in enumerate(self.thresholds):
            score = 0
            for total, (low, high) in zip(sums[scale], self.limits, strict=True):
                score += low if total < low else high if total > high else total
            level = 1
            for threshold in thresholds:
                if score < threshold:
                    break
                level += 1
            found.append((score, max(min(level, ceilings[scale]), floors[scale])))
        return fired, found

    def holds(self, node: Condition, of_entity: bool = False) -> Holds:
        """A closure for a condition; inside a count it takes one entity instead of a row."""
        if isinstance(node, Test):
            return self._test(node, of_entity)
        if isinstance(node, Count):
            return self._count(node)
        if isinstance(node, Concluded):
            name = node.name
            return (lambda row, made: name in made) if node.expected else (lambda row, made: name not in made)
        parts = [self.holds(child, of_entity) for child in node.children]
        if len(parts) == 2:
            a, b = parts
            if isinstance(node, All):
                return lambda row, made: a(row, made) and b(row, made)
            return lambda row, made: a(row, made) or b(row, made)
        if len(parts) == 3 and isinstance(node, All):
            a, b, c = parts
            return lambda row, made: a(row, made) and b(row, made) and c(row, made)
        fold = all if isinstance(node, All) else any
        return lambda row, made: fold(part(row, made) for part in parts)

    def _test(self, node: Test, of_entity: bool) -> Holds:
        kind, column = node.field.entity, self.layout.column[node.field.key]
        i, accepted = self.layout.columns[kind].index(column), frozenset(column.accepted(node.accept))
        if of_entity:
            return lambda entity, made: entity[i] in accepted
        at = self.layout.kinds.index(kind)
        return lambda row, made: row[at][i] in accepted

    def _count(self, node: Count) -> Holds:
        at, where = self.layout.kinds.index(node.kind), self.holds(node.where, of_entity=True)
        if node.accept in (interval(1), interval(0, 0)):
            found = node.accept == interval(1)

            def some(row: Any, made: set[str]) -> bool:
                for entity in row[at]:
                    if where(entity, made):
                        return found
                return not found

            return some
        accept = node.accept
        return lambda row, made: contains(accept, sum(where(entity, made) for entity in row[at]))

    def _by_scale(self, values: dict[str, int]) -> list[tuple[int, int]]:
        return [(i, values[scale.name]) for i, scale in enumerate(self.layout.pack.scales) if scale.name in values]


# -- ten rules by hand


class Codes(NamedTuple):
    """The codes of the values that the ten rules ask for."""

    armed: list[int]
    offensive: list[int]
    protective: list[int]
    ground: list[int]
    past_rear: list[int]
    over_border: list[int]
    bearing: list[int]
    official: list[int]
    ministry: list[int]
    retaliation: list[int]
    direct: list[int]
    few_empty_threats: list[int]
    many_steps: list[int]
    crews: list[int]
    from_home: list[int]

    @classmethod
    def of(cls, layout: Layout) -> Codes:
        pack = layout.pack

        def words(key: str, *found: Any) -> list[int]:
            column = layout.column[key]
            return sorted({column.code(word) for word in found})

        def listed(key: str, name: str) -> list[int]:
            value = pack.parameters[name].value
            assert isinstance(value, tuple)
            return words(key, *value)

        def from_(key: str, least: Any) -> list[int]:
            column = layout.column[key]
            order = column.field.order
            if order:
                return words(key, *order[order.index(least) :])
            return list(range(column.code(least), len(column.bins)))

        return cls(
            armed=sorted(set(range(len(layout.column["item.role"].bins))) - set(listed("item.role", "unarmed"))),
            offensive=listed("item.role", "offensive"),
            protective=listed("item.role", "protective"),
            ground=words("item.range_kind", "ground"),
            past_rear=from_("item.range", 70),
            over_border=from_("item.permitted_targets", "russia_border_counterfire"),
            bearing=listed("warning.concerns", "bearing"),
            official=listed("warning.office", "official"),
            ministry=from_("warning.office", "mod_spokesperson"),
            retaliation=from_("warning.gravest_kind", "retaliation"),
            direct=from_("warning.gravest_kind", "direct_conflict"),
            few_empty_threats=words("context.threats_not_carried_out", 0, 1, 2),
            many_steps=from_("context.steps_past_180_days", 3),
            crews=words("transfer.supplier_personnel", "supplier_crews_in_recipient"),
            from_home=words("transfer.operations_from_supplier_territory", True),
        )


def columns_of(layout: Layout, rows: Rows) -> dict[str, dict[str, Ints]]:
    """The coded columns by kind of entity and field; each entity of a list also has the number of its row."""
    found = {}
    for kind in layout.kinds:
        found[kind] = {c.field.name: rows.codes[c.field.key] for c in layout.columns[kind]}
        if kind in rows.starts:
            found[kind]["row"] = np.repeat(np.arange(rows.n), np.diff(rows.starts[kind]))
    return found


def duckdb_tables(connection: Any, layout: Layout, rows: Rows) -> None:
    """Tables in memory: `flat` with single facts and lists of structs, and one of entities for each list."""
    given = columns_of(layout, rows)
    single = {name: values for kind, own in given.items() if kind not in rows.starts for name, values in own.items()}
    for name, columns in (("single", {"row": np.arange(rows.n), **single}), *((k, given[k]) for k in rows.starts)):
        connection.register("given", columns)
        connection.execute(f"create table {name} as select * from given")
        connection.unregister("given")
    lists = ""
    for kind in rows.starts:
        fields = ", ".join(f"{c.field.name} := {c.field.name}" for c in layout.columns[kind])
        connection.execute(
            f"create table {kind}s as select row, list(struct_pack({fields})) as {kind}s from {kind} group by row"
        )
        lists += f" left join {kind}s using (row)"
    chosen = ", ".join(f"coalesce({kind}s, []) as {kind}s" for kind in rows.starts)
    connection.execute(f"create table flat as select single.*, {chosen} from single{lists} order by row")


def _in(name: str, codes: list[int]) -> str:
    return f"{name} in ({', '.join(map(str, codes))})"


_WEIGH = """
select row, {fired} as fired, score,
    case when lim40 then greatest(level, 4) else level end as level
from (select *, 1 + (score >= 2)::int + (score >= 6)::int + (score >= 10)::int + (score >= 24)::int as level
from (select *, least(8, greatest(-2, 3 * rol10::int + rol20::int - rol40::int)) + rch10::int + 3 * prm30::int
    + least(6, wrn10::int + wrn20::int) + prc50::int + 2 * inv30::int as score
from ({rules})))
"""
_FIRED = " + ".join(f"({name.replace('-', '').lower()}::bigint << {{{name.replace('-', '').lower()}}})" for name in TEN)


def _weighed(pack: Pack, rules: str) -> str:
    bits = {rule.id.replace("-", "").lower(): i for i, rule in enumerate(pack.rules)}
    return _WEIGH.format(rules=rules, fired=_FIRED.format(**bits))


def sql_of_lists(layout: Layout) -> str:
    """The ten rules over lists of structs, with lambdas."""
    c = Codes.of(layout)

    def some(items: str, where: str) -> str:
        return f"len(list_filter({items}, lambda x: {where})) > 0"

    rol10, rol20 = some("items", _in("x.role", c.armed)), some("items", _in("x.role", c.offensive))
    shots = f"{_in('x.concerns', c.bearing)} and "
    threats, direct = _in("x.gravest_kind", c.retaliation), _in("x.gravest_kind", c.direct)
    crews = _in("supplier_personnel", c.crews)
    rules = {
        "rol10": rol10,
        "rol20": rol20,
        "rol40": f"({rol10}) and not {some('items', 'not ' + _in('x.role', c.protective))}",
        "rch10": some(
            "items",
            f"{_in('x.role', c.offensive)} and {_in('x.range_kind', c.ground)} and {_in('x.range', c.past_rear)}",
        ),
        "prm30": some("items", f"{_in('x.role', c.offensive)} and {_in('x.permitted_targets', c.over_border)}"),
        "wrn10": some("warnings", f"{shots} {_in('x.office', c.official)} and {threats}")
        + f" and {_in('threats_not_carried_out', c.few_empty_threats)}",
        "wrn20": some("warnings", f"{shots} {_in('x.office', c.ministry)} and {direct}"),
        "prc50": _in("steps_past_180_days", c.many_steps),
        "inv30": f"({crews} or {_in('operations_from_supplier_territory', c.from_home)})",
        "lim40": f"{crews} and {rol20}",
    }
    chosen = ", ".join(f"{text} as {name}" for name, text in rules.items())
    return _weighed(layout.pack, f"select row, {chosen} from flat")


def sql_of_groups(layout: Layout) -> str:
    """The ten rules over tables of entities, grouped by row first."""
    c = Codes.of(layout)
    offensive = _in("role", c.offensive)
    items = f"""
        select row, bool_or({_in("role", c.armed)}) as rol10, bool_or({offensive}) as rol20,
            bool_or(not {_in("role", c.protective)}) as offends,
            bool_or({offensive} and {_in("range_kind", c.ground)} and {_in('"range"', c.past_rear)}) as rch10,
            bool_or({offensive} and {_in("permitted_targets", c.over_border)}) as prm30
        from item group by row"""
    warnings = f"""
        select row, bool_or({_in("office", c.official)} and {_in("gravest_kind", c.retaliation)}) as threat,
            bool_or({_in("office", c.ministry)} and {_in("gravest_kind", c.direct)}) as wrn20
        from warning where {_in("concerns", c.bearing)} group by row"""
    return _weighed(
        layout.pack,
        f"""
        select row, coalesce(rol10, false) as rol10, coalesce(rol20, false) as rol20,
            coalesce(rol10 and not offends, false) as rol40, coalesce(rch10, false) as rch10,
            coalesce(prm30, false) as prm30, coalesce(wrn20, false) as wrn20,
            coalesce(threat, false) and {_in("threats_not_carried_out", c.few_empty_threats)} as wrn10,
            {_in("steps_past_180_days", c.many_steps)} as prc50,
            {_in("supplier_personnel", c.crews)} or {_in("operations_from_supplier_territory", c.from_home)} as inv30,
            {_in("supplier_personnel", c.crews)} and coalesce(rol20, false) as lim40
        from single left join ({items}) using (row) left join ({warnings}) using (row)""",
    )


def polars_query(layout: Layout, rows: Rows) -> Callable[[], Any]:
    """The ten rules as Polars expressions over frames in memory; calling it collects them."""
    import polars as pl

    c, given = Codes.of(layout), columns_of(layout, rows)
    frames = {kind: pl.DataFrame(columns) for kind, columns in given.items()}
    single = pl.concat([frames[kind] for kind in given if kind not in rows.starts], how="horizontal")
    single = single.with_columns(row=pl.arange(rows.n, dtype=pl.Int64).alias("row")).set_sorted("row")
    lists = {kind: frames[kind].set_sorted("row") for kind in rows.starts}

    def of(name: str, codes: list[int]) -> Any:
        return pl.col(name).is_in(codes)

    offensive = of("role", c.offensive)
    items = {
        "rol10": of("role", c.armed),
        "rol20": offensive,
        "offends": ~of("role", c.protective),
        "rch10": offensive & of("range_kind", c.ground) & of("range", c.past_rear),
        "prm30": offensive & of("permitted_targets", c.over_border),
    }
    warnings = {
        "threat": of("office", c.official) & of("gravest_kind", c.retaliation),
        "wrn20": of("office", c.ministry) & of("gravest_kind", c.direct),
    }
    crews, false = of("supplier_personnel", c.crews), pl.lit(False)
    bits = {rule.id.replace("-", "").lower(): i for i, rule in enumerate(layout.pack.rules)}

    def query() -> Any:
        by_item = lists["item"].lazy().group_by("row").agg(**{k: e.any() for k, e in items.items()})
        bearing = lists["warning"].lazy().filter(of("concerns", c.bearing))
        by_warning = bearing.group_by("row").agg(**{k: e.any() for k, e in warnings.items()})
        joined = single.lazy().join(by_item, on="row", how="left").join(by_warning, on="row", how="left")
        named = joined.with_columns(pl.col(*items, *warnings).fill_null(false)).with_columns(
            rol40=pl.col("rol10") & ~pl.col("offends"),
            wrn10=pl.col("threat") & of("threats_not_carried_out", c.few_empty_threats),
            prc50=of("steps_past_180_days", c.many_steps),
            inv30=crews | of("operations_from_supplier_territory", c.from_home),
            lim40=crews & pl.col("rol20"),
        )
        one = {name: pl.col(name).cast(pl.Int32) for name in bits}
        role = (3 * one["rol10"] + one["rol20"] - one["rol40"]).clip(-2, 8)
        warned = (one["wrn10"] + one["wrn20"]).clip(0, 6)
        score = role + one["rch10"] + 3 * one["prm30"] + warned + one["prc50"] + 2 * one["inv30"]
        fired = pl.sum_horizontal([pl.col(name).cast(pl.Int64) * (1 << i) for name, i in bits.items()])
        level = 1 + sum((pl.col("score") >= threshold).cast(pl.Int32) for threshold in (2, 6, 10, 24))
        floored = pl.when(pl.col("lim40")).then(pl.max_horizontal(level, pl.lit(4))).otherwise(level)
        scored = named.with_columns(score=score, fired=fired)
        return scored.select("row", "fired", "score", level=floored).sort("row").collect()

    return query
