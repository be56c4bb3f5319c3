"""The review application: scenarios of a folder in a browser, from the same model and templates as the report.

`application` puts the parts together: `security.Guard` stands around everything, `folder` and `cases` know the files,
and each route is a function in `pages` (to read), `asking` (what-if, flip, compare), `editing` (to change a file) or
`reviewing`. Nothing is computed in a page; every figure comes from an assessment or a question asked of one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from escalation.diagnostics import InputError, InternalError
from escalation.web import asking, editing, pages, reviewing
from escalation.web.cases import Cases
from escalation.web.desk import ASSETS, Ask, Desk, asset, desk_of
from escalation.web.folder import Folder, Missing
from escalation.web.security import Door, Guard, Refused, read_form

__all__ = ["application"]

Handler = Callable[[Desk, Ask], Response]
_KINDS = {".css": "text/css", ".js": "text/javascript"}
_MOST_QUERY = 20_000


def application(
    path: str, door: Door, host: str = "127.0.0.1", rules: str | None = None, engine: str = "both"
) -> Guard:
    """The application over a folder of scenarios, for a server bound to `host`."""
    desk = desk_of(Cases(Folder(path), rules, engine))
    routes: list[tuple[str, Handler, Sequence[str]]] = [
        ("/", pages.scenarios, ["GET"]),
        ("/stamp", pages.stamp, ["GET"]),
        ("/compare", asking.compared, ["GET"]),
        ("/rules", pages.rules, ["GET"]),
        ("/rules/{rule}", pages.rule, ["GET"]),
        ("/codes/{code}", pages.code, ["GET"]),
        ("/s/{name}", pages.scenario, ["GET"]),
        ("/s/{name}/report", pages.report_file, ["GET"]),
        ("/s/{name}/what-if", asking.what_if, ["GET"]),
        ("/s/{name}/value", asking.value, ["GET"]),
        ("/s/{name}/flip", asking.flip, ["GET"]),
        ("/s/{name}/rule/{rule}", asking.why, ["GET"]),
        ("/s/{name}/review", reviewing.review, ["GET"]),
        ("/s/{name}/review", reviewing.save_review_form, ["POST"]),
        ("/s/{name}/edit", editing.edit, ["GET"]),
        ("/s/{name}/edit", editing.save, ["POST"]),
        ("/s/{name}/check", editing.check, ["POST"]),
    ]
    inner = Starlette(
        routes=[
            Route("/static/{asset}", _asset, methods=["GET"]),
            *(Route(where, _endpoint(desk, handler), methods=list(methods)) for where, handler, methods in routes),
        ]
    )
    return Guard(inner, door, host)


def _endpoint(desk: Desk, handler: Handler) -> Callable[[Request], Any]:
    """A handler as Starlette calls it: the form read, a thread to work on, and what is wrong told as a page."""

    async def answer(request: Request) -> Response:
        try:
            if len(request.url.query) > _MOST_QUERY:
                raise Refused(414, "The address is too long.")
            form = await read_form(request) if request.method == "POST" else {}
        except Refused as refused:
            return PlainTextResponse(refused.says + "\n", refused.status)
        asked = request.headers.get("hx-request") == "true"
        ask = Ask(request.path_params, request.query_params, form, request.state.session, asked)
        return await run_in_threadpool(_answered, desk, handler, ask)

    return answer


def _answered(desk: Desk, handler: Handler, ask: Ask) -> Response:
    with desk.cases.lock:
        try:
            return handler(desk, ask)
        except Missing as missing:
            return _told(desk, ask, 404, "There is no such page", str(missing))
        except Refused as refused:
            return _told(desk, ask, refused.status, "This was not done", refused.says)
        except InputError as error:
            return desk.page("problems.html", ask, 422, "*", title="This cannot be answered", problems=error.problems)
        except InternalError as error:
            return _told(desk, ask, 500, "The program is at fault", f"{error}; please report it")
        except Exception as error:
            if os.environ.get("ASSESS_DEBUG"):
                raise
            what = f"{type(error).__name__}: {error}; please report it (ASSESS_DEBUG=1 shows where it arose)"
            return _told(desk, ask, 500, "The program is at fault", what)


def _told(desk: Desk, ask: Ask, status: int, title: str, says: str) -> Response:
    return desk.page("told.html", ask, status, title=title, says=says)


async def _asset(request: Request) -> Response:
    name = request.path_params["asset"]
    if name not in ASSETS:
        return PlainTextResponse("There is no such file.\n", 404)
    return Response(asset(name), media_type=_KINDS[os.path.splitext(name)[1]])
