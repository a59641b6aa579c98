"""The parts of one world: clock, faults, services, journal, outbox, state, snapshots."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from mockserver.testing.records import Change, Exchange, Message, Rule, Timer, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockserver.testing.client import Wire
    from mockserver.testing.mock import Mock

    Moment = datetime | str
    Duration = timedelta | str
    Call = Mapping[str, Any]


class Unverified(AssertionError):
    """An expected call was not made. The text names the nearest call and the fields that differ."""


def _written(value: Moment) -> str:
    return value.isoformat() if isinstance(value, datetime) else value


def _duration(value: Duration) -> str:
    """An ISO 8601 duration; a timedelta of whole seconds."""
    if not isinstance(value, timedelta):
        return value
    return ("-" if value < timedelta() else "") + f"PT{int(abs(value).total_seconds())}S" if abs(value).days < 1 else _days(value)


def _days(value: timedelta) -> str:
    sign, span = ("-", -value) if value < timedelta() else ("", value)
    return f"{sign}P{span.days}D" + (f"T{span.seconds}S" if span.seconds else "")


def write_parameter(value: Any) -> str:
    """A value in the form of a query parameter: text unchanged, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


class Clock:
    """The time of the world. What becomes due happens before the next call is answered."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def now(self) -> datetime:
        return moment(self._wire.call("GET", "/clock")["now"])

    @property
    def mode(self) -> str:
        """``real``, ``shifted`` or ``frozen``."""
        return str(self._wire.call("GET", "/clock")["mode"])

    @property
    def timers(self) -> list[Timer]:
        """The pending timers, in due order."""
        found = self._wire.call("GET", "/clock/timers")["timers"]
        return [Timer(moment(timer["due"]), timer["action"], timer["subject"]) for timer in found]

    def freeze(self, at: Moment | None = None) -> datetime:
        """Stand still at a moment, or now."""
        return self._move({"freeze": _written(self.now if at is None else at)})

    def advance(self, duration: Duration) -> datetime:
        """Move on by a duration, such as ``P31D`` or a timedelta of whole seconds."""
        return self._move({"advance": _duration(duration)})

    def run_from(self, at: Moment) -> datetime:
        """Run on from a moment."""
        return self._move({"run_from": _written(at)})

    def shift(self, duration: Duration) -> datetime:
        """Run ahead of real time by a duration; a negative one runs behind."""
        return self._move({"shift": _duration(duration)})

    def to_next_timer(self) -> datetime:
        """Move to the moment at which the next timer is due."""
        return self._move({"to": "next_timer"})

    def resume(self) -> datetime:
        return self._move({"resume": True})

    def _move(self, change: Mapping[str, Any]) -> datetime:
        return moment(self._wire.call("PATCH", "/clock", change)["now"])


class AddedRule:
    """A rule that was added; as a context manager it is removed at the end."""

    def __init__(self, wire: Wire, rule: Rule) -> None:
        self._wire = wire
        self.id = rule.id
        self.operations = rule.operations

    @property
    def struck(self) -> int:
        """How many calls went wrong by it so far."""
        return next(int(rule["struck"]) for rule in self._wire.call("GET", "/faults")["rules"] if rule["id"] == self.id)

    def remove(self) -> None:
        """Let calls pass again."""
        self._wire.call("DELETE", f"/faults/{self.id}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class Faults:
    """The fault rules of the world."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def add(
        self,
        api: str | None = None,
        operation: str | None = None,
        *,
        preset: str | None = None,
        status: int | None = None,
        code: str | None = None,
        body: str | Mapping[str, Any] | list[Any] | None = None,
        media_type: str | None = None,
        answer_headers: Mapping[str, str] | None = None,
        undocumented: bool = False,
        delay: float | Mapping[str, Any] | None = None,
        damage: Literal["reset", "timeout", "truncated", "malformed", "drip"] | None = None,
        seconds: float | None = None,
        when: Literal["before", "after"] | None = None,
        **options: Any,
    ) -> AddedRule:
        """Make calls fail: as a ``preset`` says, with a documented ``status`` or ``code``, a ``delay`` in seconds, or ``damage`` on the wire.

        Without ``api`` the calls of every API fail. ``body`` and ``answer_headers`` are those of an answer of one's own; ``undocumented`` sends a
        status that the vendor's document lacks. ``seconds`` is how long a body drips or a connection is held. ``options`` are the other fields of a
        rule: ``first``, ``every``, ``nth``, ``since``, ``probability``, ``rate``, ``concurrent``, ``lasts``, ``list``, ``deliveries``, ``method``,
        ``path``, ``caller``, ``headers``. Raises Refused if the vendor's document has no such answer, and for a field that a rule does not have.
        """
        answer = {"status": status, "code": code, "body": body, "media_type": media_type, "headers": answer_headers}
        answer |= {"undocumented": True} if undocumented else {}
        broken = None if damage is None else {"kind": damage} | ({} if seconds is None else {"seconds": seconds})
        said = {
            "preset": preset,
            "api": api,
            "operation": operation,
            "answer": _given(answer) or None,
            "delay": delay,
            "damage": broken,
            "when": when,
        }
        return AddedRule(self._wire, Rule.read(self._wire.call("POST", "/faults", _given({**said, **options}))))

    @property
    def presets(self) -> dict[str, str]:
        """The failures that ``preset`` can name, with what happens."""
        return {found["name"]: found["description"] for found in self._wire.call("GET", "/faults/presets")["presets"]}

    @property
    def rules(self) -> list[Rule]:
        """The rules, in the order in which they are tried."""
        return list(map(Rule.read, self._wire.call("GET", "/faults")["rules"]))

    def clear(self) -> None:
        self._wire.call("DELETE", "/faults")


