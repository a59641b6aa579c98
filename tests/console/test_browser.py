"""A typical day in a real browser, every page checked by axe-core, and page times with many records."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import Server
from tests.console.conftest import NARROW, WIDE, PageProblems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.conftest import Mock

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}
EXCHANGES = 10_000
RECORDS = 10_000


def sell(mock: Mock, **changes: str) -> httpx.Response:
    with mock.client("monedero") as client:
        return client.post("/wallet/sale", data={**SALE, **changes})


def order_token(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        assert client.post("/api/v1/tokens", data={"user_id": "6"}).is_success


def test_a_days_work(page: Page, mock: Mock) -> None:
    """One typical day in consecutive parts."""
    see_why_a_call_failed(page, mock)
    let_the_next_one_fail(page, mock)
    save_a_snapshot(page)
    advance_a_month(page)
    read_a_code(page, mock)
    change_a_record(page)
    go_back_to_the_snapshot(page, mock)


def see_why_a_call_failed(page: Page, mock: Mock) -> None:
    page.goto("./")
    page.get_by_role("link", name="Journal", exact=True).click()
    expect(page.get_by_text("Nothing was called yet")).to_be_visible()
    page.wait_for_timeout(300)  # until the page listens

    sell(mock, phone="47755501")
    row = page.locator("#rows tr").first
    expect(row).to_contain_text("1 violation")  # it came by itself
    row.get_by_role("link").click()
    expect(page.locator(".why")).to_contain_text("new_sale_04")
    expect(page.locator(".tree li.wrong")).to_contain_text("47755501")
    expect(page.locator(".clauses").first).to_contain_text("ten digits")
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert "--data-urlencode phone=47755501" in page.evaluate("navigator.clipboard.readText()")


def let_the_next_one_fail(page: Page, mock: Mock) -> None:
    page.get_by_role("link", name="Make this fail next time").click()
    page.get_by_label("Answer", exact=True).select_option("code:new_sale_12")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_role("status").first).to_contain_text("Rule 1 holds for create_sale")
    assert sell(mock).json()["code"] == "new_sale_12"
    assert sell(mock).is_success
    page.reload()
    expect(page.locator(".rules").first).to_contain_text("applied to 1 of 2 calls")


def save_a_snapshot(page: Page) -> None:
    page.get_by_role("link", name="Snapshots", exact=True).click()
    page.get_by_label("Name").fill("before-lunch")
    page.get_by_role("button", name="Save a snapshot").click()
    expect(page.get_by_role("status").first).to_contain_text("before-lunch keeps")


def advance_a_month(page: Page) -> None:
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("button", name="Freeze", exact=True).click()
    before = page.locator("#clock .big time").get_attribute("datetime")
    page.get_by_role("button", name="+1 month").click()
    after = page.locator("#clock .big time").get_attribute("datetime")
    assert before is not None
    assert after is not None
    assert before[:7] < after[:7]


def read_a_code(page: Page, mock: Mock) -> None:
    order_token(mock)
    page.get_by_role("link", name="Outbox", exact=True).click()
    page.locator(".messages a").first.click()
    code = page.locator(".take code").first.inner_text()
    assert re.fullmatch(r"[0-9a-f]{20}", code)
    assert code in page.locator("div.mail").inner_text()
    page.get_by_role("button", name="Copy the code").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == code


def change_a_record(page: Page) -> None:
    page.goto("./console/state/monedero/contacts/5001")
    page.get_by_label("points").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#e-points")).to_have_text("must be a whole number")
    page.get_by_label("points").fill("123")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_have_text("Changed: points.")
    page.get_by_role("link", name="wallets 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("wallets 1")


def go_back_to_the_snapshot(page: Page, mock: Mock) -> None:
    page.get_by_role("link", name="Snapshots", exact=True).click()
    page.get_by_role("link", name="What changed since before-lunch").click()
    changed = page.locator(".changes > li", has_text="monedero.contacts 5001")
    expect(changed.locator("ins")).to_have_text("123")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("0 changed records")).to_be_visible()
    with mock.control as control:
        assert control.get("/state/monedero/contacts/5001").json()["points"] != 123


def test_the_quick_conformance_run_is_started_watched_and_read(page: Page, mock: Mock) -> None:
    page.goto("./console/conformance")
    page.get_by_label("API").select_option("serpi")
    page.get_by_label("Level").select_option("quick")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#run")).to_contain_text("running")
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    expect(page.get_by_role("heading", name="Last run")).to_be_visible(timeout=120_000)
    expect(page.locator("#run")).to_contain_text("nothing found")
    expect(page.locator("#report-title")).to_be_visible()
    page.get_by_role("link", name="Open the whole report").evaluate("link => link.removeAttribute('target')")
    page.get_by_role("link", name="Open the whole report").click()
    expect(page.locator("body")).to_contain_text("serpi", ignore_case=True)


def test_a_reference_is_tried_out_in_this_world_with_the_demo_credentials(page: Page, mock: Mock) -> None:
    page.goto("./docs/monedero")
    operation = page.locator(".opblock", has_text="/wallet/get").first
    operation.locator(".opblock-summary-control").click()
    expect(operation.locator(".promises").first).to_contain_text("monedero.get_wallets.r1")
    open_ones = operation.locator(".promises").last
    expect(open_ones).to_contain_text("monedero.D37")
    open_ones.locator("summary").first.click()
    expect(open_ones).to_contain_text("The mock: the settings of wallets and accounts are seeded")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    with mock.control as control:
        (exchange,) = control.get("/journal").json()["exchanges"]
    assert (exchange["operation"], exchange["status"]) == ("get_wallets", 200)
    sale = page.locator(".opblock", has_text="/wallet/sale").first
    sale.locator(".opblock-summary-control").click()
    sale.get_by_role("button", name="Execute").click()  # as the document's example has it
    expect(sale.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    page.get_by_label("Try it out as").select_option(label="nobody")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("401")


def test_lists_are_filtered_while_a_person_types(page: Page, mock: Mock) -> None:
    sell(mock)
    sell(mock, phone="1")
    page.goto("./console/journal")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.get_by_label("Status").select_option("4xx")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_label("Status").select_option("")
    page.get_by_label("Search in path").fill("new_sale_04")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.goto("./console/state/monedero/contacts")
    page.get_by_label("Search in every field").fill("muestra")
    expect(page.locator("#records")).to_contain_text(re.compile(r"\b[1-9] records?"))
    page.get_by_role("link", name="points").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text(re.compile("points"))


def test_everything_is_reached_by_the_keyboard(page: Page, mock: Mock) -> None:
    sell(mock, phone="1")
    page.goto("./console/journal")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search in path")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("#rows a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".why")).to_be_visible()
    page.goto("./")
    seen = set()
    for _ in range(90):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))
    assert {"Journal", "Documents", "+1 day", "Reset this world"} <= seen


def test_the_console_works_without_scripts(browser: Browser, mock: Mock) -> None:
    sell(mock, phone="1")
    context = browser.new_context(java_script_enabled=False, base_url=f"{mock.url}/~{mock.world}/")
    page = context.new_page()
    page.goto("./console/journal")
    page.locator("#rows a").first.click()
    expect(page.locator(".why")).to_contain_text("new_sale_04")
    page.get_by_role("link", name="Make this fail next time").click()
    page.get_by_label("Answer", exact=True).select_option("code:new_sale_12")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.locator(".said")).to_contain_text("Rule 1 holds")
    context.close()


# For everybody


def places(mock: Mock) -> dict[str, str]:
    """Every kind of page, each with content."""
    sell(mock)
    sell(mock, phone="47755501")
    order_token(mock)
    with mock.client("monedero") as client:
        client.post("/wallet/contact/add", data={"wallet_key": "wallet-demo", "phone": "4775559911", "customer_name": "Ana", "usertool_id": "7001"})
    with mock.control as control:
        control.put("/snapshots/a")
        control.post("/faults", json={"api": "serpi", "answer": {"status": 429}, "first": 1})
        control.patch("/state/monedero/contacts/5001", json={"points": 3})
        broken = control.get("/journal", params={"findings": True}).json()["exchanges"][0]["number"]
        messages = {message["channel"]: message["id"] for message in control.get("/outbox").json()["messages"]}
    return {
        "overview": "",
        "worlds": "console/worlds",
        "journal": "console/journal",
        "exchange": f"console/journal/{broken}",
        "compare": f"console/journal/compare?call={broken - 1}",
        "tables": "console/state",
        "table": "console/state/monedero/contacts",
        "record": "console/state/monedero/contacts/5001",
        "new record": "console/state/monedero/contacts/-new",
        "snapshots": "console/snapshots?before=a",
        "outbox": "console/outbox",
        "mail": f"console/outbox/{messages['mail']}",
        "chat": f"console/outbox/{next(number for channel, number in messages.items() if channel != 'mail')}",
        "faults": "console/faults",
        "conformance": "console/conformance",
        "documents": "docs",
        "reference": "docs/monedero",
        "sign-in": "console/sign-in",
        "not there": "console/journal/999999999",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious_and_nothing_runs_out_of_the_page(browser: Browser, mock: Mock, scheme: Any, size: Any) -> None:
    pages = places(mock)
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True, base_url=f"{mock.url}/~{mock.world}/")
    page = context.new_page()
    found, wide = [], []
    for name, path in pages.items():
        page.goto("./" + path)
        if name == "reference":
            page.locator(".opblock-summary-control").nth(1).click()
            page.locator(".opblock .promises").first.wait_for()
        page.evaluate(AXE)
        result = page.evaluate("axe.run()")
        found += [
            (name, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
            for violation in result["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            wide.append(name)
    context.close()
    assert found == []
    assert wide == []


# Much to show


@pytest.fixture(scope="module")
def big() -> Iterator[Server]:
    running = Server("--keep", str(EXCHANGES))
    yield running
    running.stop()


def fill(server: Server) -> None:
    """Make this many exchanges and records in the default world."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        file = client.get("/_mock/worlds/default/export").json() if client.get("/_mock/clock").is_success else {}
        contacts = file["tables"]["monedero.contacts"]["records"]
        model = contacts[-1]
        start = max(record["id"] for record in contacts) + 1
        contacts += [{**model, "id": start + number, "phone": f"55{number:08}", "name": f"Crowd {number}"} for number in range(RECORDS)]
        file["tables"]["monedero.contacts"].pop("orders", None)
        imported = client.put("/_mock/worlds/default", content=json.dumps(file), headers={"content-type": "application/json"})
        assert imported.is_success, imported.text
        headers = next(api for api in client.get("/_mock/apis").json()["apis"] if api["slug"] == "serpi")["credentials"][0]["headers"]
        for _ in range(EXCHANGES):
            client.get("/serpi/api/v1/nothing", headers=headers)


