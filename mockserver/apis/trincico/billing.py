"""Subscriptions over time: changes of plan, charges, and the end of a period."""

from __future__ import annotations

from datetime import timedelta

from mockserver import LATEST, Transaction, later, parse_duration
from mockserver.apis.trincico import events
from mockserver.apis.trincico.money import difference
from mockserver.apis.trincico.state import (
    CURRENT,
    PAYMENTS,
    SUBSCRIPTIONS,
    Payment,
    Plan,
    Subscription,
    current_subscriptions,
    moment,
    new_id,
    plan_of,
    seconds,
)

PERIOD_ENDS = "trincico.period_ends"
PERIOD = "trincico.subscription_period"
"""The way of a subscription from the start of a period to its end."""
CANCELED = "trincico.canceled_subscription"
"""That of a canceled one, from the call that cancels it to its end."""
ACTIVE, UNPAID = "active", "unpaid"
PERIOD_OUTCOMES = (ACTIVE, UNPAID, "canceled", "canceled_due_update")
"""The statuses after a period, the usual one first: it is renewed."""
CANCELED_OUTCOMES = ("canceled", "canceled_due_update")
DAY = 86_400
_UNITS = {"month": "M", "year": "Y"}
_MONTHS = {"month": 1, "year": 12}
TOLD_APART = timedelta(days=3_653)
"""Ten years. If the clock moves further in one step, the renewals before that are done as one: no client sees them, and there would be thousands."""

PERIODS_TOLD_APART = 120
"""The same for periods whose length a policy names: those before the last 120 are renewed as one."""


def period_end(plan: Plan, anchor_at: int, periods: int) -> int:
    """The end of the period that starts ``periods`` intervals of a plan after its anchor. The day of the month is kept if the month has it."""
    duration = parse_duration(f"P{plan.interval_count * (periods + 1)}{_UNITS[plan.interval]}")
    try:
        return int(later(moment(anchor_at), duration).timestamp())
    except ValueError:
        return int(LATEST.timestamp())  # the calendar of the mock ends here: the last period never does


def _period_after(world: Transaction, plan: Plan, anchor_at: int, periods: int) -> int:
    """The period that is renewed after this many: the next one, or one that ends TOLD_APART ago if the world's time moves further than that."""
    apart = world.until - TOLD_APART
    start = moment(anchor_at)
    passed = ((apart.year - start.year) * 12 + apart.month - start.month) // (plan.interval_count * _MONTHS[plan.interval])
    return max(periods + 1, passed - 1)


def _policy_end(world: Transaction, start_at: int, usual: int) -> int:
    """The end of a period that starts at a moment: as usual, or as a policy says."""
    ends = world.policy(PERIOD).ends(moment(start_at))
    return usual if ends is None else int(ends.timestamp())


def _renewal_end(world: Transaction, start_at: int, usual: int) -> int:
    """The same for a renewal. It takes a day at least: one of no length would be renewed without end at one moment."""
    end = _policy_end(world, start_at, usual)
    if world.policy(PERIOD).after is None:
        return end
    length = max(DAY, end - start_at)
    return min(int(LATEST.timestamp()), max(start_at + length, int(world.until.timestamp()) - PERIODS_TOLD_APART * length))


def watch(world: Transaction, subscription: Subscription) -> None:
    world.cancel(PERIOD_ENDS, subscription.id)
    if subscription.status in CURRENT and subscription.end_at < int(LATEST.timestamp()):
        world.schedule(moment(subscription.end_at), PERIOD_ENDS, subscription.id)


def charge(world: Transaction, subscription: Subscription, plan: Plan, amount: int, card: str, *, status: str = "completed") -> Payment:
    return world.table(PAYMENTS).add(
        Payment(
            id=new_id(world, "payment"),
            reference=new_id(world, "payment reference"),
            user_id=subscription.user_id,
            payee_id=None,
            gross_amount=amount,
            fee_amount=0,
            net_amount=amount,
            currency=plan.currency,
            card=card,
            status=status,
            target="subscription",
            invoice_id=None,
            subscription_id=subscription.id,
            plan_id=plan.id,
            created_at=seconds(world),
            available_at=None,
        )
    )


def start(world: Transaction, subscription: Subscription, plan: Plan, card: str) -> None:
    """Start a paid plan after a checkout: in its trial if it has one, otherwise paid."""
    now = seconds(world)
    trial_end = now + plan.trial_period_days * DAY
    payment = None if plan.trial_period_days else charge(world, subscription, plan, plan.price, card)
    changed = world.table(SUBSCRIPTIONS).change(
        subscription,
        plan_id=plan.id,
        next_plan_id=None,
        status="trailing" if plan.trial_period_days else "active",
        start_at=now,
        end_at=_policy_end(world, now, trial_end if plan.trial_period_days else period_end(plan, now, 0)),
        canceled_at=None,
        anchor_at=now,
        periods=0,
        carry=0,
        card=card,
        last_payment_id=subscription.last_payment_id if payment is None else payment.id,
    )
    watch(world, changed)
    events.subscription_updated(world, changed)


