"""Calls of SERPI, and the witnesses that compare several answers. The name of a witness is that of its planted violation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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


def creations_at_once_lost(api: ApiClient) -> bool:
    before = len(everything(api))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: call(api, CREATE), range(3)))
    return len(everything(api)) == before + 3


def lists_at_once_mixed(api: ApiClient) -> bool:
    with ThreadPoolExecutor(2) as pool:
        mine, theirs = pool.map(lambda role: call(api, "list_sucursales", role=role).json()["result"], ("", "other"))
    return bool(mine != theirs)


def changes_at_once_lost(api: ApiClient) -> bool:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda fields: call(api, CHANGE, **fields), ({"movil": "5", "direccion2": None}, {"direccion2": "Z", "movil": None})))
    branch = _branch(api)
    return (branch["movil"], branch["direccion2"]) == ("5", "Z")


def equal_branch_swallowed(api: ApiClient) -> bool:
    call(api, CREATE)
    return len(_created(api)) == 1


def letters_decomposed(api: ApiClient) -> bool:
    return bool(_created(api, descripcion="Bogotá")[0]["descripcion"] == "Bogotá")


def zeros_dropped(api: ApiClient) -> bool:
    return bool(_created(api, codigo_ciudad="05001")[0]["codigo_ciudad"] == "05001")


def ends_of_texts_trimmed(api: ApiClient) -> bool:
    return bool(_created(api, descripcion=" Z ")[0]["descripcion"] in (" Z ", "Z"))


def length_in_code_units(api: ApiClient) -> bool:
    return len(_created(api, descripcion="\U0001f600" * 50)) == 1


def twelfth_branch_unlisted(api: ApiClient) -> bool:
    return all(_created(api) for _ in range(13))


def secretkey_in_any_case(api: ApiClient) -> bool:
    key = next(value for name, value in api.credentials().items() if name.lower() == "secretkey")
    return call(api, "list_sucursales", headers={"secretkey": key.swapcase()}).status_code == 401


def halves_of_two_clients(api: ApiClient) -> bool:
    other = next(value for name, value in api.credentials("other").items() if name.lower() == "secretkey")
    return call(api, "list_sucursales", headers={"secretkey": other}).status_code == 401


def null_keeps_what_was_there(api: ApiClient) -> bool:
    call(api, CHANGE, ext=7)
    branch = _branch(api)
    api.call("PUT", PATH, json={**{name: value for name, value in branch.items() if value != ""}, **NEW, "id": branch["id"], "ext": None})
    return _branch(api)["ext"] is None


def refused_change_written(api: ApiClient) -> bool:
    call(api, CHANGE, descripcion="Z", es_direccionDespacho="x")
    return bool(_branch(api)["descripcion"] != "Z")


def equal_change_refused(api: ApiClient) -> bool:
    return [call(api, CHANGE, movil="5").json()["success"] for _ in range(2)] == [True, True]


def changed_branch_moves(api: ApiClient) -> bool:
    before = [branch["id"] for branch in everything(api)]
    call(api, CHANGE)
    return [branch["id"] for branch in everything(api)] == before


def newest_branch_first(api: ApiClient) -> bool:
    found = [branch["id"] for branch in everything(api)]
    return found == sorted(found)


def latin_charset(api: ApiClient) -> bool:
    return "iso-8859-1" not in call(api, "list_sucursales").headers["content-type"]


def zero_is_not_sent(api: ApiClient) -> bool:
    call(api, CHANGE, ext=7)
    call(api, CHANGE, ext=0)
    return bool(_branch(api)["ext"] == 0)


def changed_text_without_accents(api: ApiClient) -> bool:
    call(api, CHANGE, descripcion="Bogotá")
    return bool(_branch(api)["descripcion"] == "Bogotá")
