"""What the documentation shows is what the program prints.

A block of text in a Markdown file that follows `<!-- output of: assess ... -->` is compared with what that command
prints now, run from the root of the repository. A line `...` in it stands for lines left out. An excerpt that has
drifted fails here; mend the page, or the program.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.golden import check
from tests.support.terminal import picture

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXCERPT = re.compile(r"^<!-- output of: assess (.+?) -->\n+```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IMAGE = re.compile(r"!\[([^]]*)\]\(([^)]+)\)")

EXCERPTS = [
    pytest.param(arguments, shown, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, (arguments, shown) in enumerate(EXCERPT.findall(page.read_text(encoding="utf-8")), 1)
]


def printed(arguments: str) -> str:
    """Standard output of `assess ARGUMENTS`, not on a terminal."""
    done = subprocess.run(
        [sys.executable, "-c", "from escalation.cli import main; main()", *shlex.split(arguments)],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in ("COLUMNS", "FORCE_COLOR")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def missing(shown: str, output: str) -> str:
    """The first run of lines shown that the output does not hold after those before it; "" if all are there."""
    lines, start = [line.rstrip() for line in output.splitlines()], 0
    for run in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE):
        wanted = [line.rstrip() for line in run.strip("\n").splitlines()]
        places = range(start, len(lines) - len(wanted) + 1)
        found = next((i for i in places if lines[i : i + len(wanted)] == wanted), None)
        if found is None:
            return run
        start = found + len(wanted)
    return ""


@pytest.mark.parametrize(("arguments", "shown"), EXCERPTS)
def test_excerpt_is_what_the_command_prints(arguments, shown):
    output = printed(arguments)
    run = missing(shown, output)
    assert not run, f"assess {arguments} does not print\n\n{run}\nbut\n\n{output}"


PICTURED = "assess scenarios/us-patriot-2022.yaml"


def test_the_picture_of_the_terminal_is_what_the_command_prints():
    output = printed(f"{PICTURED.removeprefix('assess ')} --color always")
    lines = output.splitlines()
    end = next(i for i, line in enumerate(lines) if "WARNINGS" in line) - 1  # the verdict, its reasons, the sums
    check(ROOT / "docs" / "pictures" / "terminal.svg", picture(PICTURED, output, end))


def test_every_picture_is_light_and_has_words_for_those_who_do_not_see_it():
    shown = set()
    for page in PAGES:
        for words, path in IMAGE.findall(page.read_text(encoding="utf-8")):
            assert len(words.split()) >= 6
            shown.add((page.parent / path).resolve())
    assert shown == set((ROOT / "docs" / "pictures").iterdir())
    assert all(path.stat().st_size < 200_000 for path in shown)


def test_readme_shows_the_main_job_that_its_first_command_runs():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first, second = COMMAND.findall(text)[:2]
    main_job = first.strip().rpartition("&& ")[2]
    assert main_job.startswith(".venv/bin/assess ")
    assert main_job.removeprefix(".venv/bin/assess ") in [arguments for arguments, _ in EXCERPT.findall(text)]
    assert second.strip().endswith("&& .venv/bin/python -m pytest -n 2")


@pytest.mark.parametrize(
    ("shown", "lost"),
    [
        ("b\nc\n", ""),
        ("a\n...\nd\n", ""),
        ("...\nc\nd\n", ""),
        ("a\nc\n", "a\nc\n"),
        ("d\n...\na\n", "a\n"),
        ("b\nc\n...\nc\nd\n", "c\nd\n"),
        ("e\n", "e\n"),
    ],
)
def test_an_excerpt_that_has_drifted_is_noticed(shown, lost):
    assert missing(shown, "a\nb  \nc\nd\n") == lost
