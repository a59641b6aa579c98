"""Every clause of the three operations on branches."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ...harness import ApiClient, clause, not_observable
from .calls import NEW, PATH, branches, everything, new, without

OPTIONAL = ("direccion2", "telefono2", "ext", "ext2", "movil", "id_cobrador")
TEXTS = ("descripcion", "direccion", "codigo_ciudad", "codigo_departamento", "codigo_pais", "referencia_sucursal", "direccion2")
REQUIRED = tuple(name for name in NEW if name not in OPTIONAL)
MAY_BE_LEFT_OUT_OF_A_CHANGE = ("nit_tercero", "codigo_ciudad", "codigo_departamento", "codigo_pais")


def before_a_change(api: ApiClient) -> list[dict[str, Any]]:
    """The listed branches, after a branch to change was created."""
    api.known("branch")
    return everything(api)


def change(api: ApiClient, **fields: Any) -> httpx.Response:
    return api.call("PUT", PATH, json={**new(api), "id": int(api.known("branch")), **fields})


# Reading


def _at_least(api: ApiClient, count: int) -> list[dict[str, Any]]:
    """Every branch of the owner; the test ends if there are fewer than it needs."""
    found = everything(api)
    if len(found) < count:
        not_observable(f"it needs {count} branches of the owner, and {len(found)} are listed")
    return found


@clause("serpi.list_sucursales.r1")
def test_neither_parameter_is_needed(api: ApiClient) -> None:
    answer = api.call("GET", PATH)
    assert answer.status_code == 200
    assert answer.json()["success"] is True


@clause("serpi.list_sucursales.r2")
@pytest.mark.parametrize("size", [1, 2, 7])
def test_limite_is_the_size_of_a_page(api: ApiClient, size: int) -> None:
    _at_least(api, size)
    assert len(branches(api, limite=size)) == size


@clause("serpi.list_sucursales.r3")
def test_pagina_picks_the_page_and_pages_visit_each_branch_once(api: ApiClient) -> None:
    whole = [branch["id"] for branch in _at_least(api, 3)]
    pages = [[branch["id"] for branch in branches(api, limite=20, pagina=number)] for number in range(1, len(whole) // 20 + 3)]
    assert [branch for page in pages for branch in page] == whole
    assert branches(api, limite=1, pagina=3)[0]["id"] == whole[2]


@clause("serpi.list_sucursales.r4")
def test_the_message_counts_what_was_found(api: ApiClient) -> None:
    found = _at_least(api, 3)
    counts = (3, len(found)) if api.readings else (3,)
    assert api.call("GET", PATH, params={"limite": 3}).json()["message"] in [f"{count} registro(s) encontrados" for count in counts]


@clause("serpi.list_sucursales.r5")
def test_an_empty_list_has_body_code_201_and_no_errors(api: ApiClient) -> None:
    for answer in (api.call("GET", PATH, role="empty"), api.call("GET", PATH, params={"pagina": 1_000_000})):
        assert answer.status_code in (200, 201)
        assert without(api, answer.json()) == {"success": True, "code": 201, "message": "No se encontraron registros", "result": []}


@clause("serpi.list_sucursales.r6")
def test_a_branch_has_twenty_three_fields(api: ApiClient) -> None:
    for branch in everything(api):
        assert branch.keys() == {"id", *NEW}


# Creating


@clause("serpi.create_sucursal.r1")
@pytest.mark.parametrize("field", REQUIRED)
def test_a_creation_without_a_required_field_is_refused_and_names_it(api: ApiClient, field: str) -> None:
    before = everything(api)
    answer = api.call("POST", PATH, json={name: value for name, value in new(api).items() if name != field})
    assert answer.status_code in (200, 400)
    assert (answer.json()["success"], answer.json()["code"]) == (False, 400)
    assert f"El campo {field} es obligatorio" in answer.json()["errors"]
    assert everything(api) == before


@clause("serpi.create_sucursal.r1")
@pytest.mark.parametrize("field", OPTIONAL)
def test_a_creation_without_an_optional_field_is_taken(api: ApiClient, field: str) -> None:
    answer = api.call("POST", PATH, json={name: value for name, value in new(api).items() if name != field})
    assert answer.json()["success"] is True


@clause("serpi.create_sucursal.r2", "serpi.update_sucursal.r3")
@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_text_holds_fifty_characters_and_no_more(api: ApiClient, method: str, field: str) -> None:
    body = new(api, **({"id": int(api.known("branch"))} if method == "PUT" else {}))
    assert api.call(method, PATH, json={**body, field: "x" * 50}).json()["success"] is True
    longer = api.call(method, PATH, json={**body, field: "x" * 51})
    assert longer.json()["success"] is False or api.readings.is_open("create_sucursal" if method == "POST" else "update_sucursal", "maxLength")


@clause("serpi.create_sucursal.r3")
def test_the_id_is_given_by_the_server(api: ApiClient) -> None:
    taken = {branch["id"] for branch in everything(api)}
    api.call("POST", PATH, json=new(api, id=1))
    (created,) = [branch for branch in everything(api) if branch["id"] not in taken]
    assert created["descripcion"] == "CONTRATO"


@clause("serpi.create_sucursal.r4", "serpi.create_sucursal.r5")
def test_a_creation_is_answered_with_its_message_only(api: ApiClient) -> None:
    answer = api.call("POST", PATH, json=new(api))
    assert answer.status_code in (200, 201)
    done = {"success": True, "code": 201, "errors": None, "message": "registro creado exitosamente"}
    found = without(api, answer.json(), "id", "result")
    assert found in (without(api, done), *([{**without(api, done), "message": "No se encontraron registros"}] if api.readings else ()))


# Changing


@clause("serpi.update_sucursal.e1", "serpi.update_sucursal.r2", "serpi.update_sucursal.r5")
@pytest.mark.parametrize("field", [name for name in ("id", *REQUIRED) if name not in MAY_BE_LEFT_OUT_OF_A_CHANGE])
def test_a_change_without_a_required_field_is_refused_and_names_it(api: ApiClient, field: str) -> None:
    before = before_a_change(api)
    body = new(api, id=int(api.known("branch")), descripcion="NO")
    answer = api.call("PUT", PATH, json={name: value for name, value in body.items() if name != field})
    assert answer.status_code in (200, 400)
    body = answer.json()
    assert (body["success"], body["code"], body["message"]) == (False, 400, "Se presentaron errores al modificar el registro")
    assert body["errors"] == [f"El campo {field} es obligatorio"]
    assert everything(api) == before


@clause("serpi.update_sucursal.r2")
@pytest.mark.parametrize("field", OPTIONAL)
def test_a_change_without_an_optional_field_keeps_it(api: ApiClient, field: str) -> None:
    change(api, **{field: 7 if field.startswith(("ext", "id_")) else "7"})
    body = new(api, id=int(api.known("branch")))
    assert api.call("PUT", PATH, json={name: value for name, value in body.items() if name != field}).json()["success"] is True
    (branch,) = [branch for branch in everything(api) if str(branch["id"]) == api.known("branch")]
    replaced = (None, "") if api.readings.is_open("update_sucursal", "keeps") else ()
    assert str(branch[field]) == "7" or branch[field] in replaced


@clause("serpi.update_sucursal.e2", "serpi.update_sucursal.r6")
@pytest.mark.parametrize("name", ["unknown_branch", "foreign_branch"])
def test_an_id_that_no_branch_of_the_client_has_is_refused_by_name(api: ApiClient, name: str) -> None:
    before = before_a_change(api)
    answer = change(api, id=int(api.known(name)))
    assert answer.status_code in (200, 204, 404)
    if answer.status_code != 204:
        message = f"No se encontraron registros con el id {api.known(name)}"
        assert without(api, answer.json()) == without(api, {"success": False, "code": 204, "errors": None, "message": message})
    assert everything(api) == before


@clause("serpi.update_sucursal.r1", "serpi.update_sucursal.r4")
def test_a_change_names_its_branch_in_the_body_and_is_read_back(api: ApiClient) -> None:
    before = before_a_change(api)
    answer = change(api, descripcion="CAMBIADA", direccion="cl 9")
    assert answer.status_code == 200
    assert without(api, answer.json()) == {"success": True, "code": 200, "message": "registro modificado exitosamente"}
    changed = [branch for branch in everything(api) if branch not in before]
    assert [(str(branch["id"]), branch["descripcion"], branch["direccion"]) for branch in changed] == [(api.known("branch"), "CAMBIADA", "cl 9")]
