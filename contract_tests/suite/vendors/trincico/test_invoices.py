"""Every rule of the vendor's page about invoices and their items."""

from __future__ import annotations

from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import BACK, check_amount, done, got, has_worked, invoice, new_invoice, one, page_of, press, refused, rows, send, unwrapped, whole, works
from .world import need, other_customer

NO_INVOICES = "the only service without invoices"
STATUSES = ("draft", "ready", "paid", "canceled")


# The list


@clause("trincico.list_invoices.r2")
def test_a_user_without_services_has_no_invoices_to_list(api: ApiClient) -> None:
    answer = send(api, "list_invoices", role="pro")
    assert api.is_refusal("list_invoices", answer) or answer.json()["data"] == []
    assert rows(api, "list_invoices")


@clause("trincico.list_invoices.r4")
def test_a_service_lists_its_own_invoices(api: ApiClient) -> None:
    listed = rows(api, "list_invoices", service_id="$service")
    assert listed
    assert _services(listed) <= {api.known("service")}
    every = {row["id"]: row for row in whole(api, "list_invoices")}
    of_service = {key for key, row in every.items() if _services([row]) == {api.known("service")}}
    assert {row["id"] for row in whole(api, "list_invoices", service_id="$service")} >= of_service
    if "service_number" in api.target.known:
        assert rows(api, "list_invoices", service_id="$service_number") == listed


def _services(listed: list[dict[str, Any]]) -> set[str]:
    """The ids of the services that some rows name; old services have a number."""
    return {str(row["service"]["id"]) for row in listed if row.get("service")}


@clause("trincico.list_invoices.r4")
def test_a_service_without_invoices_lists_none(api: ApiClient) -> None:
    other = api.known("service_without_invoices")
    listed = whole(api, "list_invoices", service_id=other)
    assert _services(listed) <= {other}
    assert not {row["id"] for row in listed} & {row["id"] for row in whole(api, "list_invoices", service_id="$service")}


