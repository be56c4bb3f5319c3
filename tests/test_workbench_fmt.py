"""The formatter: one form, every comment kept, nothing said differently; or the file is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.command import run as assess

from escalation.diagnostics import Problems
from escalation.source import Listing, Mapping, Node, Text, parse
from escalation.workbench.fmt import formatted

ROOT = Path(__file__).parent.parent


def form(text: str) -> str:
    problems = Problems()
    found = formatted(text.encode(), "a.yaml", problems)
    assert found is not None, problems.found
    return found


def said(text: str) -> object:
    """What a document says, without order and style."""

    def plain(node: Node) -> object:
        if isinstance(node, Text):
            return node.value
        if isinstance(node, Listing):
            return [plain(item) for item in node.items]
        assert isinstance(node, Mapping)
        return {key.value: plain(value) for key, value in node.entries}

    problems = Problems()
    node = parse(text.encode(), "a.yaml", problems)
    problems.stop()
    assert node
    return plain(node)


LONG = " ".join(["word"] * 30)
TABLE = [
    ("spaces in brackets", "a: { b : 1,c: [ x,y ] }\n", "a: {b: 1, c: [x, y]}\n"),
    ("indentation", "a:\n    b: 1\n    c:\n        - x\n", "a:\n  b: 1\n  c:\n    - x\n"),
    ("lists stand in from their key", "a:\n- x\n- y\n", "a:\n  - x\n  - y\n"),
    ("trailing spaces and line ends", "a: 1  \r\nb: 2\r\n", "a: 1\nb: 2\n"),
    ("no byte order mark, one line end at the end", "\ufeffa: 1\n\n\n", "a: 1\n"),
    ("single empty lines stay", "a: 1\n\n\n\nb: 2\n", "a: 1\n\nb: 2\n"),
    ("a comment above", "# first\na: 1\n\n#  second\nb: 2\n", "# first\na: 1\n\n#  second\nb: 2\n"),
    ("a comment at the end of a line", "a: 1 # why\n", "a: 1  # why\n"),
    ("a column of comments", "a: 1      # x\nbb: 2     # y\n", "a: 1      # x\nbb: 2     # y\n"),
    ("a comment after the last entry", "a:\n  b: 1\n# end\n", "a:\n  b: 1\n# end\n"),
    ("a comment that stands further in", "a:\n  b: 1\n  # more of a\nc: 2\n", "a:\n  b: 1\n  # more of a\nc: 2\n"),
    ("a sign that is no comment", "a: x#y\nb: '# z'\n", "a: x#y\nb: '# z'\n"),
    ("quotation marks stay", "a: \"NO\"\nb: 'x'\n", "a: \"NO\"\nb: 'x'\n"),
    ("long text is folded", f"a: {LONG}\n", f"a: >-\n  {' '.join(['word'] * 25)}\n  {' '.join(['word'] * 5)}\n"),
    ("folded text that fits keeps its lines", "a: >-\n      one\n      two\n", "a: >-\n  one\n  two\n"),
    ("folded text that does not is filled", f"a: >-\n  one\n  {LONG}\n",
     f"a: >-\n  one {' '.join(['word'] * 25)}\n  {' '.join(['word'] * 5)}\n"),
    ("paragraphs stay", "a: >-\n  one\n\n  two\n", "a: >-\n  one\n\n  two\n"),
    ("a block as written stays", "a: |\n     x\n       y\n", "a: |\n  x\n    y\n"),
    ("a line in folded text that stands in", "a: >-\n  x\n    y\n", "a: >-\n  x\n    y\n"),
    ("brackets over several lines", "a: [x,\n    y]\n", "a: [x, y]\n"),
    ("anchors stay", "a: &n {b: 1}\nc: *n\n", "a: &n {b: 1}\nc: *n\n"),
    ("nothing", "a:\nb: {}\nc: []\n", "a:\nb: {}\nc: []\n"),
    ("a list of mappings", "-   b: 1\n    c: 2\n-   {d: 3}\n", "- b: 1\n  c: 2\n- {d: 3}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_form(text, wanted):
    assert form(text) == wanted
    assert form(wanted) == wanted


def test_what_does_not_fit_in_brackets_gets_a_line_for_each():
    entries = [f"key_{n}: {'v' * 20}" for n in range(5)]
    assert form(f"a: {{{', '.join(entries)}}}\n") == "a:\n" + "".join(f"  {entry}\n" for entry in entries)


def test_a_long_table_of_words_is_filled():
    entries = [f"K{n}: value" for n in range(60)]
    found = form(f"a: {{{', '.join(entries)}}}\n")
    assert found.startswith("a: {\n  K0: value, K1: value,")
    assert max(map(len, found.splitlines())) <= 130
    assert said(found) == said(f"a: {{{', '.join(entries)}}}\n")


RULES = """\
# about the file
rules:
  # about the first
  - title: one
    id: A
    then: {points: 1}  # what it does
    when: {item: {role: gun}}
  - id: B
    when: {item: {role: gun}}
    # about what it does
    then: {points: 2}
