"""Changing a file and recording a review in the application: nothing is lost, and only what was meant is written."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import run
from tests.support.served import NAMES, PATRIOT, Client, Reply, cut, fill, served
from tests.test_report import hostile

for module in ("starlette", "uvicorn", "jinja2"):
    pytest.importorskip(module, reason="the application needs the extra web")


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
def test_killed_at_any_moment_the_file_is_what_was_saved_last_or_was_being_saved(tmp_path: Path) -> None:
    fill(tmp_path)
    file = tmp_path / NAMES[0]
    start = file.read_text(encoding="utf-8")
    picked = random.Random(8)
    for _ in range(6):
        with served(tmp_path) as found:
            client, sent, saved = found.client(), [file.read_text(encoding="utf-8")], threading.Event()

            def save(client: Client = client, sent: list[str] = sent, saved: threading.Event = saved) -> None:
                try:
                    for number in range(400):
                        _, form = editing(client)
                        sent.append(start + f"# {number} {'x' * 200_000}\n")
                        assert client.post(f"{PATRIOT}/edit", {**form, "text": sent[-1]}).status == 303
                        saved.set()
                except (OSError, HTTPException):
                    return  # the server has gone

            saving = threading.Thread(target=save)
            saving.start()
            assert saved.wait(60)
            time.sleep(picked.random() * 0.5)
            os.kill(found.process.pid, signal.SIGKILL)
            saving.join()
        assert file.read_text(encoding="utf-8") in sent[-2:]


# -- reviewing


def line_of(page: Reply, address: str) -> str:
    """What a form sends for a line: its address with the digest of what it says."""
    return cut(rf'<option value="({re.escape(address)}=[0-9a-f]+)"', page.text, group=1)


def verdict(client: Client, address: str, **fields: str) -> Reply:
    """Say something of a line, as the form on the scenario's page does."""
    page = client.get(PATRIOT)
    form = {"form_token": page.field("form_token"), "do": "record", "line": line_of(page, address), "back": "ledger"}
    return client.post(f"{PATRIOT}/review", {**form, "reviewer": "A. Reader", "date": "2022-12-20", **fields})


def states(page: Reply) -> dict[str, str]:
    """The state that the ledger shows of each rule that has one."""
    rules = re.findall(r'<details class="rule [a-z]+" id="[^"]+">\n<summary>(.*?)</summary>', page.text, re.DOTALL)
    found = {}
    for summary in rules:
        if chip := re.search(r'class="review [a-z]+">([^<]+)', summary):
            found[cut(r'class="id">([^<]+)', summary, group=1)] = chip[1]
    return found


@pytest.mark.slow
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
    line = line_of(page, "ROL-50")
    file = folder / NAMES[0]
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("role: air_defence_long_range", "role: deep_strike"), encoding="utf-8")
    form: dict[str, Any] = {
        "form_token": page.field("form_token"),
        "do": "record",
        "line": line,
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
        ({"verdict": "accept", "line": "NO-1=0"}, "REV-2"),
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
