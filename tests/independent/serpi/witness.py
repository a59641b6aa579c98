"""One witness for each planted bug: true at a server with this bug, false at a conforming one. The page entitles a tester to each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

OWNER = {"secretkey": "skA-Rt7mQ2xLpW9z", "Authorization": "Bearer tkA.Vn4cHs8Jd1Fy"}
OTHER = {"secretkey": "skB-Gb3kUe6ToI0a", "Authorization": "Bearer tkB.Mx5rZq7Pw2Kl"}
NEW = {
    "id_tercero": 700,
    "nit_tercero": "800100200",
    "codigo": 0,
    "referencia_sucursal": None,
    "descripcion": "Bodega",
    "direccion": "calle 8 # 12-30",
    "telefono": None,
    "id_ciudad": 5001,
    "codigo_ciudad": "05001",
    "id_departamento": 5,
    "codigo_departamento": "05",
    "id_pais": 1,
    "codigo_pais": "57",
    "id_vendedor": 31,
    "es_direccionCobro": False,
    "es_direccionDespacho": False,
}


class Api:
    """Calls of one server."""

    def __init__(self, origin: str) -> None:
        self.client = httpx.Client(base_url=f"{origin}/api/v1", timeout=20)

    def close(self) -> None:
        self.client.close()

    def get(self, headers: dict[str, str] = OWNER, **query: int) -> httpx.Response:
        return self.client.get("/Sucursales", headers=headers, params=query)

    def listed(self, headers: dict[str, str] = OWNER, **query: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(headers, **{"limite": 1000, **query}).json()["result"]
        return found

    def post(self, **fields: Any) -> httpx.Response:
        return self.client.post("/Sucursales", headers=OWNER, json={**NEW, **fields})

    def put(self, **fields: Any) -> httpx.Response:
        return self.client.put("/Sucursales", headers=OWNER, json={**NEW, **fields})

    def stored(self, **fields: Any) -> dict[str, Any]:
        """A new branch as the list shows it."""
        known = {one["id"] for one in self.listed()}
        self.post(**fields)
        return next(one for one in self.listed() if one["id"] not in known)

    def one(self, number: int) -> dict[str, Any]:
        return next(one for one in self.listed() if one["id"] == number)


def _shows(name: str, value: Any) -> Callable[[Api], bool]:
    """A witness that creates a branch with a value and reads another one."""
    return lambda api: bool(api.stored(**{name: value})[name] != value)


def _is_let_in(**headers: str) -> Callable[[Api], bool]:
    return lambda api: api.get({**OWNER, **headers}).status_code in (200, 201)


def _creates_at_once(api: Api) -> bool:
    before = len(api.listed())
    with ThreadPoolExecutor(6) as pool:
        codes = [one.json()["code"] for one in pool.map(lambda number: api.post(descripcion=f"Bodega {number}"), range(6))]
    return len(api.listed()) - before != codes.count(201)


def _pages_differ(api: Api) -> bool:
    pages = [one["id"] for page in (1, 2, 3) for one in api.listed(limite=10, pagina=page)]
    return pages != [one["id"] for one in api.listed()]


def _changes(**fields: Any) -> Callable[[Api], bool]:
    """A witness that changes a branch and reads other values."""

    def sees(api: Api) -> bool:
        number = api.stored(id_cobrador=44, es_direccionCobro=True)["id"]
        api.put(id=number, **fields)
        return any(api.one(number)[name] != value for name, value in fields.items())

    return sees


def _changes_a_neighbour(api: Api) -> bool:
    first, second = (api.stored(descripcion=f"Vecina {number}") for number in range(2))
    api.put(id=second["id"], descripcion="Cambiada")
    return api.one(first["id"]) != first


def _stores_equal_content_once(api: Api) -> bool:
    before = len(api.listed())
    for _ in range(2):
        api.post(descripcion="Dos veces")
    return len(api.listed()) - before != 2


def _stores_what_it_refuses(api: Api) -> bool:
    before = len(api.listed())
    api.post(id_ciudad=None)
    return len(api.listed()) != before


def _lists_late(api: Api) -> bool:
    api.listed()
    api.post(descripcion="Recien creada")
    return all(one["descripcion"] != "Recien creada" for one in api.listed())


def _not_code(wanted: int, call: Callable[[Api], httpx.Response]) -> Callable[[Api], bool]:
    def sees(api: Api) -> bool:
        answer = call(api)
        return answer.status_code >= 500 or bool(answer.json()["code"] != wanted)

    return sees


WITNESSES: dict[str, Callable[[Api], bool]] = {
    "creations_lost_at_once": _creates_at_once,
    "equal_ids_at_once": _creates_at_once,
    "text_trimmed": _shows("descripcion", " Bodega  "),
    "text_normalised": _shows("descripcion", "Bogota\u0301 ﬁn"),
    "text_escaped": _shows("direccion", "calle 8 & 9 'sur'"),
    "text_in_capitals": _shows("descripcion", "Bodega del Río"),
    "text_cut": _shows("direccion", "carrera 45 numero 100-23 interior 4 bodega 12"),
    "text_without_astral": _shows("descripcion", "Bodega \U0001f4e6"),
    "leading_zero_lost": _shows("codigo_ciudad", "05001"),
    "int_of_32_bits": _shows("id_tercero", 9007199254),
    "id_as_text": lambda api: isinstance(api.listed()[0]["id"], str),
    "flags_as_numbers": lambda api: not isinstance(api.listed()[0]["es_direccionCobro"], bool),
    "flags_exchanged": _shows("es_direccionCobro", value=True),
    "second_phone_is_first": _shows("telefono2", "6045550000"),
    "empty_left_out": lambda api: "ext" not in api.listed()[0],
    "secret_any_case": _is_let_in(secretkey=OWNER["secretkey"].swapcase()),
    "token_any_case": _is_let_in(Authorization="Bearer " + OWNER["Authorization"][7:].swapcase()),
    "secret_prefix": _is_let_in(secretkey=OWNER["secretkey"] + "x"),
    "pair_of_two_clients": _is_let_in(secretkey=OTHER["secretkey"]),
    "branches_of_all": lambda api: any(one["id"] == 4501 for one in api.listed()),
    "branch_of_anybody": _not_code(204, lambda api: api.put(id=4501)),
    "unknown_is_created": _not_code(204, lambda api: api.put(id=999999999)),
    "pages_shuffled": _pages_differ,
    "page_starts_late": _pages_differ,
    "last_page_lost": _pages_differ,
    "count_of_one_more": lambda api: api.get(limite=1000).json()["message"] != f"{len(api.listed())} registro(s) encontrados",
    "list_from_cache": _lists_late,
    "equal_content_dropped": _stores_equal_content_once,
    "refused_is_stored": _stores_what_it_refuses,
    "two_faults": lambda api: api.post(id_ciudad=None, id_pais=None).status_code >= 500,
    "errors_as_html": lambda api: "json" not in api.post(id_ciudad=None).headers["content-type"],
    "zero_is_missing": _not_code(201, lambda api: api.post(codigo=0)),
    "false_is_missing": _not_code(201, lambda api: api.post(es_direccionCobro=False)),
    "flag_of_any_kind": _not_code(400, lambda api: api.post(es_direccionCobro="quizas")),
    "integer_as_text": _not_code(400, lambda api: api.post(id_ciudad="5001")),
    "null_keeps_the_old": _changes(id_cobrador=None),
    "false_keeps_the_old": _changes(es_direccionCobro=False),
    "change_answers_only": _changes(descripcion="Cambiada"),
    "neighbour_changed": _changes_a_neighbour,
}
