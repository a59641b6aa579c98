"""Cashiers and managers, registered and archived. Source: the two sections "Registrar colaborador" (monedero.D08)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.monedero.state import ACTIVE, ARCHIVED, USERTOOLS, Usertool, password_digest


def add_employee(world: Transaction, caller: int, body: Mapping[str, Any]) -> Reply:
    """Register a cashier or manager, who may sign on all wallets of the account.

    Name and password are unique in the account; the number is unique among its active ones, and taken otherwise cannot be registered (monedero.D28).
    """
    usertools = world.table(USERTOOLS)
    digest = password_digest(body["password"])
    if usertools.find("name", (caller, body["employee_name"])) or usertools.find("password", (caller, digest)):
        raise VendorFault("err_toolusers_03")
    if usertools.find("number", (caller, body["number"], ACTIVE)):
        raise VendorFault("err_toolusers_04")
    usertool = usertools.add(
        Usertool(
            id=world.draw("monedero.usertool", start=8141),
            account_id=caller,
            wallet_id=None,
            name=body["employee_name"],
            number=body["number"],
            branch=body["business_name"],
            type=body["type"],
            status=ACTIVE,
            password_digest=digest,
        )
    )
    return Reply(200, {"success": True, "message": "Usuario creado con éxito.", "collaboratorId": usertool.id, "status": 200, "code": "toolusers_01"})


def disable_employee(world: Transaction, caller: int, body: Mapping[str, Any]) -> Reply:
    """Archive the active cashier or manager with this number; they stay listed (monedero.D26)."""
    usertools = world.table(USERTOOLS)
    usertool = usertools.find("number", (caller, body["number"], ACTIVE))
    if usertool is None:
        raise VendorFault("err_toolusers_04")
    usertools.change(usertool, status=ARCHIVED)
    return Reply(200, {"success": True, "message": "Se archivó correctamente el usuario.", "status": 200, "code": "toolusers_01"})
