"""Ownership of invoices, services and payout accounts: those of another user are reported as unknown (trincico.D11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver import Transaction, VendorFault, read_digits
from mockserver.apis.trincico.state import INVOICES, PAYOUT_ACCOUNTS, SERVICES, Invoice, PayoutAccount, Service, User

ALIVE = ("pending", "completed")
"""Statuses of the account that is a user's present one (trincico.D112)."""
HELD = (*ALIVE, "suspended")
"""Statuses of an account that a user has, whether or not it can be used (trincico.D114)."""


def own_service(world: Transaction, caller: User, named: int | str) -> Service | None:
    """The caller's service with this id or number (trincico.D62)."""
    number = named if isinstance(named, int) else read_digits(named)
    service = world.table(SERVICES).get(str(named).lower()) if number is None else world.table(SERVICES).find("number", number)
    return service if service is not None and service.owner_id == caller.id else None


def any_service(world: Transaction, named: str) -> Service:
    """The service with this id or number, of any user. Raises not_found."""
    number = read_digits(named)
    found = world.table(SERVICES).get(named.lower()) if number is None else world.table(SERVICES).find("number", number)
    if found is None:
        raise VendorFault("not_found")
    return found


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


def own_account(
    world: Transaction, caller: User, alias: Mapping[str, str], named: str | None = None, statuses: Sequence[str] = ALIVE
) -> PayoutAccount:
    """The payout account that a path or a body names, otherwise the caller's newest one in one of ``statuses`` (trincico.D105). Raises not_found."""
    named = named or alias.get("account_id")
    if named is not None:
        account = world.table(PAYOUT_ACCOUNTS).get(named.lower())
        if account is None or account.user_id != caller.id or account.status == "deleted":
            raise VendorFault("not_found")
        return account
    accounts = [account for account in world.table(PAYOUT_ACCOUNTS).select("user", caller.id) if account.status in statuses]
    if not accounts:
        raise VendorFault("not_found")
    return accounts[-1]
