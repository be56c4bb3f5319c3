"""Dead links: every relative link in a tracked Markdown file must lead to a tracked file, and its anchor to a heading.

Run it from the root of the repository; it prints `file:line: what is wrong` and exits 1 if anything is. It looks at the
repository only: addresses on the network are not asked.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

FENCE = re.compile(r"^ {0,3}(```|~~~)")
CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
INLINE = re.compile(r"\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+[\"'][^)]*)?\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)")
HTML_LINK = re.compile(r"(?:href|src)=\"([^\"]+)\"")
HTML_ANCHOR = re.compile(r"(?:name|id)=\"([^\"]+)\"")
LINK_TEXT = re.compile(r"\[([^\]]*)\]\([^)]*\)")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines of a Markdown text, without those in fenced blocks."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1] == fence:
            fence = ""
        elif not fence:
            yield number, line


def anchors(text: str) -> set[str]:
    """The anchors of a Markdown text: its headings as GitHub names them, and those written as HTML."""
    found: set[str] = set()
    for _, line in prose(text):
        found.update(HTML_ANCHOR.findall(line))
        heading = HEADING.match(line)
        if heading:
            title = LINK_TEXT.sub(r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            copies = (f"{slug}-{n}" if n else slug for n in range(len(found) + 1))
            found.add(next(name for name in copies if name not in found))
    return found


def links(text: str) -> Iterator[tuple[int, str]]:
    """The numbered targets of all links that stay in the repository."""
    for number, line in prose(text):
        bare = CODE_SPAN.sub("", line)
        targets = INLINE.findall(bare) + REFERENCE.findall(bare) + HTML_LINK.findall(bare)
        yield from ((number, target) for target in targets if not ELSEWHERE.match(target))


def faults(tracked: frozenset[str]) -> Iterator[str]:
    """One line of text for each dead link in the Markdown files among `tracked`."""
    folders = {str(parent) for name in tracked for parent in PurePosixPath(name).parents}
    for name in sorted(name for name in tracked if name.endswith(".md")):
        text = Path(name).read_text(encoding="utf-8")
        for number, target in links(text):
            path, _, anchor = unquote(target).partition("#")
            there = normpath(str(PurePosixPath(name).parent / path)) if path else name
            if there not in tracked and there not in folders:
                yield f"{name}:{number}: no such file in the repository: {target}"
            elif anchor and there.endswith(".md") and anchor not in anchors(Path(there).read_text(encoding="utf-8")):
                yield f"{name}:{number}: no such heading: {target}"


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    tracked = frozenset(filter(None, listed.split("\0")))
    wrong = list(faults(tracked))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    read = sum(name.endswith(".md") for name in tracked)
    print(f"{read} Markdown files read, {len(wrong)} dead links")
    return 1 if wrong or not read else 0


if __name__ == "__main__":
    sys.exit(main())
