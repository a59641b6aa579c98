"""What Troyansys' document says of the records, for those that somebody writes by hand."""

from __future__ import annotations

from mockserver.apis.troyansys.invoicing import PURCHASE, SALE
from mockserver.apis.troyansys.shapes import dollars, local
from mockserver.apis.troyansys.state import ACTIVE, APPROVED, FAILED, PAST_DUE, PENDING
from mockserver.core.state.mapping import As, Description, Shown

_MONEY = As(write=dollars)
_CENTS = {"maximum": 10**11}
_PIECES = {"minimum": -1_000_000, "maximum": 1_000_000}
"""So that stocks times costs, summed over all products, are numbers that JSON can carry."""
_CODE = {"type": "string", "pattern": r"^\d{3}$"}
"""Of an establishment or an emission point, which are parts of document numbers and access keys."""

DESCRIBED = {
    "users": Description((Shown("LoginUser"),), unique=("email",)),
    "memberships": Description((Shown("Company", {"company_id": "id"}, whole=False),)),
    "sessions": Description((Shown("LoginResponse", {"expires_at": As(write=local)}),)),
    "companies": Description(
        (Shown("Company"),),
        limits={
            "establishment": _CODE,
            "emission_point": _CODE,
            "environment": {"enum": [1, 2]},
            "extra_modules": {"items": {"$ref": "#/components/schemas/ModuleCode"}},
        },
        unique=("api_key",),
    ),
    "modules": Description((Shown("Module"),)),
    "plans": Description((Shown("Plan", {"amount": _MONEY}), Shown("FeatureFlags")), limits={"code": {"minLength": 1}}),
    "subscriptions": Description(
        limits={"status": {"enum": [ACTIVE, PAST_DUE]}},
        unique=("company",),
        because="of a subscription the document shows the plan only",
    ),
    "charges": Description(
        (Shown("PayphoneNotification", {"amount": _MONEY}),), limits={"amount": {"minimum": 0}, "status": {"enum": [PENDING, APPROVED, FAILED]}}
    ),
    "notices": Description(
        (
            Shown(
                "PayphoneNotification",
                {
                    "transaction_status": As("transactionStatus", or_nothing=True),
                    "reference": As(or_nothing=True),
                    "amount": As(or_nothing=True),
                },
            ),
        )
    ),
    "products": Description(
        (Shown("InventoryRow", {"id": "product_id", "unit_cost": _MONEY}), Shown("InvoicedItem", {"unit_price": _MONEY})),
        limits={"unit_cost": _CENTS, "unit_price": _CENTS},
    ),
    "movements": Description((Shown("InventoryRow"),), limits={"quantity": _PIECES, "stock": _PIECES, "kind": {"enum": [PURCHASE, SALE]}}),
    "invoices": Description(
        (Shown("Invoice", {"subtotal": _MONEY, "tax": _MONEY, "issued_at": As(write=local)}), Shown("InvoicedCustomer"), Shown("InvoiceCustomer"))
    ),
    "invoice_lines": Description((Shown("InvoicedItem", {"unit_price": _MONEY, "subtotal": _MONEY, "tax": _MONEY}),)),
}
