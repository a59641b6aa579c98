"""Operations compiled at start-up: how to read a request, check the caller, call the handler and check the reply."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from mockserver.core.base.faults import HandlersUnbound, Invalid, Malformed, ResponseOffSpec, UnsupportedMedia
from mockserver.core.base.names import NOTICE
from mockserver.core.base.replies import Reply, Stream
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Api, DeferredViolations, DocumentedError, FaultContext, Sent
from mockserver.core.operation.binding import Handler, list_arguments
from mockserver.core.operation.bodies import parse_json, parse_multipart, parse_urlencoded
from mockserver.core.operation.form_parts import compile_parts
from mockserver.core.operation.forms import Coercer, compile_coercer, gather
from mockserver.core.operation.media import MULTIPART, URLENCODED, find_media, is_json, is_text, without_parameters
from mockserver.core.operation.parameters import ParameterPlan
from mockserver.core.operation.security import plan_security
from mockserver.core.operation.uploads import UploadRules
from mockserver.core.operation.xml_bodies import XmlReader, is_xml, parse_xml
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import Violation
from mockserver.openapi.limits import Limit, find_limit
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.schemas import Direction, SchemaCompiler, Validator

AnswerKey = tuple[str, bytes]

PROVEN = 256 * 1024
"""Bytes of valid answers remembered per operation, with the paths and queries that they answer."""


def _read_json(request: Request) -> Any:
    if not request.body:
        raise Malformed("the body is empty")
    return parse_json(request.body)


def _read_text(request: Request) -> str:
    charset = request.charset
    try:
        return request.body.decode("utf-8-sig" if charset in ("", "utf-8") else charset)
    except (UnicodeError, LookupError):
        raise Malformed(f"the body is no text in {charset or 'UTF-8'}") from None


def _read_xml(reader: XmlReader, schema: Any, request: Request) -> Any:
    if not request.body:
        raise Malformed("the body is empty")
    return reader.read(schema, parse_xml(request.body, request.charset or None))


def _read_bytes(request: Request) -> bytes:
    return request.body


def _read_urlencoded(request: Request) -> list[tuple[str, str]]:
    return parse_urlencoded(request.body)


def _read_form(coerce: Coercer, parse: Callable[[Request], Any], take_apart: Callable[[Any], Any], request: Request) -> Any:
    return coerce(take_apart(gather(parse(request))))


class BodyPlan:
    """Reads the body of one operation, with a parser and a validator for each media type."""

    def __init__(self, spec: OperationSpec, document: Document, compiler: SchemaCompiler) -> None:
        self.required = bool(spec.request_body.get("required", False))
        self.media: dict[str, tuple[Callable[[Request], Any], Validator]] = {}
        for media_type, media in spec.content.items():
            schema = media.get("schema", {})
            parse = self._choose_parser(media_type, document, media)
            # Bytes are no JSON, and text of another language is not what a schema of an object describes.
            is_checked = parse is not _read_bytes and (parse is not _read_text or document.resolve(schema).get("type") == "string")
            self.media[media_type] = (parse, compiler.compile(schema if is_checked else {}))
        self._uploads = UploadRules(document, (find_media(spec.content, MULTIPART) or {}).get("schema", {}))
        self.default = next(iter(self.media), "")
        schemas = [document.resolve(media.get("schema", {})) for media in spec.content.values()]
        self.properties: Mapping[str, Any] = {
            name: document.resolve(schema) for found in schemas for name, schema in found.get("properties", {}).items()
        }
        has_files = any(parse is _read_bytes for parse, _ in self.media.values()) or find_media(self.media, MULTIPART) is not None
        named = spec.request_body.get("x-limit")
        self.bound: Limit = find_limit(named) if named else limits.FILES_BODY if has_files else limits.BODY
        """The limit of the table that bounds the body, if the document sets no other."""
        self.limit: int = spec.request_body.get("x-max-bytes", self.bound.value)

    @staticmethod
    def _choose_parser(media_type: str, document: Document, media: Mapping[str, Any]) -> Callable[[Request], Any]:
        plain, schema = without_parameters(media_type), media.get("schema", {})
        if plain == URLENCODED or plain in (MULTIPART, "multipart/*"):
            parse = _read_urlencoded if plain == URLENCODED else parse_multipart
            return partial(_read_form, compile_coercer(document, schema), parse, compile_parts(document, plain, media))
        if document.has_skeleton and is_xml(plain) and document.resolve(schema).get("type") != "string":
            return partial(_read_xml, XmlReader(document), schema)
        return _read_json if is_json(media_type) else _read_text if is_text(media_type) else _read_bytes

    def read(self, request: Request) -> tuple[Any, list[Violation]]:
        """The value of the body and every violation of its schema. Raises UnsupportedMedia or Malformed."""
        media_type = request.media_type
        if not request.body and not media_type:
            if not self.required:
                return None, []
            media_type = self.default
        declared = self.media.get(media_type) or find_media(self.media, media_type)
        if declared is None:
            raise UnsupportedMedia(media_type, tuple(self.media))
        encoding = request.headers.get("content-encoding", "identity").lower()
        if encoding != "identity":
            raise UnsupportedMedia(f"{media_type} encoded as {encoding}", tuple(self.media))
        parse, validator = declared
        if not request.body and not self.required and parse is _read_json:
            return None, []
        value = parse(request)
        if media_type == MULTIPART:
            return value, self._check_form(value, validator)
        if type(value) is bytes:
            return value, []
        return value, [] if validator.is_valid(value) else validator.violations(value, "body")

    def _check_form(self, form: Any, validator: Validator) -> list[Violation]:
        shown = self._uploads.replace_files(form)
        found = [] if validator.is_valid(shown) else validator.violations(shown, "body")
        return sorted([*found, *self._uploads.violations(form, validator, "body")], key=lambda violation: violation.rank)


_ENTRY = 300
"""Approximate bytes of an entry without its texts."""


class ProvenBodies:
    """The last bodies that passed their validators, by the path and the query that they answer.

    Whether a body is valid depends on its bytes only, so the same bytes need not be validated twice. A client that reads the same data again gets
    the same bytes.
    """

    __slots__ = ("_bodies", "size")

    def __init__(self) -> None:
        self._bodies: dict[AnswerKey, tuple[tuple[Validator, ...], bytes]] = {}
        self.size = 0
        """Approximate bytes in memory, at most PROVEN."""

    def __len__(self) -> int:
        return len(self._bodies)

    def holds(self, key: AnswerKey, validators: tuple[Validator, ...], body: bytes) -> bool:
        """Whether this body has passed these validators before, for the same request."""
        known = self._bodies.get(key)
        return known is not None and known[0] is validators and known[1] == body

    def keep(self, key: AnswerKey, validators: tuple[Validator, ...], body: bytes) -> None:
        """Remember a body, and forget the oldest ones if there are too many."""
        if key in self._bodies:
            self._forget(key)
        self._bodies[key] = (validators, body)
        self.size += _weigh(key, body)
        while self.size > PROVEN:
            self._forget(next(iter(self._bodies)))

    def _forget(self, key: AnswerKey) -> None:
        self.size -= _weigh(key, self._bodies.pop(key)[1])


def _weigh(key: AnswerKey, body: bytes) -> int:
    return _ENTRY + len(key[0]) + len(key[1]) + len(body)


class ResponsePlan:
    """Checks the replies of one operation, with validators by status and media type."""

    def __init__(self, spec: OperationSpec, document: Document, compiler: SchemaCompiler, name: str) -> None:
        self._name = name
        self.statuses: dict[int, dict[str, tuple[Validator, ...]]] = {}
        """What each status that the document names may have as its body, by media type."""
        self._media: dict[int | str, dict[str, tuple[Validator, ...]]] = {}
        self._required: dict[int | str, tuple[str, ...]] = {}
        self._declared: dict[int | str, Mapping[str, Any]] = {}
        self.proven = ProvenBodies()
        """The answers that were found valid."""
        for status, response in spec.spec["responses"].items():
            key = int(status) if str(status).isdecimal() else str(status)
            declared = self._declared[key] = document.resolve(response)
            self._media[key] = {
                media_type: tuple(compiler.compile(media[name]) for name in ("schema", "x-emits") if name in media)
                for media_type, media in declared.get("content", {}).items()
            }
            if isinstance(key, int):
                self.statuses[key] = self._media[key]
            headers = {name: document.resolve(header) for name, header in declared.get("headers", {}).items()}
            self._required[key] = tuple(name for name, header in headers.items() if header.get("required"))

    def find(self, status: int) -> int | str | None:
        """Where the document has the response of a status: at the status, at its range such as ``4XX``, or at ``default``; None if nowhere."""
        for key in (status, f"{status // 100}XX", "default"):
            if key in self._declared:
                return key
        return None

    @property
    def usual(self) -> int:
        """The lowest status that the document names, or one of its lowest range."""
        named = [*self.statuses, *(int(key[0]) * 100 for key in self._declared if isinstance(key, str) and key != "default")]
        return min(named, default=200)

    def is_bodiless(self, status: int) -> bool:
        """Whether a documented status has no body."""
        return not self._media[self.find(status) or status]

    def content(self, status: int) -> Mapping[str, Any]:
        """The declared contents of a documented status, by media type."""
        found: Mapping[str, Any] = self._declared[self.find(status) or status].get("content", {})
        return found

    def headers(self, status: int) -> Mapping[str, Any]:
        """The declared headers of a documented status."""
        found: Mapping[str, Any] = self._declared[self.find(status) or status].get("headers", {})
        return found

    def check(self, reply: Reply, payload: bytes | None = None, key: AnswerKey = ("", b"")) -> None:
        """Raise ResponseOffSpec if a reply breaks the document, or the stricter schema ``x-emits`` that the mock promises.

        A reply that says itself that it is undocumented is not checked.

        ``payload`` is the encoded body, if it is known; ``key`` holds path and query of the request; valid bodies are remembered by it.
        """
        if reply.is_undocumented:
            return
        key_of_status: int | str | None = reply.status
        media = self.statuses.get(reply.status)
        if media is None:
            key_of_status = self.find(reply.status)
            if key_of_status is None:
                raise ResponseOffSpec(self._name, reply.status, text=f"status {reply.status} is not documented")
            media = self._media[key_of_status]
        for header in self._required[key_of_status or reply.status]:
            if header.lower() not in {name.lower() for name in reply.headers}:
                raise ResponseOffSpec(self._name, reply.status, text=f"reply {reply.status} lacks the header {header}")
        body = reply.body
        if body is None:
            if media:
                raise ResponseOffSpec(self._name, reply.status, text=f"reply {reply.status} has no body, though one is documented")
            return
        validators = media.get(reply.media_type)
        if validators is None:
            validators = find_media(media, reply.media_type)
        if validators is None:
            raise ResponseOffSpec(self._name, reply.status, text=f"reply {reply.status} has the undocumented media type {reply.media_type}")
        if isinstance(body, bytes | Stream):
            return
        if payload is not None and self.proven.holds(key, validators, payload):
            return
        for validator in validators:
            if not validator.is_valid(body):
                raise ResponseOffSpec(self._name, reply.status, validator.violations(body, "body"))
        if payload is not None:
            self.proven.keep(key, validators, payload)


class Compilers(NamedTuple):
    """The compilers of a document's schemas. They are one, unless the document is a foreign one."""

    requests: SchemaCompiler
    answers: SchemaCompiler


