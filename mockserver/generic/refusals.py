"""Refusals in the document's own words: a documented status, and a body by the roles of its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mockserver.core.base.faults import Fault, Invalid, ScopeMissing, Unauthenticated
from mockserver.core.base.names import UNDOCUMENTED
from mockserver.core.base.replies import Reply
from mockserver.core.operation.api import FaultContext
from mockserver.generic.plans import concrete, examples_of, is_json
from mockserver.generic.values import ValueMaker
from mockserver.generic.written import is_written, write
from mockserver.openapi.inference.shapes import Shape
from mockserver.openapi.inference.words import fold
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.problems import NO_TYPE, PROBLEM, problem

_ALTERNATIVES: Mapping[int, tuple[int, ...]] = {
    400: (422, 406),
    401: (403,),
    403: (401, 404),
    404: (410,),
    405: (),
    409: (422, 400, 412),
    412: (409,),
    413: (400,),
    415: (400, 422),
    422: (400,),
    503: (500, 502),
}
_OWN = frozenset({401, 404})
"""Statuses that clients branch on: they are sent even if the document has others only."""
_TEXTS = frozenset(
    """
    message error detail description reason title errormessage errordescription msg errormsg text developermessage
    usermessage summary statusmessage errortext
    """.split()
)
_CODES = frozenset("code errorcode type errortype key name status error id reason errorname".split())
_STATUSES = frozenset("status statuscode httpstatus httpstatuscode httpcode code errorcode".split())
_FIELDS = frozenset("field path pointer parameter param property loc location source target".split())
CHALLENGE = "www-authenticate"
_TOKENS = ("oauth2", "openIdConnect")
_KINDS: Mapping[str, tuple[str, ...]] = {
    "not_found": ("not_found", "notfound", "resource_not_found", "missing", "resourcenotfound"),
    "unauthenticated": ("unauthorized", "unauthenticated", "authentication_error", "not_authenticated", "invalid_credentials", "invalid_api_key"),
    "forbidden": ("forbidden", "permission_denied", "access_denied", "unauthorized"),
    "invalid": (
        "invalid",
        "validation_error",
        "bad_request",
        "invalid_request",
        "invalid_request_error",
        "invalid_parameter",
        "validation_failed",
        "invalid_argument",
    ),
    "malformed": ("bad_request", "invalid_request", "malformed", "invalid_json", "invalid"),
    "conflict": ("conflict", "already_exists", "duplicate"),
    "unsupported_media": ("unsupported_media_type", "bad_request"),
    "too_large": ("too_large", "payload_too_large", "bad_request"),
    "unavailable": ("unavailable", "service_unavailable", "internal_error", "server_error"),
}


class Refused(Fault):
    """A refusal of a function, or of a declared action, with the status that it chose."""

    kind = "refused"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Refusals:
    """Renders the faults of a document's operations."""

    def __init__(self, operations: Mapping[str, OperationSpec], values: ValueMaker, schemes: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._operations = operations
        self._values = values
        self._schemes = schemes or {}

    def render(self, fault: Fault, context: FaultContext) -> Reply:
        """A fault as the document answers it; as a plain problem, marked as undocumented, if the document has no answer for it."""
        reply = self._find_documented(fault, context.operation_id or "") or self._undocumented(fault)
        challenge = self._challenge(fault)
        if challenge and not any(name.lower() == CHALLENGE for name in reply.headers):
            reply.headers = {**reply.headers, CHALLENGE: challenge}
        return reply

    def _find_documented(self, fault: Fault, operation: str) -> Reply | None:
        spec = self._operations.get(operation)
        if spec is None:
            return None
        replies = (self._documented(spec, fault, status, key) for status, key in _candidates(spec, fault.status))
        return next((reply for reply in replies if reply is not None), None)

    def _challenge(self, fault: Fault) -> str:
        """What a refused credential is answered with, so that a client knows what to send (RFC 6750, RFC 9110); empty if there is no such word."""
        if isinstance(fault, ScopeMissing):
            scopes = "".join(letter for letter in " ".join(fault.scopes) if letter.isascii() and letter.isprintable() and letter not in '"\\')
            return f'Bearer error="insufficient_scope", scope="{scopes}"'
        if not isinstance(fault, Unauthenticated):
            return ""
        scheme = self._schemes.get(fault.scheme, {})
        kind = str(scheme.get("scheme", "")).lower() if scheme.get("type") == "http" else "bearer" if scheme.get("type") in _TOKENS else ""
        if kind == "bearer":
            return "Bearer" if fault.missing else 'Bearer error="invalid_token"'
        return 'Basic realm="mock"' if kind == "basic" else ""

    def _documented(self, spec: OperationSpec, fault: Fault, status: int, key: str) -> Reply | None:
        response = spec.document.resolve(spec.spec["responses"][key])
        content = response.get("content") if isinstance(response, dict) else None
        headers = self._headers(spec, response)
        if not isinstance(content, dict) or not content:
            return Reply(status, None, headers)
        documented = {name: spec.document.resolve(media) for name, media in content.items()}
        data = [name for name, media in documented.items() if is_json(name) or is_written(spec.document, name, media.get("schema"))]
        if not data:
            return Reply(status, (str(fault) + "\n").encode(), headers, concrete(next(iter(content))))
        media_type = next(filter(is_json, data), data[0])
        media = documented[media_type]
        schema = media.get("schema")
        self._values.seed(spec.label, status)
        body = self._body(spec, media, schema, fault, status)
        if schema is not None and not self._values.is_valid(schema, body):
            return None
        return Reply(status, body if is_json(media_type) else write(spec.document, media_type, schema, body), headers, concrete(media_type))

    def _headers(self, spec: OperationSpec, response: Any) -> dict[str, str]:
        declared = response.get("headers") if isinstance(response, dict) else None
        found = {}
        for name, header in (declared or {}).items() if isinstance(declared, dict | None) else ():
            resolved = spec.document.resolve(header)
            if isinstance(resolved, dict) and resolved.get("required"):
                found[str(name)] = str(self._values.make(resolved.get("schema") or {}, str(name)))
        return found

    def _body(self, spec: OperationSpec, media: Mapping[str, Any], schema: Any, fault: Fault, status: int) -> Any:
        if schema is None or self._values.shapes.of(schema).is_open:
            return {"message": str(fault)}
        example = next((one for one in examples_of(spec.document, media) if self._values.is_valid(schema, one)), None)
        if example is not None and not _shows_more(self._values, schema):
            return example
        made = self._fill(schema, fault, status, 0)
        return self._values.fit(schema, made)

    def _fill(self, schema: Any, fault: Fault, status: int, depth: int) -> Any:
        """An error body: each property by what its name says; required ones that say nothing are left to the schema."""
        shape = self._values.shapes.of(schema)
        if shape.is_list:
            return [self._fill(shape.items, fault, status, depth + 1)] if shape.items is not None and depth < 4 else []  # noqa: PLR2004 - errors in a list in an object
        if not shape.is_object:
            return str(fault)
        made: dict[str, Any] = {}
        for name, inner in shape.properties.items():
            value = self._field(name, inner, fault, status, depth, required=name in shape.required)
            if value is not None:
                made[name] = value
        return made

    def _field(self, name: str, schema: Any, fault: Fault, status: int, depth: int, *, required: bool) -> Any:
        shape, folded = self._values.shapes.of(schema), fold(name)
        if shape.is_object or shape.is_list:
            is_error = folded in ("error", "errors", "fault", "detail", "details", "violations", "issues")
            return self._fill(schema, fault, status, depth + 1) if (is_error or required) and depth < 3 else None  # noqa: PLR2004 - see above
        if shape.kinds & {"integer", "number"}:
            return status if folded in _STATUSES else None
        if "boolean" in shape.kinds:
            return False if folded in ("success", "ok", "succeeded") else None
        return self._text(folded, shape, fault, status)

    def _text(self, folded: str, shape: Shape, fault: Fault, status: int) -> Any:
        """A text of an error body by its name, None if its name says nothing."""
        if shape.enum:
            return _closest(shape.enum, fault.kind, status) if folded in _CODES or folded in _STATUSES else None
        first = fault.violations[0] if isinstance(fault, Invalid) and fault.violations else None
        says: tuple[tuple[bool, Any], ...] = (
            (folded in ("status", "statuscode", "httpstatus"), str(status)),
            (folded == "type" and bool({"uri", "uri-reference", "url"} & shape.formats), NO_TYPE),
            (folded == "title", _phrase(status)),
            (folded in _TEXTS, str(fault)),
            (folded in _CODES, fault.kind),
            (folded in _FIELDS and first is not None, (first.field or first.place) if first is not None else None),
        )
        return next((value for fits, value in says if fits), None)

    def _undocumented(self, fault: Fault) -> Reply:
        status = fault.status
        body = problem(status, str(fault))
        if isinstance(fault, Invalid):
            body["violations"] = [{"place": one.place, "pointer": one.pointer, "keyword": one.keyword, "text": one.text} for one in fault.violations]
        return Reply(status, body, {UNDOCUMENTED: str(status)}, PROBLEM, is_undocumented=True)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def _candidates(spec: OperationSpec, status: int) -> list[tuple[int, str]]:
    """The documented responses for a refusal, each with the status that it is sent with, the best first."""
    statuses = {key.upper(): key for key in spec.statuses}
    found: list[tuple[int, str]] = []
    if str(status) in statuses:
        found.append((status, statuses[str(status)]))
    if f"{status // 100}XX" in statuses:
        found.append((status, statuses[f"{status // 100}XX"]))
    alternatives = [one for one in _ALTERNATIVES.get(status, ()) if str(one) in statuses]
    if status in _OWN:
        if "DEFAULT" in statuses:
            found.append((status, statuses["DEFAULT"]))
        return found + ([(one, statuses[str(one)]) for one in alternatives] if not found and status != 404 else [])  # noqa: PLR2004 - not found
    found += [(one, statuses[str(one)]) for one in alternatives]
    if "DEFAULT" in statuses:
        found.append((status, statuses["DEFAULT"]))
    return found


def _closest(choices: list[Any], kind: str, status: int) -> Any:
    """The value of an enumeration that names a kind of refusal best."""
    texts = {fold(str(choice)): choice for choice in choices if choice is not None}
    for word in (*_KINDS.get(kind, ()), str(status), _phrase(status)):
        if fold(word) in texts:
            return texts[fold(word)]
    for word in _KINDS.get(kind, ()):
        for text, choice in texts.items():
            if fold(word) in text:
                return choice
    return choices[0]


_MESSAGE = re.compile(r"message|detail|error|title|description|reason", re.IGNORECASE)


def _shows_more(values: ValueMaker, schema: Any) -> bool:
    """Whether an error body has a place for a message of its own."""
    shape = values.shapes.of(schema)
    return any(_MESSAGE.search(name) for name in shape.properties)
