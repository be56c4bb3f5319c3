"""Who may ask what: the checks that every request passes, and the headers that every answer bears.

The application shows files of this machine, so it answers one person only. A link with a token that works once gives a
browser its session: a cookie that no script can read. Other pages in the same browser can send requests here too, and
cookies do not tell ports apart, so Host, Origin and Sec-Fetch-Site are checked as well, and every form carries a token
of its session. `Guard` does this around the application; `read_form` reads a body under a limit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from escalation.source import LIMITS

__all__ = ["ENTER", "HEADERS", "MOST_BODY", "STATIC", "Door", "Guard", "Refused", "Session", "is_loopback", "read_form"]

ENTER, STATIC = "/enter", "/static/"
MOST_BODY = 3 * LIMITS.bytes + 65_536
"""Bytes of a request's body: the longest scenario, every byte of it escaped, and the other fields of its form."""
_MOST_FIELDS = 200
_MOST_SESSIONS = 64
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_OPENING = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Opening</title><link rel="stylesheet" href="/static/style.css">
<link rel="icon" href="data:,"><meta http-equiv="refresh" content="0;url=/"></head>
<body><main><h1>Opening</h1><p><a href="/">To the scenarios</a></p></main></body></html>
"""


class Refused(Exception):
    """A request that is not answered: the status, and why in a sentence."""

    def __init__(self, status: int, says: str) -> None:
        self.status, self.says = status, says
        super().__init__(says)


class Session(NamedTuple):
    """What one browser was given: its cookie's value, and the token that its forms carry."""

    key: str
    form_token: str


class Door:
    """Lets browsers in. `token` works once; when it has been used, `opened` is told of the next one."""

    def __init__(self, cookie: str, opened: Callable[[str], object] = lambda token: None) -> None:
        self.cookie, self.opened = cookie, opened
        self.token = secrets.token_urlsafe(32)
        self._sessions: dict[str, Session] = {}

    def enter(self, token: str) -> Session | None:
        """A session in return for the token; None if it is not the one that is good now."""
        if not secrets.compare_digest(token.encode(errors="replace"), self.token.encode()):
            return None
        self.token = secrets.token_urlsafe(32)
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        self._sessions[session.key] = session
        if len(self._sessions) > _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        self.opened(self.token)
        return session

    def session(self, headers: Headers) -> Session | None:
        """The session whose cookie a request bears."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return None
        morsel = jar.get(self.cookie)
        return self._sessions.get(morsel.value) if morsel else None


class Guard:
    """Answers only what may be asked, and puts the headers on every answer.

    `host` is the address that the application is bound to. `state.session` of a request that gets through is its
    session.
    """

    def __init__(self, inner: ASGIApp, door: Door, host: str) -> None:
        self.inner, self.door, self.host = inner, door, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # there are no web sockets here

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        answer = self._answer(scope)
        await (answer or self.inner)(scope, receive, guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """What the guard itself answers: a refusal, or a session. None lets the request through."""
        headers, path = Headers(scope=scope), scope["path"]
        try:
            self._check(scope["method"], path, headers)
        except Refused as refused:
            return PlainTextResponse(refused.says + "\n", refused.status)
        if path == ENTER:
            return self._enter(scope)
        if path.startswith(STATIC):
            return None
        session = self.door.session(headers)
        if session is None:
            return PlainTextResponse("Open the link that `assess serve` printed last; each works once.\n", 401)
        scope.setdefault("state", {})["session"] = session
        return None

    def _check(self, method: str, path: str, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._own(hosts[0]):
            raise Refused(421, "This name is not the application's own.")
        if method not in ("GET", "HEAD", "POST"):
            raise Refused(405, "GET and POST only.")
        site = headers.get("sec-fetch-site", "none")
        if path != ENTER and site not in ("none", "same-origin"):
            raise Refused(403, "Asked by a page from elsewhere. Open the address by itself, in a new tab.")
        if method == "POST":
            origin = headers.get("origin", "null")
            # no-referrer makes browsers say null for a form of the page itself, and then Sec-Fetch-Site tells
            told = origin == "null" and headers.get("sec-fetch-site") == "same-origin"
            if origin != f"http://{hosts[0]}" and not told:
                raise Refused(403, "Sent by a page from elsewhere.")

    def _own(self, host: str) -> bool:
        """Whether a Host header names this machine by an address, so that no foreign name can be pointed at it."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in _LOCAL_NAMES or name == self.host:
            return True
        return not is_loopback(self.host) and _is_address(name)

    def _enter(self, scope: Scope) -> Response:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        session = self.door.enter(given) if scope["method"] == "GET" else None
        if session is None:
            return PlainTextResponse("This link has been used, or is not one. `assess serve` printed the next.\n", 401)
        # a page that goes on, not a redirect: after one that started on another site, a strict cookie would stay behind
        answer = HTMLResponse(_OPENING)
        answer.set_cookie(self.door.cookie, session.key, httponly=True, samesite="strict", path="/")
        return answer


async def read_form(request: Request) -> dict[str, list[str]]:
    """The fields of a form, read no further than the limit.

    Raises Refused for a body that is too long or no form, and for one without the token of the session.
    """
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Refused(415, "Forms only.")
    parts, total = [], 0
    async for part in request.stream():
        total += len(part)
        if total > MOST_BODY:
            raise Refused(413, f"More than {MOST_BODY:,} bytes.")
        parts.append(part)
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(b"".join(parts).decode("ascii"), True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Refused(400, "This is no form as a browser sends it.") from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    given = fields.get("form_token", [""])[0]
    if not secrets.compare_digest(given.encode(), request.state.session.form_token.encode()):
        raise Refused(403, "The form is not of this session. Load the page again.")
    return fields


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach an address."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
