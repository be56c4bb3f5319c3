"""The command line: `assess FILE...` rates; `assess COMMAND` does the rest. One file for each command.

Commands are imported only when they are called, since starting up is where people wait. `main` is the one place that
turns exceptions into messages and exit codes: 0 done, 1 a gate was crossed or a check failed, 2 bad usage or input,
70 internal error, 130 interrupted.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from escalation.diagnostics import InputError, InternalError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["LazyGroup", "PlainHelp", "app", "main"]

COMMANDS = {
    "rate": "rate",
    "report": "report",
    "plot": "plot",
    "serve": "serve",
    "why": "why",
    "why-not": "why_not",
    "what-if": "what_if",
    "compare": "compare",
    "terms": "terms",
    "path": "path",
    "flip": "flip",
    "even-if": "even_if",
    "shares": "shares",
    "unknowns": "unknowns",
    "sweep": "sweep",
    "batch": "batch",
    "trace": "trace",
    "query": "query",
    "review": "review",
    "explain": "explain",
    "new": "new",
    "schema": "schema",
    "completion": "completion",
    "precedents": "precedents",
    "base-rates": "base_rates",
    "ach": "ach",
    "import": "import_",
    "backtest": "backtest",
    "agreement": "agreement",
    "rules": "rules",
}
DEFAULT = "rate"
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class PlainHelp(click.Command):
    """A command whose help option asks for no translation of its one sentence: looking for one slows every start."""

    _plain: click.Option | None = None

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option that prints the help, made once."""
        if self._plain is None:
            self._plain = click.Option(
                [*self.get_help_option_names(ctx), "plain_help"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_help,
                help="Show this message and exit.",
            )
        return self._plain


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


class LazyGroup(PlainHelp, click.Group):
    """A group whose commands are modules, imported when called; words that name none of them are for `default`."""

    def __init__(self, *args: object, modules: dict[str, str], default: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.modules, self.default = modules, default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of the help text."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self.modules:
            return None
        command = import_module(f"escalation.cli.{self.modules[cmd_name]}").command
        return command if isinstance(command, click.Command) else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of arguments that name none."""
        own = {name for param in self.get_params(ctx) for name in param.opts}
        if self.default and args and args[0] not in self.modules and args[0] not in own:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, each with the first line of its module, so that none is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(module)) for name, module in self.modules.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands, and what the default command takes."""
        from click.shell_completion import CompletionItem  # the shell's part of click, which no other run needs

        names = [name for name in self.modules if name.startswith(incomplete)]
        found = [CompletionItem(name, help=_summary(self.modules[name])) for name in names]
        found += click.Command.shell_complete(self, ctx, incomplete)
        if self.default and (command := self.get_command(ctx, self.default)):
            found += command.shell_complete(ctx, incomplete)
            if not incomplete.startswith("-"):
                found.append(CompletionItem(incomplete, type="file"))
        return found


def _summary(module: str) -> str:
    """What the first line of a command's module says of it, as in "`assess new scenario`: a file to start from."."""
    with open(os.path.join(os.path.dirname(__file__), f"{module}.py"), encoding="utf-8") as file:
        said = file.readline().partition("`: ")[2].rstrip('"\n')
    return said[:1].upper() + said[1:]


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print the versions of everything that a result depends on."""
    if not value or ctx.resilient_parsing:
        return
    from platform import python_version

    from escalation import __version__, rete
    from escalation.pack import load_pack

    pack = load_pack()
    library = "not importable" if rete.missing() else rete.version()
    click.echo(f"escalation-assess {__version__}")
    click.echo(f"pack {pack.name} {pack.version} {pack.digest[:8]}")
    click.echo(f"durable-rules {library}")
    click.echo(f"Python {python_version()}")
    ctx.exit()


EPILOG = """
\b
Start here:
  assess scenarios/us-patriot-2022.yaml     rate a scenario (rate is the default command)
  assess new scenario > mine.yaml           a commented file to start from
  assess why scenarios/us-patriot-2022.yaml why it has its level and not the next
  assess explain ROL-10                     what a rule, level, field, parameter or code means
  assess COMMAND --help                     options and examples of a command
"""


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    default=DEFAULT,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
    invoke_without_command=True,
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show versions.")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Rate how escalatory a proposed arms transfer would be read, with a trace of every condition.

    `assess FILE...` rates scenarios; the commands below ask further questions. It is structured consideration, not
    prediction, and never advice to send or not to send.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line and exit with its code."""
    # Packs and scenarios are many small records without cycles; looking for some among them every few hundred took a
    # tenth of a run. Long runs still collect.
    gc.set_threshold(200_000)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character shows its number
    try:
        code = app.main(prog_name="assess", standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        from escalation.render.problems import text

        click.echo(text(error.problems), err=True)
        code = 2
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (KeyboardInterrupt, click.Abort):
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone: nothing more to say
        code = 0
    except InternalError as error:
        code = _internal(str(error))
    except OSError as error:
        code = _full(error) if error.errno in _FULL else _unforeseen(error)
    except Exception as error:  # whatever happens, the exit code tells a fault of the program from one of the input
        code = _unforeseen(error)
    finally:
        gc.freeze()  # on its way out Python would look through every object for cycles, a sixth of a run, to no use
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(error: Exception) -> int:
    if os.environ.get("ASSESS_DEBUG"):
        raise error
    return _internal(f"{type(error).__name__}: {error}; please report it (ASSESS_DEBUG=1 shows where it arose)")


def _full(error: OSError) -> int:
    """The machine has no room: no fault of the program, and nothing for it to report."""
    from escalation.render.safe import safe

    place = f"{error.filename}: " if error.filename else ""
    click.echo(safe(f"error: {place}{error.strerror or error}; make room, and run it again"), err=True)
    return 2


def _internal(message: str) -> int:
    from escalation.render.safe import safe

    click.echo(safe(f"internal error: {message}"), err=True)
    return 70
