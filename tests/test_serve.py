"""The review application over HTTP: who is let in, what can be asked for, and that saving loses nothing.

All of it runs against the real command in a process of its own; see `tests/support/served.py`.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import ROOT, run
from tests.support.served import Client, Reply, Served, served
from tests.test_report import hostile

from escalation import assess, load_pack
from escalation.analysis.flip import flip
from escalation.questions import compare, what_if
from escalation.render import compare as compare_pages
from escalation.render import flip as flip_pages
from escalation.render import what_if as what_if_pages
from escalation.render.layout import Block, Paragraph, Row, Section, Table
from escalation.source import LIMITS

for module in ("starlette", "uvicorn", "jinja2"):
    pytest.importorskip(module, reason="the application needs the extra web")
SCENARIOS = ROOT / "scenarios"
NAMES = ("us-patriot-2022.yaml", "us-atacms-2022.yaml", "ir-ballistic-2022.yaml", "every-feature.yaml")
PATRIOT = f"/s/{NAMES[0]}"
SAME = {"Sec_Fetch_Site": "same-origin"}
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


def fill(folder: Path) -> Path:
    """A folder of scenarios: good ones, one out of scope, one with two problems."""
    for name in NAMES:
        shutil.copy(SCENARIOS / name, folder / name)
    text = (folder / NAMES[0]).read_text(encoding="utf-8")
    broken = text.replace("role:", "rolle:").replace("as_of: 2022-12-14", "as_of: yesterday")
    (folder / "broken.yaml").write_text(broken, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(fill(tmp_path_factory.mktemp("folder"))) as found:
        yield found


@pytest.fixture(scope="module")
def browser(shared: Served) -> Client:
    return shared.client()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Path, Client]]:
    """A folder that the test may change, and a browser on it."""
    with served(fill(tmp_path)) as found:
        yield tmp_path, found.client()


def words(blocks: object) -> Iterator[str]:
    """Every text in blocks."""
    if isinstance(blocks, Paragraph):
        yield blocks.text
    elif isinstance(blocks, Section):
        yield blocks.title
        yield from words(blocks.blocks)
    elif isinstance(blocks, Table):
        for row in blocks.rows:
            yield from (*row.cells, *row.under)
    elif isinstance(blocks, (list, tuple)) and not isinstance(blocks, (Row, Block)):
        for one in blocks:
            yield from words(one)


# -- who is let in


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
    os.mkfifo(folder / "pipe.yaml")
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


# -- what pages show


def test_the_list_shows_levels_under_every_image(browser: Client) -> None:
    page = browser.get("/")
    rows = re.findall(r'<tr role="row">(.*?)</tr>', page.text, re.DOTALL)[1:]
    assert len(rows) == len(NAMES) + 1
    row = next(one for one in rows if NAMES[0] in one)
    shown = re.findall(r'class="level l\d">([A-Z]+)</span> (\d+)', row)
    packs = [load_pack(), *(load_pack(profile=name) for name in load_pack().profiles)]
    ratings = [assess(SCENARIOS / NAMES[0], pack).rating for pack in packs]
    assert shown == [(rating.name.upper(), str(rating.score)) for rating in ratings]
    assert "DATE-1" in next(one for one in rows if "broken.yaml" in one)
    assert "out of scope" in next(one for one in rows if NAMES[2] in one)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=level&down=1", "us-atacms-2022.yaml"),
        ("sort=title", "every-feature.yaml"),
        ("sort=nonsense", "every-feature"),
    ],
)
def test_the_list_is_sorted(browser: Client, query: str, first: str) -> None:
    names = re.findall(r'name="s" value="([^"]+)"', browser.get(f"/?{query}").text)
    assert names[0].startswith(first)


@pytest.mark.parametrize(
    ("wanted", "count"), [("patriot", 1), ("HIGH", 2), ("zzz", 0), ("not+rated", 2), ("%3Cscript%3E", 0)]
)
def test_the_list_is_searched(browser: Client, wanted: str, count: int) -> None:
    page = browser.get(f"/?q={wanted}")
    assert len(re.findall('name="s"', page.text)) == count
    assert "<script>" not in page.text


def test_a_scenario_reads_as_in_the_report(browser: Client) -> None:
    from escalation.web.page import report

    kept = report([assess(SCENARIOS / NAMES[0])])
    page = browser.get(PATRIOT).text
    for part in ("picture", "flip", "what-if", "why", "ledger", "unknowns", "images", "sources", "limits"):
        pattern = rf'<(section|figure)[^>]* id="s1-{part}".*?</\1>'
        here, there = (cut(pattern, text) for text in (page, kept))
        here = re.sub(r'<(details class="record").*?</details>|<p class="tools">.*?</p>', "", here, flags=re.DOTALL)
        assert here.split() == there.split(), part


def test_the_report_can_be_kept(browser: Client) -> None:
    found = browser.get(f"{PATRIOT}/report")
    assert found.headers["content-disposition"] == 'attachment; filename="us-patriot-2022.html"'
    assert found.text.startswith("<!DOCTYPE html>")


def plain(page: Reply) -> str:
    """The text of a page without its marks, spaces as one."""
    import html

    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.text)).split())


def cut(pattern: str, text: str, group: int = 0) -> str:
    """What a pattern finds first, which must be there."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, pattern
    return found[group]


