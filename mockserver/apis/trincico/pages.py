"""The hosted pages as HTML: self-contained, without script, usable by keyboard, with stable names and ids for tests."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from mockserver import Reply, Transaction
from mockserver.apis.trincico import checkouts, onboardings
from mockserver.apis.trincico.choices import BANKS, CARDS
from mockserver.apis.trincico.mails import money
from mockserver.apis.trincico.state import CUSTOMERS, INVOICES, ITEMS, PAYOUT_ACCOUNTS, SERVICES, SUBSCRIPTIONS, Checkout, Onboarding, moment, plan_of

_TEMPLATES = Environment(
    loader=PackageLoader("mockserver.apis.trincico"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_STYLE = _TEMPLATES.get_template("style.css").render()
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
OWN = "self"
"""Stands for this server among the addresses to which a page may send a form."""
HTML = "text/html; charset=utf-8"

_STATUSES = {checkouts.EXPIRED: 410, checkouts.OUTDATED: 409}
_SAYS = {
    checkouts.PAID: ("Paid", "Thank you. There is nothing more to do here."),
    checkouts.DECLINED: ("Declined", "The payment was declined. Nothing was taken."),
    checkouts.CANCELED: ("Canceled", "You left this page without paying."),
    checkouts.EXPIRED: ("Expired", "This page was open too long. Nothing was taken; ask for a new one."),
    checkouts.OUTDATED: ("Out of date", "What this page was for has changed. Nothing was taken; ask for a new one."),
    onboardings.COMPLETED: ("Completed", "Your account is ready for payouts."),
    onboardings.FAILED: ("Failed", "Your account was not completed. You can try again."),
}


def checkout(world: Transaction, shown: Checkout) -> Reply:
    """A checkout page: the form, the confirmation of a challenge, or what came of it."""
    back = (shown.success_url, shown.cancel_url)
    if shown.status in _SAYS:
        return _said(shown.status, shown.success_url if shown.status == checkouts.PAID else shown.cancel_url)
    return _page(
        200,
        "challenge.html" if shown.status == checkouts.CHALLENGED else "checkout.html",
        back,
        title=_title(world, shown),
        merchant=_merchant(world, shown),
        lines=_lines(world, shown),
        amount=money(shown.amount, shown.currency),
        charges=shown.amount > 0,
        verb="Save card" if shown.kind == "card" else "Start trial" if shown.kind == "upgrade" and not shown.amount else "Pay",
        cards=CARDS,
        card=CARDS.get(shown.card),
        until=_clock(shown.expires_at),
    )


def onboarding(world: Transaction, shown: Onboarding) -> Reply:
    """An onboarding page: the form, or what came of it."""
    if shown.status in _SAYS:
        return _said(shown.status, shown.return_url if shown.status == onboardings.COMPLETED else shown.refresh_url)
    account = world.table(PAYOUT_ACCOUNTS).get(shown.account_id)
    return _page(
        200,
        "onboarding.html",
        (shown.return_url, shown.refresh_url),
        title="Set up your payouts",
        account="" if account is None else account.remote_id,
        is_completed=account is not None and account.status == "completed",
        banks=BANKS,
        until=_clock(shown.expires_at),
    )


def unknown() -> Reply:
    """The page behind an address that was never given out."""
    return _page(404, "outcome.html", (), title="Not found", text="There is no such page.", outcome="unknown", target=None)


def form(title: str, fields: Sequence[tuple[str, str, str]], verb: str, *, wrong: str = "") -> Reply:
    """An account page with a form. ``fields`` are name, label and type of its fields; ``wrong`` says what was wrong with what was sent."""
    return _page(200, "account_form.html", (OWN,), title=title, fields=fields, verb=verb, wrong=wrong)


def text(title: str, says: str) -> Reply:
    """An account page that says one thing."""
    return _page(200, "account_text.html", (), title=title, text=says)


def _said(status: str, target: str) -> Reply:
    title, text = _SAYS[status]
    return _page(_STATUSES.get(status, 200), "outcome.html", (), title=title, text=text, outcome=status, target=target)


def _page(status: int, template: str, back: tuple[str, ...], **values: object) -> Reply:
    text = _TEMPLATES.get_template(template).render(style=_STYLE, **values)
    return Reply(status, text.encode(), _headers(back), HTML)


def _headers(back: tuple[str, ...]) -> dict[str, str]:
    """No script, one style, no frame. Forms go to this server and to the addresses of the call, because browsers check redirects, too."""
    origins = sorted({"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in back if url != OWN})
    policy = {
        "default-src": "'none'",
        "style-src": f"'sha256-{_STYLE_HASH}'",
        "form-action": " ".join(("'self'", *origins)) if back else "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


MERCHANT = "Trincico"
"""Who sells plans; an invoice is paid to the service that sent it."""
MOST = 20
"""Lines of an invoice that its page lists."""


def _merchant(world: Transaction, shown: Checkout) -> str:
    """Who is paid."""
    invoice = None if shown.kind != "invoice" else world.table(INVOICES).get(shown.invoice_id or "")
    service = None if invoice is None else world.table(SERVICES).get(invoice.service_id)
    return MERCHANT if service is None else service.name


def _title(world: Transaction, shown: Checkout) -> str:
    if shown.kind == "invoice":
        invoice = world.table(INVOICES).get(shown.invoice_id or "")
        return "Pay an invoice" if invoice is None else f"Pay invoice {invoice.reference}"
    if shown.kind == "card":
        return "Change your card"
    return "Subscribe" if shown.plan_id is None else f"Subscribe to {plan_of(world, shown.plan_id).name}"


def _lines(world: Transaction, shown: Checkout) -> list[tuple[str, str]]:
    """The purchase as terms and their values, the items first."""
    if shown.kind == "invoice":
        invoice = world.table(INVOICES).get(shown.invoice_id or "")
        customer = None if invoice is None else world.table(CUSTOMERS).get(invoice.customer_id)
        items = [] if invoice is None else list(world.table(ITEMS).select("invoice", invoice.id))
        bought = [(f"{item.quantity} \u00d7 {item.name}", money(item.amount, shown.currency)) for item in items[:MOST]]
        taxes = sum(item.tax_amount for item in items)
        tax = [("Tax", money(taxes, shown.currency))] if taxes else []
        more = [("More", f" {len(items) - MOST} items")] if len(items) > MOST else []
        return [*bought, *more, *tax, ("For", "" if customer is None else customer.business_name)]
    subscription = world.table(SUBSCRIPTIONS).get(shown.subscription_id or "")
    if shown.kind == "card" or shown.plan_id is None:
        plan = None if subscription is None else plan_of(world, subscription.plan_id)
        card = None if subscription is None else CARDS.get(subscription.card)
        return [("Item", "" if plan is None else f"Subscription {plan.name}"), ("Card so far", "none" if card is None else card.label)]
    plan = plan_of(world, shown.plan_id)
    every = plan.interval if plan.interval_count == 1 else f"{plan.interval_count} {plan.interval}s"
    lines = [("Item", f"Subscription {plan.name}"), ("Price", f"{money(plan.price, plan.currency)} every {every}")]
    if plan.trial_period_days:
        lines.append(("Trial", f"{plan.trial_period_days} days, nothing is charged before"))
    return lines


def _clock(at: int) -> str:
    return f"{moment(at):%Y-%m-%d %H:%M} UTC"
