"""Every row of the vendor's error tables: what to send, and the code that answers it. The call changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mockserver.openapi.readings import CREDENTIALS

from ...harness import ApiClient, clause, not_observable
from .calls import OPERATIONS, refused, send, use_of_points, used_up

Fields = Mapping[str, str | None]

Recipe = tuple[str, str, str, Fields]
OWNER = ""

RECIPES: tuple[Recipe, ...] = (
    ("add_contact", "contact_add_02", OWNER, {"wallet_key": None}),
    ("add_contact", "contact_add_03", OWNER, {"phone": None}),
    ("add_contact", "contact_add_04", OWNER, {"phone": "477555019"}),
    ("add_contact", "contact_add_04", OWNER, {"phone": "47755501999"}),
    ("add_contact", "contact_add_04", OWNER, {"phone": "477555019x"}),
    ("add_contact", "contact_add_05", OWNER, {"customer_name": None}),
    ("add_contact", "contact_add_06", OWNER, {"usertool_id": None}),
    ("add_contact", "contact_add_07", OWNER, {"wallet_key": "no-such-wallet"}),
    ("add_contact", "contact_add_07", OWNER, {"wallet_key": "$foreign_wallet"}),
    ("add_contact", "wallet_manager_08", OWNER, {"phone": "$contact"}),
    ("add_contact", "wallet_manager_15", OWNER, {"phone": "$unsupported_lada_phone"}),
    ("add_contact", "wallet_manager_09", OWNER, {"customer_birthdate": "31/12/1990"}),
    ("add_contact", "wallet_manager_10", OWNER, {"phone": "$unreachable_phone"}),
    ("add_contact", "wallet_manager_11", "no_balance", used_up("balance", "$new_phone")),
    ("add_contact", "wallet_manager_12", OWNER, {"phone": "$locked_phone"}),
    ("add_contact", "wallet_manager_14", OWNER, {"phone": "$landline"}),
    ("add_contact", "wallet_manager_18", "no_customers_left", used_up("customers_left", "$new_phone")),
    ("get_contacts", "balance_get_02", OWNER, {"wallet_key": None}),
    ("get_contacts", "balance_get_03", OWNER, {"phone": "47755"}),
    ("get_contacts", "balance_get_04", OWNER, {"phone": "$new_phone"}),
    ("create_sale", "new_sale_02", OWNER, {"wallet_key": None}),
    ("create_sale", "new_sale_03", OWNER, {"phone": None}),
    ("create_sale", "new_sale_04", OWNER, {"phone": "47755"}),
    ("create_sale", "new_sale_05", OWNER, {"transaction_type": None}),
    ("create_sale", "new_sale_05", OWNER, {"transaction_type": "2"}),
    ("create_sale", "new_sale_06", OWNER, {"transaction_amount": None}),
    ("create_sale", "new_sale_07", OWNER, {"transaction_amount": "mil"}),
    ("create_sale", "new_sale_08", OWNER, {"transaction_type": "1", "points_used": "diez"}),
    ("create_sale", "new_sale_09", OWNER, {"usertool_id": None}),
    ("create_sale", "new_sale_10", OWNER, {"wallet_key": "no-such-wallet"}),
    ("create_sale", "new_sale_10", OWNER, {"wallet_key": "$foreign_wallet"}),
    ("create_sale", "new_sale_11", OWNER, {"wallet_key": "$ticket_wallet"}),
    ("create_sale", "new_sale_12", OWNER, {"phone": "$new_phone"}),
    ("create_sale", "new_sale_13", OWNER, {"usertool_id": "$foreign_cashier"}),
    ("create_sale", "new_sale_14", OWNER, {"usertool_id": "$cashier_without_permission"}),
    ("create_sale", "wallet_redeem_10", OWNER, {"transaction_type": "1", "points_used": "999999"}),
    ("create_sale", "wallet_redeem_13", "no_balance", use_of_points("balance")),
    ("create_sale", "wallet_redeem_14", OWNER, use_of_points(phone="$blacklisted_phone")),
    ("create_sale", "wallet_redeem_18", "no_redemptions_left", use_of_points("redemptions_left")),
    ("update_balance", "balance_update_02", OWNER, {"wallet_key": None}),
    ("update_balance", "balance_update_03", OWNER, {"phone": None}),
    ("update_balance", "balance_update_04", OWNER, {"phone": "47755"}),
    ("update_balance", "balance_update_05", OWNER, {"transaction_type": None}),
    ("update_balance", "balance_update_06", OWNER, {"transaction_amount": None}),
    ("update_balance", "balance_update_07", OWNER, {"transaction_amount": "diez"}),
    ("update_balance", "balance_update_08", OWNER, {"usertool_id": None}),
    ("update_balance", "balance_update_09", OWNER, {"wallet_key": "no-such-wallet"}),
    ("update_balance", "balance_update_10", OWNER, {"phone": "$new_phone"}),
    ("update_balance", "wallet_balance_update_07", OWNER, {"transaction_type": "1", "transaction_amount": "999999"}),
    ("update_balance", "wallet_balance_update_09", "no_balance", used_up("balance")),
    ("update_balance", "wallet_balance_update_10", OWNER, {"phone": "$blacklisted_phone"}),
    ("update_balance", "balance_update_11", OWNER, {"usertool_id": "$foreign_cashier"}),
    ("update_balance", "balance_update_12", OWNER, {"usertool_id": "$cashier_without_permission"}),
    ("add_employee", "err_toolusers_01", OWNER, {"employee_name": "x" * 2_000_000}),
    ("add_employee", "err_toolusers_02", OWNER, {"type": "jefe"}),
    ("add_employee", "err_toolusers_02", OWNER, {"number": "47755"}),
    ("add_employee", "err_toolusers_03", OWNER, {"employee_name": "$taken_employee_name"}),
    ("add_employee", "err_toolusers_03", OWNER, {"password": "$taken_password"}),
    ("add_employee", "err_toolusers_04", OWNER, {"number": "$taken_number"}),
    ("disable_employee", "err_toolusers_01", OWNER, {"number": "4" * 2_000_000}),
    ("disable_employee", "err_toolusers_02", OWNER, {"number": None}),
    ("disable_employee", "err_toolusers_02", OWNER, {"number": "47755"}),
    ("disable_employee", "err_toolusers_04", OWNER, {"number": "$new_phone"}),
)


def _case(recipe: Recipe) -> object:
    name, code, _, fields = recipe
    shown = ",".join(f"{field}={str(value)[:30]}" for field, value in fields.items())
    return pytest.param(*recipe, marks=clause(OPERATIONS[name].own_errors[code]["clause"]), id=f"{name}-{code}-{shown}")


@pytest.mark.parametrize(("name", "code", "role", "fields"), [_case(recipe) for recipe in RECIPES])
def test_each_row_answers_what_it_says(api: ApiClient, name: str, code: str, role: str, fields: Fields) -> None:
    answer = send(api, name, role=role, **fields)
    if not api.is_refusal(name, answer) and api.readings.is_open(name, code, *fields):
        return
    if code == "err_toolusers_01" and api.readings and api.wrong_with(name, code, answer):
        not_observable("the page does not say which request cannot be worked on, and one that is far too long was answered otherwise")
    if code == "err_toolusers_01":
        assert answer.json()["code"] == code
        assert answer.json()["success"] is False
    else:
        refused(api, answer, name, code)


def _keyed(name: str) -> object:
    row = OPERATIONS[name].own_errors["auth_01"].get("clause")
    return pytest.param(name, marks=clause(row) if row else (), id=name)


@pytest.mark.parametrize("name", [_keyed(name) for name, operation in OPERATIONS.items() if "auth_01" in operation.own_errors])
def test_a_missing_or_wrong_key_is_refused(api: ApiClient, name: str) -> None:
    refused(api, send(api, name, role=None), name, "auth_01", CREDENTIALS)
    wrong = api.call("POST", OPERATIONS[name].path, role=None, headers={"apikey": "nobody"})
    refused(api, wrong, name, "auth_01", CREDENTIALS)
