"""The messages that the hook ``outbox`` of a target gives, and which of them one test has caused."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_PHONE = re.compile(r"(?:\d[\s().-]*){5,}")

Message = dict[str, Any]


def read_messages(text: str) -> list[Message]:
    """The messages in the output of the hook, each with every field that tests read.

    Raises:
        ValueError: the output is not ``{"messages": [{…}, …]}``.
    """
    try:
        found = json.loads(text)["messages"]
        return [_complete(message) for message in found]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError('the hook outbox does not give {"messages": [{…}]}') from error


def _complete(given: Message) -> Message:
    message = {"channel": "", "to": "", "subject": None, "body": "", "codes": [], "links": [], **given}
    return {**message, "channel": _channel(message)}


def _channel(message: Message) -> str:
    """``mail``, ``sms`` or ``whatsapp``. No page names the words of this field, so the recipient decides, whatever the hook calls the channel."""
    given, recipient = str(message["channel"] or "").lower(), str(message["to"] or "")
    if "@" in recipient:
        return "mail"
    if _PHONE.search(recipient):
        return "whatsapp" if "whats" in given else "sms"
    return "mail" if given in ("email", "e-mail") else given


def new_messages(before: Sequence[Message], now: Sequence[Message]) -> list[Message]:
    """The messages of ``now`` that are not among those of ``before``, oldest first.

    Old messages may have been dropped in between, by a reset or because the outbox keeps a number of them. An outbox may be sorted newest first.
    """
    earlier, later = [_text(one) for one in before], [_text(one) for one in now]
    for kept in range(len(earlier), 0, -1):
        if later[:kept] == earlier[-kept:]:  # oldest first, the oldest ones dropped
            return [*now[kept:]]
        if later[-kept:] == earlier[:kept]:  # newest first
            return [*reversed(now[: len(now) - kept])]
    return [*now]


def _text(message: Message) -> str:
    return json.dumps(message, sort_keys=True, default=str)
