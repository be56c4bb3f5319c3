"""What the person is told when input is wrong: positions, problems, and the one exception that carries them.

A problem is data: a code, a place, a sentence, and help. Everything that reads input collects problems in a
`Problems` and goes on as far as it safely can, so that one run reports all of them; `Problems.stop()` raises once.
How a problem looks on a terminal is the business of `render/`; each code has a page under `docs/codes/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["InputError", "InternalError", "Mark", "Problem", "Problems", "suggest"]


class Mark(NamedTuple):
    """A place in a file: 1-based line and column, and how many characters it spans on that line."""

    file: str
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing wrong with the input.

    `code` is stable and documented; `excerpt` is the source line without its newline ("" if there is none to show);
    `help` says what to do; `related` are other places that matter, each with a short phrase.
    """

    code: str
    message: str
    mark: Mark
    excerpt: str = ""
    help: str = ""
    related: tuple[tuple[str, Mark], ...] = ()


class InputError(Exception):
    """Raised for bad input; carries every problem found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{p.mark}: {p.code} {p.message}" for p in self.problems))


class InternalError(Exception):
    """Raised when the two engines disagree or an invariant of the engine itself is broken: never the user's fault."""


class Problems:
    """Collects problems while input is read, and knows the source lines to quote.

    >>> problems = Problems()
    >>> problems.add("YAML-1", "not YAML", Mark("a.yaml", 1, 1))
    >>> len(problems.found)
    1
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._lines: dict[str, list[str]] = {}

    def read(self, file: str, text: str) -> None:
        """Remember the text of `file`, so that its problems can quote a line."""
        self._lines[file] = text.split("\n")

    def add(
        self, code: str, message: str, mark: Mark, help: str = "", related: tuple[tuple[str, Mark], ...] = ()
    ) -> None:
        lines = self._lines.get(mark.file, [])
        excerpt = lines[mark.line - 1].rstrip("\r") if 0 < mark.line <= len(lines) else ""
        self.found.append(Problem(code, message, mark, excerpt, help, related))

    def stop(self) -> None:
        """Raise InputError with all that was found, in the order of the files and places; else do nothing."""
        if self.found:
            raise InputError(sorted(self.found, key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))


def suggest(word: str, known: Iterable[str]) -> str:
    """A "did you mean" sentence for a misspelt word, or "" when nothing is near.

    >>> suggest("perceivr", ["perceiver", "title"])
    'did you mean perceiver?'
    """
    from difflib import get_close_matches  # slow to import, and needed only when something is wrong

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""
