"""Calls of Troyansys, and the witnesses that compare several answers. The name of a witness is that of its planted violation."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from contract_tests.suite.vendors.troyansys.calls import CONTEXTS, USER, credentials, send
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from contract_tests.suite.harness import ApiClient

HEADERS = {**CONTEXTS, "create_invoice": USER, "get_inventory_report": USER}
"""The headers of credentials that an operation takes; none for the others."""
CUSTOMER = {"identification": "3000000004", "name": "Cliente"}
INVOICE = {"customer": CUSTOMER, "items": [{"product_id": 101, "quantity": 3}]}
REPORT, ME = "get_inventory_report", "get_authenticated_user"


def call(api: ApiClient, name: str, /, *, role: str | None = "", headers: Mapping[str, str] | None = None, **fields: Any) -> httpx.Response:
    """The answer to a working call with some fields of its body or query replaced; None leaves a field out."""
    working: Mapping[str, Any] = api.login() if name == "login_user" else INVOICE if name == "create_invoice" else {}
    sent = {field: _filled(api, value) for field, value in {**working, **fields}.items() if value is not None}
    held = {} if role is None else credentials(api, *HEADERS.get(name, ()), role=role)
    place = "json" if "requestBody" in load_document("troyansys").by_id[name].spec else "params"
    return send(api, name, {**held, **(headers or {})}, **{place: sent})


def _filled(api: ApiClient, value: Any) -> Any:
    return api.known(value[1:]) if isinstance(value, str) and value.startswith("$") else value


def _report(api: ApiClient, **query: Any) -> Any:
    return call(api, REPORT, **query).json()


def _stock(api: ApiClient) -> int:
    return int(_report(api)["meta"]["total_stock"])


def _invoice_number(api: ApiClient) -> str:
    return str(call(api, "create_invoice").json()["data"]["document_number"])


def _token(api: ApiClient) -> dict[str, str]:
    """The header of a new session."""
    return {"Authorization": f"Bearer {call(api, 'login_user').json()['token']}"}


def _messages(api: ApiClient) -> list[dict[str, Any]]:
    """The messages that are sent for an invoice."""
    call(api, "create_invoice", customer={**CUSTOMER, "email": "c@example.com"})
    return api.outbox()


def report_takes_stock(api: ApiClient) -> bool:
    return _stock(api) == _stock(api)


def number_repeated(api: ApiClient) -> bool:
    return _invoice_number(api) != _invoice_number(api)


def logout_closes_all(api: ApiClient) -> bool:
    token = _token(api)
    call(api, "logout_user", role="spare")
    return call(api, ME, headers=token).status_code == 200


def stock_not_taken(api: ApiClient) -> bool:
    before = _stock(api)
    call(api, "create_invoice")
    return before - _stock(api) == 3


def value_at_price(api: ApiClient) -> bool:
    row = _report(api, product_id=101)["data"][0]
    return bool(row["value"] == row["stock"] * row["unit_cost"])


def total_of_first_row(api: ApiClient) -> bool:
    return bool(_stock(api) == sum(row["stock"] for row in _report(api)["data"]))


def filter_ignored(api: ApiClient) -> bool:
    return len(_report(api, product_id=101)["data"]) == 1


def foreign_inventory(api: ApiClient) -> bool:
    return 401 not in [row["product_id"] for row in _report(api)["data"]]


def session_never_ends(api: ApiClient) -> bool:
    token = _token(api)
    api.advance("PT24H")
    return call(api, ME, headers=token).status_code == 401


def session_of_an_hour(api: ApiClient) -> bool:
    token = _token(api)
    api.advance("PT23H")
    return call(api, ME, headers=token).status_code == 200


def invoice_not_mailed(api: ApiClient) -> bool:
    return len(_messages(api)) == 1


def mailed_to_the_company(api: ApiClient) -> bool:
    return bool(_messages(api)[0]["to"] == "c@example.com")


def utc_labelled_as_local(api: ApiClient) -> bool:
    answer = call(api, "create_invoice")
    made = datetime.fromisoformat(answer.json()["data"]["issued_at"])
    return abs(made - parsedate_to_datetime(answer.headers["date"])) < timedelta(hours=1)