def said(page: Reply, blocks: object) -> None:
    text, wanted = plain(page), list(words(blocks))
    assert len(wanted) > 10
    missing = [one for one in wanted if " ".join(one.split()) not in text]
    assert not missing


def test_questions_are_answered_as_on_the_command_line(browser: Client, shared: Served) -> None:
    patriot, atacms = (assess(shared.folder / name) for name in NAMES[:2])
    change = "transfer.supplier_personnel=supplier_crews_in_recipient"
    said(
        browser.get(f"{PATRIOT}/what-if?set={change.replace('=', '%3D')}"),
        what_if_pages.blocks(what_if(patriot, [change])),
    )
    said(browser.get(f"{PATRIOT}/flip?most=2"), flip_pages.blocks(flip(patriot, most=2)))
    said(browser.get(f"/compare?s={NAMES[0]}&s={NAMES[1]}"), compare_pages.blocks(compare([patriot, atacms])))


@pytest.mark.parametrize(
    "query", ["set=items.x.range%3D1", "set=nonsense", "set=%3D", "remove=items", "path=transfer.status&value=%00"]
)
def test_a_change_that_is_wrong_is_told(browser: Client, query: str) -> None:
    page = browser.get(f"{PATRIOT}/what-if?{query}")
    assert page.status == 200
    assert 'class="problems"' in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rules/NO-1", 404),
        ("/codes/NO-1", 404),
        ("/codes/..", 404),
        (f"{PATRIOT}/rule/NO-1", 422),
        ("/s/broken.yaml/what-if", 422),
        ("/s/broken.yaml/review", 422),
        (f"{PATRIOT}/flip?to=nowhere", 200),
        (f"{PATRIOT}/flip?hold=nothing-such", 200),
        (f"{PATRIOT}?profile=nobody", 200),
        ("/compare?s=nothing&s=broken.yaml", 200),
        ("/compare?s=us-patriot-2022.yaml&s=us-patriot-2022.yaml", 200),
    ],
)
def test_what_is_not_there_is_told_and_never_a_traceback(browser: Client, path: str, status: int) -> None:
    page = browser.get(path)
    assert page.status == status
    assert "Traceback" not in page.text
    assert "program is at fault" not in page.text


def test_a_broken_file_has_a_page_with_what_the_command_line_says(browser: Client, shared: Served) -> None:
    page = plain(browser.get("/s/broken.yaml"))
    told = run(str(shared.folder / "broken.yaml")).err
    for code in ("DATE-1", "KEY-1"):
        line = next(one for one in told.splitlines() if code in one)
        assert line.replace(str(shared.folder) + "/", "").split(": ", 1)[1] in page.replace(" :", ":")
    assert "^^^^^" in page