class Services:
    """The services behind the vendors' APIs."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def all(self) -> dict[str, bool]:
        """Whether each service is down, by its full name."""
        return {service["name"]: service["down"] for service in self._wire.call("GET", "/services")["services"]}

    def down(self, name: str) -> None:
        self._wire.call("PUT", f"/services/{name}", {"down": True})

    def up(self, name: str) -> None:
        self._wire.call("PUT", f"/services/{name}", {"down": False})


class Transitions:
    """The changes of a status that vendors' records make by themselves, such as ``trincico.payout``."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def all(self) -> dict[str, dict[str, Any]]:
        """The policy of each transition, by its full name; empty where everything is as the vendor does it."""
        return {found["name"]: found["policy"] for found in self._wire.call("GET", "/transitions")["transitions"]}

    def set(self, name: str, *, after: Duration | None = None, reads: int | None = None, outcome: str | None = None) -> None:
        """Let a transition end ``after`` a duration or at the read of that number, and with an ``outcome``. Without any, it is as the vendor does it.

        Raises Refused if the vendor has no such transition, or the transition no such outcome.
        """
        said = {"after": None if after is None else _duration(after), "reads": reads, "outcome": outcome}
        self._wire.call("PUT", f"/transitions/{name}", _given(said))


class Journal:
    """The recorded calls of the world and their answers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def exchanges(self, *, limit: int = 1000, **filters: Any) -> list[Exchange]:
        """The latest exchanges, oldest first. Filters: api, operation, method, path, status, changed, injected, since."""
        return list(map(Exchange.read, self._wire.call("GET", "/journal", params={"limit": limit, **filters})["exchanges"]))

    def exchange(self, number: int) -> dict[str, Any]:
        """One exchange with headers, bodies, findings and clauses, as the control plane shows it."""
        return self._wire.get(f"/journal/{number}")

    def har(self, **filters: Any) -> dict[str, Any]:
        return self._wire.get("/journal/har", params=filters)

    def follow(self, since: int | None = None, timeout: float | None = None) -> Iterator[Exchange]:
        for data in self._wire.listen("/journal/stream", {"since": since, "timeout": timeout}):
            yield Exchange.read(json.loads(data))

    def verify(self, operation: str | None = None, *, count: int | Mapping[str, int] | None = None, **call: Any) -> int:
        """The number of matching calls. Raises Unverified if there were not ``count`` of them, or none at all.

        Criteria: operation, api, method, path, status, code, headers, query, body. A criterion that is not named matches everything; a body
        may have more members than are named.
        """
        expected = {"operation": operation, **call} if operation is not None else call
        body: dict[str, Any] = {"call": expected} | ({} if count is None else {"count": count})
        return self._verdict(body)

    def verify_in_order(self, *calls: Call) -> None:
        """Raise Unverified if calls like these were not made in this order."""
        self._verdict({"in_order": list(calls)})

    def clear(self) -> None:
        self._wire.call("DELETE", "/journal")

    def _verdict(self, body: Mapping[str, Any]) -> int:
        verdict = self._wire.call("POST", "/journal/verify", body)
        if not verdict["verified"]:
            raise Unverified("\n".join([verdict["text"], *_told(verdict["nearest"])]))
        return int(verdict["count"])


def _told(nearest: Mapping[str, Any] | None) -> list[str]:
    if nearest is None:
        return ["there was no call that comes near"]
    differing = [f"  {found['field']}: expected {found['expected']!r}, got {found['got']!r}" for found in nearest["differences"]]
    return [f"nearest: {Exchange.read(nearest['exchange'])}", *differing]


SENDING = 10.0
"""Seconds that the server waits for the receiver of a webhook."""


class Outbox:
    """The messages that vendors would have sent."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def messages(self) -> list[Message]:
        return list(map(Message.read, self._wire.call("GET", "/outbox")["messages"]))

    def message(self, number: int) -> Message:
        """A message by its id, a webhook with its delivery log. Raises Refused (404)."""
        return Message.read(self._wire.call("GET", f"/outbox/{number}"))

    def resend(self, number: int) -> Message:
        """Send a webhook again now. Returns it with its delivery log, whose last attempt this is, whatever the receiver answered.

        Raises Refused if it is no webhook or has no subscriber (409), or if the server may not call its address (403).
        """
        return Message.read(self._wire.call("POST", f"/outbox/{number}/resend", wait=SENDING))

    def wait(
        self,
        to: str | None = None,
        *,
        subject: str | None = None,
        body: str | None = None,
        channel: Literal["mail", "sms", "whatsapp", "webhook"] | None = None,
        api: str | None = None,
        after: int | None = None,
        timeout: float = 5.0,
    ) -> Message:
        """Wait for the newest matching message. ``subject`` and ``body`` are texts that it contains.

        Raises Refused (404) if there is none after ``timeout`` seconds; the text lists the messages that there are.
        """
        params = {"to": to, "subject~": subject, "body~": body, "channel": channel, "api": api, "after": after, "timeout": timeout}
        return Message.read(self._wire.call("GET", "/outbox/wait", params=params, wait=timeout))

    def clear(self) -> None:
        self._wire.call("DELETE", "/outbox")


