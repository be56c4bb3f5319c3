"""`assess rules fmt [PATH]...`: one form for the YAML of packs and scenarios."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from escalation.cli.common import emit, report, say
from escalation.diagnostics import Problems
from escalation.pack import data_folder
from escalation.source import read_bytes
from escalation.workbench.fmt import formatted

__all__ = ["command"]

EPILOG = """
\b
Examples:
  assess rules fmt                   every YAML file of the installed pack
  assess rules fmt my-pack cases/    every YAML file in these folders
  assess rules fmt --check           change nothing; exit code 1 if something would change
"""


@click.command("fmt", epilog=EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True))
@click.option("--check", is_flag=True, help="Write nothing; list what would change, with exit code 1.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Bring YAML files into form; PATH is a file or a folder, searched to the bottom (default: the installed pack).

    Comments are kept, and so is what the files say. A file that cannot be kept so is left alone and reported, with
    exit code 2.
    """
    problems = Problems()
    changed = []
    for path in _files(paths or (data_folder("rules"),)):
        data = read_bytes(path, problems)
        found = None if data is None else formatted(data, path, problems)
        if data is None or found is None or found.encode() == data:
            continue
        changed.append(path)
        if diff:
            emit(_diff(path, data.decode(), found))
        elif not check:
            Path(path).write_bytes(found.encode())
    if check and changed:
        emit("\n".join(changed))
    said = "would be formatted" if check or diff else "formatted"
    say(f"{len(changed)} file{'s' * (len(changed) != 1)} {said}")
    if problems.found:
        report(problems.found)
        sys.exit(2)
    if changed and (check or diff):
        sys.exit(1)


def _files(paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        folder = Path(path)
        yield from sorted(str(p) for p in folder.rglob("*.y*ml") if p.is_file()) if folder.is_dir() else [path]


def _diff(path: str, before: str, after: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(), after.splitlines(), path, path, lineterm="")
    return "\n".join(lines)
