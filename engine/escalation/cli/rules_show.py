"""`assess rules show RULE [PACK]`: a rule with its parameters, tests, the cases in which it fires, and its history."""

from __future__ import annotations

import json

import click

from escalation.cli.common import RULES, color_option, emit, page_look, word_of
from escalation.pack import load_pack

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess rules show RCH-10                   a rule of the installed pack, and all that hangs on it
  assess rules show RCH-10 my-pack           the same of the pack in a folder
  assess rules show --kernel                 the code that rates rows in bulk, as printed from the rules
  assess rules show --kernel my-pack > kernel.py
"""


@click.command("show", epilog=EPILOG)
@click.argument("rule", required=False, metavar="RULE", type=RULES)
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--scenarios", multiple=True, type=click.Path(exists=True), metavar="PATH", help="Cases to look at.")
@click.option("--kernel", is_flag=True, help="Print the whole pack as the generated source of its bulk kernel instead.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@color_option
def command(
    rule: str | None, pack: str | None, scenarios: tuple[str, ...], kernel: bool, form: str, color: str
) -> None:
    """Show a rule of the pack in folder PACK (default: the installed one) with all that hangs on it.

    Its history is that of its lines in git, where the pack is in a repository. With --kernel there is no RULE: what is
    shown is the code that sweeps and batches run. Nothing has to be installed to read it.
    """
    if kernel:
        if pack or scenarios or form != "text":
            raise click.UsageError("--kernel prints the source of a whole pack: it takes PACK and nothing else")
        _print_kernel(rule)
        return
    if rule is None:
        raise click.UsageError("which rule? `assess rules list` names them; --kernel shows the code of all")
    from escalation.render.layout import page  # not for a kernel
    from escalation.workbench.listing import about, data, shown
    from escalation.workbench.subject import load_subject

    subject = load_subject(pack, scenarios=scenarios)
    name = word_of(rule, [r.id for r in subject.pack.rules], "rule")
    chosen = subject.pack.rule(name)
    assert chosen is not None
    found = about(subject, chosen)
    if form == "json":
        emit(json.dumps(data(chosen, found, subject.pack), indent=2, ensure_ascii=False))
    else:
        emit(page(shown(subject, chosen, found), page_look(color, subject.pack)))


def _print_kernel(folder: str | None) -> None:
    from escalation.bulk.layout import Layout
    from escalation.bulk.printer import printed

    emit(printed(Layout(load_pack(folder))).rstrip("\n"))
