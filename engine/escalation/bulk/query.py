"""SQL over results: DuckDB with views of a file or folder of results, which can read these and do nothing else.

The views are made of what the results say of themselves: `results`, `levels`, `fired` (a line for each row and each
rule that fired in it) and `summary`. Before the SQL of a user is looked at, the database is cut off from all files but
the results, from the network and from extensions, and its settings are locked; then only a statement that selects is
let through.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import duckdb

from escalation.bulk.layout import BITS
from escalation.bulk.stored import Stored

__all__ = ["Answer", "QueryError", "as_columns", "as_json", "query"]

atexit.register(gc.unfreeze)  # a command line freezes what is left at its end, and DuckDB would tell of it as leaked
_SOME = 10_000  # rows fetched at a time
_SETTINGS = (
    "set temp_directory = ''",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set python_enable_replacements = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
_LEVELS = """
select {scale} as scale, level, name, coalesce(n, 0) as rows, coalesce(n, 0) / sum(n) over () as share
from (values {names}) as names(level, name)
left join (select {level} as level, count(*) as n from results group by all) using (level)
"""
_FIRED = """
select {own}, rule from (select {own}, unnest([{rules}]) as rule from results) where rule is not null
"""
_SUMMARY = """
select {scale} as scale, count(*) as rows, count(*) filter ({level_low} < {level_high}) as undecided,
    min({level}) as lowest_level, max({level}) as highest_level, avg({level}) as mean_level,
    min({score}) as lowest_score, max({score}) as highest_score, avg({score}) as mean_score
from results
"""


class QueryError(Exception):
    """SQL that cannot be run, said in one line."""


class Answer(NamedTuple):
    """The names of the columns, and the rows, which are read as they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def query(stored: Stored, sql: str) -> Answer:
    """Run a SELECT over results. Raises QueryError."""
    connection = duckdb.connect()
    try:
        _views(connection, stored)
        statements = duckdb.extract_statements(sql)
        if len(statements) != 1 or statements[0].type not in (
            duckdb.StatementType.SELECT,
            duckdb.StatementType.EXPLAIN,
        ):
            raise QueryError("results can be read only: give one SELECT")
        found = connection.execute(statements[0])
        columns = tuple(column[0] for column in found.description or ())
    except duckdb.Error as error:
        raise QueryError(_line(error)) from None
    return Answer(columns, _rows(found))


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    try:
        while some := found.fetchmany(_SOME):
            yield from some
    except duckdb.Error as error:
        raise QueryError(_line(error)) from None


def _line(error: duckdb.Error) -> str:
    """What is wrong, without the drawing of where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("LINE ", "^"))]
    return " ".join(kept)[:500] or "the SQL cannot be run"


def _views(connection: duckdb.DuckDBPyConnection, stored: Stored) -> None:
    about = stored.about
    names = [os.path.abspath(file) for file in stored.files]
    connection.execute("set allowed_paths = ?", [names])
    for setting in _SETTINGS:
        connection.execute(setting)
    if not names:
        raise QueryError("the run has no rows yet")
    connection.execute(f"create view results as from read_parquet([{', '.join(map(_text, names))}])")
    for name, text in (
        ("levels", _levels(about)),
        ("fired", _fired(about, stored.run is not None)),
        ("summary", _summary(about)),
    ):
        connection.execute(f"create view {name} as {text}")


def _levels(about: dict[str, Any]) -> str:
    names = ", ".join(f"({i}, {_text(name)})" for i, name in enumerate(about["levels"], 1))
    scales = [_LEVELS.format(scale=_text(scale), names=names, level=_name(scale, "level")) for scale in about["scales"]]
    return f"from ({' union all '.join(scales)}) order by scale, level"


def _fired(about: dict[str, Any], has_ids: bool) -> str:
    """Unpacked by a list of the names whose bits are set: rows are not joined with rules."""
    held = ", ".join(
        f"case when fired_{i // BITS} >> {i % BITS} & 1 = 1 then {_text(rule)} end"
        for i, rule in enumerate(about["rules"])
    )
    return _FIRED.format(own="row, id" if has_ids else "row", rules=held or "null")


def _summary(about: dict[str, Any]) -> str:
    parts = ("level", "score", "level_low", "level_high")
    return " union all ".join(
        _SUMMARY.format(scale=_text(scale), **{part: _name(scale, part) for part in parts}) for scale in about["scales"]
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(scale: str, part: str) -> str:
    return '"' + f"{scale}_{part}".replace('"', '""') + '"'


def as_json(answer: Answer) -> Iterator[str]:
    """The rows as lines of one JSON list of objects."""
    before = "["
    for row in answer.rows:
        yield before + json.dumps(dict(zip(answer.columns, row, strict=True)), ensure_ascii=False, default=str)
        before = ","
    yield "[]" if before == "[" else "]"


def as_columns(answer: Answer, most: int) -> Iterator[str]:
    """At most so many rows as aligned columns, and how to get the rest."""
    rows = [list(map(_cell, row)) for _, row in zip(range(most + 1), answer.rows, strict=False)]
    shown: Sequence[Sequence[str]] = rows[:most]
    widths = [max(len(name), *(len(row[i]) for row in shown), 0) for i, name in enumerate(answer.columns)]
    numbers = [all(_is_number(row[i]) for row in shown) for i in range(len(widths))]
    for row in (answer.columns, ["-" * width for width in widths], *shown):
        cells = (c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numbers, strict=True))
        yield "  ".join(cells).rstrip()
    if len(rows) > most:
        yield f"the first {most:,} rows; --format csv gives all"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True
