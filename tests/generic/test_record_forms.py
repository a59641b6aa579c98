"""Records of a served document, written by hand: over the control plane, and by the form of the console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.generic.inside import Inside

pytestmark = pytest.mark.anyio
ADA = "6f1bd83b-5e2f-4a53-9d41-3c0c0d6c9b11"
ORDERS = "/state/shop/order"


async def _ask(shop: Inside, method: str, path: str, **sent: Any) -> httpx.Response:
    headers = {"origin": "http://localhost", "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="http://localhost", headers=headers) as client:
        return await client.request(method, path, **sent)


async def _first_order(shop: Inside) -> tuple[str, Mapping[str, Any]]:
    """The place of an order below a customer, and the order."""
    (order, *_) = (await _ask(shop, "GET", f"/_mock{ORDERS}")).json()["records"]
    return f"{ORDERS}/{order['id'].replace('/', '%252F')}", order


async def test_columns_tell_the_properties_of_the_document() -> None:
    columns = {column["name"]: column for column in (await _ask(Inside(), "GET", "/_mock/state/shop")).json()["columns"]["order"]}
    assert {name: column["given"] for name, column in columns.items()} == {
        "id": "never",
        "key": "never",
        "scope": "never",
        "parents": "once",
        "data": "always",
    }
    members = {member["name"]: member for member in columns["data"]["members"]}
    assert members["status"]["schema"] == {"type": "string", "enum": ["open", "paid", "cancelled"]}
    assert members["amount"]["expects"] == "a whole number from 1"
    assert members["cancelled_at"]["nullable"]
    assert (members["customer_id"]["refers_to"], members["customer_id"]["given"]) == ("customer", "never")
    assert (columns["parents"]["members"][0]["name"], columns["parents"]["members"][0]["refers_to"]) == ("customer", "customer")


async def test_a_record_below_another_is_read_and_changed_by_its_id_with_a_slash() -> None:
    shop = Inside()
    place, order = await _first_order(shop)
    assert "/" in order["id"]
    assert (await _ask(shop, "GET", f"/_mock{place}")).json() == order
    changed = await _ask(shop, "PATCH", f"/_mock{place}", json={"data": {**order["data"], "amount": 12}})
    assert changed.json()["data"]["amount"] == 12
    assert (await shop.call("GET", f"/customers/{order['parents']['customer']}/orders/{order['key']}")).json()["amount"] == 12


async def test_what_the_document_forbids_and_what_makes_another_record_is_refused() -> None:
    shop = Inside()
    place, order = await _first_order(shop)
    for change, pointer, text in (
        ({"data": {**order["data"], "status": "lost"}}, "/data/status", "lost"),
        ({"data": {**order["data"], "id": 99}}, "/data/id", "it is the key of the record"),
        ({"key": "99"}, "/key", "cannot change"),
        ({"parents": {"customer": "x"}}, "/parents", "cannot change"),
    ):
        refused = await _ask(shop, "PATCH", f"/_mock{place}", json=change)
        assert refused.status_code == 422
        assert [(found["pointer"], text in found["text"]) for found in refused.json()["violations"]] == [(pointer, True)]


async def test_a_new_record_gets_its_key_and_its_place() -> None:
    shop = Inside()
    sent = {"parents": {"customer": ADA}, "data": {"amount": 5, "status": "open"}}
    made = await _ask(shop, "POST", f"/_mock{ORDERS}", json=sent)
    assert made.status_code == 201, made.text
    record = made.json()
    assert record["id"] == f"{ADA}/{record['key']}"
    assert record["data"] == {"amount": 5, "status": "open", "id": int(record["key"]), "customer_id": ADA}
    assert made.headers["location"].endswith(f"/order/{ADA}%252F{record['key']}")
    assert (await shop.call("GET", f"/customers/{ADA}/orders/{record['key']}")).json() == record["data"]
    again = await _ask(shop, "POST", f"/_mock{ORDERS}", json={**sent, "data": {**sent["data"], "id": int(record["key"])}})  # type: ignore[dict-item]
    assert again.status_code == 409
    for parents, text in (({}, "is missing"), ({"customer": "nobody"}, "which customer does not have")):
        refused = await _ask(shop, "POST", f"/_mock{ORDERS}", json={**sent, "parents": parents})
        found = refused.json()["violations"][0]
        assert (found["pointer"], text in found["text"]) == ("/parents/customer", True)


async def test_the_form_shows_each_property_by_its_schema_and_saves_it() -> None:
    shop = Inside()
    place, order = await _first_order(shop)
    page = (await _ask(shop, "GET", f"/console{place}")).text
    assert re.search(r'<select id="f-data-status" name="data/status".*?>open</option>.*?>paid</option>.*?>cancelled</option></select>', page)
    assert re.search(r'<input id="f-data-amount" name="data/amount" value="\d+" inputmode="numeric"', page)
    assert re.search(r'<a class="follow" href="[^"]*/customer\?where=key[^"]*">customer [0-9a-f-]+: \w+', page), "labelled"
    unfit = await _ask(shop, "POST", f"/console{place}", data={"data/amount": "few", "data/status": '"open"'})
    assert unfit.status_code == 422
    assert re.search(r'<p class="violation" id="e-data-amount">[^<]*few', unfit.text)
    assert 'value="few"' in unfit.text
    saved = await _ask(shop, "POST", f"/console{place}", data={"data/amount": "31", "data/status": '"cancelled"', "data/cancelled_at": ""})
    assert saved.status_code == 303
    assert saved.headers["location"].endswith(place.rpartition("/")[2])
    data = (await _ask(shop, "GET", f"/_mock{place}")).json()["data"]
    assert data == {**order["data"], "amount": 31, "status": "cancelled", "cancelled_at": None}


async def test_the_form_makes_a_record_of_a_document() -> None:
    shop = Inside()
    form = {
        "parents/customer": ADA,
        "data/id": "",
        "data/amount": "8",
        "data/status": '"open"',
        "data/cancelled_at": "",
        "empty:data/cancelled_at": "absent",
    }
    made = await _ask(shop, "POST", "/console/state/shop/order/-new", data=form)
    assert made.status_code == 303, made.text
    key = int(made.headers["location"].rpartition("%252F")[2])
    stored = (await shop.call("GET", f"/customers/{ADA}/orders/{key}")).json()
    assert stored == {"id": key, "customer_id": ADA, "amount": 8, "status": "open"}
