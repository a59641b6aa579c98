"""Violations planted in Monedero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..suite.vendors.monedero.calls import points, send
from .mutants import Edit, Mutant, Spoil

if TYPE_CHECKING:
    from ..suite.harness import ApiClient

APIS = "mockserver/apis/monedero"
SALE, BALANCE, CONTACT, EMPLOYEE, STATE = (f"{APIS}/{name}.py" for name in ("sale", "balance", "contact", "employee", "state"))
DOCUMENT, BEHAVIOUR = "specs/monedero.yaml", "specs/monedero/behaviour.yaml"


def _code(api: ApiClient, name: str, **fields: Any) -> str:
    return str(send(api, name, **fields).json()["code"])


def _names(api: ApiClient) -> list[str]:
    return [contact["contact_name"] for contact in send(api, "get_contacts").json()["result"]]


def _used(api: ApiClient, amount: str) -> float:
    return float(send(api, "create_sale", transaction_type="1", points_used=amount).json()["newBalance"])


def _statuses(api: ApiClient) -> list[str]:
    return [usertool["usertool_status"] for usertool in send(api, "get_toolusers").json()["result"]]


MUTANTS = (
    Mutant(
        "monedero.balance_as_list",
        "shape",
        "create_sale",
        (),
        (Spoil("create_sale", 200, "body['newBalance'] = [body['newBalance']]"),),
        lambda api: not isinstance(send(api, "create_sale").json()["newBalance"], list),
    ),
    Mutant(
        "monedero.wallet_without_link",
        "shape",
        "get_wallets",
        ("monedero.get_wallets.r1",),
        (Spoil("get_wallets", 200, "body['result'][1].pop('wallet_app_redeem')"),),
        lambda api: all("wallet_app_redeem" in wallet for wallet in send(api, "get_wallets").json()["result"]),
    ),
    Mutant(
        "monedero.password_shown",
        "shape",
        "get_toolusers",
        (),
        (Spoil("get_toolusers", 200, "body['result'][0]['usertool_password'] = 'x'"),),
        lambda api: "usertool_password" not in send(api, "get_toolusers").json()["result"][0],
    ),
    Mutant(
        "monedero.refusal_without_code",
        "shape",
        "add_contact",
        (),
        (Spoil("add_contact", 400, "body.pop('code')"),),
        lambda api: "code" in send(api, "add_contact", phone=None).json(),
    ),
    Mutant(
        "monedero.sale_as_html",
        "http",
        "create_sale",
        (),
        (Spoil("create_sale", 200, "media_type = 'text/html'"),),
        lambda api: send(api, "create_sale").headers["content-type"].startswith("application/json"),
    ),
    Mutant(
        "monedero.refused_with_422",
        "http",
        "update_balance",
        (),
        (Spoil("update_balance", 400, "status = 422"),),
        lambda api: send(api, "update_balance", phone=None).status_code == 400,
    ),
    Mutant(
        "monedero.crash_on_cents",
        "http",
        "create_sale",
        (),
        (Edit(SALE, "    change = -used", "    assert used is None or used % 100 == 0\n    change = -used"),),
        lambda api: send(api, "create_sale", transaction_type="1", points_used="0.5").status_code == 200,
    ),
    Mutant(
        "monedero.crash_on_bytes_that_are_no_text",
        "http",
        "get_wallets",
        (),
        (Edit("mockserver/core/operation/bodies.py", 'raise Malformed("names and values must be UTF-8, percent-encoded") from None', "raise"),),
        lambda api: (
            api.call("POST", "/wallet/get", content=b"%FF=1", headers={"content-type": "application/x-www-form-urlencoded"}).status_code < 500
        ),
    ),
    Mutant(
        "monedero.any_apikey",
        "access",
        "get_wallets",
        (),
        (
            Edit(
                STATE,
                '    if account is None:\n        raise Unauthenticated("apikey")\n    return account.id',
                "    return 1 if account is None else account.id",
            ),
        ),
        lambda api: api.call("POST", "/wallet/get", role=None, headers={"apikey": "nobody"}).status_code == 401,
        ("get_toolusers", "add_contact", "get_contacts", "create_sale", "update_balance", "add_employee", "disable_employee"),
    ),
    Mutant(
        "monedero.archiving_without_key",
        "access",
        "disable_employee",
        (),
        (
            Edit(DOCUMENT, "      tags: [employee]\n", "      tags: [employee]\n      security: []\n", "operationId: disable_employee"),
            Edit(EMPLOYEE, "def disable_employee(world: Draft, caller: int, body", "def disable_employee(world: Draft, body"),
            Edit(EMPLOYEE, 'find("number", (caller, body', 'find("number", (1, body', "def disable_employee"),
        ),
        lambda api: send(api, "disable_employee", role=None).status_code == 401,
    ),
    Mutant(
        "monedero.phone_of_nine_digits",
        "input",
        "add_contact",
        ("monedero.add_contact.e4", "monedero.add_contact.r4"),
        (Edit(DOCUMENT, 'pattern: "^\\\\d{10}$"', 'pattern: "^\\\\d{9,10}$"', "\n    ContactAdd:"),),
        lambda api: _code(api, "add_contact", phone="477555019") == "contact_add_04",
    ),
    Mutant(
        "monedero.third_kind_of_sale",
        "input",
        "create_sale",
        ("monedero.create_sale.r3", "monedero.create_sale.e5"),
        (Edit(DOCUMENT, "enum: [0, 1]", "enum: [0, 1, 2]", "\n    SaleCreate:"),),
        lambda api: _code(api, "create_sale", transaction_type="2") == "new_sale_05",
    ),
    Mutant(
        "monedero.gerente_refused",
        "input",
        "add_employee",
        ("monedero.add_employee.r2",),
        (Edit(DOCUMENT, "enum: [cajero, gerente]", "enum: [cajero]", "\n    EmployeeAdd:"),),
        lambda api: _code(api, "add_employee", type="gerente") == "toolusers_01",
    ),
    Mutant(
        "monedero.name_may_be_missing",
        "input",
        "add_contact",
        ("monedero.add_contact.e5", "monedero.add_contact.r3"),
        (
            Edit(
                DOCUMENT,
                "required: [wallet_key, phone, customer_name, usertool_id]",
                "required: [wallet_key, phone, usertool_id]",
                "\n    ContactAdd:",
            ),
            Edit(CONTACT, 'name=body["customer_name"]', 'name=body.get("customer_name", "Cliente")'),
        ),
        lambda api: _code(api, "add_contact", customer_name=None) == "contact_add_05",
    ),
    Mutant(
        "monedero.wrong_code_for_unknown_contact",
        "errors",
        "create_sale",
        ("monedero.create_sale.e12", "monedero.create_sale.r11"),
        (Edit(SALE, 'VendorFault("new_sale_12")', 'VendorFault("new_sale_10")'),),
        lambda api: _code(api, "create_sale", phone="$new_phone") == "new_sale_12",
    ),
    Mutant(
        "monedero.registered_twice",
        "errors",
        "add_contact",
        ("monedero.add_contact.e8", "monedero.add_contact.r5"),
        (
            Edit(
                CONTACT,
                "if contact_of(world, wallet, phone) is not None:",
                "if contact_of(world, wallet, phone) is not None and contact_of(world, wallet, phone).points:",
            ),
        ),
        lambda api: (send(api, "add_contact"), _code(api, "add_contact"))[1] == "wallet_manager_08",
    ),
    Mutant(
        "monedero.unknown_wallet_sells",
        "errors",
        "update_balance",
        ("monedero.update_balance.e9",),
        (
            Edit(
                BALANCE,
                '    if wallet is None:\n        raise VendorFault("balance_update_09")',
                '    if wallet is None:\n        raise VendorFault("balance_update_02")',
            ),
        ),
        lambda api: _code(api, "update_balance", wallet_key="nope") == "balance_update_09",
    ),
    Mutant(
        "monedero.message_of_another_row",
        "errors",
        "disable_employee",
        ("monedero.disable_employee.e3",),
        (Edit(BEHAVIOUR, "message: Error al archivar el usuario., clause", "message: Error al crear el usuario., clause"),),
        lambda api: "archivar" in send(api, "disable_employee", number="4770000000").json()["message"],
    ),
    Mutant(
        "monedero.contact_lost",
        "persistence",
        "add_contact",
        ("monedero.add_contact.r1",),
        (Edit(CONTACT, "    contact = world.table(CONTACTS).add(\n        Contact(", "    contact = (\n        Contact("),),
        lambda api: (send(api, "add_contact"), "Clienta" in _names(api))[1],
        ("get_contacts",),
    ),
    Mutant(
        "monedero.birthday_dropped",
        "persistence",
        "add_contact",
        (),
        (Edit(CONTACT, 'birthdate=body.get("customer_birthdate", "")', 'birthdate=""'),),
        lambda api: (
            (
                send(api, "add_contact", customer_birthdate="1990-12-31"),
                send(api, "get_contacts", phone="$new_phone").json()["result"]["contact_birthdate"],
            )[1]
            == "1990-12-31"
        ),
    ),
    Mutant(
        "monedero.branch_swapped",
        "persistence",
        "add_employee",
        ("monedero.add_employee.r1",),
        (Edit(EMPLOYEE, 'branch=body["business_name"]', 'branch=body["employee_name"]'),),
        lambda api: (send(api, "add_employee"), send(api, "get_toolusers").json()["result"][-1]["usertool_branch"])[1] == "Centro",
    ),
    Mutant(
        "monedero.read_changes_points",
        "persistence",
        "get_contacts",
        (),
        (
            Edit(
                CONTACT,
                "        result = _to_wire(contact)\n",
                "        result = _to_wire(contact)\n        world.table(CONTACTS).change(contact, points=contact.points + 1)\n",
            ),
        ),
        lambda api: points(api) == points(api),
    ),
    Mutant(
        "monedero.starts_with_points",
        "persistence",
        "add_contact",
        (),
        (Edit(CONTACT, "            points=0,", "            points=500,"),),
        lambda api: (send(api, "add_contact"), points(api, "$new_phone"))[1] == 0,
    ),
    Mutant(
        "monedero.archiving_does_nothing",
        "workflow",
        "disable_employee",
        ("monedero.disable_employee.r1",),
        (Edit(EMPLOYEE, "    usertools.change(usertool, status=ARCHIVED)\n", ""),),
        lambda api: (before := _statuses(api), send(api, "disable_employee"), _statuses(api))[2] != before,
    ),
    Mutant(
        "monedero.archived_cashier_sells",
        "workflow",
        "create_sale",
        ("monedero.create_sale.r10", "monedero.create_sale.e14"),
        (Edit(STATE, "usertool.status == ACTIVE and ", ""),),
        lambda api: _code(api, "create_sale", usertool_id="$archived_cashier") == "new_sale_14",
        ("update_balance", "disable_employee"),
    ),
    Mutant(
        "monedero.archived_again",
        "workflow",
        "disable_employee",
        ("monedero.disable_employee.e3", "monedero.disable_employee.r1"),
        (
            Edit(
                EMPLOYEE,
                "    if usertool is None:\n        raise",
                '    usertool = usertool or usertools.find("number", (caller, body["number"], ARCHIVED))\n    if usertool is None:\n        raise',
                "def disable_employee",
            ),
        ),
        lambda api: (send(api, "disable_employee"), _code(api, "disable_employee"))[1] == "err_toolusers_04",
    ),
    Mutant(
        "monedero.sold_without_redemptions",
        "workflow",
        "create_sale",
        ("monedero.create_sale.r13", "monedero.create_sale.e18"),
        (Edit(SALE, "account.redemptions_left < 1", "account.redemptions_left < 0"),),
        lambda api: (
            _code(
                api,
                "create_sale",
                role="no_redemptions_left",
                wallet_key="$wallet_without_redemptions_left",
                usertool_id="$cashier_without_redemptions_left",
            )
            == "wallet_redeem_18"
        ),
    ),
    Mutant(
        "monedero.sold_without_ticket",
        "workflow",
        "create_sale",
        ("monedero.create_sale.r6", "monedero.create_sale.e11"),
        (Edit(SALE, '    if wallet.needs_ticket and "ticket" not in body:\n        raise VendorFault("new_sale_11")\n', ""),),
        lambda api: _code(api, "create_sale", wallet_key="$ticket_wallet") == "new_sale_11",
    ),
    Mutant(
        "monedero.whole_amount_given",
        "arithmetic",
        "create_sale",
        ("monedero.create_sale.r1",),
        (Edit(SALE, 'earned(body["transaction_amount"], wallet.percent)', 'earned(body["transaction_amount"], wallet.percent + 1)'),),
        lambda api: float(send(api, "create_sale", transaction_amount="1000").json()["newBalance"]) == 350,
    ),
    Mutant(
        "monedero.use_adds_points",
        "arithmetic",
        "create_sale",
        ("monedero.create_sale.r3", "monedero.create_sale.r7", "monedero.create_sale.r2"),
        (Edit(SALE, "change = -used if", "change = used if"),),
        lambda api: _used(api, "50") == 200,
    ),
    Mutant(
        "monedero.balance_of_before",
        "arithmetic",
        "update_balance",
        ("monedero.update_balance.r5",),
        (Edit(BALANCE, '"newBalance": shown(contact.points)', '"newBalance": shown(contact.points - change)'),),
        lambda api: float(send(api, "update_balance").json()["newBalance"]) == points(api),
    ),
    Mutant(
        "monedero.more_used_than_there_is",
        "arithmetic",
        "create_sale",
        ("monedero.create_sale.r8", "monedero.create_sale.e15"),
        (Edit(SALE, "used > contact.points", "used > contact.points + 1"),),
        lambda api: _code(api, "create_sale", transaction_type="1", points_used="250.01") == "wallet_redeem_10",
    ),
    Mutant(
        "monedero.last_point_kept",
        "arithmetic",
        "update_balance",
        ("monedero.update_balance.r6", "monedero.update_balance.r3"),
        (Edit(BALANCE, "contact.points + change < 0", "contact.points + change < 1"),),
        lambda api: _code(api, "update_balance", transaction_type="1", transaction_amount="250") == "balance_update_01",
    ),
    Mutant(
        "monedero.percentage_on_changes",
        "arithmetic",
        "update_balance",
        ("monedero.update_balance.r1",),
        (Edit(BALANCE, "change = amount if", "change = amount * wallet.percent // 10 + (amount % 100 and 1) if"),),
        lambda api: float(send(api, "update_balance", transaction_amount="100.5").json()["newBalance"]) == 350.5,
    ),
    Mutant(
        "monedero.foreign_wallets_listed",
        "tenants",
        "get_wallets",
        ("monedero.get_wallets.r1",),
        (Edit(f"{APIS}/wallet.py", 'world.table(WALLETS).select("account", caller)', "world.table(WALLETS).all()"),),
        lambda api: "wallet-other" not in send(api, "get_wallets").text,
    ),
    Mutant(
        "monedero.foreign_wallet_read",
        "tenants",
        "get_contacts",
        (),
        (
            Edit(
                STATE,
                'return world.table(WALLETS).find("key", (account_id, key))',
                "return next((wallet for wallet in world.table(WALLETS).all() if wallet.key == key), None)",
            ),
        ),
        lambda api: send(api, "get_contacts", role="other").json()["result"] == [],
        ("add_contact", "create_sale", "update_balance"),
    ),
    Mutant(
        "monedero.foreign_cashier_signs",
        "tenants",
        "create_sale",
        ("monedero.create_sale.r9", "monedero.create_sale.e13"),
        (Edit(SALE, "if usertool is None or usertool.account_id != caller:", "if usertool is None:"),),
        lambda api: _code(api, "create_sale", usertool_id="$foreign_cashier") == "new_sale_13",
    ),
    Mutant(
        "monedero.no_welcome",
        "notification",
        "add_contact",
        ("monedero.add_contact.r2",),
        (Edit(CONTACT, "    _welcome(world, wallet, contact)\n", ""),),
        lambda api: (send(api, "add_contact"), len(api.outbox()))[1] == 1,
    ),
    Mutant(
        "monedero.welcome_without_link",
        "notification",
        "add_contact",
        ("monedero.add_contact.r2",),
        (Edit(CONTACT, "Entra en {link}", "Bienvenida"),),
        lambda api: (send(api, "add_contact"), bool(api.outbox()[0]["links"]))[1],
    ),
    Mutant(
        "monedero.welcome_to_another",
        "notification",
        "add_contact",
        ("monedero.add_contact.r2",),
        (Edit(CONTACT, 'f"+52{contact.phone}"', '"+524775550100"'),),
        lambda api: (send(api, "add_contact"), api.outbox()[0]["to"].endswith(api.known("new_phone")))[1],
    ),
)
