"""Customers: registered in a wallet, and read. Source: "Crear contacto" and "Obtener contactos"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from mockserver import DeferredViolations, Reply, Transaction, VendorFault
from mockserver.apis.monedero.points import shown
from mockserver.apis.monedero.state import ACCOUNTS, CONTACTS, NUMBERS, Contact, Wallet, account_of, card_of, contact_of, usertool_by, wallet_of

MEXICO = 52
_GEOGRAPHIC = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def add_contact(world: Transaction, caller: int, body: Mapping[str, Any], late: DeferredViolations, home: str) -> Reply:
    """Register a customer and send the welcome message. Refusals come in the order of the vendor's table (monedero.D23).

    A wallet that needs a birthday refuses its absence like a malformed one (monedero.D25); a new contact has no points (monedero.D35).
    """
    account = account_of(world, caller)
    phone = body["phone"]
    usertool = usertool_by(world, body["usertool_id"])
    if usertool is None or usertool.account_id != caller:
        raise VendorFault("contact_add_06")  # the nearest row for an unknown or foreign one (monedero.D24)
    wallet = wallet_of(world, caller, body["wallet_key"])
    if wallet is None:
        raise VendorFault("contact_add_07")
    if contact_of(world, wallet, phone) is not None:
        raise VendorFault("wallet_manager_08")
    if not _lada_is_supported(phone):
        raise VendorFault("wallet_manager_15")
    late.check("customer_birthdate")
    if wallet.needs_birthday and "customer_birthdate" not in body:
        raise VendorFault("wallet_manager_09")
    condition = _condition(world, phone)
    if condition == "unreachable":
        raise VendorFault("wallet_manager_10")
    if account.out_of_balance:
        raise VendorFault("wallet_manager_11")
    if condition == "locked":
        raise VendorFault("wallet_manager_12")
    if condition == "landline":
        raise VendorFault("wallet_manager_14")
    if account.customers_left < 1:
        raise VendorFault("wallet_manager_18")

    contact = world.table(CONTACTS).add(
        Contact(
            id=world.draw("monedero.contact"),
            account_id=caller,
            wallet_id=wallet.id,
            phone=phone,
            name=body["customer_name"],
            birthdate=body.get("customer_birthdate", ""),
            points=0,
            usertool_id=usertool.id,
            created_at=world.now,
        )
    )
    world.table(ACCOUNTS).change(account, customers_left=account.customers_left - 1)
    _welcome(world, wallet, contact, home)
    return Reply(200, {"success": True, "message": "Contacto creado correctamente.", "status": 200, "code": "contact_add_01"})


def get_contacts(world: Transaction, caller: int, body: Mapping[str, Any]) -> Reply:
    """The customers of a wallet, or with ``phone`` the one of them (monedero.D15); an unknown wallet has none (monedero.D16)."""
    wallet = wallet_of(world, caller, body["wallet_key"])
    result: Any
    if "phone" not in body:
        result = [] if wallet is None else [_to_wire(contact) for contact in world.table(CONTACTS).select("wallet", wallet.id)]
    else:
        contact = None if wallet is None else contact_of(world, wallet, body["phone"])
        if contact is None:
            raise VendorFault("balance_get_04")
        result = _to_wire(contact)
    return Reply(200, {"success": True, "result": result, "status": 200, "code": "balance_get_01"})


def _to_wire(contact: Contact) -> dict[str, Any]:
    return {
        "contact_name": contact.name,
        "contact_phone": contact.phone,
        "contact_birthdate": contact.birthdate,
        "contact_balance": shown(contact.points),
    }


def _number(phone: str) -> PhoneNumber:
    """Ten digits as a Mexican number. They are not parsed as dialled: a leading ``00`` would be read as an international prefix."""
    return PhoneNumber(country_code=MEXICO, national_number=int(phone))


def _lada_is_supported(phone: str) -> bool:
    """Whether a number lies in the Mexican numbering plan, in the area of some city."""
    number = _number(phone)
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _GEOGRAPHIC


def _condition(world: Transaction, phone: str) -> str | None:
    """The error code for a number that cannot be registered, or None.

    Most Mexican numbers do not show whether they are a landline, so the seeded data of the telephone network are read as well.
    """
    known = world.table(NUMBERS).find("phone", phone)
    if known is not None:
        return known.condition
    kind = phonenumbers.number_type(_number(phone))
    return "landline" if kind == PhoneNumberType.FIXED_LINE else None


def _welcome(world: Transaction, wallet: Wallet, contact: Contact, home: str) -> None:
    """The message with the link to the customer's page (monedero.D38)."""
    text = f"Hola {contact.name}, ya tienes tu monedero {wallet.name}. Entra en {home}/card/{card_of(contact)}"
    world.send("monedero", wallet.channel, f"+52{contact.phone}", text)
