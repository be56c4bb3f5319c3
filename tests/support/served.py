"""The application as a test meets it: the real command in a process of its own, asked over HTTP.

Requests are written by hand where a test is about their headers, so nothing here adds any that was not asked for.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
NAMES = ("us-patriot-2022.yaml", "us-atacms-2022.yaml", "ir-ballistic-2022.yaml", "every-feature.yaml")
PATRIOT = f"/s/{NAMES[0]}"


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def title(self) -> str:
        """The heading of the page, without marks."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)
        return html.unescape(re.sub("<[^>]+>", "", found[1])) if found else ""

    def field(self, name: str) -> str:
        """The value of the first hidden field of that name."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"the page has no field {name}"
        return html.unescape(found[1])

    def fields(self, name: str) -> list[str]:
        """The values of every hidden field of that name."""
        return [html.unescape(value) for value in re.findall(rf'name="{name}" value="([^"]*)"', self.text)]

    @property
    def written(self) -> str:
        """The text in the editor."""
        found = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', self.text, re.DOTALL)
        assert found, "the page has no editor"
        return html.unescape(found[1])


class Client:
    """One browser, as far as these tests need one: it keeps its cookie."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port, self.cookie = host, port, ""
        self.origin = f"http://{host}:{port}"

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | Sequence[bytes] = b""
    ) -> Reply:
        """Send a request with these headers, its cookie, and no other."""
        connection = HTTPConnection(self.host, self.port, timeout=60)
        sent = {
            "Host": f"{self.host}:{self.port}",
            **({"Cookie": self.cookie} if self.cookie else {}),
            **(headers or {}),
        }
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if isinstance(body, bytes) and "Content-Length" not in sent and method == "POST":
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            try:
                for part in [body] if isinstance(body, bytes) else body:
                    connection.send(part)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was read
            answer = connection.getresponse()
            return Reply(
                answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode("utf-8", "replace")
            )
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """Ask for a page, as one types its address."""
        return self.ask("GET", path, {k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path: str, form: Mapping[str, str | Sequence[str]], **headers: str) -> Reply:
        """Send a form as a page of the application does."""
        own = {"Origin": self.origin, "Content-Type": "application/x-www-form-urlencoded"}
        given = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.ask("POST", path, own | given, urlencode(form, doseq=True).encode())

    def enter(self, link: str) -> Reply:
        """Open a link with a token, and keep the cookie it gives."""
        parts = urlsplit(link)
        found = self.get(f"{parts.path}?{parts.query}")
        self.cookie = found.headers.get("set-cookie", "").partition(";")[0]
        return found


class Served:
    """A running application: its process, and the links it has printed."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder

    def link(self) -> str:
        """The next link that it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line.startswith("http://"), line or "it ended without a link"
        return line

    def client(self) -> Client:
        """A browser that has been let in."""
        link = self.link()
        parts = urlsplit(link)
        client = Client(parts.hostname or "", parts.port or 0)
        assert client.enter(link).status == 200
        return client


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Served]:
    """Run `assess serve FOLDER` on a port of its own until the test is done with it."""
    command = [sys.executable, "-u", "-m", "escalation", "serve", str(folder), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder
    ) as process:
        try:
            yield Served(process, folder)
        finally:
            process.kill()
            process.wait()


def fill(folder: Path) -> Path:
    """A folder of scenarios: good ones, one out of scope, one with two problems."""
    for name in NAMES:
        shutil.copy(SCENARIOS / name, folder / name)
    text = (folder / NAMES[0]).read_text(encoding="utf-8")
    broken = text.replace("role:", "rolle:").replace("as_of: 2022-12-14", "as_of: yesterday")
    (folder / "broken.yaml").write_text(broken, encoding="utf-8")
    return folder


def plain(page: Reply) -> str:
    """The text of a page without its marks, spaces as one."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page.text)).split())


def cut(pattern: str, text: str, group: int = 0) -> str:
    """What a pattern finds first, which must be there."""
    found = re.search(pattern, text, re.DOTALL)
    assert found, pattern
    return found[group]
