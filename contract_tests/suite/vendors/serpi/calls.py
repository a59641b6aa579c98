"""Calls that several tests make: create a branch, list branches."""

from __future__ import annotations

from typing import Any

from mockserver.openapi.documents import load_document

from ...harness import LONGEST, ApiClient, not_observable

PATH = "/Sucursales"
MOST = 1000
"""Branches that are asked for at once."""
NEW: dict[str, Any] = {**load_document("serpi").at("#/components/examples/new_branch")["value"], "descripcion": "CONTRATO"}
"""The branch that the vendor's page creates, under a name of ours."""

REFERENCES = ("create_sucursal", "update_sucursal")


def new(api: ApiClient, **changes: Any) -> dict[str, Any]:
    """The fields of a new branch that refers to records that the target is known to have; ``changes`` replace some of them."""
    known = {field: name for call in REFERENCES for field, name in api.readings.references(call).items() if name in api.target.known}
    referring = {field: int(api.known(name)) for field, name in known.items() if NEW[field] is not None}
    return {**NEW, **referring, **changes}


def without(api: ApiClient, body: Any, *extra: str) -> dict[str, Any]:
    """An answer without the keys that some readings of the page add: ``errors`` if it is null, and ``extra``; the whole answer of the mock."""
    if not api.readings:
        return dict(body)
    return {name: value for name, value in body.items() if name not in extra and not (name == "errors" and value is None)}


def branches(api: ApiClient, **query: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.call("GET", PATH, params=query).json()["result"]
    return found


def everything(api: ApiClient) -> list[dict[str, Any]]:
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
