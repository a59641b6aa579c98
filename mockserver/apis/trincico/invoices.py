"""Invoices: drafts that become ready, are paid or canceled. Source: "Invoices"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import state, wire
from mockserver.apis.trincico.checkouts import Wish, named_method, open_checkout
from mockserver.apis.trincico.identity import need_provider
from mockserver.apis.trincico.lists import DEFAULT_LIMIT, cursor, page
from mockserver.apis.trincico.ownership import own_draft, own_invoice, own_service

DEFAULT_CURRENCY = "usd"
FIRST_NUMBER = 1000
_NEXT = {"draft": ("ready", "canceled"), "ready": ("draft", "canceled")}
"""Statuses to which each status leads by hand."""


def list_invoices(
    world: Transaction,
    caller: state.User,
    service_id: int | str | None,
    limit: int | None,
    next_page: str | None,
    status: str | None,
    order_by: str | None,
) -> Reply:
    """The invoices of the caller's services, or of one, newest first (trincico.D64 to D70)."""
    if service_id is not None:
        service = own_service(world, caller, service_id)
        if service is None:
            raise VendorFault("not_found")
        of_service: str | None = service.id
    else:
        of_service = None
    owned = list(world.table(state.INVOICES).select("owner", caller.id))
    wanted = [invoice for invoice in owned if of_service in (None, invoice.service_id) and status in (None, invoice.status)]
    found = page(world.table(state.INVOICES), owned, wanted, limit or DEFAULT_LIMIT, next_page, order_by)
    return Reply(200, {"next_page": cursor(found), "data": [wire.invoice_listed(world, invoice) for invoice in found.items]})


def create_invoice(world: Transaction, caller: state.User, body: Mapping[str, Any]) -> Reply:
    """A new draft for a customer of one of the caller's services."""
    service = own_service(world, caller, body["service_id"])
    if service is None:
        raise VendorFault("unknown_service")
    customer_id = _customer_of(world, service.id, body["service_customer_id"])
    _need_free_reference(world, service.id, body["reference"])
    now = state.seconds(world)
    invoice = world.table(state.INVOICES).add(
        state.Invoice(
            id=state.new_id(world, "invoice"),
            number=world.draw("trincico invoice"),
            service_id=service.id,
            owner_id=caller.id,
            customer_id=customer_id,
            reference=body["reference"],
            currency=body.get("currency", DEFAULT_CURRENCY).lower(),
            status="draft",
            sub_amount=0,
            tax_amount=0,
            amount=0,
            payer_id=None,
            created_at=now,
            updated_at=now,
        )
    )
    return Reply(201, wire.invoice_created(invoice))


def build_invoice_reference(world: Transaction, caller: state.User, service_id: int | str) -> Reply:
    """The initials of the service and the next number after them (trincico.D77)."""
    service = own_service(world, caller, service_id)
    if service is None:
        raise VendorFault("not_found")
    return Reply(200, {"reference": _next_reference(world, service)})


def retrieve_invoice(world: Transaction, caller: state.User, invoice_id: str) -> Reply:
    """One of the caller's invoices."""
    return Reply(200, wire.invoice_retrieved(world, own_invoice(world, caller, invoice_id)))


def update_invoice(world: Transaction, caller: state.User, invoice_id: str, body: Mapping[str, Any]) -> Reply:
    """Change the fields sent of a draft."""
    invoice = own_draft(world, caller, invoice_id)
    changes: dict[str, Any] = {}
    if "service_customer_id" in body:
        changes["customer_id"] = _customer_of(world, invoice.service_id, body["service_customer_id"])
    if "reference" in body and body["reference"] != invoice.reference:
        _need_free_reference(world, invoice.service_id, body["reference"])
        changes["reference"] = body["reference"]
    if "currency" in body:
        changes["currency"] = body["currency"].lower()
    world.table(state.INVOICES).change(invoice, **changes, updated_at=state.seconds(world))
    return Reply(204)


def update_invoice_status(world: Transaction, caller: state.User, invoice_id: str, body: Mapping[str, Any]) -> Reply:
    """Move an invoice by hand; paid is reached by paying only (trincico.D85, trincico.D86)."""
    invoice = own_invoice(world, caller, invoice_id)
    status = body["status"]
    if status not in _NEXT.get(invoice.status, ()):
        raise VendorFault("status_value_denied")
    if status == "ready" and not len(world.table(state.ITEMS).select("invoice", invoice.id)):
        raise VendorFault("non_processable")
    world.table(state.INVOICES).change(invoice, status=status, updated_at=state.seconds(world))
    return Reply(204)


def view_invoice(world: Transaction, invoice_id: str) -> Reply:
    """An invoice in any status; no credential is needed (trincico.D80)."""
    invoice = world.table(state.INVOICES).get(invoice_id.lower())
    if invoice is None:
        raise VendorFault("not_found")
    if state.user_of(world, invoice.owner_id).condition == state.FAILING:
        raise VendorFault("internal_error")
    return Reply(200, wire.invoice_viewed(world, invoice))


def pay_invoice(world: Transaction, caller: state.User, invoice_id: str, body: Mapping[str, Any], home: str) -> Reply:
    """Open the payment page of a ready invoice; no credential is needed (trincico.D84)."""
    invoice = world.table(state.INVOICES).get(invoice_id.lower())
    if invoice is None:
        raise VendorFault("not_found")
    if invoice.status != "ready":
        raise VendorFault("status_value_denied")
    if named_method(world, body) is None and not _has_default_method(world, invoice):
        raise VendorFault("configuration_needed")
    need_provider(world, caller)
    wish = Wish("invoice", invoice.amount, invoice.currency, invoice=invoice)
    return Reply(428, {"redirect_url": open_checkout(world, caller, wish, body, home)})


def _has_default_method(world: Transaction, invoice: state.Invoice) -> bool:
    service = world.table(state.SERVICES).get(invoice.service_id)
    default = any(method.is_default and method.active for method in world.table(state.PAYMENT_METHODS).all())
    return default and service is not None and service.has_default_method


def _customer_of(world: Transaction, service_id: str, customer_id: str) -> str:
    customer = world.table(state.CUSTOMERS).get(customer_id.lower())
    if customer is None or customer.service_id != service_id:
        raise VendorFault("unknown_customer")
    return customer.id


def _need_free_reference(world: Transaction, service_id: str, reference: str) -> None:
    if world.table(state.INVOICES).find("reference", (service_id, reference)) is not None:
        raise VendorFault("row_exists")


def _next_reference(world: Transaction, service: state.Service) -> str:
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z0-9]+", service.name))[:4].upper() or "S"
    pattern = re.compile(rf"{initials}(\d{{1,12}})", re.ASCII)
    found = [match[1] for invoice in world.table(state.INVOICES).select("service", service.id) if (match := pattern.fullmatch(invoice.reference))]
    if not found:
        return f"{initials}{FIRST_NUMBER}"
    highest = max(found, key=int)
    return f"{initials}{int(highest) + 1:0{max(4, len(highest))}d}"
