"""Branches: read, create, change. Source: the three tabs of the vendor's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, by_page, fields_of
from mockserver.apis.serpi.faults import UnknownBranch
from mockserver.apis.serpi.places import PLACES, code_of
from mockserver.apis.serpi.state import BRANCHES, LEFT_OUT, Branch, Client, stored

PAGE_SIZE = 50
"""Branches per page if ``limite`` is not sent; the vendor's page gives no default (serpi.D18)."""

_SHOWN = " ".join(name for name in Branch.__slots__ if name != "client_id")


def list_sucursales(world: Transaction, caller: Client, limite: int | None, pagina: int | None) -> Reply:
    """One page of the client's branches, oldest first.

    Source: "API Consulta (GET)". An empty page has body code 201 under HTTP 201 (serpi.D03); the message counts the page (serpi.D19).
    """
    page = by_page(world.table(BRANCHES).select("client", caller.id), pagina or 1, limite or PAGE_SIZE)
    if not page.items:
        return Reply(201, {"success": True, "code": 201, "message": "No se encontraron registros", "result": []})
    message = f"{len(page.items)} registro(s) encontrados"
    return Reply(
        200, {"success": True, "code": 200, "errors": None, "message": message, "result": [fields_of(branch, _SHOWN) for branch in page.items]}
    )


def create_sucursal(world: Transaction, caller: Client, body: Mapping[str, Any]) -> Reply:
    """Create a branch; the reply does not contain its id (serpi.D17). Source: "API Creación (POST)"."""
    values = {**LEFT_OUT, **stored(body)}
    world.table(BRANCHES).add(Branch(id=world.draw("serpi.branch"), client_id=caller.id, **values))
    return Reply(201, {"success": True, "code": 201, "errors": None, "message": "registro creado exitosamente"})


def update_sucursal(world: Transaction, caller: Client, body: Mapping[str, Any]) -> Reply:
    """Change the fields that are sent (serpi.D31); a code that is left out follows its id (serpi.D30). Source: "API Modificar(PUT)"."""
    branches = world.table(BRANCHES)
    branch = branches.get(body["id"])
    if branch is None or branch.client_id != caller.id:
        raise UnknownBranch(body["id"])
    body = {**_followed(branch, body), **body}
    branches.change(branch, **stored(body))
    return Reply(200, {"success": True, "code": 200, "message": "registro modificado exitosamente"})


def _followed(branch: Branch, body: Mapping[str, Any]) -> dict[str, str]:
    """The codes of the places to which a change moves a branch, where the change names them by their ids only and the ids are known."""
    moved = (place for place in PLACES if f"codigo_{place}" not in body and body.get(f"id_{place}") != getattr(branch, f"id_{place}"))
    codes = {f"codigo_{place}": code_of(place, body.get(f"id_{place}")) for place in moved}
    return {name: code for name, code in codes.items() if code is not None}
