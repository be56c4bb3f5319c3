"""Review of a rating: what a reviewer says of each line of the trace, and what still holds of it.

Each line of the trace has a digest of what it says (`review_lines.py`). An entry of a reviewer is bound to that digest,
so a change of facts or rules re-opens the lines whose content it changed and no other. Nothing here touches the rating:
an override is recorded beside the engine's answer. Start at `standing`; the file beside the scenario is the business of
`review_file.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from escalation.analysis.review_lines import ReviewLine, digest, review_lines
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Mark, Problem, suggest

__all__ = [
    "SIGNATURES",
    "VERDICTS",
    "Entry",
    "LineState",
    "Review",
    "Signature",
    "Standing",
    "forget",
    "ordered",
    "record",
    "sign",
    "standing",
]

VERDICTS = {"accept": "accepted", "dispute": "disputed", "override": "overridden"}
"""What a reviewer may say of a line, and the state that it gives the line."""
SIGNATURES = ("reviewed", "withdrawn")


class Entry(NamedTuple):
    """What one reviewer says of one line: accept, dispute or override.

    `answer` is the reviewer's own, of an override; `said` and `digest` are what the line said then.
    """

    line: str
    verdict: str
    reviewer: str
    date: str
    reason: str = ""
    answer: str = ""
    said: str = ""
    digest: str = ""


class Signature(NamedTuple):
    """A review signed off as reviewed, or the assessment withdrawn; `digest` is that of the lines that it covers."""

    state: str
    reviewer: str
    date: str
    reason: str = ""
    digest: str = ""


class Review(NamedTuple):
    """All that is recorded of one scenario; entries in the order of their lines, then of reviewers."""

    scenario: str
    entries: tuple[Entry, ...] = ()
    signature: Signature | None = None


class LineState(NamedTuple):
    """A line and what is recorded of it: entries that `stand`, and those `lapsed` because the line has changed.

    `state` is accepted, disputed or overridden if an entry stands; else reopened if one has lapsed (gone, if there is
    no such line any more), open if the line is needed, and optional if it is not.
    """

    address: str
    rule: str
    says: str
    needed: bool
    state: str
    stand: tuple[Entry, ...]
    lapsed: tuple[Entry, ...]


class Standing(NamedTuple):
    """How far a review has come: draft, reviewed, disputed or withdrawn, and every line in the order of the trace.

    `signed` says whether the signature, if there is one, covers the lines as they are now.
    """

    scenario: str
    state: str
    signature: Signature | None
    signed: bool
    lines: tuple[LineState, ...]

    def of(self, *states: str) -> tuple[LineState, ...]:
        """The lines in one of some states."""
        return tuple(line for line in self.lines if line.state in states)

    @property
    def unsettled(self) -> tuple[LineState, ...]:
        """The lines that keep the review from being signed, but for those in dispute."""
        return self.of("open", "reopened", "gone")

    def data(self, every: bool = False) -> dict[str, Any]:
        """The state as JSON data: how many lines are in which state, and those that wait or have an entry, or all."""
        shown = [line for line in self.lines if every or line.state != "optional"]
        return {
            "state": self.state,
            "signature": self.signature and {**self.signature._asdict(), "stands": self.signed},
            "counts": {state: len(self.of(state)) for state in dict.fromkeys(line.state for line in shown)},
            "lines": [
                {**line._asdict(), "stand": _entries(line.stand), "lapsed": _entries(line.lapsed)} for line in shown
            ],
        }


def standing(found: Assessment, review: Review) -> Standing:
    """What of a review still holds for an assessment."""
    lines = review_lines(found)
    recorded: dict[str, list[Entry]] = {}
    for entry in review.entries:
        recorded.setdefault(entry.line, []).append(entry)
    known = {line.address for line in lines}
    states = [_state(line, recorded.get(line.address, [])) for line in lines]
    states += [
        LineState(address, address.partition("/")[0], "", False, "gone", (), tuple(entries))
        for address, entries in recorded.items()
        if address not in known
    ]
    signature = review.signature
    signed = signature is not None and (signature.state == "withdrawn" or signature.digest == _covered(lines))
    found_ = Standing(review.scenario, "draft", signature, signed, tuple(states))
    if signature and signature.state == "withdrawn":
        return found_._replace(state="withdrawn")
    if found_.of("disputed"):
        return found_._replace(state="disputed")
    return found_._replace(state="reviewed") if signed and not found_.unsettled else found_


def record(found: Assessment, review: Review, entries: Iterable[Entry]) -> Review:
    """The review with further entries, each bound to its line as it is now; `said` and `digest` are filled in here.

    An entry takes the place of the same reviewer's on the same line. Where only one entity is asked, its name may be
    left out of the address. Raises InputError: REV-2 for a line that is not there, REV-3 for what an entry lacks.
    """
    lines = {line.address: line for line in review_lines(found)}
    kept = {(entry.line, entry.reviewer): entry for entry in review.entries}
    wrong: list[Problem] = []
    for entry in entries:
        line, lacks = lines.get(_resolved(entry.line, lines)), _lacks(entry)
        if line is None:
            near = suggest(entry.line, lines) or "assess review FILE --lines shows every line"
            wrong.append(_problem("REV-2", f"there is no line {entry.line[:60]} in this trace", near))
        if lacks:
            wrong.append(_problem("REV-3", f"{entry.verdict} {entry.line[:60]}: {lacks[0]}", lacks[1]))
        if line and not lacks:
            bound = entry._replace(line=line.address, said=line.says, digest=line.digest)
            kept[bound.line, bound.reviewer] = bound
    if wrong:
        raise InputError(wrong)
    return review._replace(entries=ordered(kept.values()))


def forget(review: Review, line: str, reviewer: str = "") -> Review:
    """The review without what is recorded of a line, by one reviewer or by all. Raises InputError (REV-2)."""
    gone = [entry for entry in review.entries if entry.line == line and reviewer in ("", entry.reviewer)]
    if not gone:
        near = suggest(line, [entry.line for entry in review.entries]) or "assess review FILE shows what is"
        raise InputError([_problem("REV-2", f"nothing is recorded of {line[:60]}", near)])
    return review._replace(entries=tuple(entry for entry in review.entries if entry not in gone))


def sign(found: Assessment, review: Review, signature: Signature | None) -> Review:
    """The review signed as reviewed or withdrawn, or with no signature (None).

    Raises InputError: REV-4 if lines are open or in dispute, REV-3 for a withdrawal without a reason.
    """
    if signature is None:
        return review._replace(signature=None)
    if lacks := _lacks_of(signature):
        raise InputError([_problem("REV-3", f"{signature.state}: {lacks[0]}", lacks[1])])
    if signature.state == "reviewed":
        state = standing(found, review)
        waiting = [line.address for line in (*state.of("disputed"), *state.unsettled)]
        if waiting:
            names = ", ".join(waiting[:6]) + (f" and {len(waiting) - 6} more" if len(waiting) > 6 else "")
            message = f"{len(waiting)} line{'' if len(waiting) == 1 else 's'} not settled: {names}"
            raise InputError([_problem("REV-4", message, "accept or override them first; --accept open takes all")])
    return review._replace(signature=signature._replace(digest=_covered(review_lines(found))))


def ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries in the one order in which they are kept: by line, numbers as numbers, then by reviewer."""
    return tuple(sorted(entries, key=lambda e: (_natural(e.line), e.reviewer)))


