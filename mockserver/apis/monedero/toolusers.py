"""Cashiers and managers, read. Source: "Obtener usuarios"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.monedero.state import USERTOOLS


def get_toolusers(world: Transaction, caller: int) -> Reply:
    """The cashiers and managers of the account, archived ones included (monedero.D26); the one success without ``status`` (monedero.D02)."""
    result = [
        {
            "usertool_id": usertool.id,
            "usertool_name": usertool.name,
            "usertool_number": usertool.number,
            "usertool_branch": usertool.branch,
            "usertool_type": usertool.type,
            "usertool_status": usertool.status,
        }
        for usertool in world.table(USERTOOLS).select("account", caller)
    ]
    return Reply(200, {"success": True, "result": result, "code": "tool_users_01"})