def test_rules_say_where_they_fire(browser: Client, shared: Served) -> None:
    founds = {name: assess(shared.folder / name) for name in (NAMES[0], NAMES[1], NAMES[3])}
    page = browser.get("/rules").text
    for rule in load_pack().rules:
        row = cut(rf'<tr><th[^>]*><a href="/rules/{rule.id}">.*?</tr>', page)
        assert f'<td class="num">{sum(rule.id in found.fired for found in founds.values())}</td>' in row
    alone = plain(browser.get("/rules/RCH-10"))
    assert "It fires in 2 of the 3 scenarios" in alone
    few = browser.get("/rules?q=nuclear&factor=warnings").text
    assert 0 < few.count('<th scope="row"') < len(load_pack().rules)


# -- editing


def editing(client: Client, path: str = PATRIOT) -> tuple[Reply, dict[str, Any]]:
    """The editor, and its form as it stands."""
    page = client.get(f"{path}/edit")
    form: dict[str, Any] = {
        "form_token": page.field("form_token"),
        "base": page.field("base"),
        "text": page.written,
        "do": "save",
    }
    return page, form


def test_the_editor_gives_back_what_it_got(own: tuple[Path, Client]) -> None:
    folder, client = own
    hostile(folder / "hostile.yaml", 5)
    texts = {
        "plain.yaml": (folder / NAMES[0]).read_bytes(),
        "first-line-empty.yaml": b"\n\n" + (folder / NAMES[0]).read_bytes(),
        "windows.yaml": (folder / NAMES[0]).read_bytes().replace(b"\n", b"\r\n"),
        "marked.yaml": b"\xef\xbb\xbf" + (folder / NAMES[0]).read_bytes(),
        "no-end.yaml": (folder / NAMES[0]).read_bytes().rstrip(b"\n"),
        "bidi.yaml": (folder / NAMES[0]).read_bytes() + "# \u202e\u2066 \u200b & </textarea><b>".encode(),
        "hostile.yaml": (folder / "hostile.yaml").read_bytes(),
    }
    for name, data in texts.items():
        (folder / name).write_bytes(data)
        _, form = editing(client, f"/s/{name}")
        form["text"] = str(form["text"]).replace("\n", "\r\n")  # as a browser sends it
        assert client.post(f"/s/{name}/edit", form).status == 303, name
        assert (folder / name).read_bytes() == data, name


def test_what_is_not_text_is_not_edited(own: tuple[Path, Client]) -> None:
    folder, client = own
    (folder / "bytes.yaml").write_bytes(b"title: \xff\n")
    (folder / "null.yaml").write_bytes(b"title: \0\n")
    for name in ("bytes.yaml", "null.yaml"):
        assert client.get(f"/s/{name}/edit").status == 415
        assert client.get(f"/s/{name}").status == 200


def test_checking_says_what_the_command_line_would_and_writes_nothing(own: tuple[Path, Client]) -> None:
    folder, client = own
    before = (folder / NAMES[0]).read_bytes()
    _, form = editing(client)
    wrong = str(form["text"]).replace("role:", "rolle:")
    part = client.post(f"{PATRIOT}/check", {**form, "text": wrong}, HX_Request="true")
    assert part.text.lstrip()[:2] == "<p"
    assert "KEY-1" in part.text
    assert "did you mean role?" in part.text
    assert "     ^^^^^" in part.text
    better = str(form["text"]).replace("supplier_personnel: unknown", "supplier_personnel: supplier_crews_in_recipient")
    part = client.post(f"{PATRIOT}/check", {**form, "text": better}, HX_Request="true")
    assert "MODERATE" in part.text
    assert "Fires in this text only: INV-10, INV-30." in part.text
    assert "Fires on disk only: LIM-20." in part.text
    whole = client.post(f"{PATRIOT}/edit", {**form, "text": wrong, "do": "check"})
    assert whole.written == wrong
    assert (folder / NAMES[0]).read_bytes() == before


