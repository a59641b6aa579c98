"""Exchanges as JSON, rendered on request: what was sent and answered, violations, and fields that the document does not know. Secrets are masked."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode

import orjson

from mockserver.control.bases import describe_basis, find_basis
from mockserver.control.changes import render_change, render_records
from mockserver.control.services import ControlServices
from mockserver.core.base.clock import iso
from mockserver.core.base.faults import Conflict, Malformed, NotFound
from mockserver.core.base.requests import Request
from mockserver.core.engine.journal import FaultRecord, JournalEntry
from mockserver.core.operation.bodies import Upload, parse_json, parse_multipart, parse_urlencoded
from mockserver.core.operation.compiled import Operation
from mockserver.core.operation.forms import gather
from mockserver.core.operation.media import MULTIPART, URLENCODED
from mockserver.core.state.world import Transaction, World
from mockserver.openapi.documents import Document
from mockserver.openapi.masking import MASK, Mask
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.readings import CREDENTIALS, INPUTS, REFUSALS, Readings

MAX_REASON = 300
"""Letters of the reason of a refusal in a list."""
_KINDS = {"unauthenticated": (CREDENTIALS,), "forbidden": (CREDENTIALS,), "invalid": (INPUTS,), "malformed": (INPUTS,)}
"""What a discrepancy calls the kinds of refusal, by the kind of the fault."""


def _clause_of_kind(spec: OperationSpec, fault: FaultRecord) -> str | None:
    """The clause of an operation for refused credentials, or for the first violated keyword that has one; None if it names none."""
    if fault.kind in ("unauthenticated", "forbidden"):
        access: str | None = spec.spec.get("x-access-clause")
        return access
    by_keyword: Mapping[str, str] = spec.spec.get("x-input-clauses", {}) if fault.kind == "invalid" else {}
    return next((by_keyword[one.keyword] for one in fault.violations if one.keyword in by_keyword), None)


@dataclass(frozen=True)
class Rendering:
    """One exchange, to be rendered as JSON."""

    control: ControlServices
    exchange: JournalEntry

    @cached_property
    def operation(self) -> Operation | None:
        return self.control.operations.get(self.exchange.operation or "")

    @cached_property
    def api(self) -> str | None:
        """The slug of the API that was called, by the path if no operation was reached; None outside every API."""
        return find_api(self.control, self.exchange)

    @property
    def is_undone(self) -> bool:
        """Whether the world went back to before the exchange, so that it has nothing of it."""
        number = self.exchange.number
        return not any(first <= number <= last for first, last in self.control.journal.list_counting(self.exchange.request.world))

    def summary(self) -> dict[str, Any]:
        exchange = self.exchange
        return {
            "number": exchange.number,
            "request_id": exchange.request_id,
            "at": iso(exchange.at),
            "method": exchange.request.method,
            "path": exchange.request.path,
            "query": self._mask_query(),
            "api": self.api,
            "operation": self.operation.id if self.operation is not None else None,
            "status": exchange.status,
            "code": exchange.fault.code if exchange.fault is not None else None,
            "fault": exchange.fault.kind if exchange.fault is not None else None,
            "clause": self.clause,
            "entry": self._find_entry(),
            "reason": self._find_reason(),
            "section": self._find_section(),
            "findings": len(self._find_violations()),
            "changed": exchange.changed,
            "records_written": exchange.writes,
            "injected": [{"source": applied.source, "effect": applied.effect} for applied in exchange.effects],
            "bytes": len(exchange.payload),
            "rewindable": exchange.before is not None,
            "undone": self.is_undone,
            "basis": find_basis(exchange.reply_headers),
            "milliseconds": round(exchange.seconds * 1000, 3),
        }

    def details(self, world: Transaction) -> dict[str, Any]:
        """The exchange with headers, bodies, violations, clauses, changes of records, and fields that the document does not know."""
        exchange, request = self.exchange, self.exchange.request
        return {
            "exchange": self.summary(),
            "basis": describe_basis(exchange.reply_headers),
            "clauses": self._find_clauses(),
            "readings": self._find_readings(),
            "findings": self._find_violations(),
            "unread": list(self._find_unread()),
            "credential": self.find_credential(world),
            "changes": [
                render_change(self.control.tables[change.table], change) for change in exchange.changes if change.table in self.control.tables
            ],
            "request": {
                "url": self.mask_url(),
                "headers": self.mask_headers(request.headers),
                "media_type": request.media_type,
                "body": self.mask.value(decode_request_body(request)),
                "bytes": len(request.body),
            },
            "response": {
                "headers": self.mask_headers(exchange.headers),
                "media_type": exchange.headers.get("content-type", ""),
                "body": self.mask.value(decode_body(exchange.payload, exchange.headers.get("content-type", ""))),
                "bytes": len(exchange.payload),
            },
        }

    def outcome(self) -> dict[str, Any]:
        """The exchange with the bodies and the records that it wrote."""
        exchange = self.exchange
        known = (change for change in exchange.changes if change.table in self.control.tables)
        return {
            "exchange": self.summary(),
            "sent": self.mask.value(decode_request_body(exchange.request)),
            "answered": self.mask.value(decode_body(exchange.payload, exchange.headers.get("content-type", ""))),
            "changes": [render_records(self.control.tables[change.table], change) for change in known],
        }

    @cached_property
    def mask(self) -> Mask:
        """Hides the secrets of the API, and the credentials of the request wherever they stand."""
        mask = self.control.vendors[self.api].document.mask if self.api is not None else Mask()
        return mask.with_credentials(self.exchange.request.headers.items())

    @cached_property
    def clause(self) -> str | None:
        """The clause that a refusal follows.

        It is that of the row of the error table, else the one for credentials or for the violated keyword, else that of the recipe for the row.
        """
        operation, fault = self.operation, self.exchange.fault
        if fault is None or operation is None or fault.clause is not None:
            return None if fault is None else fault.clause
        found = _clause_of_kind(operation.spec, fault)
        if found is None and fault.row is not None:
            recipes = operation.spec.recipes.get(fault.row, [])
            stated = {recipe.get("clause") for recipe in (recipes if isinstance(recipes, list) else [recipes])}
            found = stated.pop() if len(stated) == 1 else None
        return found

    def _find_entry(self) -> str | None:
        """What a documented refusal follows that no clause states: an assumption, or the row of the document's error table."""
        operation, fault = self.operation, self.exchange.fault
        if operation is None or fault is None or fault.row is None or self.clause is not None:
            return None
        assumed = f"assumed.{operation.id}.{fault.row}"
        return assumed if assumed in operation.spec.assumptions else f"{operation.name}.errors.{fault.row}"

    def mask_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name.lower(): self.mask.header(name, value) for name, value in headers.items()}

    def mask_url(self) -> str:
        request, query = self.exchange.request, self._mask_query()
        return request.base_url + quote(request.path) + (f"?{query}" if query else "")

    def _mask_query(self) -> str:
        return self.mask.form(self.exchange.request.query.decode("latin-1"))

    def find_credential(self, world: Transaction) -> str | None:
        """The name of the published credential whose headers the request has; of several that match the most specific; None if none does."""
        if self.api is None:
            return None
        sent = self.exchange.request.headers
        published = self.control.vendors[self.api].credentials(world)
        matching = [found for found in published if found.headers and all(sent.get(name.lower()) == value for name, value in found.headers.items())]
        return max(matching, key=lambda found: len(found.headers)).name if matching else None

    # Violations

    def _find_reason(self) -> str | None:
        """Why the call was refused, in one line: the clause, else the documented message, the first violation, or the text of the error."""
        operation, fault = self.operation, self.exchange.fault
        if fault is None:
            return None
        if operation is not None and self.clause in operation.spec.clauses:
            return operation.spec.clauses[str(self.clause)]
        entry = self._find_entry()
        if operation is not None and entry in operation.spec.assumptions:
            return operation.spec.assumptions[str(entry)]
        errors = operation.fault_context.errors if operation is not None else {}
        own = errors.get(fault.row or "")
        rows = errors.values() if own is None else [own]
        message = next((error.message for error in rows if fault.code in (None, error.code) and error.message), None)
        if message is not None and (fault.code is not None or fault.row is not None):
            return message
        first = next(iter(self._find_violations()), None)
        text = fault.text if first is None else f"{first['place']}{first['pointer']} {first['text']}"
        return self.mask.text(" ".join(text.split()))[:MAX_REASON]

    def _find_section(self) -> str | None:
        """The section of the vendor's page that describes the operation, if its call was refused."""
        if self.operation is None or self.exchange.fault is None:
            return None
        found = self.operation.spec.spec.get("externalDocs", {}).get("description")
        return found if isinstance(found, str) else None

    def _find_clauses(self) -> list[str]:
        """The clauses that the exchange touched: for a documented refusal its own, for a success those that belong to no refusal."""
        operation, fault = self.operation, self.exchange.fault
        if operation is None:
            return []
        if fault is not None:
            return [self.clause] if self.clause is not None else []
        refusals = {error.clause for error in operation.fault_context.errors.values()}
        return [clause for clause in operation.clauses if clause not in refusals]

    def _find_readings(self) -> list[str]:
        """The discrepancies of the vendor's page whose chosen reading decided a refusal: of its row, of its kind, or of the fields at fault."""
        operation, fault = self.operation, self.exchange.fault
        if operation is None or fault is None:
            return []
        errors = operation.fault_context.errors.items()
        rows = [name for name, error in errors if error.code == fault.code and error.clause == fault.clause]
        broken = [form for one in fault.violations for form in (one.keyword, f"{one.field} {one.keyword}")]
        return Readings(operation.document).discrepancies(operation.id, REFUSALS, *_KINDS.get(fault.kind, ()), *rows, *broken)

    def _find_violations(self) -> list[dict[str, Any]]:
        """The violations of the document by the request, or by the mock's own reply."""
        fault = self.exchange.fault
        if fault is None:
            return []
        return [
            {
                "side": fault.broken_by,
                "place": violation.place,
                "pointer": violation.pointer,
                "keyword": violation.keyword,
                "text": MASK if any(self.mask.is_secret(part) for part in violation.pointer.split("/")) else violation.text,
                "code": violation.code,
            }
            for violation in fault.violations
        ]

    def _find_unread(self) -> Iterator[str]:
        """Parameters, headers and body fields that the document does not know, so that no handler can have read them."""
        operation, request = self.operation, self.exchange.request
        if operation is None:
            return
        known = {alias.casefold() for parameter in operation.spec.parameters for alias in (parameter["name"], *parameter.get("x-aliases", ()))}
        known |= {str(scheme["name"]).casefold() for scheme in operation.document.security_schemes.values() if scheme.get("in") == "query"}
        try:
            query = gather(parse_urlencoded(request.query)) if request.query else {}
        except Malformed:
            query = {}
        for name in query:
            if name.casefold() not in known:
                yield f"query/{name}"
        schemes = {str(scheme.get("name", "")).casefold() for scheme in operation.document.security_schemes.values() if scheme.get("in") == "header"}
        for name in request.headers:
            if name not in known and name not in schemes and name not in _USUAL and not name.startswith(_OF_OTHERS):
                yield f"header/{name}"
        body = decode_request_body(request)
        if not operation.body.media and _has_body(request):
            yield "body"
        for media_type, media in operation.spec.content.items():
            if media_type == request.media_type:
                yield from _find_unknown(operation.document, media.get("schema", {}), body, "body")


