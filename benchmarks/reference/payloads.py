"""Requests and answers of every server in the comparison, and the document with these payloads as its examples."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from mockserver.openapi.documents import Document, read_document

FOLDER = Path(__file__).resolve().parent
KEY = "reference-key"
MOMENT = "2026-01-01T00:00:00Z"
PAGE = 20
EXAMPLE = "reference"

BODY: dict[str, Any] = {
    "customer": {
        "name": "Ana Ejemplo",
        "email": "ana@example.com",
        "country": "MX",
        "phone": "+525550101",
        "address": {"street": "Calle Uno 1", "city": "León", "postcode": "37000"},
    },
    "items": [{"plan_id": 1, "quantity": 2, "discount": 12.5}, {"plan_id": 2, "quantity": 1}],
    "starts_on": "2026-02-01",
    "payment_method": "card",
    "coupon": "WELCOME10",
    "note": "Deliver the invoice by mail.",
}
SUBSCRIPTION: dict[str, Any] = {"id": 1, "state": "pending", **BODY, "created_at": MOMENT}


def plan(number: int) -> dict[str, Any]:
    """The plan with this number in its wire format."""
    return {
        "id": number,
        "code": f"PLAN-{number:06}",
        "reference": f"MX-{number}" if number % 2 else number,
        "name": f"Plan number {number}",
        "description": "Everything that a small team needs, with support on working days.",
        "currency": "MXN",
        "amount": 19900 + number,
        "prices": [
            {"currency": "MXN", "amount": 19900 + number, "from_quantity": 1, "note": None},
            {"currency": "USD", "amount": 1100 + number, "from_quantity": 10, "note": "for ten seats and more"},
        ],
        "interval": "month",
        "interval_count": 1,
        "trial_days": 14,
        "active": True,
        "archived_at": None,
        "tax": {"name": "IVA", "rate": 16.0, "included": True},
        "owner": {"id": 1, "name": "Comercial Ejemplo", "email": "ventas@example.com", "country": "MX"},
        "features": ["invoices", "reports", "three users"],
        "metadata": {"channel": "web", "campaign": "january"},
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }


def page(total: int = PAGE) -> dict[str, Any]:
    """The first page of plans."""
    return {"data": [plan(number) for number in range(1, PAGE + 1)], "page": 1, "limit": PAGE, "total": total}


def reference_document() -> Document:
    """The document of the comparison, without examples."""
    return read_document("reference", FOLDER / "openapi.yaml")


def document_with_examples() -> dict[str, Any]:
    """The document for the peers: the payloads are named examples of requests and answers."""
    document = copy.deepcopy(reference_document().raw)
    listed, one, created = (document["paths"][path] for path in ("/plans", "/plans/{plan_id}", "/subscriptions"))
    for operation, status, payload in ((listed["get"], "200", page()), (one["get"], "200", plan(1)), (created["post"], "201", SUBSCRIPTION)):
        _exemplify(operation["responses"][status]["content"]["application/json"], payload)
    _exemplify(listed["get"]["parameters"][0], PAGE)
    _exemplify(one["get"]["parameters"][0], 1)
    _exemplify(created["post"]["requestBody"]["content"]["application/json"], BODY)
    return document


def _exemplify(node: dict[str, Any], value: Any) -> None:
    node["examples"] = {EXAMPLE: {"value": value}}
