"""Invoices and their items."""

import re

from tests.independent.trincico.database import Row, insert, keep_what_was_written, let_others_in, new_id, now, row, rows, run, state, update
from tests.independent.trincico.faults import BIGINT, Fields, Json, Refused, missing, uuid_of
from tests.independent.trincico.paging import Query, filter_status, order_rows, page
from tests.independent.trincico.rendering import items_of, render_invoice, render_item, share_of, total_of
from tests.independent.trincico.settings import READING, planted
from tests.independent.trincico.subscriptions import Answer, call_provider, method_of, open_checkout

SETTABLE = {"draft": {"ready", "canceled"}, "ready": {"draft", "canceled"}, "canceled": set[str](), "paid": set[str]()}
PROPERTIES = "id reference amount currency status created_at updated_at"
ITEM = "name price quantity description tax"
_seen: dict[str, Json] = {}


def service_of(user: Row, key: object) -> Row:
    found = row("select * from services where id=?", str(key).lower())
    if found is None or (found["user"] != user["id"] and not planted("foreign_service")):
        raise missing("service_id")
    return found


def customer_of(service: str, fields: Fields) -> str:
    key = fields.key("service_customer_id")
    found = row("select * from customers where id=?", key)
    if found is None or (found["service"] != service and not planted("any_customer")):
        raise missing("service_customer_id")
    return key


def invoice_of(user: Row, key: str) -> Row:
    found = row("select invoices.*, services.user as owner from invoices join services on services.id=invoices.service where invoices.id=?", key)
    if found is None or (found["owner"] != user["id"] and not planted("foreign_invoice")):
        raise missing("invoice_id")
    return found


def list_invoices(user: Row, query: Query) -> Answer:
    owned = [service["id"] for service in rows("select id from services where user=?", user["id"])]
    if not owned and READING.no_services != 200:
        raise Refused(READING.no_services, "forbidden_resource")
    found = rows("select invoices.*, services.user as owner from invoices join services on services.id=invoices.service")
    if not planted("list_of_all"):
        found = [one for one in found if one["owner"] == user["id"]]
    if "service_id" in query and not planted("service_ignored") and not (planted("one_filter_only") and "status" in query):
        service = service_of(user, query["service_id"])["id"]
        found = [one for one in found if one["service"] == service]
    if not (planted("filter_lost_on_page") and "next_page" in query):
        found = filter_status(found, query, "draft ready paid canceled")
    found = order_rows([one | {"amount": total_of(one)} for one in found], query, PROPERTIES)
    return 200, page(found, query, lambda one: render_invoice(one, "list"))


def taken(service: str, reference: str, but: str | None = None) -> bool:
    found = row("select id from invoices where service=? and reference=?", service, reference)
    if planted("reference_global"):
        found = row("select id from invoices where reference=?", reference)
    if planted("own_reference_taken"):
        but = None
    return found is not None and found["id"] != but


def stored_text(value: str) -> str:
    """A text as a planted bug keeps it."""
    if planted("reference_trimmed"):
        return value.strip()
    if planted("leading_zeros_lost") and value.isdigit():
        return str(int(value))
    if planted("reference_upper"):
        return value.upper()
    if planted("accents_lost"):
        return value.encode("ascii", "replace").decode()
    return value


def create(user: Row, body: object) -> Answer:
    fields = Fields(body, "service_id service_customer_id reference currency", "service_id service_customer_id reference")
    if isinstance(fields.body["service_id"], bool) or not isinstance(fields.body["service_id"], str | int):
        raise fields.wrong("service_id")
    reference = stored_text(fields.text("reference", 50))
    currency = fields.currency() if fields.body.get("currency") is not None else "usd"
    service = service_of(user, fields.body["service_id"])
    customer = customer_of(service["id"], fields)
    clash = taken(service["id"], reference)
    if planted("reference_race"):
        let_others_in()
    if clash and planted("refused_yet_written"):
        write_invoice(service["id"], customer, reference + "-2", currency)
        keep_what_was_written()
    if clash and not planted("reference_twice"):
        raise Refused(409, "row_exists", "reference")
    if clash or (planted("reference_race") and taken(service["id"], reference)):
        run("drop index if exists one_reference")
    key = write_invoice(service["id"], customer, reference, "usd" if planted("currency_fixed") else currency)
    return 201, render_invoice(invoice_of(user, key), "create")


