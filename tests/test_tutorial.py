"""The tutorial does what it says: its files are written, its commands run in order, and what they print is compared.

A yaml block after `<!-- write: NAME -->` or `<!-- append to: NAME -->` goes into that file. A console block holds one
command after `$ ` and what it prints, on either stream; a line `...` stands for lines left out.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_readme import ROOT, missing

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^<!-- (?P<how>write|append to): (?P<name>[\w.-]+) -->\n```yaml\n(?P<text>.*?)^```$"
    r"|^```console\n\$ (?P<command>.+?)\n(?P<shown>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NAMES = "--detail verdict|why|why-not|flip|what-if|unknowns|compare|--as-of|--since|--timeline|explain|--profile"


def follow(page: str, folder: Path) -> list[str]:
    """What differs, step by step, where somebody follows a page in an empty folder."""
    programs = folder / "bin"
    programs.mkdir()
    program = programs / "assess"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from escalation.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    environment = {**kept, "PATH": f"{programs}{os.pathsep}{kept.get('PATH', '')}"}
    drifted = []
    for step in STEP.finditer(page):
        if step["name"]:
            with (folder / step["name"]).open("w" if step["how"] == "write" else "a", encoding="utf-8") as file:
                file.write(step["text"])
            continue
        done = subprocess.run(
            ["/bin/sh", "-c", step["command"]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if run := missing(step["shown"], done.stdout):
            drifted.append(f"$ {step['command']}\ndoes not print\n\n{run}\nbut\n\n{done.stdout}")
    return drifted


@pytest.mark.slow
def test_every_step_of_the_tutorial_does_what_it_shows(tmp_path):
    assert follow(PAGE, tmp_path) == []


def test_the_tutorial_goes_through_the_questions_that_analysts_ask():
    commands = [step["command"] for step in STEP.finditer(PAGE) if step["command"]]
    assert len(commands) == PAGE.count("```console")
    assert [name for name in NAMES.split("|") if not any(name in command for command in commands)] == []


def test_a_step_that_has_drifted_is_noticed(tmp_path):
    page = "<!-- write: a.txt -->\n```yaml\nx: 1\n```\n\n```console\n$ cat a.txt\nx: 2\n```\n"
    assert len(follow(page, tmp_path)) == 1
