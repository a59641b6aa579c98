"""The faults that a schedule can place at a call, by name, with the fault rule or the event that makes each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RETRY_AFTER = "1"
"""Seconds that refusals ask to wait."""
HOLD = 60
"""Seconds for which a call is held without an answer."""
SLOW = 2.0
"""Seconds that a slow answer takes; less than the time-outs that clients have."""
Event = Literal["refuse", "jump", "down", "other", "page"]


@dataclass(frozen=True, slots=True)
class PlacedFault:
    """One thing that can happen at a call.

    ``rule`` are the fields of a fault rule; without one, ``event`` happens between two calls. ``is_true`` says whether a correct client can know what
    to do: an answer that contradicts the records can be survived by none. ``family`` joins faults that look alike to a client. ``jump`` is a duration
    of time. ``is_slow`` faults make the client wait.
    """

    name: str
    text: str
    family: str
    rule: Mapping[str, Any] | None = None
    event: Event | None = None
    is_true: bool = True
    jump: str = ""
    is_slow: bool = False
    lasts: bool = True
    """Whether it differs if it happens from there on."""
    details: Mapping[str, str] = field(default_factory=dict)


def _answer(status: int, phrase: str) -> PlacedFault:
    headers = {"headers": {"Retry-After": RETRY_AFTER}} if status in (429, 503) else {}
    after = f", with Retry-After: {RETRY_AFTER}" if headers else ""
    return PlacedFault(
        f"status:{status}", f"is answered {status} {phrase}{after}", "refusal", {"answer": {"status": status, "undocumented": True, **headers}}
    )


LOST_ANSWER = "lost-answer"
RESET_BEFORE = "reset-before"
BAD_GATEWAY = "bad-gateway"
TIMEOUT = "timeout"
TIMEOUT_AFTER = "timeout-after"
GATEWAY_TIMEOUT = "gateway-timeout"
REFUSED = "connection-refused"
EMPTY_LIST = "empty-list"
SECOND_PAGE = "second-page"
DELIVERED_TWICE = "delivered-twice"
LATER_PAGE = "later-page"

FIXED: Mapping[str, PlacedFault] = {
    fault.name: fault
    for fault in (
        PlacedFault(LOST_ANSWER, "is carried out, and the connection is reset instead of the answer", "lost answer", {"preset": LOST_ANSWER}),
        PlacedFault(RESET_BEFORE, "is not carried out, and the connection is reset", "connection", {"preset": RESET_BEFORE}),
        PlacedFault(
            TIMEOUT,
            "is not carried out, and gets no answer",
            "no answer",
            {"damage": {"kind": "timeout", "seconds": HOLD}, "when": "before"},
            is_slow=True,
        ),
        PlacedFault(
            TIMEOUT_AFTER,
            "is carried out, and gets no answer",
            "lost answer",
            {"damage": {"kind": "timeout", "seconds": HOLD}, "when": "after"},
            is_slow=True,
        ),
        PlacedFault(BAD_GATEWAY, "is answered 502 by a gateway, with a page of HTML", "page", {"preset": BAD_GATEWAY}),
        PlacedFault(
            GATEWAY_TIMEOUT, "is carried out, and answered 504 by a gateway, with a page of HTML", "lost answer", {"preset": GATEWAY_TIMEOUT}
        ),
        _answer(500, "Internal Server Error"),
        _answer(502, "Bad Gateway"),
        _answer(503, "Service Unavailable"),
        _answer(504, "Gateway Timeout"),
        _answer(429, "Too Many Requests"),
        PlacedFault("truncated", "is carried out, and its answer breaks off", "broken body", {"preset": "truncated"}),
        PlacedFault("malformed", "is carried out, and its answer cannot be parsed", "broken body", {"preset": "malformed"}),
        PlacedFault("slow-answer", f"is answered after {SLOW:g} s", "slow", {"delay": SLOW, "when": "after"}, is_slow=True),
        PlacedFault(EMPTY_LIST, "is answered with a list without records", "list", {"preset": EMPTY_LIST}, is_true=False),
        PlacedFault(SECOND_PAGE, "is answered with half of its records, and the rest on a second page", "page of a list", {"preset": SECOND_PAGE}),
        PlacedFault(DELIVERED_TWICE, "is delivered twice", "delivered twice", {"preset": DELIVERED_TWICE}),
        PlacedFault(REFUSED, "finds the connection refused", "connection", event="refuse"),
    )
}
_UNKNOWABLE = re.compile(r"exist|already|duplicat|not found|unknown|conflict|taken|registrad|ya |no existe|no encontrad|no se encontr", re.IGNORECASE)
"""Texts of refusals that say something about the records, which is not true if the refusal is injected."""
_UNKNOWABLE_STATUSES = frozenset({404, 409, 410, 412, 428})


def make_fault(name: str) -> PlacedFault:
    """The fault of a name that a schedule has. Raises ValueError if there is none.

    Besides those of the table there are ``status:400``, ``code:CODE`` (with ``!`` after ``code`` if it is not true), ``jump:PT15M``,
    ``down:SERVICE``, ``other:TABLE/ID/FIELD`` and ``later-page:TABLE/COUNT``.
    """
    if name in FIXED:
        return FIXED[name]
    kind, _, value = name.partition(":")
    if kind == "status" and value.isdigit():
        status = int(value)
        return PlacedFault(
            name, f"is refused with status {value}", "refusal", {"answer": {"status": status}}, is_true=status not in _UNKNOWABLE_STATUSES
        )
    if kind in ("code", "code!") and value:
        return PlacedFault(name, f"is refused with the code {value}", "refusal", {"answer": {"code": value}}, is_true=kind == "code")
    if kind == "jump" and value:
        return PlacedFault(name, f"comes after the time has moved on by {value}", "time", event="jump", jump=value, lasts=False)
    if kind == "down" and value:
        return PlacedFault(name, f"comes while {value} is down", "refusal", event="down", details={"service": value}, lasts=False)
    return _make_change(name, kind, value)


def _make_change(name: str, kind: str, value: str) -> PlacedFault:
    """A change of records that is not the client's. Raises ValueError if there is no such fault."""
    if kind == "other" and value.count("/") == 2:  # noqa: PLR2004 - table, id and field
        table, record, changed = value.split("/")
        details = {"table": table, "id": record, "field": changed}
        return PlacedFault(
            name, f"comes after another user has changed {changed} of {table} {record}", "other user", event="other", details=details, lasts=False
        )
    table, _, number = value.partition("/")
    if kind == LATER_PAGE and table and number.isdigit():
        details = {"table": table, "count": number}
        text = f"lists {number} other records of {table} in front of those that the client creates, which are there already"
        return PlacedFault(name, text, "later page", event="page", details=details, lasts=False)
    raise ValueError(f"there is no fault {name!r}")


def name_refusal(error: Mapping[str, Any]) -> str:
    """The name of the fault that injects a documented refusal."""
    is_true = error["status"] not in _UNKNOWABLE_STATUSES and not _UNKNOWABLE.search(f"{error['code']} {error['message']}")
    return f"{'code' if is_true else 'code!'}:{error['code']}"