def compilers_of(document: Document) -> Compilers:
    if not document.has_skeleton:
        one = SchemaCompiler(document)
        return Compilers(one, one)
    return Compilers(SchemaCompiler(document, Direction.REQUEST), SchemaCompiler(document, Direction.ANSWER))


class Operation:
    """One operation of one vendor. A request passes, in this order: security, parameters, body, handler."""

    def __init__(self, api: Api, document: Document, spec: OperationSpec, compilers: Compilers, handler: Handler) -> None:
        self.api = api
        self.id = spec.id
        self.name = f"{api.slug}.{spec.id}"
        self.document = document
        self.spec = spec
        self.clauses: tuple[str, ...] = tuple(spec.clauses)
        self.responses = ResponsePlan(spec, document, compilers.answers, self.name)
        self.body = BodyPlan(spec, document, compilers.requests)
        errors = {name: _read_error(name, **row) for name, row in spec.errors.items()}
        credential_codes = {name: scheme.get("x-fault-codes", {}) for name, scheme in document.security_schemes.items()}
        self.fault_context = FaultContext(spec.id, spec.method, errors, spec.fault_codes, credential_codes)
        self._security = plan_security(document, spec.spec, api.verifiers, api.join_callers, api.scopes_of)
        self._taken = list_arguments(handler, spec)
        self._takes_sent = "sent" in self._taken
        self.parameters = ParameterPlan(spec, document, compilers.requests, by_place=self._takes_sent)
        self._base_path = document.base_path
        self._in_path = {parameter["name"] for parameter in spec.parameters if parameter["in"] == "path"}
        self.waits = inspect.iscoroutinefunction(handler)
        """Whether the handler is awaited. Only the control plane has such handlers, which work on more than the world of the request."""
        self._handler = handler
        self._takes_address = "home" in self._taken or "alias" in self._taken
        self._takes_late = "late" in self._taken
        self._notice: str = spec.spec.get("x-notice", "")
        self._inferred = api.inferred[spec.id] if "infer" in self._taken else None

    def identify_caller(self, request: Request, world: Transaction) -> object:
        """The caller of a request, as the verifiers return it. Raises Unauthenticated or Forbidden."""
        return self._security.identify(request, world)

    def answer(self, request: Request, world: Transaction) -> Any:
        """The reply to a request in a transaction, or an awaitable of it if the operation ``waits``. Raises a Fault if the caller erred."""
        arguments: dict[str, Any] = {"world": world, "request": request, **self.api.provides}
        if self._takes_address:
            arguments["home"] = world.own_url + self._base_path
            arguments["alias"] = {name: value for name, value in request.path_values.items() if name not in self._in_path}
        arguments["caller"] = self._security.identify(request, world)
        violations = self.parameters.read(request, arguments)
        if self.body.media:
            arguments["body"], wrong = self.body.read(request)
            violations += wrong
        if violations and (now := [violation for violation in violations if not violation.late]):
            raise Invalid(now)
        if self._takes_late:
            arguments["late"] = DeferredViolations(violations)
        if self._takes_sent:
            arguments["sent"] = Sent(**self.parameters.sent(arguments), body=arguments.get("body"))
        if self._inferred is not None:
            sent = Sent(**self.parameters.sent(arguments), body=arguments.get("body"))
            arguments["infer"] = partial(self._inferred, world, request, sent, arguments["caller"])
        reply = self._handler(**{name: arguments[name] for name in self._taken})
        return replace(reply, headers={**reply.headers, NOTICE: self._notice}) if self._notice else reply


def _read_error(
    name: str, status: int, message: str, code: str = "", aliases: Sequence[str] = (), clause: str | None = None, **extra: str
) -> DocumentedError:
    return DocumentedError(code or name, status, message, tuple(aliases), clause, extra)


def compile_operations(api: Api, document: Document, handlers: Mapping[str, Handler]) -> dict[str, Operation]:
    """Every operation of a document by its id."""
    compilers = compilers_of(document)
    missing = [f"{api.slug}.{spec.id} has no handler" for spec in document.operations if spec.id not in handlers]
    if missing:
        raise HandlersUnbound(missing)
    return {spec.id: Operation(api, document, spec, compilers, handlers[spec.id]) for spec in document.operations}
