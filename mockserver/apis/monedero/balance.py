"""Points changed directly, without a sale. Source: "Modificar puntos"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.monedero.points import hundredths, shown
from mockserver.apis.monedero.state import CONTACTS, account_of, contact_of, is_blacklisted, may_sign, usertool_by, wallet_of

ADD = 0


def update_balance(world: Transaction, caller: int, body: Mapping[str, Any]) -> Reply:
    """Add (type 0) or remove (type 1) points. Refusals come in the order of the vendor's table.

    Units: ``transaction_amount`` and ``newBalance`` in points, at most two decimals.
    """
    amount = hundredths(body["transaction_amount"])
    if amount is None:
        raise VendorFault("balance_update_07")
    wallet = wallet_of(world, caller, body["wallet_key"])
    if wallet is None:
        raise VendorFault("balance_update_09")
    contact = contact_of(world, wallet, body["phone"])
    if contact is None:
        raise VendorFault("balance_update_10")
    change = amount if body["transaction_type"] == ADD else -amount
    if contact.points + change < 0:
        raise VendorFault("wallet_balance_update_07")
    if account_of(world, caller).out_of_balance:
        raise VendorFault("wallet_balance_update_09")
    if is_blacklisted(world, caller, body["phone"]):
        raise VendorFault("wallet_balance_update_10")
    usertool = usertool_by(world, body["usertool_id"])
    if usertool is None or usertool.account_id != caller:
        raise VendorFault("balance_update_11")
    if not may_sign(usertool, wallet):
        raise VendorFault("balance_update_12")

    contact = world.table(CONTACTS).change(contact, points=contact.points + change)
    return Reply(
        200,
        {
            "success": True,
            "message": "Saldo actualizado correctamente",
            "newBalance": shown(contact.points),
            "code": "balance_update_01",
            "status": 200,
        },
    )
