"""Order and opaque cursors of the two paged lists (trincico.D68)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from mockserver import Stretch, TransactionTable, VendorFault, by_cursor
from mockserver.apis.trincico.state import Invoice, Payout, as_uuid

DEFAULT_LIMIT = 20
_MASK = int("f207bf8f05fb41a594b7236ec7b1fa9d", 16) ^ int("66297bd80127473d87fbe71f6dfd098c", 16)
"""Turns the id of a row into the cursor that stands for it, and back. With it the page's sample holds: next_page stands for the last row."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

R = TypeVar("R", Invoice, Payout)


def page(records: TransactionTable[R], owned: Iterable[R], wanted: Iterable[R], size: int, next_page: str | None, order_by: str | None) -> Stretch[R]:
    """One page of the wanted ones among the records that the caller owns, after the one that the cursor stands for. Raises unknown_page."""
    after = None
    if next_page is not None:
        after = records.get(_flipped(next_page))
        if after is None or after not in owned:
            raise VendorFault("unknown_page")
    name, descending = _order(order_by or "-created_at")
    return by_cursor(wanted, size, lambda record: (getattr(record, name), record.number), after, descending=descending)


def cursor(stretch: Stretch[R]) -> str | None:
    """The cursor of the next page, None after the last."""
    return _flipped(stretch.items[-1].id) if stretch.more else None


def _order(order_by: str) -> tuple[str, bool]:
    """The field and whether it descends, from ``field``, ``-field`` or ``field DESC`` (trincico.D69)."""
    name, _, direction = order_by.removeprefix("-").partition(" ")
    return name, order_by.startswith("-") or direction == "DESC"


def _flipped(text: str) -> str:
    """The cursor of an id, and the id of a cursor; a text that is no UUID is returned unchanged."""
    return as_uuid(int(text.replace("-", ""), 16) ^ _MASK) if _UUID.fullmatch(text) else text
