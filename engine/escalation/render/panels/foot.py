"""What stands at the foot of a report: sources, limits, and what makes the result repeatable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from escalation.assess import Assessment
from escalation.ledger import CANNOT_TELL, NO, YES
from escalation.read import Dated
from escalation.render.layout import GAP, Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import listed, when

__all__ = ["digests", "limits", "sources", "sources_with_addresses"]

_SHORT = 8  # hexadecimal digits of a digest that a reader compares by eye


def sources(found: Assessment) -> Sequence[Block]:
    """The sources of the scenario as footnotes, with the lines that rest on each."""
    return _sources(found, False)


def sources_with_addresses(found: Assessment) -> Sequence[Block]:
    """The same, with where to find each."""
    return _sources(found, True)


def _sources(found: Assessment, addresses: bool) -> Sequence[Block]:
    scenario = found.scenario
    lines: dict[str, set[int]] = {}
    for entity in scenario.entities:
        for fact in entity.facts.values():
            if fact.source and fact.mark.file == scenario.file:
                lines.setdefault(fact.source, set()).add(fact.mark.line)
    rows = []
    for name, source in scenario.sources.items():
        known = not source.date or Dated.of(source.date).last <= scenario.as_of
        head = ", ".join(part for part in (source.publisher, when(source.date), source.grade) if part)
        text = ". ".join(part for part in (head, source.title) if part)
        use = "" if known else "after the date, not used" if name not in lines else "after the date"
        if not use:
            use = f"@{_runs(lines[name])}" if name in lines else "no fact rests on it"
        rows.append(Row((name, f"{text.rstrip('.')}. {use}"), (source.url,) if addresses and source.url else ()))
    columns = (Column(), Column(flex=True))
    return [Section("Sources", (Table(columns, tuple(rows)),))] if rows else []


def limits(found: Assessment) -> Sequence[Block]:
    """The fixed caveats of the pack, and the notes of the scenario's author."""
    blocks = [Paragraph(text, 2, 2) for text in found.pack.caveats]
    blocks += [Paragraph(f"Note in the scenario: {text}", 2, 2) for text in found.scenario.notes]
    return [Section("Limits", tuple(blocks))] if blocks else []


def digests(found: Assessment, rest_in: str = "--detail full") -> Sequence[Block]:
    """Versions, digests, how many rules fired, which engines agree, and where to read on."""
    pack, counts = found.pack, Counter(line.state for line in found.ledger.rules)
    named = f"{pack.name} {pack.version}" + (f" ({pack.profile})" if pack.profile else "")
    engines = (
        f"{listed(found.engines)} agree" if len(found.engines) > 1 else f"{found.engines[0]} only, not cross-checked"
    )
    parts = [
        f"{named} {pack.digest[:_SHORT]}",
        f"scenario {found.scenario.digest[:_SHORT]}",
        f"of {len(pack.rules)} rules {counts[YES]} fired, {counts[CANNOT_TELL]} cannot tell, {counts[NO]} not",
        engines,
        f"all conditions: {rest_in}",
        "one rule: assess why FILE RULE",
        "any word: assess explain WORD",
    ]
    return [GAP, Paragraph(" | ".join(part.replace(" ", "\xa0") for part in parts))]


def _runs(numbers: set[int]) -> str:
    """Line numbers as runs.

    >>> _runs({3, 4, 5, 9})
    '3-5, 9'
    """
    ordered = sorted(numbers)
    starts = [ordered[0], *(b for a, b in pairwise(ordered) if b > a + 1)]
    ends = [*(a for a, b in pairwise(ordered) if b > a + 1), ordered[-1]]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
