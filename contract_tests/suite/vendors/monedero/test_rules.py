"""Every rule of the vendor's page."""

from __future__ import annotations

from typing import Any

import pytest

from ...harness import ApiClient, clause, not_observable
from .calls import OPERATIONS, WORKING, are_same, own, points, refused, send, succeeded, use_of_points, used_up

# Cashiers, managers and wallets


@clause("monedero.get_toolusers.r1", "monedero.get_toolusers.r3", "monedero.get_toolusers.r4")
def test_the_cashiers_and_managers_of_the_account_are_listed(api: ApiClient) -> None:
    body = succeeded(send(api, "get_toolusers"), "tool_users_01")
    ids = {str(usertool["usertool_id"]) for usertool in body["result"]}
    assert {api.known("cashier"), api.known("manager")} <= ids
    assert api.known("foreign_cashier") not in ids
    for usertool in body["result"]:
        assert usertool.keys() >= {"usertool_id", "usertool_name", "usertool_number", "usertool_branch", "usertool_type", "usertool_status"}


@clause("monedero.get_toolusers.r2")
def test_a_listed_usertool_id_signs_the_other_calls(api: ApiClient) -> None:
    listed = succeeded(send(api, "get_toolusers"), "tool_users_01")["result"]
    manager = next(str(usertool["usertool_id"]) for usertool in listed if str(usertool["usertool_id"]) == api.known("manager"))
    succeeded(send(api, "create_sale", usertool_id=manager), "new_sale_01")


@clause("monedero.get_wallets.r1", "monedero.get_wallets.r3", "monedero.get_wallets.r4")
def test_the_wallets_of_the_account_are_listed(api: ApiClient) -> None:
    body = succeeded(send(api, "get_wallets"), "wallets_get_01")
    keys = {wallet["wallet_key"] for wallet in body["result"]}
    assert {api.known("wallet"), api.known("ticket_wallet")} <= keys
    assert api.known("foreign_wallet") not in keys
    assert body["status"] == 200
    for wallet in body["result"]:
        assert wallet.keys() >= {"wallet_name", "wallet_key", "wallet_app_client", "wallet_app_redeem"}


@clause("monedero.get_wallets.r2")
def test_a_listed_wallet_key_opens_the_other_calls(api: ApiClient) -> None:
    for wallet in succeeded(send(api, "get_wallets"), "wallets_get_01")["result"]:
        succeeded(send(api, "get_contacts", wallet_key=wallet["wallet_key"]), "balance_get_01")


@clause("monedero.get_toolusers.r5", "monedero.get_wallets.r5")
@pytest.mark.parametrize("name", ["get_toolusers", "get_wallets"])
def test_what_has_no_error_table_ignores_every_field(api: ApiClient, name: str) -> None:
    answer = api.call("POST", OPERATIONS[name].path, data={"wallet_key": "", "phone": "x"})
    assert answer.json()["success"] is True


# Contacts


@clause("monedero.add_contact.r1", "monedero.add_contact.r11", "monedero.get_contacts.r1", "monedero.get_contacts.r4")
def test_a_registered_customer_can_use_the_wallet(api: ApiClient) -> None:
    body = succeeded(send(api, "add_contact"), "contact_add_01")
    assert (body["message"].rstrip("."), body["status"]) == ("Contacto creado correctamente", 200)
    listed = succeeded(send(api, "get_contacts"), "balance_get_01")["result"]
    assert [contact["contact_name"] for contact in listed if contact["contact_phone"] == api.known("new_phone")] == ["Clienta"]
    succeeded(send(api, "create_sale", phone="$new_phone"), "new_sale_01")


@clause("monedero.add_contact.r2")
def test_the_new_customer_gets_a_message_with_a_link(api: ApiClient) -> None:
    send(api, "add_contact")
    (message,) = api.outbox()
    assert message["channel"] in ("sms", "whatsapp")
    assert message["to"].endswith(api.known("new_phone"))
    assert message["links"]


@clause("monedero.add_contact.r3")
def test_four_fields_are_needed_and_the_birthday_where_the_wallet_needs_it(api: ApiClient) -> None:
    for field in WORKING["add_contact"]:
        assert send(api, "add_contact", **{field: None}).json()["success"] is False
    without = send(api, "add_contact", wallet_key="$birthday_wallet")
    if api.is_refusal("add_contact", without) or not api.readings.is_open("add_contact", "birthday that is asked for and missing"):
        assert without.json()["success"] is False
        succeeded(send(api, "add_contact", wallet_key="$birthday_wallet", customer_birthdate="1990-12-31"), "contact_add_01")
    succeeded(send(api, "add_contact"), "contact_add_01")


