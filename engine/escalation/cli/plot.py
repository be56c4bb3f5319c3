"""`assess plot KIND ...`: pictures as SVG, PDF or PNG. A command for every entry of `plots/kinds.py`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from escalation.cli import PlainHelp, common
from escalation.cli.asking import assessed
from escalation.cli.common import emit, extra, reported
from escalation.cli.files import write_file
from escalation.diagnostics import InputError, Problems
from escalation.pack import data_folder, load_pack
from escalation.plots.kinds import FORMATS, KINDS, Kind

if TYPE_CHECKING:
    from escalation.analysis.backtest import Backtest
    from escalation.assess import Assessment
    from escalation.bulk.by_pair import Swept
    from escalation.plots.figure import Figure

__all__ = ["command"]


class _Kinds(PlainHelp, click.Group):
    """A group that lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the kinds."""
        return list(self.commands)


@click.group("plot", cls=_Kinds)
def command() -> None:
    """Draw what an analysis finds, for documents and slides, as SVG, PDF or PNG.

    Every picture is labelled in words and figures, so that none depends on colour, and says under it what it is, what
    it is not and what it was made from. Needs the extra `plots`: pip install 'escalation-assess[plots]'.
    """


def _output(ctx: click.Context, param: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The files to write; their endings say in which form."""
    for name in names:
        if name != "-" and os.path.splitext(name)[1][1:].lower() not in FORMATS:
            raise click.BadParameter(f"'{name}' does not end in {', '.join(f'.{form}' for form in FORMATS)}")
    return names


_FILE = click.Argument(["file"], type=click.Path())
_TAKES: dict[str, list[click.Parameter]] = {
    "scenario": [_FILE],
    "results": [
        click.Argument(["file"], metavar="OUT", type=click.Path()),
        click.Option(
            ["--pair"], metavar="PATH,PATH", default="", help="The two facts: across, up.  [default: the first two]"
        ),
    ],
    "backtest": [
        click.Argument(["folders"], nargs=-1, metavar="[DIR]...", type=click.Path()),
        click.Option(
            ["asked", "--question"], multiple=True, metavar="ID", help="Draw this question only; may be repeated."
        ),
    ],
}
_VARY = click.Option(["asked", "--vary"], multiple=True, metavar="PATH=VALUES", help="Vary this fact over these.")
_OUTPUT = click.Option(
    ["outputs", "-o", "--output"],
    multiple=True,
    metavar="FILE",
    callback=_output,
    help="Write FILE.svg, FILE.pdf or FILE.png; may be repeated.  [default: SVG to stdout]",
)
_RULES = click.Option(["--rules"], metavar="DIR", type=click.Path(), help="Use the rule pack in DIR.")
_RATED: list[click.Parameter] = [
    click.Option(["--profile"], default="", metavar="NAME", type=common.PROFILES, help="Rate under an image."),
    click.Option(
        ["--engine"], type=common.ENGINES, default="both", show_default=True, help="Engines to run; both must agree."
    ),
]


def _command(kind: Kind) -> click.Command:
    def callback(outputs: tuple[str, ...], **given: Any) -> None:
        if kind.axes and len(given["asked"]) != kind.axes:
            raise click.UsageError(f"--vary is wanted {kind.axes} times, not {len(given['asked'])}: once for each side")
        with extra("plots"):
            from escalation.plots.figure import picture
        module, _, name = kind.draw.partition(":")
        with reported("text"):
            subject, asked = _SUBJECTS[kind.of](given)
            figure: Figure = getattr(import_module(f"escalation.plots.{module}"), name)(subject, asked)
        for output in outputs or ("-",):
            form = os.path.splitext(output)[1][1:].lower() or "svg"
            if output == "-":
                emit(picture(figure, "svg").decode())
            else:
                write_file(output, picture(figure, form))

    params = [*_TAKES[kind.of], *([_VARY] if kind.axes else []), _OUTPUT, _RULES]
    params += _RATED if kind.of != "results" else []
    return click.Command(
        kind.name, callback=callback, params=params, help=kind.help, epilog=f"\b\nExample:\n  {kind.example}"
    )


Given: TypeAlias = dict[str, Any]


def _scenario(given: Given) -> tuple[Assessment, Sequence[str]]:
    """The assessment of a file, and the axes."""
    return assessed(given["file"], load_pack(given["rules"], given["profile"]), given["engine"]), given.get("asked", ())


def _results(given: Given) -> tuple[Swept, Sequence[str]]:
    """The results of a sweep, and the paths of the two facts."""
    with extra("bulk"):
        from escalation.bulk.by_pair import swept
        from escalation.bulk.stored import opened_results
        from escalation.bulk.trace_row import pack_of
        from escalation.cli.sweep import pair_of
    stored = opened_results(given["file"])
    found = swept(stored, pack_of(stored, given["rules"]))
    pair = pair_of(found.axes, given["pair"]) if given["pair"] else (0, 1)
    return found, [found.axes[i].path for i in pair]


def _backtest(given: Given) -> tuple[Backtest, Sequence[str]]:
    """The backtest of the cases in some folders, and the questions. Raises InputError for a case that is not valid."""
    from escalation.analysis.backtest_plan import load_plan
    from escalation.analysis.casebook import load_casebook

    with extra("stats"):
        from escalation.analysis.backtest import backtest
    pack, asked = load_pack(given["rules"], given["profile"]), given["asked"]
    plan = load_plan(pack)
    for one in asked:
        common.word_of(one, [question.id for question in plan.questions], "question")
    problems = Problems()
    names = given["folders"] or (os.path.join(data_folder("scenarios"), "casebook"),)
    files = [path for path, _ in common.scenario_files(names, problems)]
    casebook = load_casebook(files, pack, problems, engine=given["engine"], with_banner=False)
    if problems.found:
        raise InputError(problems.found)
    found = backtest(pack, casebook, plan)
    if not [answer for answer in found.answers if not asked or answer.question.id in asked]:
        raise click.ClickException("nothing to draw: none of these scenarios has what is asked")
    return found, asked


_SUBJECTS: dict[str, Callable[[Given], tuple[Any, Sequence[str]]]] = {
    "scenario": _scenario,
    "results": _results,
    "backtest": _backtest,
}
for _kind in KINDS:
    command.add_command(_command(_kind))
