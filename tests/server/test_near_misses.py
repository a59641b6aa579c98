"""Requests that no operation has: the operation that was meant, headers that nothing reads, and pages for browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.asgi.near_misses import LONGEST, NearMisses
from tests.server.samples import SLUGS, document_of

if TYPE_CHECKING:
    from mockserver.testing import Mock
    from tests.conftest import Server

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def latest(world: Mock) -> dict[str, Any]:
    """The newest exchange of a world, whole."""
    number = world.journal.exchanges()[-1].number
    found: dict[str, Any] = world.call("GET", f"/journal/{number}")
    return found


@pytest.mark.parametrize(
    ("slug", "method", "sent", "meant"),
    [
        ("monedero", "POST", "/wallet/contacts/get", "POST /monedero/wallet/contact/get"),
        ("monedero", "POST", "/wallets/sale", "POST /monedero/wallet/sale"),
        ("trincico", "GET", "/invoice", "GET /trincico/invoices"),
        ("trincico", "GET", "/plan", "GET /trincico/plans/"),
        ("trincico", "GET", "/Invoices/7/views", "GET /trincico/invoices/{invoice_id}/view"),
    ],
)
def test_a_near_miss_names_the_operation(world: Mock, slug: str, method: str, sent: str, meant: str) -> None:
    answer = world.api(slug).client().request(method, sent)
    assert answer.status_code == 404
    assert answer.headers["x-mock-notice"] == f"did you mean {meant}?"
    assert latest(world)["exchange"]["fault"] == "not_found"
    assert f"did you mean {meant}?" in str(latest(world))


def test_what_is_like_nothing_gets_no_hint(world: Mock) -> None:
    for path in ("/zzzzzzzzzzzzzzz", "/", "/" + "a/" * 400):
        assert "x-mock-notice" not in world.monedero.client().get(path).headers


OPERATIONS = [(spec.method, spec.path) for slug in SLUGS for spec in document_of(slug).operations]


@given(st.text(st.characters(codec="ascii", exclude_characters="{}"), max_size=2 * LONGEST))
def test_any_path_is_compared_or_passed_over(path: str) -> None:
    found = NearMisses(OPERATIONS).find("GET", path)
    assert found is None or found.partition(" ")[2] in {template for _, template in OPERATIONS}


def test_headers_that_nothing_reads_are_told(world: Mock) -> None:
    client = world.trincico.client()
    client.get("/plans", headers={"Idempotency-Key": "1", "X-Request-Id": "2", "Accept-Language": "es"})
    assert latest(world)["unread"] == ["header/idempotency-key"]


def test_a_browser_gets_a_page_for_an_unknown_one(server: Server) -> None:
    for path in ("/nope", "/console/nope", "/~mine/console/nope"):
        page = httpx.get(server.url + path, headers=BROWSER)
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (404, "text/html")
        assert "There is no such page" in page.text
        assert f'href="{"/~mine" if "mine" in path else ""}/"' in page.text
    assert httpx.get(server.url + "/nope").headers["content-type"] == "application/problem+json"
    assert "<script>" not in httpx.get(server.url + "/%3Cscript%3E", headers=BROWSER).text


def test_the_root_of_the_console_leads_to_its_overview(server: Server) -> None:
    answer = httpx.get(server.url + "/~mine/console", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/~mine/")
