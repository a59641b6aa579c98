"""Wallets, read. Source: "Obtener monederos"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.monedero.state import WALLETS


def get_wallets(world: Transaction, caller: int) -> Reply:
    """The wallets of the account, with the keys that the other calls need."""
    result = [
        {"wallet_name": wallet.name, "wallet_key": wallet.key, "wallet_app_client": wallet.app_client, "wallet_app_redeem": wallet.app_redeem}
        for wallet in world.table(WALLETS).select("account", caller)
    ]
    return Reply(200, {"success": True, "result": result, "status": 200, "code": "wallets_get_01"})