def move_up(world: Transaction, subscription: Subscription, plan: Plan) -> str:
    """Change to a superior plan at once, and return how its price is charged.

    The difference for the rest of the period is charged now if the plan demands it, otherwise with the next invoice. A trial goes on without one.
    """
    held, payment = plan_of(world, subscription.plan_id), None
    extra = 0 if subscription.status == "trailing" else _difference(world, subscription, held, plan)
    same_interval = (held.interval, held.interval_count) == (plan.interval, plan.interval_count)
    if plan.charged_at_once and extra:
        payment, extra = charge(world, subscription, plan, extra, subscription.card), 0
    changed = world.table(SUBSCRIPTIONS).change(
        subscription,
        plan_id=plan.id,
        next_plan_id=None,
        canceled_at=None,
        anchor_at=subscription.anchor_at if same_interval else subscription.end_at,
        periods=subscription.periods if same_interval else -1,
        carry=subscription.carry + extra,
        last_payment_id=subscription.last_payment_id if payment is None else payment.id,
    )
    events.subscription_updated(world, changed)
    return "payment_required" if plan.charged_at_once else "payment_not_required"


def _difference(world: Transaction, subscription: Subscription, held: Plan, plan: Plan) -> int:
    period = max(1, subscription.end_at - subscription.start_at)
    new_period = max(1, period_end(plan, subscription.start_at, 0) - subscription.start_at)
    left = min(period, max(0, subscription.end_at - seconds(world)))
    return difference(held.price, period, plan.price, new_period, left)


def cancel(world: Transaction, subscription: Subscription) -> None:
    """Cancel a subscription for the end of its period, or for the moment that a policy says."""
    ends = world.policy(CANCELED).ends(world.now)
    canceled = world.table(SUBSCRIPTIONS).change(
        subscription,
        canceled_at=seconds(world),
        next_plan_id=None,
        end_at=subscription.end_at if ends is None else int(ends.timestamp()),
    )
    watch(world, canceled)
    events.subscription_canceled(world, canceled)


def read(world: Transaction, user_id: str) -> None:
    """Count a read of a user's subscriptions. If a policy lets a period end at a read, it ends at that one."""
    for subscription in current_subscriptions(world, user_id):
        name = CANCELED if _is_canceled(subscription) else PERIOD
        reads = world.policy(name).reads
        # The start and the payment tell the period, so that each one is counted by itself.
        period = f"{name} read {subscription.id} {subscription.start_at} {subscription.last_payment_id}"
        if reads is not None and world.draw(period) >= reads:
            world.cancel(PERIOD_ENDS, subscription.id)
            world.table(SUBSCRIPTIONS).change(subscription, end_at=seconds(world))
            end_period(world, subscription.id)


def _is_canceled(subscription: Subscription) -> bool:
    return subscription.canceled_at is not None and subscription.next_plan_id is None


def end_period(world: Transaction, subject: int | str | None) -> None:
    """End a period: the subscription ends, continues with its next plan, or is renewed, and the amount due is charged."""
    subscription = None if subject is None else world.table(SUBSCRIPTIONS).get(subject)
    if subscription is None or subscription.status not in CURRENT:
        return
    if _is_canceled(subscription):
        said = world.policy(CANCELED).outcome
        # An imported world may name any outcome.
        world.table(SUBSCRIPTIONS).change(subscription, status=said if said in CANCELED_OUTCOMES else CANCELED_OUTCOMES[0])
        return
    plan = plan_of(world, subscription.next_plan_id or subscription.plan_id)
    amount = plan.price + subscription.carry
    outcome = _outcome(world, amount)
    if outcome == ACTIVE:
        _renew(world, subscription, plan, amount)
        return
    if outcome == UNPAID:
        charge(world, subscription, plan, amount, subscription.card, status="failed")
    world.table(SUBSCRIPTIONS).change(subscription, status=outcome, next_plan_id=None)


def _outcome(world: Transaction, amount: int) -> str:
    """The status after a period. Where nothing is due, no payment can fail."""
    said = world.policy(PERIOD).outcome
    return said if said in PERIOD_OUTCOMES and (amount or said != UNPAID) else ACTIVE


def _renew(world: Transaction, subscription: Subscription, plan: Plan, amount: int) -> None:
    goes_on = subscription.next_plan_id is None and subscription.status == ACTIVE
    as_counted = goes_on and subscription.end_at == period_end(plan, subscription.anchor_at, subscription.periods)
    anchor, periods = (subscription.anchor_at, subscription.periods) if as_counted else (subscription.end_at, -1)
    periods = _period_after(world, plan, anchor, periods)
    payment = charge(world, subscription, plan, amount, subscription.card) if amount else None
    renewed = world.table(SUBSCRIPTIONS).change(
        subscription,
        plan_id=plan.id,
        next_plan_id=None,
        status=ACTIVE,
        start_at=subscription.end_at,
        end_at=_renewal_end(world, subscription.end_at, period_end(plan, anchor, periods)),
        canceled_at=None,
        anchor_at=anchor,
        periods=periods,
        carry=0,
        last_payment_id=subscription.last_payment_id if payment is None else payment.id,
    )
    watch(world, renewed)
    if not goes_on:
        events.subscription_updated(world, renewed)
