"""Private test data for targets where all tests share one state: invoices that a test may change, and their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ...harness import ApiClient, not_observable
from ...harness.target import Make, fresh_digits
from .calls import one, send, unwrapped

ITEM: Mapping[str, Any] = {"name": "Programmer", "price": 2_625, "quantity": 2, "tax": "0", "description": "hours"}
AMOUNT = "5250"
"""What an invoice with that item comes to."""


def _made(answer: httpx.Response) -> str:
    if not answer.is_success:
        not_observable(f"no invoice could be made for this test: {answer.text[:200]}")
    return str(one(unwrapped(answer.json()))["id"])


def _empty(api: ApiClient) -> Mapping[str, str]:
    return {"empty_invoice": _made(send(api, "create_invoice", reference=f"CT-{fresh_digits(12)}"))}


def _draft(api: ApiClient) -> Mapping[str, str]:
    invoice = _empty(api)["empty_invoice"]
    return {"draft_invoice": invoice, "item": _made(send(api, "add_invoice_item", invoice_id=invoice, **ITEM)), "draft_amount": AMOUNT}


def _moved(status: str) -> Make:
    """An invoice that has been moved on from its draft."""

    def make(api: ApiClient) -> Mapping[str, str]:
        draft = _draft(api)
        moved = send(api, "update_invoice_status", invoice_id=draft["draft_invoice"], status=status)
        if not moved.is_success:
            not_observable(f"no {status} invoice could be made for this test: {moved.text[:200]}")
        return {f"{status}_invoice": draft["draft_invoice"], f"item_of_{status}_invoice": draft["item"]}

    return make


OWN: Mapping[str, Make] = {
    "empty_invoice": _empty,
    **dict.fromkeys(("draft_invoice", "item", "draft_amount"), _draft),
    **dict.fromkeys(("ready_invoice", "item_of_ready_invoice"), _moved("ready")),
    "canceled_invoice": _moved("canceled"),
}
