"""The result of judging an exchange: its kind and its findings."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.openapi.operations import OperationSpec, Route

REFUSED = 400
"""The first status that refuses a request."""


@dataclass(frozen=True)
class TrafficFinding:
    """One place where an exchange breaks the document.

    ``place`` is the part of the message (body, query, path, header, cookie, security, status, media type, encoding, operation), ``pointer`` a JSON
    pointer from there, ``schema`` the place in the document, ``says`` the statement of the clause, ``clause`` its id if there is one.
    """

    entry: int
    operation: str | None
    side: str
    place: str
    pointer: str
    keyword: str
    value: str
    text: str
    schema: str = ""
    clause: str | None = None
    says: str = ""

    def line(self) -> str:
        where = f"{self.side} {self.place}{' ' + self.pointer if self.pointer else ''}"
        return f"{where}: {self.text}"


@dataclass(frozen=True)
class Judgement:
    """The findings of one exchange.

    ``kind`` is ``judged``; ``foreign``, outside the API; ``unknown``, at a path or with a method that the document lacks; ``document``, the
    document itself; ``preflight``; ``unanswered``; ``limit``, refused beyond a limit of the mock; or ``injected``, answered by a fault rule or a
    preference.
    """

    number: int
    kind: str
    status: int
    route: Route | None = None
    request: tuple[TrafficFinding, ...] = ()
    response: tuple[TrafficFinding, ...] = ()
    unjudged: tuple[str, ...] = ()
    sent: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @property
    def operation(self) -> OperationSpec | None:
        return None if self.route is None else self.route.operation

    @property
    def refused(self) -> bool:
        """Whether a request that breaks the document was refused with a 4xx, as it should be."""
        return bool(self.request) and REFUSED <= self.status < REFUSED + 100

    @property
    def findings(self) -> tuple[TrafficFinding, ...]:
        """The violations: every error of the response, and errors of a request that was accepted (answered below 400)."""
        accepted = 0 < self.status < REFUSED and self.kind != "injected"
        return (*(self.request if accepted else ()), *self.response)
