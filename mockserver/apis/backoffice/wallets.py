"""Ledgers. Source: "Operaciones de wallets"."""

from __future__ import annotations

from mockserver import Reply, Transaction, by_page
from mockserver.apis.backoffice.shown import moment, money
from mockserver.apis.backoffice.state import TRANSACTIONS

PAGE_SIZE = 30


def get_wallet_transactions(world: Transaction, wallet_id: int, user_id: int, page: int) -> Reply:
    """One page of a user's transactions in a wallet, oldest first; without transactions there is one page (backoffice.D30).

    Units: ``amount`` and ``balance`` are decimal text.
    """
    found = by_page(world.table(TRANSACTIONS).select("ledger", (wallet_id, user_id)), page, PAGE_SIZE)
    return Reply(
        200,
        {
            "list": [
                {
                    "id": transaction.id,
                    "amount": money(transaction.amount),
                    "balance": money(transaction.balance),
                    "description": transaction.description,
                    "date": moment(transaction.at),
                }
                for transaction in found.items
            ],
            "total_pages": max(1, found.pages),
            "current_page": page,
        },
    )
