"""The pages to which a redirect_url leads, and until when they are open. Only a mock's own pages are opened; others belong to their providers."""

from __future__ import annotations

import pytest

from ...harness import ApiClient
from .calls import look, page_of, press, send

PAGES = ("pay_invoice", "enable_payout_account")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_people_and_is_kept_nowhere(api: ApiClient, name: str) -> None:
    page = look(api, page_of(send(api, name)))
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "no-store" in page.headers["cache-control"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_was_open_too_long_takes_nothing(api: ApiClient, name: str) -> None:
    url = page_of(send(api, name))
    api.advance("P2D")
    assert look(api, url).status_code == 410
    assert api.submit(url, outcome="pay" if name == "pay_invoice" else "complete").status_code == 410


def test_a_page_for_what_has_changed_since_takes_nothing(api: ApiClient) -> None:
    first, second = page_of(send(api, "pay_invoice")), page_of(send(api, "pay_invoice"))
    press(api, first, "pay")
    assert api.submit(second, outcome="pay").status_code == 409
    assert look(api, second).status_code == 409
