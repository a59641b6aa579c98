"""Monedero behaves as its page says, over HTTP."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import barcode
import httpx
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.apis.monedero.points import earned, hundredths, shown
from mockserver.openapi.documents import SPECS, read_document
from tests.vendors.tables import rows

if TYPE_CHECKING:
    from tests.conftest import Mock

DOCUMENT = read_document("monedero", SPECS / "monedero.yaml")
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}
RECIPES = [(operation, *cells) for operation, cells in rows("monedero", "code")]
FORM = {"content-type": "application/x-www-form-urlencoded"}

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "1000", "usertool_id": "7001"}
POINTS = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "10", "usertool_id": "7002"}
CONTACT = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Ana", "usertool_id": "7001"}
EMPLOYEE = {"type": "cajero", "employee_name": "Nueva", "business_name": "Centro", "number": "4775550299", "password": "clave"}


def fields_of(operation: str, written: str) -> str:
    """The body of a call as the page writes it."""
    text = written.strip("`")
    base = next((cells[-1].strip("`") for name, cells in rows("monedero", "code") if name == operation), "")
    words = [*base.split(), *text.removeprefix("…").split()] if text.startswith("…") else text.split()
    fields: dict[str, str | None] = {}
    for word in words:
        name, given_value, value = word.partition("=")
        fields[name] = value if given_value else None
    return "&".join(f"{name}={value}" for name, value in fields.items() if value is not None)


@pytest.mark.parametrize(("operation", "code", "credential", "fields"), RECIPES)
def test_each_code_is_reached_as_the_page_says(mock: Mock, operation: str, code: str, credential: str, fields: str) -> None:
    code = code.strip("`")
    with mock.client("monedero", None if credential == "–" else credential.strip("`")) as client:
        response = client.post(OPERATIONS[operation].path, content=fields_of(operation, fields), headers=FORM)
    body = response.json()
    assert body["code"] == code, body
    error = OPERATIONS[operation].spec["x-errors"].get(code)
    if error is None:
        assert (response.status_code, body["success"]) == (200, True)
        assert ("status" in body) == (operation != "get_toolusers")
    else:
        assert (response.status_code, body) == (
            error["status"],
            {"success": False, "message": error["message"], "status": error["status"], "code": code},
        )


@pytest.mark.parametrize("operation", [name for name, operation in OPERATIONS.items() if operation.clauses])
def test_the_page_reaches_every_documented_code(operation: str) -> None:
    reached = {code.strip("`") for name, code, *_ in RECIPES if name == operation}
    assert reached >= set(OPERATIONS[operation].spec["x-errors"])


def test_all_sixty_one_rows_of_the_error_tables_are_reached() -> None:
    clauses = {clause for operation in DOCUMENT.operations for clause in operation.clauses if clause.rpartition(".")[2].startswith("e")}
    assert len(clauses) == 61
    carried = {error.get("clause") for operation in DOCUMENT.operations for error in operation.spec["x-errors"].values()} - {None}
    assert clauses - carried == {"monedero.add_employee.e5", "monedero.disable_employee.e4"}  # success rows among the errors


def balance(client: httpx.Client, wallet: str = "wallet-demo", phone: str = "4775550101") -> float:
    points: float = client.post("/wallet/contact/get", data={"wallet_key": wallet, "phone": phone}).json()["result"]["contact_balance"]
    return points


def test_a_sale_gives_the_percentage_of_the_wallet(mock: Mock) -> None:
    with mock.client("monedero") as client:
        assert client.post("/wallet/sale", data=SALE).json() == {
            "success": True,
            "message": "Venta creada correctamente.",
            "newBalance": 350,
            "code": "new_sale_01",
            "status": 200,
        }
        assert (
            client.post("/wallet/sale", data={**SALE, "wallet_key": "wallet-ticket", "ticket": "T-1", "points_used": "3"}).json()["newBalance"] == 300
        )
        assert client.post("/wallet/sale", data={**SALE, "transaction_amount": "0.05"}).json()["newBalance"] == 350.01
        assert client.post("/wallet/sale", data={**SALE, "transaction_amount": "0.04"}).json()["newBalance"] == 350.01


def test_points_are_used_and_never_go_below_nothing(mock: Mock) -> None:
    with mock.client("monedero") as client:
        use = {**SALE, "transaction_type": "1", "points_used": "200.5"}
        assert client.post("/wallet/sale", data=use).json()["newBalance"] == 49.5
        assert client.post("/wallet/sale", data=use).json()["code"] == "wallet_redeem_10"
        assert client.post("/wallet/balance/update", data={**POINTS, "transaction_type": "1", "transaction_amount": "49.51"}).status_code == 400
        assert client.post("/wallet/balance/update", data={**POINTS, "transaction_type": "1", "transaction_amount": "49.5"}).json()["newBalance"] == 0
        assert balance(client) == 0


def test_new_balance_is_always_what_contact_get_says(mock: Mock) -> None:
    moves: list[tuple[str, dict[str, str]]] = [
        ("/wallet/sale", {**SALE, "transaction_amount": "123.45"}),
        ("/wallet/balance/update", {**POINTS, "transaction_amount": "7.77"}),
        ("/wallet/sale", {**SALE, "transaction_type": "1", "points_used": "1.01"}),
        ("/wallet/balance/update", {**POINTS, "transaction_type": "1", "transaction_amount": "100"}),
    ]
    with mock.client("monedero") as client:
        for path, fields in moves * 3:
            assert client.post(path, data=fields).json()["newBalance"] == balance(client)


def test_a_refused_sale_changes_nothing(mock: Mock) -> None:
    before = mock.state("monedero")
    with mock.client("monedero") as client:
        for _, code, credential, fields in [recipe for recipe in RECIPES if recipe[0] == "create_sale"]:
            if code.strip("`") != "new_sale_01" and credential == "`demo`":
                client.post("/wallet/sale", content=fields_of("create_sale", fields), headers=FORM)
    assert mock.state("monedero") == before


def test_a_new_contact_is_listed_without_points_and_gets_a_message_with_a_link(mock: Mock) -> None:
    with mock.client("monedero") as client:
        assert client.post("/wallet/contact/add", data={**CONTACT, "customer_birthdate": "1990-12-31"}).json() == {
            "success": True,
            "message": "Contacto creado correctamente.",
            "status": 200,
            "code": "contact_add_01",
        }
        listed = client.post("/wallet/contact/get", data={"wallet_key": "wallet-demo"}).json()["result"]
        assert listed[-1] == {"contact_name": "Ana", "contact_phone": "4775550199", "contact_birthdate": "1990-12-31", "contact_balance": 0}
        assert client.post("/wallet/contact/get", data={"wallet_key": "wallet-demo", "phone": "4775550199"}).json()["result"] == listed[-1]
        assert client.post("/wallet/contact/add", data=CONTACT).json()["code"] == "wallet_manager_08"
        assert client.post("/wallet/contact/add", data={**CONTACT, "wallet_key": "wallet-ticket"}).json()["code"] == "contact_add_01"
    sms, whatsapp = mock.outbox()
    assert (sms["channel"], sms["to"], sms["api"]) == ("sms", "+524775550199", "monedero")
    assert sms["links"][0].startswith(f"{mock.url}/~{mock.world}/monedero/card/")
    assert sms["links"][0] in sms["body"]
    assert whatsapp["channel"] == "whatsapp"
    assert sms["links"] != whatsapp["links"]


@pytest.mark.parametrize("birthdate", ["1990-12-31", "1990-12-31 10:20:30", "1990-12-31 10-12-31"])
def test_a_birthday_may_be_written_in_each_documented_way(mock: Mock, birthdate: str) -> None:
    with mock.client("monedero") as client:
        sent = {**CONTACT, "wallet_key": "wallet-birthday", "customer_birthdate": birthdate}
        assert client.post("/wallet/contact/add", data=sent).json()["code"] == "contact_add_01"
        contact = client.post("/wallet/contact/get", data={"wallet_key": "wallet-birthday"}).json()["result"][-1]
    assert contact["contact_birthdate"] == birthdate


@pytest.mark.parametrize("birthdate", ["", "1990-13-01", "1990-12-32", "31-12-1990", "1990-12-31T10:20:30", "1990-12-31\n"])
def test_a_malformed_birthday_is_refused_after_what_stands_before_it_in_the_table(mock: Mock, birthdate: str) -> None:
    with mock.client("monedero") as client:
        assert client.post("/wallet/contact/add", data={**CONTACT, "customer_birthdate": birthdate}).json()["code"] == "wallet_manager_09"
        registered = {**CONTACT, "phone": "4775550101", "customer_birthdate": birthdate}
        assert client.post("/wallet/contact/add", data=registered).json()["code"] == "wallet_manager_08"


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("/wallet/sale", {}, "new_sale_02"),
        ("/wallet/sale", {"wallet_key": "x", "phone": "1"}, "new_sale_04"),
        ("/wallet/sale", {**SALE, "wallet_key": "x", "phone": "4775550199", "usertool_id": "1"}, "new_sale_10"),
        ("/wallet/balance/update", {**POINTS, "usertool_id": "7003", "phone": "4775550166"}, "wallet_balance_update_10"),
    ],
)
def test_the_first_wrong_row_of_the_table_decides(mock: Mock, path: str, fields: dict[str, str], code: str) -> None:
    with mock.client("monedero") as client:
        assert client.post(path, data=fields).json()["code"] == code
    with mock.client("monedero", None) as client:
        assert client.post(path, data=fields).json()["code"] == "auth_01"


def test_a_collaborator_is_registered_signs_and_is_archived(mock: Mock) -> None:
    with mock.client("monedero") as client:
        added = client.post("/employee/add", data=EMPLOYEE).json()
        assert (added["code"], added["message"]) == ("toolusers_01", "Usuario creado con éxito.")
        listed = client.post("/toolusers/get").json()["result"]
        assert listed[-1] == {
            "usertool_id": added["collaboratorId"],
            "usertool_name": "Nueva",
            "usertool_number": "4775550299",
            "usertool_branch": "Centro",
            "usertool_type": "cajero",
            "usertool_status": "activo",
        }
        signed = {**SALE, "usertool_id": str(added["collaboratorId"])}
        assert client.post("/wallet/sale", data=signed).json()["code"] == "new_sale_01"
        archived = client.post("/employee/disable", data={**EMPLOYEE}).json()
        assert archived == {"success": True, "message": "Se archivó correctamente el usuario.", "status": 200, "code": "toolusers_01"}
        assert client.post("/toolusers/get").json()["result"][-1]["usertool_status"] == "archivado"
        assert client.post("/wallet/sale", data=signed).json()["code"] == "new_sale_14"
        assert client.post("/employee/disable", data={"number": "4775550299"}).json()["code"] == "err_toolusers_04"
        again = {**EMPLOYEE, "employee_name": "Otra", "password": "otra"}
        assert client.post("/employee/add", data=again).json()["code"] == "toolusers_01"


def test_quotas_fall_and_are_refused_when_used_up(mock: Mock) -> None:
    def quota(name: str) -> int:
        left: int = mock.state("monedero")["accounts"][0][name]
        return left

    customers, redemptions = quota("customers_left"), quota("redemptions_left")
    with mock.client("monedero") as client:
        client.post("/wallet/contact/add", data=CONTACT)
        client.post("/wallet/sale", data={**SALE, "transaction_type": "1", "points_used": "1"})
        client.post("/wallet/sale", data=SALE)
    assert (quota("customers_left"), quota("redemptions_left")) == (customers - 1, redemptions - 1)


def test_accounts_do_not_see_one_another(mock: Mock) -> None:
    with mock.client("monedero", "other") as other:
        assert [row["usertool_id"] for row in other.post("/toolusers/get").json()["result"]] == [7201]
        assert [row["wallet_key"] for row in other.post("/wallet/get").json()["result"]] == ["wallet-other"]
        assert other.post("/wallet/contact/get", data={"wallet_key": "wallet-demo"}).json()["result"] == []
        assert other.post("/wallet/sale", data=SALE).json()["code"] == "new_sale_10"
        assert other.post("/employee/disable", data={"number": "4775550204"}).json()["code"] == "err_toolusers_04"
        assert other.post("/employee/add", data={**EMPLOYEE, "employee_name": "Gerencia", "number": "4775550201"}).json()["code"] == "toolusers_01"


def test_an_unknown_wallet_has_no_contacts(mock: Mock) -> None:
    with mock.client("monedero") as client:
        assert client.post("/wallet/contact/get", data={"wallet_key": "nothing"}).json()["result"] == []
        assert client.post("/wallet/contact/get", data={"wallet_key": "nothing", "phone": "4775550101"}).json()["code"] == "balance_get_04"


@pytest.mark.parametrize("usertool", ["1", "abc", "٧٠٠١", "7001.0", "99999999999999999999"])
def test_an_unknown_cashier_is_refused_by_the_nearest_row(mock: Mock, usertool: str) -> None:
    with mock.client("monedero") as client:
        assert client.post("/wallet/sale", data={**SALE, "usertool_id": usertool}).json()["code"] == "new_sale_13"
        assert client.post("/wallet/contact/add", data={**CONTACT, "usertool_id": usertool}).json()["code"] == "contact_add_06"


@pytest.mark.parametrize("phone", ["0000000000", "0052477555", "0114775550", "1234567890", "8005550100", "5005550100"])
def test_ten_digits_that_are_no_mexican_city_number_have_an_unsupported_lada(mock: Mock, phone: str) -> None:
    with mock.client("monedero") as client:
        assert client.post("/wallet/contact/add", data={**CONTACT, "phone": phone}).json()["code"] == "wallet_manager_15"


def test_seeded_records_refer_to_one_another(mock: Mock) -> None:
    state: dict[str, list[dict[str, Any]]] = mock.state("monedero")
    ids = {table: {row["id"] for row in records} for table, records in state.items()}
    for table in ("wallets", "usertools", "contacts", "blacklist"):
        assert {row["account_id"] for row in state[table]} <= ids["accounts"]
    for contact in state["contacts"]:
        assert contact["wallet_id"] in ids["wallets"]
        assert contact["usertool_id"] in ids["usertools"]
        assert phonenumbers.is_valid_number(phonenumbers.parse(contact["phone"], "MX"))
    phones = [(contact["wallet_id"], contact["phone"]) for contact in state["contacts"]]
    assert len(phones) == len(set(phones))


@given(st.integers(0, 10**11), st.integers(0, 100))
def test_points_earned_are_exact_to_the_hundredth(cents: int, percent: int) -> None:
    assert earned(cents / 100, percent) == (cents * percent + 50) // 100


@given(st.integers(0, 10**11))
def test_points_are_shown_as_they_were_sent(points: int) -> None:
    assert hundredths(points / 100) == points
    assert hundredths(shown(points)) == points
    assert hundredths(points / 100 + 0.001) is None


def test_seeded_contacts_look_like_those_of_a_shop(mock: Mock) -> None:
    contacts = [contact for contact in mock.state("monedero")["contacts"] if contact["wallet_id"] == 1 and not contact["phone"].startswith("477555")]
    moments = [datetime.fromisoformat(contact["created_at"]) for contact in contacts]
    assert len(contacts) == 60
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]).days > 300
    assert {moment.weekday() for moment in moments} <= set(range(6))
    assert len({contact["usertool_id"] for contact in contacts}) == 3
    birthdates = [date.fromisoformat(contact["birthdate"]) for contact in contacts if contact["birthdate"]]
    assert 20 < len(birthdates) < 60
    assert max(birthdates).year < moments[-1].year - 15
    for contact in contacts:
        assert phonenumbers.is_valid_number(phonenumbers.parse(contact["phone"], "MX"))


def test_the_link_of_the_welcome_message_leads_to_the_wallet(mock: Mock) -> None:
    wallet = {"wallet_key": "wallet-demo", "phone": "4775550199", "usertool_id": "7001"}
    with mock.client("monedero") as client:
        client.post("/wallet/contact/add", data={**wallet, "customer_name": "Ana <b>Sol</b>"}).raise_for_status()
        client.post("/wallet/sale", data={**wallet, "transaction_type": "0", "transaction_amount": "1234.50"}).raise_for_status()
    (message,) = mock.outbox("monedero")
    (link,) = message["links"]
    page = httpx.get(link)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<strong>123.45</strong>" in page.text
    assert "Ana &lt;b&gt;Sol&lt;/b&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    bars = [(int(x), int(width)) for x, width in re.findall(r'<rect x="(\d+)" y="0" width="(\d+)"', page.text)]
    modules = barcode.get("code128", "4775550199").build()[0]
    assert "".join("1" if any(x <= place < x + width for x, width in bars) else "0" for place in range(len(modules))) == modules
    other = re.sub(r"-[0-9a-f]{16}$", "-0123456789abcdef", link)
    assert httpx.get(other).json() == {"success": False, "message": "La ruta no existe.", "status": 404, "code": "http_404"}
    assert httpx.get(link + "0").status_code == 400
