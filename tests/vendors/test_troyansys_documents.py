"""Announced operations of Troyansys: an invoice checks and changes the stock, has a number and a key, and is mailed; the report agrees."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.ec import ci, ruc

from mockserver.apis.troyansys.access_key import check_digit
from mockserver.openapi.documents import SPECS, read_document

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Mock

EXAMPLES = read_document("troyansys", SPECS / "troyansys.yaml").raw["components"]["examples"]
INVOICE: dict[str, Any] = EXAMPLES["invoice_of_two_products"]["value"]
INVOICES = "/documents/invoices"
REPORT = "/reports/inventory"
WEIGHTS = [2 + place % 6 for place in range(48)]


def line(product: int, quantity: int) -> dict[str, int]:
    return {"product_id": product, "quantity": quantity}


def issue(client: httpx.Client, *items: dict[str, int], **changes: Any) -> dict[str, Any]:
    """An issued invoice."""
    answer = client.post(INVOICES, json={**INVOICE, "items": list(items) or INVOICE["items"], **changes})
    assert answer.status_code == 201, answer.text
    issued: dict[str, Any] = answer.json()["data"]
    return issued


def stocks(client: httpx.Client) -> dict[int, int]:
    """The stock by product id, from the report; checks that its sums agree with its rows."""
    report = client.get(REPORT).json()
    for row in report["data"]:
        assert row["stock"] == row["entries"] - row["exits"]
        assert Decimal(str(row["value"])) == row["stock"] * Decimal(str(row["unit_cost"]))
    assert report["meta"]["total_stock"] == sum(row["stock"] for row in report["data"])
    assert Decimal(str(report["meta"]["total_value"])) == sum(Decimal(str(row["value"])) for row in report["data"])
    return {row["product_id"]: row["stock"] for row in report["data"]}


def test_an_invoice_takes_its_products_out_of_the_inventory_and_the_report_agrees(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        before = stocks(client)
        assert before == {101: 120, 102: 80, 103: 3, 104: 0}
        assert client.get(REPORT, params={"product_id": 101}).json() == EXAMPLES["one_product"]["value"]
        issue(client)
        issue(client, line(103, 1), line(101, 10), line(103, 2))
        assert stocks(client) == {101: 107, 102: 78, 103: 0, 104: 0}
        assert client.post(INVOICES, json={**INVOICE, "items": [line(103, 1)]}).status_code == 422
        (row,) = client.get(REPORT, params={"product_id": 101}).json()["data"]
        assert (row["entries"], row["exits"], row["stock"]) == (120, 13, 107)
    movements = [movement for movement in mock.state("troyansys")["movements"] if movement["product_id"] == 101]
    assert [movement["quantity"] for movement in movements] == [120, -3, -10]
    assert movements[-1]["stock"] == 107


def test_an_invoice_is_priced_taxed_and_summed_up(mock: Mock) -> None:
    with mock.client("troyansys") as client, mock.control as control:
        control.patch("/clock", json={"freeze": "2026-02-28T23:15:00Z"})
        issued = issue(client)
    printed = EXAMPLES["issued_invoice"]["value"]["data"]
    given_by_the_server = ("id", "access_key")
    assert {**issued, **dict.fromkeys(given_by_the_server)} == {**printed, **dict.fromkeys(given_by_the_server)}
    lines = [row for row in mock.state("troyansys")["invoice_lines"] if row["invoice_id"] == issued["id"]]
    assert [(row["subtotal"], row["tax"]) for row in lines] == [(1275, 191), (1300, 0)]


def test_numbers_run_on_and_keys_name_the_document(mock: Mock) -> None:
    with mock.client("troyansys") as client, mock.control as control, mock.client("troyansys", "other") as other:
        control.patch("/clock", json={"freeze": "2026-03-01T04:59:59Z"})  # still the last of February in Ecuador
        first, second = issue(client, line(101, 1)), issue(client, line(101, 1))
        control.patch("/clock", json={"freeze": "2026-03-01T05:00:00Z"})
        third = issue(client, line(101, 1))
        foreign = issue(other, line(401, 1))
    assert [invoice["document_number"] for invoice in (first, second, third)] == [f"001-001-00000000{number}" for number in (1, 2, 3)]
    assert foreign["document_number"] == "001-001-000000001"
    assert [invoice["access_key"][:8] for invoice in (second, third)] == ["28022026", "01032026"]
    assert first["issued_at"] == "2026-02-28T23:59:59-05:00"
    keys = [invoice["access_key"] for invoice in (first, second, third, foreign)]
    assert len(set(keys)) == 4
    for invoice, tax_id, environment in ((first, "0999999999001", "1"), (second, "0999999999001", "1"), (foreign, "1199900001001", "2")):
        key = invoice["access_key"]
        assert (key[8:10], key[10:23], key[23], key[47]) == ("01", tax_id, environment, "1")
        assert key[24:39] == invoice["document_number"].replace("-", "")
        assert key[48] == check_digit(key[:48])


def test_an_invoice_is_mailed_if_company_and_customer_want_it(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        issued = issue(client)
        for customer in ({"identification": "9999999999999", "name": "Consumidor Final"}, {**INVOICE["customer"], "email": None}):
            silent = issue(client, customer=customer)
            assert (silent["email_sent"], silent["customer"]["email"]) == (False, None)
    (mail,) = mock.outbox()
    assert (mail["api"], mail["channel"], mail["to"]) == ("troyansys", "mail", "cliente@example.com")
    assert mail["subject"] == f"Factura {issued['document_number']}"
    assert issued["access_key"] in mail["body"]
    assert "USD 27.66" in mail["body"]
    assert (issued["email_sent"], issued["sri_status"]) == (True, "authorized")


@pytest.mark.assumption("assumed.create_invoice.set_up")
def test_a_company_that_is_set_up_so_sends_neither_to_the_sri_nor_by_mail(mock: Mock) -> None:
    with mock.client("troyansys", "no_reports") as client:
        issued = issue(client, line(201, 1))
    assert (issued["sri_status"], issued["email_sent"], issued["company_id"]) == ("not_sent", False, 2)
    assert mock.outbox() == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"items": [line(103, 2), line(103, 2)]}, ["items.1.quantity"]),
        ({"items": [line(104, 1), line(401, 1), line(999_999, 1), line(101, 1)]}, ["items.0.quantity", "items.1.product_id", "items.2.product_id"]),
        ({"customer": {"identification": "3000000005", "name": "Ana"}, "items": [line(104, 1)]}, ["customer.identification", "items.0.quantity"]),
        ({"customer": {"identification": "0999999998001", "name": "Ana"}}, ["customer.identification"]),
        ({"customer": {"identification": "300000000", "name": ""}}, ["customer.identification", "customer.name"]),
        ({"items": [line(101, 0)]}, ["items.0.quantity"]),
        ({"items": [line(101, 10**6)]}, ["items.0.quantity"]),
        ({"items": [line(101, 1)] * 101}, ["items"]),
    ],
)
def test_a_refused_invoice_names_every_field_and_changes_nothing(mock: Mock, body: dict[str, Any], fields: list[str]) -> None:
    before = mock.state("troyansys")
    with mock.client("troyansys") as client:
        refused = client.post(INVOICES, json={**INVOICE, **body})
        assert (refused.status_code, list(refused.json()["errors"])) == (422, fields)
        assert mock.state("troyansys") == before
        assert mock.outbox() == []
        assert issue(client)["document_number"] == "001-001-000000001"


@pytest.mark.parametrize("identification", ["3000000004", "0999999999001", "3000000004001", "9999999999999"])
def test_cedula_ruc_and_final_consumer_are_identifications(mock: Mock, identification: str) -> None:
    with mock.client("troyansys") as client:
        assert issue(client, customer={"identification": identification, "name": "Ana"})["customer"]["identification"] == identification


def test_another_product_or_company_is_not_reported(mock: Mock) -> None:
    with mock.client("troyansys") as client:
        for product in (401, 999_999, 2**63 - 1):
            answer = client.get(REPORT, params={"product_id": product}).json()
            assert (answer["data"], answer["meta"]["total_stock"], answer["meta"]["total_value"]) == ([], 0, 0)
    with mock.client("troyansys", "other") as other:
        assert [row["product_id"] for row in other.get(REPORT).json()["data"]] == [401]


def test_the_key_check_is_that_of_a_published_key() -> None:
    """A published example key of the scheme."""
    assert check_digit("211020110117921467390011002001000000001123456781") == "3"


@given(st.text("0123456789", min_size=48, max_size=48))
def test_the_check_digit_makes_the_weighted_sum_a_multiple_of_eleven(digits: str) -> None:
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, reversed(digits), strict=True))
    check = check_digit(digits)
    assert len(check) == 1
    assert (total + int(check)) % 11 == 0 or (total % 11, check) == (1, "1")


def test_the_seeded_books_agree(mock: Mock) -> None:
    state = mock.state("troyansys")
    companies = {company["id"]: company for company in state["companies"]}
    products = {product["id"]: product for product in state["products"]}
    left: dict[int, int] = dict.fromkeys(products, 0)
    for movement in state["movements"]:
        left[movement["product_id"]] += movement["quantity"]
        assert movement["stock"] == left[movement["product_id"]] >= 0
        assert movement["company_id"] == products[movement["product_id"]]["company_id"]
    lines: dict[int, list[dict[str, Any]]] = {}
    for row in state["invoice_lines"]:
        assert row["subtotal"] == row["unit_price"] * row["quantity"]
        assert row["tax"] == int((Decimal(row["subtotal"] * row["tax_rate"]) / 100).quantize(Decimal(1), ROUND_HALF_UP))
        lines.setdefault(row["invoice_id"], []).append(row)
    sold = [(movement["invoice_id"], movement["product_id"], -movement["quantity"]) for movement in state["movements"] if movement["kind"] == "sale"]
    assert sorted(sold) == sorted((row["invoice_id"], row["product_id"], row["quantity"]) for row in state["invoice_lines"])
    assert lines.keys() == {invoice["id"] for invoice in state["invoices"]}
    for invoice in state["invoices"]:
        assert invoice["subtotal"] == sum(row["subtotal"] for row in lines[invoice["id"]])
        assert invoice["tax"] == sum(row["tax"] for row in lines[invoice["id"]])
        key = invoice["access_key"]
        assert (len(key), key[48], key[10:23]) == (49, check_digit(key[:48]), companies[invoice["company_id"]]["ruc"])
        assert ci.is_valid(invoice["identification"])
    assert len(state["invoices"]) > 20


def test_the_seeded_companies_look_real(mock: Mock) -> None:
    state = mock.state("troyansys")
    ids = {table: {row["id"] for row in records} for table, records in state.items()}
    codes = {module["code"] for module in state["modules"]}
    for company in state["companies"]:
        assert ruc.is_valid(company["ruc"])
        assert set(company["extra_modules"]) <= codes
    assert len({company["ruc"] for company in state["companies"]}) == len(state["companies"])
    for plan in state["plans"]:
        assert set(plan["module_codes"]) <= codes
    assert [row["company_id"] for row in state["subscriptions"]] == [company["id"] for company in state["companies"]]
    for table in ("memberships", "subscriptions", "charges", "products", "movements", "invoices"):
        assert {row["company_id"] for row in state[table]} <= ids["companies"]
    assert {row["plan_id"] for row in state["subscriptions"] + state["charges"]} <= ids["plans"]
    assert {row["user_id"] for row in state["memberships"] + state["sessions"]} <= ids["users"]
    members = {(row["user_id"], row["company_id"]) for row in state["memberships"]}
    for user in state["users"]:
        assert (user["id"], user["active_company_id"]) in members
        assert user["email"].endswith("@example.com") or user["email"] == "demo@empresa.ec"  # the vendor prints it
    assert {company for _, company in members} == ids["companies"]
