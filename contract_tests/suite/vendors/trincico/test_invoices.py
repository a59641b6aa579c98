"""Every rule of the vendor's page about invoices and their items."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import BACK, done, got, invoice, new_invoice, one, page_of, press, refused, rows, send, unwrapped, whole

NO_INVOICES = "the only service without invoices"
STATUSES = ("draft", "ready", "paid", "canceled")


def _amount(shown: dict[str, Any]) -> int:
    """What an invoice comes to: lines and the tax of each, halves rounded up."""
    total = 0
    for item in shown["items"]:
        amount = item["price"] * item["quantity"]
        hundredths = round(float(item["tax"] or 0) * 100)
        total += amount + (2 * amount * hundredths + 10_000) // 20_000
    return total


# The list


@clause("trincico.list_invoices.r2")
def test_a_user_without_services_has_no_invoices_to_list(api: ApiClient) -> None:
    answer = send(api, "list_invoices", role="pro")
    assert answer.status_code == 403 or answer.json()["data"] == []
    assert rows(api, "list_invoices")


@clause("trincico.list_invoices.r4")
def test_a_service_lists_its_own_invoices(api: ApiClient) -> None:
    listed = rows(api, "list_invoices", service_id="$service")
    assert listed
    assert {row["service"]["id"] for row in listed} == {api.known("service")}
    assert rows(api, "list_invoices", service_id="$service_number") == listed
    assert rows(api, "list_invoices", service_id="$service_without_invoices") == []


@clause("trincico.list_invoices.r5")
@pytest.mark.parametrize("status", STATUSES)
def test_a_status_lists_its_own_invoices(api: ApiClient, status: str) -> None:
    api.known(f"{status}_invoice")
    listed = whole(api, "list_invoices", status=status)
    assert {row["status"] for row in listed} == {status}
    assert {row["id"] for row in listed} == {row["id"] for row in whole(api, "list_invoices") if row["status"] == status}


@clause("trincico.list_invoices.r6")
def test_the_newest_invoice_comes_first(api: ApiClient) -> None:
    new = new_invoice(api)
    listed = rows(api, "list_invoices", limit=100)
    assert listed[0]["id"] == new
    times = [row["created_at"] for row in listed]
    assert times == sorted(times, reverse=True)


@clause("trincico.list_invoices.r7")
def test_invoices_are_sorted_by_their_properties_only(api: ApiClient) -> None:
    for name in ("amount", "created_at", "reference"):
        values = [row[name] for row in rows(api, "list_invoices", order_by=name, limit=100)]
        assert values == sorted(values)
    answer = send(api, "list_invoices", query={"order_by": "password"})
    refused(answer, "list_invoices", "invalid_param")


@clause("trincico.list_invoices.r8")
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_a_page_of_invoices_has_as_many_rows_as_asked_for(api: ApiClient, limit: int) -> None:
    assert len(rows(api, "list_invoices", limit=limit)) == limit


@clause("trincico.list_invoices.r9", "trincico.list_invoices.r10")
@pytest.mark.parametrize("order_by", [None, "amount"])
def test_the_pages_of_invoices_show_each_once(api: ApiClient, order_by: str | None) -> None:
    order = {} if order_by is None else {"order_by": order_by}
    every = [row["id"] for row in whole(api, "list_invoices", **order)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": min(100, max(6, len(every) // 9)), **order}
    for _ in range(len(every)):
        body = send(api, "list_invoices", query=query).json()
        assert body.keys() >= {"next_page", "data"}
        seen += [row["id"] for row in body["data"]]
        if not body["next_page"]:
            break
        query["next_page"] = body["next_page"]
    assert seen == every
    assert len(set(seen)) == len(seen) > 6


@clause("trincico.list_invoices.r11", "trincico.build_invoice_reference.r5")
@pytest.mark.parametrize("name", ["list_invoices", "build_invoice_reference"])
def test_the_service_of_somebody_else_is_unknown(api: ApiClient, name: str) -> None:
    refused(send(api, name, query={"service_id": "$foreign_service"}), name, "not_found")
    assert send(api, name, role="other", query={"service_id": "$foreign_service"}).status_code == 200


# Create


@clause("trincico.create_invoice.r3", "trincico.create_invoice.r4")
def test_a_reference_is_taken_for_the_whole_service(api: ApiClient) -> None:
    new_invoice(api, "CT-#-1")
    for customer in ("$customer", "$second_customer"):
        refused(send(api, "create_invoice", reference="CT-#-1", service_customer_id=customer), "create_invoice", "row_exists")
    new_invoice(api, "CT-#-2")
    api.spends(NO_INVOICES)
    new_invoice(api, "CT-#-1", service_id="$service_without_invoices", service_customer_id="$customer_of_other_service")


@clause("trincico.create_invoice.r5")
def test_service_and_customer_have_to_belong_together_and_to_the_caller(api: ApiClient) -> None:
    refused(send(api, "create_invoice", service_id="$foreign_service"), "create_invoice", "unknown_service")
    refused(send(api, "create_invoice", role="other"), "create_invoice", "unknown_service")
    for customer in ("$foreign_customer", "$customer_of_other_service"):
        refused(send(api, "create_invoice", service_customer_id=customer), "create_invoice", "unknown_customer")


@clause("trincico.create_invoice.r6", "trincico.create_invoice.r7")
def test_an_invoice_begins_as_an_empty_draft(api: ApiClient) -> None:
    answer = send(api, "create_invoice")
    assert answer.status_code == 201
    made = one(unwrapped(answer.json()))
    assert (made["status"], made["amount"], made.get("items") or []) == ("draft", 0, [])
    assert (made["reference"], made["currency"]) == (f"CT-{api.stamp}", "usd")
    for related in ("owner", "payer", "service"):
        assert not made.get(related) or "id" in made[related]
    shown = invoice(api, made["id"])
    assert (shown["status"], shown["amount"], shown["items"]) == ("draft", 0, [])


# References


@clause("trincico.build_invoice_reference.r3")
def test_a_proposal_needs_a_service(api: ApiClient) -> None:
    refused(send(api, "build_invoice_reference", query={}), "build_invoice_reference", "missing_param")
    assert one(got(api, "build_invoice_reference"))["reference"]


@clause("trincico.build_invoice_reference.r4")
def test_the_first_proposal_is_another_than_the_later_ones(api: ApiClient) -> None:
    api.spends(NO_INVOICES)
    of_studio = {"service_id": "$service_without_invoices"}
    first = one(got(api, "build_invoice_reference", query=of_studio))["reference"]
    new_invoice(api, first, **of_studio, service_customer_id="$customer_of_other_service")
    later = one(got(api, "build_invoice_reference", query=of_studio))["reference"]
    assert later != first
    new_invoice(api, later, **of_studio, service_customer_id="$customer_of_other_service")


# Read


@clause("trincico.retrieve_invoice.r3")
def test_the_invoice_of_somebody_else_is_unknown(api: ApiClient) -> None:
    refused(send(api, "retrieve_invoice", invoice_id="$foreign_invoice"), "retrieve_invoice", "not_found")
    refused(send(api, "retrieve_invoice", role="other"), "retrieve_invoice", "not_found")
    assert one(got(api, "retrieve_invoice", role="other", invoice_id="$foreign_invoice"))["id"] == api.known("foreign_invoice")


@clause("trincico.retrieve_invoice.r4")
@pytest.mark.parametrize("name", ["draft_invoice", "ready_invoice", "paid_invoice", "canceled_invoice"])
def test_what_belongs_to_an_invoice_is_whole_or_left_empty(api: ApiClient, name: str) -> None:
    shown = invoice(api, f"${name}")
    for related in ("payer", "service"):
        assert not shown.get(related) or "id" in shown[related]


@clause("trincico.retrieve_invoice.r5")
def test_the_amount_follows_from_the_items_and_their_taxes(api: ApiClient) -> None:
    assert invoice(api)["amount"] == int(api.known("draft_amount"))
    for row in rows(api, "list_invoices", limit=100):
        shown = invoice(api, row["id"])
        assert shown["amount"] == _amount(shown)


@clause("trincico.view_invoice.r3", "trincico.view_invoice.r4")
@pytest.mark.parametrize("name", ["draft_invoice", "ready_invoice", "paid_invoice"])
def test_anybody_sees_an_invoice_drafts_too(api: ApiClient, name: str) -> None:
    seen, owned = one(got(api, "view_invoice", invoice_id=f"${name}")), invoice(api, f"${name}")
    for key in ("id", "reference", "amount", "currency", "status", "items"):
        assert seen[key] == owned[key]
    for related in ("payer", "service"):
        assert not seen.get(related) or "id" in seen[related]


# Change


@clause("trincico.update_invoice.r2")
@pytest.mark.parametrize(("field", "value"), [("currency", "eur"), ("reference", "CT-#-9"), ("service_customer_id", "$second_customer")])
def test_what_is_not_sent_stays_as_it_is(api: ApiClient, field: str, value: str) -> None:
    before = _listed(api)
    nothing = dict.fromkeys(("service_customer_id", "currency", "reference"))
    done(api, "update_invoice", **{**nothing, field: value})
    after = _listed(api)
    changed = {name for name in before if before[name] != after[name]} - {"updated_at"}
    assert changed == {field.replace("service_customer_id", "customer")}


def _listed(api: ApiClient) -> dict[str, Any]:
    wanted = api.known("draft_invoice")
    return next(row for row in rows(api, "list_invoices", limit=100) if row["id"] == wanted)


@clause("trincico.update_invoice.r3")
@pytest.mark.parametrize("status", ["ready", "paid", "canceled"])
def test_only_a_draft_can_be_changed(api: ApiClient, status: str) -> None:
    before = invoice(api, f"${status}_invoice")
    refused(send(api, "update_invoice", invoice_id=f"${status}_invoice"), "update_invoice", "status_value_denied")
    assert invoice(api, f"${status}_invoice") == before
    done(api, "update_invoice")


@clause("trincico.update_invoice.r4")
def test_a_change_keeps_the_reference_unique(api: ApiClient) -> None:
    done(api, "update_invoice", reference="CT-#-3")
    done(api, "update_invoice", reference="CT-#-3")
    refused(send(api, "update_invoice", invoice_id="$empty_invoice", reference="CT-#-3"), "update_invoice", "row_exists")


@clause("trincico.update_invoice.r5")
def test_an_invoice_stays_with_its_service(api: ApiClient) -> None:
    answer = send(api, "update_invoice", service_id="$service_without_invoices")
    refused(answer, "update_invoice", "unrecognized_parameter")
    assert _listed(api)["service"]["id"] == api.known("service")


# Status


@clause("trincico.update_invoice_status.r2", "trincico.update_invoice_status.r3")
@pytest.mark.parametrize(("before", "after"), [("draft", "ready"), ("draft", "canceled"), ("ready", "draft"), ("ready", "canceled")])
def test_an_invoice_moves_by_hand(api: ApiClient, before: str, after: str) -> None:
    done(api, "update_invoice_status", invoice_id=f"${before}_invoice", status=after)
    assert invoice(api, f"${before}_invoice")["status"] == after


@pytest.mark.parametrize("wanted", ["draft", "ready", "canceled"])
@pytest.mark.parametrize(
    "status",
    [
        pytest.param("canceled", marks=clause("trincico.update_invoice_status.r4")),
        pytest.param("paid", marks=clause("trincico.update_invoice_status.r5")),
    ],
)
def test_an_invoice_at_its_end_stays_there(api: ApiClient, status: str, wanted: str) -> None:
    answer = send(api, "update_invoice_status", invoice_id=f"${status}_invoice", status=wanted)
    refused(answer, "update_invoice_status", "status_value_denied")
    assert invoice(api, f"${status}_invoice")["status"] == status


@clause("trincico.update_invoice_status.r6")
@pytest.mark.parametrize("status", STATUSES)
def test_nobody_sets_paid_by_hand(api: ApiClient, status: str) -> None:
    answer = send(api, "update_invoice_status", invoice_id=f"${status}_invoice", status="paid")
    refused(answer, "update_invoice_status", "status_value_denied")


@clause("trincico.update_invoice_status.r7")
def test_an_invoice_needs_items_to_become_ready(api: ApiClient) -> None:
    refused(send(api, "update_invoice_status", invoice_id="$empty_invoice"), "update_invoice_status", "non_processable")
    send(api, "add_invoice_item", invoice_id="$empty_invoice")
    done(api, "update_invoice_status", invoice_id="$empty_invoice")


@clause("trincico.update_invoice_status.r8")
def test_there_is_no_other_status(api: ApiClient) -> None:
    assert send(api, "update_invoice_status", status="lost").status_code == 400
    assert invoice(api)["status"] == "draft"


# Pay


@clause("trincico.pay_invoice.r2")
@pytest.mark.parametrize("status", ["draft", "paid", "canceled"])
def test_only_a_ready_invoice_can_be_paid(api: ApiClient, status: str) -> None:
    refused(send(api, "pay_invoice", invoice_id=f"${status}_invoice"), "pay_invoice", "status_value_denied")
    page_of(send(api, "pay_invoice"))


@clause("trincico.pay_invoice.r3", "trincico.pay_invoice.r4")
def test_the_money_is_taken_on_the_page(api: ApiClient) -> None:
    url = page_of(send(api, "pay_invoice"))
    assert invoice(api, "$ready_invoice")["status"] == "ready"
    press(api, url, "pay")
    assert invoice(api, "$ready_invoice")["status"] == "paid"


@clause("trincico.pay_invoice.r5")
def test_the_default_payment_method_serves_where_there_is_one(api: ApiClient) -> None:
    page_of(send(api, "pay_invoice"))
    page_of(send(api, "pay_invoice", payment_method_id="$payment_method"))
    refused(send(api, "pay_invoice", invoice_id="$invoice_without_default_method"), "pay_invoice", "configuration_needed")
    page_of(send(api, "pay_invoice", invoice_id="$invoice_without_default_method", payment_method_id="$payment_method"))


@clause("trincico.pay_invoice.r7")
@pytest.mark.parametrize(("outcome", "target"), [("pay", "success_url"), ("decline", "cancel_url"), ("cancel", "cancel_url")])
def test_the_browser_is_sent_where_the_payment_said(api: ApiClient, outcome: str, target: str) -> None:
    assert press(api, page_of(send(api, "pay_invoice")), outcome) == BACK[target]
    assert invoice(api, "$ready_invoice")["status"] == ("paid" if outcome == "pay" else "ready")


# Items


@clause("trincico.add_invoice_item.r2", "trincico.update_invoice_item.r2", "trincico.delete_invoice_item.r3")
@pytest.mark.parametrize("name", ["add_invoice_item", "update_invoice_item", "delete_invoice_item"])
@pytest.mark.parametrize("status", ["ready", "paid"])
def test_only_the_items_of_a_draft_change(api: ApiClient, name: str, status: str) -> None:
    before = invoice(api, f"${status}_invoice")
    of_item: dict[str, Any] = {} if name == "add_invoice_item" else {"item_id": f"$item_of_{status}_invoice"}
    refused(send(api, name, invoice_id=f"${status}_invoice", **of_item), name, "status_value_denied")
    assert invoice(api, f"${status}_invoice") == before
    assert send(api, name).status_code in (201, 204)


@clause("trincico.add_invoice_item.r3", "trincico.add_invoice_item.r4", "trincico.add_invoice_item.r5", "trincico.add_invoice_item.r7")
@pytest.mark.parametrize(
    ("price", "quantity", "tax", "added"),
    [(500, 2, None, 1_000), (500, 2, "50", 1_500), (333, 1, "15.25", 384), (1, 1, "50", 2), (0, 1, "50", 0), (100, 3, "0", 300)],
)
def test_an_item_adds_its_price_times_its_quantity_and_its_tax(api: ApiClient, price: int, quantity: int, tax: str | None, added: int) -> None:
    before = invoice(api)
    answer = send(api, "add_invoice_item", name="Extra", price=price, quantity=quantity, tax=tax)
    assert answer.status_code == 201, answer.text
    item = one(unwrapped(answer.json()))
    assert (item["name"], item["price"], item["quantity"]) == ("Extra", price, quantity)
    after = invoice(api)
    assert after["amount"] == before["amount"] + added == _amount(after)
    assert item["id"] in [line["id"] for line in after["items"]]


@clause("trincico.update_invoice_item.r3", "trincico.update_invoice_item.r4")
@pytest.mark.parametrize(
    ("field", "value", "changes"),
    [("price", 2_000, True), ("quantity", 5, True), ("tax", "10", True), ("name", "Other", False), ("description", "other", False)],
)
def test_any_part_of_an_item_may_be_sent_alone(api: ApiClient, field: str, value: Any, changes: bool) -> None:  # noqa: FBT001 - a column of the table
    before = invoice(api)
    done(api, "update_invoice_item", **{"name": None, field: value})
    after = invoice(api)
    old, new = (next(line for line in shown["items"] if line["id"] == api.known("item")) for shown in (before, after))
    assert {name for name in old if old[name] != new[name]} == {field}
    assert float(new[field]) == float(value) if field == "tax" else new[field] == value
    assert after["amount"] == _amount(after)
    assert (after["amount"] != before["amount"]) is changes


@clause("trincico.delete_invoice_item.r4")
def test_removing_an_item_changes_the_amount(api: ApiClient) -> None:
    before = invoice(api)
    done(api, "delete_invoice_item")
    after = invoice(api)
    assert api.known("item") not in json.dumps(after["items"])
    assert after["amount"] == _amount(after) < before["amount"]
