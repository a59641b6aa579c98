"""Ownership of invoices, services and payout accounts: those of another user are reported as unknown (trincico.D11)."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver import Transaction, VendorFault, read_digits
from mockserver.apis.trincico.state import INVOICES, PAYOUT_ACCOUNTS, SERVICES, Invoice, PayoutAccount, Service, User

ALIVE = ("pending", "completed")
"""Statuses of the account that is a user's present one (trincico.D112)."""


def own_service(world: Transaction, caller: User, named: int | str) -> Service | None:
    """The caller's service with this id or number (trincico.D62)."""
    number = named if isinstance(named, int) else read_digits(named)
    service = world.table(SERVICES).get(str(named).lower()) if number is None else world.table(SERVICES).find("number", number)
    return service if service is not None and service.owner_id == caller.id else None


def own_invoice(world: Transaction, caller: User, invoice_id: str) -> Invoice:
    """The caller's invoice with this id. Raises not_found."""
    invoice = world.table(INVOICES).get(invoice_id.lower())
    if invoice is None or invoice.owner_id != caller.id:
        raise VendorFault("not_found")
    return invoice


def own_draft(world: Transaction, caller: User, invoice_id: str) -> Invoice:
    """The caller's invoice with this id, which is a draft. Raises not_found or status_value_denied."""
    invoice = own_invoice(world, caller, invoice_id)
    if invoice.status != "draft":
        raise VendorFault("status_value_denied")
    return invoice


def own_account(world: Transaction, caller: User, alias: Mapping[str, str], named: str | None = None) -> PayoutAccount:
    """The payout account that a path or a body names, otherwise the caller's present one (trincico.D105). Raises not_found."""
    named = named or alias.get("account_id")
    if named is not None:
        account = world.table(PAYOUT_ACCOUNTS).get(named.lower())
        if account is None or account.user_id != caller.id or account.status == "deleted":
            raise VendorFault("not_found")
        return account
    accounts = [account for account in world.table(PAYOUT_ACCOUNTS).select("user", caller.id) if account.status in ALIVE]
    if not accounts:
        raise VendorFault("not_found")
    return accounts[-1]
