"""A page as a browser would read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "input", "br", "hr", "link"}


class Page(HTMLParser):
    """A parsed page: its elements, and its text; a wrongly closed element is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], "elements stay open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open:
            self.texts.append((self._open[-1], data.strip().replace("\u00a0", " ")))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(text for tag, text in self.texts if tag not in ("script", "style"))

    def texts_of(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def cells_of(html: str, table_class: str) -> list[list[str]]:
    """The body of a table as text."""
    table = re.search(rf'<table class="{table_class}">.*?</table>', html, re.DOTALL)
    assert table
    body = table[0].split("<tbody>")[1]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[re.sub("<[^>]*>", "", cell).replace("\u00a0", " ").strip() for cell in row] for row in rows]


def assert_self_contained(html: str, links: tuple[str, ...] = ()) -> None:
    page = Page(html)
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:image/")) or value in links, value
    assert not re.search(r"https?:|//\w+\.|@import|url\(", re.sub(r"base64,[\w+/=]+", "", html))
    assert not page.all("link")
    assert all(set(attributes) == set() for attributes in page.all("script"))
    assert len(page.all("script")) == 1
