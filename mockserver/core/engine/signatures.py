"""The headers by which a receiver knows a webhook: its id, its moment, its event and its signature (HMAC with SHA-256)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from datetime import datetime

from mockserver.core.state.deliveries import Delivery
from mockserver.openapi.inference.words import fold

_STANDARD = ("webhooksignature", "svixsignature")


def sign(delivery: Delivery, now: datetime) -> Iterator[tuple[str, str]]:
    """The headers of an attempt at a moment: those of every attempt, then those that the document describes.

    ``webhook-signature`` is made as Standard Webhooks has it, of id, moment and body; any other header with such a name of the body alone, in
    hexadecimal digits. The id stays the same in every attempt, the moment is that of the attempt, because receivers refuse old ones.
    """
    for line in delivery.headers:
        name, _, value = line.partition(": ")
        yield name, value
    yield from _described(delivery.signed, delivery, int(now.timestamp()))


def _described(names: Sequence[str], delivery: Delivery, moment: int) -> Iterator[tuple[str, str]]:
    body = delivery.body.encode()
    for name in names:
        folded = fold(name)
        if "signature" in folded or "hmac" in folded:
            if folded in _STANDARD:
                digest = hmac.digest(_key(delivery.secret), f"msg_{delivery.id}.{moment}.".encode() + body, "sha256")
                yield name, f"v1,{base64.b64encode(digest).decode()}"
            else:
                yield name, hmac.digest(delivery.secret.encode(), body, "sha256").hex()
        elif folded.endswith("timestamp"):
            yield name, str(moment)
        elif folded.endswith(("webhookid", "svixid", "messageid", "deliveryid", "eventid")):
            yield name, f"msg_{delivery.id}"
        elif folded.endswith(("event", "topic", "eventtype")):
            yield name, "".join(letter for letter in delivery.event if letter.isascii() and letter.isprintable())


def _key(secret: str) -> bytes:
    """The bytes of a secret, which Standard Webhooks writes in base64 behind ``whsec_``."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
