"""The review application over HTTP: who is let in, what can be asked for, and how it is started.

All of it runs against the real command in a process of its own; see `tests/support/served.py`.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run
from tests.support.served import NAMES, PATRIOT, SCENARIOS, Client, Served, cut, fill, served

from escalation.source import LIMITS

for module in ("starlette", "uvicorn", "jinja2"):
    pytest.importorskip(module, reason="the application needs the extra web")
PAGES = (
    "/",
    "/compare",
    "/rules",
    "/rules/RCH-10",
    "/codes/KEY-1",
    PATRIOT,
    f"{PATRIOT}/edit",
    f"{PATRIOT}/what-if",
    f"{PATRIOT}/flip?to=up",
    f"{PATRIOT}/rule/ROL-50",
    f"{PATRIOT}/review",
    f"{PATRIOT}/report",
    "/stamp?of=*",
)


# -- who is let in


@pytest.mark.slow
def test_a_link_works_once_and_the_next_is_printed(tmp_path: Path) -> None:
    with served(fill(tmp_path)) as found:
        link = found.link()
        host, port = re.match(r"http://([\d.]+):(\d+)/enter", link).groups()
        first, second, third = (Client(host, int(port)) for _ in range(3))
        assert first.get("/").status == 401
        assert first.enter(link.replace("token=", "token=x")).status == 401
        opened = first.enter(link)
        assert opened.status == 200
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert link.partition("token=")[2] not in cookie
        assert first.get("/").title == "Scenarios"
        assert second.enter(link).status == 401  # used
        assert second.get("/").status == 401
        assert third.enter(found.link()).status == 200  # the next one, printed when the first was used
        assert third.get("/").title == first.get("/").title == "Scenarios"
        assert third.cookie != first.cookie


def test_asking_for_the_head_of_a_link_does_not_use_it(tmp_path: Path) -> None:
    with served(fill(tmp_path)) as found:
        link = found.link()
        host, port, rest = re.match(r"http://([\d.]+):(\d+)(/.*)", link).groups()
        client = Client(host, int(port))
        assert client.ask("HEAD", rest).status == 401
        assert client.enter(link).status == 200


@pytest.mark.parametrize("path", [*PAGES, "/enter", "/nothing", "/static", "/s/../static/app.js"])
def test_without_a_session_there_is_nothing(shared: Served, browser: Client, path: str) -> None:
    stranger = Client(browser.host, browser.port)
    for cookie in ("", "assess-1=x", f"{browser.cookie.partition('=')[0]}=guess", "===;;;"):
        stranger.cookie = cookie
        found = stranger.get(path)
        assert found.status == 401
        assert "Patriot" not in found.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("{host}:{port}", 200),
        ("localhost:{port}", 200),
        ("[::1]:{port}", 200),
        ("localhost:9", 200),  # a port that is forwarded
        ("evil.example:{port}", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:{port}", 421),
        ("evil.example@127.0.0.1:{port}", 200),  # what comes before an at sign is no name of a host
        ("10.0.0.1:{port}", 421),
        ("[", 421),
        ("", 421),
    ],
)
def test_only_its_own_names_are_answered(browser: Client, host: str, status: int) -> None:
    assert browser.get("/", Host=host.format(host=browser.host, port=browser.port)).status == status


@pytest.mark.parametrize(
    ("site", "status"), [("none", 200), ("same-origin", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_pages_from_elsewhere_may_not_ask(browser: Client, site: str, status: int) -> None:
    assert browser.get("/", Sec_Fetch_Site=site).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec_Fetch_Site": "same-origin"}, 200),  # a form under no-referrer
        ({"Origin": "null", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
    ],
)
def test_forms_come_from_its_own_pages(browser: Client, headers: dict[str, str], status: int) -> None:
    form: dict[str, Any] = {"form_token": browser.get(f"{PATRIOT}/edit").field("form_token"), "text": "schema: 1\n"}
    assert browser.post(f"{PATRIOT}/check", form, **headers).status == status


def test_a_form_carries_the_token_of_its_session(shared: Served, browser: Client) -> None:
    other = shared.client()
    theirs = other.get(f"{PATRIOT}/edit").field("form_token")
    for token in ("", "x", theirs, "\u202e"):
        found = browser.post(f"{PATRIOT}/check", {"form_token": token, "text": "schema: 1\n"})
        assert found.status == 403
    assert browser.post(f"{PATRIOT}/check", {"text": "schema: 1\n"}).status == 403
    assert other.post(f"{PATRIOT}/check", {"form_token": theirs, "text": "schema: 1\n"}).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_refused(browser: Client, method: str) -> None:
    assert browser.ask(method, "/").status == 405


@pytest.mark.parametrize("path", [*PAGES, "/static/app.js", "/nothing", "/enter"])
def test_every_answer_bears_the_headers(browser: Client, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_script_or_style_of_its_own(browser: Client, path: str) -> None:
    page = browser.get(path)
    if "attachment" in page.headers.get("content-disposition", ""):
        return
    for element, attributes in re.findall(r"<(script|style)\b([^>]*)>", page.text):
        assert element == "script", path
        assert 'src="/static/' in attributes or 'type="application/json"' in attributes
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)\s*=", re.sub(r'"[^"]*"', '""', page.text))
    addresses = re.findall(r'(?:href|src|action|hx-get|hx-post)="([^"]*)"', page.text)
    assert all(one.startswith(("/", "#", "data:,")) and not one.startswith("//") for one in addresses)


# -- what can be asked for


@pytest.mark.parametrize(
    "name",
    [
        "..%2fsecret.yaml",
        "%2e%2e%2fsecret.yaml",
        "..%5csecret.yaml",
        "%2fetc%2fpasswd",
        "..",
        ".hidden.yaml",
        "inner%2fdeep.yaml",
        "inner",
        "link.yaml",
        "pipe.yaml",
        "notes.txt",
        "a.review.yaml",
        "us-patriot-2022.yaml%00",
        "gone.yaml",
        "%ff.yaml",
    ],
)
@pytest.mark.parametrize("act", ["", "/edit", "/report", "/review"])
def test_nothing_but_scenarios_of_the_folder_is_served(
    tmp_path_factory: pytest.TempPathFactory, closed: Client, name: str, act: str
) -> None:
    found = closed.ask("GET", f"/s/{name}{act}")
    assert found.status == 404
    assert "secret" not in found.text.replace(name, "").replace("secret.yaml", "")


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A browser on a folder beside which, below which and in which there are files that are none of its business."""
    above = tmp_path_factory.mktemp("above")
    folder = above / "served"
    (folder / "inner").mkdir(parents=True)
    fill(folder)
    secret = (SCENARIOS / NAMES[0]).read_text(encoding="utf-8").replace("Patriot", "secret")
    for place in (above / "secret.yaml", folder / "inner" / "deep.yaml", folder / ".hidden.yaml"):
        place.write_text(secret, encoding="utf-8")
    for place in (folder / "notes.txt", folder / "a.review.yaml"):
        place.write_text("secret", encoding="utf-8")
    (folder / "link.yaml").symlink_to(above / "secret.yaml")
    for name in ("pipe.yaml", "every-feature.review.yaml", "register"):
        os.mkfifo(folder / name)
    piped = (SCENARIOS / NAMES[0]).read_text(encoding="utf-8").replace("id: us-patriot-2022", "id: piped")
    (folder / "piped.yaml").write_text(piped + "\nwarnings_from: {file: register, ids: [a]}\n", encoding="utf-8")
    (folder / "us-atacms-2022.review.yaml").symlink_to(above / "secret.yaml")
    register = (SCENARIOS / NAMES[0]).read_text(encoding="utf-8")
    register += "\nwarnings_from: {file: ../secret.yaml, ids: [a]}\n"
    (folder / "far.yaml").write_text(register.replace("id: us-patriot-2022", "id: far"), encoding="utf-8")
    with served(folder) as found:
        yield found.client()


