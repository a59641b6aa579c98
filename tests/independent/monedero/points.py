"""Points: sales that earn or use them, and corrections."""

from __future__ import annotations

import re
import sqlite3
import time
from typing import Any

from tests.independent.monedero.envelope import Call, find_wallet, is_phone, read_hundredths, read_phone, refuse, show_points, succeed
from tests.independent.monedero.settings import BUG, READING
from tests.independent.monedero.store import Store

EARN, USE = "0", "1"
_last_sale: dict[str, float] = {}


def create_sale(store: Store, call: Call) -> dict[str, Any]:
    _check_sale(call)
    key, phone, kind = call.get("wallet_key"), read_phone(call.get("phone")), call.get("transaction_type")
    wallet = find_wallet(store, call, key)
    if wallet is None:
        refuse("new_sale_10", "Monedero no existe.")
    if wallet["ticket"] and not _has_ticket(call):
        refuse("new_sale_11 wallet_redeem_12", "Ticket indefinido.")
    if store.contact(key, phone) is None:
        refuse("new_sale_12", "El contacto no se encuentra registrado en el monedero.")
    tool = _signer(store, call, key, ("new_sale_13 wallet_redeem_15", "new_sale_14 wallet_redeem_16"))
    before = store.balance(key, phone)
    earned = earn(wallet, read_hundredths(call.get("transaction_amount")) or 0)
    if BUG == "credited_though_refused" and kind == EARN:
        store.move(key, phone, earned, tool, "sale")
    _check_account(store, call, phone, before)
    if BUG == "equal_sale_dropped":
        content = repr(sorted(call.fields.items()))
        if time.monotonic() - _last_sale.get(content, -10) < 5:
            return succeed("new_sale_01", message="Venta creada correctamente.", newBalance=show_points(before))
        _last_sale[content] = time.monotonic()
    if BUG in ("sales_lost_at_once", "points_used_twice_at_once"):
        time.sleep(0.03)
    used = (read_hundredths(call.get("points_used")) or 0) if kind == USE or BUG == "points_used_when_earning" else 0
    change = (earned if kind == EARN or BUG == "earned_when_using" else 0) - used
    if BUG == "sales_lost_at_once":
        store.set_balance(key, phone, before + change)
    elif BUG != "credited_though_refused" or kind == USE:
        store.move(key, phone, change, tool, "sale")
    if kind == USE:
        store.rows("update accounts set redemptions_left = redemptions_left - 1 where id = ?", call.account["id"])
    shown = before if BUG == "balance_of_before" else store.balance(key, phone)
    return succeed("new_sale_01", message="Venta creada correctamente.", newBalance=show_points(shown))


def earn(wallet: sqlite3.Row, hundredths: int) -> int:
    """The points of an amount, in hundredths, rounded half up; reading b gives whole points only."""
    basis_points = wallet["basis_points"]
    if BUG == "percent_without_decimals":
        basis_points = basis_points // 100 * 100
    if BUG == "amount_clamped":
        hundredths = min(hundredths, 3_276_700)
    earned = (hundredths * basis_points + 5_000) // 10_000
    return earned // 100 * 100 if READING == "b" else int(earned)


def _check_sale(call: Call) -> None:
    kind, amount, points = call.get("transaction_type"), call.get("transaction_amount"), call.get("points_used")
    if not call.get("wallet_key"):
        refuse("new_sale_02 wallet_redeem_02", "Llave de monedero indefinido.")
    if not call.get("phone"):
        refuse("new_sale_03", "Teléfono indefinido.")
    if not is_phone(call.get("phone")):
        refuse("new_sale_04", "Teléfono con formato incorrecto.")
    if kind not in (EARN, USE):
        refuse("new_sale_05 wallet_redeem_06", "Tipo de transacción indefinido.")
    if kind == EARN and not amount:
        refuse("new_sale_06", "Monto de transacción indefinido.")
    if amount and read_hundredths(amount) is None:
        refuse("new_sale_07 wallet_redeem_03", "Monto de transacción con formato incorrecto.")
    if kind == USE and not points and READING == "b":
        refuse("new_sale_06", "Monto de transacción indefinido.")
    if kind == USE and (read_hundredths(points) is None or (READING == "b" and not re.fullmatch(r"\d+", points))):
        refuse("new_sale_08 wallet_redeem_07", "Puntos a utilizar con formato incorrecto.")
    if not call.get("usertool_id"):
        refuse("new_sale_09", "Id del usuario indefinido.")


