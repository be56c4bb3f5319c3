"""From any line of the full report to the rule, its basis and its source in two steps.

Every line of a report is taken apart into the names in it. The first step is `assess explain NAME`; the second is the
source that the page cites, or a further name on it. A line about a fact ends at its source in the scenario.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from tests.support.command import ROOT, run

from escalation import Assessment, assess, load_pack
from escalation.analysis.history import past_cases
from escalation.analysis.precedents import load_plan
from escalation.cli.explain import command
from escalation.render.explain import explained, known
from escalation.render.layout import Block, Paragraph, Section, Verbatim, page
from escalation.render.panels import blocks

PACK = load_pack()
SCENARIOS = ["us-patriot-2022", "us-atacms-2022", "us-kharkiv-permission-2024", "every-feature"]
TABLES = ("What followed earlier", "Rival explanations")


@cache
def rated(name: str) -> Assessment:
    return assess(ROOT / f"scenarios/{name}.yaml")


def lines(found: list[Block], above: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every line of a report, with what stands above it: the heading, and in a list of conditions the rule."""
    head: tuple[str, ...] = ()
    for block in found:
        if isinstance(block, Section):
            yield from lines(list(block.blocks), (block.title,))
        elif isinstance(block, Paragraph):
            if re.match(r"[A-Z]+-[0-9]+ ", block.text):
                head = (block.text,)
            yield block.text, (*above, *head)
        elif isinstance(block, Verbatim):
            yield from ((line, above) for line in block.lines if line.strip())
        else:
            for row in block.rows:
                yield " ".join([*row.cells, *row.under]), (*above, *head)


@cache
def names() -> dict[str, str]:
    """Every name that a report may print, in lower case, with itself."""
    vocabulary = PACK.vocabulary
    kinds = {name.lower(): name for name in known(PACK)}
    labels = [field.label for field in vocabulary.fields.values() if field.member_of is None]
    labels += [factor.label for factor in PACK.factors]
    labels += [panel.title.removesuffix(" (J)") for panel in PACK.panels]
    labels += [row.pathway.partition("_")[0] for panel in PACK.panels for row in panel.rows if row.pathway]
    labels += [case.title for case in past_cases(load_plan(PACK).cases, PACK)]
    labels += ["nearest earlier cases", "what followed earlier warnings", "limits", "confidence"]
    return {**{label.lower(): label for label in labels}, **kinds}


@cache
def pattern() -> re.Pattern[str]:
    longest_first = sorted(names(), key=len, reverse=True)
    return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])", re.IGNORECASE)


def named(text: str) -> list[str]:
    """The names in a line, each once."""
    return list(dict.fromkeys(match[0].lower() for match in pattern().finditer(text.replace("\xa0", " "))))


@cache
def shown(name: str) -> str:
    """The page of a name, on one line; "" if there is none."""
    return " ".join(page(explained(PACK, name)).split())


def cites(text: str) -> bool:
    """Whether a page names a source in words, or is about one."""
    return any((source.title or source.publisher) in text for source in PACK.sources.values()) or bool(
        re.match("SOURCE ", text) or re.search(" source [a-z0-9-]+ [A-Z]", text)
    )


def leads_to_a_source(name: str) -> bool:
    """Whether the page of a name cites a source, or names something whose page does."""
    first = shown(name)
    if not first:
        return False
    return cites(first) or any(cites(shown(other)) for other in named(first))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_line_leads_to_its_rule_and_its_source_in_two_steps(name: str) -> None:
    found = rated(name)
    titles = [block.title for block in blocks(found, "full") if isinstance(block, Section)]
    own_words = (found.scenario.title, found.scenario.banner)
    lost = []
    walked = 0
    for text, above in lines(blocks(found, "full")):
        walked += 1
        inside = named(text) or [one for part in reversed(above) for one in named(part)]
        of_the_file = text in own_words or above == ("Sources",) or re.search(r"\(@[0-9]+\)", text)
        below = re.search(r"(every [a-z]+), below", text)
        if below:
            assert below[1].capitalize() in titles
        if not (of_the_file or below or any(leads_to_a_source(one) for one in inside)):
            lost.append(text)
    assert walked > 150
    assert lost == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_fact_in_a_line_leads_to_its_source(name: str) -> None:
    """A test ends with grade, line and source in brackets: that line states it, and the foot has the source."""
    found = rated(name)
    text = (ROOT / f"scenarios/{name}.yaml").read_text(encoding="utf-8").splitlines()
    all_lines = [line.replace("\xa0", " ") for line, _ in lines(blocks(found, "full"))]
    foot = [line.split()[0] for line, above in lines(blocks(found, "full")) if above == ("Sources",)]
    assert foot == list(found.scenario.sources)
    seen = 0
    for line in all_lines:
        for place, source in re.findall(r"\[[FJA] [A-F][1-6] @(\d+) (\S+)\]", line):
            assert source in foot
            assert text[int(place) - 1].strip()
            seen += 1
    assert seen > 20 or name == "every-feature"