def test_two_who_edit_one_file(tmp_path: Path) -> None:
    with served(fill(tmp_path)) as found:
        first, second = found.client(), found.client()
        _, mine = editing(first)
        _, theirs = editing(second)
        mine["text"] = f"{mine['text']}# mine\n"
        theirs["text"] = f"{theirs['text']}# theirs\n"
        assert first.post(f"{PATRIOT}/edit", mine).status == 303
        refused = second.post(f"{PATRIOT}/edit", theirs)
        assert refused.status == 409
        assert refused.written == theirs["text"]  # nothing is lost
        assert "# mine" in refused.text
        assert (tmp_path / NAMES[0]).read_text(encoding="utf-8") == mine["text"]
        again = {**theirs, "base": refused.field("base"), "text": f"{mine['text']}# theirs\n"}
        assert second.post(f"{PATRIOT}/edit", again).status == 303
        assert (tmp_path / NAMES[0]).read_text(encoding="utf-8").endswith("# mine\n# theirs\n")


def test_a_file_that_has_gone_is_not_made_again(own: tuple[Path, Client]) -> None:
    folder, client = own
    _, form = editing(client)
    (folder / NAMES[0]).unlink()
    assert client.post(f"{PATRIOT}/edit", form).status == 404
    assert not (folder / NAMES[0]).exists()


