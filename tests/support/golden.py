"""Golden files: what the program prints, kept beside the tests and compared byte by byte.

After a wanted change, write them anew and read the difference before committing it:

    REFRESH_GOLDEN=1 python -m pytest tests/test_text.py tests/test_broken.py tests/test_question_pages.py
    git diff tests/golden tests/broken

Digests of packs and versions of programs are written as zeros, so that a comment in a rule file changes no golden file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["check"]

_DIGEST = re.compile(r"\b((?:default-rus|durable-rules) )[\d.]+( [0-9a-f]{8})?")
_REFRESH = bool(os.environ.get("REFRESH_GOLDEN"))


def check(path: Path, text: str) -> None:
    """Compare a text with the golden file, or write it where the environment asks for that."""
    shown = _DIGEST.sub(lambda m: m[1] + "0.0.0" + (" 00000000" if m[2] else ""), text)
    shown = shown if shown.endswith("\n") else shown + "\n"
    if _REFRESH:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"{path} is missing: see tests/support/golden.py"
    assert shown == path.read_text(encoding="utf-8"), f"{path.name} differs: see tests/support/golden.py"
