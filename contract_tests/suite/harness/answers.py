"""Compares an answer with the document: status, media type, headers, schema, and at the mock undeclared fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import httpx

from mockserver.openapi.documents import Document
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import escape_part, find_value, join_pointer
from mockserver.openapi.provenance import NOT_DESCRIBED, described
from mockserver.openapi.readings import Readings
from mockserver.openapi.schemas import Direction, SchemaCompiler

from .bodies import find_excess, find_reason

REMEMBERED = 2_000
"""Bodies whose problems are remembered: the same list is read again and again."""
SHOWN = 300
"""Characters of the validator's message that a sentence quotes."""
OF_BYTES = ("content-length", "content-encoding", "transfer-encoding")
"""Headers that describe the bytes of a body, which another reading changes."""
OK, REFUSED = 200, 400
"""The first statuses of a success and of a refusal."""
OF_HTTP = frozenset({405, 406, 408, 413, 414, 415, 429, 431})
"""Refusals that any server of HTTP may send, whatever a foreign document says."""
ALIKE = (frozenset({400, 422}), frozenset({401, 403}), frozenset({404}), frozenset({409, 412}))
"""Statuses that refuse for one reason. If a foreign document has none of them at an operation, it does not say how that reason is answered."""
NOT_ALLOWED = 405
"""The status of a method that the document does not have at a path."""


@dataclass(frozen=True)
class Problem:
    """One way in which an answer differs from the document. ``pointer`` is a JSON pointer into the body, or the name of a header.

    ``assumed`` says that the document has there what the vendor's page does not say.
    """

    operation: str
    status: int
    keyword: str
    pointer: str
    sentence: str
    expected: object = None
    got: object = None
    assumed: bool = False


