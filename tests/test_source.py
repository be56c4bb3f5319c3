"""Text to positioned values: what is read, where it stands, and what is refused before it can hurt."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.loading import node

from escalation.diagnostics import Problems
from escalation.source import LIMITS, Limits, Listing, Mapping, Node, Text, parse, read_bytes


def found_in(data: bytes, limits: Limits = LIMITS) -> list[tuple[str, int, int]]:
    problems = Problems()
    parse(data, "x.yaml", problems, limits)
    return [(p.code, p.mark.line, p.mark.column) for p in problems.found]


def plain(node: Node) -> object:
    """A node without places."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key.value: plain(value) for key, value in node.entries}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: NO\nb: on\nc: 1:30\nd: 010\ne: 777", {"a": "NO", "b": "on", "c": "1:30", "d": "010", "e": "777"}),
        ("a: [1, two, {b: c}]", {"a": ["1", "two", {"b": "c"}]}),
        ("a: &x [1, 2]\nb: *x", {"a": ["1", "2"], "b": ["1", "2"]}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("# only this\n---\na: 1\n...\n", {"a": "1"}),
        ("\ufeffa: 1", {"a": "1"}),
    ],
)
def test_values(text, expected):
    assert plain(node(text)) == expected


def test_every_value_knows_its_place():
    top = node("a: x\nb:\n  - 'two words'\n  - {c: d}\n")
    assert isinstance(top, Mapping)
    listing = top.get("b")
    assert isinstance(listing, Listing)
    first, second = listing.items
    assert (first.mark.line, first.mark.column, first.mark.length) == (3, 5, 11)
    assert isinstance(second, Mapping)
    assert [(key.mark.line, key.mark.column) for key, _ in second.entries] == [(4, 6)]
    assert isinstance(first, Text)
    assert not first.plain
    assert top.get("nothing") is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [("YAML-5", 1, 1)]),
        (b"# a comment\n", [("YAML-5", 1, 1)]),
        (b"a: [1, 2\nb: 3\n", [("YAML-1", 2, 2)]),
        (b"a: 1\nb: 2\na: 3\n", [("YAML-2", 3, 1)]),
        (b"a: &x {b: 1}\nc:\n  <<: *x\n", [("YAML-3", 3, 3)]),
        (b"[" * 100_000, [("YAML-4", 1, 42)]),
        (b"a: 1\n---\nb: 2\n", [("YAML-6", 2, 1)]),
        (b"a: !!python/name:os.system x\n", [("YAML-7", 1, 4)]),
        (b"a: *nowhere\n", [("YAML-8", 1, 4)]),
        (b"a: &a [*a]\n", [("YAML-8", 1, 8)]),
        (b"? [a]\n: b\n", [("YAML-9", 1, 3)]),
        (b"a:\n\tb: 1\n", [("YAML-10", 2, 1)]),
        (b"a: 1\nb: \x07\n", [("YAML-11", 2, 4)]),
        (b"x" * (LIMITS.bytes + 1), [("FILE-2", 1, 1)]),
        (b"a: 1\nbc: \xff\n", [("FILE-3", 2, 5)]),
        ("ab: \u00e9\u00e9".encode() + b"\xff", [("FILE-3", 1, 7)]),
        ("a: 1".encode("utf-16"), [("FILE-3", 1, 1)]),
        (b'a: "\\UFFFFFFFF"\n', [("YAML-1", 1, 7)]),
    ],
)
def test_refused(data, expected):
    assert found_in(data) == expected


def test_duplicate_names_the_first_place():
    problems = Problems()
    parse(b"a: 1\nb: 2\na: 3\n", "x.yaml", problems)
    [problem] = problems.found
    assert [(phrase, mark.line) for phrase, mark in problem.related] == [("first given here", 1)]
    assert problem.excerpt == "a: 3"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_counted_as_the_parser_counts_them(end):
    problems = Problems()
    parse(f"a: 1{end}b: 2{end}a: 3{end}".encode(), "x.yaml", problems)
    assert [(p.code, p.mark.line, p.excerpt) for p in problems.found] == [("YAML-2", 3, "a: 3")]


def test_aliases_count_what_they_stand_for():
    bomb = b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    for i in range(1, 9):
        bomb += b"%c: &%c [%s]\n" % (97 + i, 97 + i, b", ".join([b"*%c" % (96 + i)] * 9))
    assert [code for code, *_ in found_in(bomb)] == ["YAML-4"]


def test_aliases_do_not_hide_depth():
    chain = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (i, i, i - 1) for i in range(1, 100))
    [(code, line, _)] = found_in(chain)
    assert code == "YAML-4"
    assert line == LIMITS.depth  # the line on which what the alias stands for passes the limit
    level = b"a: &a [x]\nb: [*a]\nc: [[*a]]\n"
    assert found_in(level, Limits(depth=3)) == [("YAML-4", 3, 6)]


@pytest.mark.parametrize(
    "data",
    [
        b"[" * LIMITS.bytes,
        b"{a: " * 200_000,
        b"- " * 500_000,
        b"? " * 500_000,
        b"a: 1\n" * 100_000,
        b'"' + b"x" * 10**6,
    ],
)
def test_hostile_text_is_refused_at_once(data):
    start = time.perf_counter()
    assert found_in(data)
    assert time.perf_counter() - start < 5


@given(
    st.binary(max_size=200) | st.text(alphabet=" \t\n-:?,[]{}#&*!|>'\"%@`ab0~\u2028\ufeff", max_size=80).map(str.encode)
)
def test_any_bytes_give_a_node_or_problems(data):
    problems = Problems()
    found = parse(data, "x.yaml", problems)
    assert found is not None or problems.found
    assert all(p.mark.line >= 1 and p.mark.column >= 1 for p in problems.found)


def test_read_bytes_says_why_not(tmp_path):
    problems = Problems()
    (tmp_path / "there.yaml").write_bytes(b"a: 1")
    assert read_bytes(tmp_path / "there.yaml", problems) == b"a: 1"
    assert read_bytes(tmp_path / "there.yaml", problems, Limits(bytes=2)) == b"a: "  # one past the limit, no more
    for path in (tmp_path / "absent.yaml", tmp_path, "null\0character"):
        assert read_bytes(path, problems) is None
    assert [p.code for p in problems.found] == ["FILE-1"] * 3
