"""Sales that give or use points. Source: "Crear venta"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.monedero.points import earned, hundredths, shown
from mockserver.apis.monedero.state import ACCOUNTS, CONTACTS, account_of, contact_of, is_blacklisted, may_sign, usertool_by, wallet_of

GIVE = 0
USE = 1


def create_sale(world: Transaction, caller: int, body: Mapping[str, Any]) -> Reply:
    """Give points by the wallet's percentage (type 0) or use points (type 1; monedero.D18). Refusals come in the order of the vendor's table.

    Units: ``transaction_amount`` in pesos, ``points_used`` and ``newBalance`` in points. A use of points takes one redemption (canje) off the quota.
    """
    kind, phone = body["transaction_type"], body["phone"]
    if kind == GIVE and "transaction_amount" not in body:
        raise VendorFault("new_sale_06")
    used = hundredths(body["points_used"]) if kind == USE and "points_used" in body else None
    if kind == USE and used is None:
        raise VendorFault("new_sale_08")  # also if it is missing (monedero.D17)
    wallet = wallet_of(world, caller, body["wallet_key"])
    if wallet is None:
        raise VendorFault("new_sale_10")
    if wallet.needs_ticket and "ticket" not in body:
        raise VendorFault("new_sale_11")
    contact = contact_of(world, wallet, phone)
    if contact is None:
        raise VendorFault("new_sale_12")
    usertool = usertool_by(world, body["usertool_id"])
    if usertool is None or usertool.account_id != caller:
        raise VendorFault("new_sale_13")
    if not may_sign(usertool, wallet):
        raise VendorFault("new_sale_14")
    account = account_of(world, caller)
    if used is not None and used > contact.points:
        raise VendorFault("wallet_redeem_10")
    if account.out_of_balance:
        raise VendorFault("wallet_redeem_13")
    if is_blacklisted(world, caller, phone):
        raise VendorFault("wallet_redeem_14")
    if account.redemptions_left < 1:
        raise VendorFault("wallet_redeem_18")

    change = -used if used is not None else earned(body["transaction_amount"], wallet.percent)
    contact = world.table(CONTACTS).change(contact, points=contact.points + change)
    if used is not None:
        world.table(ACCOUNTS).change(account, redemptions_left=account.redemptions_left - 1)
    return Reply(
        200, {"success": True, "message": "Venta creada correctamente.", "newBalance": shown(contact.points), "code": "new_sale_01", "status": 200}
    )