def _has_ticket(call: Call) -> bool:
    if BUG == "ticket_for_earning_only" and call.get("transaction_type") == USE:
        return True
    ticket = call.get("ticket")
    return bool(ticket if BUG == "blank_ticket" else ticket.strip())


def _signer(store: Store, call: Call, wallet: str, codes: tuple[str, str]) -> int:
    """The collaborator who signs: of the account, active, and with a permission for the wallet."""
    foreign, forbidden = reversed(codes) if BUG == "codes_exchanged" else codes
    tool = store.row("select * from tools where id = ?", call.get("usertool_id"))
    if tool is None or (tool["account"] != call.account["id"] and BUG != "tool_of_anybody"):
        refuse(foreign, "El usuario de la herramienta no pertenece al usuario de la apikey.")
    granted = store.row("select 1 from grants where tool = ? and wallet = ?", tool["id"], wallet) is not None
    if tool["account"] != call.account["id"] or (BUG == "permission_for_sales_only" and "new_sale_14" not in codes[1]):
        granted = True
    if not granted or (tool["archived"] and BUG != "archived_may_sign"):
        refuse(forbidden, "El usuario de la herramienta no tiene permisos sobre el monedero.")
    return int(tool["id"])


def _check_account(store: Store, call: Call, phone: str, balance: int) -> None:
    """What the account and the contact forbid."""
    using = call.get("transaction_type") == USE
    if not call.account["has_balance"]:
        refuse("wallet_redeem_13", "Saldo insuficiente")
    if store.is_blacklisted(call.account["id"], phone) and BUG != "blacklist_ignored":
        refuse("wallet_redeem_14", "Número de teléfono se encuentra en tu blacklist.")
    if not using:
        return
    if call.account["redemptions_left"] <= 0:
        refuse("wallet_redeem_18", "No cuentas con canjes disponibles.")
    if BUG == "empty_balance_crashes" and balance == 0:
        raise ZeroDivisionError("share of the balance that is used")
    if (read_hundredths(call.get("points_used")) or 0) > balance:
        refuse("wallet_redeem_10", "Los puntos a utilizar son mayores a los disponibles.")


def update_balance(store: Store, call: Call) -> dict[str, Any]:
    _check_update(call)
    key, phone, kind = call.get("wallet_key"), read_phone(call.get("phone")), call.get("transaction_type")
    if find_wallet(store, call, key) is None:
        refuse("balance_update_09", "Monedero no existe.")
    if store.contact(key, phone) is None:
        refuse("balance_update_10", "El contacto no se encuentra registrado en el monedero.")
    tool = _signer(store, call, key, ("balance_update_11 wallet_balance_update_11", "balance_update_12 wallet_balance_update_12"))
    if not call.account["has_balance"]:
        refuse("wallet_balance_update_09", "Saldo insuficiente")
    if store.is_blacklisted(call.account["id"], phone):
        refuse("wallet_balance_update_10", "Número de teléfono se encuentra en tu blacklist.")
    points, before = read_hundredths(call.get("transaction_amount")) or 0, store.balance(key, phone)
    if kind == USE and points > before and BUG != "balance_below_zero":
        refuse("wallet_balance_update_07", "Los puntos a remover son mayores a los disponibles.")
    if BUG == "changes_lost_at_once":
        time.sleep(0.03)
        store.set_balance(key, phone, before + (points if kind == EARN else -points))
    else:
        store.move(key, phone, points if kind == EARN else -points, tool, "correction")
    return succeed("balance_update_01", message="Saldo actualizado correctamente", newBalance=show_points(store.balance(key, phone)))


def _check_update(call: Call) -> None:
    if not call.get("wallet_key"):
        refuse("balance_update_02 wallet_balance_update_02", "Llave de monedero indefinido.")
    if not call.get("phone"):
        refuse("new_sale_03" if BUG == "code_of_the_sale" else "balance_update_03", "Teléfono indefinido.")
    if not is_phone(call.get("phone")):
        refuse("balance_update_04", "Teléfono con formato incorrecto.")
    if call.get("transaction_type") not in (EARN, USE):
        refuse("balance_update_05 wallet_balance_update_04", "Tipo de transacción indefinido.")
    amount = call.get("transaction_amount")
    if not amount:
        refuse("balance_update_06", "Monto de transacción indefinido.")
    if read_hundredths(amount) is None or (READING == "b" and not re.fullmatch(r"\d+(\.0+)?", amount)):
        refuse("balance_update_07 wallet_balance_update_05", "Monto de transacción con formato incorrecto.")
    if not call.get("usertool_id"):
        refuse("balance_update_08", "Id del usuario indefinido.")
