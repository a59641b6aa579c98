"""The first minutes of a person who has never seen the mock, from the overview alone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, expect

from tests.conftest import Mock
from tests.console.places import read
from tests.console.test_browser import order_token, sell


def digest(mock: Mock, world: str = "") -> str:
    with mock.control as control:
        return str(control.get(f"/worlds/{world or mock.world}/digest").json()["digest"])


def test_an_app_is_connected_and_its_first_call_seen(page: Page, mock: Mock) -> None:
    page.goto("./")
    page.get_by_label("API", exact=True).select_option("monedero")
    connect = page.locator("#connect")
    expect(connect.locator(".address").first).to_have_text(f"{mock.url}/~{mock.world}/monedero")
    connect.get_by_role("button", name="Copy .env").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[0] == f"MONEDERO_BASE_URL={mock.url}/~{mock.world}/monedero"
    page.wait_for_timeout(300)  # until the page listens
    connect.get_by_role("button", name="Send an example call").click()
    expect(page.locator("#called")).to_have_text("answered 200")
    row = page.locator("#rows tr").first
    expect(row).to_contain_text("monedero.get_wallets")
    for kind in ("fetch", "curl", "Playwright", "Vite"):
        connect.locator("summary", has_text=re.compile(f"^{kind}$")).click()
        expect(connect.get_by_role("region", name=kind)).to_contain_text("monedero")


def test_the_example_call_of_every_api_is_answered(mock: Mock, console: httpx.Client) -> None:
    with mock.control as control:
        apis = control.get("/apis").json()["apis"]
    for api in apis:
        part = console.get("/console/connect", params={"api": api["slug"]}).text
        call = next(value for name, value in read(part).attributes if name == "data-call")
        sent = httpx.Response(200, text=call).json()
        assert urlsplit(sent["url"]).path.startswith(f"/~{mock.world}/{api['slug']}")
        assert httpx.request(sent["method"], mock.url + sent["url"], headers=sent["headers"], timeout=20).status_code == 200, api["slug"]


def test_a_refusal_is_explained_undone_forked_and_compared(page: Page, mock: Mock) -> None:
    before = digest(mock)
    sell(mock)
    sell(mock, phone="47755501")
    page.goto("./")
    row = page.locator("#rows tr").first
    expect(row.locator(".reason")).to_contain_text("new_sale_04 A phone that does not consist of ten digits")
    expect(row.locator(".reason")).to_contain_text('monedero.create_sale.e4 · section "Crear venta"')
    page.locator("#rows a").nth(1).click()
    expect(page.locator("#changed + .changes, #changed ~ .changes").first).to_contain_text("/points")
    page.get_by_role("button", name="Go back to before this call").click()
    expect(page.get_by_role("status").first).to_contain_text("as it was before exchange 1")
    assert digest(mock) == before

    page.get_by_role("button", name="Fork from here").click()
    expect(page.get_by_role("status").first).to_contain_text("starts from before exchange 1")
    made = re.search(r"/~([^/]+)/", page.url)
    assert made
    assert digest(mock, made[1]) == before
    page.get_by_role("button", name="+1 week").click()
    sell(Mock(mock.url, made[1]))
    page.goto(f"{mock.url}/~{made[1]}/console/journal/compare?other={mock.world}")
    expect(page.locator(".changes .changed", has_text="monedero.contacts 5001")).to_be_visible()
    with mock.control as control:
        control.delete(f"/worlds/{made[1]}")


def test_a_fault_is_made_and_watched(page: Page, mock: Mock) -> None:
    page.goto("./")
    page.get_by_role("link", name="Add a fault").click()
    page.get_by_label("Operation").fill("monedero.create_sale")
    page.get_by_role("radio", name=re.compile("^too-many-requests")).check()
    page.get_by_label("How often").select_option("always")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_role("status").first).to_contain_text("Rule 1 holds for create_sale")
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator("#faults-title + ul")).to_contain_text("monedero.create_sale")
    page.wait_for_timeout(300)  # until the page listens
    assert sell(mock).status_code == 429
    expect(page.locator("#rows tr").first).to_contain_text("fault: rule 1")


def test_a_mailed_code_is_read(page: Page, mock: Mock) -> None:
    order_token(mock)
    page.goto("./")
    page.get_by_role("link", name="Messages").click()
    page.locator(".messages a").first.click()
    expect(page.locator(".take code").first).to_have_text(re.compile("[0-9a-f]{20}"))


def test_keys_are_listed_and_escape_closes_an_exchange(page: Page, mock: Mock) -> None:
    sell(mock, phone="1")
    page.goto("./console/journal")
    assert page.locator("#exchange").count() == 0
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#exchange")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#exchange")).to_have_count(0)


def test_the_reference_of_a_call_opens_at_its_operation(page: Page, mock: Mock) -> None:
    sell(mock)
    page.goto("./console/journal/1")
    page.get_by_role("link", name="monedero.create_sale").click()
    opened = page.locator(".opblock.is-open")
    expect(opened).to_contain_text("/wallet/sale")
    expect(opened).to_be_in_viewport()
    assert page.locator(".top").evaluate("head => getComputedStyle(head).position") == "static"