def test_a_file_that_became_a_link_is_not_written(
    own: tuple[Path, Client], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, client = own
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.yaml"
    shutil.copy(folder / NAMES[0], elsewhere)
    before = elsewhere.read_bytes()
    _, form = editing(client)
    (folder / NAMES[0]).unlink()
    (folder / NAMES[0]).symlink_to(elsewhere)
    assert client.post(f"{PATRIOT}/edit", {**form, "text": "x"}).status == 404
    assert elsewhere.read_bytes() == before


def test_a_text_in_progress_may_be_saved(own: tuple[Path, Client]) -> None:
    folder, client = own
    _, form = editing(client)
    assert client.post(f"{PATRIOT}/edit", {**form, "text": "schema: 1\ntitle: [\n"}).status == 303
    assert (folder / NAMES[0]).read_text(encoding="utf-8") == "schema: 1\ntitle: [\n"
    assert "YAML-1" in client.get(PATRIOT).text
    assert "YAML-1" in client.get("/").text


@pytest.mark.slow
def test_killed_at_any_moment_the_file_is_one_version_or_the_other(tmp_path: Path) -> None:
    fill(tmp_path)
    file = tmp_path / NAMES[0]
    start = file.read_text(encoding="utf-8")
    picked = random.Random(8)
    seen = set()
    for _ in range(6):
        with served(tmp_path) as found:
            client = found.client()
            versions = {file.read_text(encoding="utf-8")}

            def save(client: Client = client, versions: set[str] = versions) -> None:
                try:
                    for number in range(400):
                        _, form = editing(client)
                        form["text"] = start + f"# {number} {'x' * 200_000}\n"
                        versions.add(str(form["text"]))
                        client.post(f"{PATRIOT}/edit", form)
                except (OSError, AssertionError):
                    return  # the server has gone

            saving = threading.Thread(target=save)
            saving.start()
            time.sleep(0.3 + picked.random() * 0.5)
            os.kill(found.process.pid, signal.SIGKILL)
            saving.join()
        assert file.read_text(encoding="utf-8") in versions
        seen.add(file.read_text(encoding="utf-8"))
    assert len(seen) > 1  # it was killed among saves, not before the first


# -- live


def test_a_change_on_disk_shows_at_the_next_request(own: tuple[Path, Client]) -> None:
    folder, client = own
    mark, others = client.get(f"/stamp?of={NAMES[0]}").text, client.get(f"/stamp?of={NAMES[1]}").text
    everything = client.get("/stamp?of=*").text
    assert client.get(f"/stamp?of={NAMES[0]}").text == mark
    text = (folder / NAMES[0]).read_text(encoding="utf-8")
    changed = text.replace("supplier_personnel: unknown", "supplier_personnel: supplier_crews_in_recipient")
    (folder / NAMES[0]).write_text(changed, encoding="utf-8")
    assert client.get(f"/stamp?of={NAMES[0]}").text != mark
    assert client.get(f"/stamp?of={NAMES[1]}").text == others
    assert client.get("/stamp?of=*").text != everything
    rating = assess(folder / NAMES[0]).rating
    assert f"<strong>{rating.name.upper()}</strong>" in client.get(PATRIOT).text


def test_a_change_of_the_rules_shows_and_a_broken_pack_is_told(tmp_path: Path) -> None:
    rules, folder = tmp_path / "rules", tmp_path / "folder"
    shutil.copytree(ROOT / "rules", rules)
    folder.mkdir()
    fill(folder)
    with served(folder, "--rules", str(rules)) as found:
        client = found.client()
        mark = client.get(f"/stamp?of={NAMES[0]}").text
        page = client.get("/rules/ROL-50")
        role = rules / "role.yaml"
        text = role.read_text(encoding="utf-8")
        role.write_text(
            text.replace("title: long-range air defence", "title: quite long-range defence"), encoding="utf-8"
        )
        assert "quite long-range defence" in client.get("/rules/ROL-50").text
        assert "quite" not in page.text
        assert client.get(f"/stamp?of={NAMES[0]}").text != mark
        role.write_text(text.replace("factor:", "faktor:"), encoding="utf-8")
        told = client.get("/")
        assert told.status == 422
        assert "faktor" in told.text
        assert client.get("/stamp?of=*").status == 200
        role.write_text(text, encoding="utf-8")
        assert client.get("/").status == 200


# -- reviewing


def verdict(client: Client, of: str, **fields: str) -> Reply:
    """Say something of a line, as the form on the scenario's page does."""
    page = client.get(PATRIOT)
    rule = of.partition("/")[0]
    seen = [one for one in page.fields("seen") if re.split("[/=]", one)[0] == rule]
    form: dict[str, Any] = {
        "form_token": page.field("form_token"),
        "seen": seen,
        "do": "record",
        "line": of,
        "back": "ledger",
    }
    return client.post(f"{PATRIOT}/review", {**form, "reviewer": "A. Reader", "date": "2022-12-20", **fields})


def states(page: Reply) -> dict[str, str]:
    """The state that the ledger shows of each rule that has one."""
    rules = re.findall(r'<details class="rule [a-z]+" id="[^"]+">\n<summary>(.*?)</summary>', page.text, re.DOTALL)
    found = {}
    for summary in rules:
        if chip := re.search(r'class="review [a-z]+">([^<]+)', summary):
            found[cut(r'class="id">([^<]+)', summary, group=1)] = chip[1]
    return found


def test_a_line_is_disputed_and_re_opened_by_a_change_of_its_fact_alone(own: tuple[Path, Client]) -> None:
    folder, client = own
    assert verdict(client, "ROL-50", verdict="accept").headers["location"] == f"{PATRIOT}#s1-rol-50"
    assert verdict(client, "WRN-50", verdict="dispute", reason="another <office>").status == 303
    assert verdict(client, "PRM-10", verdict="override", reason="no limit", answer="did not fire").status == 303
    assert states(client.get(PATRIOT)) == {"ROL-50": "accepted", "WRN-50": "disputed", "PRM-10": "overridden"}
    assert "another &lt;office&gt;" in client.get(f"{PATRIOT}/review").text
    assert ">disputed</a>" in client.get("/").text
    assert "WRN-50" in run("review", str(folder / NAMES[0])).out  # the command line reads the same file
    text = (folder / NAMES[0]).read_text(encoding="utf-8")
    changed = re.sub(r"office: \w+", "office: head_of_state", text)
    assert changed != text
    (folder / NAMES[0]).write_text(changed, encoding="utf-8")
    now = states(client.get(PATRIOT))
    assert now == {"ROL-50": "accepted", "WRN-50": "re-opened", "PRM-10": "overridden"}


def test_a_line_that_says_something_else_by_now_is_not_accepted(own: tuple[Path, Client]) -> None:
    folder, client = own
    page = client.get(PATRIOT)
    seen = [one for one in page.fields("seen") if one.startswith("ROL-50")]
    file = folder / NAMES[0]
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("role: air_defence_long_range", "role: deep_strike"), encoding="utf-8")
    form: dict[str, Any] = {
        "form_token": page.field("form_token"),
        "seen": seen,
        "do": "record",
        "line": "ROL-50",
        "verdict": "accept",
    }
    found = client.post(f"{PATRIOT}/review", {**form, "reviewer": "A. Reader"})
    assert found.status == 409
    assert not (folder / "us-patriot-2022.review.yaml").exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"verdict": "dispute"}, "REV-3"),
        ({"verdict": "accept", "reviewer": " "}, "REV-3"),
        ({"verdict": "praise", "reason": "x"}, "REV-3"),
        ({"verdict": "accept", "line": "NO-1"}, "REV-2"),
        ({"do": "reviewed"}, "REV-4"),
    ],
)
def test_a_form_that_lacks_something_keeps_what_was_written(browser: Client, fields: dict[str, str], code: str) -> None:
    found = verdict(browser, "ROL-50", **{"reason": "", **fields})
    assert found.status == 422
    assert code in found.text
    kept = verdict(browser, "ROL-50", verdict="dispute", reason="", answer="a long thought")
    assert 'value="a long thought"' in kept.text


