"""Cashiers and managers, read. Source: "Obtener usuarios"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.monedero.state import USERTOOLS

SHOWN = {field: f"usertool_{field}" for field in ("id", "name", "number", "branch", "type", "status")}
"""The key under which each field is shown."""


def get_toolusers(world: Transaction, caller: int) -> Reply:
    """The cashiers and managers of the account, archived ones included (monedero.D26); the one success without ``status`` (monedero.D02)."""
    usertools = world.table(USERTOOLS).select("account", caller)
    result = [{key: getattr(usertool, field) for field, key in SHOWN.items()} for usertool in usertools]
    return Reply(200, {"success": True, "result": result, "code": "tool_users_01"})
