"""`assess rules docs [PACK]`: the reference of a pack, a page for every rule and field."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from escalation.cli.common import emit, say
from escalation.diagnostics import InputError, Mark, Problem
from escalation.pack import Pack, load_pack
from escalation.workbench.docs import MARK, pages

__all__ = ["command", "write_pages"]

EPILOG = """
\b
Examples:
  assess rules docs                        write docs/reference/ beside the pack's folder
  assess rules docs my-pack --output ref/  write it elsewhere
  assess rules docs --check                change nothing; exit code 1 if a page is not fresh
"""


@click.command("docs", epilog=EPILOG)
@click.argument("pack", required=False, metavar="[PACK]", type=click.Path())
@click.option("--output", "-o", metavar="DIR", type=click.Path(file_okay=False), help="Where the pages go.")
@click.option("--check", is_flag=True, help="Write nothing; list pages that are missing, stale or left over.")
def command(pack: str | None, output: str | None, check: bool) -> None:
    """Write a page for every rule and field of the pack in folder PACK (default: the installed one).

    Pages of rules and fields that are gone are removed; files that this command did not make are left alone.
    """
    found = load_pack(pack)
    folder = Path(output) if output else beside(found)
    wanted = pages(found)
    left_over = [path for path in _made(folder) if path not in wanted]
    stale = [path for path, text in wanted.items() if _text(folder / path) != text]
    if check:
        lines = [
            *(f"{folder / path}: not fresh" for path in stale),
            *(f"{folder / path}: left over" for path in left_over),
        ]
        if lines:
            emit("\n".join(lines))
        say(f"{len(wanted)} pages, {len(stale)} not fresh, {len(left_over)} left over")
        sys.exit(1 if lines else 0)
    for path in left_over:
        (folder / path).unlink()
    write_pages(folder, {path: wanted[path] for path in stale})
    say(f"{len(wanted)} pages in {os.path.relpath(folder)}, {len(stale)} written, {len(left_over)} removed")


def beside(pack: Pack) -> Path:
    """The folder of the reference that goes with a pack's folder. Raises InputError where there is no docs folder."""
    docs = Path(pack.folder).absolute().parent / "docs"
    if not docs.is_dir():
        mark = Mark(str(docs), 1, 1)
        raise InputError([Problem("FILE-1", "there is no folder docs beside the pack", mark, help="say --output DIR")])
    return docs / "reference"


def write_pages(folder: Path, texts: dict[str, str]) -> None:
    """Write pages under a folder."""
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _made(folder: Path) -> list[str]:
    """The pages under a folder that this command has made."""
    found = sorted(folder.rglob("*.md")) if folder.is_dir() else []
    return [path.relative_to(folder).as_posix() for path in found if (_text(path) or "").startswith(MARK)]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