def write_invoice(service: str, customer: str, reference: str, currency: str) -> str:
    key = new_id()
    insert(
        "invoices",
        id=key,
        service=service,
        customer=customer,
        reference=reference,
        currency=currency,
        status="draft",
        created_at=now(),
        updated_at=now(),
    )
    return key


def retrieve(user: Row, key: str) -> Answer:
    found = render_invoice(invoice_of(user, key), "retrieve")
    if planted("stale_read"):
        return 200, _seen.setdefault(key, found)
    if planted("amount_stale"):
        known = state(f"amount/{key}")
        if known is None:
            insert("state", name=f"amount/{key}", value=str(found["amount"]))
        else:
            found["amount"] = int(known)
    return 200, found


def view(key: str) -> Answer:
    found = row("select * from invoices where id=?", uuid_of(key))
    if found is None or (found["status"] == "draft" and not READING.view_drafts):
        raise missing("invoice_id")
    shown = render_invoice(found, "view")
    return 200, _seen.setdefault(f"view/{key}", shown) if planted("view_stale") else shown


def need_draft(invoice: Row, bug: str) -> None:
    if invoice["status"] != "draft" and not planted(bug):
        raise Refused(400, "status_value_denied")


def update_invoice(user: Row, key: str, body: object) -> Answer:
    if READING.record_first:
        need_draft(invoice_of(user, key), "update_in_any_status")
    fields = Fields(body, "service_customer_id reference currency", "")
    if not fields.body and READING.empty_update_refused:
        raise Refused(fields.status, "forbidden_empty_request")
    changes: Json = {}
    if "reference" in fields:
        changes["reference"] = stored_text(fields.text("reference", 50))
    if "currency" in fields:
        changes["currency"] = fields.currency()
    if "service_customer_id" in fields:
        fields.key("service_customer_id")
    found = invoice_of(user, key)
    if planted("denied_yet_written") and changes and found["status"] != "draft":
        update("invoices", key, **changes)
        keep_what_was_written()
    need_draft(found, "update_in_any_status")
    if "service_customer_id" in fields:
        changes["customer"] = customer_of(found["service"], fields)
    if "reference" in changes and taken(found["service"], changes["reference"], key):
        raise Refused(409, "row_exists", "reference")
    if planted("update_resets_currency"):
        changes.setdefault("currency", "usd")
    if planted("customer_unchanged"):
        changes.pop("customer", None)
    if not planted("update_lost"):
        update("invoices", key, updated_at=found["updated_at"] if planted("updated_at_kept") else now(), **changes)
    return 204, None


def update_status(user: Row, key: str, body: object) -> Answer:
    fields = Fields(body, "status", "status")
    wanted = fields.text("status")
    found = invoice_of(user, key)
    if wanted not in {"draft", "ready", "canceled", "paid"}:
        raise Refused(400, "status_value_denied", "status") if READING.record_first else fields.wrong("status")
    if wanted == found["status"] and READING.same_status_accepted and wanted in {"draft", "ready"}:
        return 204, None
    allowed = SETTABLE[found["status"]] | ({"paid"} if planted("paid_by_hand") else set())
    if planted("canceled_reopened") and found["status"] == "canceled":
        allowed = {"draft", "ready"}
    if planted("ready_is_final") and found["status"] == "ready":
        allowed = {"canceled"}
    if wanted not in allowed:
        raise Refused(400, "status_value_denied", "status")
    if wanted == "ready" and not items_of(found) and not planted("ready_without_items"):
        raise Refused(400, "non_processable")
    update("invoices", key, status=wanted, updated_at=now())
    return 204, None


def build_reference(user: Row, query: Query) -> Answer:
    owned = rows("select * from services where user=?", user["id"])
    if "service_id" not in query:
        if not (READING.service_guessed and len(owned) == 1):
            raise Refused(READING.invalid_status, "missing_param", "service_id")
        service = owned[0]
    else:
        service = service_of(user, query["service_id"])
    references = {one["reference"] for one in rows("select reference from invoices where service=?", service["id"])}
    numbers = [int(found[1]) for one in references if (found := re.fullmatch(service["prefix"] + r"(\d{3,12})", one))]
    number = max(numbers, default=0) + (0 if planted("reference_taken") else 1)
    return 200, {"reference": f"{service['prefix']}{number:03}"}


