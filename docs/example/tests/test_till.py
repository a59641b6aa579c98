"""The till: points, refusals, messages, time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from shop import Declined, Till

if TYPE_CHECKING:
    from mockserver.testing import Mock

NEW = "4775550199"


def test_a_sale_gives_ten_percent_in_points(till: Till, mock: Mock) -> None:
    assert till.sell(mock.monedero.landmarks["contact"], 1000) == 350
    mock.journal.verify("create_sale", count=1, body={"transaction_amount": 1000})


def test_a_new_customer_is_welcomed_with_a_link(till: Till, mock: Mock) -> None:
    till.register(NEW, "Ana")
    message = mock.outbox.wait(f"+52{NEW}", timeout=5)
    assert "/monedero/card/" in message.link
    assert "Ana" in message.body


def test_a_customer_is_not_registered_twice(till: Till, mock: Mock) -> None:
    till.register(NEW, "Ana")
    before = mock.digest
    with pytest.raises(Declined, match="wallet_manager_08"):
        till.register(NEW, "Ana")
    assert mock.digest == before


@pytest.mark.mock_world(freeze="2026-12-31T23:59:00Z")
def test_a_registration_has_the_time_of_the_world(till: Till, mock: Mock) -> None:
    mock.clock.advance(timedelta(minutes=2))
    till.register(NEW, "Ana")
    (contact,) = mock.monedero.state.records("contacts", phone=NEW)
    assert contact["created_at"] == "2027-01-01T00:01:00Z"


@pytest.mark.mock_world(scenario="monedero.archived-staff")
def test_an_archived_cashier_cannot_sell(till: Till, mock: Mock) -> None:
    with pytest.raises(Declined) as declined:
        till.sell(mock.monedero.landmarks["contact"], 10)
    assert declined.value.code == "new_sale_14"


def test_a_refusal_is_recognised_by_its_code_of_any_type(till: Till, mock: Mock) -> None:
    mock.faults.add("monedero", "create_sale", code="wallet_redeem_13", first=1)
    with pytest.raises(Declined, match="Saldo insuficiente"):
        till.sell(mock.monedero.landmarks["contact"], 10)
    assert till.sell(mock.monedero.landmarks["contact"], 10) == 251
