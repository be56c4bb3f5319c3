"""What stands beside a rating: the right rows for the right reason, printed by one piece of code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.support.command import ROOT, run

from escalation.assess import Assessment, assess
from escalation.beside import beside
from escalation.edits import edited
from escalation.ledger import CANNOT_TELL, YES
from escalation.pack import load_pack
from escalation.scenario import load_scenario

PACK = load_pack()
LEVELS = [level.name for level in PACK.levels]
PATRIOT = ROOT / "scenarios/us-patriot-2022.yaml"
CASES = ROOT / "scenarios/casebook"
SPHERES = ("political", "economic", "military")


def rated(path: Path = PATRIOT, *changes: str) -> Assessment:
    scenario = load_scenario(path, PACK.vocabulary)
    return assess(edited(scenario, PACK.vocabulary, changes) if changes else scenario, PACK, engine="ledger")


def rows(found: Assessment, name: str):
    return next((one.rows for one in beside(found) if one.panel.name == name), ())


# -- rows about levels


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.glob("us-*.yaml")))
def test_rows_about_levels_cover_the_range_and_nothing_else(name: str) -> None:
    found = rated(CASES / name)
    reached = set(range(found.rating.low, found.rating.high + 1))
    for panel in ("settled_by", "responses"):
        assert {level for row in rows(found, panel) for level in row.levels} == reached


def test_there_is_an_answer_for_every_level_sphere_and_horizon() -> None:
    panel = next(panel for panel in PACK.panels if panel.name == "responses")
    found = [(LEVELS[level - 1], *row.cells[:2]) for row in panel.rows for level in row.levels]
    wanted = {(level, sphere, horizon) for level in LEVELS for sphere in SPHERES for horizon in ("short", "longer")}
    assert sorted(found) == sorted(wanted)
    assert all(all(row.cells) for row in panel.rows)


def test_every_level_says_what_would_settle_it() -> None:
    panel = next(panel for panel in PACK.panels if panel.name == "settled_by")
    assert [LEVELS[level - 1] for row in panel.rows for level in row.levels] == LEVELS


# -- rows about pathways


def test_every_pathway_is_shown_with_the_fired_rules_that_touch_it() -> None:
    found = rated(ROOT / "scenarios/us-atacms-2022.yaml")
    tags = {rule.id: rule.pathway for rule in PACK.rules}
    shown = {row.pathway: row.rules for row in rows(found, "pathways")}
    assert len(shown) == 4
    assert shown == {tag: tuple(name for name in found.fired if tag in tags[name]) for tag in shown}
    assert any(shown.values())
    assert not any(row.rules for row in rows(rated(), "pathways"))


def test_every_pathway_of_a_rule_has_its_row() -> None:
    explained = {row.pathway for panel in PACK.panels for row in panel.rows} - {""}
    assert {tag for rule in PACK.rules for tag in rule.pathway} == explained


# -- rows with a condition


@pytest.mark.parametrize(
    ("stigma", "tests"),
    [
        ("none", []),
        ("cluster_munition", ["cluster munitions", "Arms Trade Treaty"]),
        ("anti_personnel_mine", ["anti-personnel mines", "Arms Trade Treaty"]),
        ("depleted_uranium", ["depleted uranium", "Arms Trade Treaty"]),
        ("other", ["wide stigma", "Arms Trade Treaty"]),
    ],
)
def test_responsible_transfer_stands_beside_where_facts_call_for_it(stigma: str, tests: list[str]) -> None:
    plain, found = rated(), rated(PATRIOT, f"items.interceptor.stigma={stigma}")
    shown = rows(found, "responsible_transfer")
    assert [row.state for row in shown] == [YES] * len(tests)
    assert all(test in row.cells[0] for test, row in zip(tests, shown, strict=True))
    assert found.rating == plain.rating  # beside escalation, never in it


def test_a_row_that_cannot_be_told_is_shown_as_open() -> None:
    found = rated(PATRIOT, "items.interceptor.stigma=unknown")
    assert {row.state for row in rows(found, "responsible_transfer")} == {CANNOT_TELL}


def test_the_hard_case_of_the_mines_shows_it() -> None:
    text = " ".join(run(CASES / "us-apmines-2024.yaml").out.split())
    assert "RESPONSIBLE TRANSFER, BESIDE THE RATING AND NO PART OF IT" in text
    assert "non-persistent anti-personnel mines: anti-personnel mines" in text
    assert "RESPONSIBLE TRANSFER" not in run(PATRIOT).out


# -- on the page and as data


def test_panels_of_the_full_report_are_named_in_the_ordinary_one() -> None:
    ordinary, full = run(PATRIOT).out, run(PATRIOT, "--detail", "full").out
    title = next(panel.title for panel in PACK.panels if panel.detail == "full")
    assert f"With --detail full also: {title}" in ordinary
    assert title.upper() not in ordinary
    assert title.upper() in full


def test_json_holds_every_panel_with_its_reason() -> None:
    trace = json.loads(run(PATRIOT, "--format", "json").out)
    panels = {panel["name"]: panel for panel in trace["panels"]}
    assert list(panels) == ["pathways", "settled_by", "responses"]
    assert all(row["touched_by"] == [] for row in panels["pathways"]["rows"])
    assert {tuple(row["level"]) for row in panels["settled_by"]["rows"]} == {("limited",), ("moderate",)}
    assert panels["responses"]["rows"][0].keys() == {"level", "sphere", "horizon", "answer", "indicator"}
    assert "The cost of not sending is not rated." in trace["caveats"]


def copied(folder: Path, panels: str, note: str = "") -> Path:
    """The default pack in a folder of its own, with other panels, and with a note on its first rule."""
    shutil.copytree(PACK.folder, folder / "rules")
    (folder / "rules/panels.yaml").write_text(panels, encoding="utf-8")
    if note:
        path = folder / "rules/role.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("conclude: WEAPON}", f"conclude: WEAPON, note: {note}}}", 1), encoding="utf-8")
    return folder / "rules"


PANELS = """panels:
  mine:
    title: A panel of my own
    says: It needs no code.
    columns: [what, who]
    under: [who]
    rows:
      - {when: {concluded: WEAPON}, what: "{item.name} is a weapon.", who: anyone}
      - {when: {item: {role: deep_strike}}, what: never, who: nobody}
      - {pathway: p0_spiral, what: a, who: b}
      - {pathway: p1_imminent_nato_entry, what: a, who: b}
      - {pathway: p2_battlefield_effect, what: a, who: b}
      - {pathway: p3_regime_threat, what: a, who: b}
