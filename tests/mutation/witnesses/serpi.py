"""Calls of SERPI, and the witnesses that compare several answers. The name of a witness is that of its planted violation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.suite.vendors.serpi.calls import MOST, NEW, PATH, branches, everything

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from contract_tests.suite.harness import ApiClient

CREATE, CHANGE = "create_sucursal", "update_sucursal"


def call(api: ApiClient, operation: str, /, *, role: str | None = "", headers: Mapping[str, str] | None = None, **fields: Any) -> httpx.Response:
    """The answer to a working call with some fields replaced; None leaves a field out."""
    if operation not in (CREATE, CHANGE):
        return api.call("GET", PATH, role=role, headers=headers, params={"limite": MOST, **fields})
    if operation == CHANGE:
        branch = str(fields.get("id", "$branch"))
        fields["id"] = int(api.known(branch[1:]) if branch.startswith("$") else branch)
    sent = {field: value for field, value in {**NEW, **fields}.items() if field not in fields or value is not None}
    return api.call("POST" if operation == CREATE else "PUT", PATH, role=role, headers=headers, json=sent)


def _branch(api: ApiClient) -> dict[str, Any]:
    return next(branch for branch in everything(api) if str(branch["id"]) == api.known("branch"))


def _created(api: ApiClient, **fields: Any) -> list[dict[str, Any]]:
    """What is listed after a creation and was not before."""
    before = {branch["id"] for branch in everything(api)}
    call(api, CREATE, **fields)
    return [branch for branch in everything(api) if branch["id"] not in before]


def creation_lost(api: ApiClient) -> bool:
    return len(_created(api)) == 1


created_twice = creation_lost


def movil_dropped(api: ApiClient) -> bool:
    return bool(_created(api, movil="5")[0]["movil"] == "5")


def text_in_capitals(api: ApiClient) -> bool:
    return bool(_created(api)[0]["direccion"] == NEW["direccion"])


def change_not_stored(api: ApiClient) -> bool:
    call(api, CHANGE, descripcion="Z")
    return bool(_branch(api)["descripcion"] == "Z")


def change_wipes_optional(api: ApiClient) -> bool:
    call(api, CHANGE, movil="5")
    call(api, CHANGE, movil=None)
    return bool(_branch(api)["movil"] == "5")


def page_border_overlap(api: ApiClient) -> bool:
    seen = [branch["id"] for page in range(1, 12) for branch in branches(api, limite=7, pagina=page)]
    return len(seen) == len(set(seen))


def limit_ignored(api: ApiClient) -> bool:
    return len(branches(api, limite=2)) == 2


def total_after_change(api: ApiClient) -> bool:
    before = len(everything(api))
    call(api, CHANGE)
    return len(everything(api)) == before
