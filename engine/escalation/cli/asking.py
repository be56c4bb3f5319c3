"""What the commands that ask a question of a rating have in common: their options, and how an answer is shown.

A question is a function of assessments; its answer has `data()` for JSON, and a module of `render/` gives its blocks
for text and Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import click

from escalation.assess import Assessment, assess
from escalation.cli.common import (
    FORMATS,
    PROFILES,
    color_option,
    emit,
    engine_option,
    json_text,
    page_look,
    read_scenarios,
    rules_option,
)
from escalation.diagnostics import InputError, Problems
from escalation.pack import Pack
from escalation.render.layout import Block

__all__ = ["Answer", "assessed", "assessed_all", "options", "show", "shown"]

Command = TypeVar("Command", bound=Callable[..., Any])
_profile_option = click.option(
    "--profile", default="", metavar="NAME", type=PROFILES, help="Rate under an image of the perceiver."
)
_format_option = click.option("--format", "form", type=FORMATS, default="text", show_default=True)


class Answer(Protocol):
    """What every question gives."""

    def data(self) -> dict[str, Any]:
        """The answer as JSON data."""


def shown(command: Command) -> Command:
    """Add the options of how to run and show an answer: --format, --engine, --color."""
    return _format_option(engine_option(color_option(command)))


def options(command: Command) -> Command:
    """Add the options of every question: those of `shown`, and the pack and the image to rate by."""
    return _format_option(rules_option(_profile_option(engine_option(color_option(command)))))


def assessed(path: str, pack: Pack, engine: str) -> Assessment:
    """The assessment of one file. Raises InputError with all that is wrong with it."""
    found = assessed_all([path], pack, engine)
    if len(found) != 1:
        raise click.UsageError(f"{path} holds {len(found)} scenarios; name one file")
    return found[0]


def assessed_all(paths: Iterable[str], pack: Pack, engine: str) -> list[Assessment]:
    """The assessments of several files. Raises InputError with all that is wrong with any of them."""
    problems = Problems()
    found = read_scenarios(paths, pack, problems)
    if problems.found:
        raise InputError(problems.found)
    return [assess(scenario, pack, engine=engine) for scenario in found.scenarios]


def show(answer: Answer, blocks: Callable[[], Iterable[Block]], pack: Pack, form: str, color: str) -> None:
    """Print an answer: its data as JSON, or its blocks as text or Markdown."""
    if form == "json":
        emit(json_text(answer.data()))
    elif form == "markdown":
        from escalation.render.markdown import page as markdown_page

        emit(markdown_page(blocks()))
    else:
        from escalation.render.layout import page

        emit(page(blocks(), page_look(color, pack)))
