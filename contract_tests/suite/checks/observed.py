"""What all answers of a run have in common: each id has one JSON type, text is UTF-8, amounts are decimals, and no answer carries a password.

Nothing is sent for these checks: they read the answers to the calls of the others.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from mockserver.openapi.documents import Document

from ..harness.findings import Exchange, Finding, Verdict, VerdictStatus
from .model import BehaviourModel

KIND = "an id has one type in every answer"
CHARSET = "text is sent as UTF-8"
DECIMAL = "an amount is a decimal"
SECRET = "no answer carries a password"  # noqa: S105 - the name of a check
TIME = "a moment is told with its true offset"
LAWS = (KIND, CHARSET, DECIMAL, SECRET, TIME)
REMEMBERED = 5_000
"""Bodies that are read once only."""
LONGEST = 1_000_000
"""Bytes of a body that is read."""
KEPT = 4_000_000
"""Bytes of answers in which a password is looked for before it was sent."""
SHORTEST = 8
"""Characters of a password that is looked for in answers."""
PLACES = 6
"""Decimal places that an amount may need; what differs beyond them by a trace is the error of a binary fraction."""
LONG = re.compile(rb"(?:\"((?:[^\"\\]|\\.)*)\"\s*:\s*)?(-?\d+\.\d{9,})(?![\d.eE\"])")
ID = re.compile(r"(^|_)ids?$|[a-z]Id$")
PASSWORD = re.compile(r"(^|_)(password|passwd|pwd|contrasena|secret)(_?(hash|digest))?$", re.IGNORECASE)
NOW = re.compile(r"^(created|updated|issued|emitted|modified)(_?(at|on|date))?$", re.IGNORECASE)
QUARTER = 900
"""Seconds of a quarter of an hour: offsets from UTC are multiples of it."""
FAR, NEAR = 14 * 3600 + 300, 90
"""Seconds that a wrong offset can make, and that two clocks may differ."""


class Observer:
    """Collects what the answers of a run have in common. ``problems`` are findings by check, operation and place, the first of each."""

    def __init__(self, model: BehaviourModel) -> None:
        self._model = model
        self._kinds: dict[tuple[str, str], dict[str, Exchange]] = {}
        self._seen: set[tuple[str, int, bytes]] = set()
        self._loose = set(_of_several_types(model))
        self._declared = {
            name: set(_property_names(model.document, operation.spec.get("responses", {}))) for name, operation in model.operations.items()
        }
        self.problems: dict[tuple[str, str, str], Finding] = {}
        self.tried: dict[tuple[str, str], None] = {}
        self._before = bytearray()
        """The last answers of the run, one behind the other."""

    def see(self, exchanges: Iterable[Exchange]) -> None:
        """Read the exchanges of one session."""
        passwords: set[str] = set()
        for exchange in exchanges:
            found = _passwords(exchange)
            # What an answer held before it was sent as a password is another value of the same form.
            passwords |= {one for one in found if one.encode() not in self._before}
            self._before += exchange.response_body[:LONGEST]
            del self._before[:-KEPT]
            if found:
                self.tried[SECRET, str(exchange.operation)] = None
            shown = next((one for one in passwords if one.encode() in exchange.response_body), None)
            if shown is not None:
                text = f"{exchange.operation} shows a password that was sent"
                self._add(SECRET, exchange, "password", text, "no password", "the password")
            self._read(exchange)

    def _read(self, exchange: Exchange) -> None:
        kind = next((value for name, value in exchange.response_headers.items() if name.lower() == "content-type"), "")
        key = (str(exchange.operation), exchange.status, exchange.response_body)
        if "json" not in kind or key in self._seen or len(exchange.response_body) > LONGEST:
            return
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        self._seen.add(key)
        self._charset(exchange, kind)
        try:
            body = json.loads(exchange.response_body)
        except (ValueError, RecursionError):
            return
        self._decimals(exchange)
        date = _date(exchange)
        for pointer, name, value in _leaves(body, ""):
            if (
                exchange.status < 400
                and ID.search(name)
                and name not in self._loose
                and isinstance(value, (int, str))
                and not isinstance(value, bool)
            ):
                self._kind(exchange, pointer, value)
            if (
                exchange.status < 400
                and "error" not in pointer
                and PASSWORD.search(name)
                and value
                and name not in self._declared.get(str(exchange.operation), ())
            ):
                self._add(SECRET, exchange, pointer, f"{exchange.operation} answers with a field {name}", "no such field", name)
            if date is not None and exchange.method != "GET" and exchange.status < 400 and NOW.match(name):
                self.time(exchange, pointer, value, date)

    def _charset(self, exchange: Exchange, kind: str) -> None:
        self.tried[CHARSET, str(exchange.operation)] = None
        found = re.search(r"charset=\"?([\w-]+)", kind)
        if found is not None and found[1].lower() not in ("utf-8", "utf8"):
            self._add(
                CHARSET, exchange, str(exchange.status), f"{exchange.operation} answers {exchange.status} with JSON in {found[1]}", "utf-8", found[1]
            )
        try:
            exchange.response_body.decode("utf-8")
        except UnicodeDecodeError:
            self._add(
                CHARSET, exchange, str(exchange.status), f"{exchange.operation} answers {exchange.status} with bytes that are no UTF-8", "UTF-8", None
            )

    def _decimals(self, exchange: Exchange) -> None:
        if b"." in exchange.response_body:
            self.tried[DECIMAL, str(exchange.operation)] = None
        for name, literal in LONG.findall(exchange.response_body):
            try:
                value = Decimal(literal.decode())
                near = value.quantize(Decimal(1).scaleb(-PLACES))
            except InvalidOperation:
                continue
            if value != near and abs(value - near) <= Decimal("1e-8") * max(Decimal(1), abs(value)):
                text = f"{exchange.operation} shows {value} where {near.normalize():f} is meant"
                self._add(DECIMAL, exchange, name.decode("utf-8", "replace"), text, f"{near.normalize():f}", str(value))

    def _kind(self, exchange: Exchange, pointer: str, value: object) -> None:
        operation = str(exchange.operation)
        self.tried[KIND, operation] = None
        found = self._kinds.setdefault((operation, pointer), {})
        found.setdefault("a text" if isinstance(value, str) else "a number", exchange)
        if len(found) > 1:
            text = f"{operation} shows {pointer} as a number in one place and as a text in another"
            self._add(KIND, exchange, pointer, text, "one type", sorted(found))

    def time(self, exchange: Exchange, pointer: str, value: object, date: dt.datetime) -> None:
        """Judge a moment at which something was made just now, by the Date header of an answer."""
        moment = moment_of(value)
        if moment is None:
            return
        self.tried[TIME, str(exchange.operation)] = None
        away = (moment - date).total_seconds()
        quarters = round(away / QUARTER)
        if quarters and abs(away) <= FAR and abs(away - quarters * QUARTER) <= NEAR:
            hours = f"{abs(quarters) / 4:g} hours off"
            text = f"{exchange.operation} tells a moment that is just now as {value}, {hours}: the clock and the offset do not agree"
            self._add(TIME, exchange, pointer, text, date.isoformat(), value)

    def _add(self, law: str, exchange: Exchange, pointer: str, text: str, expected: object, got: object) -> None:
        operation = str(exchange.operation)
        if operation in self._model.operations:
            found = self._model.operations[operation]
            clause = self._model.answer_clause(operation, exchange.status)
            finding = Finding(law, operation, text, clause, found.section or None, pointer, expected, got, (exchange,))
            self.problems.setdefault((law, operation, pointer), finding)

    def verdicts(self) -> Iterator[Verdict]:
        """One verdict for each problem, and *held* for each operation whose answers were read without one."""
        for (law, operation, _), finding in self.problems.items():
            yield Verdict(law, operation, VerdictStatus.BROKEN, finding.sentence, finding)
        broken = {(law, operation) for law, operation, _ in self.problems}
        for law, operation in self.tried:
            if (law, operation) not in broken:
                yield Verdict(law, operation, VerdictStatus.HELD)


def _of_several_types(model: BehaviourModel) -> Iterator[str]:
    """Names of inputs that may be sent as one type or another; what is shown may follow what was sent."""
    for name in model.operations:
        for field, (_, schema, _) in model.fields(name).items():
            merged = model.document.merge_all_of(schema)
            if "anyOf" in merged or "oneOf" in merged:
                yield field


def _property_names(document: Document, node: Any, depth: int = 0) -> Iterator[str]:
    """Names of all properties below a node of a document, references followed."""
    if depth > 40:
        return
    if isinstance(node, dict):
        if "$ref" in node:
            found = document.resolve(node)
            yield from _property_names(document, found, depth + 1)
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for inner in node.values():
            yield from _property_names(document, inner, depth + 1)
    elif isinstance(node, list):
        for inner in node:
            yield from _property_names(document, inner, depth + 1)


def _passwords(exchange: Exchange) -> list[str]:
    """Passwords in the body of a request."""
    fields: Mapping[str, Any] = {}
    try:
        found = json.loads(exchange.request_body)
        fields = found if isinstance(found, dict) else {}
    except (ValueError, RecursionError):
        fields = dict(parse_qsl(exchange.request_body.decode("latin-1"))) if b"=" in exchange.request_body[:LONGEST] else {}
    others = {str(value) for name, value in fields.items() if not PASSWORD.search(name)}
    return [
        value
        for name, value in fields.items()
        if PASSWORD.search(name) and isinstance(value, str) and len(value) >= SHORTEST and not any(value in other for other in others)
    ]


def _leaves(node: Any, pointer: str, name: str = "") -> Iterator[tuple[str, str, Any]]:
    """Pointer, with ``*`` for every index, name and value of each value that holds no others."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _leaves(inner, f"{pointer}/{key}", key)
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(inner, f"{pointer}/*", name)
    else:
        yield pointer, name, node


def _date(exchange: Exchange) -> dt.datetime | None:
    found = next((value for name, value in exchange.response_headers.items() if name.lower() == "date"), None)
    try:
        return parsedate_to_datetime(found) if found else None
    except ValueError:
        return None


def moment_of(value: object) -> dt.datetime | None:
    """A moment in ISO 8601 with its offset from UTC; None if the text is something else."""
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
