"""Find every page of the console by following links, as a person does."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin, urlsplit

if TYPE_CHECKING:
    import httpx

PAGES = (
    "/",
    "/console/worlds",
    "/console/journal",
    "/console/state",
    "/console/snapshots",
    "/console/outbox",
    "/console/faults",
    "/console/conformance",
    "/docs",
    "/console/sign-in",
)

FILES = ("/console/assets/", "/console/viewer/", "/console/journal/har", "/console/journal/live")


class Reader(HTMLParser):
    """Parser for the elements of a page, with its links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def links(self) -> list[str]:
        return [value for name, value in self.attributes if name in ("href", "src")]


def read(text: str) -> Reader:
    """Parse a page."""
    reader = Reader()
    reader.feed(text)
    return reader


def crawl(console: httpx.Client, most: int = 400, start: tuple[str, ...] = PAGES) -> dict[str, str]:
    """Pages of the console that links lead to, by address; for tables, only the first sort order."""
    root = str(console.base_url).rstrip("/")
    waiting = [root + page for page in start]
    found: dict[str, str] = {}
    while waiting and len(found) < most:
        url = urldefrag(waiting.pop(0))[0]
        if url in found or not url.startswith(root + "/") or not _is_page(url.removeprefix(root)):
            continue
        answer = console.get(url)
        found[url] = answer.text
        if answer.headers["content-type"].startswith("text/html") and answer.is_success:
            waiting += [urljoin(url, link) for link in read(answer.text).links]
    return found


def _is_page(url: str) -> bool:
    path, query = urlsplit(url).path, urlsplit(url).query
    return (path == "/" or path.startswith(("/console/", "/docs"))) and not path.startswith(FILES) and "sort=" not in query
