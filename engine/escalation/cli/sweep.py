"""`assess sweep FILE --vary PATH=VALUES`: every combination of some facts, or a sample of what is in doubt."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

import click

from escalation.cli.common import (
    FORMATS,
    PROFILES,
    as_of_option,
    cluster_option,
    color_option,
    connected,
    emit,
    extra,
    json_text,
    page_look,
    reported,
    rules_option,
    say,
    verify_option,
)
from escalation.diagnostics import Problems
from escalation.pack import load_pack
from escalation.source import read_bytes

if TYPE_CHECKING:
    from escalation.analysis.vary import Axis
    from escalation.bulk.origin import Block, Made, Origin
    from escalation.bulk.summary import SampleSummary, Summary

__all__ = ["command", "pair_of"]


@click.command("sweep")
@click.argument("file", type=click.Path())
@click.option("--vary", multiple=True, metavar="PATH=VALUES", help="A fact and its values; may be given several times.")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Draw N scenarios from the doubts stated in FILE.")
@click.option("--seed", default=0, show_default=True, help="Where drawing starts: equal seeds, equal samples.")
@click.option("-o", "--output", metavar="OUT", type=click.Path(), help="Write every row to a Parquet file.")
@click.option("--aggregate", is_flag=True, help="The summary only: no rows are written (as without --output).")
@click.option("--pair", multiple=True, metavar="PATH,PATH", help="Two varied facts to lay out as a table.")
@click.option("--threads", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="cores")
@cluster_option
@verify_option
@as_of_option
@rules_option
@click.option("--profile", default="", metavar="NAME", type=PROFILES, help="Rate under an image of the perceiver.")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
@color_option
def command(
    file: str,
    vary: tuple[str, ...],
    sample: int | None,
    seed: int,
    output: str | None,
    aggregate: bool,
    pair: tuple[str, ...],
    threads: int,
    cluster: str | None,
    verify: float,
    as_of: date | None,
    rules: str | None,
    profile: str,
    form: str,
    color: str,
) -> None:
    r"""Rate FILE with some of its facts at every combination of values, or drawn from what is in doubt.

    \b
    VALUES are * for every value of the field, words or numbers with commas between them, or LOW:HIGH:STEP:
      assess sweep FILE --vary 'items[0].permitted_targets=*' --vary items[0].range=50:1000:10
      assess sweep FILE --vary 'items[0].role=*' --vary 'warnings[0].kind=*' -o rows.parquet
      assess sweep FILE --sample 1000000 --seed 7

    The summary counts rows on each level, says where the level changes along each fact, and lays out pairs of facts.
    It is exact. Shares are of the grid as laid out, or of the doubt as stated, not the likelihood of anything. Any row
    of a file is traced by `assess trace OUT --row N`. Needs the extra `bulk`.
    """
    if not vary and sample is None:
        raise click.UsageError("name what varies: --vary PATH=VALUES, or --sample N")
    if aggregate and output:
        raise click.UsageError("--aggregate writes no rows, and --output does: leave one out")
    if pair and sample is not None:
        raise click.UsageError("--pair lays out a grid: it does not go with --sample")
    with extra("bulk"):
        from escalation.bulk.origin import Origin
    with reported(form):
        problems = Problems()
        text = read_bytes(file, problems)
        problems.stop()
        assert text is not None
        origin = Origin(os.path.abspath(file), text.decode("utf-8", "replace"), as_of, vary, sample, seed)
        answer = _run(origin, rules, profile, output, pair, threads, verify, cluster)
    if form == "json":
        emit(json_text(answer.data()))
        return
    from escalation.render.layout import page
    from escalation.render.markdown import page as markdown
    from escalation.render.sweep import blocks

    made = blocks(answer)
    emit(markdown(made) if form == "markdown" else page(made, page_look(color, load_pack(rules, profile))))


def _run(
    origin: Origin,
    rules: str | None,
    profile: str,
    output: str | None,
    pairs: Sequence[str],
    threads: int,
    share: float,
    cluster: str | None,
) -> Summary | SampleSummary:
    """Make the rows, write them if they are wanted, and sum them up."""
    from escalation.bulk.origin import made, rows, watched
    from escalation.bulk.summary import SampleCount, summary
    from escalation.bulk.sweep import Sweep
    from escalation.bulk.verify import Verified, settled

    pack = load_pack(rules, profile)
    whole = made(origin, pack)
    checked: list[Verified] = []
    answer: Summary | SampleSummary
    with ExitStack() as stack:
        each = rows(whole)
        if cluster:
            client = stack.enter_context(connected(cluster))
            from escalation.bulk.cluster import blocks_on

            each = blocks_on(client, origin, pack, whole)
        if share:
            each = watched(each, whole, share, checked)
        if isinstance(whole, Sweep):
            answer = summary(whole, [pair_of(whole.axes, pair) for pair in pairs], threads)
            _through(each if output or share else (), output, origin, whole)
        else:
            count = SampleCount(whole)
            _through(count.over(each), output, origin, whole)
            answer = count.summary()
    if share:
        say(settled(checked))
    return answer


def _through(blocks: Iterable[Block], output: str | None, origin: Origin, whole: Made) -> None:
    """Go through all blocks, and write them if that is wanted."""
    if output:
        _write(output, origin, whole, blocks)
    else:
        deque(blocks, maxlen=0)


def _write(output: str, origin: Origin, whole: Made, blocks: Iterable[Block]) -> None:
    from escalation.bulk.origin import fields, said
    from escalation.bulk.write import write

    try:
        number = write(output, said(origin, whole.pack, whole), fields(whole), blocks)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}; nothing was written") from None
    say(f"wrote {number:,} rows to {output}")


def pair_of(axes: Sequence[Axis], text: str) -> tuple[int, int]:
    """Two axes by number, from their paths as they were written under --vary or in full."""
    names = [part.strip() for part in text.split(",")]
    found = [
        i for name in names for i, axis in enumerate(axes) if name == axis.path or name == axis.path.split(".")[-1]
    ]
    if len(names) != 2 or len(found) != 2 or found[0] == found[1]:
        known = ", ".join(axis.path for axis in axes)
        raise click.BadParameter(f"'{text}' does not name two varied facts; varied are {known}", param_hint="--pair")
    return found[0], found[1]
