"""Check the written pages: every link leads to a page and a place that are there, and nothing is loaded from another host."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""The attribute by which an element makes a browser load something."""


class _Page(HTMLParser):
    """The places, the links and the loaded files of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.places.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        attribute = LOADED.get(tag, "")
        if found.get(attribute):
            self.loaded.append(found[attribute])


def find_broken(site: Path) -> list[str]:
    """What is wrong with the links of a site, a line for each."""
    pages = {file: _read(file) for file in sorted(site.rglob("*.html"))}
    return [f"{file.relative_to(site)}: {wrong}" for file in pages for wrong in _check(file, pages)]


def _read(file: Path) -> _Page:
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def _check(file: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    page = pages[file]
    yield from (f"{address} is loaded from another host" for address in page.loaded if urlsplit(address).netloc)
    for address in {*page.links, *page.loaded}:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not target.is_file():
            yield f"{address} leads to no file"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
            yield f"{address} leads to no place of that page"