@clause("monedero.add_contact.r4")
@pytest.mark.parametrize("phone", ["477555019", "47755501990", "477-555-0199", "+524775550199", "47755501 9"])
def test_a_phone_has_ten_digits(api: ApiClient, phone: str) -> None:
    refused(api, send(api, "add_contact", phone=phone), "add_contact", "contact_add_04")


@clause("monedero.add_contact.r5")
def test_a_customer_is_registered_once_in_a_wallet(api: ApiClient) -> None:
    succeeded(send(api, "add_contact"), "contact_add_01")
    refused(api, send(api, "add_contact", customer_name="Otra"), "add_contact", "wallet_manager_08")
    listed = succeeded(send(api, "get_contacts"), "balance_get_01")["result"]
    assert [contact["contact_name"] for contact in listed if contact["contact_phone"] == api.known("new_phone")] == ["Clienta"]


@clause("monedero.add_contact.r6", "monedero.add_contact.r7", "monedero.add_contact.r10")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"phone": "$landline"}, "wallet_manager_14"),
        ({"phone": "$unsupported_lada_phone"}, "wallet_manager_15"),
        ({"customer_birthdate": "1990-13-01"}, "wallet_manager_09"),
        ({"customer_birthdate": "mañana"}, "wallet_manager_09"),
    ],
)
def test_landlines_unsupported_ladas_and_malformed_birthdays_are_refused(api: ApiClient, fields: dict[str, str], code: str) -> None:
    refused(api, send(api, "add_contact", **fields), "add_contact", code)
    assert api.outbox() == []


@clause("monedero.add_contact.r8", "monedero.add_contact.r9")
@pytest.mark.parametrize(
    ("role", "what", "code"), [("no_customers_left", "customers_left", "wallet_manager_18"), ("no_balance", "balance", "wallet_manager_11")]
)
def test_an_account_that_has_used_something_up_registers_nobody(api: ApiClient, role: str, what: str, code: str) -> None:
    refused(api, send(api, "add_contact", role=role, **used_up(what, "$new_phone")), "add_contact", code)


@clause("monedero.get_contacts.r2", "monedero.get_contacts.r3", "monedero.get_contacts.r4", "monedero.get_contacts.r5")
def test_a_phone_asks_for_one_contact_with_its_points(api: ApiClient) -> None:
    phone = api.known("contact")
    listed = succeeded(send(api, "get_contacts"), "balance_get_01")["result"]
    one = succeeded(send(api, "get_contacts", phone=phone), "balance_get_01")["result"]
    assert isinstance(listed, list)
    assert one in listed
    assert one.keys() >= {"contact_name", "contact_phone", "contact_birthdate", "contact_balance"}
    assert float(one["contact_balance"]) == float(api.known("contact_points"))


# Sales and points


@clause("monedero.create_sale.r1", "monedero.create_sale.r2", "monedero.create_sale.r3", "monedero.create_sale.r7", "monedero.create_sale.r15")
def test_a_sale_gives_the_percentage_and_another_takes_points(api: ApiClient) -> None:
    before, percent = points(api), float(api.known("wallet_percent"))
    given = succeeded(send(api, "create_sale", transaction_amount="1000"), "new_sale_01")
    assert float(given["newBalance"]) == points(api)
    assert are_same(api, points(api), before + 1000 * percent / 100)
    used = succeeded(send(api, "create_sale", transaction_type="1", transaction_amount=None, points_used="50"), "new_sale_01")
    assert float(used["newBalance"]) == points(api) == float(given["newBalance"]) - 50
    assert (used["message"].rstrip("."), used["status"]) == ("Venta creada correctamente", 200)


@clause("monedero.create_sale.r4", "monedero.create_sale.r5")
def test_each_type_needs_its_own_number_only(api: ApiClient) -> None:
    refused(api, send(api, "create_sale", transaction_amount=None), "create_sale", "new_sale_06")
    succeeded(send(api, "create_sale", points_used=None), "new_sale_01")
    refused(api, send(api, "create_sale", transaction_type="1", points_used=None), "create_sale", "new_sale_08")
    before = points(api)
    succeeded(send(api, "create_sale", transaction_type="1", transaction_amount=None, points_used="1"), "new_sale_01")
    succeeded(send(api, "create_sale", transaction_type="1", transaction_amount="500", points_used="1"), "new_sale_01")
    assert points(api) == before - 2


@clause("monedero.get_contacts.r1")
@pytest.mark.parametrize("name", ["create_sale", "update_balance"])
def test_points_of_one_wallet_change_no_other_wallet(api: ApiClient, name: str) -> None:
    before, elsewhere = points(api), points(api, wallet="$ticket_wallet")
    changed = send(api, name).json()
    assert changed["success"] is True, changed
    assert points(api) != before
    assert are_same(api, points(api, wallet="$ticket_wallet"), elsewhere)


