"""Functions beside a document answer single operations, and may call what inference would do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mockserver.generic.vendor import make_vendor
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.read import read_foreign
from tests.generic.inside import SHOP, Inside

HANDLERS = """
from mockserver import on

@on("POST /customers/{customer_id}/orders/{order_id}/cancel")
def cancel(call, infer):
    order = call.record("order", call.path["order_id"])
    if order["status"] == "paid":
        raise call.refuse(409, "paid orders stay")
    call.change("customer", call.path["customer_id"], city="Cancelville")
    return infer()

@on("POST /reports/sales")
def report(call, infer):
    return {"sum": 10 + sum(order["amount"] for order in call.records("order")), "unknown": True}

@on("GET /health")
def health(call, infer):
    made = call.add("customer", name="Robot")
    call.remove("customer", made["id"])
    return {"status": "ok"}
"""


def _shop(folder: Path, handlers: str) -> Path:
    (folder / "shop.handlers.py").write_text(handlers, encoding="utf-8")
    return Path(shutil.copy(SHOP, folder / "shop.yaml"))


@pytest.mark.anyio
async def test_a_function_replaces_one_operation_and_works_on_the_same_records(tmp_path: Path) -> None:
    shop = Inside(_shop(tmp_path, HANDLERS))
    above = (await shop.call("POST", "/customers", {"name": "Grace"})).json()["data"]
    order = (await shop.call("POST", f"/customers/{above['id']}/orders", {"amount": 5})).json()
    cancelled = await shop.call("POST", f"/customers/{above['id']}/orders/{order['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert (await shop.call("GET", f"/customers/{above['id']}")).json()["data"]["city"] == "Cancelville"
    report = await shop.call("POST", "/reports/sales", {"year": 2020})
    assert report.headers["x-mock-basis"] == "handler"
    assert report.json()["sum"] >= 15
    assert (await shop.call("GET", "/health", headers={})).json() == {"status": "ok"}
    assert "Robot" not in (await shop.call("GET", "/customers?limit=50")).text


@pytest.mark.anyio
async def test_a_refusal_of_a_function_changes_nothing(tmp_path: Path) -> None:
    paid = HANDLERS.replace('order["status"] == "paid"', "True")
    shop = Inside(_shop(tmp_path, paid))
    above = (await shop.call("POST", "/customers", {"name": "Grace", "city": "Rome"})).json()["data"]
    order = (await shop.call("POST", f"/customers/{above['id']}/orders", {"amount": 5})).json()
    refused = await shop.call("POST", f"/customers/{above['id']}/orders/{order['id']}/cancel")
    assert (refused.status_code, refused.json()["detail"]) == (409, "paid orders stay")
    assert (await shop.call("GET", f"/customers/{above['id']}")).json()["data"]["city"] == "Rome"


@pytest.mark.anyio
async def test_a_function_that_fails_is_a_fault_of_the_mock(tmp_path: Path) -> None:
    shop = Inside(_shop(tmp_path, HANDLERS.replace('call.records("order")', 'call.records("ordr")')))
    answer = await shop.call("POST", "/reports/sales", {"year": 2020})
    assert answer.status_code == 500
    assert "no family ordr; it has order" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("handlers", "words"),
    [
        ('from mockserver import on\n@on("POST /report/sales")\ndef f(call, infer): ...\n', "it has POST /reports/sales"),
        ('from mockserver import on\n@on("GET /health")\ndef f(call, infer): ...\n@on("GET /health")\ndef g(call, infer): ...\n', "second function"),
        ("import nothing_of_this_name\n", "shop.handlers.py:1 ModuleNotFoundError"),
        ("def f(:\n", "SyntaxError"),
    ],
)
def test_a_file_of_functions_that_does_not_fit_is_refused_in_one_sentence(tmp_path: Path, handlers: str, words: str) -> None:
    with pytest.raises(SetupError, match=r"shop\.handlers\.py") as caught:
        make_vendor(read_foreign(_shop(tmp_path, handlers)))
    assert words in str(caught.value)
