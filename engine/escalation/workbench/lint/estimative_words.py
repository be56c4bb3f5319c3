"""A text of the pack that estimates outside the table of terms, or mixes likelihood and confidence in a sentence.

Readers of ICD 203 take each term for a range of probability, and take "may", "could" or "possibly" for nothing. A rule
states what it assumes; how sure a rating is, is said once, with its basis. The words are data of the pack
(`analysis/standards.yaml`; a pack without it is held to that of the installed one). What stands between quotation marks
is a source's own.
"""

from __future__ import annotations

import os

from escalation.analysis.standards import breaches, load_standards, pack_texts
from escalation.diagnostics import Mark
from escalation.pack import data_folder
from escalation.workbench.lint.base import Found, Lint
from escalation.workbench.subject import Subject

__all__ = ["LINT"]


def _check(subject: Subject) -> Found:
    pack = subject.pack
    own = os.path.isfile(os.path.join(pack.folder, "analysis", "standards.yaml"))
    standards = load_standards(pack if own else pack._replace(folder=data_folder("rules")))
    for where, text in pack_texts(pack):
        for breach in breaches(text, standards):
            about, _, key = where.rpartition(".")
            message = f"{where}: {breach.standard}: {breach.words}"
            help = f"say what is assumed, or use a term of the table; it stands in: {breach.sentence}"
            yield LINT.finding(message, _place(subject, about, key), about, help)


def _place(subject: Subject, about: str, key: str) -> Mark:
    """Where a text stands, as near as can be said."""
    pack = subject.pack
    if about in subject.rule_nodes:
        return subject.place(about, "then" if key == "note" else key)
    if about in pack.vocabulary.fields:
        return pack.vocabulary.fields[about].mark
    if about == "parameters" and key in pack.parameters:
        return pack.parameters[key].mark
    if about == "profiles" and key in pack.profiles:
        return pack.profiles[key].mark
    head = subject.files["pack.yaml"].node
    section = subject.section("pack.yaml", about)
    assert head is not None
    return section.mark if section else head.mark


LINT = Lint("LINT-17", "estimative-words", "warning", _check, __doc__)
