"""Answers preferences: a documented status, code or example of an operation, without calling its handler.

Fault rules and the header ``Prefer`` ask for such answers. An answer is built from the document and by the vendor's ``render_fault``, and checked
like any other reply. The text of :class:`PreferenceNotSatisfiable` lists the answers that the document has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockserver.core.base.faults import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    LimitExceeded,
    Malformed,
    MethodNotAllowed,
    MockBug,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    VendorFault,
)
from mockserver.core.base.ids import Chance
from mockserver.core.base.replies import JSON, Reply
from mockserver.core.operation.api import DocumentedError
from mockserver.core.operation.compiled import Operation
from mockserver.core.state.rules import Preference
from mockserver.openapi import limits
from mockserver.openapi.digits import read_digits
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import Violation
from mockserver.openapi.examples import invent

REFUSED = 400
"""The lowest status of an error."""
TRIES = 20
"""How often a body is generated because the one before did not satisfy the schema."""

_PART = re.compile(r'(?:[^,;"]|"[^"]*"?)+')
"""One part of a header ``Prefer``, up to a separator outside quotes. Every text matches to its end, so nothing is read twice."""
_VALUE = re.compile(r'[^\s,;"]*')
_SECONDS = re.compile(r"\d{1,3}(\.\d{1,6})?", re.ASCII)
_TOKENS = ("code", "example", "delay", "dynamic")


class PreferenceNotSatisfiable(Exception):
    """The document has no such answer. The text lists those that it has."""


class RequestedRefusal(Fault):
    """A refusal with a status that no other fault has."""

    kind = "demanded"

    def __init__(self, status: int) -> None:
        super().__init__("refused on demand")
        self.status = status


def parse_prefer(header: str, operation: Operation, longest: float) -> Preference | None:
    """The preference in a header ``Prefer``; None if it has none of ours.

    ``longest`` is the greatest delay allowed, in seconds. Raises PreferenceNotSatisfiable for values that cannot be read, and LimitExceeded for a
    header that is too long.
    """
    if len(header) > limits.HEADER_VALUE.value:
        raise LimitExceeded(limits.HEADER_VALUE, 431)
    tokens = _read_tokens(header)
    if not tokens:
        return None
    preference = Preference(example=tokens.get("example"))
    if "code" in tokens:
        preference = _read_code(preference, tokens["code"], operation)
    if "dynamic" in tokens:
        if tokens["dynamic"].lower() not in ("true", "false"):
            raise PreferenceNotSatisfiable(f"dynamic={tokens['dynamic'][:80]}: write true or false")
        preference = replace(preference, dynamic=tokens["dynamic"].lower() == "true")
    if "delay" in tokens:
        if not _SECONDS.fullmatch(tokens["delay"]) or float(tokens["delay"]) > longest:
            raise PreferenceNotSatisfiable(f"delay={tokens['delay'][:80]}: write seconds, at most {longest:g}, such as 0.5")
        preference = replace(preference, delay=float(tokens["delay"]))
    return preference


def _read_tokens(header: str) -> dict[str, str]:
    """The first value of each of our names in a header ``Prefer``; empty for a name without a value."""
    tokens: dict[str, str] = {}
    for part in _PART.findall(header):
        name, _, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name not in _TOKENS:
            continue
        if value[:1] == value[-1:] == '"' and value.count('"') == 2:  # noqa: PLR2004 - one at each end
            tokens.setdefault(name, value[1:-1])
        elif _VALUE.fullmatch(value):
            tokens.setdefault(name, value)
    return tokens


def _read_code(preference: Preference, text: str, operation: Operation) -> Preference:
    """A preference with a status if the text is a number that is documented as one or names none of the vendor's codes, else with a code."""
    status = read_digits(text)
    if status is not None and (operation.responses.find(status) is not None or text not in operation.fault_context.errors):
        return replace(preference, status=status)
    return replace(preference, code=text)


