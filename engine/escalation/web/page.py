"""The report as one HTML file: no network, no clock, a strict Content-Security-Policy, readable without JavaScript.

Style and script are inlined, and the policy names their digests, so that nothing else runs or loads whatever a scenario
holds. Every text is made safe and escaped in one place, by the environment of the templates: `finalize` shows control
and bidi characters as escapes, autoescaping does the rest. Equal inputs give equal bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from escalation import __version__
from escalation.analysis.compare import compare
from escalation.analysis.rated import one_pack
from escalation.assess import Assessment
from escalation.render import compare as compare_pages
from escalation.render.explain import cited
from escalation.render.layout import Block
from escalation.render.safe import safe
from escalation.render.words import day, levels, perceiver
from escalation.web.view import BRIEF, STATES, WHOLE, View, view_of

__all__ = ["ATTRIBUTED", "FOLDER", "Basis", "bases_of", "environment", "report"]

FOLDER = os.path.dirname(os.path.abspath(__file__))
ATTRIBUTED = 6
"""Scenarios up to which each is compared with the first, fact by fact; a matrix shows any number."""
_WORD, _HUGE = 28, 300  # letters
_BRIEF_FROM = 4  # scenarios from which each is told more briefly


class _Compared(NamedTuple):
    """How several scenarios compare: the names that tell them apart, and the pages of the attribution."""

    names: tuple[str, ...]
    blocks: Sequence[Block]


class Basis(NamedTuple):
    """A source of the pack: its id, and what it is in words."""

    id: str
    says: str


def environment() -> Environment:
    """The templates, with what they all need: safe text, kinds of blocks, data for scripts."""
    found = Environment(
        loader=FileSystemLoader(os.path.join(FOLDER, "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    found.filters.update(kind=lambda block: type(block).__name__, data=_data, slug=_slug, long=_long, clamped=_clamped)
    found.globals.update(states=STATES, level_words=levels, perceiver=perceiver, day=day)
    return found


def report(founds: Sequence[Assessment]) -> str:
    """The report on one assessment or several, as the text of an HTML file."""
    size = WHOLE if len(founds) < _BRIEF_FROM else BRIEF
    views = [view_of(found, f"s{i}", size) for i, found in enumerate(founds, 1)]
    style, script = _asset("style.css"), _asset("report.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = (
        environment()
        .get_template("report.html")
        .render(
            views=views,
            compared=_compared(views) if len(views) > 1 else None,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=Markup(policy),  # noqa: S704 - made above
            version=__version__,
            most=ATTRIBUTED,
            shared=len(views) > 1 and one_pack(founds),
            bases=bases_of(founds),
        )
    )
    return "\n".join(line.rstrip() for line in page.split("\n") if line.strip()) + "\n"


def _compared(views: Sequence[View]) -> _Compared:
    founds = [view.found for view in views]
    names = tuple(compare_pages.names_of(founds))
    alike = one_pack(founds) and len(founds) <= ATTRIBUTED
    return _Compared(names, compare_pages.blocks(compare(founds)) if alike else [])


def bases_of(founds: Sequence[Assessment]) -> list[Basis]:
    """Everything that a rule rests on, by name, each once."""
    told: dict[str, str] = {}
    for pack in {id(found.pack): found.pack for found in founds}.values():
        for name in (name for rule in pack.rules for name in rule.basis):
            told.setdefault(name, cited(pack, name))
    return [Basis(name, told[name]) for name in sorted(told)]


def _shown(value: Any) -> Any:
    """Text as it may stand in a page, before it is escaped; what the templates made themselves is left alone."""
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data(value: Any) -> Markup:
    """Data for a script element: JSON in which no character can end the element or start a comment."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped


def _slug(text: str) -> str:
    """The letters and digits of a text, for an anchor."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())[:60]


def _long(text: str) -> bool:
    """Whether a text has a word so long that its cell must break it."""
    return any(len(word) > _WORD for word in text.split())


def _clamped(text: str) -> str:
    """A text as it is; one with a word of hundreds of letters in a box that scrolls, so that the rest is in sight."""
    if max(map(len, text.split()), default=0) <= _HUGE:
        return text
    return Markup('<span class="clamp" tabindex="0">{}</span>').format(safe(text))


def _asset(name: str) -> str:
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return "\n" + "\n".join(line.strip() for line in file if line.strip()) + "\n"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
