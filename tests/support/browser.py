"""What tests in a browser share: a page that must stay silent and ask nobody else, and axe, which finds barriers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from tests.support.command import ROOT

AXE = (ROOT / "tests" / "data" / "axe" / "axe.min.js").read_text(encoding="utf-8")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
PHONE = {"width": 320, "height": 640}  # also what 400% zoom of a wide window comes to
_TABBABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']"


class Opened:
    """A page, with all that it said on the console and asked of the network.

    At its end nothing was said but what holds one of the words `expected`, and nobody was asked but those whose
    addresses start with one of `allowed`.
    """

    def __init__(
        self,
        browser: Any,
        where: str,
        allowed: tuple[str, ...] = ("file:",),
        expected: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        self.context = browser.new_context(**options)
        self.allowed, self.expected = (*allowed, "data:"), expected
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context.on("request", lambda request: self.asked.append(request.url))
        self.page = self.more()
        self.page.goto(where)

    def more(self) -> Any:
        """A further page of the same browser."""
        page = self.context.new_page()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self.dismiss)
        return page

    def dismiss(self, dialog: Any) -> None:
        self.said.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert [text for text in self.said if not any(word in text for word in self.expected)] == []
            assert all(url.startswith(self.allowed) for url in self.asked), self.asked


def barriers(page: Any) -> list[str]:
    """What axe finds on a page, by every rule that it runs of itself and that on the size of targets.

    Each is told with the first element that breaks it.
    """
    page.evaluate(AXE)
    found = page.evaluate("axe.run({rules: {'target-size': {enabled: true}}}).then((found) => found.violations)")
    return [f"{one['id']}: {one['help']}; {one['nodes'][0]['html'][:200]}" for one in found]


def unreached(page: Any) -> list[str]:
    """What the Tab key does not come by, from the top of the page to its end, or comes by without showing it."""
    page.evaluate(
        """(tabbable) => {
            document.activeElement.blur();
            window.left = new Set(Array.from(document.querySelectorAll(tabbable)).filter(
                (one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.type !== "hidden"));
            window.unseen = [];
        }""",
        _TABBABLE,
    )
    for _ in range(1_000):
        page.keyboard.press("Tab")
        ended = page.evaluate(
            """() => {
                const here = document.activeElement;
                if (here === document.body || window.first === here) return true;
                window.first = window.first || here;
                const style = getComputedStyle(here);
                const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
                if (!shown) window.unseen.push(here.outerHTML.slice(0, 200));
                window.left.delete(here);
                return false;
            }"""
        )
        if ended:
            break
    left: list[str] = page.evaluate("[...window.left].map((one) => one.outerHTML.slice(0, 200)).concat(window.unseen)")
    return left


def scrolls_sideways(page: Any) -> bool:
    """Whether a page is wider than its window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


def saved(path: Path, old: str, new: str) -> None:
    """Change a file as an editor elsewhere does."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
