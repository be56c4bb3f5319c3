"""Proofs as a report: what was proved of a pack, what was refuted and by which scenario, what took too long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from escalation.diagnostics import Mark
from escalation.pack import Pack
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table, Verbatim
from escalation.workbench import specimen
from escalation.workbench.finding import FAILED, PASSED, SKIPPED, Code, Finding, Item, Report
from escalation.workbench.prove import PROVED, REFUTED, UNKNOWN, Answer

__all__ = ["files_of", "report_of"]

_CODES = (
    Code(
        "PRF-1",
        "a claim about all scenarios is refuted",
        "Scenarios were found that break it, or none that it needs.",
        "error",
    ),
    Code(
        "PRF-2", "a claim is neither proved nor refuted in time", "The prover gave up within the time given.", "warning"
    ),
)
_STATES = {PROVED: PASSED, REFUTED: FAILED, UNKNOWN: SKIPPED}


def report_of(pack: Pack, depth: Mapping[str, int], answers: Sequence[Answer], seconds: float) -> Report:
    """The report of one run; `depth` is how many entities of each kind stand for any number."""
    return Report(
        command="rules prove",
        findings=tuple(_finding(pack, answer, seconds) for answer in answers if answer.state != PROVED),
        items=tuple(Item(a.claim.group, a.claim.id, _STATES[a.state], a.claim.title) for a in answers),
        codes=_CODES,
        blocks=tuple(_blocks(pack, depth, answers)),
        data={
            "pack": {"name": pack.name, "version": pack.version, "digest": pack.digest},
            "depth": dict(depth),
            "seconds": seconds,
            "claims": [
                {
                    "id": answer.claim.id,
                    "group": answer.claim.group,
                    "title": answer.claim.title,
                    "state": answer.state,
                    "scenarios": [text for _, text in files_of(pack, answer)],
                }
                for answer in answers
            ],
        },
    )


def files_of(pack: Pack, answer: Answer) -> list[tuple[str, str]]:
    """The scenarios that show an answer, as (file name, text)."""
    names = [""] if len(answer.scenarios) == 1 else ["-before", "-after"]
    found = []
    for name, facts in zip(names, answer.scenarios, strict=False):
        stem = f"{answer.claim.id.lower().replace('_', '-').replace('.', '-')}{name}"
        found.append((f"{stem}.yaml", specimen.written(pack, facts, stem, answer.claim.title)))
    return found


def _finding(pack: Pack, answer: Answer, seconds: float) -> Finding:
    claim, mark = answer.claim, Mark(f"{pack.folder}/pack.yaml", 1, 1)
    if answer.state == UNKNOWN:
        message = f"{claim.id}: neither proved nor refuted within {seconds:g} s"
        return Finding("PRF-2", "warning", message, mark, claim.id, "give more time with --timeout")
    how = "no scenario shows it" if claim.exists else "a scenario breaks it, confirmed by both engines"
    return Finding("PRF-1", "error", f"{claim.id} is refuted: {how} ({claim.title})", mark, claim.id)


def _blocks(pack: Pack, depth: Mapping[str, int], answers: Sequence[Answer]) -> Iterator[Block]:
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(answer.claim.group, []).append(answer)
    columns = (
        Column("claims", flex=True),
        Column("proved", right=True),
        Column("refuted", right=True),
        Column("unknown", right=True),
    )
    rows = [
        Row((group, *(str(sum(a.state == state for a in found)) for state in (PROVED, REFUTED, UNKNOWN))))
        for group, found in groups.items()
    ]
    yield Section("Claims about all scenarios", (Table(columns, tuple(rows)),))
    for answer in answers:
        if answer.state == REFUTED:
            texts = tuple(Verbatim(tuple(text.splitlines())) for _, text in files_of(pack, answer))
            yield Section(f"{answer.claim.id} refuted", (Paragraph(f"Not so: {answer.claim.title}."), *texts))
    kinds = pack.vocabulary.kinds
    stand = ", ".join(f"{number} {kinds[kind].plural}" for kind, number in depth.items() if number)
    yield Paragraph(
        f"For any number of entities: {stand} stand for all there can be, computed from the counts of the rules; one"
        " more is singled out where a claim compares two scenarios."
    )
