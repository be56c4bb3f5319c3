"""Editing a scenario as text: what the command line would say as it is written, and saving so that nothing is lost.

A form carries the digest of the file that its text started from. If the file has changed since, nothing is written:
both versions are shown, and the person says which is to stand. A text that cannot be rated may be saved too, since work
in progress is work; the page says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import NamedTuple

from markupsafe import Markup, escape
from starlette.responses import RedirectResponse, Response

from escalation.analysis.rated import of, switched
from escalation.render.safe import safe
from escalation.source import LIMITS
from escalation.web.cases import Case
from escalation.web.desk import Ask, Desk, address
from escalation.web.folder import Conflict, Missing, digest_of
from escalation.web.security import Refused

__all__ = ["check", "edit", "save"]

_MOST_DIFFED = 4_000  # lines; past that, comparing takes longer than a person waits
_LINE = re.compile("\r\n|\r|\n")


class Draft(NamedTuple):
    """A text in the editor: what it comes to, beside the file as it is on disk.

    `saved` is the case of the file (None if it is gone); `on` and `off` are rules that fire in the draft only, and in
    the file only; `hidden` are places (line, column) of characters that are invisible or turn the line around.
    """

    text: str
    case: Case
    saved: Case | None
    on: tuple[str, ...]
    off: tuple[str, ...]
    hidden: tuple[tuple[int, int], ...]


def edit(desk: Desk, ask: Ask) -> Response:
    """The text of a scenario in a form."""
    name = ask.path["name"]
    data = desk.cases.folder.read(name)
    return _editor(desk, ask, _draft(desk, name, _text(data)), digest_of(data))


def check(desk: Desk, ask: Ask) -> Response:
    """What is wrong with the text as it is now, or what it rates at. Nothing is written."""
    draft = _draft(desk, ask.path["name"], _written(ask))
    if ask.partial:
        return desk.page("findings.html", ask, draft=draft)
    return _editor(desk, ask, draft, ask.given("base"))


def save(desk: Desk, ask: Ask) -> Response:
    """Write the text to the file, unless the file has changed since the text was loaded."""
    if ask.given("do") == "check":
        return check(desk, ask)
    name, text, base = ask.path["name"], _written(ask), ask.given("base")
    folder = desk.cases.folder
    data = _bytes(text, folder.read(name))
    if len(data) > LIMITS.bytes:
        raise Refused(413, f"The text has more than {LIMITS.bytes:,} bytes; nothing was written.")
    try:
        folder.write(name, data, base)
    except Conflict as conflict:
        if conflict.now is None:
            raise Missing("the file has gone since the text was loaded; nothing was written") from None
        draft, theirs = _draft(desk, name, text), _text(conflict.now)
        return desk.page(
            "conflict.html",
            ask._replace(partial=False),
            409,
            case=draft.case,
            draft=draft,
            base=digest_of(conflict.now),
            mine=_raw(text),
            theirs=_raw(theirs),
            difference=_difference(theirs, text),
        )
    return RedirectResponse(address("s", name, "edit", saved="1"), 303)


def _editor(desk: Desk, ask: Ask, draft: Draft, base: str) -> Response:
    ask, case = ask._replace(partial=False), draft.case
    return desk.page("edit.html", ask, stamp=case.name, case=case, draft=draft, base=base, raw=_raw(draft.text))


def _draft(desk: Desk, name: str, text: str) -> Draft:
    case = desk.cases.rated(name, text.encode(), desk.cases.pack())
    try:
        saved = desk.cases.case(name)
    except Missing:
        saved = None
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    if case.found and saved and saved.found:
        on, off = switched(of(saved.found), of(case.found))
    return Draft(text, case, saved, on, off, tuple(_hidden(text)))


def _written(ask: Ask) -> str:
    """The text of the form, its lines ended as in a file."""
    return _LINE.sub("\n", ask.given("text"))


def _text(data: bytes) -> str:
    """The text of a file as a form can hold it. Raises Refused if a form would not give it back."""
    if len(data) > LIMITS.bytes:
        raise Refused(413, f"The file has more than {LIMITS.bytes:,} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(415, "The file is not UTF-8 text, so it cannot be edited here.") from None
    if "\0" in text:
        raise Refused(415, "The file holds null characters, so it cannot be edited here.")
    return _LINE.sub("\n", text)


def _bytes(text: str, before: bytes) -> bytes:
    """A text as the file had it: its mark at the start, and its ends of lines."""
    end = _LINE.search(before.decode("utf-8", "replace"))
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    return mark + text.replace("\n", end[0] if end else "\n").encode()


def _raw(text: str) -> Markup:
    """A text for a form, escaped and otherwise as it is: what comes back must be what was there."""
    return Markup("\n") + escape(text)


def _hidden(text: str) -> Iterator[tuple[int, int]]:
    for number, line in enumerate(text.split("\n"), 1):
        if safe(line) != line:
            column = next(i for i, char in enumerate(line, 1) if safe(char) != char)
            yield number, column


def _difference(theirs: str, mine: str) -> tuple[str, ...]:
    """The lines that differ, as `diff -u` shows them; none where the texts are too long to compare."""
    before, after = theirs.splitlines(), mine.splitlines()
    if max(len(before), len(after)) > _MOST_DIFFED:
        return ()
    return tuple(unified_diff(before, after, "on disk", "yours", lineterm="", n=2))