@clause("monedero.create_sale.r6")
def test_a_ticket_is_needed_where_the_wallet_asks_for_it(api: ApiClient) -> None:
    refused(api, send(api, "create_sale", wallet_key="$ticket_wallet"), "create_sale", "new_sale_11")
    succeeded(send(api, "create_sale", wallet_key="$ticket_wallet", ticket="T-1"), "new_sale_01")
    succeeded(send(api, "create_sale", ticket=None), "new_sale_01")
    succeeded(send(api, "create_sale", ticket="T-2"), "new_sale_01")


@clause("monedero.create_sale.e11")
def test_an_empty_ticket_is_none(api: ApiClient) -> None:
    refused(api, send(api, "create_sale", wallet_key="$ticket_wallet", ticket=""), "create_sale", "new_sale_11")


@clause("monedero.create_sale.r8")
def test_nobody_uses_more_points_than_there_are(api: ApiClient) -> None:
    before = points(api)
    too_many = send(api, "create_sale", transaction_type="1", points_used=f"{before + 1:g}")
    refused(api, too_many, "create_sale", "wallet_redeem_10")
    assert points(api) == before
    all_of_them = send(api, "create_sale", transaction_type="1", points_used=f"{before:g}")
    assert float(succeeded(all_of_them, "new_sale_01")["newBalance"]) == points(api) == 0


REFUSALS: tuple[tuple[str, str, str, dict[str, str], tuple[str, str]], ...] = (
    ("r9", "r7", "", {"usertool_id": "$foreign_cashier"}, ("new_sale_13", "balance_update_11")),
    ("r10", "r8", "", {"usertool_id": "$cashier_without_permission"}, ("new_sale_14", "balance_update_12")),
    ("r10", "r8", "", {"usertool_id": "$archived_cashier"}, ("new_sale_14", "balance_update_12")),
    ("r11", "r9", "", {"phone": "$new_phone"}, ("new_sale_12", "balance_update_10")),
    ("r12", "r10", "", use_of_points(phone="$blacklisted_phone"), ("wallet_redeem_14", "wallet_balance_update_10")),
    ("r14", "r11", "no_balance", use_of_points("balance"), ("wallet_redeem_13", "wallet_balance_update_09")),
)


def _refusals() -> list[object]:
    return [
        pytest.param(name, role, sent, code, marks=clause(f"monedero.{name}.{rule}"), id=f"{name}-{code}-{','.join(sent.values())}")
        for sale_rule, balance_rule, role, fields, codes in REFUSALS
        for name, rule, code, sent in (
            ("create_sale", sale_rule, codes[0], fields),
            ("update_balance", balance_rule, codes[1], {field: value for field, value in fields.items() if field not in use_of_points()}),
        )
    ]


@pytest.mark.parametrize(("name", "role", "fields", "code"), _refusals())
def test_who_may_not_take_part_is_refused(api: ApiClient, name: str, role: str, fields: dict[str, Any], code: str) -> None:
    refused(api, send(api, name, role=role, **fields), name, code)


@clause("monedero.create_sale.r13")
def test_without_redemptions_nothing_is_sold(api: ApiClient) -> None:
    """Sales that give points are tried where the page is read as the mock reads it: the row may speak of spending only."""
    for fields in (use_of_points("redemptions_left"), *([] if api.readings else [used_up("redemptions_left")])):
        refused(api, send(api, "create_sale", role="no_redemptions_left", **fields), "create_sale", "wallet_redeem_18")


@clause(
    "monedero.update_balance.r1",
    "monedero.update_balance.r2",
    "monedero.update_balance.r3",
    "monedero.update_balance.r5",
    "monedero.update_balance.r12",
)
def test_points_are_added_and_removed_directly(api: ApiClient) -> None:
    before = points(api)
    added = succeeded(send(api, "update_balance", transaction_amount="100"), "balance_update_01")
    assert float(added["newBalance"]) == points(api) == before + 100
    removed = succeeded(send(api, "update_balance", transaction_type="1", transaction_amount="5"), "balance_update_01")
    assert float(removed["newBalance"]) == points(api) == before + 95
    assert (removed["message"].rstrip("."), removed["status"]) == ("Saldo actualizado correctamente", 200)


@clause("monedero.update_balance.r4")
@pytest.mark.parametrize("kind", ["0", "1"])
def test_a_change_of_points_always_needs_its_amount(api: ApiClient, kind: str) -> None:
    refused(api, send(api, "update_balance", transaction_type=kind, transaction_amount=None), "update_balance", "balance_update_06")


@clause("monedero.update_balance.r6")
def test_nobody_loses_more_points_than_there_are(api: ApiClient) -> None:
    before = points(api)
    too_many = send(api, "update_balance", transaction_type="1", transaction_amount=f"{before + 1:g}")
    refused(api, too_many, "update_balance", "wallet_balance_update_07")
    assert points(api) == before


