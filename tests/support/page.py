"""A report as a test reads it: a tree made with the standard parser, strict about nesting."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = frozenset("meta link br input line rect circle path".split())


class Element:
    """An element: its tag, attributes, and children, which are elements and texts."""

    def __init__(self, tag: str, attrs: dict[str, str | None]) -> None:
        self.tag, self.attrs = tag, attrs
        self.children: list[Element | str] = []

    def walk(self) -> Iterator[Element]:
        """This element and all below it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str = "", kind: str = "") -> list[Element]:
        """The elements below of a tag and a class, either of which may be left out."""
        return [e for e in self.walk() if (not tag or e.tag == tag) and (not kind or kind in e.classes)]

    @property
    def classes(self) -> list[str]:
        return (self.attrs.get("class") or "").split()

    @property
    def text(self) -> str:
        """All text below, with single spaces; scripts and styles are none."""
        if self.tag in ("script", "style"):
            return ""
        return " ".join(" ".join(c if isinstance(c, str) else c.text for c in self.children).split())

    @property
    def raw(self) -> str:
        return "".join(child for child in self.children if isinstance(child, str))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}"
        element = Element(tag, dict(attrs))
        self.stack[-1].children.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.stack[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack[-1].tag == tag, f"</{tag}> closes {self.stack[-1].tag} at {self.getpos()}"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(data)


def parsed(text: str) -> Element:
    """The tree of a page. Fails where an element is not closed, or closed out of turn."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.stack) == 1, f"{reader.stack[-1].tag} is not closed"
    return reader.stack[0]
