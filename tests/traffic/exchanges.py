"""Sample exchanges for the tests: one valid call of Monedero and one of SERPI, which the tests vary."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from contract_tests.traffic.exchange import HttpMessage, RecordedExchange

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}
SOLD = {"success": True, "message": "Venta creada correctamente.", "newBalance": 350.5, "code": "new_sale_01", "status": 200}
JSON = ("content-type", "application/json")
FORM = ("content-type", "application/x-www-form-urlencoded")
KEY = ("apikey", "monedero-demo-apikey")


def answer(body: Any = None, *headers: tuple[str, str]) -> HttpMessage:
    """A response with a JSON body."""
    return HttpMessage(headers or (JSON,), b"" if body is None else json.dumps(body).encode())


def sale(
    number: int = 1,
    *,
    fields: dict[str, str] | None = None,
    headers: tuple[tuple[str, str], ...] = (KEY, FORM),
    status: int = 200,
    response: HttpMessage | None = None,
    path: str = "/monedero/wallet/sale",
    method: str = "POST",
) -> RecordedExchange:
    """A sale at Monedero."""
    request = HttpMessage(headers, urlencode(SALE if fields is None else fields).encode())
    return RecordedExchange(number, method, f"http://mock.example{path}", request, status, answer(SOLD) if response is None else response)


def entry(exchange: RecordedExchange) -> dict[str, Any]:
    """An exchange as a HAR entry."""
    request, response = exchange.request, exchange.response
    return {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "time": 1,
        "request": {
            "method": exchange.method,
            "url": exchange.url,
            "headers": [{"name": name, "value": value} for name, value in request.pairs],
            "bodySize": len(request.body or b""),
            **({"postData": {"mimeType": request.headers.get("content-type"), "text": request.body.decode()}} if request.body else {}),
        },
        "response": {
            "status": exchange.status,
            "headers": [{"name": name, "value": value} for name, value in response.pairs],
            "content": {"size": len(response.body or b""), "mimeType": response.headers.get("content-type"), "text": (response.body or b"").decode()},
        },
    }


def har(*entries: dict[str, Any]) -> dict[str, Any]:
    """A HAR document."""
    return {"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": list(entries)}}
