"""Violations planted in Trincico."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..suite.vendors.trincico.calls import account, balance, invoice, new_invoice, rows, send, subscription
from .mutants import Edit, Mutant, Spoil

if TYPE_CHECKING:
    from ..suite.harness import ApiClient

APIS = "mockserver/apis/trincico"
(IDENTITY, INVOICES, ITEMS, LISTS, MAILS, MONEY, NOTIFICATIONS, OWNERSHIP, PAYOUTS, SUBSCRIPTIONS, TREASURY) = (
    f"{APIS}/{name}.py" for name in "identity invoices items lists mails money notifications ownership payouts subscriptions treasury".split()
)
DOCUMENT_INVOICES, DOCUMENT_ITEMS = "specs/trincico/invoices.yaml", "specs/trincico/invoice_items.yaml"


def _code(api: ApiClient, name: str, /, **options: Any) -> str:
    return str(send(api, name, **options).json()["internal_code"])


def _added(api: ApiClient, **fields: Any) -> int:
    before = invoice(api)["amount"]
    send(api, "add_invoice_item", **fields)
    return int(invoice(api)["amount"]) - int(before)


def _walk(api: ApiClient, limit: int) -> list[str]:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    for _ in range(60):
        body = send(api, "list_invoices", query=query).json()
        seen += [row["id"] for row in body["data"]]
        if not body["next_page"]:
            break
        query["next_page"] = body["next_page"]
    return seen


def _newest(api: ApiClient) -> Any:
    return rows(api, "list_payouts", limit=1)[0]


def _later(api: ApiClient, duration: str) -> bool:
    api.advance(duration)
    return True


MUTANTS = (
    Mutant(
        "trincico.amount_as_text",
        "shape",
        "retrieve_invoice",
        (),
        (Spoil("retrieve_invoice", 200, "body['amount'] = str(body['amount'])"),),
        lambda api: isinstance(invoice(api)["amount"], int),
    ),
    Mutant(
        "trincico.refusal_without_code",
        "shape",
        "create_invoice",
        (),
        (Spoil("create_invoice", 409, "body.pop('internal_code')"),),
        lambda api: "internal_code" in send(api, "create_invoice", reference="$taken_reference").json(),
    ),
    Mutant(
        "trincico.plan_without_features",
        "shape",
        "list_plans",
        ("trincico.list_plans.r5",),
        (Spoil("list_plans", 200, "body[0].pop('features')"),),
        lambda api: all("features" in plan for plan in send(api, "list_plans").json()),
    ),
    Mutant(
        "trincico.secret_in_profile",
        "shape",
        "get_profile",
        (),
        (Spoil("get_profile", 200, "body['password_digest'] = 'x'"),),
        lambda api: "password_digest" not in send(api, "get_profile").json(),
    ),
    Mutant(
        "trincico.body_with_204",
        "http",
        "update_invoice",
        (),
        (Spoil("update_invoice", 204, "status = 200; body = {'ok': True}"),),
        lambda api: send(api, "update_invoice").status_code == 204,
    ),
    Mutant(
        "trincico.created_200",
        "http",
        "add_invoice_item",
        (),
        (Spoil("add_invoice_item", 201, "status = 202"),),
        lambda api: send(api, "add_invoice_item").status_code == 201,
    ),
    Mutant(
        "trincico.view_as_html",
        "http",
        "view_invoice",
        (),
        (Spoil("view_invoice", 200, "media_type = 'text/html'"),),
        lambda api: send(api, "view_invoice").headers["content-type"].startswith("application/json"),
    ),
    Mutant(
        "trincico.any_token",
        "access",
        "get_profile",
        (),
        (
            Edit(
                IDENTITY,
                '    if user is None or not user.active:\n        raise Unauthenticated("bearer")',
                "    user = user or next(world.table(USERS).all())",
            ),
        ),
        lambda api: api.call("GET", "/profile", role=None, headers={"Authorization": "Bearer nobody"}).status_code == 401,
        ("list_invoices", "create_invoice", "get_active_subscription", "upgrade_subscription", "add_invoice_item", "retrieve_invoice"),
    ),
    Mutant(
        "trincico.any_password",
        "access",
        "send_notification",
        ("trincico.send_notification.r2", "trincico.send_notification.r1"),
        (Edit(IDENTITY, 'credential.partition(":")[2].encode(), password.value.encode()', 'b"", b""'),),
        lambda api: send(api, "send_notification", role=None, headers={"Authorization": "Basic OnJvdA=="}).status_code == 401,
    ),
    Mutant(
        "trincico.long_reference",
        "input",
        "create_invoice",
        (),
        (
            Edit(DOCUMENT_INVOICES, "maxLength: 50", "maxLength: 500", "\n    InvoiceCreate:"),
            Edit(DOCUMENT_INVOICES, "maxLength: 50", "maxLength: 500", "\n    Invoice:"),
        ),
        lambda api: send(api, "create_invoice", reference="x" * 51).status_code == 400,
    ),
    Mutant(
        "trincico.unknown_field_ignored",
        "input",
        "add_invoice_item",
        (),
        (Edit(DOCUMENT_ITEMS, "      additionalProperties: false\n", "", "\n    ItemCreate:"),),
        lambda api: send(api, "add_invoice_item", coupon="x").status_code == 400,
    ),
    Mutant(
        "trincico.quantity_of_zero",
        "input",
        "add_invoice_item",
        (),
        (Edit(DOCUMENT_ITEMS, "minimum: 1", "minimum: 0", "\n    Quantity:"),),
        lambda api: send(api, "add_invoice_item", quantity=0).status_code == 400,
        ("update_invoice_item",),
    ),
    Mutant(
        "trincico.reference_taken_twice",
        "errors",
        "create_invoice",
        ("trincico.create_invoice.e2", "trincico.create_invoice.r3"),
        (Edit(INVOICES, '    _need_free_reference(world, service.id, body["reference"])\n', ""),),
        lambda api: send(api, "create_invoice", reference="$taken_reference").status_code == 409,
    ),
    Mutant(
        "trincico.unknown_plan_is_400",
        "errors",
        "upgrade_subscription",
        ("trincico.upgrade_subscription.e6",),
        (Edit(SUBSCRIPTIONS, 'raise VendorFault("unknown_plan")', 'raise VendorFault("invalid_param")'),),
        lambda api: _code(api, "upgrade_subscription", plan_id="$inactive_plan") == "not_found",
    ),
    Mutant(
        "trincico.empty_invoice_ready",
        "errors",
        "update_invoice_status",
        ("trincico.update_invoice_status.e2", "trincico.update_invoice_status.r7"),
        (
            Edit(
                INVOICES,
                '    if status == "ready" and not len(world.table(ITEMS).select("invoice", invoice.id)):\n        raise VendorFault("non_processable")\n',
                "",
            ),
        ),
        lambda api: send(api, "update_invoice_status", invoice_id="$empty_invoice").status_code == 400,
    ),
    Mutant(
        "trincico.currency_dropped",
        "persistence",
        "create_invoice",
        (),
        (Edit(INVOICES, 'currency=body.get("currency", DEFAULT_CURRENCY).lower()', "currency=DEFAULT_CURRENCY"),),
        lambda api: invoice(api, new_invoice(api, currency="eur"))["currency"] == "eur",
    ),
    Mutant(
        "trincico.change_not_stored",
        "persistence",
        "update_invoice",
        ("trincico.update_invoice.r2",),
        (Edit(INVOICES, "    world.table(INVOICES).change(invoice, **changes, updated_at", "    world.table(INVOICES).change(invoice, updated_at"),),
        lambda api: (send(api, "update_invoice", reference="CT-9"), invoice(api)["reference"])[1] == "CT-9",
    ),
    Mutant(
        "trincico.item_change_wipes_text",
        "persistence",
        "update_invoice_item",
        ("trincico.update_invoice_item.r3",),
        (Edit(ITEMS, "changes = {name: value for name", 'changes = {"description": ""} | {name: value for name'),),
        lambda api: (send(api, "update_invoice_item"), invoice(api)["items"][0]["description"])[1] != "",
    ),
    Mutant(
        "trincico.item_stays",
        "persistence",
        "delete_invoice_item",
        ("trincico.delete_invoice_item.r4",),
        (Edit(ITEMS, "    world.table(ITEMS).remove(_item_of(world, invoice, item_id).id)\n", "    _item_of(world, invoice, item_id)\n"),),
        lambda api: (send(api, "delete_invoice_item"), api.known("item") in str(invoice(api)["items"]))[1] is False,
    ),
    Mutant(
        "trincico.frequency_not_set",
        "persistence",
        "update_payout_frequency",
        ("trincico.update_payout_frequency.r3", "trincico.update_payout_frequency.r2"),
        (Edit(PAYOUTS, 'change(account, frequency=body["frequency"], updated_at', "change(account, updated_at"),),
        lambda api: (send(api, "update_payout_frequency"), account(api)["frequency"])[1] == "auto_daily",
    ),
    Mutant(
        "trincico.canceled_comes_back",
        "workflow",
        "update_invoice_status",
        ("trincico.update_invoice_status.r4",),
        (Edit(INVOICES, '"ready": ("draft", "canceled")}', '"ready": ("draft", "canceled"), "canceled": ("draft",)}'),),
        lambda api: send(api, "update_invoice_status", invoice_id="$canceled_invoice", status="draft").status_code == 400,
    ),
    Mutant(
        "trincico.ready_stays_ready",
        "workflow",
        "update_invoice_status",
        ("trincico.update_invoice_status.r3", "trincico.update_invoice_status.r2"),
        (Edit(INVOICES, '"ready": ("draft", "canceled")}', '"ready": ("canceled",)}'),),
        lambda api: send(api, "update_invoice_status", invoice_id="$ready_invoice", status="draft").status_code == 204,
    ),
    Mutant(
        "trincico.status_not_moved",
        "workflow",
        "update_invoice_status",
        ("trincico.update_invoice_status.r2", "trincico.update_invoice_status.r3"),
        (Edit(INVOICES, "change(invoice, status=status, updated_at", "change(invoice, updated_at"),),
        lambda api: (send(api, "update_invoice_status"), invoice(api)["status"])[1] == "ready",
    ),
    Mutant(
        "trincico.ready_invoice_edited",
        "workflow",
        "update_invoice",
        ("trincico.update_invoice.r3", "trincico.update_invoice.e1", "trincico.add_invoice_item.r2", "trincico.add_invoice_item.e1"),
        (Edit(OWNERSHIP, 'if invoice.status != "draft":', 'if invoice.status not in ("draft", "ready"):'),),
        lambda api: send(api, "update_invoice", invoice_id="$ready_invoice").status_code == 400,
        ("add_invoice_item", "update_invoice_item", "delete_invoice_item"),
    ),
    Mutant(
        "trincico.draft_paid",
        "workflow",
        "pay_invoice",
        ("trincico.pay_invoice.r2", "trincico.pay_invoice.e1"),
        (Edit(INVOICES, '    if invoice.status != "ready":', '    if invoice.status not in ("ready", "draft"):'),),
        lambda api: send(api, "pay_invoice", invoice_id="$draft_invoice").status_code == 400,
    ),
    Mutant(
        "trincico.cancel_does_nothing",
        "workflow",
        "cancel_subscription",
        ("trincico.cancel_subscription.r3",),
        (Edit(SUBSCRIPTIONS, "change(subscription, canceled_at=seconds(world), next_plan_id=None)", "change(subscription, next_plan_id=None)"),),
        lambda api: (send(api, "cancel_subscription"), subscription(api)["canceled_at"])[1] is not None,
    ),
    Mutant(
        "trincico.tax_ignored",
        "arithmetic",
        "add_invoice_item",
        ("trincico.add_invoice_item.r4", "trincico.add_invoice_item.r5"),
        (Edit(ITEMS, "    amount = sub_amount + tax_amount\n", "    amount = sub_amount\n"),),
        lambda api: _added(api, price=500, quantity=2, tax="50") == 1500,
        ("update_invoice_item",),
    ),
    Mutant(
        "trincico.tax_rounded_down",
        "arithmetic",
        "add_invoice_item",
        ("trincico.add_invoice_item.r4", "trincico.add_invoice_item.r5"),
        (Edit(MONEY, "return half_up(amount * (tax_rate or 0), HUNDREDTHS_OF_PERCENT)", "return amount * (tax_rate or 0) // HUNDREDTHS_OF_PERCENT"),),
        lambda api: _added(api, price=1, quantity=1, tax="50") == 2,
        ("update_invoice_item",),
    ),
    Mutant(
        "trincico.amount_stale_after_removal",
        "arithmetic",
        "delete_invoice_item",
        ("trincico.delete_invoice_item.r4",),
        (Edit(ITEMS, "    _recompute(world, invoice)\n", "", "def delete_invoice_item"),),
        lambda api: (before := invoice(api)["amount"], send(api, "delete_invoice_item"), invoice(api)["amount"])[2] < before,
    ),
    Mutant(
        "trincico.payout_not_booked",
        "arithmetic",
        "create_payout",
        ("trincico.create_payout.r3",),
        (Edit(PAYOUTS, 'treasury.pay_out(world, account, body["amount"], currency', "treasury.pay_out(world, account, 1, currency"),),
        lambda api: (
            (before := balance(api)["available"]["usd"], send(api, "create_payout", amount=5000), before - balance(api)["available"]["usd"])[2]
            == 5000
        ),
        ("list_payouts",),
    ),
    Mutant(
        "trincico.more_than_held",
        "arithmetic",
        "create_payout",
        ("trincico.create_payout.e2", "trincico.create_payout.r3"),
        (Edit(PAYOUTS, 'if holding is None or body["amount"] > (holding.total if instant else holding.available):', "if holding is None:"),),
        lambda api: send(api, "create_payout", amount=99_999_999).status_code == 400,
    ),
    Mutant(
        "trincico.page_ends_early",
        "paging",
        "list_invoices",
        ("trincico.list_invoices.r9", "trincico.list_invoices.r10"),
        (
            Edit(
                "mockserver/core/operation/paging.py",
                "return Stretch(found[:size], len(found) > size)",
                "return Stretch(found[:size], len(found) > 2 * size)",
            ),
        ),
        lambda api: len(_walk(api, 6)) == len(_walk(api, 100)),
        ("list_payouts",),
    ),
    Mutant(
        "trincico.border_twice",
        "paging",
        "list_invoices",
        ("trincico.list_invoices.r9", "trincico.list_invoices.r10"),
        (Edit("mockserver/core/operation/paging.py", "order(item) < place if descending", "order(item) <= place if descending"),),
        lambda api: len(seen := _walk(api, 6)) == len(set(seen)),
        ("list_payouts",),
    ),
    Mutant(
        "trincico.status_filter_ignored",
        "paging",
        "list_invoices",
        ("trincico.list_invoices.r5",),
        (Edit(INVOICES, " and status in (None, invoice.status)]", "]"),),
        lambda api: {row["status"] for row in rows(api, "list_invoices", status="paid", limit=100)} == {"paid"},
    ),
    Mutant(
        "trincico.oldest_first",
        "paging",
        "list_invoices",
        ("trincico.list_invoices.r6",),
        (Edit(LISTS, 'order_by or "-created_at"', 'order_by or "created_at"'),),
        lambda api: (times := [row["created_at"] for row in rows(api, "list_invoices", limit=100)]) == sorted(times, reverse=True),
        ("list_payouts",),
    ),
    Mutant(
        "trincico.foreign_invoice_read",
        "tenants",
        "retrieve_invoice",
        ("trincico.retrieve_invoice.r3", "trincico.retrieve_invoice.e1"),
        (Edit(OWNERSHIP, "if invoice is None or invoice.owner_id != caller.id:", "if invoice is None:"),),
        lambda api: send(api, "retrieve_invoice", invoice_id="$foreign_invoice").status_code == 404,
        ("update_invoice", "update_invoice_status", "add_invoice_item"),
    ),
    Mutant(
        "trincico.foreign_customer",
        "tenants",
        "create_invoice",
        ("trincico.create_invoice.r5", "trincico.create_invoice.e1"),
        (Edit(INVOICES, "if customer is None or customer.service_id != service_id:", "if customer is None:"),),
        lambda api: send(api, "create_invoice", service_customer_id="$foreign_customer").status_code == 404,
    ),
    Mutant(
        "trincico.foreign_subscription_canceled",
        "tenants",
        "cancel_subscription",
        ("trincico.cancel_subscription.r5", "trincico.cancel_subscription.e2"),
        (Edit(SUBSCRIPTIONS, '    if subscription.user_id != caller.id:\n        raise VendorFault("forbidden_resource")\n', ""),),
        lambda api: send(api, "cancel_subscription", subscription_id="$foreign_subscription").status_code == 400,
        ("update_subscription_payment_method",),
    ),
    Mutant(
        "trincico.payouts_of_all",
        "tenants",
        "list_payouts",
        ("trincico.list_payouts.r2",),
        (Edit(PAYOUTS, 'list(world.table(PAYOUTS).select("user", caller.id))', "list(world.table(PAYOUTS).all())"),),
        lambda api: rows(api, "list_payouts", role="demo") == [],
    ),
    Mutant(
        "trincico.payout_never_leaves",
        "time",
        "create_payout",
        ("trincico.create_payout.r4",),
        (Edit(TREASURY, "        world.schedule(leaves, PAYOUT_LEAVES, payout.id)\n", ""),),
        lambda api: (send(api, "create_payout", amount=123), _later(api, "P1D"), _newest(api)["status"])[2] == "in_transit",
        ("list_payouts",),
    ),
    Mutant(
        "trincico.payout_leaves_at_once",
        "time",
        "create_payout",
        ("trincico.create_payout.r4", "trincico.create_payout.r3"),
        (Edit(TREASURY, 'status="paid" if instant else "requested"', 'status="paid" if instant else "in_transit"'),),
        lambda api: (send(api, "create_payout", amount=123), _newest(api)["status"])[1] == "requested",
        ("list_payouts",),
    ),
    Mutant(
        "trincico.invoice_mail_to_the_owner",
        "notification",
        "send_notification",
        ("trincico.send_notification.r6",),
        (
            Edit(
                MAILS,
                '_mail(world, customer.email, f"Invoice {invoice.reference} from',
                '_mail(world, "owner@example.com", f"Invoice {invoice.reference} from',
            ),
        ),
        lambda api: (send(api, "send_notification"), api.outbox()[0]["to"])[1] == api.known("customer_email"),
    ),
    Mutant(
        "trincico.welcome_without_code",
        "notification",
        "send_notification",
        ("trincico.send_notification.r5",),
        (Edit(MAILS, "codes=(user.activation_code,))\n\n\ndef email_verification", "codes=())\n\n\ndef email_verification"),),
        lambda api: (send(api, "send_notification", scope="welcome", target_id="$user"), api.outbox()[0]["codes"])[1],
    ),
    Mutant(
        "trincico.mail_not_sent",
        "notification",
        "send_notification",
        ("trincico.send_notification.r4",),
        (
            Edit(
                NOTIFICATIONS,
                '    sender(world, asked["target_id"].lower(), home)\n',
                '    if asked["scope"] != "subscription_updated":\n        sender(world, asked["target_id"].lower(), home)\n',
            ),
        ),
        lambda api: (send(api, "send_notification", scope="subscription_updated", target_id="$subscription"), len(api.outbox()))[1] == 1,
    ),
)
