"""A list whose first page is taken for the whole: where it is tried, and when a client is accused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.explore import explore
from mockserver.explore.faults import make_fault
from mockserver.explore.model import CallPlace, ClientRun, FaultStep
from mockserver.explore.pages import accuse_of_first_page, find_later_pages, list_prepared
from mockserver.explore.schedules import CalledOperation
from tests.explore.samples import added, call, make_run

if TYPE_CHECKING:
    from tests.conftest import Server

OPERATIONS = {"shop.list_orders": CalledOperation("GET", page_size="limit", page_number="page"), "shop.create_order": CalledOperation("POST")}
FAULT = make_fault("later-page:shop.orders/2")
SCHEDULE = (FaultStep(CallPlace("shop.list_orders", 1), "later-page:shop.orders/2"),)
FULL = {"orders": [{"name": "1 Ana"}, {"name": "2 Ana"}]}


def listed(query: str = "page=1", answered: Any = None) -> dict[str, Any]:
    return call("list_orders", status=200, query=query, answered=FULL if answered is None else answered)


def creates(*before: dict[str, Any], name: str = "Ana", code: int = 0) -> ClientRun:
    return make_run([*before, call("create_order", added(9, name, state="open"))], code=code, schedule=SCHEDULE)


BASELINE = creates(listed(answered={"orders": []}))
NOTHING = make_run([listed()], schedule=SCHEDULE)


@pytest.mark.parametrize(("query", "size"), [("page=1", 100), ("limit=20", 20), ("", 100)])
def test_a_list_that_is_read_by_page_before_records_are_added_is_filled(query: str, size: int) -> None:
    assert list(find_later_pages(creates(listed(query)), OPERATIONS)) == [(f"later-page:shop.orders/{size}", 1)]


@pytest.mark.parametrize("query", ["limit=1000", "name=Ana"])
def test_a_list_with_large_pages_and_a_search_are_not_filled(query: str) -> None:
    assert not list(find_later_pages(creates(listed(query)), OPERATIONS))


def test_a_list_that_is_read_after_the_records_were_added_is_not_filled() -> None:
    assert not list(find_later_pages(make_run([call("create_order", added(9, "Ana")), listed()]), OPERATIONS))


def test_the_records_of_the_client_stand_behind_others_with_other_names() -> None:
    names = [record["name"] for record in list_prepared(BASELINE, FAULT)]
    assert names == ["1 Ana", "2 Ana", "Ana"]
    assert all("id" not in record for record in list_prepared(BASELINE, FAULT))


def test_records_of_a_served_document_keep_their_form() -> None:
    change = {**added(9, "Ana"), "after": {"id": "9", "data": {"id": 9, "name": "Ana"}}}
    assert list_prepared(make_run([call("create_order", change)]), FAULT)[0] == {"data": {"name": "1 Ana"}}


def test_records_without_a_name_are_not_tried() -> None:
    assert list_prepared(make_run([call("create_order", added(9, ""))]), FAULT) == []


def test_a_client_that_creates_again_what_is_on_a_later_page_is_accused() -> None:
    found = accuse_of_first_page(creates(listed()), NOTHING, BASELINE, FAULT)
    assert found is not None
    assert (found.oracle, found.difference["hint"]) == ("wrong end", "duplicated")


@pytest.mark.parametrize(
    ("run", "control"),
    [
        pytest.param(make_run([listed(), listed("page=2")], schedule=SCHEDULE), NOTHING, id="creates nothing"),
        pytest.param(creates(listed(), listed("page=2")), NOTHING, id="reads the next page"),
        pytest.param(creates(listed()), creates(listed()), id="creates always"),
        pytest.param(creates(listed(), code=1), NOTHING, id="fails"),
        pytest.param(creates(listed(), name="Eva"), NOTHING, id="creates something else"),
        pytest.param(creates(listed(answered={"orders": [{"name": "Ana"}]})), NOTHING, id="its page shows what it creates"),
        pytest.param(creates(listed(answered={"orders": []})), NOTHING, id="its page is empty"),
    ],
)
def test_another_client_is_not_accused(run: ClientRun, control: ClientRun) -> None:
    assert accuse_of_first_page(run, control, BASELINE, FAULT) is None


CLIENT = """
import json, os, sys, urllib.request
base = os.environ["SERPI_BASE_URL"] + "/Sucursales"
headers = {"secretkey": "serpi-empty-secretkey", "authorization": "Bearer serpi-empty-token", "content-type": "application/json"}
branch = {"id_tercero": 1804, "codigo": 0, "id_ciudad": 5001, "id_departamento": 5, "id_pais": 1, "id_vendedor": 3418, "nit_tercero": "900985549",
          "codigo_ciudad": "05001", "codigo_departamento": "05", "codigo_pais": "57", "direccion": "cra 22", "es_direccionCobro": False,
          "es_direccionDespacho": False, "referencia_sucursal": None, "telefono": None, "descripcion": "MUELLE"}
names, page = set(), 1
while True:
    with urllib.request.urlopen(urllib.request.Request(f"{base}?limite=3&pagina={page}", headers=headers), timeout=20) as answer:
        found = json.load(answer)["result"]
    names |= {one["descripcion"] for one in found}
    if not found or sys.argv[1] == "first":
        break
    page += 1
if "MUELLE" not in names:
    urllib.request.urlopen(urllib.request.Request(base, json.dumps(branch).encode(), headers), timeout=20).close()
"""


@pytest.mark.parametrize(("mode", "verdict"), [("first", "finding"), ("whole", "recovered")])
def test_a_list_without_a_total_has_a_page_behind_the_first(server: Server, mode: str, verdict: str) -> None:
    schedule = (FaultStep(CallPlace("serpi.list_sucursales", 1), "later-page:serpi.branches/3"),)
    result = explore([sys.executable, "-c", CLIENT, mode], url=server.url, world="default", schedules=[schedule], jobs=1, hang=60)
    assert [str(found) for found in result.verdicts.values()] == [verdict]