"""


def test_a_panel_is_data_alone(tmp_path: Path) -> None:
    pack = copied(tmp_path, PANELS, '{panel: mine, text: "A note on {item.name}."}')
    done = run(PATRIOT, "--rules", pack)
    assert (done.code, done.err) == (0, "")
    text = done.out
    assert "A PANEL OF MY OWN" in text
    assert "Patriot interceptor is a weapon." in text
    assert "who: anyone" in text
    assert "A note on Patriot interceptor." in text
    assert "ROL-10  A note" in text
    assert "never" not in text.split("A PANEL OF MY OWN")[1].split("\n\n")[0]


def test_notes_make_a_panel_that_no_table_declares(tmp_path: Path) -> None:
    pack = copied(tmp_path, PANELS, "{panel: legal_review, text: Ask counsel.}")
    assert "LEGAL REVIEW\n  ROL-10  Ask counsel." in run(PATRIOT, "--rules", pack).out
    [panel] = [
        p
        for p in json.loads(run(PATRIOT, "--rules", pack, "--format", "json").out)["panels"]
        if p["title"] == "Legal review"
    ]
    assert panel["rows"] == [{"rules": ["ROL-10"], "holds": "holds", "text": "Ask counsel."}]


def test_panels_move_no_rating(tmp_path: Path) -> None:
    pack = load_pack(copied(tmp_path, PANELS))
    for path in sorted(CASES.glob("u*.yaml"))[::4]:
        scenario = load_scenario(path, PACK.vocabulary)
        assert assess(scenario, pack, engine="ledger").ratings == assess(scenario, PACK, engine="ledger").ratings


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("columns: [what, who]", "columns: [what]", "KEY-1"),
        (", who: anyone}", "}", "KEY-2"),
        ("under: [who]", "under: [whom]", "WORD-1"),
        ("pathway: p0_spiral", "level: extreme", "WORD-1"),
        ("concluded: WEAPON", "concluded: WEAPONS", "RULE-14"),
        ("{item.name} is", "{item.names} is", "RULE-13"),
        ("pathway: p3_regime_threat, ", "", "PANEL-1"),
        ("pathway: p3_regime_threat", "level: high, pathway: p0_spiral", "PANEL-1"),
        ("pathway: p3_regime_threat", "pathway: p4_other", "PANEL-2"),
        ("columns:", "basis: [nobody]\n    columns:", "REF-2"),
        ("columns:", "detail: short\n    columns:", "WORD-1"),
    ],
)
def test_what_is_wrong_with_a_panel_is_told(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert old in PANELS
    done = run(PATRIOT, "--rules", copied(tmp_path, PANELS.replace(old, new, 1)))
    assert (done.code, done.out) == (2, "")
    assert f" {code} " in done.err