def _resolved(address: str, lines: Iterable[str]) -> str:
    """The address with the entity that was left out, if only one can be meant."""
    longer = [line for line in lines if line.startswith(f"{address}:")]
    return longer[0] if len(longer) == 1 else address


def _natural(address: str) -> list[tuple[int, int, str]]:
    """What sorts an address: parts of digits as numbers."""
    parts = re.findall(r"[0-9]{1,9}|[^0-9]+|[0-9]+", address)
    return [(0, int(part), "") if len(part) < 10 and part.isdecimal() else (1, 0, part) for part in parts]


# -- states


def _state(line: ReviewLine, entries: list[Entry]) -> LineState:
    stand = tuple(entry for entry in entries if entry.digest == line.digest)
    lapsed = tuple(entry for entry in entries if entry.digest != line.digest)
    verdicts = {entry.verdict for entry in stand}
    if stand:
        state = next(VERDICTS[verdict] for verdict in ("dispute", "override", "accept") if verdict in verdicts)
    else:
        state = "reopened" if lapsed else "open" if line.needed else "optional"
    return LineState(line.address, line.rule, line.says, line.needed, state, stand, lapsed)


def _covered(lines: Iterable[ReviewLine]) -> str:
    """The digest of the lines that a review must cover."""
    return digest([[line.address, line.digest] for line in lines if line.needed])


def _lacks(entry: Entry) -> tuple[str, str] | None:
    """What an entry lacks, and what to do."""
    if entry.verdict not in VERDICTS:
        return "not a verdict", f"one of: {', '.join(VERDICTS)}"
    if entry.verdict != "accept" and not entry.reason.strip():
        return "it needs a reason", "give one: --reason TEXT"
    if entry.answer and entry.verdict != "override":
        return "only an override has an answer", "override the line, or leave the answer out"
    return _unnamed(entry.reviewer)


def _lacks_of(signature: Signature) -> tuple[str, str] | None:
    if signature.state not in SIGNATURES:
        return "not a state to sign", f"one of: {', '.join(SIGNATURES)}"
    if signature.state == "withdrawn" and not signature.reason.strip():
        return "it needs a reason", "give one: --reason TEXT"
    return _unnamed(signature.reviewer)


def _unnamed(reviewer: str) -> tuple[str, str] | None:
    return None if reviewer.strip() else ("it names no reviewer", "say who reviews: --reviewer NAME")


def _problem(code: str, message: str, help: str) -> Problem:
    return Problem(code, message, Mark("review", 1, 1), help=help)


def _entries(entries: Iterable[Entry]) -> list[dict[str, str]]:
    return [entry._asdict() for entry in entries]
