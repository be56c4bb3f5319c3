"""What the pages of the review application show: the same as the command line, live, and hostile text as text."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.command import ROOT, run
from tests.support.served import NAMES, PATRIOT, SCENARIOS, Client, Reply, Served, cut, fill, plain, served
from tests.test_report import hostile

from escalation import assess, load_pack
from escalation.analysis.flip import flip
from escalation.questions import compare, what_if
from escalation.render import compare as compare_pages
from escalation.render import flip as flip_pages
from escalation.render import what_if as what_if_pages
from escalation.render.layout import Block, Paragraph, Row, Section, Table

for module in ("starlette", "uvicorn", "jinja2"):
    pytest.importorskip(module, reason="the application needs the extra web")


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
    said(browser.get(f"{PATRIOT}/flip?most=2"), flip_pages.blocks(flip(patriot, most=2), hints=False))
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


@pytest.mark.slow
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


# -- hostile scenarios


@pytest.mark.slow
def test_two_hundred_warnings_can_be_read_and_reviewed(tmp_path: Path) -> None:
    hostile(tmp_path / "hostile.yaml", 200)
    with served(tmp_path) as found:
        client = found.client()
        pages = {act: client.get(f"/s/hostile.yaml{act}") for act in ("", "/review", "/edit")}
        for act, page in pages.items():
            assert page.status == 200, act
            assert "<script>alert" not in page.text
            assert len(page.text) < 2_000_000
        assert "can be chosen on the page of the review" in pages[""].text


@pytest.mark.slow
def test_a_hostile_scenario_is_text_on_every_page(tmp_path: Path) -> None:
    hostile(tmp_path / "hostile.yaml", 4)
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
