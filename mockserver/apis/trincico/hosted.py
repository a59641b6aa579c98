"""The pages behind a ``redirect_url``. The vendor leaves them to its payment provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.trincico import checkouts, onboardings, pages
from mockserver.apis.trincico.state import CHECKOUTS, ONBOARDINGS


def get_checkout(world: Transaction, session: str) -> Reply:
    """The checkout page as it stands."""
    checkout = world.table(CHECKOUTS).get(session)
    return pages.unknown() if checkout is None else pages.checkout(world, checkout)


def submit_checkout(world: Transaction, session: str, body: Mapping[str, Any], home: str) -> Reply:
    """Press a button: the first outcome counts, and every later press redirects to the same address."""
    checkout = world.table(CHECKOUTS).get(session)
    if checkout is None:
        return pages.unknown()
    checkout = checkouts.choose(world, checkout, body["outcome"], body.get("card", "visa"), home)
    if checkout.status in (checkouts.EXPIRED, checkouts.OUTDATED):
        return pages.checkout(world, checkout)
    if checkout.status in checkouts.LEFT:
        return _leave(checkout.success_url if checkout.status == checkouts.PAID else checkout.cancel_url)
    return _leave(f"{home}/checkout/{checkout.id}")


def get_onboarding(world: Transaction, session: str) -> Reply:
    """The onboarding page."""
    onboarding = world.table(ONBOARDINGS).get(session)
    return pages.unknown() if onboarding is None else pages.onboarding(world, onboarding)


def submit_onboarding(world: Transaction, session: str, body: Mapping[str, Any]) -> Reply:
    """Press a button: the first outcome counts, and every later press redirects to the same address."""
    onboarding = world.table(ONBOARDINGS).get(session)
    if onboarding is None:
        return pages.unknown()
    onboarding = onboardings.choose(world, onboarding, body["outcome"], body.get("bank", "test_bank_usd"))
    if onboarding.status not in onboardings.LEFT:
        return pages.onboarding(world, onboarding)
    return _leave(onboarding.return_url if onboarding.status == onboardings.COMPLETED else onboarding.refresh_url)


def _leave(url: str) -> Reply:
    """Send the browser on, to an address that the first call gave; its form is a matter of the document."""
    return Reply(303, None, {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
