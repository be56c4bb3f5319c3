"""What commands share: options, words that the shell completes from the pack, reading scenarios, and writing results.

Results go to standard output through `emit`, everything else to standard error through `say`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from escalation.assess import Assessment, in_scope
from escalation.basis import too_little
from escalation.diagnostics import InputError, Mark, Problem, Problems, suggest
from escalation.opinions import has_review
from escalation.pack import Pack, load_pack
from escalation.render.safe import safe_json
from escalation.scenario import Scenario, is_scenario, read_scenario
from escalation.source import LIMITS, read_bytes

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from distributed import Client

    from escalation.render.layout import Look

__all__ = [
    "DAY",
    "ENGINES",
    "FORMATS",
    "PATH",
    "Read",
    "Words",
    "as_of_option",
    "cluster_option",
    "color_option",
    "connected",
    "emit",
    "engine_option",
    "extra",
    "json_text",
    "page_look",
    "profile_option",
    "read_scenarios",
    "report",
    "review_problems",
    "rules_option",
    "say",
    "scenario_files",
    "verify_option",
    "word_of",
]

FORMATS = click.Choice(["text", "json", "markdown"])
ENGINES = click.Choice(["both", "ledger"])


class Words(click.ParamType):  # type: ignore[type-arg]
    """A word of the pack, completed by the shell. `known` lists them, with a help text each."""

    def __init__(self, name: str, known: Callable[[Pack], Iterable[tuple[str, str]]]) -> None:
        self.name, self.known = name, known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words that start so, from the pack that the line names or the installed one."""
        from click.shell_completion import CompletionItem  # the shell's part of click, which no other run needs

        try:
            pack = load_pack(ctx.params.get("rules"))
        except InputError:
            return []
        return [
            CompletionItem(word, help=text)
            for word, text in self.known(pack)
            if word.lower().startswith(incomplete.lower())
        ]


LEVELS = Words("level", lambda pack: [(level.name, level.meaning) for level in pack.levels])
RULES = Words("rule", lambda pack: [(rule.id, rule.title) for rule in pack.rules])
PROFILES = Words("name", lambda pack: [(p.name, p.title) for p in pack.profiles.values()])
_IMAGES = Words("name", lambda pack: [*((p.name, p.title) for p in pack.profiles.values()), ("all", "side by side")])


class _Path(click.ParamType):  # type: ignore[type-arg]
    """A path, taken as it is. click's own type looks for a translation of its name, which slows every start."""

    name = "path"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files and folders, by the shell."""
        from click.shell_completion import CompletionItem  # the shell's part of click, which no other run needs

        return [CompletionItem(incomplete, type="file")]


PATH = _Path()


class _Day(click.ParamType):  # type: ignore[type-arg]
    """A day written as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a day: write 2022-12-14", param, ctx)


DAY = _Day()
rules_option = click.option(
    "--rules", metavar="DIR", type=PATH, help="Use the rule pack in DIR instead of the installed one."
)
profile_option = click.option(
    "--profile",
    default="",
    metavar="NAME",
    type=_IMAGES,
    help="Rate under an image of the perceiver, or all.",
)
engine_option = click.option(
    "--engine", type=ENGINES, default="both", show_default=True, help="Engines to run; both must agree."
)
as_of_option = click.option(
    "--as-of", metavar="DATE", type=DAY, help="Rate as of another day: facts known later than it do not count."
)
verify_option = click.option(
    "--verify",
    metavar="FRACTION",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Rate this share of the rows once more by the ledger; exit with 70 if any differs.",
)
cluster_option = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Spread the work with Dask: tcp://HOST:PORT of a scheduler, or local:N for N processes here.",
)
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour; auto means on a terminal, unless NO_COLOR is set.",
)


class Read(NamedTuple):
    """What the arguments came to: scenarios in order, the bytes of each, and those left out as out of scope."""

    scenarios: list[Scenario]
    texts: list[bytes]
    out_of_scope: list[Problem]


def emit(text: str) -> None:
    """Write a result to standard output. Whoever reads it may have gone: then there is nothing more to say."""
    try:
        click.echo(text, color=True)  # the page has its colour or has none; nothing is taken out here
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Around the import of what an extra brings: says in one line what to install where it is missing."""
    try:
        yield
    except ImportError as error:
        if error.name is None or error.name.startswith("escalation"):
            raise
        raise click.ClickException(
            f"this needs {error.name}, which is not installed: pip install 'escalation-assess[{name}]'"
        ) from None


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A client of a cluster for a command; what is wrong with the address or the cluster is said in one line."""
    with extra("cluster"):
        from escalation.bulk.cluster import ClusterError, client_of
    with ExitStack() as stack:
        try:
            client = stack.enter_context(client_of(address))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--cluster") from None
        except OSError:
            raise click.ClickException(f"no scheduler answers at {address}") from None
        try:
            yield client
        except ClusterError as error:
            raise click.ClickException(str(error)) from None


