"""Analytic standards for texts: likelihoods in the words of one table, and confidence in a sentence of its own.

`breaches` reads one text against the pack's `analysis/standards.yaml`; `pack_texts` gives every text of a pack that a
reader of a report comes to see. Words between quotation marks are a source's own hedge, which a report has to keep; a
question estimates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from escalation.analysis.history import analysis_file
from escalation.diagnostics import Problems
from escalation.pack import Pack
from escalation.read import Reader
from escalation.source import Node

__all__ = ["ESTIMATIVE", "MIXED", "Breach", "Standards", "breaches", "load_standards", "pack_texts"]

ESTIMATIVE, MIXED = "estimative word outside the table", "likelihood and confidence in one sentence"
_QUOTED = re.compile(
    r"\"[^\"]*\"|\N{LEFT DOUBLE QUOTATION MARK}[^\N{RIGHT DOUBLE QUOTATION MARK}]*\N{RIGHT DOUBLE QUOTATION MARK}"
)
_SENTENCE = re.compile(r"[^.!?;]+(?:[.!?;](?=\d)[^.!?;]*)*[.!?;]?", re.DOTALL)


class Standards(NamedTuple):
    """The words that the standards are about: rows of likelihood terms, and the words of each other sort."""

    likelihood: tuple[tuple[str, ...], ...]
    confidence: tuple[str, ...]
    estimative: tuple[str, ...]
    innocent: tuple[str, ...]


class Breach(NamedTuple):
    """One breach: which standard, the words, and the sentence they stand in."""

    standard: str
    words: str
    sentence: str


def load_standards(pack: Pack) -> Standards:
    """The standards of a pack. Raises InputError with every problem found."""
    return analysis_file(pack, "standards.yaml", Standards, _standards)


def breaches(text: str, standards: Standards) -> tuple[Breach, ...]:
    """Every breach in a text, in the order of its sentences."""
    plain = _QUOTED.sub(" ", text)
    return tuple(breach for found in _SENTENCE.finditer(plain) for breach in _of_sentence(found[0], standards))


def pack_texts(pack: Pack) -> Iterator[tuple[str, str]]:
    """Every text of a pack that people read, with where it stands."""
    for rule in pack.rules:
        for name in ("title", "because", "assumption", "falsified_by"):
            yield f"{rule.id}.{name}", getattr(rule, name)
        for note in rule.then.notes:
            yield f"{rule.id}.note", note.text
    for level in pack.levels:
        yield f"levels.{level.name}", level.meaning
    for scale in pack.scales:
        yield f"scales.{scale.name}", scale.question
    for parameter in pack.parameters.values():
        yield f"parameters.{parameter.name}", parameter.meaning
    for profile in pack.profiles.values():
        yield f"profiles.{profile.name}", profile.rationale
    for number, caveat in enumerate(pack.caveats, 1):
        yield f"caveats.{number}", caveat
    for panel in pack.panels:
        yield f"panels.{panel.name}", f"{panel.title}. {panel.says}"
        for number, row in enumerate(panel.rows, 1):
            for column, text in zip(panel.columns, row.cells, strict=True):
                yield f"panels.{panel.name}.{number}.{column}", text
    for needs in pack.needs:
        yield f"needs.{needs.kind}", needs.because
    for field in pack.vocabulary.fields.values():
        if field.member_of is None:
            yield f"{field.key}.meaning", field.meaning
            yield f"{field.key}.assume_because", field.assume_because


def _standards(node: Node | None, folder: str, problems: Problems) -> Standards:
    reader = Reader(problems)
    found = reader.keys(node, "standards", Standards._fields)
    rows = reader.listing(found.get("likelihood"), "likelihood")
    confidence, estimative, innocent = (reader.texts(found.get(n), n) for n in ("confidence", "estimative", "innocent"))
    return Standards(tuple(reader.texts(row, "likelihood") for row in rows), confidence, estimative, innocent)


def _of_sentence(sentence: str, standards: Standards) -> Iterator[Breach]:
    said = " ".join(sentence.split())
    terms = _words([term for row in standards.likelihood for term in row])
    confident = _words(standards.confidence).findall(said)
    likely = terms.findall(said)
    if likely and confident:
        yield Breach(MIXED, f"{likely[0]}, {confident[0]}", said)
    rest = _words(standards.innocent).sub(" ", terms.sub(" ", said))
    for word in _words(standards.estimative).findall(rest) if not said.endswith("?") else ():
        if word != "May":  # the month
            yield Breach(ESTIMATIVE, word, said)


def _words(terms: Iterable[str]) -> re.Pattern[str]:
    return _pattern(tuple(terms))


@lru_cache(maxsize=16)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the terms as whole words (not as a part of a name with hyphens), the longest first."""
    longest = sorted(terms, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?![\w-])", re.IGNORECASE)
