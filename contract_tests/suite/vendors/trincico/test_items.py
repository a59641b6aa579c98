"""Every rule of the vendor's page about the items of an invoice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import check_amount, done, exact_amount, has_worked, invoice, one, refused, send, unwrapped, works
from .world import need


@clause("trincico.add_invoice_item.r2", "trincico.update_invoice_item.r2", "trincico.delete_invoice_item.r3")
@pytest.mark.parametrize("name", ["add_invoice_item", "update_invoice_item", "delete_invoice_item"])
@pytest.mark.parametrize("status", ["ready", "paid"])
def test_only_the_items_of_a_draft_change(api: ApiClient, name: str, status: str) -> None:
    before = invoice(api, f"${status}_invoice")
    of_item: dict[str, Any] = {} if name == "add_invoice_item" else {"item_id": f"$item_of_{status}_invoice"}
    refused(api, send(api, name, invoice_id=f"${status}_invoice", **of_item), name, "status_value_denied")
    assert invoice(api, f"${status}_invoice") == before
    works(api, name)


@clause("trincico.add_invoice_item.r3", "trincico.add_invoice_item.r4", "trincico.add_invoice_item.r5", "trincico.add_invoice_item.r7")
@pytest.mark.parametrize(
    ("price", "quantity", "tax", "added"),
    [
        (500, 2, None, 1_000),
        (500, 2, "50", 1_500),
        (333, 1, "15.25", 384),
        (1, 1, "50", 2),
        (0, 1, "50", 0),
        (100, 3, "0", 300),
        (10_000, 2, "15.25", 23_050),
    ],
)
def test_an_item_adds_its_price_times_its_quantity_and_its_tax(api: ApiClient, price: int, quantity: int, tax: str | None, added: int) -> None:
    before = invoice(api)
    answer = send(api, "add_invoice_item", name="Extra", price=price, quantity=quantity, tax=tax)
    need(price != 0 or not api.is_refusal("add_invoice_item", answer), "an item without a price is refused, which the page does not forbid")
    assert has_worked(api, "add_invoice_item", answer), f"an item is added ({answer.status_code} {answer.text[:200]})"
    item = one(unwrapped(answer.json()))
    assert (item["name"], item["price"], item["quantity"]) == ("Extra", price, quantity)
    after = invoice(api)
    check_amount(after)
    exact = exact_amount({"items": [item]})
    assert after["amount"] - before["amount"] == added or (api.is_shared and abs(after["amount"] - before["amount"] - exact) < 1)
    assert item["id"] in [line["id"] for line in after["items"]]


@clause("trincico.update_invoice_item.r3", "trincico.update_invoice_item.r4")
@pytest.mark.parametrize(
    ("field", "value", "changes"),
    [
        ("price", 2_000, True),
        ("price", 0, True),
        ("quantity", 5, True),
        ("tax", "10", True),
        ("name", "Other", False),
        ("description", "other", False),
    ],
)
def test_any_part_of_an_item_may_be_sent_alone(api: ApiClient, field: str, value: Any, changes: bool) -> None:  # noqa: FBT001 - a column of the table
    before = invoice(api)
    answer = send(api, "update_invoice_item", **{"name": None, field: value})
    need(value != 0 or not api.is_refusal("update_invoice_item", answer), "an item without a price is refused, which the page does not forbid")
    assert has_worked(api, "update_invoice_item", answer), f"a part of an item is changed ({answer.status_code} {answer.text[:200]})"
    after = invoice(api)
    old, new = (next(line for line in shown["items"] if line["id"] == api.known("item")) for shown in (before, after))
    assert {name for name in old if old[name] != new[name]} - {"amount", "tax_amount"} == {field}
    assert float(new[field]) == float(value) if field == "tax" else new[field] == value
    check_amount(after)
    assert (after["amount"] != before["amount"]) is changes


@clause("trincico.delete_invoice_item.r4")
def test_removing_an_item_changes_the_amount(api: ApiClient) -> None:
    before = invoice(api)
    done(api, "delete_invoice_item")
    after = invoice(api)
    assert api.known("item") not in json.dumps(after["items"])
    check_amount(after)
    assert after["amount"] < before["amount"]


@clause("trincico.update_invoice_item.e2", "trincico.delete_invoice_item.e2")
@pytest.mark.parametrize("name", ["update_invoice_item", "delete_invoice_item"])
def test_an_item_is_reached_under_its_own_invoice_only(api: ApiClient, name: str) -> None:
    before = invoice(api)
    answer = send(api, name, invoice_id="$empty_invoice")
    assert api.is_refusal(name, answer), f"the item of another invoice is not found ({answer.status_code})"
    assert invoice(api) == before