def json_text(data: Any) -> str:
    """Data as JSON for people and programs, with nothing in it that acts on a terminal."""
    import json

    return safe_json(json.dumps(data, indent=2, ensure_ascii=False))


def say(text: str) -> None:
    """Write a message to standard error."""
    click.echo(text, err=True)


def page_look(color: str, pack: Pack | None = None) -> Look:
    """The look of a page on standard output."""
    from escalation.render.layout import look  # not for JSON

    return look(color, [level.name for level in pack.levels] if pack else ())


def report(problems: Iterable[Problem], form: str = "text") -> None:
    """Write problems to standard error, as text or as JSON."""
    from escalation.render.problems import data, text

    found = sorted(problems, key=lambda p: (p.mark.file, p.mark.line, p.mark.column))
    say(json_text({"problems": data(found)}) if form == "json" else text(found))


@contextmanager
def reported(form: str) -> Iterator[None]:
    """Report the problems of bad input in the wanted format, and end with exit code 2."""
    try:
        yield
    except InputError as error:
        report(error.problems, form)
        sys.exit(2)


def review_problems(found: Assessment) -> Sequence[Problem]:
    """What is wrong with the file of an assessment's review, if it has one; the rating does not depend on it."""
    if not has_review(found.scenario, found.pack):
        return ()
    from escalation.analysis.review_file import load  # few scenarios have one

    try:
        load(found)
    except InputError as error:
        return error.problems
    return ()


def word_of(value: str, known: Iterable[str], what: str) -> str:
    """A word of the pack given on the command line. Raises click.BadParameter with the nearest known one."""
    names = list(known)
    found = next((name for name in names if name.lower() == value.lower()), None)
    if found is None:
        help = suggest(value, names) or f"one of: {', '.join(names)}"
        raise click.BadParameter(f"'{value}' is not a {what} of the pack; {help}")
    return found


def scenario_files(names: Iterable[str], problems: Problems) -> list[tuple[str, bool]]:
    """The scenario files that arguments stand for, in order, each with whether it was found in a folder.

    A folder gives its *.yaml and *.yml files by name, but for reviews (*.review.yaml), not those of folders in it.
    """
    paths: list[tuple[str, bool]] = []
    for name in names:
        if name != "-" and os.path.isdir(name):
            inside = sorted(e.path for e in os.scandir(name) if is_scenario(e.name) and e.is_file())
            paths += [(path, True) for path in inside]
            if not inside:
                problems.add("FILE-4", "no scenario in this folder", Mark(name, 1, 1), "scenarios end in .yaml")
        else:
            paths.append((name, False))
    return paths


def _bytes(path: str, problems: Problems) -> bytes | None:
    """The bytes of a file or of standard input; a name that is no file may be a misspelt one, or a misspelt command."""
    if path == "-":
        return sys.stdin.buffer.read(LIMITS.bytes + 1)
    if os.path.exists(path) or "\0" in path:
        return read_bytes(path, problems)
    from escalation.cli import COMMANDS

    folder, name = os.path.split(path)
    near = suggest(name, (entry.name for entry in os.scandir(folder or "."))) if os.path.isdir(folder or ".") else ""
    if not folder and "." not in name:
        near = suggest(name, COMMANDS).replace("did you mean", "did you mean the command") or near
    problems.add("FILE-1", "there is no such file", Mark(path, 1, 1), near or "check the path")
    return None


def read_scenarios(names: Iterable[str], pack: Pack, problems: Problems, as_of: date | None = None) -> Read:
    """Read the scenarios that arguments stand for; files that are no good are reported in `problems` and left out.

    A perceiver whom the pack does not cover is a problem of a file that was named, and only counted in a folder.
    """
    scenarios: list[Scenario] = []
    texts: list[bytes] = []
    outside: list[Problem] = []
    first: dict[tuple[str, str], Mark] = {}
    for path, in_folder in scenario_files(names, problems):
        data = _bytes(path, problems)
        scenario = None if data is None else read_scenario(data, path, pack.vocabulary, problems, as_of=as_of)
        if scenario is None or data is None:
            continue
        if problem := in_scope(scenario, pack):
            (outside if in_folder else problems.found).append(problem)
            continue
        if refused := too_little(scenario, pack):
            problems.found += [problem._replace(excerpt=problems.line(problem.mark)) for problem in refused]
            continue
        place = first.setdefault((os.path.dirname(path), scenario.id), Mark(path, 1, 1))
        if place.file != path:
            related = (("first given here", place),)
            message = f"the id {scenario.id} is given twice in this folder"
            problems.add("ID-2", message, Mark(path, 1, 1), "rename one", related)
            continue
        scenarios.append(scenario)
        texts.append(data)
    return Read(scenarios, texts, outside)
