"""The mock in another reading of the vendor's page: its answers, written as one entry of ``accepts`` allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from contract_tests.suite.harness.envelope import Envelope, at
from contract_tests.suite.verify.contract import Contract
from mockserver.openapi.pointers import split_pointer
from mockserver.openapi.readings import ANY, CREDENTIALS, INPUTS, REFUSALS, Readings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.openapi.documents import Document
    from mockserver.openapi.operations import OperationSpec

FORMS = ("status", "code", "message", "field", "absent", "value", "at")
"""Forms of entries that another answer can follow. The others are about requests, or about what is computed."""
OF_STATUS = {"1": 100, "2": 200, "3": 302, "4": 422, "5": 500}
BY_FORM = (400, 422)
"""Statuses of refusals for the form of a request."""


class OtherReading(httpx.BaseTransport):
    """Sends requests to a mock, and writes its answers as an accepted reading does."""

    def __init__(self, document: Document, entry: Mapping[str, Any]) -> None:
        self._document, self._entry = document, entry
        self._envelope = Envelope(document, Readings(document, none=True), strict=True)
        self._rows_of_state = Contract(document).rows_of_state
        self._inner = httpx.HTTPTransport()
        self.changed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the mock, changed if the entry is about it."""
        answer = self._inner.handle_request(request)
        answer.read()
        path = urlsplit(str(request.url)).path.removeprefix(self._document.base_path)
        route = self._document.route(request.method, path)
        status, content = answer.status_code, answer.content
        if route is not None and route.operation.id in self._entry.get("on", (route.operation.id,)):
            status, content = self._written(route.operation, request, answer)
        self.changed += (status, content) != (answer.status_code, answer.content)
        headers = [(name, value) for name, value in answer.headers.multi_items() if name != "content-length"]
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))

    def close(self) -> None:
        """Close the connections to the mock."""
        self._inner.close()

    def _written(self, operation: OperationSpec, request: httpx.Request, answer: httpx.Response) -> tuple[int, bytes]:
        status, content, entry = answer.status_code, answer.content, self._entry
        refused = self._envelope.answer(operation.id, answer)
        if any(form in entry for form in ("status", "code", "message", "field")):
            if not refused.is_refusal or not self._is_about(operation, request, answer):
                return status, content
            if "status" in entry:
                return _other_status(entry["status"]), content
        try:
            body = json.loads(content)
        except ValueError:
            return status, content
        return status, json.dumps(self._other_body(operation, body, is_refusal=refused.is_refusal)).encode()

    def _is_about(self, operation: OperationSpec, request: httpx.Request, answer: httpx.Response) -> bool:
        """Whether an entry names the row that a refusal is, or the kind of the refusal."""
        read = self._envelope.answer(operation.id, answer)
        rows = [code for code, row in operation.errors.items() if "status" in row and not self._envelope.wrong_with(operation.id, code, read)]
        codes = {str(operation.errors[row].get("code", row)) for row in rows}
        known = {name.lower() for name in self._document.credential_headers}
        unknown = bool(operation.security) and not known & {name.lower() for name in request.headers}
        kinds = {REFUSALS, *([CREDENTIALS] if answer.status_code == httpx.codes.UNAUTHORIZED or unknown else [])}
        of_input = not rows or not {*rows} <= self._rows_of_state[operation.id]
        kinds |= {INPUTS} if answer.status_code in BY_FORM and CREDENTIALS not in kinds and of_input else set()
        return "of" not in self._entry or not {*rows, *codes, *kinds}.isdisjoint(self._entry["of"])

    def _other_body(self, operation: OperationSpec, body: Any, *, is_refusal: bool) -> Any:
        entry = self._entry
        envelope: Mapping[str, Any] = self._document.raw.get("x-envelope", {})
        for form, other in (("code", "other_code"), ("message", "Otro texto"), ("field", "other")):
            if form in entry and form in envelope and at(body, envelope[form]) is not None:
                _put(body, envelope[form], other if entry[form] == ANY else entry[form][0])
        if "code" in entry and "message" in envelope and entry["code"] != ANY:  # a code comes with its own text
            rows = (row for code, row in operation.errors.items() if entry["code"][0] in (row.get("code", code), *row.get("aliases", ())))
            _put(body, envelope["message"], next((row["message"] for row in rows if "message" in row), at(body, envelope["message"])))
        for pointer in entry.get("absent", ()):
            _drop(body, split_pointer(pointer))
        for pointer, others in entry.get("at", {}).items():
            body = _moved(body, pointer, others[0], is_refusal=is_refusal)
        for field, kinds in entry.get("value", {}).items():
            body = _in_kind(body, field, [kinds] if isinstance(kinds, str) else kinds)
        return body


def _other_status(statuses: list[Any]) -> int:
    last = statuses[-1]
    return last if isinstance(last, int) else OF_STATUS[last[0]]


def _put(body: Any, pointer: str, value: Any) -> None:
    *above, last = split_pointer(pointer)
    for part in above:
        body = body.setdefault(part, {})
    body[last] = value


def _drop(node: Any, parts: list[str]) -> None:
    first, *rest = parts
    inner = node if isinstance(node, list) and first == "*" else [node.get(first)] if isinstance(node, dict) and rest else []
    if isinstance(node, dict) and not rest:
        node.pop(first, None)
    for item in inner:
        if rest and item is not None:
            _drop(item, rest)


def _moved(body: Any, pointer: str, other: str, *, is_refusal: bool) -> Any:
    value = body if not pointer else at(body, pointer)
    if value is None or (not pointer and is_refusal):
        return body
    if not pointer:
        return {split_pointer(other)[0]: body}
    _drop(body, split_pointer(pointer))
    _put(body, other, value)
    return body


def _in_kind(node: Any, field: str, kinds: list[str]) -> Any:
    if isinstance(node, list):
        return [_in_kind(item, field, kinds) for item in node]
    if not isinstance(node, dict):
        return node
    return {name: _value(inner, kinds) if name == field else _in_kind(inner, field, kinds) for name, inner in node.items()}


def _value(value: Any, kinds: list[str]) -> Any:  # noqa: PLR0911 - one line for each kind
    if ANY in kinds:
        return "anything"
    if isinstance(value, list | dict):
        return value
    if "bit" in kinds and isinstance(value, bool):
        return int(value)
    if "text" in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if "number" in kinds and isinstance(value, str) and value.isdecimal() and not value.startswith("0"):
        return int(value)
    if "null" in kinds and value == "":
        return None
    return value
