"""Items of drafts, and the amounts that follow from them. Source: "Invoices", "Add item", "Update item", "Delete item"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import wire
from mockserver.apis.trincico.money import LARGEST_AMOUNT, rate, tax
from mockserver.apis.trincico.ownership import own_draft
from mockserver.apis.trincico.state import INVOICES, ITEMS, Invoice, Item, User, new_id, seconds


def add_invoice_item(world: Transaction, caller: User, invoice_id: str, body: Mapping[str, Any]) -> Reply:
    """Add a line to a draft and compute the draft anew."""
    invoice = own_draft(world, caller, invoice_id)
    tax_rate = _rate(body.get("tax"))
    amount = body["price"] * body["quantity"]
    item = world.table(ITEMS).add(
        Item(
            id=new_id(world, "item"),
            invoice_id=invoice.id,
            name=body["name"],
            price=body["price"],
            quantity=body["quantity"],
            description=body.get("description", ""),
            tax_rate=tax_rate,
            amount=amount,
            tax_amount=tax(amount, tax_rate),
        )
    )
    _recompute(world, invoice)
    return Reply(201, wire.item(item))


def update_invoice_item(world: Transaction, caller: User, invoice_id: str, item_id: str, body: Mapping[str, Any]) -> Reply:
    """Change the fields sent of a line and compute the draft anew."""
    invoice = own_draft(world, caller, invoice_id)
    item = _item_of(world, invoice, item_id)
    tax_rate = _rate(body["tax"]) if "tax" in body else item.tax_rate
    amount = body.get("price", item.price) * body.get("quantity", item.quantity)
    changes = {name: value for name, value in body.items() if name != "tax"}
    world.table(ITEMS).change(item, **changes, tax_rate=tax_rate, amount=amount, tax_amount=tax(amount, tax_rate))
    _recompute(world, invoice)
    return Reply(204)


def delete_invoice_item(world: Transaction, caller: User, invoice_id: str, item_id: str) -> Reply:
    """Remove a line and compute the draft anew."""
    invoice = own_draft(world, caller, invoice_id)
    world.table(ITEMS).remove(_item_of(world, invoice, item_id).id)
    _recompute(world, invoice)
    return Reply(204)


def _item_of(world: Transaction, invoice: Invoice, item_id: str) -> Item:
    item = world.table(ITEMS).get(item_id.lower())
    if item is None or item.invoice_id != invoice.id:
        raise VendorFault("unknown_item")
    return item


def _rate(value: float | str | None) -> int | None:
    return None if value is None else rate(value)


def _recompute(world: Transaction, invoice: Invoice) -> None:
    """The amounts of an invoice are the sums over its lines. Raises amount_too_large."""
    items = list(world.table(ITEMS).select("invoice", invoice.id))
    sub_amount, tax_amount = sum(item.amount for item in items), sum(item.tax_amount for item in items)
    if sub_amount + tax_amount > LARGEST_AMOUNT:
        raise VendorFault("amount_too_large")
    amount = sub_amount + tax_amount
    world.table(INVOICES).change(invoice, sub_amount=sub_amount, tax_amount=tax_amount, amount=amount, updated_at=seconds(world))
