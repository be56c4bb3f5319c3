"""The file of a review, `NAME.review.yaml` beside `NAME.yaml`: read as any file that people write, saved with care.

It is plain YAML in one fixed order, so that it diffs well, and may be edited by hand; whoever reads it trusts nothing
in it. `load` gives the review with the digest of the file, which `save` wants back; see `saving.py` for why.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from escalation.analysis.review import SIGNATURES, VERDICTS, Entry, Review, Signature, Standing, ordered, standing
from escalation.analysis.saving import digest_of, save
from escalation.assess import Assessment
from escalation.diagnostics import InputError, InternalError, Mark, Problem, Problems
from escalation.read import Reader
from escalation.scenario import review_path
from escalation.source import LIMITS, Node, parse, read_bytes

__all__ = ["ENTRY", "SIGNATURE", "Loaded", "load", "read_review", "review_of", "save_review"]

ENTRY = (("line", "verdict", "reviewer", "date", "digest"), ("reason", "answer", "said"))
"""The keys of an entry: those it must have, those it may have."""
SIGNATURE = (("state", "reviewer", "date", "digest"), ("reason",))


class Loaded(NamedTuple):
    """A review, the file that holds it, and the digest of that file ("" if there is none yet)."""

    review: Review
    path: str
    digest: str


def load(found: Assessment) -> Loaded:
    """The review of an assessment's scenario, empty if there is none yet. Raises InputError for a file not in order."""
    path = review_path(found.scenario.file)
    problems = Problems()
    empty = Review(found.scenario.id)
    if not path or not os.path.lexists(path):
        return Loaded(empty, path, "")
    if not os.path.isfile(path):
        problems.add("FILE-1", "the file cannot be read: it is no plain file", Mark(path, 1, 1), "move it away")
    data = None if problems.found else read_bytes(path, problems)
    review = None if data is None else read_review(data, path, problems)
    if review and review.scenario != found.scenario.id:
        message = f"this is the review of {review.scenario[:60]}, and the scenario beside it is {found.scenario.id}"
        problems.add("REV-1", message, Mark(path, 1, 1), f"write scenario: {found.scenario.id} if it was renamed")
    problems.stop()
    assert review is not None
    return Loaded(review, path, digest_of(data))


def review_of(found: Assessment) -> Standing | None:
    """The state of an assessment's review; None where there is no review file, or an image of the perceiver is rated.

    A review is of the pack as it is: under an image other rules count. Raises InputError for a file not in order.
    """
    path = review_path(found.scenario.file)
    if found.pack.profile or not path or not os.path.lexists(path):
        return None
    return standing(found, load(found).review)


def save_review(review: Review, path: str, expected: str) -> str:
    """Write a review over the file whose digest is `expected` ("" if there was none); gives the new digest.

    Raises InputError: FILE-6 if the file has changed meanwhile, FILE-7 if it cannot be written, FILE-2 or YAML-4 if the
    review has grown past what a file may hold.
    """
    data = _text(review).encode()
    if len(data) > LIMITS.bytes:
        raise InputError(
            [Problem("FILE-2", f"the review would have more than {LIMITS.bytes:,} bytes", Mark(path, 1, 1))]
        )
    problems = Problems()
    if read_review(data, path, problems) is None:  # a file that cannot be read again would lose the review
        if all(problem.code == "YAML-4" for problem in problems.found):
            raise InputError(problems.found)
        raise InternalError(f"the review would be written so that it cannot be read: {problems.found[0].message}")
    return save(path, data, expected)


def read_review(data: bytes, file: str, problems: Problems) -> Review | None:
    """Read a review from the bytes of `file`; None if there was any problem, which is then in `problems`."""
    before = len(problems.found)
    node = parse(data, file, problems)
    review = _ReviewReader(problems).review(node) if node else None
    return review if len(problems.found) == before else None


class _ReviewReader(Reader):
    def review(self, node: Node) -> Review:
        top = self.keys(node, "the review", ["review_schema", "scenario"], ["signature", "lines"])
        edition = self.whole(top.get("review_schema"), "review_schema")
        if edition not in (None, 1):
            help = "review_schema: 1 is the only edition so far"
            self.problems.add("DOC-1", f"review_schema {edition} is not known here", top["review_schema"].mark, help)
        scenario = self.text(top.get("scenario"), "scenario") or ""
        signature = self.signature(top["signature"]) if "signature" in top else None
        entries = [(self.entry(item), item.mark) for item in self.listing(top.get("lines"), "lines")]
        self.once(entries)
        return Review(scenario, ordered(entry for entry, _ in entries), signature)

    def entry(self, node: Node) -> Entry:
        keys = self.keys(node, "an entry", *ENTRY)
        texts = {name: self.text(keys.get(name), name) or "" for name in keys}
        self.word(keys.get("verdict"), "verdict", VERDICTS)
        self.on(keys.get("date"))
        if texts.get("verdict") in ("dispute", "override") and not texts.get("reason", "").strip():
            message = f"{texts['verdict']} {texts.get('line', '')[:60]}: it needs a reason"
            self.problems.add("REV-3", message, node.mark, "add reason: ...")
        return Entry(**{**dict.fromkeys(Entry._fields[:4], ""), **texts})

    def signature(self, node: Node) -> Signature:
        keys = self.keys(node, "signature", *SIGNATURE)
        self.word(keys.get("state"), "state", SIGNATURES)
        self.on(keys.get("date"))
        texts = {name: self.text(keys.get(name), name) or "" for name in keys}
        return Signature(**{**dict.fromkeys(Signature._fields[:3], ""), **texts})

    def on(self, node: Node | None) -> None:
        dated = self.dated(node, "date")
        if dated and node and (dated.first != dated.last or dated.text != dated.first.isoformat()):
            self.problems.add("DATE-2", f"date: {dated.text} is not one day", node.mark, "write YYYY-MM-DD")

    def once(self, entries: list[tuple[Entry, Mark]]) -> None:
        """Two entries of one reviewer for one line are a problem; so a merge in git may leave them."""
        first: dict[tuple[str, str], Mark] = {}
        for entry, mark in entries:
            before = first.setdefault((entry.line, entry.reviewer), mark)
            if before is not mark and entry.line:
                message = f"{entry.reviewer[:60]} has two entries for {entry.line[:60]}"
                related = (("the other is here", before),)
                self.problems.add("REV-5", message, mark, "keep the one that counts", related)


def _text(review: Review) -> str:
    """A review as YAML: entries in their order, keys in theirs, nothing that is empty."""
    from escalation.analysis.yaml_out import dump

    document: dict[str, object] = {"review_schema": 1, "scenario": review.scenario}
    if review.signature:
        document["signature"] = _said(review.signature)
    if review.entries:
        document["lines"] = [_said(entry) for entry in ordered(review.entries)]
    about = "What reviewers say of the lines of the trace: assess review reads and writes this file."
    return f"# {about}\n{dump(document)}"


def _said(record: Entry | Signature) -> dict[str, str]:
    """What a record says; what is not Unicode text (bytes of a command line) is written as an escape."""
    texts = {key: value.encode("utf-8", "backslashreplace").decode() for key, value in record._asdict().items()}
    return {key: text for key, text in texts.items() if text}
