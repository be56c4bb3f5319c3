"""`assess completion SHELL`: a script with which a shell completes commands, options, files and words of the pack."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from escalation.cli.common import emit

__all__ = ["command"]

EPILOG = """
\b
Once, for all later shells:
  bash   assess completion bash >> ~/.bashrc
  zsh    assess completion zsh >> ~/.zshrc        (after compinit)
  fish   assess completion fish > ~/.config/fish/completions/assess.fish
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a completion script for SHELL: commands, options, files, levels, rules and images of the perceiver."""
    from escalation.cli import app

    found = get_completion_class(shell)
    assert found is not None
    script = found(app, {}, "assess", "_ASSESS_COMPLETE")
    emit(script.source_template % script.source_vars())  # source() would start a bash to ask for its version
