"""`assess query OUT "SQL"`: SQL over the rows of a sweep or a batch."""

from __future__ import annotations

import sys

import click

from escalation.cli.common import emit, extra, reported
from escalation.render.safe import safe, safe_json

__all__ = ["command"]

MOST = 1_000  # rows of a text table
EPILOG = """
\b
Views:
  results   the rows as they are stored; a column named by a path stands in quotes: "items.missile.range"
  levels    for each scale and level: scale, level, name, rows, share
  fired     a line for each row and each rule that fired in it: row, rule (and id, in a batch)
  summary   for each scale: rows, undecided, lowest, highest and mean level and score

\b
Examples:
  assess query rows.parquet "from levels"
  assess query rows.parquet "select rule, count(*) from fired group by rule order by 2 desc"
  assess query rated/ "select id, source from results where escalation_level >= 4" --format csv
  assess query rows.parquet "select * from results where escalation_level_low < escalation_level_high limit 5"
"""


@click.command("query", epilog=EPILOG)
@click.argument("results", metavar="OUT", type=click.Path())
@click.argument("sql", metavar="SQL")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
def command(results: str, sql: str, form: str) -> None:
    """Ask the results in OUT (a file of `assess sweep -o` or the folder of `assess batch -o`) in SQL, as DuckDB has it.

    SQL is one SELECT. It can read the results and nothing else: no other file, no network, and it cannot write. A text
    table has at most a thousand rows; csv and json have all of them. Needs the extra `bulk`.
    """
    with extra("bulk"):
        from escalation.bulk.query import QueryError, as_columns, as_json, query
        from escalation.bulk.stored import opened_results
    with reported("json" if form == "json" else "text"):
        stored = opened_results(results)
    try:
        answer = query(stored, sql)
        if form == "csv":
            import csv

            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows(answer.rows)
            sys.stdout.flush()
        else:
            made, clean = (as_json(answer), safe_json) if form == "json" else (as_columns(answer, MOST), safe)
            for line in made:
                emit(clean(line))
    except QueryError as error:
        raise click.ClickException(safe(str(error))) from None
