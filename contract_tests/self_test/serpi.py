"""Violations planted in SERPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .mutants import Edit, Mutant, Spoil

if TYPE_CHECKING:
    from ..suite.harness import ApiClient

HANDLERS = "mockserver/apis/serpi/sucursales.py"
STATE = "mockserver/apis/serpi/state.py"
FAULTS = "mockserver/apis/serpi/faults.py"
DOCUMENT = "specs/serpi.yaml"
LIST, CREATE, CHANGE = "list_sucursales", "create_sucursal", "update_sucursal"
NEW: dict[str, Any] = {
    "id_tercero": 1, "nit_tercero": "9", "codigo": 0, "referencia_sucursal": "r", "descripcion": "d", "direccion": "a", "direccion2": "b",
    "telefono": "1", "telefono2": "2", "ext": 3, "ext2": 4, "movil": "5", "id_ciudad": 5001, "codigo_ciudad": "05001", "id_departamento": 5,
    "codigo_departamento": "05", "id_pais": 1, "codigo_pais": "57", "id_vendedor": 7, "id_cobrador": 8, "es_direccionCobro": True,
    "es_direccionDespacho": True,
}  # fmt: skip


def _list(api: ApiClient, role: str = "", **query: Any) -> Any:
    return api.call("GET", "/Sucursales", role=role, params={"limite": 1000, **query}).json()


def _create(api: ApiClient, **changes: Any) -> Any:
    return api.call("POST", "/Sucursales", json={**NEW, **changes})


def _change(api: ApiClient, role: str = "", **changes: Any) -> Any:
    return api.call("PUT", "/Sucursales", role=role, json={**NEW, "id": int(api.known("branch")), **changes})


def _branch(api: ApiClient) -> Any:
    return next(branch for branch in _list(api)["result"] if str(branch["id"]) == api.known("branch"))


def _created(api: ApiClient, **changes: Any) -> Any:
    taken = {branch["id"] for branch in _list(api)["result"]}
    _create(api, **changes)
    return [branch for branch in _list(api)["result"] if branch["id"] not in taken]


def _total(api: ApiClient) -> int:
    return len(_list(api)["result"])


def _walk(api: ApiClient) -> list[int]:
    return [branch["id"] for page in range(1, 12) for branch in _list(api, limite=7, pagina=page)["result"]]


MUTANTS = (
    Mutant(
        "serpi.id_as_text",
        "shape",
        LIST,
        (),
        (Spoil(LIST, 200, "body['result'][0]['id'] = str(body['result'][0]['id'])"),),
        lambda api: isinstance(_list(api)["result"][0]["id"], int),
    ),
    Mutant(
        "serpi.branch_without_pais",
        "shape",
        LIST,
        ("serpi.list_sucursales.r6",),
        (Spoil(LIST, 200, "body['result'][-1].pop('id_pais')"),),
        lambda api: "id_pais" in _list(api)["result"][-1],
    ),
    Mutant(
        "serpi.undeclared_field",
        "shape",
        LIST,
        ("serpi.list_sucursales.r6",),
        (Spoil(LIST, 200, "body['result'][0]['interno'] = 1"),),
        lambda api: "interno" not in _list(api)["result"][0],
    ),
    Mutant(
        "serpi.creation_without_errors",
        "shape",
        CREATE,
        ("serpi.create_sucursal.r4",),
        (Spoil(CREATE, 201, "body.pop('errors')"),),
        lambda api: "errors" in _create(api).json(),
    ),
    Mutant(
        "serpi.refusal_without_list",
        "shape",
        CREATE,
        ("serpi.create_sucursal.r1",),
        (Spoil(CREATE, 400, "body['errors'] = body['errors'][0]"),),
        lambda api: isinstance(_create(api, descripcion=None).json()["errors"], list),
    ),
    Mutant(
        "serpi.list_as_text",
        "http",
        LIST,
        (),
        (Spoil(LIST, 200, "media_type = 'text/plain'"),),
        lambda api: api.call("GET", "/Sucursales").headers["content-type"].startswith("application/json"),
    ),
    Mutant(
        "serpi.created_202",
        "http",
        CREATE,
        ("serpi.create_sucursal.r4",),
        (Spoil(CREATE, 201, "status = 202"),),
        lambda api: _create(api).status_code == 201,
    ),
    Mutant(
        "serpi.crash_on_late_pages",
        "http",
        LIST,
        ("serpi.list_sucursales.r5",),
        (Edit(HANDLERS, "    page = by_page", "    assert (pagina or 1) < 1000\n    page = by_page"),),
        lambda api: _list(api, pagina=1_000_000)["code"] == 201,
    ),
    Mutant(
        "serpi.any_secretkey",
        "access",
        LIST,
        (),
        (Edit(STATE, '    client = world.table(CLIENTS).find("secretkey", credential)\n', "    client = next(world.table(CLIENTS).all())\n"),),
        lambda api: api.call("GET", "/Sucursales", headers={"secretkey": "nobody"}).status_code == 401,
        (CREATE, CHANGE),
    ),
    Mutant(
        "serpi.creation_without_token",
        "access",
        CREATE,
        (),
        (
            Edit(
                DOCUMENT,
                "      tags: [Sucursales]\n      requestBody:",
                "      tags: [Sucursales]\n      security: []\n      requestBody:",
                "operationId: create_sucursal",
            ),
            Edit(HANDLERS, "def create_sucursal(world: Draft, caller: Client, body", "def create_sucursal(world: Draft, body"),
            Edit(HANDLERS, "client_id=caller.id, **values", "client_id=1, **values"),
        ),
        lambda api: api.call("POST", "/Sucursales", role=None, json=NEW).status_code == 401,
    ),
    Mutant(
        "serpi.long_texts",
        "input",
        CREATE,
        ("serpi.create_sucursal.r2", "serpi.update_sucursal.r3"),
        (Edit(DOCUMENT, "maxLength: 50", "maxLength: 500", "\n    Text:"),),
        lambda api: _create(api, descripcion="x" * 51).status_code == 400,
        (CHANGE,),
    ),
    Mutant(
        "serpi.address_may_be_missing",
        "input",
        CREATE,
        ("serpi.create_sucursal.r1",),
        (Edit(DOCUMENT, "        - direccion\n", "", "\n    BranchCreate:"), Edit(HANDLERS, "_LEFT_OUT = {", '_LEFT_OUT = {"direccion": "", ')),
        lambda api: api.call("POST", "/Sucursales", json={key: value for key, value in NEW.items() if key != "direccion"}).status_code == 400,
    ),
    Mutant(
        "serpi.limit_of_zero",
        "input",
        LIST,
        (),
        (Edit(DOCUMENT, "minimum: 1", "minimum: 0", "name: limite"),),
        lambda api: api.call("GET", "/Sucursales", params={"limite": 0}).status_code == 400,
    ),
    Mutant(
        "serpi.unknown_id_is_400",
        "errors",
        CHANGE,
        ("serpi.update_sucursal.e2", "serpi.update_sucursal.r6"),
        (Edit(FAULTS, "return _refusal(200, 204, None,", 'return _refusal(400, 400, ["x"],'),),
        lambda api: _change(api, id=99).json()["code"] == 204,
    ),
    Mutant(
        "serpi.message_without_id",
        "errors",
        CHANGE,
        ("serpi.update_sucursal.e2", "serpi.update_sucursal.r6"),
        (Edit(FAULTS, "con el id {fault.branch_id}", "con el id 0"),),
        lambda api: _change(api, id=99).json()["message"].endswith(" 99"),
    ),
    Mutant(
        "serpi.missing_field_unnamed",
        "errors",
        CREATE,
        ("serpi.create_sucursal.r1", "serpi.update_sucursal.e1", "serpi.update_sucursal.r5"),
        (Edit(FAULTS, 'return f"El campo {violation.field} es obligatorio"', 'return "Falta un campo"'),),
        lambda api: "descripcion" in api.call("POST", "/Sucursales", json={}).text,
        (CHANGE,),
    ),
    Mutant(
        "serpi.creation_lost",
        "persistence",
        CREATE,
        (),
        (Edit(HANDLERS, "    world.table(BRANCHES).add(Branch(id", "    (Branch(id"),),
        lambda api: len(_created(api)) == 1,
        (LIST,),
    ),
    Mutant(
        "serpi.movil_dropped",
        "persistence",
        CREATE,
        (),
        (Edit(HANDLERS, "values = {**_LEFT_OUT, **_stored(body)}", "values = {**_LEFT_OUT, **_stored(body), 'movil': ''}"),),
        lambda api: _created(api)[0]["movil"] == "5",
    ),
    Mutant(
        "serpi.text_in_capitals",
        "persistence",
        CREATE,
        ("serpi.update_sucursal.r4",),
        (
            Edit(
                HANDLERS,
                "    for name in _TEXTS:\n",
                "    if 'direccion' in values:\n        values['direccion'] = values['direccion'].upper()\n    for name in _TEXTS:\n",
            ),
        ),
        lambda api: _created(api)[0]["direccion"] == "a",
        (CHANGE,),
    ),
    Mutant(
        "serpi.change_not_stored",
        "persistence",
        CHANGE,
        ("serpi.update_sucursal.r4",),
        (Edit(HANDLERS, "    branches.change(branch, **_stored(body))\n", ""),),
        lambda api: (_change(api, descripcion="Z"), _branch(api)["descripcion"])[1] == "Z",
    ),
    Mutant(
        "serpi.change_wipes_optional",
        "persistence",
        CHANGE,
        ("serpi.update_sucursal.r2",),
        (Edit(HANDLERS, "branches.change(branch, **_stored(body))", "branches.change(branch, **{**_LEFT_OUT, **_stored(body)})"),),
        lambda api: (
            (
                _change(api),
                api.call("PUT", "/Sucursales", json={**{key: value for key, value in NEW.items() if key != "movil"}, "id": int(api.known("branch"))}),
                _branch(api)["movil"],
            )[2]
            == "5"
        ),
    ),
    Mutant(
        "serpi.created_twice",
        "persistence",
        CREATE,
        (),
        (
            Edit(
                HANDLERS,
                '    return Reply(201, {"success": True, "code": 201, "errors"',
                '    world.table(BRANCHES).add(Branch(id=world.draw("serpi.branch"), client_id=caller.id, **values))\n    return Reply(201, {"success": True, "code": 201, "errors"',
            ),
        ),
        lambda api: len(_created(api)) == 1,
        (LIST,),
    ),
    Mutant(
        "serpi.page_border_overlap",
        "paging",
        LIST,
        ("serpi.list_sucursales.r3",),
        (
            Edit(
                "mockserver/core/operation/paging.py",
                "return Page(items.slice((number - 1) * size, size)",
                "return Page(items.slice(max(0, (number - 1) * size - 1), size)",
            ),
        ),
        lambda api: len(_walk(api)) == len(set(_walk(api))),
    ),
    Mutant(
        "serpi.limit_ignored",
        "paging",
        LIST,
        ("serpi.list_sucursales.r2",),
        (Edit(HANDLERS, "limite or PAGE_SIZE", "PAGE_SIZE if limite is None or limite < 3 else limite"),),
        lambda api: len(_list(api, limite=2)["result"]) == 2,
    ),
    Mutant(
        "serpi.count_off_by_one",
        "paging",
        LIST,
        ("serpi.list_sucursales.r4",),
        (Edit(HANDLERS, "{len(page.items)} registro(s)", "{len(page.items) + 1} registro(s)"),),
        lambda api: _list(api, limite=3)["message"].startswith("3 "),
    ),
    Mutant(
        "serpi.everybody_listed",
        "tenants",
        LIST,
        (),
        (
            Edit(HANDLERS, 'world.table(BRANCHES).select("client", caller.id)', "list(world.table(BRANCHES).all())"),
            Edit(
                "mockserver/core/operation/paging.py",
                "    return Page(items.slice((number - 1) * size, size)",
                "    items = type('All', (list,), {'slice': lambda self, start, size: self[start:start + size]})(items)\n    return Page(items.slice((number - 1) * size, size)",
            ),
        ),
        lambda api: all(branch["descripcion"] != "AJENA" for branch in _list(api)["result"]),
        (CHANGE, CREATE),
    ),
    Mutant(
        "serpi.foreign_branch_changed",
        "tenants",
        CHANGE,
        ("serpi.update_sucursal.e2", "serpi.update_sucursal.r6"),
        (Edit(HANDLERS, "if branch is None or branch.client_id != caller.id:", "if branch is None:"),),
        lambda api: _change(api, id=int(api.known("foreign_branch"))).json()["code"] == 204,
    ),
    Mutant(
        "serpi.total_after_change",
        "workflow",
        CHANGE,
        ("serpi.update_sucursal.r1", "serpi.update_sucursal.r4"),
        (
            Edit(
                HANDLERS,
                "    branches.change(branch, **_stored(body))\n",
                '    branches.change(branch, **_stored(body))\n    branches.add(Branch(id=world.draw("serpi.branch"), client_id=caller.id, **{**_LEFT_OUT, "codigo_ciudad": "", "codigo_departamento": "", "codigo_pais": "", "nit_tercero": "", **_stored(body)}))\n',
            ),
        ),
        lambda api: (_total(api), _change(api), _total(api))[0] == _total(api),
    ),
)