"""


def test_a_rule_has_its_keys_in_order_and_comments_move_with_them():
    assert (
        form(RULES)
        == """\
# about the file
rules:
  # about the first
  - id: A
    title: one
    when: {item: {role: gun}}
    then: {points: 1}  # what it does

  - id: B
    when: {item: {role: gun}}
    # about what it does
    then: {points: 2}
"""
    )


REFUSED = [
    "a: [x, # why\n  y]\n",
    "a: !tag x\n",
    "a: >- # why\n  x\n",
    "? [a]\n: b\n",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_kept_is_refused_with_its_line(text, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    ended = assess("rules", "fmt", path)
    assert ended.code == 2
    assert "a.yaml:1:" in ended.err
    assert path.read_text(encoding="utf-8") == text


# -- the command


def test_check_changes_nothing_and_lists(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("a: 1\n", encoding="utf-8")
    bad.write_text("a:   1\n", encoding="utf-8")
    ended = assess("rules", "fmt", "--check", tmp_path)
    assert (ended.code, ended.out) == (1, f"{bad}\n")
    assert bad.read_text(encoding="utf-8") == "a:   1\n"
    assert "-a:   1\n+a: 1" in assess("rules", "fmt", "--diff", tmp_path).out
    assert assess("rules", "fmt", tmp_path).code == 0
    assert bad.read_text(encoding="utf-8") == "a: 1\n"
    assert assess("rules", "fmt", "--check", tmp_path).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["rules", "scenarios", "tests/lint"])
def test_every_file_of_the_project_can_be_formatted(folder):
    for path in sorted((ROOT / folder).rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        found = form(text)
        assert form(found) == found, path
        assert sorted(comments(found)) == sorted(comments(text)), path


def comments(text: str) -> list[str]:
    """Lines that are comments, as far as it can be said without reading YAML."""
    return [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]


# -- any document

WORDS = st.text("abcdefgh -#:'\"{}[],\u00e9", min_size=0, max_size=40)
SCALARS = st.one_of(
    WORDS, st.integers().map(str), st.lists(st.sampled_from(["word", "and"]), min_size=25, max_size=40).map(" ".join)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from("abcdefg"), inner, max_size=4)
    ),
    max_leaves=12,
)


def written(tree: object, indent: int, draw: st.DataObject) -> list[str]:
    """A document as lines, in a style drawn at random, with comments here and there."""
    space = " " * indent
    remark = st.sampled_from(["", "", "", "# a remark", "#another: one"])
    if not isinstance(tree, (list, dict)) or not tree:
        return [space + quoted(tree)]
    lines = []
    for key, value in tree.items() if isinstance(tree, dict) else ((None, value) for value in tree):
        if above := draw.draw(remark):
            lines.append(space + above)
        start = f"{space}{key}:" if key else f"{space}-"
        if isinstance(value, (list, dict)) and value and draw.draw(st.booleans()):
            lines += [start, *written(value, indent + draw.draw(st.integers(1, 5)), draw)]
        else:
            end = draw.draw(remark)
            lines.append(f"{start} {in_brackets(value)}" + (f" {end}" if end else ""))
        lines += [""] * draw.draw(st.integers(0, 2))
    return lines


def quoted(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "{}" if isinstance(value, dict) else "[]"
    return "'" + str(value).replace("'", "''") + "'"


def in_brackets(value: object) -> str:
    if isinstance(value, dict) and value:
        return "{" + ",".join(f"{key}: {in_brackets(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list) and value:
        return "[" + ", ".join(in_brackets(inner) for inner in value) + "]"
    return quoted(value)


@given(tree=st.dictionaries(st.sampled_from("abcdefg"), TREES, min_size=1, max_size=4), draw=st.data())
def test_any_document_says_the_same_with_the_same_comments(tree, draw):
    text = "\n".join(written(tree, 0, draw)) + "\n"
    found = form(text)  # never refused: there is nothing in it that cannot be kept
    assert said(found) == said(text)
    assert form(found) == found
    assert found.count("a remark") == text.count("a remark")
    assert found.count("#another: one") == text.count("#another: one")