def test_all_that_waits_is_accepted_signed_and_taken_back(own: tuple[Path, Client]) -> None:
    _, client = own
    page = client.get(f"{PATRIOT}/review")
    form: dict[str, Any] = {
        "form_token": page.field("form_token"),
        "reviewer": "A. Reader",
        "seen": page.fields("seen"),
    }
    assert client.post(f"{PATRIOT}/review", {**form, "do": "accept-open"}).status == 303
    assert client.post(f"{PATRIOT}/review", {**form, "do": "reviewed"}).status == 303
    assert ">reviewed</a>" in client.get("/").text
    assert client.post(f"{PATRIOT}/review", {**form, "do": "draft"}).status == 303
    assert ">draft</a>" in client.get("/").text
    assert client.post(f"{PATRIOT}/review", {**form, "do": "withdrawn", "reason": "superseded"}).status == 303
    assert ">withdrawn</a>" in client.get("/").text
    assert client.post(f"{PATRIOT}/review", {**form, "do": "forget", "line": "ROL-50", "of": "A. Reader"}).status == 303
    assert "ROL-50" not in states(client.get(PATRIOT))


# -- hostile scenarios


def test_a_hostile_scenario_is_text_on_every_page(tmp_path: Path) -> None:
    hostile(tmp_path / "hostile.yaml", 12)
    shutil.copy(SCENARIOS / NAMES[0], tmp_path / NAMES[0])
    weird = "a<b>&\"' \u202e.yaml"
    hostile(tmp_path / weird, 1)
    with served(tmp_path) as found:
        client = found.client()
        links = re.findall(r'href="(/s/[^"/?]+)"', client.get("/").text)
        assert len(links) == 3
        acts = ("", "/edit", "/what-if", "/flip?most=1", "/review", "/rule/ROL-50")
        paths = [f"{link}{act}" for link in links for act in acts]
        for path in ["/", *paths, f"/compare?s={NAMES[0]}&s=hostile.yaml", "/rules/ROL-50"]:
            page = client.get(path)
            assert page.status == 200, path
            assert "<script>alert" not in page.text
            assert "<img" not in page.text
            assert "<svg onload" not in page.text
            outside = re.sub(r"<textarea.*?</textarea>", "", page.text, flags=re.DOTALL)
            assert "\u202e" not in outside.replace("&#8238;", ""), path
            assert "\u2066" not in outside


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
        assert client.enter(link.replace("0.0.0.0", "127.0.0.1")).status == 200
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


def test_it_ends_quietly(tmp_path: Path) -> None:
    with served(fill(tmp_path)) as found:
        client = found.client()
        assert client.get("/").status == 200
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(10) == 0
        assert "Traceback" not in found.process.stderr.read()
