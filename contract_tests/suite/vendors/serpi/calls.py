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
