"""Messages to a phone are shown as a phone shows them: the sender, the days, bubbles with their time, codes that copy on click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.console.test_browser import AXE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import Mock

PHONE = "+524775550199"
SENT = [
    ("2026-11-30T18:04:00Z", "Your code is 481516. Do not give it to anybody.", ["481516"]),
    ("2026-12-01T07:01:00Z", "Another code: 234217, and the page is http://127.0.0.1/a?code=234217.", ["234217"]),
    ("2026-12-01T07:20:00Z", "<b>Thank you</b>", []),
]


def send(mock: Mock, channel: str = "sms") -> None:
    """Have a conversation of two days in the world."""
    messages = [
        {"id": number, "api": "monedero", "channel": channel, "to": PHONE, "subject": "", "body": body, "sent_at": at, "codes": codes}
        for number, (at, body, codes) in enumerate(SENT, 1)
    ]
    other = {**messages[0], "id": 4, "api": "trincico", "body": "From another sender."}
    with mock.control as control:
        world = control.get(f"/worlds/{mock.world}/export").json()
        imported = control.put(f"/worlds/{mock.world}", json={**world, "outbox": [*messages, other]})
        assert imported.is_success, imported.text


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_a_conversation_is_shown_by_day_and_a_code_is_copied_by_a_click(page: Page, mock: Mock, channel: str) -> None:
    send(mock, channel)
    page.goto("console/outbox/2")
    phone = page.get_by_role("region", name="The conversation on a phone")
    expect(phone.locator("header")).to_contain_text("Monedero")
    expect(phone.locator(".day")).to_have_text(["2026-11-30", "2026-12-01"])
    expect(phone.locator(".bubble")).to_have_text([body for _, body, _ in SENT])
    expect(phone.locator("li .meta time")).to_have_text(["18:04", "07:01", "07:20"])
    code = phone.get_by_role("button", name="Copy the code 234217")
    expect(code).to_have_count(1)  # the one in the text, not that in the link
    code.click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "234217"
    phone.get_by_role("button", name="Copy the code 481516").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()") == "481516"
    assert phone.get_by_role("link").get_attribute("href") == "http://127.0.0.1/a?code=234217"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_the_phone_fits_the_page_and_axe_finds_nothing(browser: Browser, mock: Mock, scheme: Any, width: int) -> None:
    send(mock)
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, base_url=f"{mock.url}/~{mock.world}/")
    page = context.new_page()
    page.goto("console/outbox/1")
    box = page.locator(".phone").bounding_box()
    assert box
    assert box["width"] <= 400
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate(AXE)
    assert [(one["id"], one["nodes"][0]["html"]) for one in page.evaluate("axe.run()")["violations"]] == []
    context.close()
