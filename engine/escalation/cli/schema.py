"""`assess schema KIND`: JSON Schema for editors, made from the vocabulary."""

from __future__ import annotations

import click

from escalation.cli import common
from escalation.cli.common import emit
from escalation.pack import load_pack

__all__ = ["command"]

EPILOG = """
\b
Example, for editors that know JSON Schema:
  assess schema scenario > scenario.schema.json
  and as the first line of a scenario beside it:
  # yaml-language-server: $schema=scenario.schema.json
"""


@click.command("schema", epilog=EPILOG)
@click.argument("kind", type=click.Choice(["scenario", "rules", "pack"]))
@common.rules_option
def command(kind: str, rules: str | None) -> None:
    """Print the JSON Schema of a scenario, of a file of rules, or of pack.yaml, under the pack's vocabulary."""
    from escalation.schema import pack_schema, rules_schema, scenario_schema

    pack = load_pack(rules)
    if kind == "scenario":
        found = scenario_schema(pack.vocabulary)
    elif kind == "rules":
        names = ([one.name for one in group] for group in (pack.factors, pack.scales, pack.levels))
        found = rules_schema(pack.vocabulary, *names)
    else:
        found = pack_schema(pack.vocabulary)
    emit(common.json_text(found))
