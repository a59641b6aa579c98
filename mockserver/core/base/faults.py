"""The closed family of errors.

::

    Fault                    the caller erred: rendered in the vendor's format, nothing is committed
    ├── Malformed            the query or the body cannot be read
    ├── TooLarge             the body exceeds the limit
    ├── UnsupportedMedia     the body has a media type that the document does not list
    ├── Unauthenticated      credentials are missing or wrong
    ├── Forbidden            credentials are good, but not for this
    │   └── ScopeMissing     the token lacks a scope
    ├── NotFound             no such path or thing
    ├── MethodNotAllowed     the path exists, the method does not
    ├── Invalid              violations of the document's schemas, every one of them
    ├── Conflict             the state does not allow it
    ├── TooManyRequests      too many requests in a time
    ├── Unavailable          a service behind the vendor is down
    └── VendorFault          an error code of the vendor's own; text and status are in the document
    NotServed                the mock has no answer that the document allows: a plain 501, never in a vendor's format
    LimitExceeded            a limit of the mock's own: a plain problem that names the limit, never in a vendor's format
    MockBug                  the mock erred: a plain 500 that names operation and place, never in a vendor's format
    ├── ResponseOffSpec      a reply breaks the document
    └── HandlerCrashed       a handler raised something else
    SetupError               the server cannot start: one line of text, exit code 2
    ├── DocumentBroken       a document cannot be used
    └── HandlersUnbound      operations without handler, handlers without operation, wrong parameters
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from mockserver.openapi.errors import SetupError, Violation
from mockserver.openapi.limits import Limit


class Fault(Exception):
    """The caller erred. ``kind`` is the name under which a document may map it to a vendor code."""

    kind: ClassVar[str] = "fault"
    status: int = 400


class Malformed(Fault):
    """The request cannot be read: broken JSON, wrong encoding, nested too deep, truncated."""

    kind = "malformed"


class TooLarge(Fault):
    """The body, or a part of the request line or the headers, exceeds ``limit`` bytes."""

    kind = "too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request is larger than {limit} bytes")
        self.limit = limit


class LimitExceeded(Exception):
    """A request is beyond a limit of the mock for which no document has an answer.

    ``status`` is 413, 429, 431 or 503. ``advice`` says what to do, after a semicolon.
    """

    kind = "limit"

    def __init__(self, limit: Limit, status: int, advice: str = "") -> None:
        ending = f"{limit.bounds.removesuffix('.')}; {advice}" if advice else limit.bounds
        super().__init__(f"beyond the limit {limit.name} ({limit.value} {limit.unit}): {ending}")
        self.limit = limit
        self.status = status


class NotServed(Exception):
    """The mock has no answer that the document of the operation allows. The text says why."""

    kind = "not_served"
    status = 501


class StoreFailed(Exception):
    """The store of worlds cannot read or keep what a request needs. The text says why, and what to do; nothing was changed."""

    kind = "store"
    status = 503


class UnsupportedMedia(Fault):
    """The body has a media type that the operation does not take."""

    kind = "unsupported_media"
    status = 415

    def __init__(self, got: str, accepted: Sequence[str]) -> None:
        super().__init__(f"content type {got or '(none)'} is not accepted; send {' or '.join(accepted)}")
        self.got = got
        self.accepted = tuple(accepted)


class Unauthenticated(Fault):
    """A credential is missing or wrong. ``scheme`` is the name of the security scheme."""

    kind = "unauthenticated"
    status = 401

    def __init__(self, scheme: str, reason: str = "wrong", *, missing: bool = False) -> None:
        super().__init__(f"{scheme}: {'missing' if missing else reason}")
        self.scheme = scheme
        self.reason = reason
        self.missing = missing


class Forbidden(Fault):
    """The caller is known but may not do this."""

    kind = "forbidden"
    status = 403


class ScopeMissing(Forbidden):
    """The token is good, but lacks ``scopes`` that the operation requires."""

    def __init__(self, scheme: str, scopes: Sequence[str]) -> None:
        super().__init__(f"{scheme}: the token lacks the scope {' '.join(scopes)}")
        self.scheme = scheme
        self.scopes = tuple(scopes)


class NotFound(Fault):
    """No ``thing`` (a path, a record) has this ``name``."""

    kind = "not_found"
    status = 404

    def __init__(self, thing: str, name: object) -> None:
        super().__init__(f"no {thing} {name}")
        self.thing = thing
        self.name = name


class MethodNotAllowed(Fault):
    """The path exists; ``allow`` lists the methods that it has."""

    kind = "method_not_allowed"
    status = 405

    def __init__(self, method: str, allow: Sequence[str]) -> None:
        super().__init__(f"{method} is not allowed here; use {' or '.join(allow)}")
        self.method = method
        self.allow = tuple(allow)


class Invalid(Fault):
    """Every violation of the request, in the order of the document."""

    kind = "invalid"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(map(str, violations)))
        self.violations = tuple(violations)


class Conflict(Fault):
    """The state of a thing does not allow the request."""

    kind = "conflict"
    status = 409


class TooManyRequests(Fault):
    """Too many requests; ``retry_after`` is in seconds."""

    kind = "too_many_requests"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class Unavailable(Fault):
    """A service behind the vendor's API is down."""

    kind = "unavailable"
    status = 503


class VendorFault(Fault):
    """A refusal with the vendor's own ``code``.

    Status, message and aliases are in the document's ``x-errors``; ``details`` fills what the vendor adds to the body.
    """

    kind = "vendor"

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, object] = details


class MockBug(Exception):
    """The mock erred. It is answered with a plain 500 that names ``operation``, never in a vendor's format."""

    def __init__(self, operation: str, text: str) -> None:
        super().__init__(f"{operation}: {text}")
        self.operation = operation
        self.text = text


class ResponseOffSpec(MockBug):
    """A reply breaks the document: undocumented status or media type, or a body that violates its schema."""

    def __init__(self, operation: str, status: int, violations: Sequence[Violation] = (), text: str = "") -> None:
        super().__init__(operation, text or f"reply {status} breaks the document: " + "; ".join(map(str, violations)))
        self.status = status
        self.violations = tuple(violations)


class HandlerCrashed(MockBug):
    """A handler or a timer raised an exception that is no Fault."""


class HandlersUnbound(SetupError):
    """Documents and handlers do not fit together; ``problems`` names every case."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("handlers and documents do not fit: " + "; ".join(problems))
        self.problems = tuple(problems)
