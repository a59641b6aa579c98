"""The end of a checkout, as a browser and as the provider report it. Source: "Routes"; lists and reads are played by the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import checkouts
from mockserver.apis.trincico.state import CHECKOUTS


def complete_payment(world: Transaction, session: str | None, home: str) -> Reply:
    """Send the browser on: to an address of the call if an outcome was chosen, back to the page before."""
    if session is None:
        raise VendorFault("missing_param")
    checkout = world.table(CHECKOUTS).get(session)
    if checkout is None:
        raise VendorFault("not_found")
    if checkout.status in checkouts.LEFT:
        target = checkout.success_url if checkout.status == checkouts.PAID else checkout.cancel_url
    else:
        target = f"{home}/checkout/{checkout.id}"
    return Reply(302, None, {"Location": target, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


def submit_payment_outcome(world: Transaction, body: Mapping[str, Any], home: str) -> Reply:
    """Do what the button of the checkout page does; the first outcome counts."""
    checkout = world.table(CHECKOUTS).get(body["session"])
    if checkout is None:
        raise VendorFault("not_found")
    checkout = checkouts.choose(world, checkout, body["outcome"], "visa", home)
    return Reply(200, {"session": checkout.id, "status": checkout.status})
