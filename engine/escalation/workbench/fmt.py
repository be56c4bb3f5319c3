"""`assess rules fmt`: one form for the YAML of packs and scenarios, with every comment kept.

The form: two spaces a level, lists standing in from their key, one space inside `{a: 1, b: [x, y]}` after each comma
and colon, at most 130 columns (what is longer is folded, or broken up; folded text that fits keeps its lines), one
empty line between rules, the keys of a rule in the order of the language. Values, quotation marks, the order of other
keys and single empty lines stay; a comment at the end of a line keeps its column, with two spaces before it at the
least. A file is written only if it then says the same, has the same comments, and would not be changed again;
otherwise it is refused with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from escalation.diagnostics import Mark, Problems
from escalation.rules import Rule
from escalation.source import Listing, Mapping, Node, Text, parse
from escalation.workbench.fmt_tree import Collection, Document, Entry, Scalar, Tree, Unkept, read_tree

__all__ = ["formatted"]

WIDTH = 130
STEP = 2
_FILLED = 12  # entries from which a flat table in brackets is filled line by line, and not given a line for each


def formatted(data: bytes, file: str, problems: Problems) -> str | None:
    """The text of a file in form; None if it is refused, with the reason in `problems`."""
    before = parse(data, file, problems)
    if before is None:
        return None
    text = data.decode("utf-8-sig")
    first = again = ""
    try:
        first = _written(read_tree(_clean(text)))
        again = _written(read_tree(first))
    except yaml.YAMLError:
        again = ""  # told below
    except Unkept as refused:
        mark = Mark(file, refused.line, 1)
        problems.add("FMT-1", f"not formatted: {refused.what} cannot be kept", mark, "put it on a line of its own")
        return None
    after = parse(first.encode(), file, Problems())
    if after is None or not _same(before, after) or first != again or _comments(text) != _comments(first):
        help = "please report it; the file is left as it is"
        problems.add("FMT-2", "not formatted: the form would not say quite the same", Mark(file, 1, 1), help)
        return None
    return first


def _clean(text: str) -> str:
    lines = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
    return "\n".join(lines)


def _comments(text: str) -> list[str]:
    """Every comment of a text, sorted."""
    found: list[str] = []

    def gather(lines: tuple[str, ...]) -> None:
        found.extend(line for line in lines if line)

    def walk(tree: Tree) -> None:
        for entry in tree.entries if isinstance(tree, Collection) else ():
            gather((*entry.lead, entry.end, *entry.tail))
            walk(entry.value)

    document = read_tree(_clean(text))
    walk(document.tree)
    gather(document.tail)
    return sorted(found)


def _same(a: Node, b: Node) -> bool:
    """Whether two documents say the same. Long text may have become a block, which no reader tells apart."""
    if isinstance(a, Text) and isinstance(b, Text):
        return a.value == b.value and (a.plain == b.plain or " " in a.value.strip())
    if isinstance(a, Listing) and isinstance(b, Listing):
        return len(a.items) == len(b.items) and all(map(_same, a.items, b.items))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        others = {key.value: value for key, value in b.entries}
        return {key.value for key, _ in a.entries} == others.keys() and all(
            _same(value, others[key.value]) for key, value in a.entries
        )
    return False


# -- writing


def _written(document: Document) -> str:
    lines = [*_block(document.tree, 0)] if isinstance(document.tree, Collection) else [document.tree.raw]
    if isinstance(document.tree, Collection) and document.tree.flow:
        lines = list(_value("", Entry(None, document.tree), 0))
    lines += list(document.tail)
    while lines and not lines[-1]:
        lines.pop()
    squeezed = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(squeezed) + "\n"


def _block(tree: Collection, indent: int) -> Iterator[str]:
    """The lines of a mapping or list in block style."""
    apart = not tree.mapping and any(_is_rule(entry.value) for entry in tree.entries)
    for number, entry in enumerate(_ordered(tree)):
        lead = list(entry.lead)
        if not number:
            lead = [line for i, line in enumerate(lead) if line or any(lead[:i])] if indent else lead
        elif apart and "" not in lead[:1]:
            lead.insert(0, "")
        yield from (" " * indent + line if line else "" for line in lead)
        lines = list(_value(f"{' ' * indent}{entry.key.raw}:", entry, indent) if entry.key else _item(entry, indent))
        yield from lines
        block = isinstance(entry.value, Scalar) and len(lines) > 1  # a comment further in would become part of it
        yield from (" " * (indent + (0 if block else STEP)) + line if line else "" for line in entry.tail)


def _item(entry: Entry, indent: int) -> Iterator[str]:
    """An item of a list; the first line of a block stands beside its dash."""
    value = entry.value
    dash = f"{' ' * indent}-"
    if not isinstance(value, Collection) or value.flow or value.anchor:
        yield from _value(dash, entry, indent)
        return
    lines = list(_block(value, indent + STEP))
    comments = [i for i, line in enumerate(lines) if not line.lstrip().startswith("#") and line.strip()]
    first = comments[0] if comments else 0
    yield from (line[STEP:] for line in lines[:first])  # comments between the dash and the first key
    yield f"{dash} {lines[first].lstrip()}"
    yield from lines[first + 1 :]


def _value(prefix: str, entry: Entry, indent: int) -> Iterator[str]:
    """The lines of a value after `key:` or a dash."""
    value = entry.value
    if isinstance(value, Scalar):
        yield from _scalar(prefix, value, entry, indent)
        return
    if value.anchor and not value.flow:
        prefix = f"{prefix} {value.anchor}"
    if value.flow or not value.entries:
        line = f"{prefix} {_flow(value)}" if prefix else _flow(value)
        if len(_ended(line, entry)) <= WIDTH or not value.entries:
            yield _ended(line, entry)
            return
        if _flat(value) and len(value.entries) >= _FILLED:
            opening, closing = "{}" if value.mapping else "[]"
            yield f"{prefix} {opening}" if prefix else opening
            yield from _filled(value, indent + STEP)
            yield _ended(" " * indent + closing, entry)
            return
    if prefix.endswith("-"):
        lines = list(_block(value, indent + STEP))
        if entry.end:
            yield " " * indent + entry.end
        yield f"{prefix} {lines[0].lstrip()}"
        yield from lines[1:]
        return
    if prefix:
        yield _ended(prefix, entry)
    yield from _block(value, indent + STEP if prefix else indent)


def _ended(line: str, entry: Entry) -> str:
    """A line with the comment at its end: at its old column if there is room, else two spaces on."""
    if not entry.end:
        return line
    space = max(2, entry.column - len(line)) if entry.column + len(entry.end) <= WIDTH else 2
    return f"{line}{' ' * space}{entry.end}"


def _scalar(prefix: str, value: Scalar, entry: Entry, indent: int) -> Iterator[str]:
    if value.style in ("|", ">"):
        yield f"{prefix} {value.raw.split(chr(10))[0].rstrip()}"
        lines = list(_shifted(value, indent + STEP))
        fits = max(map(len, lines), default=0) <= WIDTH
        yield from lines if value.style == "|" or fits or not _foldable(value) else _folded(value.value, indent + STEP)
        return
    one = _ended(f"{prefix} {_one_line(value)}".rstrip(), entry)
    if len(one) <= WIDTH or "\n" in value.value or not _prose(value.value) or not prefix:
        if "\n" in value.value and "\n" in value.raw:
            raise Unkept(value.first + 1, "text over several lines with an empty one in it")
        yield one
        return
    if entry.end:
        yield " " * indent + entry.end
    yield f"{prefix} >-"
    yield from _folded(value.value, indent + STEP)


def _one_line(value: Scalar) -> str:
    """A plain or quoted scalar on one line."""
    if "\n" not in value.raw:
        return value.raw
    if not value.style:
        return value.value
    if value.style == "'":
        return "'" + value.value.replace("'", "''") + "'"
    if "\\" in value.raw:
        raise Unkept(value.first + 1, "an escape in text over several lines")
    return '"' + value.value.replace('"', '\\"') + '"'


def _prose(text: str) -> bool:
    """Whether text can be folded without a change: words with single spaces between."""
    return " " in text and text == " ".join(text.split()) and text.isprintable()


def _foldable(value: Scalar) -> bool:
    """Whether a folded block is plain paragraphs."""
    body = value.value.removesuffix("\n")
    return all(not part or _prose(part) or " " not in part for part in body.split("\n")) and not body.endswith("\n")


def _folded(text: str, indent: int) -> Iterator[str]:
    room = WIDTH - indent
    for number, paragraph in enumerate(text.removesuffix("\n").split("\n")):
        if number:
            yield ""
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > room:
                yield " " * indent + line
                line = word
            else:
                line = f"{line} {word}" if line else word
        if line:
            yield " " * indent + line


def _shifted(value: Scalar, indent: int) -> Iterator[str]:
    """The lines of a block as they are, moved to a new indentation."""
    lines = value.raw.rstrip("\n ").split("\n")[1:]
    least = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    yield from (" " * indent + line[least:].rstrip() if line.strip() else "" for line in lines)


def _flow(tree: Tree) -> str:
    """A value on one line, in brackets if it is a collection."""
    if isinstance(tree, Scalar):
        return _one_line(tree)
    inner = ", ".join(_pair(entry) for entry in tree.entries)
    return f"{tree.anchor} ".lstrip() + (f"{{{inner}}}" if tree.mapping else f"[{inner}]")


def _pair(entry: Entry) -> str:
    value = _flow(entry.value)
    return f"{entry.key.raw}: {value}".rstrip() if entry.key else value


def _filled(tree: Collection, indent: int) -> Iterator[str]:
    """The entries of a flat table, several to a line: as they are if all lines fit, else as many as fit."""
    parts = [_pair(entry) + ("," if entry is not tree.entries[-1] else "") for entry in tree.entries]
    lines: dict[int, str] = {}
    for entry, part in zip(tree.entries, parts, strict=True):
        number = (entry.key or entry.value).first
        lines[number] = f"{lines[number]} {part}" if number in lines else " " * indent + part
    if tree.first not in lines and max(map(len, lines.values())) <= WIDTH:
        yield from lines.values()
        return
    line = " " * indent
    for part in parts:
        if line.strip() and len(line) + 1 + len(part) > WIDTH:
            yield line
            line = " " * indent
        line += f" {part}" if line.strip() else part
    yield line


def _flat(tree: Collection) -> bool:
    return all(isinstance(entry.value, Scalar) for entry in tree.entries)


def _is_rule(tree: Tree) -> bool:
    """Whether a mapping is a rule of a pack."""
    keys = {entry.key.value for entry in tree.entries if entry.key} if isinstance(tree, Collection) else set()
    return {"id", "when", "then"} <= keys


def _ordered(tree: Collection) -> list[Entry]:
    """The entries in the order in which they are written: those of a rule in the order of the language."""
    if not _is_rule(tree):
        return list(tree.entries)
    place = {key: i for i, key in enumerate(Rule._fields)}
    entries = sorted(tree.entries, key=lambda e: place.get(e.key.value if e.key else "", len(place)))
    if tree.entries[0] is not entries[0] and tree.entries[0].lead:
        lead = tree.entries[0].lead  # what stands before the rule stays there
        entries = [e._replace(lead=()) if e is tree.entries[0] else e for e in entries]
        entries[0] = entries[0]._replace(lead=(*lead, *entries[0].lead))
    return entries