class AnswerValidator:
    """Compares answers with a document, and accepts every reading that its discrepancies accept.

    ``strict`` accepts no reading but the one of the mock, holds answers to what the mock promises to send (``x-emits``) as well, and finds undeclared
    fields.
    """

    def __init__(self, document: Document, *, strict: bool, readings: Readings | None = None) -> None:
        self.document = document
        self.strict = strict
        self.readings = readings or Readings(document, none=strict)
        self._compiler = SchemaCompiler(document, Direction.ANSWER)
        self._known: dict[tuple[str, int, bytes], list[Problem]] = {}

    @cached_property
    def _described(self) -> AnswerValidator:
        """The same for what the vendor's page describes only."""
        return AnswerValidator(described(self.document), strict=False)

    def problems(self, operation: OperationSpec, response: httpx.Response) -> Iterator[Problem]:
        """The ways in which an answer of an operation differs from the document."""
        found = [*self._problems(operation, response)]
        if not found or not self.readings:
            yield from found
            return
        is_assumed = operation.provenance in NOT_DESCRIBED
        again = () if is_assumed else self._described._problems(self._described.document.by_id[operation.id], response)  # noqa: SLF001 - of its own class
        of_page = {(one.keyword, one.pointer) for one in again}
        yield from (replace(one, assumed=(one.keyword, one.pointer) not in of_page) for one in found)

    def read(self, operation: OperationSpec, response: httpx.Response) -> httpx.Response:
        """An answer as the document writes it, if it follows another accepted reading; otherwise the answer itself.

        What was sent stays in the extension ``as_sent`` of the new answer.
        """
        content = self.read_body(operation.id, response.content)
        if content == response.content:
            return response
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in OF_BYTES]
        extensions = {**response.extensions, "as_sent": response.content}
        answer = httpx.Response(response.status_code, headers=headers, content=content, extensions=extensions, request=response.request)
        answer.elapsed = response.elapsed
        return answer

    def read_body(self, operation: str, content: bytes) -> bytes:
        """A body as the document writes it; the same bytes if it is no JSON, or if nothing differs."""
        if not self.readings or not content:
            return content
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            return content
        read = self.readings.read(operation, body)
        same = read is body or json.dumps(read) == json.dumps(body)  # not as values: 1 equals true
        return content if same else json.dumps(read).encode()

    def _problems(self, operation: OperationSpec, response: httpx.Response) -> Iterator[Problem]:
        status = response.status_code
        declared = operation.response(status)
        if declared is None:
            if self.document.has_skeleton and _is_left_open(operation, status):
                return
            if status != NOT_ALLOWED and not self.readings.knows_status(operation.id, status):
                text = f"answers with the status {status}, which is not documented"
                yield self._problem(operation, status, "status", "", text, list(operation.statuses), status)
            return
        yield from self._headers(operation, declared, response)
        unreadable = find_reason(response.content)
        if unreadable:
            yield self._problem(operation, status, "body", "", f"answers {status} with a body that cannot be read: {unreadable}", None, None)
            return
        content: Mapping[str, Any] = declared.get("content", {})
        if not content:
            if response.content:
                yield self._problem(operation, status, "body", "", f"sends a body with {status}, where none is documented", None, response.text[:200])
            return
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        media = content.get(media_type) if not self.document.has_skeleton else _find_media(content, media_type)
        if media is None:
            text = f"answers {status} as {media_type or 'no media type'}, which is not documented"
            yield self._problem(operation, status, "content-type", "", text, list(content), media_type)
            return
        if media_type.endswith("json"):
            key = (operation.id, status, response.content)
            if key not in self._known:
                if len(self._known) > REMEMBERED:
                    self._known.clear()
                self._known[key] = list(self._body(operation, status, media, response))
            yield from self._known[key]

    def _headers(self, operation: OperationSpec, declared: Mapping[str, Any], response: httpx.Response) -> Iterator[Problem]:
        for name, header in declared.get("headers", {}).items():
            header = self.document.resolve(header)  # noqa: PLW2901 - the same thing, looked up
            sent = response.headers.get(name)
            if sent is None:
                if header.get("required"):
                    text = f"answers {response.status_code} without the header {name}"
                    yield self._problem(operation, response.status_code, "header", name, text, name, None)
            elif not self._fits_as_text(header.get("schema", {}), sent):
                text = f"sends a header {name} that breaks its schema"
                yield self._problem(operation, response.status_code, "header", name, text, header.get("schema"), sent)

    def _fits_as_text(self, schema: Any, text: str) -> bool:
        kind = self.document.resolve(schema).get("type")
        value: Any = text
        if kind in ("integer", "number"):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                return False
        return self._compiler.compile(schema).is_valid(value)

    def _body(self, operation: OperationSpec, status: int, media: Mapping[str, Any], response: httpx.Response) -> Iterator[Problem]:
        excess = find_excess(response.content)
        if excess:  # a client that does not pass the request policy brings the body as it was sent
            yield self._problem(operation, status, "body", "", f"answers {status} with a body that cannot be read: {excess}", None, None)
            return
        try:
            body = self.readings.read(operation.id, json.loads(response.content))
        except ValueError:
            yield self._problem(operation, status, "body", "", f"answers {status} with a body that is no JSON", "JSON", response.text[:200])
            return
        for key in ("schema", "x-emits") if self.strict else ("schema",):
            if key not in media:
                continue
            broken = [error for error in self._compiler.compile(media[key]).iter_errors(body) if not self._is_accepted(operation, error, body)]
            for error in broken:
                error = _find_deepest(error)  # noqa: PLW2901 - the most specific part of it
                pointer = join_pointer(error.instance_path)
                text = f"answers {status} with a body that breaks its schema at {pointer or 'the top'}: {_describe(error)[:SHOWN]}"
                yield self._problem(
                    operation, status, f"schema {error.kind.name}", pointer, text, _expected_of(error), _at(body, error.instance_path)
                )
            if broken:
                return
        if self.strict and not self.document.has_skeleton:
            for pointer in self._undeclared([media.get("x-emits", media.get("schema", {}))], body, ""):
                text = f"answers {status} with a field that is not declared, {pointer}"
                yield self._problem(operation, status, "undeclared", pointer, text, None, None)

    def _is_accepted(self, operation: OperationSpec, error: Any, body: Any) -> bool:
        """Whether an accepted reading allows what a schema does not."""
        if not self.readings:
            return False
        branches = list(getattr(error.kind, "context", ()))
        if any(all(self._is_accepted(operation, inner, body) for inner in branch) for branch in branches):
            return True
        pointer = join_pointer(error.instance_path)
        if error.kind.name == "required":
            return self.readings.may_lack(operation.id, f"{pointer}/{escape_part(error.kind.property)}")
        is_free = self.readings.is_free(operation.id, pointer, find_value(body, pointer))
        return is_free or self.readings.is_open(operation.id, f"answer {error.kind.name}")

    def _undeclared(self, schemas: list[Any], value: Any, pointer: str) -> Iterator[str]:
        """Pointers to the fields that no branch of the schemas at a place declares; none if a branch leaves the place open."""
        branches = [branch for schema in schemas for branch in self._branches(schema)]
        if isinstance(value, list):
            items = [branch["items"] for branch in branches if "items" in branch]
            for number, item in enumerate(value if items else ()):
                yield from self._undeclared(items, item, f"{pointer}/{number}")
        elif isinstance(value, dict):
            objects = [branch for branch in branches if branch.get("type", "object") == "object"]
            if not objects or any(branch.get("additionalProperties") or ("properties" not in branch and "allOf" not in branch) for branch in objects):
                return
            for name, inner in value.items():
                known = [branch["properties"][name] for branch in objects if name in branch.get("properties", {})]
                if not known:
                    yield f"{pointer}/{escape_part(name)}"
                else:
                    yield from self._undeclared(known, inner, f"{pointer}/{escape_part(name)}")

    def _branches(self, schema: Any) -> Iterator[dict[str, Any]]:
        schema = self.document.resolve(schema)
        parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
        if "properties" in schema or not parts:
            yield schema
        for part in parts:
            yield from self._branches(part)

    @staticmethod
    def _problem(operation: OperationSpec, status: int, keyword: str, pointer: str, text: str, expected: object, got: object) -> Problem:
        return Problem(operation.id, status, keyword, pointer, f"{operation.id} {text}", expected, got)


