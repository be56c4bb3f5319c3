"""`assess new rule ID`: a rule, its tests and its page, written together."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from escalation.cli.common import say

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess new rule RCH-60 --factor reach --like RCH-50
  assess new rule INV-40 --factor involvement --rules my-pack --when "{transfer: {targeting_support: confirmed}}"
"""


@click.command("rule", epilog=EPILOG)
@click.argument("id", metavar="ID")
@click.option("--factor", required=True, metavar="NAME", help="The factor whose sum its points go into.")
@click.option("--when", metavar="YAML", default="", help="Its condition, in YAML's short form.")
@click.option("--like", metavar="RULE", default="", help="Begin with the condition of this rule.")
@click.option("--title", default="to be written", show_default=True, help="The reason in at most six words.")
@click.option("--rules", metavar="DIR", type=click.Path(), help="The pack (default: the installed one).")
@click.option("--docs", metavar="DIR", type=click.Path(file_okay=False), help="Reference (default: beside the pack).")
def command(id: str, factor: str, when: str, like: str, title: str, rules: str | None, docs: str | None) -> None:
    """Write a rule with id ID, its tests and its page into a pack.

    The rule gives no points yet and names no basis; `assess rules lint` lists what is left to say.
    """
    from escalation.cli.rules_docs import beside
    from escalation.diagnostics import InputError
    from escalation.pack import load_pack
    from escalation.workbench.new_rule import write_rule

    if bool(when) == bool(like):
        raise click.UsageError("give one of --when and --like")
    try:
        reference = Path(docs) if docs else beside(load_pack(rules))
    except InputError:
        reference = None
    written = write_rule(rules, id, factor, title, when, like, reference, datetime.now().astimezone().date())
    for file, what in written.files:
        say(f"{file}: {what}")
    say("next: assess rules lint" + (f" {rules}" if rules else ""))
