"""`assess batch INPUT... -o OUT`: many scenarios from files, rated into tables, in a way that can be stopped."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from escalation.cli import common
from escalation.cli.common import connected, emit, extra, json_text, reported, say
from escalation.pack import Pack, load_pack

if TYPE_CHECKING:
    from escalation.bulk.batch import Request, Runner, Summary
    from escalation.bulk.manifest import Run

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess batch archive/ -o rated                        every YAML file of a folder
  assess batch cases.jsonl.gz -o rated                  a scenario a line, as JSON of the same shape
  assess batch survey.csv -o rated --set perceiver=RUS --set as_of=2022-12-14
  assess batch survey.csv -o rated --map 'Range (km)=items[0].range' --map 'Comment='
  assess batch drawn.parquet -o rated --resume          go on after a kill, a full disk, Ctrl-C
  assess batch archive/ -o rated --verify 0.01          one record in a hundred through the ledger too
  assess batch archive/ -o rated --cluster tcp://10.0.0.5:8786

\b
Columns of a table are named by what they hold: id, title, as_of, perceiver, transfer.FIELD,
items[0].FIELD, warnings[1].FIELD, context.FIELD. An empty cell states nothing; a cell may hold what
a YAML file may: 185 mi, unknown, {low: 70, high: 90}. In Parquet, `items` and `warnings` may be
lists of structures. docs/bulk.md says what is in OUT.
"""


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Options written NAME=VALUE; the last = divides, since a header may hold one and a path does not."""
    found = {}
    for value in values:
        name, sign, rest = value.rpartition("=") if param.name == "mapping" else value.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"'{value}' is not written {param.metavar}", ctx, param)
        found[name.strip()] = rest.strip()
    return tuple(sorted(found.items()))


@click.command("batch", epilog=EPILOG)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path())
@click.option("-o", "--output", required=True, metavar="OUT", type=click.Path(), help="Folder for the results.")
@click.option("--resume", is_flag=True, help="Go on with the run in OUT; begin one if there is none.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="HEADER=PATH",
    callback=_pairs,
    help="Say what a column holds; HEADER= leaves it out, and *= every column whose header is no path.",
)
@click.option(
    "--mapping",
    "mapping_file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="YAML file with map: {HEADER: PATH} and set: {PATH: VALUE}.",
)
@click.option(
    "--set",
    "constants",
    multiple=True,
    metavar="PATH=VALUE",
    callback=_pairs,
    help="State a fact in every row of tables.",
)
@click.option("--workers", metavar="N", type=click.IntRange(1), help="Processes.  [default: as many as processors]")
@click.option("--part-rows", metavar="N", type=click.IntRange(1), help="Records of a part file at most.")
@click.option("--fail-on-rejects", is_flag=True, help="Exit with 1 if a record was refused.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@common.cluster_option
@common.verify_option
@common.rules_option
@click.option("--profile", default="", metavar="NAME", type=common.PROFILES, help="Rate under an image.")
def command(
    inputs: tuple[str, ...],
    output: str,
    resume: bool,
    mapping: tuple[tuple[str, str], ...],
    mapping_file: str | None,
    constants: tuple[tuple[str, str], ...],
    workers: int | None,
    part_rows: int | None,
    fail_on_rejects: bool,
    form: str,
    cluster: str | None,
    verify: float,
    rules: str | None,
    profile: str,
) -> None:
    """Rate every scenario in INPUT (files and folders; YAML, JSON lines, CSV, Parquet) into Parquet files in OUT.

    A record that is not valid never stops the run: it goes to OUT/rejects.jsonl with its file, line and reasons. Stop
    the run at any moment, and --resume goes on with nothing lost and nothing twice. Exit code: 0 done, also where
    records were refused (1 with --fail-on-rejects); 2 bad usage, or OUT cannot be written; 130 interrupted.
    """
    with extra("bulk"):
        import numba  # noqa: F401 - to say in one line that it is missing
        import pyarrow  # noqa: F401
    from escalation.bulk.batch import Request, in_processes
    from escalation.bulk.manifest import held
    from escalation.bulk.verify import settled

    with reported(form):
        pack = load_pack(rules, profile)
        mapped, stated = _from_file(mapping_file) if mapping_file else ({}, {})
        request = Request(
            inputs,
            output,
            rules,
            tuple(sorted({**mapped, **dict(mapping)}.items())),
            tuple(sorted({**stated, **dict(constants)}.items())),
            part_rows,
            verify,
        )
        with held(output), ExitStack() as stack:
            runner = in_processes(workers or os.cpu_count() or 1)
            if cluster:
                client = stack.enter_context(connected(cluster))
                from escalation.bulk.cluster import on_cluster

                runner = on_cluster(client)
            summary, seconds = _run(request, pack, resume, runner)
    if verify:
        say(settled(summary.verified))
    emit(json_text(_data(summary, pack, output, seconds)) if form == "json" else _text(summary, pack, output, seconds))
    if summary.refused and fail_on_rejects:
        sys.exit(1)


def _run(request: Request, pack: Pack, resume: bool, runner: Runner) -> tuple[Summary, float]:
    """Carry out a run; where it is stopped, say how to go on."""
    from concurrent.futures.process import BrokenProcessPool

    from escalation.bulk.batch import carried_out, prepared, stoppable
    from escalation.bulk.progress import Progress

    run: Run | None = None
    progress = None
    try:
        with stoppable():
            run, done = prepared(request, pack, resume)
            sizes = {partition.number: partition.rows for partition in run.partitions}
            progress = Progress(run.rows, sum(sizes[one.number] for one in done))
            shown = progress
            summary = carried_out(run, pack, done, runner, lambda one: shown.add(sizes[one.number]))
        return summary, progress.seconds
    except KeyboardInterrupt:
        if progress:
            progress.close()
            say(f"interrupted: {progress.done:,} of {progress.total:,} records are done; {_HOW_TO_GO_ON}")
        sys.exit(130)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{where}{error.strerror or error}; {_HOW_TO_GO_ON}") from None
    except BrokenProcessPool:
        raise click.ClickException(f"a process was killed, perhaps for want of memory; {_HOW_TO_GO_ON}") from None
    finally:
        if progress:
            progress.close()


_HOW_TO_GO_ON = "the same command with --resume goes on from there"


def _from_file(path: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a mapping file says. Raises InputError."""
    from escalation.diagnostics import Problems
    from escalation.read import Reader
    from escalation.source import parse, read_bytes

    problems = Problems()
    data = read_bytes(path, problems)
    node = None if data is None else parse(data, path, problems)
    reader = Reader(problems)
    found = reader.keys(node, "the mapping", (), ("map", "set"))
    tables = []
    for key in ("map", "set"):
        entries = reader.mapping(found.get(key), key)
        tables.append({name.value: _plain(value, reader, f"{key}.{name.value}") for name, value in entries})
    problems.stop()
    return tables[0], tables[1]


