"""`assess rules list [PACK]`: the rules of a pack, searched."""

from __future__ import annotations

import json

import click

from escalation.cli.common import color_option, emit, page_look, word_of
from escalation.pack import load_pack
from escalation.render.layout import page
from escalation.workbench.listing import chosen, effect, listed

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess rules list                          every rule of the installed pack
  assess rules list --match "russian soil"   rules that say so, or read a field of that name
  assess rules list --factor reach --basis seed
"""


@click.command("list", epilog=EPILOG)
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--match", "text", default="", metavar="TEXT", help="Look for TEXT in all that a rule says and reads.")
@click.option("--factor", default="", metavar="NAME", help="Only rules of this factor.")
@click.option("--pathway", default="", metavar="NAME", help="Only rules on this pathway.")
@click.option("--basis", default="", metavar="SOURCE", help="Only rules that rest on this source.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@color_option
def command(pack: str | None, text: str, factor: str, pathway: str, basis: str, form: str, color: str) -> None:
    """List the rules of the pack in folder PACK (default: the installed one) that meet every filter."""
    found = load_pack(pack)
    factor = word_of(factor, [f.name for f in found.factors], "factor") if factor else ""
    pathways = sorted({name for rule in found.rules for name in rule.pathway})
    pathway = word_of(pathway, pathways, "pathway") if pathway else ""
    basis = word_of(basis, found.sources, "source") if basis else ""
    rules = chosen(found, text, factor, pathway, basis)
    if form == "json":
        rows = [
            {
                "id": rule.id,
                "title": rule.title,
                "factor": rule.factor,
                "effect": effect(rule, found),
                "points": rule.then.points,
                "basis": list(rule.basis),
                "pathway": list(rule.pathway),
            }
            for rule in rules
        ]
        emit(json.dumps({"pack": found.name, "version": found.version, "rules": rows}, indent=2, ensure_ascii=False))
    else:
        emit(page(listed(rules, found), page_look(color, found)))
