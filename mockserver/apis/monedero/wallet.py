"""Wallets, read. Source: "Obtener monederos"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.monedero.state import WALLETS

SHOWN = {field: f"wallet_{field}" for field in ("name", "key", "app_client", "app_redeem")}
"""The key under which each field is shown."""


def get_wallets(world: Transaction, caller: int) -> Reply:
    """The wallets of the account, with the keys that the other calls need."""
    wallets = world.table(WALLETS).select("account", caller)
    result = [{key: getattr(wallet, field) for field, key in SHOWN.items()} for wallet in wallets]
    return Reply(200, {"success": True, "result": result, "status": 200, "code": "wallets_get_01"})
