"""The site of the documentation, built as ``make docs`` builds it, and read from disk in a browser."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from docs.site.links import find_broken
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
FINDS = """text => {
    const [query, terms, excluded, highlighted, objects] = Search._parseQuery(text);
    return Search._performSearch(query, terms, excluded, highlighted, objects).reverse().map(found => found[0] + found[2]);
}"""
"""Gives the places that the site's search finds for a text, the best first."""
PAGE = "docs/troubleshooting"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "site"
    done = subprocess.run([sys.executable, "-m", "docs.site", str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def page(browser: Browser) -> Page:
    """A page that may call no host."""
    opened = browser.new_page()
    opened.context.set_offline(offline=True)
    return opened


def test_a_page_loads_from_disk(site: Path, page: Page) -> None:
    asked, failures = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.wait_for_url(re.compile("docs/start.html"))
    assert page.get_by_role("heading", level=1).inner_text().startswith("Start here")
    assert page.locator("article img").first.evaluate("image => image.naturalWidth") > 0
    page.locator(".sidebar-tree").get_by_role("link", name="Why this one, and when another").click()
    page.wait_for_url(re.compile("docs/why.html"))
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert failures == []


def test_the_search_box_leads_to_an_error_text(site: Path, page: Page) -> None:
    page.goto((site / "docs" / "start.html").as_uri())
    page.locator("input[name=q]").first.fill("is in use; stop what listens there")
    page.keyboard.press("Enter")
    page.locator("#search-results a").first.click()
    page.wait_for_url(re.compile("troubleshooting.html#"))


def test_the_search_finds_each_error_text(site: Path, page: Page) -> None:
    entries = re.findall(
        r'<section id="([\w-]+)">\s*(?:<span[^>]*></span>)?<h3>(.*?)<a', (site / f"{PAGE}.html").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(entries) > 40
    page.goto((site / "search.html").as_uri())
    page.wait_for_function("() => Search._index !== null")
    searched = {place: re.sub(r"<[^>]*>", "", text).replace("…", "x-17") for place, text in entries}  # with a value that no page has
    found = {place: page.evaluate(FINDS, html.unescape(text))[:2] for place, text in searched.items()}
    assert {place: places for place, places in found.items() if f"{PAGE}#{place}" not in places} == {}


def test_broken_links_and_other_hosts_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here"></a><a href="#away"></a><a href="b.html"></a><script src="https://cdn.example/x.js"></script>', encoding="utf-8"
    )
    assert sorted(find_broken(tmp_path)) == [
        "a.html: #away leads to no place of that page",
        "a.html: b.html leads to no file",
        "a.html: https://cdn.example/x.js is loaded from another host",
    ]