def _write_id(record_id: int | str) -> str:
    """An id as a part of a path: a slash in it is encoded twice."""
    return quote(str(record_id).replace("/", "%2F"), safe="")


class State:
    """The records of a vendor in the world."""

    def __init__(self, wire: Wire, slug: str) -> None:
        self._wire = wire
        self._path = f"/state/{slug}"

    @property
    def tables(self) -> dict[str, int]:
        """How many records each table has."""
        found: dict[str, int] = self._wire.call("GET", self._path)["tables"]
        return found

    def records(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The records of a table whose fields have these values, oldest first; at most 10000."""
        params = {"where": [f"{name}={write_parameter(value)}" for name, value in where.items()], "limit": 10_000}
        found: list[dict[str, Any]] = self._wire.call("GET", f"{self._path}/{table}", params=params)["records"]
        return found

    def get(self, table: str, record_id: int | str) -> dict[str, Any]:
        return self._wire.get(f"{self._path}/{table}/{_write_id(record_id)}")

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Add a record; without an id it gets the next one."""
        found: dict[str, Any] = self._wire.call("POST", f"{self._path}/{table}", values)
        return found

    def change(self, table: str, record_id: int | str, **values: Any) -> dict[str, Any]:
        """Change fields of a record."""
        found: dict[str, Any] = self._wire.call("PATCH", f"{self._path}/{table}/{_write_id(record_id)}", values)
        return found

    def remove(self, table: str, record_id: int | str) -> None:
        """Remove a record to which no other refers."""
        self._wire.call("DELETE", f"{self._path}/{table}/{_write_id(record_id)}")


class Snapshot:
    """A stored state of the world."""

    def __init__(self, mock: Mock, wire: Wire, name: str) -> None:
        self._mock = mock
        self._wire = wire
        self.name = name

    def restore(self) -> None:
        self._wire.call("POST", f"/snapshots/{self.name}/restore")

    def fork(self, name: str | None = None) -> Mock:
        """A new world that starts from it."""
        return self._mock.create({"snapshot": self.name, "world": self._wire.world}, name)

    def diff(self, after: Snapshot | None = None) -> list[Change]:
        """What changed since, up to now or to another snapshot."""
        params = {"before": self.name, "after": None if after is None else after.name}
        changes: Sequence[Mapping[str, Any]] = self._wire.call("GET", "/diff", params=params)["changes"]
        return list(map(Change.read, changes))

    def delete(self) -> None:
        self._wire.call("DELETE", f"/snapshots/{self.name}")
