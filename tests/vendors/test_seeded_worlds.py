"""In a new world no number contradicts another, and no sentence is cut off."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.trincico.records import CENTRES

if TYPE_CHECKING:
    from tests.conftest import Mock

SLUGS = ("backoffice", "monedero", "serpi", "trincico", "troyansys")
PROSE = ("description", "description_short", "content", "text", "message", "answer")
"""Fields that hold sentences."""
SHORT = ("name", "title", "subject", "descripcion", "reference", "business_name", *PROSE)
PRINTED = ("notices", "transactions")
"""Tables with texts of a vendor's sample, which has no full stop."""


def _texts(records: list[dict[str, Any]], names: tuple[str, ...]) -> list[str]:
    return [str(record[name]) for record in records for name in names if record.get(name)]


@pytest.mark.parametrize("slug", SLUGS)
def test_no_text_is_cut_off(mock: Mock, slug: str) -> None:
    for table, records in mock.state(slug).items():
        for text in _texts(records, SHORT):
            assert text == text.strip(), (table, text)
            assert "  " not in text.replace("Service  update", ""), (table, text)  # the vendor's own spelling
            assert not re.search(r"[,;:(–-]$|\b(and|or|the|of|y|de|la|el)$", text), (table, text)
        for text in _texts(records, ("description", "content", "text")):
            plain = re.sub(r"<[^>]+>", "", text)
            assert len(plain.split()) < 5 or plain[-1] in ".?!" or table in PRINTED, (table, text)


def test_the_amounts_of_trincico_follow_from_its_records(mock: Mock) -> None:
    state = mock.state("trincico")
    items = defaultdict(list)
    for item in state["items"]:
        assert item["amount"] == item["price"] * item["quantity"]
        assert len(item["name"]) <= 30
        items[item["invoice_id"]].append(item)
    paid = Counter(payment["invoice_id"] for payment in state["payments"] if payment["status"] == "completed")
    for invoice in state["invoices"]:
        lines = items[invoice["id"]]
        assert (invoice["sub_amount"], invoice["tax_amount"]) == (sum(line["amount"] for line in lines), sum(line["tax_amount"] for line in lines))
        assert invoice["amount"] == invoice["sub_amount"] + invoice["tax_amount"]
        assert paid[invoice["id"]] == (1 if invoice["status"] == "paid" else 0)
        assert invoice["created_at"] <= invoice["updated_at"]
    customers = {customer["id"]: customer["created_at"] for customer in state["customers"]}
    generated = [invoice for invoice in state["invoices"] if invoice["reference"].startswith("BAR")]
    assert all(customers[invoice["customer_id"]] < invoice["created_at"] for invoice in generated)
    moments = [datetime.fromtimestamp(invoice["created_at"], UTC) for invoice in generated]
    assert {moment.weekday() for moment in moments} <= set(range(6))
    assert (max(moments) - min(moments)).days > 300


def test_a_service_of_trincico_lies_in_its_city(mock: Mock) -> None:
    services = mock.state("trincico")["services"]
    for service in services:
        lat, lng = CENTRES[service["city"]]
        assert math.hypot(service["lat"] - lat, service["lng"] - lng) < 0.02
    for field in ("lat", "lng", "place_id", "cellphone", "description"):
        assert len({service[field] for service in services}) == len(services)


def test_the_balances_of_backoffice_are_running_sums(mock: Mock) -> None:
    held: Counter[tuple[int, int]] = Counter()
    for row in mock.state("backoffice")["transactions"]:
        key = (row["wallet_id"], row["user_id"])
        held[key] += row["amount"]
        assert row["balance"] == held[key] >= 0


def test_the_stock_and_the_totals_of_troyansys_follow_from_movements_and_lines(mock: Mock) -> None:
    state = mock.state("troyansys")
    stock: Counter[int] = Counter()
    for movement in state["movements"]:
        stock[movement["product_id"]] += movement["quantity"]
    assert min(stock.values()) >= 0
    lines = defaultdict(list)
    for line in state["invoice_lines"]:
        assert line["subtotal"] == line["quantity"] * line["unit_price"]
        lines[line["invoice_id"]].append(line)
    for invoice in state["invoices"]:
        assert invoice["subtotal"] == sum(line["subtotal"] for line in lines[invoice["id"]]) > 0
        assert invoice["tax"] == sum(line["tax"] for line in lines[invoice["id"]])
