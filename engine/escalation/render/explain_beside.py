"""What else of a pack has a name: panels and pathways, rival explanations, conclusions, cases, words, and the pack.

`explain.py` explains what rules are made of; this is the rest of what a report shows. Names are found as a report
prints them too: the title of a panel, the title of a case, the label of a field or of a word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from escalation.ledger import YES, truth
from escalation.pack import Pack, Panel, PanelRow
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import counted, day, listed, names, when
from escalation.rules import Concluded, Condition, Test, walk
from escalation.scenario import load_scenario
from escalation.sets import only
from escalation.vocabulary import Field

__all__ = ["beside_explained", "beside_known", "where"]

_PACK_NAMES = ("limits", "caveats", "confidence")
"""Parts of a report that the head of the pack decides, explained with it."""
_OTHER_TABLES = {
    "precedents": ("Nearest earlier cases", "precedents.yaml", "assess precedents FILE"),
    "base-rates": ("What followed earlier warnings", "base_rates.yaml", "assess base-rates FILE"),
    "ach": ("Rival explanations", "hypotheses.yaml", "assess ach FILE"),
}
"""Tables that are computed: how their titles begin, the file of the pack that steers each, and its command."""

Cite = Callable[[Pack, str], str]
Conditions = Callable[[Condition, int, bool], Iterable[Block]]


def beside_known(pack: Pack) -> dict[str, str]:
    """The names that are explained here, each with a short text."""
    found = {panel.name: panel.title for panel in pack.panels}
    found |= {row.pathway: row.cells[0] for panel in pack.panels for row in panel.rows if row.pathway}
    found |= {name: f"concluded by {listed(_makers(pack, name))}" for name in _conclusions(pack)}
    if _there(pack, "hypotheses.yaml"):
        from escalation.analysis.ach import load_hypotheses

        matrix = load_hypotheses(pack)
        found |= {one.id: one.title for one in matrix.hypotheses} | {item.id: item.says for item in matrix.items}
    found |= {name: title for name, (title, file, _) in _OTHER_TABLES.items() if _there(pack, file)}
    return found | {pack.name: "the pack"}


def beside_explained(pack: Pack, wanted: str, cited: Cite, conditions: Conditions) -> Iterator[Section]:
    """A section for each thing of that name, in lower case; `cited` and `conditions` write sources and conditions."""
    for panel in pack.panels:
        if wanted in (panel.name.lower(), _title(panel.title)):
            yield _panel(pack, panel, cited, conditions)
        for row in panel.rows:
            if row.pathway and wanted in (row.pathway.lower(), row.pathway.partition("_")[0].lower()):
                yield _pathway(pack, panel, row, cited)
    yield from (_conclusion(pack, name) for name in _conclusions(pack) if name.lower() == wanted)
    yield from _explanations(pack, wanted, cited, conditions)
    for name, (title, file, command) in _OTHER_TABLES.items():
        if _there(pack, file) and (wanted == name or wanted.startswith(title.lower())):
            says = f"It is worked out for a scenario, beside its rating: {command} has all of it."
            rows = [("by", f"analysis/{file} of the pack, which says what is compared and how, and on what it rests")]
            yield Section(f"Table {name}: {title}", (Paragraph(says, 2, 2), _table(rows)))
    yield from _cases(pack, wanted)
    if wanted in (pack.name.lower(), *_PACK_NAMES):
        yield _pack(pack)
    yield from _words(pack, wanted)


def where(file: str, line: int) -> str:
    """A place in the pack, by the name of the file."""
    return f"{os.path.basename(file)}:{line}"


# -- panels and pathways


def _panel(pack: Pack, panel: Panel, cited: Cite, conditions: Conditions) -> Section:
    inner: list[Block] = [Paragraph(panel.says, 2, 2)] if panel.says else []
    for row in panel.rows:
        inner.append(Paragraph(_calls(pack, row), 2, 2))
        inner += conditions(row.when, 4, True) if row.when else ()
        inner += [Paragraph(_cell(name, text), 4, 2) for name, text in zip(panel.columns, row.cells, strict=True)]
        inner += [Paragraph(f"rests on {name}: {cited(pack, name)}", 4, 2) for name in row.basis]
    notes = [rule.id for rule in pack.rules if any(note.panel == panel.name for note in rule.then.notes)]
    shown = "every report but the shortest" if panel.detail == "ledger" else "--detail full"
    rows = [("lines from", ", ".join(notes)), ("shown in", shown), ("where", where(panel.mark.file, panel.mark.line))]
    basis = [Paragraph(f"{name}: {cited(pack, name)}", 4, 2) for name in panel.basis]
    inner += [_table(rows), *((Paragraph("rests on", 2), *basis) if basis else ())]
    return Section(f"Panel {panel.name}: {panel.title}", tuple(inner))


def _calls(pack: Pack, row: PanelRow) -> str:
    """What has a row shown."""
    if row.levels:
        return f"at {listed([names(pack)[number - 1].upper() for number in row.levels], 'or')}:"
    return f"always, pathway {row.pathway}:" if row.pathway else "where this holds or cannot be told:"


def _cell(name: str, text: str) -> str:
    return text if name == "what" else f"{name.replace('_', ' ')}: {text}"


def _pathway(pack: Pack, panel: Panel, row: PanelRow, cited: Cite) -> Section:
    rules = tuple(Row((rule.id, rule.title)) for rule in pack.rules if row.pathway in rule.pathway)
    rows = [("panel", panel.name), ("where", where(row.mark.file, row.mark.line))]
    basis = [Paragraph(f"{name}: {cited(pack, name)}", 4, 2) for name in (*row.basis, *panel.basis)]
    touched = (Paragraph("touched by", 2), Table((Column(), Column(flex=True)), rules, 4)) if rules else ()
    none = () if rules else (Paragraph("No rule touches it.", 2),)
    text = Paragraph(" ".join(row.cells), 2, 2)
    return Section(f"Pathway {row.pathway}", (text, *touched, *none, _table(rows), Paragraph("rests on", 2), *basis))


# -- rival explanations


def _explanations(pack: Pack, wanted: str, cited: Cite, conditions: Conditions) -> Iterator[Section]:
    if not _there(pack, "hypotheses.yaml"):
        return
    from escalation.analysis.ach import load_hypotheses

    matrix = load_hypotheses(pack)
    basis = (Paragraph("rests on", 2), *(Paragraph(f"{name}: {cited(pack, name)}", 4, 2) for name in matrix.basis))
    for one in matrix.hypotheses:
        if wanted in (one.id.lower(), one.title.lower()):
            marks = tuple(Row((item.id, item.marks[one.id], item.says)) for item in matrix.items)
            table = Table((Column(), Column(), Column(flex=True)), marks, 4)
            rows = [("would be seen", one.watch), ("weighed by", "assess ach FILE")]
            how = Paragraph("how evidence goes with it", 2)
            inner: tuple[Block, ...] = (Paragraph(one.says, 2, 2), _table(rows), how, table, *basis)
            yield Section(f"Explanation {one.id}: {one.title}", inner)
    titles = {one.id: one.title for one in matrix.hypotheses}
    for item in matrix.items:
        if wanted == item.id.lower():
            marks = tuple(Row((key, mark, titles[key])) for key, mark in item.marks.items())
            rows = [("stated", ", ".join(item.stated)), ("because", item.because)]
            inner = (
                Paragraph(item.says, 2, 2),
                Paragraph("counts where", 2),
                *conditions(item.when, 4, True),
                _table(rows),
                Table((Column(), Column(), Column(flex=True)), marks, 4),
                *basis,
            )
            yield Section(f"Evidence {item.id}", inner)


# -- conclusions, cases, the pack


def _conclusions(pack: Pack) -> list[str]:
    return sorted({name for rule in pack.rules for name in rule.then.conclude})


def _makers(pack: Pack, name: str) -> list[str]:
    return [rule.id for rule in pack.rules if name in rule.then.conclude]


def _conclusion(pack: Pack, name: str) -> Section:
    asked = [
        rule.id for rule in pack.rules if any(isinstance(n, Concluded) and n.name == name for n in walk(rule.when))
    ]
    made = tuple(Row(("concluded by", f"{rule.id}: {rule.title}")) for rule in pack.rules if name in rule.then.conclude)
    rows = (*made, Row(("asked for by", ", ".join(asked) or "no rule: it is for readers")))
    return Section(f"Conclusion {name}", (Table((Column(), Column(flex=True)), rows),))


def _cases(pack: Pack, wanted: str) -> Iterator[Section]:
    """A historical case by its id or its title."""
    if not _there(pack, "precedents.yaml"):
        return
    from escalation.analysis.history import case_files, past_cases
    from escalation.analysis.precedents import load_plan

    plan = load_plan(pack)
    files = {os.path.splitext(os.path.basename(path))[0]: os.path.normpath(path) for path in case_files(plan.cases)}
    for case in past_cases(plan.cases, pack):
        if wanted in (case.id.lower(), case.title.lower()):
            rows = [
                ("as of", day(case.as_of)),
                ("read as", ", ".join(case.perceivers)),
                ("file", files.get(case.id, "")),
            ]
            rows += [(path, text) for path, text in case.coded.items()]
            rows += _case_sources(pack, files.get(case.id, ""))
            yield Section(f"Case {case.id}: {case.title}", (_table(rows),))


def _case_sources(pack: Pack, file: str) -> list[tuple[str, str]]:
    """The sources that a case lists; fact by fact they are in its file."""
    scenario = load_scenario(file, pack.vocabulary) if file else None
    found = []
    for source in scenario.sources.values() if scenario else ():
        head = ", ".join(part for part in (source.publisher, when(source.date), source.grade) if part)
        found.append((f"source {source.id}", ". ".join(part for part in (head, source.title, source.url) if part)))
    return found


def _pack(pack: Pack) -> Section:
    rows = [
        ("version", pack.version),
        ("read as", ", ".join(pack.perceivers)),
        ("known to", f"{when(pack.knowledge_to)}: the rules were written with knowledge to that day"),
        ("rules", f"{len(pack.rules)} in {counted(len({rule.mark.file for rule in pack.rules}), 'file')}"),
        ("scales", listed([scale.name for scale in pack.scales])),
        ("levels", listed([level.name.upper() for level in pack.levels])),
        ("factors", listed([factor.name for factor in pack.factors])),
        ("images", listed(list(pack.profiles))),
        ("last change", f"{when(pack.frozen.on)}, of what is able to move a rating" if pack.frozen.on else ""),
        ("where", "pack.yaml"),
    ]
    limits = {
        "weakest_grade": "weakest grade {}",
        "most_judgements": "at most {} judgements",
        "most_assumed": "at most {} assumed",
        "least_margin": "a margin of {} or more",
        "most_range_levels": "a range of {} levels at most",
    }
    levels = []
    for row in pack.confidence:
        asked = [text.format(value) for name, text in limits.items() if (value := getattr(row, name)) is not None]
        levels.append(Row((row.level, listed(asked) or "otherwise")))
    blocks: list[Block] = [_table(rows), Paragraph("confidence, the first row that is met", 2)]
    blocks += [Table((Column(), Column(flex=True)), tuple(levels), 4), Paragraph("limits, on every report", 2)]
    blocks += [Paragraph(text, 4, 2) for text in pack.caveats]
    return Section(f"Pack {pack.name}", tuple(blocks))


# -- words and labels


def _words(pack: Pack, wanted: str) -> Iterator[Section]:
    """A word of the vocabulary, by itself or by its label, in each field that has it."""
    for field in pack.vocabulary.fields.values():
        if field.member_of is not None:
            continue
        for word, about in field.words.items():
            if wanted in (word.lower(), about.label.lower()):
                yield _word(pack, field, word)


def _word(pack: Pack, field: Field, word: str) -> Section:
    label, meaning = field.words[word].label, field.words[word].meaning
    place = field.order.index(word) + 1 if word in field.order else 0
    told = f"{place} of {len(field.order)}, from least to most escalatory" if place else ""
    readers = [rule.id for rule in pack.rules if any(_passes(node, field, word) for node in walk(rule.when))]
    rows = [
        ("label", label),
        ("meaning", meaning),
        ("place", told),
        ("passes tests of", ", ".join(readers) or "no rule"),
    ]
    rows += [("field", field.key), ("where", where(field.mark.file, field.mark.line))]
    return Section(f"Word {word} of {field.key}", (_table(rows),))


def _passes(node: Condition, field: Field, word: str) -> bool:
    return isinstance(node, Test) and node.field.key == field.key and truth(only(word), node.accept) == YES


def _title(text: str) -> str:
    """A title as it may be typed: in lower case, without the mark of a judgement."""
    return text.lower().removesuffix("(j)").strip()


def _there(pack: Pack, file: str) -> bool:
    return os.path.isfile(os.path.join(pack.folder, "analysis", file))


def _table(rows: Iterable[tuple[str, str]]) -> Table:
    return Table((Column(), Column(flex=True)), tuple(Row(row) for row in rows if row[1]))
