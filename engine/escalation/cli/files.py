"""Results that a command writes to a file: whole or not at all, so that nobody reads half of one."""

from __future__ import annotations

import os

import click

__all__ = ["write_file"]


def write_file(path: str, data: bytes) -> None:
    """Put `data` where `path` says, over what was there. Raises click.ClickException where that cannot be."""
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from None
    finally:
        if os.path.exists(part):
            os.unlink(part)
