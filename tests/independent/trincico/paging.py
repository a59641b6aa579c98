"""Lists in pages: limit, next_page, status, order_by."""

import base64
import binascii
import random
from collections.abc import Callable, Mapping

from tests.independent.trincico.database import Row, insert, new_id, row
from tests.independent.trincico.faults import Json, Refused, uuid_of
from tests.independent.trincico.settings import READING, planted

DEFAULT_LIMIT = 20
Query = Mapping[str, str]


def limit_of(query: Query) -> int:
    text = query.get("limit")
    if text is None:
        if READING.limit_required:
            raise Refused(READING.invalid_status, "missing_param", "limit")
        return DEFAULT_LIMIT
    if planted("limit_ignored"):
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:10]) < 2**31 or len(text) > 10:
        raise Refused(READING.invalid_status, "invalid_param", "limit")
    return int(text) + planted("limit_plus_one")


def place_of(query: Query, found: list[Row]) -> int:
    """How many rows lie before the page that is asked for."""
    token = query.get("next_page", query.get("cursor"))
    if token is None:
        return 0
    seq = sequence_of(token)
    for place, one in enumerate(found):
        if one["seq"] == seq:
            return place
    raise Refused(READING.invalid_status, "invalid_param", "next_page")


def sequence_of(token: str) -> int | None:
    if READING.cursor == "packed":
        try:
            return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("row:"))
        except (ValueError, binascii.Error):
            return None
    key = uuid_of(token)
    if READING.cursor == "next":
        known = row("select seq from invoices where id=? union all select seq from payouts where id=?", key, key)
    else:
        known = row("select seq from cursors where id=?", key)
    return None if known is None else int(known["seq"])


def token_of(one: Row) -> str:
    if READING.cursor == "packed":
        return base64.urlsafe_b64encode(f"row:{one['seq']}".encode()).decode()
    if READING.cursor == "next":
        return str(one["id"])
    token = new_id()
    insert("cursors", id=token, seq=one["seq"])
    return token


def order_rows(found: list[Row], query: Query, properties: str) -> list[Row]:
    asked = query.get("order_by")
    name = (asked or "-created_at").removeprefix("-")
    if name not in properties.split():
        if READING.list_values_refused:
            raise Refused(READING.invalid_status, "invalid_param", "order_by")
        asked, name = None, "created_at"
    backwards = asked is None or asked.startswith("-")
    if planted("order_ignored"):
        backwards, name = True, "created_at"
    if planted("oldest_first") and asked is None:
        backwards = False
    if planted("unstable_order"):
        random.shuffle(found)
        return sorted(found, key=lambda one: one[name], reverse=backwards)
    return sorted(found, key=lambda one: (one[name], one["seq"]), reverse=backwards)


def filter_status(found: list[Row], query: Query, known: str) -> list[Row]:
    status = query.get("status")
    if status is None or planted("status_ignored"):
        return found
    if status not in known.split():
        if READING.list_values_refused:
            raise Refused(READING.invalid_status, "invalid_param", "status")
        return found
    return [one for one in found if one["status"] == status]


def page(found: list[Row], query: Query, render: Callable[[Row], Json]) -> Json:
    limit = limit_of(query)
    start = place_of(query, found)
    if planted("page_overlap") and start:
        start -= 1
    shown = found[start : start + limit]
    following = found[start + limit + planted("page_gap") :]
    if planted("oldest_lost") and len(following) == 1:
        following = []
    if planted("page_after_end") and shown:
        following = following or found[-1:]
    return {"next_page": token_of(following[0]) if following else None, "data": [render(one) for one in shown]}
