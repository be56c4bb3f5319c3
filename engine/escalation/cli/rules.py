"""`assess rules ...`: what authors of rules need. A group of its own, a file for each command."""

from __future__ import annotations

import click

from escalation.cli import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "list": "rules_list",
    "show": "rules_show",
    "lint": "rules_lint",
    "test": "rules_test",
    "cover": "rules_cover",
    "fmt": "rules_fmt",
    "docs": "rules_docs",
    "prove": "rules_prove",
    "plan": "rules_plan",
}


@click.group("rules", cls=LazyGroup, modules=COMMANDS)
def command() -> None:
    """Test, check and read the rules of a pack."""
