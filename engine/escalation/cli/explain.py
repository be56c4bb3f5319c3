"""`assess explain WORD`: what any word of a report means: a rule, level, field, parameter, panel, source or code."""

from __future__ import annotations

import os

import click
from click.shell_completion import CompletionItem

from escalation.cli import common
from escalation.cli.common import emit, page_look
from escalation.diagnostics import suggest
from escalation.pack import Pack, data_folder, load_pack

__all__ = ["codes", "command"]

EPILOG = """
\b
Examples:
  assess explain KEY-1            a code of a message
  assess explain moderate         a level
  assess explain item.precedent   a field, with its coding guide (also: precedent)
  assess explain RCH-10           a rule: when it fires, what it gives, what it rests on
  assess explain army_rear_km     a parameter (in a shell, $army_rear_km needs quotes)
  assess explain p2_battlefield_effect          a pathway, and the rules that touch it
  assess explain "legitimate target"            a word, as a report prints it
"""


def _words(pack: Pack) -> list[tuple[str, str]]:
    from escalation.render.explain import known

    return [*known(pack).items(), *((code, "") for code in codes())]


class _Word(common.Words):
    """Anything that has an explanation."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return super().shell_complete(ctx, param, incomplete.removeprefix("$"))


@click.command("explain", epilog=EPILOG)
@click.argument("word", metavar="WORD", type=_Word("word", _words))
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@common.rules_option
@common.color_option
def command(word: str, form: str, rules: str | None, color: str) -> None:
    """Explain a word: the code of a message, or anything that a report names.

    WORD is a rule, level, scale, factor, field, parameter, image, source, panel, pathway, rival explanation,
    conclusion, historical case, or a word that a field can have; by its name, or by the title or label that reports
    print. Where several things bear one name, all are explained. A field needs no kind of entity before it.
    """
    texts = codes()
    if word.upper() in texts:
        with open(texts[word.upper()], encoding="utf-8") as file:
            emit(file.read().rstrip("\n"))
        return
    from escalation.render.explain import explained, known

    pack = load_pack(rules)
    blocks = explained(pack, word)
    if not blocks:
        fields = [field for field in pack.vocabulary.fields.values() if field.member_of is None]
        names = [*known(pack), *texts, *(name for field in fields for name in (field.name, field.label))]
        help = suggest(word, names) or suggest(word.upper(), names) or "see assess explain --help"
        raise click.BadParameter(f"nothing here is called {word}; {help}", param_hint="WORD")
    if form == "markdown":
        from escalation.render.markdown import page as markdown_page

        emit(markdown_page(blocks))
        return
    from escalation.render.layout import page

    emit(page(blocks, page_look(color, pack)))


def codes() -> dict[str, str]:
    """The page of each code of a message, by code."""
    folder = data_folder("codes")
    if not os.path.isdir(folder):
        folder = data_folder(os.path.join("docs", "codes"))
    if not os.path.isdir(folder):
        return {}
    return {name[:-3]: os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".md")}