_USUAL = frozenset(
    """
    accept accept-charset accept-encoding accept-language authorization cache-control connection content-encoding content-length content-type cookie
    date dnt expect forwarded from host if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive max-forwards origin pragma
    prefer priority proxy-authorization proxy-connection range referer te trailer transfer-encoding upgrade upgrade-insecure-requests user-agent via
    traceparent tracestate baggage
    """.split()
)
_OF_OTHERS = ("access-control-", "sec-", "x-forwarded-", "x-mock-", "x-real-ip", "x-request-id", "x-b3-")
"""How headers begin that browsers, proxies and this server use among themselves."""


def _has_body(request: Request) -> bool:
    """Whether a body was sent; one that the operation does not have was left unread, so the headers decide."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def _find_unknown(document: Document, schema: Any, value: Any, place: str) -> Iterator[str]:
    """Paths of the members of a value that no branch of its schema knows."""
    if isinstance(value, list):
        for item in value:
            yield from _find_unknown(document, document.resolve(schema).get("items", {}), item, f"{place}/0")
    if not isinstance(value, dict):
        return
    known = dict(document.properties(schema))
    if not known and document.resolve(schema).get("additionalProperties") is not False:
        return
    for name, inner in value.items():
        if name not in known:
            yield f"{place}/{name}"
        else:
            yield from _find_unknown(document, known[name], inner, f"{place}/{name}")


def decode_request_body(request: Request) -> Any:
    """The body of a request as data, or as text if it cannot be parsed; None if there is none."""
    if not request.body:
        return None
    if request.media_type == MULTIPART:
        try:
            return _describe_uploads(gather(parse_multipart(request)))
        except Malformed:
            return _decode_text(request.body)
    return decode_body(request.body, request.media_type)


def _describe_uploads(value: Any) -> Any:
    """Form data with each file replaced by its name, media type and size."""
    if isinstance(value, Upload):
        return {"filename": value.filename, "media_type": value.media_type, "bytes": len(value.data)}
    if isinstance(value, dict):
        return {name: _describe_uploads(inner) for name, inner in value.items()}
    return [_describe_uploads(item) for item in value] if isinstance(value, list) else value


def decode_body(data: bytes, media_type: str) -> Any:
    """Bytes as data: JSON and forms parsed, other UTF-8 as text, anything else as ``base64,`` and Base64."""
    if not data:
        return None
    kind = media_type.partition(";")[0].strip().lower()
    try:
        if kind == URLENCODED:
            return gather(parse_urlencoded(data))
        if kind.endswith("json"):
            return parse_json(data)
    except Malformed:
        pass
    return _decode_text(data)


def find_exchange(control: ControlServices, world: str, number: int) -> JournalEntry:
    """An exchange of a world by its number. Raises NotFound."""
    exchange = control.journal.find(world, number)
    if exchange is None:
        raise NotFound("exchange", f"{number} in the world {world}; it may have been dropped, because the journal is bounded")
    return exchange


def find_state_before(control: ControlServices, world: str, number: int) -> World:
    """The state of a world before an exchange. Raises NotFound, and Conflict if the state is not kept."""
    before = find_exchange(control, world, number).before
    if before is None:
        raise Conflict(
            f"the state before exchange {number} is not kept: the server has started again since, or has read its documents again, and these states"
            " are in memory only, also with --state; save a snapshot of what has to last (PUT /_mock/snapshots/{name})"
        )
    return before


def find_api(control: ControlServices, exchange: JournalEntry) -> str | None:
    if exchange.operation is not None and exchange.operation in control.operations:
        return control.operations[exchange.operation].api.slug
    path = exchange.request.path + "/"
    return max((base for base in control.bases if path.startswith(base[0])), key=lambda base: len(base[0]), default=(None, None))[1]


def is_broken(exchange: JournalEntry) -> bool:
    return exchange.fault is not None and exchange.fault.broken_by is not None


def contains_text(exchange: JournalEntry, text: str) -> bool:
    """Whether path, query or one of the bodies, as they were sent, contains a case-folded text."""
    request = exchange.request
    return (
        text in request.path.casefold()
        or _contains_in(request.query, URLENCODED, text)
        or (bool(request.body) and _contains_in(request.body, request.media_type, text))
        or _contains_in(exchange.payload, exchange.headers.get("content-type", ""), text)
    )


def _contains_in(data: bytes, media_type: str, text: str) -> bool:
    """Whether bytes, decoded as text, contain a case-folded text; a form is searched without its percent-encoding."""
    if not data:
        return False
    if text.isascii() and (media_type != URLENCODED or not (b"%" in data or b"+" in data)):
        # Many times faster than decoding, and it covers most searches.
        return text.encode() in data.lower()
    found = data.decode("utf-8", "replace")
    return text in (unquote_plus(found) if media_type == URLENCODED else found).casefold()


def _decode_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "base64," + base64.b64encode(data).decode()


def encode_body(value: Any, media_type: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if media_type == URLENCODED and isinstance(value, dict):
        return urlencode(list(flatten_form(value)), safe="*[]")
    return orjson.dumps(value).decode()


def flatten_form(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Name and value of each field of a form: the inverse of :func:`gather`. A file stays an object with its name, media type and size."""
    if isinstance(value, dict) and not (name and "filename" in value):
        for key, inner in value.items():
            yield from flatten_form(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for item in value:
            yield from flatten_form(item, name if not isinstance(item, dict) else f"{name}[]")
    else:
        yield name, value
