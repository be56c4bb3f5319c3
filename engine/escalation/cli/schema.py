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
@click.argument("kind", type=click.Choice(["scenario", "rules", "pack", "panels", "review"]))
@common.rules_option
def command(kind: str, rules: str | None) -> None:
    """Print the JSON Schema of a file that people write, under the pack's vocabulary.

    KIND is scenario, rules (a file of rules), pack (pack.yaml), panels (panels.yaml) or review (NAME.review.yaml).
    """
    from escalation.schema import rules_schema, scenario_schema
    from escalation.schema_pack import pack_schema, panels_schema
    from escalation.schema_review import review_schema

    pack = load_pack(rules)
    levels = [level.name for level in pack.levels]
    if kind == "scenario":
        found = scenario_schema(pack.vocabulary, levels)
    elif kind == "rules":
        factors, scales = ([one.name for one in group] for group in (pack.factors, pack.scales))
        found = rules_schema(pack.vocabulary, factors, scales, levels)
    elif kind == "panels":
        found = panels_schema(pack.vocabulary, levels, pack.sources)
    elif kind == "review":
        found = review_schema()
    else:
        found = pack_schema(pack.vocabulary)
    emit(common.json_text(found))
