"""SERPI behaves as its page says, over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import phonenumbers
import pytest
from stdnum.co import nit

from mockserver.apis.serpi.places import CAPITALS, DEPARTMENTS
from mockserver.openapi.documents import SPECS, read_document
from tests.vendors.tables import rows

if TYPE_CHECKING:
    from tests.conftest import Mock

EXAMPLES = read_document("serpi", SPECS / "serpi.yaml").raw["components"]["examples"]
NEW: dict[str, Any] = EXAMPLES["new_branch"]["value"]
CHANGED: dict[str, Any] = EXAMPLES["changed_branch"]["value"]


def parse(call: str) -> tuple[str, str, dict[str, Any] | None]:
    """Method, path and body of a call as the page writes it."""
    method, path, *rest = call.strip("`").split(" ", 2)
    if not rest:
        return method, path, None
    body = dict(CHANGED if method == "PUT" else NEW)
    change = rest[0].removeprefix("…").strip()
    if change.startswith("-"):
        del body[change[1:]]
    elif change:
        body.update(json.loads(change))
    return method, path, body


@pytest.mark.parametrize("row", [cells for _, cells in rows("serpi", "answer")], ids=lambda cells: cells[0].replace(" ", "_"))
def test_each_answer_is_reached_as_the_page_says(mock: Mock, row: list[str]) -> None:
    _, credential, call, status, code, message = row
    method, path, body = parse(call)
    with mock.client("serpi", None if credential == "–" else credential.strip("`")) as client:
        response = client.request(method, path, json=body) if body is not None else client.request(method, path)
    assert (response.status_code, response.json()["code"], response.json()["message"]) == (int(status), int(code), message.strip("`"))


def test_what_was_created_is_listed_last_with_an_id(mock: Mock) -> None:
    with mock.client("serpi") as client:
        before = client.get("/Sucursales?limite=1000").json()["result"]
        assert client.post("/Sucursales", json={**NEW, "descripcion": "NUEVA"}).json() == EXAMPLES["branch_created"]["value"]
        after = client.get("/Sucursales?limite=1000").json()["result"]
    assert after[:-1] == before
    created = after[-1]
    assert created["id"] not in {branch["id"] for branch in before}
    assert {**created, "id": None} == {
        **NEW,
        "id": None,
        "descripcion": "NUEVA",
        "referencia_sucursal": "",
        "direccion2": "",
        "telefono": "",
        "telefono2": "",
        "movil": "",
    }


def test_every_field_that_was_written_is_read_back(mock: Mock) -> None:
    values = {
        "id_tercero": 7,
        "nit_tercero": 8999990631,
        "codigo": "S-1",
        "referencia_sucursal": "R",
        "descripcion": "ñandú",
        "direccion": "cl 1",
        "direccion2": "apto 2",
        "telefono": 6014443322,
        "telefono2": "6014443323",
        "ext": 12,
        "ext2": "13",
        "movil": 3001112233,
        "id_ciudad": 11001,
        "codigo_ciudad": "11001",
        "id_departamento": 11,
        "codigo_departamento": "11",
        "id_pais": 1,
        "codigo_pais": "57",
        "id_vendedor": 9,
        "id_cobrador": 10,
        "es_direccionCobro": True,
        "es_direccionDespacho": True,
    }
    shown = {**values, "nit_tercero": "8999990631", "telefono": "6014443322", "movil": "3001112233"}
    with mock.client("serpi") as client:
        client.post("/Sucursales", json={**values, "unknown": "ignored"})
        created = client.get("/Sucursales?limite=1000").json()["result"][-1]
        assert {key: value for key, value in created.items() if key != "id"} == shown
        client.put("/Sucursales", json={**CHANGED, "id": created["id"], "descripcion": "otra", "ext": 99})
        changed = client.get("/Sucursales?limite=1000").json()["result"][-1]
    followed = {"codigo_ciudad": "05001", "codigo_departamento": "05"}
    assert changed == {**created, **CHANGED, **followed, "id": created["id"], "descripcion": "otra", "ext": 99}


def test_a_change_keeps_what_is_not_sent(mock: Mock) -> None:
    with mock.client("serpi") as client:
        client.put("/Sucursales", json=CHANGED)
        branch = client.get("/Sucursales?limite=1").json()["result"][0]
    assert branch == {**EXAMPLES["one_branch"]["value"]["result"][0], "descripcion": "PRUEBA CAMBIO", "direccion": "cra 22 #4-44"}


def test_every_missing_field_is_named(mock: Mock) -> None:
    with mock.client("serpi") as client:
        errors = client.post("/Sucursales", json={}).json()["errors"]
        assert len(errors) == 16
        assert "El campo es_direccionDespacho es obligatorio" in errors
        errors = client.put("/Sucursales", json={"id": "x", "descripcion": "d" * 51}).json()["errors"]
    assert "El campo id no es válido" in errors
    assert "El campo descripcion no es válido" in errors


@pytest.mark.parametrize("number", ["0.0", "1e2", "1.5", "123456789012345678901234567890"])
def test_a_whole_number_is_written_without_a_fraction(mock: Mock, number: str) -> None:
    """A float that is accepted as an integer would come back as a float in the list."""
    body = json.dumps({**NEW, "id_pais": "@"}).replace('"@"', number)
    with mock.client("serpi") as client:
        answer = client.post("/Sucursales", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["errors"]) == (400, ["El campo id_pais no es válido"])


@pytest.mark.parametrize("field", ["direccion2", "telefono2", "ext", "ext2", "movil", "id_cobrador"])
def test_six_fields_may_be_left_out_of_a_creation(mock: Mock, field: str) -> None:
    with mock.client("serpi") as client:
        assert client.post("/Sucursales", json={key: value for key, value in NEW.items() if key != field}).status_code == 201


@pytest.mark.parametrize("field", ["nit_tercero", "codigo_ciudad", "codigo_departamento", "codigo_pais"])
def test_four_required_fields_may_be_left_out_of_a_change(mock: Mock, field: str) -> None:
    with mock.client("serpi") as client:
        assert client.put("/Sucursales", json={**CHANGED, field: NEW[field]}).status_code == 200
        assert client.put("/Sucursales", json=CHANGED).status_code == 200


@pytest.mark.parametrize("names", [("limite", "pagina"), ("Límite", "Página"), ("LIMITE", "PAGINA"), ("límite", "página")])
def test_pages_visit_each_branch_once_under_every_spelling(mock: Mock, names: tuple[str, str]) -> None:
    seen: list[int] = []
    answer: dict[str, Any] = {}
    with mock.client("serpi") as client:
        for number in range(1, 10):
            answer = client.get("/Sucursales", params={names[0]: 17, names[1]: number}).json()
            if not answer["result"]:
                break
            seen += [branch["id"] for branch in answer["result"]]
        everything = client.get("/Sucursales?limite=1000").json()["result"]
    assert answer == EXAMPLES["no_branches"]["value"]
    assert seen == [branch["id"] for branch in everything]
    assert len(seen) == len(set(seen)) == 61


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"secretkey": "serpi-demo-secretkey", "authorization": "bearer serpi-demo-token"}, 200),
        ({"secretkey": "serpi-demo-secretkey", "authorization": "Bearerserpi-demo-token"}, 200),
        ({"secretkey": "serpi-demo-secretkey", "authorization": "BEARER  serpi-demo-token"}, 200),
        ({"secretkey": "serpi-demo-secretkey"}, 401),
        ({"authorization": "Bearer serpi-demo-token"}, 401),
        ({"secretkey": "serpi-demo-secretkey", "authorization": "serpi-demo-token"}, 401),
        ({"secretkey": "serpi-demo-secretkey", "authorization": "Basic serpi-demo-token"}, 401),
        ({"secretkey": "serpi-demo-secretkey", "authorization": "Bearer wrong"}, 401),
        ({"secretkey": "wrong", "authorization": "Bearer serpi-demo-token"}, 401),
        ({"secretkey": "serpi-other-secretkey", "authorization": "Bearer serpi-demo-token"}, 401),
    ],
)
def test_secretkey_and_token_have_to_be_right_and_of_one_client(mock: Mock, headers: dict[str, str], status: int) -> None:
    with mock.client("serpi", None) as client:
        response = client.get("/Sucursales", headers=headers)
    assert response.status_code == status
    if status == 401:
        assert response.json() == EXAMPLES["wrong_credentials"]["value"]


def test_clients_do_not_see_one_another(mock: Mock) -> None:
    with mock.client("serpi", "other") as other, mock.client("serpi") as demo:
        demo.post("/Sucursales", json={**NEW, "descripcion": "DEMO"})
        assert [branch["id"] for branch in other.get("/Sucursales").json()["result"]] == [2300]
        assert 2300 not in [branch["id"] for branch in demo.get("/Sucursales?limite=1000").json()["result"]]


def test_a_body_sent_with_get_is_ignored(mock: Mock) -> None:
    with mock.client("serpi") as client:
        assert client.request("GET", "/Sucursales?limite=1", content=b"", headers={"content-type": "text/plain"}).status_code == 200
        assert client.request("GET", "/Sucursales?limite=1", content=b"{broken", headers={"content-type": "text/plain"}).status_code == 200


MOVED = {"id_ciudad": 11001, "id_departamento": 11, "id_pais": 1}
PLACES = ("codigo_ciudad", "codigo_departamento", "codigo_pais")


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        (MOVED, ("11001", "11", "57")),
        ({**MOVED, "id_ciudad": 99999}, ("05001", "11", "57")),
        ({**MOVED, "codigo_ciudad": "05002"}, ("05002", "11", "57")),
        ({}, ("05001", "05", "57")),
    ],
    ids=["known ids", "unknown city", "contradiction", "nothing changed"],
)
def test_a_code_that_a_change_leaves_out_follows_its_id(mock: Mock, sent: dict[str, Any], codes: tuple[str, ...]) -> None:
    with mock.client("serpi") as client:
        assert client.put("/Sucursales", json={**CHANGED, **sent}).json()["success"] is True
        branch = client.get("/Sucursales?limite=1").json()["result"][0]
    assert tuple(branch[name] for name in PLACES) == codes


def test_a_contradiction_an_unknown_id_and_a_repeated_code_are_accepted(mock: Mock) -> None:
    contradicting = {**NEW, "id_ciudad": 99999, "codigo_ciudad": "11001"}
    with mock.client("serpi") as client:
        for _ in range(2):
            assert client.post("/Sucursales", json=contradicting).json()["code"] == 201
        shown = client.get("/Sucursales?limite=1000").json()["result"][-2:]
    assert [(branch["id_ciudad"], branch["codigo_ciudad"], branch["codigo"]) for branch in shown] == [(99999, "11001", 0)] * 2


def test_seeded_branches_look_real(mock: Mock) -> None:
    state = mock.state("serpi")
    clients = {client["id"] for client in state["clients"]}
    generated = [branch for branch in state["branches"] if branch["id"] not in (2300, 2317)]
    assert len(generated) == 60
    for branch in state["branches"]:
        assert branch["client_id"] in clients
        assert branch["codigo_ciudad"] in CAPITALS
        assert (branch["id_ciudad"], branch["id_departamento"]) == (int(branch["codigo_ciudad"]), int(branch["codigo_departamento"]))
        assert branch["codigo_ciudad"].startswith(branch["codigo_departamento"])
    for branch in generated:
        assert nit.is_valid(branch["nit_tercero"])
        assert len(branch["nit_tercero"]) == len(NEW["nit_tercero"])
        assert branch["telefono"].startswith(DEPARTMENTS[branch["codigo_departamento"]])
        for number in (branch["telefono"], branch["movil"]):
            assert phonenumbers.is_valid_number(phonenumbers.parse(number, "CO"))


def test_the_codes_of_a_third_party_count_its_branches(mock: Mock) -> None:
    codes: dict[int, list[int]] = {}
    for branch in mock.state("serpi")["branches"]:
        if branch["id"] not in (2300, 2317):
            codes.setdefault(branch["id_tercero"], []).append(branch["codigo"])
    assert all(found == list(range(1, len(found) + 1)) for found in codes.values())
    assert len(codes) == 12
