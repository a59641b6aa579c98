"""Calls that several tests make: create a branch, list branches."""

from __future__ import annotations

from typing import Any

from ...harness import LONGEST, ApiClient, not_observable

PATH = "/Sucursales"
MOST = 1000
"""Branches that are asked for at once."""
NEW: dict[str, Any] = {
    "id_tercero": 1804,
    "nit_tercero": "900985549",
    "codigo": 0,
    "referencia_sucursal": None,
    "descripcion": "CONTRATO",
    "direccion": "cra 22 #4-44",
    "direccion2": None,
    "telefono": None,
    "telefono2": None,
    "ext": None,
    "ext2": None,
    "movil": None,
    "id_ciudad": 5001,
    "codigo_ciudad": "05001",
    "id_departamento": 5,
    "codigo_departamento": "05",
    "id_pais": 1,
    "codigo_pais": "57",
    "id_vendedor": 3418,
    "id_cobrador": None,
    "es_direccionCobro": False,
    "es_direccionDespacho": False,
}


def branches(api: ApiClient, **query: int) -> list[dict[str, Any]]:
    """The branches of one page."""
    found: list[dict[str, Any]] = api.call("GET", PATH, params=query).json()["result"]
    return found


def everything(api: ApiClient) -> list[dict[str, Any]]:
    """The branches of all pages."""
    found = page = branches(api, limite=MOST)
    number = 1
    while len(page) == MOST:
        if number == LONGEST:
            not_observable(f"the pages of branches are more than {LONGEST}")
        number += 1
        before, page = page, branches(api, limite=MOST, pagina=number)
        assert page != before, f"page {number} shows the branches of the page before it again: the pages have no end"
        found = found + page
    return found
