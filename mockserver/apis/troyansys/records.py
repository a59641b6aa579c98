"""How Troyansys' records correspond to its document; records written through the control plane are validated by this."""

from __future__ import annotations

from mockserver import FieldMapping, RecordMapping, SchemaMapping
from mockserver.apis.troyansys.invoicing import PURCHASE, SALE
from mockserver.apis.troyansys.shapes import dollars, local
from mockserver.apis.troyansys.state import ACTIVE, APPROVED, FAILED, PAST_DUE, PENDING

_MONEY = FieldMapping(write=dollars)
_CENTS = {"maximum": 10**11}
_PIECES = {"minimum": -1_000_000, "maximum": 1_000_000}
"""Leaves room: stock times cost, summed over all products, stays an integer that every JSON reader keeps exactly."""
_CODE = {"type": "string", "pattern": r"^\d{3}$"}
"""Of an establishment or an emission point, which are parts of document numbers and access keys."""

DESCRIBED = {
    "users": RecordMapping((SchemaMapping("LoginUser"),), unique=("email",)),
    "memberships": RecordMapping((SchemaMapping("Company", {"company_id": "id"}, whole=False),)),
    "sessions": RecordMapping((SchemaMapping("LoginResponse", {"expires_at": FieldMapping(write=local)}),)),
    "companies": RecordMapping(
        (SchemaMapping("Company"),),
        limits={
            "establishment": _CODE,
            "emission_point": _CODE,
            "environment": {"enum": [1, 2]},
            "extra_modules": {"items": {"$ref": "#/components/schemas/ModuleCode"}},
        },
        unique=("api_key",),
    ),
    "modules": RecordMapping((SchemaMapping("Module"),)),
    "plans": RecordMapping((SchemaMapping("Plan", {"amount": _MONEY}), SchemaMapping("FeatureFlags")), limits={"code": {"minLength": 1}}),
    "subscriptions": RecordMapping(
        limits={"status": {"enum": [ACTIVE, PAST_DUE]}}, unique=("company",), because="of a subscription the document shows the plan only"
    ),
    "charges": RecordMapping(
        (SchemaMapping("PayphoneNotification", {"amount": _MONEY}),),
        limits={"amount": {"minimum": 0}, "status": {"enum": [PENDING, APPROVED, FAILED]}},
    ),
    "notices": RecordMapping(
        (
            SchemaMapping(
                "PayphoneNotification",
                {
                    "transaction_status": FieldMapping("transactionStatus", or_nothing=True),
                    "reference": FieldMapping(or_nothing=True),
                    "amount": FieldMapping(or_nothing=True),
                },
            ),
        )
    ),
    "products": RecordMapping(
        (SchemaMapping("InventoryRow", {"id": "product_id", "unit_cost": _MONEY}), SchemaMapping("InvoicedItem", {"unit_price": _MONEY})),
        limits={"unit_cost": _CENTS, "unit_price": _CENTS},
    ),
    "movements": RecordMapping((SchemaMapping("InventoryRow"),), limits={"quantity": _PIECES, "stock": _PIECES, "kind": {"enum": [PURCHASE, SALE]}}),
    "invoices": RecordMapping(
        (
            SchemaMapping("Invoice", {"subtotal": _MONEY, "tax": _MONEY, "issued_at": FieldMapping(write=local)}),
            SchemaMapping("InvoicedCustomer"),
            SchemaMapping("InvoiceCustomer"),
        )
    ),
    "invoice_lines": RecordMapping((SchemaMapping("InvoicedItem", {"unit_price": _MONEY, "subtotal": _MONEY, "tax": _MONEY}),)),
}
