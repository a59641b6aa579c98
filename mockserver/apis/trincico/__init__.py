"""Trincico: subscriptions, invoices and payouts, with hosted payment pages; and the routes that its page only lists."""

from mockserver import Api, Table, Transaction, Transition, tables_of
from mockserver.apis.trincico import (
    accounts,
    billing,
    bookings,
    catalogues,
    chat,
    checkouts,
    community,
    devices,
    directory,
    hosted,
    invoices,
    items,
    login,
    media,
    notifications,
    onboardings,
    payments,
    payouts,
    plans,
    profile,
    profiles,
    reviews,
    services,
    start,
    state,
    subscriptions,
    treasury,
    users,
)
from mockserver.apis.trincico.faults import render_fault
from mockserver.apis.trincico.identity import verify_basic, verify_bearer
from mockserver.apis.trincico.projections import PROJECTIONS
from mockserver.apis.trincico.records import DESCRIBED


def _draw_id(world: Transaction, table: Table) -> int | str:  # type: ignore[type-arg]  # of any record
    """The id of a new record: a UUID, or the next number of the table."""
    return world.draw(table.name) if table.codec.fields["id"] is int else state.new_id(world, table.short_name)


API = Api(
    slug="trincico",
    handlers=(
        login,
        plans,
        subscriptions,
        invoices,
        items,
        profile,
        payouts,
        notifications,
        hosted,
        services,
        catalogues,
        payments,
        bookings,
        reviews,
        profiles,
        users,
        chat,
        devices,
        start,
        accounts,
        media,
    ),
    render_fault=render_fault,
    tables=(*tables_of(state), *tables_of(directory), *tables_of(community)),
    services={
        "provider": "The payment provider behind upgrades, cards, payments and payouts; while it is down they are answered 503.",
        "maintenance": "The vendor at work; while it is down, GET /maintenance and GET /get_data say that there is maintenance.",
    },
    transitions={
        "payout": Transition(
            "A payout that is not instant, from requested to its end, also an automatic one; GET /payouts reads it.", treasury.OUTCOMES
        ),
        "instant_payout": Transition("An instant payout, which is paid at once without a policy; GET /payouts reads it.", treasury.OUTCOMES),
        "subscription_period": Transition(
            "A period of a subscription, also a trial or a free one, from its start to its end; GET /subscriptions/active/ reads it.",
            billing.PERIOD_OUTCOMES,
        ),
        "canceled_subscription": Transition(
            "A canceled subscription, from the call that cancels it to its end; GET /subscriptions/active/ reads it.", billing.CANCELED_OUTCOMES
        ),
    },
    verifiers={"bearer": verify_bearer, "basic": verify_basic},
    timers={
        billing.PERIOD_ENDS: billing.end_period,
        checkouts.EXPIRES: checkouts.expire,
        onboardings.EXPIRES: onboardings.expire,
        treasury.PAYOUT_LEAVES: treasury.leave,
        treasury.PAYOUT_ARRIVES: treasury.arrive,
        treasury.PAY_OUT: treasury.pay_out_automatically,
    },
    described=DESCRIBED,
    projections=PROJECTIONS,
    draw_id=_draw_id,
)