@pytest.mark.slow
def test_pages_with_many_records_open_within_a_second(browser: Browser, big: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """Times are reported. The test asserts that lists stay short and that times stay below a generous limit."""
    fill(big)
    with httpx.Client(base_url=big.url) as client:
        journal = client.get("/_mock/journal?limit=1").json()
    assert journal["kept"] + journal["dropped"] == EXCHANGES
    assert journal["kept"] > 1_000  # as many as the bytes of one world's journal allow
    context = browser.new_context(viewport=WIDE, base_url=big.url)  # type: ignore[arg-type]
    page = context.new_page()
    problems = PageProblems()
    problems.watch(page)
    figures = {}
    table = "/console/state/monedero/contacts"
    paths = ("/", "/console/journal", "/console/journal?text=nothing", table, f"{table}?sort=-points&text=crowd+99")
    for path in paths:
        started = time.perf_counter()
        page.goto(path)
        figures[f"open {path}"] = time.perf_counter() - started
        assert page.locator("tbody tr").count() <= 200
    page.goto("/console/journal")
    started = time.perf_counter()
    page.get_by_label("Status").select_option("4xx")
    expect(page.locator("#count")).to_contain_text(" of ")
    figures["filter the journal"] = time.perf_counter() - started
    with httpx.Client(base_url=big.url) as client:
        for _ in range(2000):
            client.get("/serpi/api/v1/nothing")
    started = time.perf_counter()
    page.get_by_role("link", name="State", exact=True).click()
    page.wait_for_url("**/console/state")
    figures["leave the live journal after 2,000 calls"] = time.perf_counter() - started
    context.close()
    with capsys.disabled():
        sys.stdout.write(f"\n{EXCHANGES:,} exchanges, {RECORDS:,} records\n")
        sys.stdout.writelines(f"  {seconds * 1000:6.0f} ms  {what}\n" for what, seconds in figures.items())
    assert problems == []
    assert max(figures.values()) < 10
