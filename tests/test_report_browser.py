"""The report in a real browser: it opens in silence, filters, answers what-if as the engine does, and prints.

Needs Playwright (`pip install playwright`) and Debian's Chromium (`apt-get install chromium`, or its path in CHROMIUM).
Nothing is downloaded by a test.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import CHROMIUM, PHONE, Opened, barriers, scrolls_sideways, unreached
from tests.support.command import ROOT
from tests.test_report import hostile

from escalation import assess
from escalation.analysis.decisions import decisions

pytest.importorskip("jinja2", reason="the report needs the extra web")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here: apt-get install chromium, or set CHROMIUM"),
]
PATRIOT, ATACMS = ROOT / "scenarios" / "us-patriot-2022.yaml", ROOT / "scenarios" / "us-atacms-2022.yaml"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from escalation.web.page import report

    folder = tmp_path_factory.mktemp("report")
    founds = {"one": [PATRIOT], "two": [PATRIOT, ATACMS], "hostile": [hostile(folder / "hostile.yaml", 5)]}
    for name, paths in founds.items():
        (folder / f"{name}.html").write_text(report([assess(path) for path in paths]), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in founds}


def test_it_filters_opens_rules_and_prints(browser: Any, files: dict[str, Path], tmp_path: Path) -> None:
    found = assess(PATRIOT)
    with Opened(browser, files["one"].as_uri()) as page:
        rules = page.locator("details.rule")
        assert rules.count() == len(found.pack.rules)
        for kind in ("near", "cannot", "far"):
            page.locator(f".show-{kind}").uncheck()
        visible = page.locator("details.rule:visible .id").all_inner_texts()
        assert visible == [line.rule.id for line in found.ledger.rules if line.state == 2]
        page.locator("#s1-rol-50 summary").focus()
        page.keyboard.press("Enter")
        assert page.locator("#s1-rol-50 table").is_visible()
        printed = page.pdf(path=tmp_path / "out.pdf")
        assert printed.startswith(b"%PDF")
        assert page.locator("#s1-rol-10").get_attribute("open") is None  # as it was before


def test_the_keyboard_reaches_the_filter_and_the_controls(browser: Any, files: dict[str, Path]) -> None:
    with Opened(browser, files["one"].as_uri()) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.tagName + '.' + document.activeElement.className"))
        assert {"SELECT.", "BUTTON.", "INPUT.show-fired", "BUTTON.open-all", "SUMMARY."} <= reached


@pytest.mark.parametrize("name", ["one", "two", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_has_no_barrier(browser: Any, files: dict[str, Path], name: str, scheme: str) -> None:
    with Opened(browser, files[name].as_uri(), color_scheme=scheme) as page:
        assert barriers(page) == []
        assert scheme == "dark" or unreached(page) == []


def test_what_if_says_what_the_engine_says(browser: Any, files: dict[str, Path]) -> None:
    found = assess(PATRIOT)
    table, names = decisions(found), [level.name.upper() for level in found.pack.levels]
    fired_now = set(found.fired)
    picked = random.Random(8)
    with Opened(browser, files["one"].as_uri()) as page:
        selects = page.locator("form.what-if select").all()
        for _ in range(12):
            chosen = [picked.randrange(len(control.choices)) for control in table.controls]
            for select, choice in zip(selects, chosen, strict=True):
                select.select_option(str(choice))
            said = page.locator(".outcome").text_content()
            after = table.outcome(chosen)
            for scale, level, total in zip(found.pack.scales, after.levels, after.totals, strict=True):
                assert f"{scale.name}: {names[level - 1]}, {total} points" in said
            fired = {found.pack.rules[i].id for i in table.fired(after)}
            on, _, off = said.partition("Rules that switch off:")
            assert {rule for rule in fired - fired_now if rule in on} == fired - fired_now
            assert {rule for rule in fired_now - fired if rule in off} == fired_now - fired
        page.locator("form.what-if button[type=reset]").click()
        page.get_by_text("as now").first.wait_for()


@pytest.mark.parametrize("name", ["one", "two", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_page_does_not_scroll_sideways(browser: Any, files: dict[str, Path], name: str, scheme: str) -> None:
    with Opened(browser, files[name].as_uri(), viewport=PHONE, color_scheme=scheme) as page:
        assert not scrolls_sideways(page)
        assert page.locator("h1").is_visible()


def test_it_can_be_read_without_javascript(browser: Any, files: dict[str, Path]) -> None:
    with Opened(browser, files["one"].as_uri(), java_script_enabled=False) as page:
        assert not page.locator("form.what-if").is_visible()
        page.locator("details.alone summary").click()
        assert page.locator("details.alone table").is_visible()
        page.locator(".show-fired").uncheck()
        assert page.locator("details.fired:visible").count() == 0