def _find_media(content: Mapping[str, Any], media_type: str) -> Any:
    """What a foreign document says of a media type: itself, with any parameters, or by a range such as ``text/*``; None if it says nothing."""
    plain = {name.partition(";")[0].strip().lower(): media for name, media in content.items()}
    return next((plain[one] for one in (media_type, f"{media_type.partition('/')[0]}/*", "*/*", "*") if one in plain), None)


def _is_left_open(operation: OperationSpec, status: int) -> bool:
    """Whether a foreign document leaves open how an operation succeeds, or how it refuses for the reason that a status stands for."""
    if status < REFUSED:
        return status >= OK and not any(one.startswith(("2", "3")) for one in operation.statuses)
    if not 400 <= status < 500:
        return False
    documented = {int(one) for one in operation.statuses if one.isdigit() and one.startswith("4")}
    group = next((found for found in ALIKE if status in found), documented)
    return status in OF_HTTP or documented.isdisjoint(group)


def _find_deepest(error: Any) -> Any:
    """The error deepest in the value, if the value fits none of several branches; otherwise the error itself."""
    while True:
        context = [inner for branch in getattr(error.kind, "context", ()) for inner in branch]
        deeper = [inner for inner in context if len(inner.instance_path) > len(error.instance_path)]
        if not deeper:
            return error
        error = max(deeper, key=lambda inner: len(inner.instance_path))


def _first_errors(error: Any) -> list[Any]:
    """The first error of each branch, if the value fits none of several; otherwise none."""
    return [branch[0] for branch in getattr(error.kind, "context", ()) if branch]


def _describe(error: Any) -> str:
    """The validator's message, or the messages of all branches."""
    return " or ".join(dict.fromkeys(map(_describe, _first_errors(error)))) or str(error.message)


def _expected_of(error: Any) -> dict[str, Any]:
    """The keyword that failed and its value, as far as the validator reports it."""
    branches, details = _first_errors(error), error.kind.as_dict()
    return {error.kind.name: [_expected_of(one) for one in branches] if branches else next(iter(details.values()), True)}


def _at(body: Any, path: list[Any]) -> Any:
    for part in path:
        body = body[part]
    return body if len(str(body)) < 500 else str(body)[:500]
