"""The control plane's answers as typed records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


def moment(text: str) -> datetime:
    """A moment of the world's time, UTC."""
    return datetime.fromisoformat(text)


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _known(record: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record out of an answer; a newer server may send more."""
    return {field.name: data[field.name] for field in fields(record) if field.name in data}


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt to send a webhook, at a moment of the world's clock; ``milliseconds`` is real time.

    ``status`` is what the receiver answered, None if it did not, which ``note`` explains. ``result`` is delivered, failed or refused. ``next_at`` is
    when the next attempt was due after this one, ``by_hand`` is true if a call asked for it.
    """

    at: datetime
    url: str
    result: str
    status: int | None
    note: str
    milliseconds: int
    next_at: datetime | None
    by_hand: bool

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> DeliveryAttempt:
        return cls(**{**_known(cls, data), "at": moment(data["at"]), "next_at": _moment_or_none(data["next_at"])})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of a webhook. ``state`` is pending, delivered, failed or refused, ``made`` how many attempts were made; the latest 20 are kept."""

    event: str
    method: str
    url: str
    state: str
    made: int
    next_at: datetime | None
    note: str
    attempts: tuple[DeliveryAttempt, ...]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Delivery:
        attempts = tuple(map(DeliveryAttempt.read, data["attempts"]))
        return cls(**{**_known(cls, data), "next_at": _moment_or_none(data["next_at"]), "attempts": attempts})


@dataclass(frozen=True, slots=True)
class Message:
    """A mail, SMS or WhatsApp message that a vendor would have sent, or a webhook, whose ``delivery`` is None if it has no address."""

    id: int
    api: str
    channel: str
    to: str
    subject: str
    body: str
    codes: tuple[str, ...]
    links: tuple[str, ...]
    sent_at: datetime
    delivery: Delivery | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Message:
        told = data.get("delivery")
        delivery = None if told is None else Delivery.read(told)
        texts = {"codes": tuple(data["codes"]), "links": tuple(data["links"])}
        return cls(**{**_known(cls, data), **texts, "sent_at": moment(data["sent_at"]), "delivery": delivery})

    @property
    def code(self) -> str:
        """The first code. Raises LookupError if the message has none."""
        return self._first("code", self.codes)

    @property
    def link(self) -> str:
        """The first link. Raises LookupError if the message has none."""
        return self._first("link", self.links)

    def _first(self, name: str, found: tuple[str, ...]) -> str:
        if not found:
            raise LookupError(f"the message has no {name}: {self.body!r}")
        return found[0]


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that is going to happen in a world."""

    due: datetime
    action: str
    subject: int | str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A record that was ``added``, ``removed`` or ``changed``; ``fields`` maps JSON pointers to what stood there before and stands there after.

    Of a record that was added or removed these are the fields that have a value.
    """

    table: str
    id: int | str
    kind: str
    fields: Mapping[str, tuple[Any, Any]]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Change:
        found = {field["pointer"]: (field["before"], field["after"]) for field in data["fields"]}
        return cls(data["table"], data["id"], data["kind"], found)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer in a few words; ``mock.journal.exchange(number)`` has the rest."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    api: str | None
    operation: str | None
    status: int
    code: str | None
    fault: str | None
    findings: int
    changed: bool
    records_written: int
    injected: tuple[str, ...]
    milliseconds: float
    request_id: str = ""
    rewindable: bool = False
    undone: bool = False
    basis: str | None = None
    clause: str | None = None
    entry: str | None = None
    reason: str | None = None
    section: str | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Exchange:
        injected = tuple(f"{mark['source']}: {mark['effect']}" for mark in data["injected"])
        return cls(**{**_known(cls, data), "at": moment(data["at"]), "injected": injected})

    def __str__(self) -> str:
        target = self.path + (f"?{self.query}" if self.query else "")
        notes = [
            self.code or self.fault or "",
            *(f"[{mark}]" for mark in self.injected),
            f"{self.findings} findings" if self.findings else "",
            "undone" if self.undone else "",
        ]
        return " ".join(filter(None, [f"#{self.number}", self.method, target, "→", str(self.status or "reset"), *notes]))


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault rule, with how many calls it matched and to how many it applied."""

    id: int
    api: str
    operations: tuple[str, ...]
    matched: int
    struck: int
    said: Mapping[str, Any]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Rule:
        return cls(data["id"], data["api"], tuple(data["operations"]), data["matched"], data["struck"], data)