def test_links_and_pipes_are_named_as_left_out(closed: Client) -> None:
    page = closed.get("/")
    assert page.status == 200
    assert "Left out: 2" in page.text
    assert "a link, which may lead anywhere" in page.text
    assert "secret" not in page.text.replace("../secret.yaml", "")


def test_a_register_outside_the_folder_is_not_read(closed: Client) -> None:
    page = closed.get("/s/far.yaml")
    assert "REG-1" in page.text
    assert "not in the folder served" in page.text
    assert closed.get("/s/far.yaml/report").status == 422


def test_nothing_waits_for_a_pipe(closed: Client) -> None:
    assert "REG-1" in closed.get("/s/piped.yaml").text
    assert closed.get("/stamp?of=*").status == 200
    assert "not in order" in closed.get(f"/s/{NAMES[3]}/review").text


def test_a_review_that_is_a_link_is_not_read(closed: Client) -> None:
    for act in ("", "/review"):
        page = closed.get(f"/s/{NAMES[1]}{act}")
        assert page.status == 200
        assert "secret" not in page.text.replace("secret.yaml", "")
        assert "not in order" in page.text
    assert closed.get(f"/s/{NAMES[1]}/report").status == 422


@pytest.mark.parametrize("asset", ["app.py", "..%2fpages.py", "style.css.map", "htmx.LICENSE.txt", ""])
def test_only_the_files_of_pages_are_assets(browser: Client, asset: str) -> None:
    assert browser.get(f"/static/{asset}").status == 404


