"""Scenarios as rows of tables and as YAML, and what `assess` says of them: for tests of batches."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from escalation.assess import assess
from escalation.bulk.batch import Request, Summary, carried_out, one_by_one, prepared
from escalation.diagnostics import InputError, Problems
from escalation.pack import Pack, load_pack
from escalation.rating import bounds
from escalation.scenario import read_scenario

PACK = load_pack()
Row = dict[str, str]
"""A scenario by the paths of its columns; what is not there is an empty cell."""

CELLS = {
    "transfer.supplier_personnel": ["none", "supplier_crews_in_recipient", "unknown", "{low: none}", "nobody"],
    "transfer.operations_from_supplier_territory": ["true", "false", "unknown", "yes"],
    "transfer.suppliers": ["USA", "USA, POL", "unknown", "[USA]", "USA, USA"],
    "transfer.status": ["approved", "unknown", "done"],
    "transfer.range": ["70", "400 km"],
    "transfer.known_at": ["2022-12-01", "2023-01-01", "2022-12", "soon"],
    "items[0].role": [
        "deep_strike",
        "air_defence_long_range",
        "artillery",
        "unknown",
        "{one_of: [armour, deep_strike]}",
    ],
    "items[0].range": ["300", "185 mi", "80", "unknown", "{low: 70, high: 300}", "-1", "5 parsec", "299.9", "1e3"],
    "items[0].target_reach": ["russia_proper", "contact_line", "unknown", "{high: deep_occupied}"],
    "items[0].permitted_targets": ["russia_proper_unrestricted", "{value: unknown, note: secret}", "not_applicable"],
    "items[0].consent_per_use": ["true", "false"],
    "items[0].name": ["A rocket", "unknown", "{value: x, note: y}", "null"],
    "items[0].quantity": ["12", "12.5", "many"],
    "items[0].id": ["rocket", "context", "A b", "w"],
    "items[1].role": ["artillery", "transport", "{value: deep_strike, known_at: 2023-01-01}"],
    "items[1].range": ["24", "unknown"],
    "warnings[0].date": ["2022-12-01", "2022-12-14", "2022-12-15", "2021-05-01", "2022-12", "2022", "unknown", "soon"],
    "warnings[0].kind": ["retaliation", "legitimate_target", "nuclear", "unknown", "{one_of: [nuclear, dismissive]}"],
    "warnings[0].also": ["nuclear", "nuclear, direct_conflict", "[]", "unknown", "retaliation, retaliation"],
    "warnings[0].office": ["head_of_state", "legislator", "unknown"],
    "warnings[0].speaker": ["A Spokesman", "a  spokesman"],
    "warnings[0].threatens": ["supplier_territory", "system_in_theatre"],
    "warnings[0].concerns": ["this_item", "another_item", "unknown"],
    "warnings[0].operational_change": [
        "full",
        "none_seen",
        "{value: full, seen_to: 2023-02-01}",
        "{value: partial, source: a}",
    ],
    "warnings[0].id": ["w", "w-2"],
    "warnings[1].date": ["2022-12-01", "2022-12-14", "2023-01-01"],
    "warnings[1].kind": ["retaliation", "legitimate_target", "nuclear"],
    "warnings[1].office": ["head_of_state", "kremlin_spokesperson"],
    "warnings[1].id": ["w", "w-3"],
    "warnings[2].kind": ["retaliation", "diplomatic"],
    "warnings[2].date": ["2022-12-01"],
    "context.war": ["frozen_conflict", "unknown"],
    "context.steps_past_180_days": ["0", "3", "unknown", "2.5", "{low: 1, high: 4}"],
}
"""Cells for each column, good, open, late and wrong."""


HEAD = {"id", "as_of", "perceiver"}


class Rated(NamedTuple):
    """What is said of one scenario: for each scale level, score and bounds, and the rules that fired."""

    ratings: tuple[tuple[int, ...], ...]
    fired: tuple[str, ...]


def drawn(
    seed: int, number: int, often: float = 0.4, usual: float = 0.8, cells: dict[str, list[str]] = CELLS
) -> list[Row]:
    """Rows drawn by a seed: each cell is filled with some chance, and mostly with one of the first cells listed."""
    rng = random.Random(seed)
    rows = []
    for i in range(number):
        row = {"id": f"r-{i}", "as_of": "2022-12-14", "perceiver": "RUS"}
        odd = {"as_of": "2022-12", "perceiver": rng.choice(["USA", "NO", "RUS, USA"]), "id": "R 1"}
        if rng.random() < 0.05:
            row |= dict([rng.choice(list(odd.items()))])
        for path, own in cells.items():
            rare = path.endswith((".id", "known_at", "transfer.range", "status", "quantity"))
            if rng.random() < (0.04 if rare else often):
                row[path] = rng.choice(own[:2] if rng.random() < usual else own)
        for item in ("items[0]", "items[1]"):
            if (item == "items[0]" or f"{item}.range" in row) and rng.random() < 0.97:
                row.setdefault(f"{item}.role", "deep_strike")
        rows.append({path: row[path] for path in ("id", "as_of", "perceiver", *cells) if path in row})
    return rows


def ordinary(seed: int, number: int) -> list[Row]:
    """Rows drawn by a seed, without those that are refused, cut by dates, or have warnings that may say the same."""
    return [row for row in drawn(seed, number, 0.5, 1.0) if not _special(row) and isinstance(said(row), Rated)]


def _special(row: Row) -> bool:
    warnings = [(row.get(f"warnings[{i}].date"), row.get(f"warnings[{i}].kind", "diplomatic")) for i in range(3)]
    dated = [one for one in warnings if one[0]]
    return len(set(dated)) < len(dated) or "transfer.known_at" in row or row["as_of"] != "2022-12-14"


def document(row: Row) -> str:
    """The same scenario as a YAML file."""
    lines = ["schema: 1", "title: a test", *(f"{key}: {_value(key, row[key])}" for key in ("id", "as_of", "perceiver"))]
    groups: dict[str, dict[str, list[str]]] = {}
    for path, cell in row.items():
        head, _, key = path.partition(".")
        if key:
            own = groups.setdefault(head.partition("[")[0], {}).setdefault(head, [])
            own.append(f"{key}: {_value(key, cell)}")
    for kind, entities in groups.items():
        lines.append(f"{kind}:")
        for _, facts in sorted(entities.items()):
            many = kind not in ("transfer", "context")
            lines += [f"  {'- ' if many and i == 0 else '  '}{fact}" for i, fact in enumerate(facts)]
    return "\n".join(lines) + "\n"


def _value(key: str, cell: str) -> str:
    if key == "name" and cell not in ("unknown",) and not cell.startswith("{"):
        return f'"{cell}"'
    listed = key in ("also", "suppliers", "perceiver") and cell[0] not in "[{" and cell != "unknown"
    return f"[{cell}]" if listed else cell


def said(row: Row, pack: Pack = PACK) -> Rated | set[str]:
    """What `assess` says of a row, or the codes for which it refuses it."""
    problems = Problems()
    scenario = read_scenario(document(row).encode(), "row.yaml", pack.vocabulary, problems)
    try:
        problems.stop()
        assert scenario is not None
        found = assess(scenario, pack, engine="ledger")
    except InputError as error:
        return {problem.code for problem in error.problems}
    states = [line.state for line in found.ledger.rules]
    ratings = [
        (rating.level, rating.score, *bounds(pack, states, scale)[:4])
        for rating, scale in zip(found.ratings, pack.scales, strict=True)
    ]
    return Rated(tuple(ratings), found.fired)


def batch(out: Path, *names: Path, pack: Pack = PACK, **options: Any) -> Summary:
    """Rate files into a folder, in this process."""
    request = Request(tuple(map(str, names)), str(out), **options)
    out.mkdir(exist_ok=True)
    run, done = prepared(request, pack, False)
    return carried_out(run, pack, done, one_by_one, lambda one: None)


def table(out: Path) -> pa.Table:
    """All rows of a folder of results, by number."""
    parts = [pq.read_table(path) for path in sorted(out.glob("part-*.parquet"))]
    return pa.concat_tables(parts, promote_options="default").sort_by("row")


def results(out: Path, pack: Pack = PACK) -> dict[int, Rated | set[str]]:
    """What a folder of results says of each record, by number, in the form of `said`."""
    found: dict[int, Rated | set[str]] = {}
    columns = table(out).to_pydict()
    for i, row in enumerate(columns["row"]):
        ratings = []
        for scale in pack.scales:
            parts = ("level", "score", "score_low", "score_high", "level_low", "level_high")
            ratings.append(tuple(columns[f"{scale.name}_{part}"][i] for part in parts))
        fired = [rule.id for j, rule in enumerate(pack.rules) if columns[f"fired_{j // 63}"][i] >> j % 63 & 1]
        found[row] = Rated(tuple(ratings), tuple(fired))
    for one in rejects(out):
        codes = found.setdefault(one["row"], set())
        assert isinstance(codes, set), "a row is rated and refused"
        codes.add(one["code"])
    return found


def rejects(out: Path) -> list[dict[str, Any]]:
    """What was refused."""
    return [json.loads(line) for line in (out / "rejects.jsonl").read_text(encoding="utf-8").splitlines()]


def columns_of(rows: Iterable[Row]) -> list[str]:
    """The columns that rows fill, those of `CELLS` in their order."""
    used = {path for row in rows for path in row}
    return [
        *(path for path in ("id", "as_of", "perceiver", *CELLS) if path in used),
        *sorted(used - CELLS.keys() - HEAD),
    ]


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    """Rows as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns_of(rows), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: Sequence[Row], group: int = 100) -> Path:
    """Rows as a Parquet file of texts."""
    data = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns_of(rows)}
    pq.write_table(pa.table(data), path, row_group_size=group)
    return path
