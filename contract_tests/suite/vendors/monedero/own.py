"""Private test data for targets where all tests share one state: an unregistered phone, a customer with points, a cashier."""

from __future__ import annotations

from collections.abc import Mapping

from ...harness import ApiClient, not_observable
from ...harness.target import Make, fresh_digits
from .calls import points, send

TRIES = 20
"""Phones that are made up before it is said that the target knows all."""
POINTS = "250"
"""Points that the customer of a test gets; the target may give more as a welcome."""
BIRTHDATE = "1990-12-31"
"""Sent with each registration, because a wallet may be set up to ask for it."""


def _new_phone(api: ApiClient) -> Mapping[str, str]:
    """A phone of the same area as the known one, registered nowhere."""
    area = api.target.known.get("new_phone", "477")[:3]
    made_up = (f"{area}{fresh_digits(7)}" for _ in range(TRIES))
    phones = (phone for phone in made_up if phone not in api.target.known.values())
    unknown = (phone for phone in phones if send(api, "get_contacts", phone=phone).json().get("success") is not True)
    return {"new_phone": next(unknown, None) or not_observable(f"{TRIES} phones were made up, and the target says that it knows each of them")}


def _number_to_archive(api: ApiClient) -> Mapping[str, str]:
    number = f"46{fresh_digits(8)}"
    answer = send(api, "add_employee", employee_name=f"Para archivar {number}", password=f"clave-{number}", number=number)
    if answer.json().get("success") is not True:
        not_observable(f"no collaborator could be made for this test: {answer.text[:200]}")
    return {"number_to_archive": number}


def _contact(api: ApiClient) -> Mapping[str, str]:
    """A customer of both wallets, with points in the first."""
    phone = _new_phone(api)["new_phone"]
    wallets = ["$wallet", *(["$ticket_wallet"] if "ticket_wallet" in api.target.known else [])]
    made = [send(api, "add_contact", wallet_key=wallet, phone=phone, customer_birthdate=BIRTHDATE) for wallet in wallets]
    made += [send(api, "update_balance", phone=phone, transaction_amount=POINTS)]
    for answer in made:
        if answer.json().get("success") is not True:
            not_observable(f"no customer could be made for this test: {answer.text[:200]}")
    return {"contact": phone, "contact_points": f"{points(api, phone):g}"}


OWN: Mapping[str, Make] = {"new_phone": _new_phone, "contact": _contact, "contact_points": _contact, "number_to_archive": _number_to_archive}
