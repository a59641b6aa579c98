"""Trincico: subscriptions, invoices and payouts, with hosted payment pages."""

from mockserver import Api, tables_of
from mockserver.apis.trincico import (
    billing,
    checkouts,
    hosted,
    invoices,
    items,
    login,
    notifications,
    onboardings,
    payouts,
    plans,
    profile,
    state,
    subscriptions,
    treasury,
)
from mockserver.apis.trincico.faults import render_fault
from mockserver.apis.trincico.identity import verify_basic, verify_bearer
from mockserver.apis.trincico.records import DESCRIBED

API = Api(
    slug="trincico",
    handlers=(login, plans, subscriptions, invoices, items, profile, payouts, notifications, hosted),
    render_fault=render_fault,
    tables=tables_of(state),
    services={"provider": "The payment provider behind upgrades, cards, payments and payouts; while it is down they are answered 503."},
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
)
