"""SHA-256 without what `hashlib` loads besides: starting OpenSSL takes longer than hashing a pack.

The module of the interpreter that holds it has had two names; where neither is there, `hashlib` serves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["sha256"]


def _found() -> Callable[..., Any]:
    for name in ("_sha2" if sys.version_info >= (3, 12) else "_sha256", "hashlib"):
        try:
            return import_module(name).sha256  # type: ignore[no-any-return]
        except (ImportError, AttributeError):
            continue
    raise ImportError("this Python has no SHA-256")


sha256 = _found()
