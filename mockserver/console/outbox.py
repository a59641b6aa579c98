"""The outbox as an inbox: what people would have got by mail, SMS and WhatsApp, with codes and links, and webhooks with their delivery log."""

from __future__ import annotations

import re
from typing import Any

import orjson
from starlette.responses import HTMLResponse, Response

from mockserver.console.client import ControlRefused
from mockserver.console.frame import HEADERS, Visit

PAGE = 100
"""Messages on one page."""
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
BODY_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
"""The content security policy of a mail's body: nothing runs, nothing loads."""


async def outbox(visit: Visit) -> Response:
    return await visit.page("outbox.html", **await _messages(visit))


async def outbox_part(visit: Visit) -> Response:
    return visit.fragment("outbox_list.html", **await _messages(visit))


async def body(visit: Visit) -> Response:
    """The body of an HTML mail, sandboxed."""
    found = await _found(visit, int(visit.named("number")))
    return HTMLResponse(found["body"].encode(), headers={**HEADERS, "Content-Security-Policy": BODY_POLICY})


async def clear(visit: Visit) -> Response:
    await visit.plane.call("DELETE", "/outbox")
    return visit.back("/console/outbox", "The outbox is empty.")


async def resend(visit: Visit) -> Response:
    """Send a webhook again, and say what came of it."""
    number = int(visit.named("number"))
    try:
        told = (await visit.plane.call("POST", f"/outbox/{number}/resend"))["delivery"]
    except ControlRefused as refused:
        if refused.status not in (403, 409):
            raise
        return visit.back(f"/console/outbox/{number}", f"It was not sent: {refused}", wrong=True)
    last = told["attempts"][-1]
    if last["result"] == "delivered":
        return visit.back(f"/console/outbox/{number}", f"Sent: the receiver answered {last['status']}.")
    answered = f"the receiver answered {last['status']}" if last["status"] is not None else last["note"]
    return visit.back(f"/console/outbox/{number}", f"Not delivered: {answered}.", wrong=True)


async def _messages(visit: Visit) -> dict[str, Any]:
    listed = (await visit.plane.get("/outbox", channel=visit.asked("channel"), to=visit.asked("to")))["messages"][::-1]
    text = visit.asked("text").casefold()
    if text:
        listed = [message for message in listed if any(text in message[name].casefold() for name in ("to", "subject", "body"))]
    chosen = visit.request.path_params.get("number")
    opened = await _found(visit, chosen) if chosen is not None else None
    thread = [message for message in reversed(listed) if opened and all(message[name] == opened[name] for name in ("channel", "to", "api"))]
    return {
        "messages": listed[:PAGE],
        "total": len(listed),
        "opened": opened,
        "thread": thread[-PAGE:],
        "data": _read_json(opened["body"]) if opened and opened["channel"] == "webhook" else None,
        "is_html": bool(opened and is_html(opened["body"])),
    }


async def _found(visit: Visit, number: int) -> dict[str, Any]:
    found: dict[str, Any] = await visit.plane.get(f"/outbox/{number}")
    return found


def _read_json(text: str) -> Any:
    """The data of a webhook's body; None if it is no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def is_html(text: str) -> bool:
    """Whether the body of a mail is a whole HTML page; anything else is shown as text."""
    return _HTML.match(text) is not None