def answer_preference(operation: Operation, preference: Preference, chance: Chance) -> Reply:
    """The answer that a preference asks for. Raises PreferenceNotSatisfiable if the document does not have it."""
    if preference.code is not None:
        reply = _answer_code(operation, preference.code)
        if preference.status not in (None, reply.status):
            raise PreferenceNotSatisfiable(f"{preference.code} comes with status {reply.status}, not {preference.status}")
        return reply
    if preference.example is not None:
        return _answer_example(operation, preference.example, preference.status)
    status = preference.status if preference.status is not None else operation.responses.usual
    if operation.responses.find(status) is None:
        raise PreferenceNotSatisfiable(f"{operation.name} documents {_join(operation.responses.statuses)}, not {status}")
    for reply in _list_candidates(operation, status, preference.dynamic, chance):
        if _is_documented(operation, reply, status):
            return reply
    raise PreferenceNotSatisfiable(f"no body could be made for status {status} of {operation.name}")


def _join(names: Any) -> str:
    return ", ".join(map(str, sorted(names)))


def _is_documented(operation: Operation, reply: Reply, status: int) -> bool:
    """Whether a reply is valid for the document and has the status asked for."""
    try:
        operation.responses.check(reply)
    except MockBug:
        return False
    return reply.status == status


def _answer_code(operation: Operation, code: str) -> Reply:
    """The refusal with one of the vendor's codes."""
    errors = operation.fault_context.errors
    if code not in errors:
        same = next((error for error in errors.values() if code in error.aliases), None)
        if same is not None:
            raise PreferenceNotSatisfiable(f"{code} is another spelling of {same.code}, which is the one that is sent; ask for {same.code}")
        known = f"documents the codes {', '.join(errors)}" if errors else "documents no codes"
        raise PreferenceNotSatisfiable(f"{operation.name} {known}, not {code[:80]}")
    for fault in (VendorFault(code), Invalid([_guess_violation(operation, errors[code])])):
        reply = _render(operation, fault)
        if reply is not None and _is_documented(operation, reply, errors[code].status):
            return reply
    for found in _list_examples(operation, errors[code].status):
        if {code, errors[code].message} & set(_list_texts(found.body)) and _is_documented(operation, found, errors[code].status):
            return found
    raise PreferenceNotSatisfiable(f"{code} of {operation.name} needs details that only a real refusal has; no example of the document shows it")


def _guess_violation(operation: Operation, error: DocumentedError) -> Violation:
    """A violation that leads to this error: of the field to which the document gives its code, or else of one that its text mentions."""
    declared = dict(operation.body.properties)
    for name, schema in declared.items():
        for keyword, codes in schema.get("x-fault-codes", {}).items():
            if error.code in ([codes] if isinstance(codes, str) else codes):
                return Violation("body", f"/{name}", keyword, error.message, (error.code,))
    mentioned = [name for name in declared if name in error.message or name in error.code]
    name = max(mentioned, key=len) if mentioned else next(iter(declared), "")
    return Violation("body", f"/{name}" if name else "", "state", error.message, (error.code,))


def _list_texts(body: Any) -> Iterator[str]:
    """Every value in a body, as text."""
    if isinstance(body, dict):
        for value in body.values():
            yield from _list_texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from _list_texts(value)
    else:
        yield str(body)


def _answer_example(operation: Operation, name: str, status: int | None) -> Reply:
    """The answer that the document shows as the example of this name."""
    found: dict[str, list[int]] = {}
    for known in operation.responses.statuses:
        for label, reply in _list_named_examples(operation, known):
            found.setdefault(label, []).append(known)
            if label == name and status in (None, known):
                if _is_documented(operation, reply, known):
                    return reply
                raise PreferenceNotSatisfiable(f"the example {name} shows a reading of the page that this mock does not send")
    shown = ", ".join(f"{label} ({_join(statuses)})" for label, statuses in found.items()) or "none"
    raise PreferenceNotSatisfiable(f"{operation.name} has no example {name}{'' if status is None else f' for status {status}'}; there are: {shown}")