def _plain(node: Any, reader: Any, what: str) -> str:
    from escalation.source import Text

    return node.value if isinstance(node, Text) else reader.text(node, what) or ""


def _data(summary: Summary, pack: Pack, out: str, seconds: float) -> dict[str, Any]:
    names = [level.name for level in pack.levels]
    return {
        "out": out,
        "rated": summary.rated,
        "rejected": summary.refused,
        "codes": summary.codes,
        "levels": {scale: dict(zip(names, counts, strict=True)) for scale, counts in summary.levels.items()},
        "seconds": round(seconds, 3),
    }


def _text(summary: Summary, pack: Pack, out: str, seconds: float) -> str:
    total = summary.rated + summary.refused
    rate = f" in {seconds:,.1f} s ({total / seconds:,.0f}/s)" if seconds >= 0.05 else ""
    lines = [f"{out}: {summary.rated:,} rated, {summary.refused:,} rejected{rate}"]
    names = [level.name for level in pack.levels]
    width = max(len(scale) for scale in summary.levels)
    counts = [[f"{count:,}" for count in own] for own in summary.levels.values()]
    columns = [max(len(name), *(len(own[i]) for own in counts)) for i, name in enumerate(names)]
    head = "  ".join(name.rjust(size) for name, size in zip(names, columns, strict=True))
    lines.append(f"  {'':{width}}  {head}")
    for scale, own in zip(summary.levels, counts, strict=True):
        lines.append(f"  {scale:{width}}  {'  '.join(c.rjust(n) for c, n in zip(own, columns, strict=True))}")
    if summary.codes:
        said = ", ".join(f"{code} {count:,}" for code, count in summary.codes.items())
        lines.append(f"  reasons: {said}; see {os.path.join(out, 'rejects.jsonl')}, and assess explain CODE")
    return "\n".join(lines)
