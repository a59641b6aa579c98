"""Judge an exchange by openapi-core; each finding has its place in the message and in the document.

``schema`` accepts every reading of a discrepancy and is used; ``x-emits``, the stricter schema of the mock's own answers, is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast

import orjson
from jsonschema.exceptions import ValidationError
from openapi_core.datatypes import RequestParameters
from openapi_core.deserializing.media_types.exceptions import MediaTypeDeserializeError
from openapi_core.deserializing.styles.exceptions import EmptyQueryParameterValue
from openapi_core.templating.media_types.exceptions import MediaTypeNotFound
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.templating.security.exceptions import SecurityNotFound
from openapi_core.validation.request.exceptions import (
    MissingRequiredParameter,
    MissingRequiredRequestBody,
    ParameterValidationError,
    RequestBodyValidationError,
)
from openapi_core.validation.response.exceptions import DataValidationError, HeaderValidationError, MissingData, MissingRequiredHeader
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue

from mockserver.openapi.documents import Document
from mockserver.openapi.masking import MASK
from mockserver.openapi.operations import OperationSpec, Route
from mockserver.openapi.places import Place
from mockserver.openapi.pointers import escape_part, join_pointer
from mockserver.openapi.readings import KINDS_OF_REFUSAL, Readings

from ..routing import api_path, find_route
from .causes import ErrorCause, causes
from .compiled import Body, Compiled, JudgedRequest, JudgedResponse, content_type_for
from .exchange import HttpMessage, RecordedExchange
from .findings import REFUSED, Judgement, TrafficFinding
from .forms import gather, urlencoded

NO_BODY = (204, 304)
SHORT = 300
"""Letters of a text or a value that a finding shows."""


class TrafficValidator:
    """Judges the traffic of one vendor, and accepts every reading that the discrepancies of its document accept.

    ``strict`` accepts no reading but the one that the mock has chosen.
    """

    def __init__(self, document: Document, *, strict: bool = False) -> None:
        self.document = document
        self._readings = Readings(document, none=strict)
        self._compiled = Compiled(document)
        self.masking = document.mask

    def judge(self, exchange: RecordedExchange) -> Judgement:
        path = api_path(self.document, exchange.path, exchange.host)
        if path is None:
            return Judgement(exchange.number, "foreign", exchange.status)
        if exchange.limit:
            return Judgement(exchange.number, "limit", exchange.status)
        route = find_route(self.document, exchange.method, path)
        if exchange.status == 0:
            return Judgement(exchange.number, "unanswered", 0, route)
        if route is None:
            return self._unrouted(exchange, path)
        request, unjudged, sent = self.request(route, exchange)
        if exchange.injected:
            return Judgement(exchange.number, "injected", exchange.status, route, request, (), unjudged, sent)
        response, unread = self.response(route, exchange)
        return Judgement(exchange.number, "judged", exchange.status, route, request, response, (*unjudged, *unread), sent)

    def _unrouted(self, exchange: RecordedExchange, path: str) -> Judgement:
        """An exchange that no operation is documented for: only an answer that does not refuse it is a finding."""
        if exchange.method == "OPTIONS":
            return Judgement(exchange.number, "preflight", exchange.status)
        if _is_document(exchange.method, path):
            return Judgement(exchange.number, "document", exchange.status)
        accepted = self.undocumented(exchange) if exchange.status < REFUSED and not exchange.injected else None
        return Judgement(exchange.number, "unknown", exchange.status, request=() if accepted is None else (accepted,))

    def undocumented(self, exchange: RecordedExchange) -> TrafficFinding | None:
        """The finding that a request has no operation, or None if it needs none: a preflight, the document itself, a refusal."""
        path = api_path(self.document, exchange.path, exchange.host)
        if path is None or exchange.method == "OPTIONS" or _is_document(exchange.method, path) or exchange.status >= REFUSED:
            return None
        methods = self.document.methods_at(path)
        what = f"{exchange.method} {path[:SHORT]}"
        text = f"{what} is not documented" + (f"; the path has {', '.join(methods)}" if methods else "")
        return TrafficFinding(exchange.number, None, "request", "operation", "", "undocumented", what, text, "#/paths")

    # Requests

    def request(self, route: Route, exchange: RecordedExchange) -> tuple[tuple[TrafficFinding, ...], tuple[str, ...], frozenset[tuple[str, str]]]:
        """The findings of a request, the parts that could not be judged, and the parameters that were sent."""
        operation, message = route.operation, exchange.request
        try:
            parameters = self._parameters(route, exchange)
        except ValueError as error:
            finding = self._finding(exchange, operation, "request", "query", _plain("malformed", str(error), exchange.query), operation.reference)
            return (finding,), (), frozenset()
        sent = frozenset(
            (place, parameter["name"]) for parameter in operation.parameters if parameter["name"] in parameters[place := parameter["in"]]
        )
        unjudged: tuple[str, ...] = ()
        body = message.body
        if message.unread:
            unjudged = (f"request body: {message.unread}",)
        content_type = content_type_for(message.media_type, message.headers.get("content-type"))
        read = Body(body or b"")
        judged = JudgedRequest(operation.method, operation.path, parameters, content_type, read or None)
        found: list[TrafficFinding] = []
        if message.broken:
            found.append(self._finding(exchange, operation, "request", "encoding", _plain("malformed", message.broken, ""), operation.reference))
        for broken in self._compiled.request.iter_errors(judged):
            if (message.unread or message.broken) and isinstance(broken, RequestBodyValidationError):
                continue
            found += self._request_findings(broken, exchange, operation)
        if isinstance(read.read, dict):
            sent |= {("body", name) for name in read.read}
        return tuple(found), unjudged, sent

    @staticmethod
    def _parameters(route: Route, exchange: RecordedExchange) -> RequestParameters:
        operation = route.operation
        # an operation without query parameters is not judged by its query
        rules = _query_rules(operation)
        query: Mapping[str, Any] = gather(urlencoded(exchange.query)) if exchange.query and rules.means_something else {}
        if rules.names:
            query = {rules.names.get(name.casefold(), name): value for name, value in query.items()}
        if rules.emptiable:
            query = {name: value for name, value in query.items() if value != "" or name not in rules.emptiable}
        cookies: dict[str, str] = {}
        if "cookie" in exchange.request.headers:
            try:
                cookies = {name: morsel.value for name, morsel in SimpleCookie(exchange.request.headers["cookie"]).items()}
            except CookieError:
                cookies = {}
        return RequestParameters(query, exchange.request.headers, cookies, route.values)

    def _request_findings(self, error: Exception, exchange: RecordedExchange, operation: OperationSpec) -> Iterator[TrafficFinding]:
        cause = error.__cause__
        if isinstance(cause, SecurityNotFound):
            schemes = " or ".join(" and ".join(names) for names in cause.schemes) or "credentials"
            plain = _plain("required", f"the request has no {schemes}", "")
            yield self._finding(exchange, operation, "request", "security", plain, "#/components/securitySchemes")
        elif isinstance(error, ParameterValidationError):
            yield from self._parameter_findings(error, cause, exchange, operation)
        elif isinstance(error, MissingRequiredRequestBody):
            plain = _plain("required", "the request has no body", "")
            yield self._finding(exchange, operation, "request", "body", plain, f"{operation.reference}/requestBody")
        elif isinstance(cause, MediaTypeNotFound):
            plain = _plain("media type", f"the media type {exchange.request.media_type or '(none)'} is not documented", exchange.request.media_type)
            yield self._finding(exchange, operation, "request", "media type", plain, f"{operation.reference}/requestBody")
        elif isinstance(cause, MediaTypeDeserializeError):
            yield self._finding(exchange, operation, "request", "body", _malformed(cause), f"{operation.reference}/requestBody")
        elif isinstance(cause, InvalidSchemaValue):
            body = _place(operation).step("requestBody")
            schema = body.step("content", _media_key(body, exchange.request.media_type), "schema")
            yield from self._schema_findings(cause, exchange, operation, "request", "body", schema)
        else:
            yield self._finding(exchange, operation, "request", "body", _plain("invalid", str(cause or error), ""), operation.reference)

    def _parameter_findings(
        self, error: ParameterValidationError, cause: BaseException | None, exchange: RecordedExchange, operation: OperationSpec
    ) -> Iterator[TrafficFinding]:
        declared = next(found for found in operation.parameters if (found["name"], found["in"]) == (error.name, error.location))
        place = self._parameter_place(operation, error.name, error.location)
        path = [error.name]
        if isinstance(error, MissingRequiredParameter):
            plain = _plain("required", f"the parameter {error.name} is missing", "", path)
            yield self._finding(exchange, operation, "request", error.location, plain, place.reference, declared)
        elif isinstance(cause, EmptyQueryParameterValue):
            # an empty value is judged by its schema like any other: the vendors' pages know no ban on it
            schema = place.step("schema")
            broken = InvalidSchemaValue("", "string", self._compiled.errors(operation, declared, ""))
            yield from self._schema_findings(broken, exchange, operation, "request", error.location, schema, path, declared)
        elif isinstance(cause, InvalidSchemaValue):
            schema = place.step("schema")
            yield from self._schema_findings(cause, exchange, operation, "request", error.location, schema, path, declared)
        else:
            plain = _plain("invalid", str(cause or error), "", path)
            yield self._finding(exchange, operation, "request", error.location, plain, place.reference, declared)

    def _parameter_place(self, operation: OperationSpec, name: str, location: str) -> Place:
        item = Place(self.document, f"#/paths/{escape_part(operation.path)}", self.document.raw["paths"][operation.path])
        for holder in (_place(operation), item):
            for index in range(len(holder.node.get("parameters", ()))):
                place = holder.step("parameters", index)
                if (place.node["name"], place.node["in"]) == (name, location):
                    return place
        raise KeyError(name)

    # Responses

    def response(self, route: Route, exchange: RecordedExchange) -> tuple[tuple[TrafficFinding, ...], tuple[str, ...]]:
        """The findings of a response, and the parts that could not be judged."""
        operation, message = route.operation, exchange.response
        bodiless = exchange.method == "HEAD" or exchange.status in NO_BODY
        unjudged = (f"response body: {message.unread}",) if message.unread and not bodiless else ()
        judged = JudgedResponse(exchange.status, message.headers, message.media_type, self._written(operation, message) or None)
        found: list[TrafficFinding] = []
        if message.broken:
            plain = _plain("malformed", message.broken, message.headers.get("content-encoding"))
            found.append(self._finding(exchange, operation, "response", "encoding", plain, f"{operation.reference}/responses"))
        for error in self._compiled.response.iter_errors(_request_for(operation), judged):
            if (bodiless or message.unread or message.broken) and isinstance(error, DataValidationError):
                continue
            if isinstance(error, ResponseNotFound) and self._readings.allows_status(
                operation.id, exchange.status, *KINDS_OF_REFUSAL, *operation.errors
            ):
                continue
            found += self._response_findings(error, exchange, operation)
        return tuple(found), unjudged

    def _written(self, operation: OperationSpec, message: HttpMessage) -> bytes | None:
        """The body of a response as the document writes it; as it was sent if it is no JSON, or if nothing differs."""
        if not self._readings or not message.body or not message.media_type.endswith("json"):
            return message.body
        try:
            body = orjson.loads(message.body)
        except orjson.JSONDecodeError:
            return message.body
        read = self._readings.read(operation.id, body)
        return message.body if read is body else orjson.dumps(read)

    def _is_accepted(self, operation: OperationSpec, cause: ErrorCause) -> bool:
        """Whether an accepted reading allows what a schema of a response does not."""
        pointer = join_pointer(cause.path)
        if cause.keyword == "required":
            return self._readings.may_lack(operation.id, pointer)
        return self._readings.is_free(operation.id, pointer, cause.value)

    def _response_findings(self, error: Exception, exchange: RecordedExchange, operation: OperationSpec) -> Iterator[TrafficFinding]:
        cause = error.__cause__
        responses = f"{operation.reference}/responses"
        here = f"{responses}/{exchange.status}"
        if isinstance(error, ResponseNotFound):
            text = f"the status {exchange.status} is not documented; {', '.join(operation.statuses)} are"
            yield self._finding(exchange, operation, "response", "status", _plain("undocumented", text, exchange.status), responses)
        elif isinstance(error, MissingRequiredHeader):
            plain = _plain("required", f"the header {error.name} is missing", "", [error.name])
            yield self._finding(exchange, operation, "response", "header", plain, f"{here}/headers/{escape_part(error.name)}")
        elif isinstance(error, HeaderValidationError):
            place = self._response(operation, exchange.status).step("headers", error.name, "schema")
            if isinstance(cause, InvalidSchemaValue):
                yield from self._schema_findings(cause, exchange, operation, "response", "header", place, [error.name])
            else:
                plain = _plain("invalid", str(cause or error), exchange.response.headers.get(error.name), [error.name])
                yield self._finding(exchange, operation, "response", "header", plain, place.reference)
        elif isinstance(error, MissingData):
            yield self._finding(exchange, operation, "response", "body", _plain("required", "the response has no body", ""), here)
        elif isinstance(cause, MediaTypeNotFound):
            media_type = exchange.response.media_type
            plain = _plain("media type", f"the media type {media_type or '(none)'} is not documented", media_type)
            yield self._finding(exchange, operation, "response", "media type", plain, here)
        elif isinstance(cause, MediaTypeDeserializeError):
            yield self._finding(exchange, operation, "response", "body", _malformed(cause), here)
        elif isinstance(cause, InvalidSchemaValue):
            response = self._response(operation, exchange.status)
            schema = response.step("content", _media_key(response, exchange.response.media_type), "schema")
            yield from self._schema_findings(cause, exchange, operation, "response", "body", schema)
        else:
            yield self._finding(exchange, operation, "response", "body", _plain("invalid", str(cause or error), ""), here)

    def _response(self, operation: OperationSpec, status: int) -> Place:
        return _place(operation).step("responses", str(status))

    # Texts of findings

    def _schema_findings(
        self,
        broken: InvalidSchemaValue,
        exchange: RecordedExchange,
        operation: OperationSpec,
        side: str,
        place: str,
        schema: Place,
        path: Sequence[str | int] = (),
        declared: Mapping[str, Any] | None = None,
    ) -> Iterator[TrafficFinding]:
        for cause in causes(cast("Iterable[ValidationError]", broken.schema_errors)):
            at = self._declared(schema, cause)
            node = self._node(schema, cause)
            whole = ErrorCause((*path, *cause.path), cause.keyword, cause.text, cause.value, cause.steps)
            if side == "response" and place == "body" and self._is_accepted(operation, whole):
                continue
            yield self._finding(exchange, operation, side, place, whole, at, declared if declared is not None and not cause.path else node)

    def _declared(self, schema: Place, cause: ErrorCause) -> str:
        """The keyword in the document that a cause breaks."""
        return f"{schema.step(*cause.steps[:-1]).reference}/{escape_part(cause.steps[-1])}" if cause.steps else schema.reference

    def _node(self, schema: Place, cause: ErrorCause) -> Mapping[str, Any]:
        """The schema of the value that a cause is about; for a missing member that of the member."""
        here = schema.step(*cause.steps[:-1])
        node: Mapping[str, Any] = here.node
        if cause.keyword == "required":
            inner = here.step("properties", cause.path[-1])
            node = inner.node if inner.reference != here.reference else {}
        return node

    def _finding(
        self,
        exchange: RecordedExchange,
        operation: OperationSpec,
        side: str,
        place: str,
        cause: ErrorCause,
        schema: str,
        node: Mapping[str, Any] | None = None,
    ) -> TrafficFinding:
        node = node or {}
        codes = node.get("x-fault-codes", {}).get(cause.keyword, []) if side == "request" else []
        if side == "request" and place == "security":
            codes = operation.fault_codes.get("unauthenticated", [])
        if side == "request" and cause.keyword == "malformed":
            codes = operation.fault_codes.get("malformed", [])
        clauses = [clause for code in ([codes] if isinstance(codes, str) else codes) if (clause := operation.clause_of(code)) is not None]
        clause = clauses[0] if clauses else None
        secret = any(isinstance(part, str) and self.masking.is_secret(part) for part in cause.path)
        said = [operation.clauses.get(clause, "") if clause else "", str(node.get("description", "")).strip(), operation.section]
        return TrafficFinding(
            entry=exchange.number,
            operation=operation.id,
            side=side,
            place=place,
            pointer=join_pointer(cause.path),
            keyword=cause.keyword,
            value=MASK if secret else _shown(self.masking.value(cause.value)),
            text=f"{cause.path[-1] if cause.path else 'the value'} breaks {cause.keyword}"
            if secret and cause.value is not None
            else self.masking.free_text(short(cause.text)),
            schema=schema,
            clause=clause,
            says="; ".join(part for part in said if part),
        )


@dataclass(frozen=True)
class _QueryRules:
    """How the query of an operation is read.

    ``means_something``: it holds a parameter, or a credential of the API. ``names``: the documented name of each parameter that has other names,
    by any of its names in lower case. ``emptiable``: parameters that count as not sent if they are sent without a value.
    """

    means_something: bool
    names: Mapping[str, str]
    emptiable: frozenset[str]


@cache
def _query_rules(operation: OperationSpec) -> _QueryRules:
    parameters = [parameter for parameter in operation.parameters if parameter["in"] == "query"]
    credentials = [scheme for scheme in operation.document.security_schemes.values() if scheme.get("in") == "query"]
    aliased = [parameter for parameter in parameters if "x-aliases" in parameter]
    return _QueryRules(
        bool(parameters or credentials),
        {name.casefold(): parameter["name"] for parameter in aliased for name in (parameter["name"], *parameter["x-aliases"])},
        frozenset(parameter["name"] for parameter in parameters if parameter.get("x-empty-is-missing")),
    )


def _place(operation: OperationSpec) -> Place:
    return Place(operation.document, operation.reference, operation.spec)


@cache
def _request_for(operation: OperationSpec) -> JudgedRequest:
    return JudgedRequest(operation.method, operation.path, RequestParameters(), "", None)


def _is_document(method: str, path: str) -> bool:
    """Whether a request asks for the document itself, which is served beside the operations."""
    return path == "/openapi.json" and method in ("GET", "HEAD")


def _plain(keyword: str, text: str, value: Any, path: Sequence[str | int] = ()) -> ErrorCause:
    return ErrorCause(tuple(path), keyword, text, value, ())


def _malformed(error: MediaTypeDeserializeError) -> ErrorCause:
    return _plain("malformed", f"the body cannot be read as {error.mimetype}: {error.__cause__}", error.value[:SHORT].decode("utf-8", "replace"))


def _media_key(holder: Place, media_type: str) -> str:
    """The key under which a body's media type is documented, which may be a range."""
    content = holder.node.get("content", {})
    return media_type if media_type in content else next((key for key in content if fnmatch(media_type, key)), media_type)


def short(text: str) -> str:
    return text if len(text) <= SHORT else text[:SHORT] + " …"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return short(value)
    try:
        return short(orjson.dumps(value).decode())
    except TypeError:
        return short(repr(value))
