"""Contacts: register, list, look up."""

from __future__ import annotations

import datetime as dt
import html
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.independent.monedero.envelope import Call, find_wallet, is_phone, read_phone, refuse, show_points, succeed
from tests.independent.monedero.settings import BUG, READING
from tests.independent.monedero.store import KNOWN_PHONE, WELCOME, Store, is_date

UNSUPPORTED, FIXED = ("0", "1", "200", "900"), "442000"
"""Area codes that do not exist, and the numbers that are fixed lines."""
ALTERED: dict[str, Callable[[str], str]] = {
    "name_trimmed": str.strip,
    "name_titled": str.title,
    "name_without_accents": lambda name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode(),
    "name_cut": lambda name: name[:30],
    "name_escaped": html.escape,
    "name_decoded_twice": unquote,
    "name_without_astral": lambda name: re.sub(r"[\U00010000-\U0010ffff]", "?", name),
}
"""How a name is damaged when it is stored, by bug."""
_listed: dict[str, list[dict[str, Any]]] = {}


def add_contact(store: Store, call: Call) -> dict[str, Any]:
    if BUG == "two_faults" and not call.get("phone") and not call.get("wallet_key"):
        raise RuntimeError("two fields are missing")
    key, phone, name = call.get("wallet_key"), call.get("phone"), call.get("customer_name")
    if not key:
        refuse("contact_add_02 wallet_manager_03", "Llave de monedero indefinido.")
    if not phone:
        refuse("contact_add_03 wallet_manager_04", "Teléfono indefinido.")
    if not is_phone(phone):
        refuse("contact_add_04", "Teléfono con formato incorrecto.")
    if not name.strip():
        refuse("contact_add_05 wallet_manager_05", "Nombre indefinido.")
    if not call.get("usertool_id") or (READING == "b" and not _is_own_tool(store, call)):
        refuse("contact_add_06 wallet_manager_06", "Usuario indefinido.")
    wallet = find_wallet(store, call, key)
    if wallet is None:
        refuse("contact_add_07 wallet_manager_07", "Monedero no existe")
    phone = read_phone(phone)
    registered = store.row("select 1 from contacts where wallet = ? and phone = ?", key, phone)
    if BUG == "message_when_registered" and registered:
        _welcome(store, phone, key)
    if BUG == "registered_twice_at_once":
        time.sleep(0.05)
    if registered:
        refuse("wallet_manager_08 wallet_manager_13", "El usuario ya se encuentra registrado")
    birthdate = _check_new_contact(call, wallet, phone)
    store.add_contact(key, phone, ALTERED.get(BUG, str)(name), birthdate)
    if WELCOME:
        store.move(key, phone, WELCOME, 0, "welcome")
    store.rows("update accounts set customers_left = customers_left - 1 where id = ?", call.account["id"])
    if not (BUG == "no_message_with_birthdate" and birthdate):
        _welcome(store, KNOWN_PHONE if BUG == "message_to_another" else phone, key)
    return succeed("contact_add_01", message="Contacto creado correctamente.")


def _check_new_contact(call: Call, wallet: sqlite3.Row, phone: str) -> str | None:
    """The birthdate to keep."""
    if phone.startswith(UNSUPPORTED):
        refuse("wallet_manager_15", "Lada no soportada")
    birthdate = call.get("customer_birthdate") or None
    if birthdate is not None and not _is_birthdate(birthdate):
        refuse("wallet_manager_09", "Error en formato de fecha de cumpleaños")
    if birthdate is None and wallet["birthday"] and READING == "a":
        refuse("wallet_manager_09", "Error en formato de fecha de cumpleaños")
    if not call.account["has_balance"]:
        refuse("wallet_manager_11", "Saldo insuficiente")
    if phone.startswith(FIXED) and BUG != "fixed_line_accepted":
        refuse("wallet_manager_14", "Teléfono es de casa o fijo")
    if call.account["customers_left"] <= 0 and BUG != "quota_ignored":
        refuse("wallet_manager_18", "No cuentas con clientes disponibles.")
    if birthdate is not None and BUG == "birthdate_a_day_early":
        return (dt.date.fromisoformat(birthdate[:10]) - dt.timedelta(days=1)).isoformat() + birthdate[10:]
    if birthdate is not None and BUG == "birthdate_day_and_month" and int(birthdate[8:10]) <= 12:
        return f"{birthdate[:4]}-{birthdate[8:10]}-{birthdate[5:7]}{birthdate[10:]}"
    return birthdate


def _is_own_tool(store: Store, call: Call) -> bool:
    return store.row("select 1 from tools where id = ? and account = ?", call.get("usertool_id"), call.account["id"]) is not None


def _is_birthdate(text: str) -> bool:
    """A day; reading a accepts a time after it, with colons or, as printed, with hyphens."""
    day, _, clock = text.partition(" ")
    if READING == "b" or not clock:
        return is_date(text)
    return is_date(day) and re.fullmatch(r"([01]\d|2[0-3])[-:][0-5]\d[-:][0-5]\d", clock) is not None


def _welcome(store: Store, phone: str, key: str) -> None:
    link = "" if BUG == "message_without_link" else f"https://monedero.example/{key}/{phone[-4:]}"
    store.say(phone, f"Tu monedero te espera: {link}", link)


def get_contacts(store: Store, call: Call) -> dict[str, Any]:
    key, phone = call.get("wallet_key"), call.get("phone")
    if not key:
        refuse("balance_get_02 wallet_balance_get_02", "Llave de monedero indefinido.")
    if phone and not is_phone(phone):
        refuse("balance_get_03", "Teléfono con formato incorrecto.")
    if find_wallet(store, call, key) is None:
        if READING == "b":
            refuse("balance_get_02 wallet_balance_get_02", "Llave de monedero indefinido.")
        if not phone:
            return succeed("balance_get_01", result=[])
        refuse("balance_get_04", "El contacto no se encuentra registrado en el monedero.")
    if phone:
        found = store.contact(key, read_phone(phone))
        if found is None:
            refuse("balance_get_04", "El contacto no se encuentra registrado en el monedero.")
        return succeed("balance_get_01", result=_show(store, key, found))
    return succeed("balance_get_01", result=_list(store, key))


def _list(store: Store, key: str) -> list[dict[str, Any]]:
    everybody = store.rows("select * from contacts where wallet = ? order by id", key)
    if BUG == "list_of_ten":
        everybody = everybody[-10:]
    if BUG == "list_without_oldest":
        everybody = everybody[1:]
    shown = [_show(store, key, one) for one in everybody]
    if BUG == "list_from_cache":
        known = {one["contact_phone"] for one in _listed.get(key, [])}
        _listed[key] = [*_listed.get(key, []), *(one for one in shown if one["contact_phone"] not in known)]
        return _listed[key]
    if BUG == "list_in_whole_points":
        return [{**one, "contact_balance": int(one["contact_balance"])} for one in shown]
    return shown


def _show(store: Store, key: str, contact: sqlite3.Row) -> dict[str, Any]:
    return {
        "contact_name": contact["name"],
        "contact_phone": re.sub(r"(...)(...)(....)", r"\1-\2-\3", contact["phone"]) if BUG == "phone_formatted" else contact["phone"],
        "contact_birthdate": contact["birthdate"],
        "contact_balance": show_points(store.balance(key, contact["phone"])),
    }
