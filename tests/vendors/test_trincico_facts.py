"""Facts of Trincico's page that a single call does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import BACK, do, get

if TYPE_CHECKING:
    from tests.conftest import Mock

UPGRADE = "/subscriptions/upgrade/"
PLANS = {"demo": SEEDED_RECORDS["plan_basic"], "pro": SEEDED_RECORDS["plan_pro"]}


@pytest.mark.parametrize("credential", PLANS)
def test_a_canceled_plan_can_be_taken_again(mock: Mock, credential: str) -> None:
    """Restarting or resuming is possible while canceled_at is not null (upgrade_subscription.r7, trincico.D48)."""
    held = get(mock, "/subscriptions/active/", credential)
    again = {"plan_id": PLANS[credential], **BACK}
    do(mock, "POST", UPGRADE, 400, credential, **again)
    do(mock, "POST", f"/subscriptions/{held['id']}/cancel/", 204, credential)
    assert get(mock, "/subscriptions/active/", credential)["canceled_at"] is not None
    assert do(mock, "POST", UPGRADE, 200, credential, **again) == {"code": "payment_not_required"}
    assert get(mock, "/subscriptions/active/", credential) == held
    do(mock, "POST", UPGRADE, 400, credential, **again)


def test_a_waiting_downgrade_does_not_open_the_way_back(mock: Mock) -> None:
    """A downgrade sets no canceled_at, without which the page allows neither a restart nor a resumption."""
    assert do(mock, "POST", UPGRADE, 200, "pro", plan_id=PLANS["demo"], **BACK) == {"code": "next_plan_waiting"}
    refused = do(mock, "POST", UPGRADE, 400, "pro", plan_id=PLANS["pro"], **BACK)
    assert refused["internal_code"] == "already_have_resource"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/payouts/account/balance", 400, "status_value_denied"),
        ("/payouts/account/external-accounts", 400, "status_value_denied"),
        ("/payouts/account", 404, "not_found"),
    ],
)
def test_a_suspended_account_is_not_completed_and_not_the_present_one(mock: Mock, path: str, status: int, code: str) -> None:
    assert do(mock, "GET", path, status, "suspended")["internal_code"] == code