def _list_candidates(operation: Operation, status: int, dynamic: bool | None, chance: Chance) -> Iterator[Reply]:  # noqa: FBT001 - one of three values
    """Possible answers of a status, the most realistic first: refusals of the vendor, examples, generated bodies."""
    if dynamic is not True:
        if dynamic is None:
            yield from _list_refusals(operation, status)
        yield from _list_examples(operation, status)
        if dynamic is False:
            return
    if operation.responses.is_bodiless(status):
        yield Reply(status, None, _build_headers(operation, status, chance))
    for media_type, media in operation.responses.content(status).items():
        if media_type.endswith("json"):
            schema = media.get("x-emits", media.get("schema", {}))
            for _ in range(TRIES):
                yield Reply(status, invent(operation.document, schema, chance), _build_headers(operation, status, chance), media_type)
        else:
            yield Reply(
                status, str(invent(operation.document, {"type": "string"}, chance)).encode(), _build_headers(operation, status, chance), media_type
            )


def _list_refusals(operation: Operation, status: int) -> Iterator[Reply]:
    """Refusals of the vendor that may have this status: of the faults that usually do, of its own codes, and of any other fault.

    Faults for which the document has no error come after the vendor's own codes.
    """
    context = operation.fault_context
    usual = [fault for fault in _USUAL if fault.status == status]
    faults = [fault for fault in usual if context.documented(fault) is not None]
    faults += [VendorFault(code) for code, error in context.errors.items() if error.status == status]
    faults += [fault for fault in usual if fault not in faults]
    if status >= REFUSED:
        faults.append(RequestedRefusal(status))
    for fault in faults:
        reply = _render(operation, fault)
        if reply is not None:
            yield reply


_USUAL: tuple[Fault, ...] = (
    Unauthenticated("credential"),
    Forbidden("refused on demand"),
    NotFound("thing", "refused on demand"),
    MethodNotAllowed("this method", ("others",)),
    Conflict("refused on demand"),
    TooLarge(1024),
    UnsupportedMedia("this type", (JSON,)),
    TooManyRequests(1),
    Unavailable("refused on demand"),
    Malformed("refused on demand"),
    Invalid([Violation("body", "", "type", "refused on demand")]),
)


def _render(operation: Operation, fault: Fault) -> Reply | None:
    """A fault rendered by the vendor; None if the vendor needs details that this fault does not have."""
    try:
        return operation.api.render_fault(fault, operation.fault_context)
    except (LookupError, TypeError, AttributeError, ValueError, MockBug):
        return None


def _list_examples(operation: Operation, status: int) -> Iterator[Reply]:
    for _, reply in _list_named_examples(operation, status):
        yield reply


def _list_named_examples(operation: Operation, status: int) -> Iterator[tuple[str, Reply]]:
    """The examples of a status with their names; one without a name is called ``example``."""
    document = operation.document
    for media_type, media in operation.responses.content(status).items():
        examples: Mapping[str, Any] = {"example": {"value": media["example"]}} if "example" in media else media.get("examples", {})
        for name, example in examples.items():
            value = document.resolve(example).get("value")
            body = value if media_type.endswith("json") else str(value).encode()
            yield name, Reply(status, body, _build_headers(operation, status, None), media_type)


def _build_headers(operation: Operation, status: int, chance: Chance | None) -> dict[str, str]:
    """The required headers of a response, from their examples or generated."""
    document: Document = operation.document
    found: dict[str, str] = {}
    for name, declared in operation.responses.headers(status).items():
        header = document.resolve(declared)
        if header.get("required"):
            schema = document.resolve(header.get("schema", {}))
            value = header.get("example", schema.get("example"))
            found[name] = str(value if value is not None or chance is None else invent(document, schema, chance))
    return found
