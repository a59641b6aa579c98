"""Onboarding pages of payout accounts: a call opens them, and the first outcome closes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver import Transaction
from mockserver.apis.trincico import treasury
from mockserver.apis.trincico.choices import BANKS
from mockserver.apis.trincico.state import BANK_ACCOUNTS, ONBOARDINGS, PAYOUT_ACCOUNTS, BankAccount, Onboarding, PayoutAccount, seconds

EXPIRES = "trincico.onboarding_expires"
OPEN_FOR = timedelta(hours=1)

OPEN, EXPIRED, OUTDATED = "open", "expired", "outdated"
COMPLETED, FAILED = "completed", "failed"
LEFT = (COMPLETED, FAILED)
"""Statuses of a page on which an outcome was chosen."""
STATUSES = (OPEN, *LEFT, EXPIRED, OUTDATED)


def open_onboarding(world: Transaction, account: PayoutAccount, body: Mapping[str, Any], home: str) -> str:
    """Open a page and return its address."""
    expires = world.now + OPEN_FOR
    onboarding = world.table(ONBOARDINGS).add(
        Onboarding(
            id=world.token("trincico.onboarding"),
            account_id=account.id,
            return_url=body["return_url"],
            refresh_url=body["refresh_url"],
            status=OPEN,
            expires_at=int(expires.timestamp()),
        )
    )
    world.schedule(expires, EXPIRES, onboarding.id)
    return f"{home}/onboarding/{onboarding.id}"


def expire(world: Transaction, subject: int | str | None) -> None:
    """Close a page on which nothing was chosen in time."""
    onboarding = None if subject is None else world.table(ONBOARDINGS).get(subject)
    if onboarding is not None and onboarding.status == OPEN:
        world.table(ONBOARDINGS).change(onboarding, status=EXPIRED)


def choose(world: Transaction, onboarding: Onboarding, outcome: str, bank: str) -> Onboarding:
    """The page after a button was pressed; unchanged if an outcome was chosen before."""
    if onboarding.status != OPEN:
        return onboarding
    world.cancel(EXPIRES, onboarding.id)
    account = world.table(PAYOUT_ACCOUNTS).get(onboarding.account_id)
    if account is None or account.status == "deleted":
        return world.table(ONBOARDINGS).change(onboarding, status=OUTDATED)
    if outcome == "complete":
        _complete(world, account, bank)
    return world.table(ONBOARDINGS).change(onboarding, status=COMPLETED if outcome == "complete" else FAILED)


def _complete(world: Transaction, account: PayoutAccount, bank: str) -> None:
    """Complete the account, with this bank account in the place of the one before."""
    chosen = BANKS[bank]
    for before in list(world.table(BANK_ACCOUNTS).select("account", account.id)):
        world.table(BANK_ACCOUNTS).remove(before.id)
    world.table(BANK_ACCOUNTS).add(BankAccount(f"ba_{world.token('trincico.bank', 24)}", account.id, bank))
    completed = world.table(PAYOUT_ACCOUNTS).change(
        account, status="completed", currency=chosen.currency, country=chosen.country, updated_at=seconds(world)
    )
    treasury.watch(world, completed)