@clause("trincico.list_invoices.r4", "trincico.list_invoices.r5")
@pytest.mark.parametrize("status", STATUSES)
def test_both_filters_hold_together_on_every_page(api: ApiClient, status: str) -> None:
    api.known(f"{status}_invoice")
    every = [row for row in whole(api, "list_invoices", service_id="$service") if row["status"] == status]
    found = whole(api, "list_invoices", service_id="$service", status=status, limit=max(2, -(-len(every) // 20)))
    assert [row["id"] for row in found] == [row["id"] for row in every]


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
    (found,) = (row for row in listed if row["id"] == new)
    assert found["created_at"] == listed[0]["created_at"]
    assert api.is_shared or listed[0]["id"] == new
    times = [row["created_at"] for row in listed]
    assert times == sorted(times, reverse=True)


@clause("trincico.list_invoices.r7")
def test_invoices_are_sorted_by_their_properties_only(api: ApiClient) -> None:
    for name in ("amount", "created_at", "reference"):
        values = [row[name] for row in rows(api, "list_invoices", order_by=name, limit=100)]
        assert values in (sorted(values), sorted(values, reverse=True)) if api.is_shared else values == sorted(values)
    answer = send(api, "list_invoices", query={"order_by": "password"})
    refused(api, answer, "list_invoices", "invalid_param")


@clause("trincico.list_invoices.r8")
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_a_page_of_invoices_has_as_many_rows_as_asked_for(api: ApiClient, limit: int) -> None:
    need(len(rows(api, "list_invoices")) >= limit, f"the owner has fewer than {limit} invoices")
    assert len(rows(api, "list_invoices", limit=limit)) == limit


@clause("trincico.list_invoices.r9", "trincico.list_invoices.r10")
@pytest.mark.parametrize("order_by", [None, "amount"])
def test_the_pages_of_invoices_show_each_once(api: ApiClient, order_by: str | None) -> None:
    order = {} if order_by is None else {"order_by": order_by}
    every = [row["id"] for row in whole(api, "list_invoices", **order)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": min(100, max(6, len(every) // 9)), **order}
    for _ in range(len(every)):
        body = works(api, "list_invoices", query=query).json()
        assert body.keys() >= {"next_page", "data"}
        seen += [row["id"] for row in body["data"]]
        if not body["next_page"]:
            break
        query["next_page"] = body["next_page"]
    assert seen == every
    assert len(set(seen)) == len(seen)
    assert len(seen) > 6 or api.is_shared


@clause("trincico.list_invoices.r11", "trincico.build_invoice_reference.r5")
@pytest.mark.parametrize("name", ["list_invoices", "build_invoice_reference"])
def test_the_service_of_somebody_else_is_unknown(api: ApiClient, name: str) -> None:
    refused(api, send(api, name, query={"service_id": "$foreign_service"}), name, "not_found")
    works(api, name, role="other", query={"service_id": "$foreign_service"})


# Create


@clause("trincico.create_invoice.r3", "trincico.create_invoice.r4")
def test_a_reference_is_taken_for_the_whole_service(api: ApiClient) -> None:
    new_invoice(api, "CT-#-1")
    for customer in ("$customer", "$second_customer"):
        refused(api, send(api, "create_invoice", reference="CT-#-1", service_customer_id=customer), "create_invoice", "row_exists")
    new_invoice(api, "CT-#-2")
    api.spends(NO_INVOICES)
    new_invoice(api, "CT-#-1", service_id="$service_without_invoices", service_customer_id=other_customer(api))


@clause("trincico.create_invoice.r5")
def test_service_and_customer_have_to_belong_together_and_to_the_caller(api: ApiClient) -> None:
    refused(api, send(api, "create_invoice", service_id="$foreign_service"), "create_invoice", "unknown_service")
    refused(api, send(api, "create_invoice", role="other"), "create_invoice", "unknown_service")
    for customer in ("$foreign_customer", "$customer_of_other_service"):
        refused(api, send(api, "create_invoice", service_customer_id=customer), "create_invoice", "unknown_customer")


@clause("trincico.create_invoice.r6", "trincico.create_invoice.r7")
def test_an_invoice_begins_as_an_empty_draft(api: ApiClient) -> None:
    made = one(got(api, "create_invoice"))
    assert (made["status"], made["amount"], made.get("items") or []) == ("draft", 0, [])
    assert (made["reference"], made["currency"].lower()) == (f"CT-{api.stamp}", "usd")
    for related in ("owner", "payer", "service"):
        assert not made.get(related) or "id" in made[related]
    shown = invoice(api, made["id"])
    assert (shown["status"], shown["amount"], shown["items"]) == ("draft", 0, [])


# References


@clause("trincico.build_invoice_reference.r3")
def test_a_proposal_needs_a_service(api: ApiClient) -> None:
    refused(api, send(api, "build_invoice_reference", query={}), "build_invoice_reference", "missing_param")
    assert one(got(api, "build_invoice_reference"))["reference"]


@clause("trincico.build_invoice_reference.r4")
def test_the_first_proposal_is_another_than_the_later_ones(api: ApiClient) -> None:
    api.spends(NO_INVOICES)
    of_studio = {"service_id": "$service_without_invoices"}
    need(not whole(api, "list_invoices", **of_studio), "service_without_invoices has invoices")
    first = one(got(api, "build_invoice_reference", query=of_studio))["reference"]
    customer = api.known("customer_of_other_service")
    made = send(api, "create_invoice", reference=first, service_id=of_studio["service_id"], service_customer_id=customer)
    need(made.status_code != 404, "customer_of_other_service is no customer of service_without_invoices")
    assert has_worked(api, "create_invoice", made), f"the reference that was proposed is taken ({made.status_code} {made.text[:200]})"
    later = one(got(api, "build_invoice_reference", query=of_studio))["reference"]
    assert later != first
    new_invoice(api, later, **of_studio, service_customer_id=customer)


# Read


@clause("trincico.retrieve_invoice.r3")
def test_the_invoice_of_somebody_else_is_unknown(api: ApiClient) -> None:
    refused(api, send(api, "retrieve_invoice", invoice_id="$foreign_invoice"), "retrieve_invoice", "not_found")
    refused(api, send(api, "retrieve_invoice", role="other"), "retrieve_invoice", "not_found")
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
    for row in rows(api, "list_invoices", limit=30):
        shown = invoice(api, row["id"])
        check_amount(shown)
        check_amount(row)
        assert row["amount"] == shown["amount"]


@clause("trincico.view_invoice.r3", "trincico.view_invoice.r4")
@pytest.mark.parametrize("name", ["draft_invoice", "ready_invoice", "paid_invoice"])
def test_anybody_sees_an_invoice_drafts_too(api: ApiClient, name: str) -> None:
    answer = send(api, "view_invoice", invoice_id=f"${name}")
    if name == "draft_invoice" and api.is_refusal("view_invoice", answer) and api.readings.is_open("view_invoice", "trincico.view_invoice.r4"):
        return
    assert has_worked(api, "view_invoice", answer), f"the invoice is shown to everybody ({answer.status_code} {answer.text[:200]})"
    seen, owned = one(unwrapped(answer.json())), invoice(api, f"${name}")
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
    assert changed in ({field}, {"customer"}, {"payer"}, {"customer", "payer"})
    assert (field in changed) is (field != "service_customer_id")


def _listed(api: ApiClient) -> dict[str, Any]:
    wanted = api.known("draft_invoice")
    return next(row for row in whole(api, "list_invoices") if row["id"] == wanted)


@clause("trincico.update_invoice.r2")
def test_a_change_has_its_time(api: ApiClient) -> None:
    before = invoice(api)
    api.advance("PT1H")
    done(api, "update_invoice")
    after = invoice(api)
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] >= before["updated_at"] + 3_000


@clause("trincico.view_invoice.r4")
def test_everybody_sees_a_change_at_once(api: ApiClient) -> None:
    before = send(api, "view_invoice", invoice_id="$draft_invoice")
    need(not api.is_refusal("view_invoice", before), "a draft is not shown to everybody")
    works(api, "add_invoice_item")
    seen, owned = one(got(api, "view_invoice", invoice_id="$draft_invoice")), invoice(api)
    for key in ("amount", "items"):
        assert seen[key] == owned[key]
    assert seen["amount"] > one(unwrapped(before.json()))["amount"]


@clause("trincico.update_invoice.r3")
@pytest.mark.parametrize("status", ["ready", "paid", "canceled"])
def test_only_a_draft_can_be_changed(api: ApiClient, status: str) -> None:
    before = invoice(api, f"${status}_invoice")
    refused(api, send(api, "update_invoice", invoice_id=f"${status}_invoice"), "update_invoice", "status_value_denied")
    assert invoice(api, f"${status}_invoice") == before
    done(api, "update_invoice")


@clause("trincico.update_invoice.r4")
def test_a_change_keeps_the_reference_unique(api: ApiClient) -> None:
    done(api, "update_invoice", reference="CT-#-3")
    done(api, "update_invoice", reference="CT-#-3")
    refused(api, send(api, "update_invoice", invoice_id="$empty_invoice", reference="CT-#-3"), "update_invoice", "row_exists")


@clause("trincico.update_invoice.r5")
def test_an_invoice_stays_with_its_service(api: ApiClient) -> None:
    before = invoice(api)
    answer = send(api, "update_invoice", service_id="$service_without_invoices")
    refused(api, answer, "update_invoice", "unrecognized_parameter")
    assert invoice(api).get("service") == before.get("service")
    assert _services([_listed(api)]) <= {api.known("service")}


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
    refused(api, answer, "update_invoice_status", "status_value_denied")
    assert invoice(api, f"${status}_invoice")["status"] == status


@clause("trincico.update_invoice_status.r6")
@pytest.mark.parametrize("status", STATUSES)
def test_nobody_sets_paid_by_hand(api: ApiClient, status: str) -> None:
    answer = send(api, "update_invoice_status", invoice_id=f"${status}_invoice", status="paid")
    refused(api, answer, "update_invoice_status", "status_value_denied")


@clause("trincico.update_invoice_status.r7")
def test_an_invoice_needs_items_to_become_ready(api: ApiClient) -> None:
    refused(api, send(api, "update_invoice_status", invoice_id="$empty_invoice"), "update_invoice_status", "non_processable")
    works(api, "add_invoice_item", invoice_id="$empty_invoice")
    done(api, "update_invoice_status", invoice_id="$empty_invoice")


@clause("trincico.update_invoice_status.r8")
def test_there_is_no_other_status(api: ApiClient) -> None:
    assert api.is_refusal("update_invoice_status", send(api, "update_invoice_status", status="lost"))
    assert invoice(api)["status"] == "draft"


# Pay


@clause("trincico.pay_invoice.r2")
@pytest.mark.parametrize("status", ["draft", "paid", "canceled"])
def test_only_a_ready_invoice_can_be_paid(api: ApiClient, status: str) -> None:
    refused(api, send(api, "pay_invoice", invoice_id=f"${status}_invoice"), "pay_invoice", "status_value_denied")
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


@clause("trincico.pay_invoice.r5")
def test_without_a_default_payment_method_one_has_to_be_named(api: ApiClient) -> None:
    refused(api, send(api, "pay_invoice", invoice_id="$invoice_without_default_method"), "pay_invoice", "configuration_needed")
    page_of(send(api, "pay_invoice", invoice_id="$invoice_without_default_method", payment_method_id="$payment_method"))


@clause("trincico.pay_invoice.r7")
@pytest.mark.parametrize(("outcome", "target"), [("pay", "success_url"), ("decline", "cancel_url"), ("cancel", "cancel_url")])
def test_the_browser_is_sent_where_the_payment_said(api: ApiClient, outcome: str, target: str) -> None:
    assert press(api, page_of(send(api, "pay_invoice")), outcome) == BACK[target]
    assert invoice(api, "$ready_invoice")["status"] == ("paid" if outcome == "pay" else "ready")
