"""Messages that a vendor would send. They are kept in the world; only webhooks are sent, to addresses that the operator allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mockserver.core.base.clock import iso

_LINK = re.compile(r"https?://[^\s<>\"']+")

Channel = Literal["mail", "sms", "whatsapp", "webhook"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``to`` is an address, a phone number, or the URL of a webhook; ``codes`` are the codes in it that its reader has to enter."""

    id: int
    api: str
    channel: Channel
    to: str
    subject: str
    body: str
    sent_at: datetime
    codes: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[str, ...]:
        """The links in the body, in their order, without closing punctuation."""
        return tuple(link.rstrip(".,;:!?)") for link in _LINK.findall(self.body))

    def to_json(self) -> dict[str, Any]:
        """The message as the control plane shows it."""
        return {
            "id": self.id,
            "api": self.api,
            "channel": self.channel,
            "to": self.to,
            "subject": self.subject,
            "body": self.body,
            "codes": list(self.codes),
            "links": list(self.links),
            "sent_at": iso(self.sent_at),
        }