# Employees


@clause("monedero.add_employee.e5", "monedero.add_employee.r5", "monedero.add_employee.r6")
def test_a_new_collaborator_is_listed(api: ApiClient) -> None:
    body = succeeded(send(api, "add_employee"), "toolusers_01")
    assert (body["message"].rstrip("."), body["status"]) == ("Usuario creado con éxito", 200)
    usertool = _listed(api, own(api, "employee_name"))
    if not api.readings.is_open("add_employee", "answer.collaboratorId in after.listed.usertool_id"):
        assert str(usertool["usertool_id"]) == str(body["collaboratorId"])
    if not api.readings.is_free("get_toolusers", "/usertool_type", "cajero"):
        assert usertool["usertool_type"] == "cajero"


@clause("monedero.add_employee.r1")
def test_a_new_collaborator_works(api: ApiClient) -> None:
    succeeded(send(api, "add_employee"), "toolusers_01")
    usertool = _listed(api, own(api, "employee_name"))
    answer = send(api, "create_sale", usertool_id=str(usertool["usertool_id"]))
    if api.readings and not api.wrong_with("create_sale", "new_sale_14", answer):
        not_observable("a new collaborator has no permission on the wallet before the panel gives one")
    succeeded(answer, "new_sale_01")


def _listed(api: ApiClient, name: str) -> dict[str, Any]:
    """The one collaborator of a name."""
    (found,) = [one for one in succeeded(send(api, "get_toolusers"), "tool_users_01")["result"] if one["usertool_name"] == name]
    return dict(found)


@clause("monedero.add_employee.r2")
def test_a_collaborator_is_a_cashier_or_a_manager(api: ApiClient) -> None:
    succeeded(send(api, "add_employee", type="gerente"), "toolusers_01")
    for kind in ("jefe", "", *([] if api.readings else ["CAJERO"])):
        refused(api, send(api, "add_employee", type=kind), "add_employee", "err_toolusers_02")


@clause("monedero.add_employee.r3")
@pytest.mark.parametrize("field", WORKING["add_employee"])
def test_all_five_fields_are_needed(api: ApiClient, field: str) -> None:
    refused(api, send(api, "add_employee", **{field: None}), "add_employee", "err_toolusers_02")


@clause("monedero.add_employee.r4")
def test_name_and_password_are_unique(api: ApiClient) -> None:
    succeeded(send(api, "add_employee"), "toolusers_01")
    same_name = send(api, "add_employee", password="otra-#", number="44#")
    refused(api, same_name, "add_employee", "err_toolusers_03")
    same_password = send(api, "add_employee", employee_name="Otra #", number="44#")
    refused(api, same_password, "add_employee", "err_toolusers_03")


@clause("monedero.disable_employee.e4", "monedero.disable_employee.r1", "monedero.disable_employee.r4")
def test_a_collaborator_is_archived_by_number_and_works_no_more(api: ApiClient) -> None:
    succeeded(send(api, "add_employee"), "toolusers_01")
    added = str(_listed(api, own(api, "employee_name"))["usertool_id"])
    body = succeeded(send(api, "disable_employee", number=own(api, "number")), "toolusers_01")
    assert (body["message"].rstrip("."), body["status"]) == ("Se archivó correctamente el usuario", 200)
    assert send(api, "create_sale", usertool_id=added).json()["success"] is False
    again = send(api, "disable_employee", number=own(api, "number"))
    assert again.json()["success"] is False


@clause("monedero.disable_employee.r1")
def test_the_collaborator_of_the_number_is_archived_and_no_other(api: ApiClient) -> None:
    number = api.known("number_to_archive")
    succeeded(send(api, "add_employee"), "toolusers_01")
    newer = str(_listed(api, own(api, "employee_name"))["usertool_id"])
    succeeded(send(api, "disable_employee", number=number), "toolusers_01")
    assert send(api, "create_sale", usertool_id=newer).json()["success"] is True
    assert send(api, "disable_employee", number=number).json()["success"] is False


@clause("monedero.disable_employee.r2", "monedero.disable_employee.r3")
def test_only_the_number_counts_although_the_section_reads_like_a_registration(api: ApiClient) -> None:
    """The vendor's sample sends the fields of a registration too; they are ignored."""
    number = api.known("number_to_archive")
    before = succeeded(send(api, "get_toolusers"), "tool_users_01")["result"]
    sent = send(api, "disable_employee", number=number, type="gerente", employee_name="Contrato #", business_name="x", password="y")
    succeeded(sent, "toolusers_01")
    after = succeeded(send(api, "get_toolusers"), "tool_users_01")["result"]
    assert len(after) in (len(before), len(before) - 1)
    assert own(api, "employee_name") not in {usertool["usertool_name"] for usertool in after}
