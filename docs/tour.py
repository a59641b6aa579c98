"""Make the pictures of the tour and of a report of ``mockserver verify``. Needs a Chromium; writes docs/pictures.

For the tour a mock is started, and the calls of the tour are made; the report is that on an independent implementation with a planted bug.

Run as ``python -m docs.tour`` in the environment of the tests.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from playwright.sync_api import sync_playwright

from tests.browser import MISSING, OPTIONS, find
from tests.conftest import Server
from tests.independent.runner import HERE, Implementation, judge

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).parent / "pictures"
SIZES = {"": {"width": 1366, "height": 800}, "-phone": {"width": 390, "height": 844}}
SCHEMES = {"": "light", "-dark": "dark"}
"""The endings of the names of pictures, by size and by colours; the page of the tour shows those without an ending, and one of each other kind."""
START = "2026-01-15T09:30:00Z"
SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}
BUG = "flags_as_numbers"
"""The planted bug of the report, that of the vendor's day in docs/conformance.md."""


def make_calls(client: httpx.Client) -> dict[str, str]:
    """Make calls as an app does; returns the addresses of the pages to show."""
    headers = {api["slug"]: api["credentials"][0]["headers"] for api in client.get("/_mock/apis").json()["apis"]}
    client.get("/serpi/api/v1/Sucursales", params={"limite": 2}, headers=headers["serpi"])
    client.post("/monedero/wallet/get", headers=headers["monedero"])
    customer = {"wallet_key": "wallet-demo", "phone": "4775559911", "customer_name": "Ana Prueba", "usertool_id": "7001"}
    client.post("/monedero/wallet/contact/add", headers=headers["monedero"], data=customer)
    client.put("/_mock/snapshots/before-the-sale")
    client.post("/monedero/wallet/sale", headers=headers["monedero"], data=SALE)
    client.post("/monedero/wallet/sale", headers=headers["monedero"], data={**SALE, "phone": "47755501"})
    client.post("/backoffice/api/v1/tokens", headers=headers["backoffice"], data={"user_id": "6"})
    client.post("/_mock/faults", json={"api": "serpi", "operation": "list_sucursales", "answer": {"status": 429}, "first": 2})
    client.get("/serpi/api/v1/Sucursales", headers=headers["serpi"])
    broken = client.get("/_mock/journal", params={"findings": True}).json()["exchanges"][0]["number"]
    mail = client.get("/_mock/outbox", params={"channel": "mail"}).json()["messages"][-1]["id"]
    return {
        "overview": "/",
        "journal": "/console/journal",
        "compare": "/console/journal/compare?call=4",
        "worlds": "/console/worlds",
        "records": "/console/state/trincico/visits",
        "exchange": f"/console/journal/{broken}",
        "snapshots": "/console/snapshots?before=before-the-sale",
        "outbox": f"/console/outbox/{mail}",
        "faults": "/console/faults?operation=monedero.create_sale",
        "reference": "/docs/monedero",
    }


def photograph(page: Page, url: str, name: str) -> None:
    """Take one screenshot of the first screen of a page."""
    page.goto(url)
    if name.startswith("reference"):
        page.locator(".opblock-summary-control", has_text="/wallet/sale").click()
        page.locator(".opblock.is-open .promises").first.wait_for()
        page.locator(".opblock.is-open").evaluate("operation => window.scrollTo(0, operation.offsetTop - 70)")
    page.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=72)


def photograph_report(browser: Browser) -> None:
    """Judge an implementation, and take a screenshot of the report and one of its first finding."""
    with tempfile.TemporaryDirectory() as name:
        judge(Implementation.read(HERE / "serpi"), Path(name), bug=BUG)
        page = browser.new_page(viewport={"width": 1280, "height": 1120})
        page.goto((Path(name) / "report" / "report.html").as_uri())
        page.screenshot(path=PICTURES / "report.jpg", type="jpeg", quality=72)
        page.set_viewport_size({"width": 1280, "height": 700})
        finding = page.locator("details.finding").first
        finding.locator("summary").first.click()
        finding.evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + window.scrollY - 80)")
        page.screenshot(path=PICTURES / "finding.jpg", type="jpeg", quality=72)
        page.close()


def main() -> None:
    """Start a mock with a frozen clock, and make every picture."""
    chromium = find()
    if chromium is None:
        sys.exit(f"No pictures: {MISSING}.")
    PICTURES.mkdir(exist_ok=True)
    server = Server("--freeze", START)
    try:
        with httpx.Client(base_url=server.url, timeout=30) as client, sync_playwright() as playwright:
            places = make_calls(client)
            browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
            for (size, viewport), (scheme, colours) in product(SIZES.items(), SCHEMES.items()):
                context = browser.new_context(viewport=viewport, color_scheme=colours)  # type: ignore[arg-type]
                for name, path in places.items():
                    page = context.new_page()
                    photograph(page, server.url + path, f"{name}{size}{scheme}")
                    page.close()
                context.close()
            photograph_report(browser)
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