def test_every_rule_page_names_basis_and_source() -> None:
    for rule in PACK.rules:
        text = shown(rule.id)
        for source in rule.basis:
            assert f"{source}:" in text
            assert shown(source).lower().startswith(f"source {source}")
        assert rule.assumption.split(".")[0] in text
        assert f"{rule.mark.file.split('/')[-1]}:{rule.mark.line}" in text


# -- what else can be explained


@pytest.mark.parametrize("name", sorted(known(PACK)))
def test_every_name_that_is_completed_is_explained(name: str) -> None:
    assert shown(name)


def test_panels_by_name_and_by_title() -> None:
    for panel in PACK.panels:
        text = shown(panel.name)
        assert text.lower().startswith(f"panel {panel.name}:")
        assert shown(panel.title) == shown(panel.title.upper()) == text
        for row in panel.rows:
            assert all(" ".join(cell.split()) in text for cell in row.cells)
        assert all(f"{source}:" in text for source in panel.basis)


def test_pathways_with_the_rules_that_touch_them() -> None:
    rows = [row for panel in PACK.panels for row in panel.rows if row.pathway]
    assert rows
    for row in rows:
        text = shown(row.pathway)
        assert text.startswith(f"PATHWAY {row.pathway}")
        assert text == shown(row.pathway.split("_")[0])
        touching = [rule.id for rule in PACK.rules if row.pathway in rule.pathway]
        assert [one for one in re.findall(r"[A-Z]{3}-[0-9]+", text) if PACK.rule(one)] == touching
        assert ("No rule touches it." in text) == (not touching)


def test_rival_explanations_and_their_evidence() -> None:
    from escalation.analysis.ach import load_hypotheses

    matrix = load_hypotheses(PACK)
    for one in matrix.hypotheses:
        text = shown(one.id)
        assert one.says in text
        assert one.watch in text
        assert shown(one.title) == text
        for item in matrix.items:
            assert f"{item.id} {item.marks[one.id]} " in text
    for item in matrix.items:
        assert item.because in shown(item.id)
        assert all(f"{key} {mark} " in shown(item.id) for key, mark in item.marks.items())


def test_conclusions_with_who_makes_and_who_asks() -> None:
    assert (
        shown("WEAPON") == "CONCLUSION WEAPON concluded by ROL-10: a weapon asked for by ROL-40, PRM-10, PRM-60, PRC-20"
    )


def test_a_word_of_the_vocabulary_with_the_rules_whose_tests_it_passes() -> None:
    text = run("explain", "deep strike").out
    assert text.startswith("WORD deep_strike OF item.role\n")
    assert text == run("explain", "deep_strike").out
    [passes] = re.findall(r"passes tests of +(.+?)\n +field", text, re.S)
    assert {"ROL-20", "ROL-30"} <= set(passes.replace("\n", " ").replace(",", " ").split())
    assert "ROL-50" not in passes


def test_a_case_by_its_id_and_by_its_title() -> None:
    text = run("explain", "de-gepard-2022").out
    assert text == run("explain", "Gepard self-propelled anti-aircraft guns").out
    assert "casebook/de-gepard-2022.yaml" in "".join(text.split())  # a long path is broken over lines
    assert "observed.outcome" in text


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("settled_bye", "settled_by"),
        ("p2_battlefield_efect", "p2_battlefield_effect"),
        ("INTERCEPT_RNAGE", "INTERCEPT_RANGE"),
        ("ACH-200", "ACH-20"),
        ("targt reach", "target reach"),
    ],
)
def test_a_misspelt_name_is_suggested(wrong: str, meant: str) -> None:
    found = run("explain", wrong)
    assert found.code == 2
    assert f"did you mean {meant}" in found.err


@pytest.mark.parametrize("start", ["settled", "p1", "H", "WEAP", "preced", "ACH-1"])
def test_the_shell_completes_them(start: str) -> None:
    from click.shell_completion import ShellComplete

    complete = ShellComplete(command, {}, "assess", "_C")
    words = [item.value for item in complete.get_completions([], start)]
    assert words
    assert all(word.lower().startswith(start.lower()) for word in words)


def test_a_pack_without_any_of_it_can_be_explained(tmp_path) -> None:
    import shutil

    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder, ignore=shutil.ignore_patterns("analysis", "panels.yaml"))
    for file in folder.glob("*.yaml"):
        kept = re.sub(r"\n    pathway: .*", "", file.read_text(encoding="utf-8"))
        file.write_text(re.sub(r"\n( +)note:\n(\1 +.*\n)+", "\n", kept), encoding="utf-8")
    found = run("explain", "ROL-10", "--rules", folder)
    assert found.code == 0, found.err
    assert run("explain", "H1", "--rules", folder).code == 2
    assert run("explain", "settled_by", "--rules", folder).code == 2