def test_too_much_is_refused(browser: Client) -> None:
    token = browser.get(f"{PATRIOT}/edit").field("form_token")
    assert browser.post(f"{PATRIOT}/check", {"form_token": token, "text": "x" * 4_000_000}).status == 413
    chunks = [b"%x\r\n%s\r\n" % (65_536, b"a" * 65_536)] * 80 + [b"0\r\n\r\n"]
    headers = {
        "Origin": browser.origin,
        "Content-Type": "application/x-www-form-urlencoded",
        "Transfer-Encoding": "chunked",
        "Content-Length": "",
    }
    del headers["Content-Length"]
    assert browser.ask("POST", f"{PATRIOT}/check", {**headers}, chunks).status == 413
    assert browser.get(f"{PATRIOT}/what-if?set={'x' * 30_000}").status == 414
    many = {f"f{i}": "" for i in range(300)} | {"form_token": token}
    assert browser.post(f"{PATRIOT}/check", many).status == 400
    assert browser.get("/").status == 200


def test_a_scenario_past_the_limit_is_told_and_not_written(own: tuple[Path, Client]) -> None:
    folder, client = own
    (folder / "large.yaml").write_bytes(b"# " + b"x" * LIMITS.bytes)
    assert "FILE-2" in client.get("/s/large.yaml").text
    assert client.get("/s/large.yaml/edit").status == 413
    page = client.get(f"{PATRIOT}/edit")
    before = (folder / NAMES[0]).read_bytes()
    form: dict[str, Any] = {"form_token": page.field("form_token"), "base": page.field("base"), "do": "save"}
    assert client.post(f"{PATRIOT}/edit", {**form, "text": "\u20ac" * 400_000}).status == 413
    assert (folder / NAMES[0]).read_bytes() == before


# -- the command


def test_it_listens_to_this_machine_unless_told_otherwise(tmp_path: Path) -> None:
    refused = run("serve", str(fill(tmp_path)), "--host", "0.0.0.0")
    assert refused.code == 2
    assert "--allow-network" in refused.err
    assert refused.out == ""
    with served(tmp_path, "--host", "0.0.0.0", "--allow-network") as found:
        link = found.link()
        port = int(cut(r":(\d+)/", link, group=1))
        client = Client("127.0.0.1", port)
        assert client.get("/").status == 401  # and not without the token either
        assert client.get("/", Host=f"evil.example:{port}").status == 421
        assert client.enter(link).status == 200
        assert client.get("/", Host=f"192.0.2.7:{port}").status == 200


@pytest.mark.parametrize(
    ("words_", "says"),
    [
        (["nowhere"], "does not exist"),
        (["--rules", "nowhere"], "PACK-1"),
        (["--host", "192.0.2.1", "--allow-network"], "cannot listen"),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path: Path, words_: list[str], says: str) -> None:
    found = run("serve", *words_, cwd=tmp_path)
    assert found.code == 2
    assert says in found.err


@pytest.mark.slow
def test_it_ends_quietly(tmp_path: Path) -> None:
    with served(fill(tmp_path)) as found:
        client = found.client()
        assert client.get("/").status == 200
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(10) == 0
        assert "Traceback" not in found.process.stderr.read()
