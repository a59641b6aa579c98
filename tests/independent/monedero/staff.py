"""Collaborators and wallets of an account."""

from __future__ import annotations

import re
import time
from typing import Any

from tests.independent.monedero.envelope import Call, refuse, succeed
from tests.independent.monedero.settings import BUG, READING
from tests.independent.monedero.store import Store

FIELDS = ("type", "employee_name", "business_name", "number", "password")


def get_toolusers(store: Store, call: Call) -> dict[str, Any]:
    """Reading a leaves archived collaborators out, b lists them with another status."""
    shown = [
        {
            "usertool_id": one["id"] if READING == "a" else str(one["id"]),
            "usertool_name": one["name"],
            "usertool_number": one["number"],
            "usertool_branch": one["branch"],
            "usertool_type": one["kind"],
            "usertool_status": "activo" if READING == "a" else str(int(not one["archived"])),
            **({"usertool_password": one["password"]} if BUG == "passwords_listed" else {}),
        }
        for one in store.tools(call.account["id"])
        if READING == "b" or not one["archived"]
    ]
    return succeed("tool_users_01", status=READING == "a", result=shown)


def get_wallets(store: Store, call: Call) -> dict[str, Any]:
    found = store.rows("select * from wallets where account = ? or ? = 'wallets_of_all' order by wallet_key", call.account["id"], BUG)
    links = None if READING == "a" else "https://apps.example/monedero"
    shown = [{"wallet_name": one["name"], "wallet_key": one["wallet_key"], "wallet_app_client": links, "wallet_app_redeem": links} for one in found]
    return succeed("wallets_get_01", result=shown)


def add_employee(store: Store, call: Call) -> dict[str, Any]:
    missing = [name for name in FIELDS if not call.get(name).strip()]
    if missing:
        refuse(
            "err_toolusers_01" if READING == "a" else "err_toolusers_02", "Error al procesar la petición" if READING == "a" else "Parámetro inválido."
        )
    if call.get("type") not in ("cajero", "gerente") or not re.fullmatch(r"[0-9]{10}", call.get("number")):
        refuse("err_toolusers_02", "Parámetro inválido.")
    same = "name = ? or password = ?" if BUG != "same_password_accepted" else "name = ? or ? is null"
    taken = store.row(
        f"select 1 from tools where account = ? and ({same} or (number = ? and not archived))",  # noqa: S608 - one of the two texts above
        call.account["id"],
        call.get("employee_name"),
        call.get("password"),
        call.get("number"),
    )
    if taken:
        refuse("err_toolusers_03", "Ya existe un usuario con el mismo nombre o password")
    newest = store.row("select max(id) as id from tools")
    number = int(newest["id"] if newest else 0) + 1
    if BUG == "equal_ids_at_once":
        time.sleep(0.05)
    stored = [call.get("employee_name"), call.get("number"), call.get("business_name"), call.get("type"), call.get("password")]
    if BUG == "branch_is_the_name":
        stored[2] = stored[0]
    store.rows("insert or replace into tools values (?, ?, ?, ?, ?, ?, ?, 0)", number, call.account["id"], *stored)
    store.rows("insert into grants select ?, wallet_key from wallets where account = ?", number, call.account["id"])
    return succeed("toolusers_01", message="Usuario creado con éxito.", collaboratorId=number)


def disable_employee(store: Store, call: Call) -> dict[str, Any]:
    number = call.get("number")
    if not number:
        refuse(
            "err_toolusers_01" if READING == "a" else "err_toolusers_02", "Error al procesar la petición" if READING == "a" else "Parámetro inválido."
        )
    found = store.row(
        "select * from tools where number = ? and not archived and (account = ? or ? = 'archives_of_anybody')", number, call.account["id"], BUG
    )
    if found is None:
        if READING == "a" or not re.fullmatch(r"[0-9]{10}", number):
            refuse("err_toolusers_02", "Parámetro inválido.")
        refuse("err_toolusers_04", "Error al archivar el usuario.")
    if BUG == "archives_the_newest":
        found = store.row("select * from tools where account = ? and not archived order by id desc", call.account["id"])
        assert found is not None
    if BUG != "archives_nothing":
        store.rows("update tools set archived = 1 where id = ?" if BUG != "archives_all_of_the_branch" else _BRANCH, found["id"])
    return succeed("toolusers_01", message="Se archivó correctamente el usuario.")


_BRANCH = "update tools set archived = 1 where (account, branch) = (select account, branch from tools where id = ?)"
