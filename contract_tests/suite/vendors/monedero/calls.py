"""Working calls of each operation, built from the known records of the target, and a reader of refusals."""

from __future__ import annotations

from typing import Any

import httpx

from mockserver.openapi.documents import load_document

from ...harness import ApiClient

OPERATIONS = load_document("monedero").by_id

WORKING: dict[str, dict[str, str]] = {
    "get_toolusers": {},
    "get_wallets": {},
    "add_contact": {"wallet_key": "$wallet", "phone": "$new_phone", "customer_name": "Clienta", "usertool_id": "$cashier"},
    "get_contacts": {"wallet_key": "$wallet"},
    "create_sale": {"wallet_key": "$wallet", "phone": "$contact", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "$cashier"},
    "update_balance": {"wallet_key": "$wallet", "phone": "$contact", "transaction_type": "0", "transaction_amount": "10", "usertool_id": "$manager"},
    "add_employee": {"type": "cajero", "employee_name": "Contrato #", "business_name": "Centro", "number": "47#", "password": "clave-contrato-#"},
    "disable_employee": {"number": "$number_to_archive"},
}
"""Fields of a call that succeeds; ``$name`` stands for a known value of the target, ``#`` for fresh digits."""


def used_up(what: str, phone: str = "$contact_of_any_account") -> dict[str, str]:
    """Fields of a call to the account that has used something up, such as ``balance``."""
    return {"wallet_key": f"$wallet_without_{what}", "phone": phone, "usertool_id": f"$cashier_without_{what}"}


def own(api: ApiClient, field: str) -> str:
    """The fields of a new collaborator that belong to this test only."""
    return str(api.fill(WORKING["add_employee"][field]))


def send(api: ApiClient, name: str, *, role: str | None = "", headers: Any = None, **changes: str | None) -> httpx.Response:
    """The answer to a working call with some fields replaced; None leaves a field out."""
    data = {field: api.fill(value) for field, value in {**WORKING[name], **changes}.items() if value is not None}
    return api.call("POST", OPERATIONS[name].path, role=role, headers=headers, data=data)


def succeeded(answer: httpx.Response, code: str) -> dict[str, Any]:
    """The body of a success with this code."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == 200, body
    assert (body["success"], body["code"]) == (True, code)
    return body


def refused(api: ApiClient, answer: httpx.Response, name: str, code: str, *subjects: str) -> None:
    """Whether an answer is the documented refusal, in any reading that the page allows."""
    assert api.wrong_with(name, code, answer, *subjects) == [], answer.text


def use_of_points(what: str = "", **fields: str) -> dict[str, str]:
    """Fields of a sale that spends a point; of the account that has used something up if it is named. Some rows speak of spending only."""
    return {**(used_up(what) if what else {}), "transaction_type": "1", "points_used": "1", **fields}


def are_same(api: ApiClient, one: float, other: float) -> bool:
    """Whether two numbers of points are the same; an implementation may keep whole points only."""
    return abs(one - other) < (1 if "whole" in api.readings.kinds("create_sale").get("newBalance", ()) else 0.005)


def points(api: ApiClient, phone: str = "$contact", wallet: str = "$wallet", role: str | None = "") -> float:
    contact: dict[str, Any] = succeeded(send(api, "get_contacts", role=role, wallet_key=wallet, phone=phone), "balance_get_01")["result"]
    return float(contact["contact_balance"])
