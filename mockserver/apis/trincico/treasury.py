"""Balances and payouts: paid, settled and paid-out amounts."""

from __future__ import annotations

from datetime import UTC, timedelta

from mockserver import Transaction
from mockserver.apis.trincico import events
from mockserver.apis.trincico.choices import BANKS
from mockserver.apis.trincico.money import Holding, holdings
from mockserver.apis.trincico.state import BANK_ACCOUNTS, PAYMENTS, PAYOUT_ACCOUNTS, PAYOUTS, Payout, PayoutAccount, new_id, seconds

PAYOUT_LEAVES = "trincico.payout_leaves"
PAYOUT_ARRIVES = "trincico.payout_arrives"
PAY_OUT = "trincico.pay_out"
TRANSITION = "trincico.payout"
"""The way of a payout that is not instant from requested to its end."""
INSTANT = "trincico.instant_payout"
"""That of an instant one, which the vendor pays at once."""
OUTCOMES = ("paid", "failed")
"""The statuses with which it can end, the usual one first."""

ON_DEMAND = "on_demand"
DAYS_BETWEEN = {"auto_daily": 1, "auto_3_days": 3, "auto_7_days": 7}
"""Days from one automatic payout to the next."""
SETTLEMENT = timedelta(days=2)
"""The time from a payment until its amount is available."""
TRANSIT = timedelta(days=2)
"""A payout that leaves at the end of a day arrives this much later."""
GONE = ("canceled", "failed")
"""Payouts whose money came back."""


def held(world: Transaction, user_id: str) -> dict[str, Holding]:
    now = seconds(world)
    paid = [
        (payment.currency, payment.net_amount, payment.available_at is not None and payment.available_at <= now)
        for payment in world.table(PAYMENTS).select("payee", user_id)
        if payment.status == "completed"
    ]
    paid_out = [(payout.currency, payout.amount) for payout in world.table(PAYOUTS).select("user", user_id) if payout.status not in GONE]
    return holdings(paid, paid_out)


def takes_instant(world: Transaction, account: PayoutAccount, currency: str) -> bool:
    """Whether a bank account of this currency takes instant payouts."""
    banks = (BANKS[found.bank] for found in world.table(BANK_ACCOUNTS).select("account", account.id))
    return any(bank.instant and bank.currency == currency for bank in banks)


def pay_out(world: Transaction, account: PayoutAccount, amount: int, currency: str, *, instant: bool, automatic: bool = False) -> Payout:
    """Pay out an amount of the account: an instant payout is paid at once, any other leaves at the end of the day, unless a policy says otherwise."""
    now, policy = seconds(world), world.policy(INSTANT if instant else TRANSITION)
    is_paid = instant and policy.is_empty
    midnight = world.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    arrives = policy.ends(world.now) or (world.now if instant else midnight + TRANSIT)
    leaves = world.now if instant else min(midnight, arrives)
    payout = world.table(PAYOUTS).add(
        Payout(
            id=new_id(world, "payout"),
            number=world.draw("trincico payout"),
            user_id=account.user_id,
            account_id=account.id,
            amount=amount,
            currency=currency,
            status="paid" if is_paid else "requested",
            arrival_date=int(arrives.timestamp()),
            automatic=automatic,
            sent_method="instant" if instant else "standard",
            created_at=now,
            updated_at=now,
        )
    )
    if not is_paid:
        world.schedule(leaves, PAYOUT_LEAVES, payout.id)
        if not instant or policy.reads is None or policy.after is not None:  # else it arrives at a read only
            world.schedule(arrives, PAYOUT_ARRIVES, payout.id)
    events.payout_updated(world, payout)
    return payout


def leave(world: Transaction, subject: int | str | None) -> None:
    _move(world, subject, "requested", "in_transit")


def arrive(world: Transaction, subject: int | str | None) -> None:
    payout = None if subject is None else world.table(PAYOUTS).get(subject)
    outcome = None if payout is None else world.policy(_transition_of(payout)).outcome
    # An imported world may name any outcome.
    _move(world, subject, "in_transit", outcome if outcome in OUTCOMES else OUTCOMES[0])


def _transition_of(payout: Payout) -> str:
    return INSTANT if payout.sent_method == "instant" else TRANSITION


def read(world: Transaction, user_id: str) -> None:
    """Count a read of a user's payouts that are under way. If a policy lets them arrive at a read, they arrive at that one."""
    if world.policy(TRANSITION).reads is None and world.policy(INSTANT).reads is None:
        return
    for payout in list(world.table(PAYOUTS).select("user", user_id)):
        arrives_at = world.policy(_transition_of(payout)).reads
        is_under_way = payout.status in ("requested", "in_transit") and arrives_at is not None
        if is_under_way and world.draw(f"{TRANSITION} read {payout.id}") >= (arrives_at or 1):
            leave(world, payout.id)
            arrive(world, payout.id)


def _move(world: Transaction, subject: int | str | None, before: str, after: str) -> None:
    payout = None if subject is None else world.table(PAYOUTS).get(subject)
    if payout is not None and payout.status == before:
        events.payout_updated(world, world.table(PAYOUTS).change(payout, status=after, updated_at=seconds(world)))


def watch(world: Transaction, account: PayoutAccount) -> None:
    """Set the timer for an account's next automatic payout, if its frequency is automatic and there is something to pay out."""
    days = DAYS_BETWEEN.get(account.frequency)
    waiting = any((timer.action, timer.subject) == (PAY_OUT, account.id) for timer in world.timers)
    if days is None or waiting or account.status != "completed":
        return
    if any(holding.total > 0 for holding in held(world, account.user_id).values()):
        world.schedule(world.now + timedelta(days=days), PAY_OUT, account.id)


def stop(world: Transaction, account: PayoutAccount) -> None:
    world.cancel(PAY_OUT, account.id)


def pay_out_automatically(world: Transaction, subject: int | str | None) -> None:
    """Pay out all that is available."""
    account = None if subject is None else world.table(PAYOUT_ACCOUNTS).get(subject)
    if account is None or account.status != "completed" or account.frequency == ON_DEMAND:
        return
    for currency, holding in held(world, account.user_id).items():
        if holding.available > 0:
            pay_out(world, account, holding.available, currency, instant=False, automatic=True)
    watch(world, account)


def credited(world: Transaction, user_id: str) -> None:
    """Start automatic payouts of a user to whom something was paid, if none is scheduled."""
    for account in world.table(PAYOUT_ACCOUNTS).select("user", user_id):
        watch(world, account)


def settled_at(world: Transaction) -> int:
    """The time at which a payment made now is available."""
    return int((world.now.astimezone(UTC) + SETTLEMENT).timestamp())
