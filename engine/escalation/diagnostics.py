"""What the person is told when input is wrong: positions, problems, and the one exception that carries them.

A problem is data: a code, a place, a sentence, and help. Everything that reads input collects problems in a
`Problems` and goes on as far as it safely can, so that one run reports all of them; `Problems.stop()` raises once.
How a problem looks on a terminal is the business of `render/`; each code has a page under `docs/codes/`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["LINE_END", "InputError", "InternalError", "Mark", "Problem", "Problems", "suggest"]


LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML as the parser counts it."""


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
        self._lines[file] = LINE_END.split(text)

    def add(
        self, code: str, message: str, mark: Mark, help: str = "", related: tuple[tuple[str, Mark], ...] = ()
    ) -> None:
        """Record a problem; the source line at `mark` is kept with it."""
        self.found.append(Problem(code, message, mark, self.line(mark), help, related))

    def line(self, mark: Mark) -> str:
        """The source line at a place, or "" where the text of the file is not known."""
        lines = self._lines.get(mark.file, [])
        return lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""

    def stop(self) -> None:
        """Raise InputError with all that was found, in the order of the files and places; else do nothing."""
        if self.found:
            raise InputError(sorted(self.found, key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))


def suggest(word: str, known: Iterable[str], labels: Mapping[str, str] | None = None) -> str:
    """A "did you mean" sentence for a misspelt word, or "" when nothing is near; `labels` are names of known words.

    >>> suggest("perceivr", ["perceiver", "title"])
    'did you mean perceiver?'
    >>> suggest("Norge", ["NOR", "POL"], {"NOR": "Norway", "POL": "Poland"})
    'did you mean NOR (Norway)?'
    """
    from difflib import get_close_matches  # slow to import, and needed only when something is wrong

    labels = labels or {}
    names = {name.casefold(): code for code in known for name in (labels.get(code, code), code)}
    wanted = word.casefold()
    near = _of_two_letters(wanted, names, labels) if len(word) == 2 and labels else []
    near = near or [names[name] for name in get_close_matches(wanted, names, n=1, cutoff=0.6)]
    shown = [f"{code} ({labels[code]})" if labels.get(code, code) != code else code for code in near]
    return f"did you mean {_or(shown)}?" if shown else ""


def _of_two_letters(wanted: str, names: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    """Codes of three letters for one of two, which is its start as a rule, or else the first letter and a later one."""
    codes = [code for name, code in names.items() if name == code.casefold()]
    initials = [c for c in codes if "".join(part[0] for part in labels[c].casefold().split()) == wanted]
    within = [c for c in codes if c[0].casefold() == wanted[0] and wanted[1] in c[1:].casefold()]
    within.sort(key=lambda code: (not code.casefold().startswith(wanted), code))
    if len(within) != 1:
        within += [c for c in codes if labels[c][0].casefold() == wanted[0] and wanted[1] in labels[c][1:].casefold()]
    return list(dict.fromkeys(initials + within))[:4]


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