def pay(user: Row, key: str, body: object) -> Answer:
    if READING.record_first:
        payable_of(user, key)
    fields = Fields(body, "success_url cancel_url payment_method_id", "success_url cancel_url")
    for name in ("success_url", "cancel_url"):
        fields.url(name)
    payable_of(user, key)
    method_of(fields)
    call_provider()
    if planted("paid_at_once"):
        update("invoices", key, status="paid")
    return 428, open_checkout(user, "invoice", fields, key)


def payable_of(user: Row, key: str) -> None:
    found = row("select invoices.*, services.user as owner from invoices join services on services.id=invoices.service where invoices.id=?", key)
    if found is None or (READING.payer == "owner" and found["owner"] != user["id"]):
        raise missing("invoice_id")
    if found["status"] != "ready" and not planted("pay_any_status"):
        raise Refused(400, "status_value_denied")


def read_item(fields: Fields) -> Json:
    least = -BIGINT if READING.lenient_values else 0
    values: Json = {}
    if "name" in fields:
        values["name"] = fields.text("name", 30)
        if planted("name_cut"):
            values["name"] = values["name"][:24]
    if "price" in fields:
        values["price"] = fields.integer("price", least)
    if "quantity" in fields:
        values["quantity"] = fields.integer("quantity", 0 if READING.lenient_values else 1, 2**31 - 1)
    if "description" in fields:
        values["description"] = None if fields.body["description"] is None else fields.text("description", blank=True)
        if planted("description_ascii") and values["description"]:
            values["description"] = "".join(letter if ord(letter) < 0x10000 else "?" for letter in values["description"])
        if planted("description_cut") and values["description"]:
            values["description"] = values["description"][:60]
    if "tax" in fields:
        values["tax"] = fields.tax()
    return values


def check_total(invoice: Row, fields: Fields, values: Json, replaced: str | None = None) -> None:
    """Refuse what would lift the amount above a bigint."""
    shares = [share_of(item) for item in items_of(invoice) if item["id"] != replaced] + [share_of(values)]
    if abs(sum(net + tax for net, tax in shares)) > BIGINT:
        raise fields.wrong("price")


def add_item(user: Row, key: str, body: object) -> Answer:
    if READING.record_first:
        need_draft(invoice_of(user, key), "item_in_any_status")
    fields = Fields(body, ITEM, "name price quantity")
    values = {"description": None, "tax": None} | read_item(fields)
    found = invoice_of(user, key)
    need_draft(found, "item_in_any_status")
    check_total(found, fields, values)
    item = new_id()
    if planted("lost_update"):
        net, tax = share_of(values)
        let_others_in()
        update("invoices", key, stored_amount=found["stored_amount"] + net + tax)
    insert("items", id=item, invoice=key, **values)
    update("invoices", key, updated_at=now())
    return 201, render_item(values | {"id": item}, "create")


def item_of(user: Row, key: str, item: str) -> tuple[Row, Row]:
    invoice = invoice_of(user, key)
    found = row("select * from items where id=?", item)
    if found is None or (found["invoice"] != key and not planted("item_of_other_invoice")):
        raise missing("item_id")
    return invoice, found


def update_item(user: Row, key: str, item: str, body: object) -> Answer:
    if READING.record_first:
        need_draft(item_of(user, key, item)[0], "item_update_in_any_status")
    fields = Fields(body, ITEM, "")
    if not fields.body and READING.empty_update_refused:
        raise Refused(fields.status, "forbidden_empty_request")
    values = read_item(fields)
    invoice, found = item_of(user, key, item)
    need_draft(invoice, "item_update_in_any_status")
    if planted("zero_kept"):
        values = {name: value for name, value in values.items() if value is None or value}
    if planted("null_tax_kept"):
        values = {name: value for name, value in values.items() if value is not None}
    if planted("item_update_clears"):
        values = {"description": None, "tax": None} | values
    check_total(invoice, fields, found | values, item)
    if values:
        update("items", item, **values)
    if planted("lost_update"):
        update("invoices", key, stored_amount=sum(sum(share_of(one)) for one in items_of(invoice)))
    update("invoices", key, updated_at=now())
    return 204, None


def delete_item(user: Row, key: str, item: str) -> Answer:
    invoice, _ = item_of(user, key, item)
    need_draft(invoice, "item_delete_in_any_status")
    if not planted("delete_forgets"):
        run("delete from items where id=?", item)
    if planted("delete_takes_all"):
        run("delete from items where invoice=?", key)
    if planted("lost_update"):
        update("invoices", key, stored_amount=sum(sum(share_of(one)) for one in items_of(invoice)))
    update("invoices", key, updated_at=now())
    return 204, None
