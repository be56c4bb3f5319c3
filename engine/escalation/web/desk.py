"""What every page of the application is made from: the question asked, the cases, and the templates.

A handler is a plain function of a `Desk` and an `Ask` that gives a `Response`. It runs on a thread of its own under the
lock of the cases, and says what is wrong by raising: `Missing`, `Refused`, `InputError`. `serve.py` turns those into
pages and knows all the routes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, Response

from escalation import __version__
from escalation.assess import Assessment
from escalation.diagnostics import InputError, Problem
from escalation.digest import sha256
from escalation.render.problems import excerpt
from escalation.render.words import levels
from escalation.scenario import review_path
from escalation.web.cases import Case, Cases, digest_at
from escalation.web.page import FOLDER, environment
from escalation.web.security import Session
from escalation.web.view import View, view_of

__all__ = ["ASSETS", "Ask", "Desk", "address", "asset", "desk_of"]

ASSETS = {
    "style.css": "style.css",
    "report.js": "report.js",
    "app.css": os.path.join("static", "app.css"),
    "app.js": os.path.join("static", "app.js"),
    "htmx.min.js": os.path.join("static", "htmx.min.js"),
}
"""The files that pages load, by the name they are asked for, and where they lie in the package."""
_MOST_VIEWS = 24


class Ask(NamedTuple):
    """One request: what its path names, its query, its form, whose it is, and whether only a part of a page is wanted.

    `form` is empty but for a POST.
    """

    path: Mapping[str, str]
    query: QueryParams
    form: Mapping[str, list[str]]
    session: Session
    partial: bool

    def given(self, name: str, default: str = "") -> str:
        """A field of the form, its ends of lines as one character each."""
        return self.form.get(name, [default])[0]


class Desk:
    """The cases and the templates, and how a page is made of them."""

    def __init__(self, cases: Cases, templates: Environment) -> None:
        self.cases, self.templates = cases, templates
        self._views: dict[tuple[str, ...], View] = {}
        self.reviewers: dict[str, str] = {}  # who reviewed last, by session

    def page(self, template: str, ask: Ask, status: int = 200, stamp: str = "", **shown: Any) -> Response:
        """A page, or if only a part is wanted, the template of the same name with an underscore, where there is one.

        `stamp` names the scenarios behind the page, as `mark` takes them; "" for a page that need not ask whether they
        have changed. What a form was answered with never asks: loading it anew would send the form again.
        """
        stamp = "" if ask.form else stamp
        whole, part = f"app/{template}", f"app/_{template}"
        text = self.templates.select_template([part, whole] if ask.partial else [whole]).render(
            ask=ask,
            form_token=ask.session.form_token,
            folder=self.cases.folder.path,
            version=__version__,
            stamp=stamp,
            mark=self.mark(stamp) if stamp else "",
            **shown,
        )
        return HTMLResponse(text, status)

    def view(self, found: Assessment) -> View:
        """What the page of a scenario shows; made once for the same facts, rules and review."""
        review = digest_at(review_path(found.scenario.file))
        key = (found.scenario.file, found.scenario.digest, found.pack.digest, found.pack.profile, review)
        kept = self._views.get(key)
        if kept is None or kept.found is not found:
            kept = self._views[key] = view_of(found, "s1")
        if len(self._views) > _MOST_VIEWS:
            del self._views[next(iter(self._views))]
        return kept

    def mark(self, names: str) -> str:
        """A word that changes when the files of these scenarios do ("*": any in the folder), or the rules.

        The names are separated by strokes, which no name of a file has.
        """
        folder, total = self.cases.folder, sha256()
        try:
            total.update(self.cases.pack().digest.encode())
        except InputError as error:
            return str(sha256(str(error).encode()).hexdigest()[:20])
        held = folder.held()
        wanted = held.names if names == "*" else [name for name in names.split("/") if name in held.names]
        for case in self.cases.every(tuple(wanted)):
            total.update(
                repr((case.name, case.digest, case.beside, digest_at(review_path(folder.shown(case.name))))).encode()
            )
        return str(total.hexdigest()[:20])

    def image(self, ask: Ask) -> str:
        """The image that a request asks for; "" for none, and for one that the pack does not have."""
        wanted = ask.query.get("profile", "")
        return wanted if wanted in self.cases.pack().profiles else ""


def desk_of(cases: Cases) -> Desk:
    """A desk with the templates of the report and what the application adds to them."""
    found = environment()
    found.globals.update(address=address, excerpt=_excerpt, badge=_badge)
    return Desk(cases, found)


def address(*parts: str, **query: str | Sequence[str]) -> str:
    """The address of a page: parts of its path, each escaped, and its query; empty values are left out."""
    pairs = [
        (name, one) for name, value in query.items() for one in ([value] if isinstance(value, str) else value) if one
    ]
    told = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in pairs)
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    return f"{path}?{told}" if told else path


def _excerpt(problem: Problem) -> str:
    """The line that a problem is about, with a caret under the place, as on the command line."""
    return "\n".join(excerpt(problem.excerpt, problem.mark)) if problem.excerpt else ""


def _badge(case: Case) -> Markup:
    """A level as a word with its score."""
    if case.found is None:
        return Markup('<span class="none">{}</span>').format("out of scope" if case.outside else "not rated")
    rating, pack = case.found.rating, case.found.pack
    return Markup('<span class="level l{}">{}</span> {}').format(
        rating.level, levels(pack, rating.level, rating.level), rating.score
    )


def asset(name: str) -> bytes:
    """The bytes of a file that pages load."""
    with open(os.path.join(FOLDER, ASSETS[name]), "rb") as file:
        return file.read()
