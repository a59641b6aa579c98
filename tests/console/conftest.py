"""Fixtures for the console: a real browser, and plain HTTP calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.conftest import Mock

WIDE = {"width": 1280, "height": 860}
NARROW = {"width": 360, "height": 740}


class PageProblems(list[str]):
    """Problems of a page: errors and warnings in the browser's console, and violations of the page's content security policy.

    Failed form submissions and failed *Try it out* calls are not problems, and neither are requests that the browser aborted when the test left
    the page, and the viewer's warning about the underscore of an operationId in an address.
    """

    def _note(self, url: str, kind: str, text: str) -> None:
        expected = ("responded with a status of 401", "responded with a status of 422", "escaping deep link whitespace")
        if kind in ("error", "warning") and not any(words in text for words in expected):
            self.append(f"{url}: {text}")

    def _note_failure(self, url: str, wanted: str, text: str) -> None:
        if text != "net::ERR_ABORTED":
            self.append(f"{url}: {wanted} {text}")

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self._note(page.url, message.type, message.text))
        page.on("pageerror", lambda error: self.append(f"{page.url}: {error}"))
        page.on("requestfailed", lambda request: self._note_failure(page.url, request.url, str(request.failure)))


@pytest.fixture
def page(browser: Browser, mock: Mock) -> Iterator[Page]:
    """A page in the world of the test; the test fails if the page has problems."""
    context = browser.new_context(viewport=WIDE, base_url=f"{mock.url}/~{mock.world}/")  # type: ignore[arg-type]
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = context.new_page()
    problems = PageProblems()
    problems.watch(made)
    made.on("dialog", lambda dialog: dialog.accept())
    yield made
    context.close()
    assert problems == []


@pytest.fixture
def console(mock: Mock) -> Iterator[httpx.Client]:
    """An HTTP client for the console of the world, with the headers of a browser on the same server."""
    with httpx.Client(base_url=f"{mock.url}/~{mock.world}", headers={"origin": mock.url, "sec-fetch-site": "same-origin"}, timeout=20) as client:
        yield client
