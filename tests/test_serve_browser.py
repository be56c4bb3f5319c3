"""The review application in a real browser: read, edit, ask, compare and review, by mouse, keyboard and screen reader.

Needs Playwright and Debian's Chromium, as `test_report_browser.py` does. Nothing is downloaded by a test. Every page
must be silent on the console and ask nobody but the application; `Opened` asserts both.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.browser import CHROMIUM, PHONE, Opened, barriers, saved, scrolls_sideways, unreached
from tests.support.command import ROOT
from tests.support.served import Served, served
from tests.test_report import hostile

from escalation import assess

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
for module in ("starlette", "uvicorn"):
    pytest.importorskip(module, reason="the application needs the extra web")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here: apt-get install chromium, or set CHROMIUM"),
]
SCENARIOS = ROOT / "scenarios"
PATRIOT, ATACMS = "us-patriot-2022.yaml", "us-atacms-2022.yaml"
CREW = "supplier_personnel: unknown"
CREWED = "supplier_personnel: supplier_crews_in_recipient"
PAGES = {
    "list": "/",
    "empty list": "/?q=zzz",
    "scenario": f"/s/{PATRIOT}",
    "image": f"/s/{PATRIOT}?profile=range_driven",
    "broken": "/s/broken.yaml",
    "edit": f"/s/{PATRIOT}/edit",
    "edit broken": "/s/broken.yaml/edit",
    "what-if": f"/s/{PATRIOT}/what-if?set=transfer.supplier_personnel%3Dsupplier_crews_in_recipient",
    "what-if wrong": f"/s/{PATRIOT}/what-if?set=nothing%3D1",
    "flip": f"/s/{PATRIOT}/flip?to=up",
    "why": f"/s/{PATRIOT}/rule/ROL-50",
    "review": f"/s/{PATRIOT}/review",
    "compare": f"/compare?s={PATRIOT}&s={ATACMS}",
    "rules": "/rules",
    "rule": "/rules/RCH-10",
    "code": "/codes/KEY-1",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def fill(folder: Path) -> Path:
    for name in (PATRIOT, ATACMS, "ir-ballistic-2022.yaml"):
        shutil.copy(SCENARIOS / name, folder / name)
    shutil.copy(SCENARIOS / PATRIOT, folder / "broken.yaml")
    saved(folder / "broken.yaml", "role:", "rolle:")
    return folder


class Visitors:
    """Browsers on one running application; each gets the next link."""

    def __init__(self, browser: Any, running: Served) -> None:
        self.browser, self.running, self.folder = browser, running, running.folder

    def open(self, path: str = "/", expected: tuple[str, ...] = (), **options: Any) -> Opened:
        link = self.running.link()
        self.origin = link.partition("/enter")[0]
        opened = Opened(self.browser, link, (self.origin,), expected, **options)
        opened.page.wait_for_url(f"{self.origin}/")
        if path != "/":
            opened.page.goto(self.origin + path)
        return opened


@pytest.fixture(scope="module")
def shared(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    with served(fill(tmp_path_factory.mktemp("folder"))) as found:
        yield Visitors(browser, found)


@pytest.fixture
def own(browser: Any, tmp_path: Path) -> Iterator[Visitors]:
    with served(fill(tmp_path)) as found:
        yield Visitors(browser, found)


# -- every page


@pytest.fixture(scope="module")
def wide(shared: Visitors) -> Iterator[Any]:
    with shared.open() as page:
        yield page


@pytest.fixture(scope="module")
def narrow(shared: Visitors) -> Iterator[Any]:
    with shared.open(viewport=PHONE, color_scheme="dark", reduced_motion="reduce") as page:
        yield page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_barrier_and_the_keyboard_reaches_all_of_it(shared: Visitors, wide: Any, name: str) -> None:
    wide.goto(shared.origin + PAGES[name])
    assert barriers(wide) == []
    assert unreached(wide) == []
    assert not scrolls_sideways(wide)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_in_the_dark(shared: Visitors, narrow: Any, name: str) -> None:
    narrow.goto(shared.origin + PAGES[name])
    assert barriers(narrow) == []
    assert not scrolls_sideways(narrow)


def test_pages_that_tell_of_something_wrong(shared: Visitors) -> None:
    with shared.open(expected=("404", "422")) as page:
        for path in ("/s/nothing.yaml", "/rules/NO-1", "/s/broken.yaml/review"):
            page.goto(shared.origin + path)
            assert barriers(page) == []
            assert unreached(page) == []


# -- reading


def test_open_filter_and_open_a_rule(own: Visitors) -> None:
    found = assess(SCENARIOS / PATRIOT)
    with own.open() as page:
        page.locator("#q").fill("patriot air")
        page.get_by_text("1 of 4 scenarios").wait_for()
        page.get_by_role("link", name="Patriot air-defence battery to Ukraine").click()
        for kind in ("near", "cannot", "far"):
            page.locator(f".show-{kind}").uncheck()
        shown = page.locator("details.rule:visible .id").all_inner_texts()
        assert shown == [line.rule.id for line in found.ledger.rules if line.state == 2]
        page.locator("#s1-rol-50 > summary").click()
        page.locator("#s1-rol-50").get_by_role("link", name="Why it fired").click()
        assert "ROL-50 in" in page.locator("h1").inner_text()
        page.get_by_role("link", name="In the ledger").click()
        page.locator("#s1-rol-50[open]").wait_for()
        page.locator("#s1-rol-50").get_by_role("link", name="The rule").click()
        assert page.locator("h1").inner_text().startswith("Rule ROL-50")
        page.get_by_role("link", name="fires", exact=True).first.click()
        assert "ROL-50 in" in page.locator("h1").inner_text()


def test_compare_two_from_the_list_by_keyboard_alone(own: Visitors) -> None:
    with own.open() as page:
        for name in ("Compare Patriot air-defence battery to Ukraine", "Compare ATACMS"):
            page.get_by_label(name).focus()
            page.keyboard.press("Space")
        page.get_by_role("button", name="Compare those marked").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/compare?**")
        assert page.get_by_text("rates two levels").count() == 1
        first, second = page.locator("form.ask select[name=s]").all()
        assert {first.input_value(), second.input_value()} == {PATRIOT, ATACMS}


def test_a_page_prints_without_its_forms(shared: Visitors, wide: Any) -> None:
    wide.goto(f"{shared.origin}/s/{PATRIOT}")
    printed = wide.pdf()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 3
    wide.locator("#s1-rol-50 > summary").click()
    assert wide.locator("#s1-rol-50 .record").is_visible()
    wide.emulate_media(media="print")
    for part in ("header.app", "nav.around", "nav.contents", "form.ask", "#s1-rol-50 .record", "#s1-rol-50 .tools"):
        assert wide.locator(part).is_hidden(), part
    assert wide.locator("#s1-rol-50 .conditions").is_visible()
    assert wide.locator("h1").is_visible()
    assert wide.locator(".wide-picture .bar:visible").count() > 3
    wide.emulate_media(media="screen")


def test_a_file_that_changes_on_disk_shows_with_the_place_kept(own: Visitors) -> None:
    with own.open(f"/s/{PATRIOT}") as page:
        page.locator(".show-far").uncheck()
        page.locator("#s1-rol-50 > summary").click()
        top = page.evaluate("scrollY")
        saved(own.folder / PATRIOT, CREW, CREWED)
        page.get_by_text("The page shows it as it is now").wait_for()
        after = assess(own.folder / PATRIOT).rating
        assert after.name.upper() in page.locator(".chip").first.inner_text()
        assert page.locator("#s1-rol-50").get_attribute("open") is not None
        assert not page.locator(".show-far").is_checked()
        assert page.evaluate("document.activeElement.parentElement.id") == "s1-rol-50"
        assert abs(page.evaluate("scrollY") - top) < 400
        saved(own.folder / PATRIOT, "role:", "rolle:")
        page.get_by_text("1 problem in the file").wait_for()


def test_what_cannot_be_answered_is_once_the_file_is_mended(own: Visitors) -> None:
    with own.open("/s/broken.yaml/what-if", expected=("422",)) as page:
        assert page.get_by_text("did you mean role?").count() == 1
        saved(own.folder / "broken.yaml", "rolle:", "role:")
        page.get_by_label("Fact", exact=True).wait_for()


def test_the_list_follows_the_folder(own: Visitors) -> None:
    with own.open() as page:
        assert page.get_by_text("4 of 4 scenarios").count() == 1
        shutil.copy(SCENARIOS / "every-feature.yaml", own.folder / "new.yaml")
        page.get_by_text("5 of 5 scenarios").wait_for()


# -- asking


def test_what_if_takes_one_change_after_the_other(own: Visitors) -> None:
    with own.open(f"/s/{PATRIOT}/what-if") as page:

        def change(path: str, value: str) -> None:
            page.get_by_label("Fact", exact=True).select_option(path)
            if path.endswith(".range"):
                page.locator("#value-unit").wait_for()
                page.locator("input#value").fill(value)
            else:
                page.locator("select#value").select_option(value)
            page.get_by_role("button", name="Change it").click()

        change("transfer.supplier_personnel", "supplier_crews_in_recipient")
        page.get_by_text("Escalation goes from LIMITED to MODERATE").wait_for()
        change("items.interceptor.range", "300 mi")
        page.get_by_text("items.interceptor.range=300 mi", exact=True).wait_for()
        assert page.locator(".changes li").count() == 2
        page.get_by_role("link", name="Leave it as it is").first.click()
        page.locator(".changes li").nth(1).wait_for(state="detached")
        page.go_back()
        page.locator(".changes li").nth(1).wait_for()
        page.get_by_role("link", name="Leave it as it is").first.click()
        page.locator(".changes li").nth(1).wait_for(state="detached")
        change("items.interceptor.range", "much")
        page.locator(".problems").wait_for()


def test_what_moves_the_level_is_searched_on_the_page(own: Visitors) -> None:
    with own.open(f"/s/{PATRIOT}/flip") as page:
        page.get_by_label("To", exact=True).select_option("up")
        page.get_by_role("button", name="Search").click()
        page.get_by_text("Smallest sets of changes that move the level").wait_for()
        assert "to=up" in page.url  # the answer came into the page, and its address with it
        assert page.get_by_role("heading", name="Down to").count() == 0
        page.get_by_label("To", exact=True).select_option("down")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("heading", name="Down to").wait_for()
        page.go_back()
        page.get_by_role("heading", name="Up to").wait_for()


# -- editing


def test_edit_with_an_error_and_mend_it(own: Visitors) -> None:
    before = (own.folder / PATRIOT).read_text(encoding="utf-8")
    with own.open(f"/s/{PATRIOT}/edit") as page:
        text = page.get_by_label("Text of the scenario")
        assert text.input_value() == before
        text.fill(before.replace("role:", "rolle:"))
        page.get_by_text("1 problem; not rated").wait_for()
        assert "     ^^^^^" in page.locator("#findings pre").inner_text()
        assert page.get_by_text("did you mean role?").count() == 1
        line = before[: before.index("role:")].count("\n") + 1
        page.get_by_role("button", name=f"{PATRIOT}:{line}:5").click()
        at = page.evaluate("[document.activeElement.id, document.activeElement.selectionStart]")
        assert at == ["text", before.index("role:")]
        text.fill(before.replace(CREW, CREWED))
        page.get_by_text("Fires in this text only: INV-10, INV-30.").wait_for()
        assert (own.folder / PATRIOT).read_text(encoding="utf-8") == before
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.", exact=True).wait_for()
        assert (own.folder / PATRIOT).read_text(encoding="utf-8") == before.replace(CREW, CREWED)


def test_two_browsers_that_edit_one_file(own: Visitors) -> None:
    before = (own.folder / PATRIOT).read_text(encoding="utf-8")
    with own.open(f"/s/{PATRIOT}/edit") as first, own.open(f"/s/{PATRIOT}/edit", expected=("409",)) as second:
        first.get_by_label("Text of the scenario").fill(f"{before}# first\n")
        second.get_by_label("Text of the scenario").fill(f"{before}# second\n")
        first.get_by_role("button", name="Save").click()
        first.get_by_text("Saved.", exact=True).wait_for()
        second.get_by_text("The file has changed on disk").wait_for()  # and what is written stays
        assert second.get_by_label("Text of the scenario").input_value() == f"{before}# second\n"
        with second.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/edit")):
            second.get_by_role("button", name="Save").click()
        second.get_by_role("heading", name="Not saved").wait_for()
        assert second.get_by_label("Your text").input_value() == f"{before}# second\n"
        assert second.get_by_label("The file as it is now").input_value() == f"{before}# first\n"
        assert barriers(second) == []
        assert unreached(second) == []
        assert (own.folder / PATRIOT).read_text(encoding="utf-8") == f"{before}# first\n"
        second.get_by_role("button", name="Save mine over it").click()
        second.get_by_text("Saved.", exact=True).wait_for()
        assert (own.folder / PATRIOT).read_text(encoding="utf-8") == f"{before}# second\n"


def test_a_server_that_has_ended_is_told_and_the_text_stays(own: Visitors) -> None:
    with own.open(f"/s/{PATRIOT}/edit", expected=("ERR_CONNECTION_REFUSED",)) as page:
        page.get_by_label("Text of the scenario").fill("schema: 1\n")
        page.get_by_text("not rated").first.wait_for()
        own.running.process.terminate()
        page.get_by_text("The application has ended").wait_for()
        assert page.get_by_label("Text of the scenario").input_value() == "schema: 1\n"


# -- reviewing


def test_dispute_a_line_and_see_exactly_it_re_opened(own: Visitors) -> None:
    with own.open(f"/s/{PATRIOT}") as page:

        def say(rule: str, verdict: str, reason: str) -> None:
            part = page.locator(f"#s1-{rule.lower()}")
            if part.get_attribute("open") is None:
                part.locator("> summary").click()
            part.get_by_text("Accept, dispute or override").click()
            part.get_by_label("Verdict").select_option(verdict)
            part.get_by_label("Reason").fill(reason)
            part.get_by_label("Reviewer").fill("A. Reader")
            part.get_by_role("button", name="Record it").click()
            part.locator(".review").wait_for()

        say("WRN-50", "dispute", "the office is another")
        say("ROL-50", "accept", "")
        say("PRC-10", "accept", "")
        chips = page.locator("summary .review")
        assert chips.all_inner_texts() == ["accepted", "disputed", "accepted"]
        saved(own.folder / PATRIOT, "office: kremlin_spokesperson", "office: head_of_state")
        page.locator("#s1-wrn-50 .review.reopened").wait_for()
        assert chips.all_inner_texts() == ["accepted", "re-opened", "accepted"]
        assert page.locator("#s1-wrn-50 .review").inner_text() == "re-opened"
        page.get_by_role("link", name="re-opened").click()
        assert page.get_by_text("the line has changed since").count() == 1
        assert barriers(page) == []
        assert unreached(page) == []


# -- without a script, and with hostile text


def test_it_works_without_javascript(own: Visitors) -> None:
    with own.open(java_script_enabled=False) as page:
        page.locator("#q").fill("atacms")
        page.get_by_role("button", name="Search").click()
        assert page.get_by_text("1 of 4 scenarios").count() == 1
        page.goto(f"{own.origin}/s/{PATRIOT}/what-if")
        page.get_by_label("Fact", exact=True).select_option("transfer.supplier_personnel")
        page.get_by_label("Value").fill("supplier_crews_in_recipient")
        page.get_by_role("button", name="Change it").click()
        assert page.get_by_text("Escalation goes from LIMITED to MODERATE").count() == 1
        page.goto(f"{own.origin}/s/{PATRIOT}/edit")
        text = page.get_by_label("Text of the scenario")
        before = text.input_value()
        text.fill(before.replace("role:", "rolle:"))
        page.get_by_role("button", name="Check without saving").click()
        assert page.get_by_text("did you mean role?").count() == 1
        text.fill(f"{before}# more\n")
        page.get_by_role("button", name="Save").click()
        assert page.get_by_text("Saved.", exact=True).count() == 1
        page.goto(f"{own.origin}/s/{PATRIOT}/review")
        line = page.locator("#line-any option", has_text="ROL-50:").get_attribute("value")
        page.get_by_label("Line").select_option(line)
        page.get_by_label("Reviewer").first.fill("A. Reader")
        page.get_by_role("button", name="Record it").click()
        assert page.get_by_text("1 accepted").count() == 1


@pytest.mark.parametrize("act", ["", "/edit", "/what-if", "/review", "/rule/ROL-50"])
def test_hostile_text_does_nothing_and_can_be_read(hostile_folder: Visitors, act: str) -> None:
    options = {"viewport": PHONE} if act in ("", "/review") else {}
    with hostile_folder.open(f"/s/hostile.yaml{act}", **options) as page:
        assert page.locator("h1").is_visible()
        assert not scrolls_sideways(page)
        assert page.locator("img").count() == 0
        assert barriers(page) == []


@pytest.fixture(scope="module")
def hostile_folder(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    folder = tmp_path_factory.mktemp("hostile")
    hostile(folder / "hostile.yaml", 3)
    with served(folder) as found:
        yield Visitors(browser, found)
