"""The command line as a test calls it: the real `main`, in this process, with its streams and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from escalation.cli import main

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    """What a run came to."""

    code: int
    out: str
    err: str


def run(*words: str | Path, stdin: bytes = b"", cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run `assess WORDS...` as from a shell in `cwd` (default: the top of the checkout), with pipes for streams."""
    out, err = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
    before = Path.cwd()
    with ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", ["assess", *map(str, words)]))
        stack.enter_context(patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin), "utf-8")))
        stack.enter_context(patch.dict(os.environ, {"ASSESS_DEBUG": "", **(env or {})}))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        stack.callback(os.chdir, before)
        os.chdir(cwd or ROOT)
        try:
            main()
            code: object = 0
        except SystemExit as exit_:
            code = exit_.code
    return Ran(code if isinstance(code, int) else 0, _text(out), _text(err))


def _text(stream: TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, BytesIO)
    return stream.buffer.getvalue().decode()
