"""Payout accounts, their balance, and payouts. Source: "Payout"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import state, treasury, wire
from mockserver.apis.trincico.checkouts import named_method
from mockserver.apis.trincico.identity import need_provider
from mockserver.apis.trincico.lists import DEFAULT_LIMIT, cursor, page
from mockserver.apis.trincico.onboardings import open_onboarding
from mockserver.apis.trincico.ownership import ALIVE, HELD, own_account


def list_payout_frequencies(world: Transaction, caller: state.User) -> Reply:
    """The frequencies that the caller's plan allows (trincico.D117)."""
    return Reply(200, _frequencies(world, caller))


def create_payout_account(world: Transaction, caller: state.User, body: Mapping[str, Any] | None) -> Reply:
    """Open a pending account; one that is pending already is kept (trincico.D106, trincico.D108)."""
    method = named_method(world, body) or next(method for method in world.table(state.PAYMENT_METHODS).all() if method.is_default)
    accounts = [account for account in world.table(state.PAYOUT_ACCOUNTS).select("user", caller.id) if account.payment_method_id == method.id]
    need_provider(world, caller)
    if any(account.status == "completed" for account in accounts):
        raise VendorFault("row_exists")
    if not any(account.status in ALIVE for account in accounts):
        now = state.seconds(world)
        world.table(state.PAYOUT_ACCOUNTS).add(
            state.PayoutAccount(
                id=state.new_id(world, "payout account"),
                user_id=caller.id,
                payment_method_id=method.id,
                frequency=treasury.ON_DEMAND,
                currency="usd",
                status="pending",
                country=caller.country or "US",
                remote_id=f"acct_{world.token('trincico.account', 16)}",
                created_at=now,
                updated_at=now,
            )
        )
    return Reply(204)


def enable_payout_account(world: Transaction, caller: state.User, alias: Mapping[str, str], body: Mapping[str, Any], home: str) -> Reply:
    """Open the page on which an account is completed or gets another bank account (trincico.D111)."""
    account = own_account(world, caller, alias)
    need_provider(world, caller)
    return Reply(428, {"redirect_url": open_onboarding(world, account, body, home)})


def retrieve_payout_account(world: Transaction, caller: state.User) -> Reply:
    """The caller's account that is pending or completed (trincico.D112)."""
    return Reply(200, wire.payout_account(world, own_account(world, caller, {}), user={}))


def update_payout_frequency(world: Transaction, caller: state.User, alias: Mapping[str, str], body: Mapping[str, Any]) -> Reply:
    """Set how often an account is paid out (trincico.D118); the next automatic payout is counted from now."""
    account = own_account(world, caller, alias)
    if body["frequency"] not in _frequencies(world, caller):
        raise VendorFault("status_value_denied")
    need_provider(world, caller)
    treasury.stop(world, account)
    treasury.watch(world, world.table(state.PAYOUT_ACCOUNTS).change(account, frequency=body["frequency"], updated_at=state.seconds(world)))
    return Reply(204)


def get_payout_balance(world: Transaction, caller: state.User, alias: Mapping[str, str]) -> Reply:
    """The caller's balance by currency; a key without data is null (trincico.D116)."""
    account = _completed(world, caller, alias)
    held = treasury.held(world, caller.id)
    instant = {currency: holding.total for currency, holding in held.items() if treasury.takes_instant(world, account, currency)}
    return Reply(
        200,
        {
            "available": _amounts({currency: holding.available for currency, holding in held.items()}),
            "instant": _amounts(instant),
            "pending": _amounts({currency: holding.pending for currency, holding in held.items()}),
        },
    )


def list_external_accounts(world: Transaction, caller: state.User, alias: Mapping[str, str]) -> Reply:
    """The bank accounts behind the caller's account."""
    return Reply(200, wire.external_accounts(world, _completed(world, caller, alias)))


def create_payout(world: Transaction, caller: state.User, alias: Mapping[str, str], body: Mapping[str, Any]) -> Reply:
    """Pay out an amount (trincico.D119 to D121): an instant payout from the whole balance, any other from the available part."""
    account = own_account(world, caller, alias, body.get("payout_account_id"))
    if account.status != "completed":
        raise VendorFault("account_not_completed")
    if account.frequency != treasury.ON_DEMAND:
        raise VendorFault("status_value_denied")
    currency, instant = body["currency"].lower(), body["instant"]
    holding = treasury.held(world, caller.id).get(currency)
    if holding is None or body["amount"] > (holding.total if instant else holding.available):
        raise VendorFault("balance_insufficient")
    if instant and not treasury.takes_instant(world, account, currency):
        raise VendorFault("balance_insufficient")
    need_provider(world, caller)
    treasury.pay_out(world, account, body["amount"], currency, instant=instant)
    return Reply(204)


def list_payouts(world: Transaction, caller: state.User, limit: int | None, next_page: str | None, status: str | None, order_by: str | None) -> Reply:
    """The caller's payouts, newest first (trincico.D64 to D69)."""
    treasury.read(world, caller.id)
    size = limit or DEFAULT_LIMIT
    owned = list(world.table(state.PAYOUTS).select("user", caller.id))
    found = page(world.table(state.PAYOUTS), owned, [payout for payout in owned if status in (None, payout.status)], size, next_page, order_by)
    rows = [wire.payout(world, payout, world.table(state.PAYOUT_ACCOUNTS)[payout.account_id], caller) for payout in found.items]
    return Reply(200, {"next_page": cursor(found), "limit": size, "data": rows})


def _frequencies(world: Transaction, caller: state.User) -> list[str]:
    held = state.current_subscriptions(world, caller.id)
    return list(state.plan_of(world, held[-1].plan_id).frequencies) if held else []


def _completed(world: Transaction, caller: state.User, alias: Mapping[str, str]) -> state.PayoutAccount:
    """The caller's account, which is completed. Raises not_found, status_value_denied, also for a suspended one, and service_unavailable."""
    account = own_account(world, caller, alias, statuses=HELD)
    if account.status != "completed":
        raise VendorFault("status_value_denied")
    need_provider(world, caller)
    return account


def _amounts(by_currency: Mapping[str, int]) -> list[dict[str, Any]] | None:
    return [{"amount": amount, "currency": currency} for currency, amount in by_currency.items() if amount > 0] or None
