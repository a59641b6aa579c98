"""Every flow of the console by the keyboard alone: no click, no fill, no focus that a key did not bring."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from tests.conftest import Mock, Server
from tests.console.conftest import PageProblems
from tests.console.test_browser import order_token, sell
from tests.console.test_first_minutes import digest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FAR = 400
"""Presses of Tab after which something counts as out of reach."""


def is_focused(target: Locator) -> bool:
    return bool(target.evaluate("element => element === document.activeElement"))


def reach(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press a key until an element has the focus, and see that it shows it."""
    target.wait_for(state="attached")
    for _ in range(FAR):
        if is_focused(target):
            outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"{target} does not show that it has the focus"
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is out of reach of {key}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    reach(page, target)
    page.keyboard.press(key)


def open_page(page: Page, name: str) -> None:
    """Go to a page by the bar at the top."""
    press(page, page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True))
    page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1).first).to_have_text(name)


def write(page: Page, target: Locator, text: str) -> None:
    reach(page, target)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def said(page: Page) -> Locator:
    return page.locator(".said").first


def test_a_refused_call_is_found_undone_forked_and_compared(page: Page, mock: Mock) -> None:
    before = digest(mock)
    sell(mock)
    sell(mock, phone="31415")
    page.goto("./")
    open_page(page, "Journal")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("31415")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".why")).to_contain_text("new_sale_04")
    page.keyboard.press("Escape")
    expect(page.locator("#exchange")).to_have_count(0)

    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.keyboard.press("Escape")
    for key in ("j", "j", "k", "j", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#changed ~ .changes").first).to_contain_text("/points")
    press(page, page.get_by_role("button", name="Go back to before this call"))
    expect(said(page)).to_contain_text("as it was before exchange 1")
    assert digest(mock) == before
    press(page, page.get_by_role("button", name="Fork from here"))
    expect(said(page)).to_contain_text("starts from before exchange 1")
    made = re.search(r"/~([^/]+)/", page.url)
    assert made
    with mock.control as control:
        day = control.get(f"/worlds/{made[1]}").json()["now"][:10]
        press(page, page.get_by_role("button", name="+1 week"))
        expect(said(page)).to_be_visible()
        assert control.get(f"/worlds/{made[1]}").json()["now"][:10] > day
        sell(Mock(mock.url, made[1]))
        press(page, page.locator(".top .where a").first)
        expect(page.get_by_role("heading", level=1)).to_have_text("Worlds")
        press(page, page.get_by_role("link", name=f"What differs from the world {mock.world}", exact=True))
        expect(page.locator(".changes .changed", has_text="monedero.contacts 5001")).to_be_visible()
        control.delete(f"/worlds/{made[1]}")


def test_a_call_keeps_the_focus_when_its_list_is_loaded_again(page: Page, mock: Mock) -> None:
    sell(mock)
    page.goto("./console/journal")
    page.keyboard.press("j")
    call = page.locator("#rows .call a").first
    expect(call).to_be_focused()
    page.evaluate("document.getElementById('exchanges').dataset.old = 'yes'")
    page.locator("form.filters").dispatch_event("change")
    expect(page.locator("#exchanges[data-old]")).to_have_count(0)
    expect(call).to_be_focused()


def test_a_fault_is_made_from_a_preset_and_removed(page: Page, mock: Mock) -> None:
    page.goto("./")
    open_page(page, "Faults")
    write(page, page.get_by_label("Operation"), "monedero.create_sale")
    page.keyboard.press("Escape")  # the list of proposals
    presets = page.locator("input[name=preset]")
    wanted = page.get_by_role("radio", name=re.compile("^too-many-requests"))
    reach(page, presets.locator("xpath=self::*[@checked]"))
    reach(page, wanted, "ArrowDown")
    assert wanted.is_checked()
    press(page, page.get_by_role("button", name="Add the rule"))
    expect(said(page)).to_contain_text("Rule 1 holds for create_sale")
    assert sell(mock).status_code == 429
    press(page, page.get_by_role("button", name="Remove", exact=True))
    expect(page.get_by_text("No rules: every call is answered")).to_be_visible()
    assert sell(mock).is_success


def test_a_mailed_code_is_read_and_copied_and_outbox_and_journal_are_emptied(page: Page, mock: Mock) -> None:
    order_token(mock)
    page.goto("./")
    open_page(page, "Outbox")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    code = page.locator(".take code").first.inner_text()
    press(page, page.get_by_role("button", name="Copy the code", exact=True).first)
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == code
    page.keyboard.press("Escape")
    expect(page.locator("#message")).to_have_count(0)
    press(page, page.get_by_role("button", name="Empty"))
    expect(said(page)).to_have_text("The outbox is empty.")
    open_page(page, "Journal")
    press(page, page.get_by_role("button", name="Empty"))
    expect(said(page)).to_have_text("The journal is empty.")
    with mock.control as control:
        assert (control.get("/outbox").json()["messages"], control.get("/journal").json()["exchanges"]) == ([], [])


def test_a_world_is_made_and_entered(page: Page, mock: Mock) -> None:
    page.goto("./")
    press(page, page.locator(".top .where a").first)
    name = f"{mock.world}-made"
    write(page, page.get_by_label("Name (optional)"), name)
    press(page, page.get_by_label("It starts"), "ArrowDown")
    press(page, page.get_by_role("button", name="Make it, and go there"))
    expect(page.locator(".top .where b")).to_have_text(name)
    with mock.control as control:
        assert control.delete(f"/worlds/{name}").is_success


def test_a_record_is_edited_and_a_snapshot_brings_it_back(page: Page, mock: Mock) -> None:
    before = digest(mock)
    page.goto("./")
    open_page(page, "Snapshots")
    write(page, page.get_by_label("Name", exact=True), "before")
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("before keeps")
    open_page(page, "State")
    press(page, page.locator("a[href$='/console/state/monedero/contacts']").first)
    expect(page.locator("#records")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"contacts \d+"))
    write(page, page.get_by_label("points"), "123")
    press(page, page.get_by_role("button", name="Save"))
    expect(said(page)).to_have_text("Changed: points.")
    assert digest(mock) != before
    open_page(page, "Snapshots")
    press(page, page.get_by_role("button", name="Restore"))
    expect(said(page)).to_be_visible()
    assert digest(mock) == before


def test_a_person_signs_in_where_a_token_is_asked(browser: Browser) -> None:
    running = Server("--host", "0.0.0.0", "--token", "s3cret")  # noqa: S104 - on purpose
    try:
        context = browser.new_context(base_url=running.url + "/")
        page = context.new_page()
        problems = PageProblems()
        problems.watch(page)
        page.goto("console/journal")
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_text("This is not the token.")).to_be_visible()
        page.keyboard.type("s3cret")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Journal")
        context.close()
        assert problems == []
    finally:
        running.stop()
