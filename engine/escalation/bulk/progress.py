"""How far a long run has come: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

__all__ = ["Progress", "duration"]

_WIDTH = 24
_OFTEN, _SELDOM = 0.2, 10.0  # seconds between two bars, and between two lines of a log


class Progress:
    """Shows on standard error how many of `total` things are done; `before` of them were when it began."""

    def __init__(self, total: int, before: int = 0, what: str = "rows", stream: TextIO | None = None) -> None:
        self.total, self.before, self.done, self.what = total, before, before, what
        self.stream = stream or sys.stderr
        self.bar = self.stream.isatty()
        self.began = self.shown = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.began

    def add(self, done: int) -> None:
        """Say that some more are done."""
        self.done += done
        now = time.monotonic()
        if now - self.shown >= (_OFTEN if self.bar else _SELDOM):
            self.shown = now
            self.stream.write(f"\r\x1b[K{self._filled()} {self.text()}" if self.bar else f"{self.text()}\n")
            self.stream.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self.bar:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def text(self) -> str:
        """How far, how fast, how long to go."""
        rate = (self.done - self.before) / max(self.seconds, 1e-9)
        share = self.done / self.total if self.total else 1.0
        left = f", {duration((self.total - self.done) / rate)} left" if rate else ""
        return f"{self.done:,} of {self.total:,} {self.what} ({share:.0%}), {rate:,.0f}/s{left}"

    def _filled(self) -> str:
        full = round(_WIDTH * self.done / self.total) if self.total else _WIDTH
        return f"[{'#' * full}{'.' * (_WIDTH - full)}]"


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(3725)
    '1:02:05'
    """
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
