"""`assess plot KIND ...`: pictures as SVG, PDF or PNG. A command for every entry of `plots/kinds.py`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from escalation.cli import PlainHelp, common
from escalation.cli.asking import assessed
from escalation.cli.common import emit, extra, reported
from escalation.cli.files import write_file
from escalation.diagnostics import InputError, Problems
from escalation.pack import Pack, data_folder, load_pack
from escalation.plots.kinds import FORMATS, KINDS, Kind

if TYPE_CHECKING:
    from escalation.analysis.backtest import Backtest
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


def _options(kind: Kind) -> list[click.Parameter]:
    """What the command of a kind takes."""
    of_kind: list[click.Parameter]
    if kind.of == "scenario":
        of_kind = [click.Argument(["file"], type=click.Path())]
        vary = click.Option(
            ["asked", "--vary"], multiple=True, metavar="PATH=VALUES", help="Vary this fact over these."
        )
        of_kind += [vary] if kind.axes else []
    else:
        of_kind = [
            click.Argument(["folders"], nargs=-1, metavar="[DIR]...", type=click.Path()),
            click.Option(
                ["asked", "--question"], multiple=True, metavar="ID", help="Draw this question only; may be repeated."
            ),
        ]
    output = click.Option(
        ["outputs", "-o", "--output"],
        multiple=True,
        metavar="FILE",
        callback=_output,
        help="Write FILE.svg, FILE.pdf or FILE.png; may be repeated.  [default: SVG to stdout]",
    )
    profile = click.Option(["--profile"], default="", metavar="NAME", type=common.PROFILES, help="Rate under an image.")
    rules = click.Option(["--rules"], metavar="DIR", type=click.Path(), help="Use the rule pack in DIR.")
    engine = click.Option(
        ["--engine"], type=common.ENGINES, default="both", show_default=True, help="Engines to run; both must agree."
    )
    return [*of_kind, output, rules, profile, engine]


def _command(kind: Kind) -> click.Command:
    def callback(outputs: tuple[str, ...], rules: str | None, profile: str, engine: str, **given: Any) -> None:
        asked: tuple[str, ...] = given.get("asked", ())
        if len(asked) != kind.axes and kind.axes:
            raise click.UsageError(f"--vary is wanted {kind.axes} times, not {len(asked)}: once for each side")
        with extra("plots"):
            from escalation.plots.figure import picture
        module, _, name = kind.draw.partition(":")
        with reported("text"):
            pack = load_pack(rules, profile)
            if kind.of == "scenario":
                subject: Any = assessed(given["file"], pack, engine)
            else:
                subject = _backtest(given["folders"], pack, engine, asked)
            figure: Figure = getattr(import_module(f"escalation.plots.{module}"), name)(subject, asked)
        for output in outputs or ("-",):
            form = os.path.splitext(output)[1][1:].lower() or "svg"
            if output == "-":
                emit(picture(figure, "svg").decode())
            else:
                write_file(output, picture(figure, form))

    return click.Command(
        kind.name, callback=callback, params=_options(kind), help=kind.help, epilog=f"\b\nExample:\n  {kind.example}"
    )


def _backtest(folders: Sequence[str], pack: Pack, engine: str, asked: Sequence[str]) -> Backtest:
    """The backtest of the cases in some folders. Raises InputError with all that is wrong with any case."""
    from escalation.analysis.backtest_plan import load_plan
    from escalation.analysis.casebook import load_casebook

    with extra("stats"):
        from escalation.analysis.backtest import backtest
    plan = load_plan(pack)
    for one in asked:
        common.word_of(one, [question.id for question in plan.questions], "question")
    problems = Problems()
    names = folders or (os.path.join(data_folder("scenarios"), "casebook"),)
    files = [path for path, _ in common.scenario_files(names, problems)]
    casebook = load_casebook(files, pack, problems, engine=engine, with_banner=False)
    if problems.found:
        raise InputError(problems.found)
    found = backtest(pack, casebook, plan)
    if not [answer for answer in found.answers if not asked or answer.question.id in asked]:
        raise click.ClickException("nothing to draw: none of these scenarios has what is asked")
    return found


for _kind in KINDS:
    command.add_command(_command(_kind))
