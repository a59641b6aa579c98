"""One operation of a document: path, inputs, answers, clauses, and the behaviour that its extensions declare."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.openapi.documents import Document

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, eq=False)
class OperationSpec:
    """One operation as its document describes it.

    ``spec`` is the operation as it is written, its references unresolved. ``parameters`` are resolved, those of the path item included.
    ``reference`` leads to the operation, such as ``#/paths/~1plans/get``.
    """

    document: Document = field(repr=False)
    id: str
    method: str
    path: str
    reference: str
    spec: Mapping[str, Any] = field(repr=False)
    parameters: tuple[Mapping[str, Any], ...] = field(repr=False)

    # Path

    @property
    def label(self) -> str:
        """Method and path, the name that Schemathesis gives an operation."""
        return f"{self.method} {self.path}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other paths that lead to the operation (``x-aliases``)."""
        return tuple(self.spec.get("x-aliases", ()))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a path of the operation below the base path, with or without a slash at its end."""
        return re.compile("[^/]+".join(map(re.escape, _PLACEHOLDER.split(self.path.rstrip("/")))) + "/?$")

    # Inputs

    @cached_property
    def request_body(self) -> Mapping[str, Any]:
        """The declared body, resolved; empty if the operation takes none."""
        found: Mapping[str, Any] = self.document.resolve(self.spec.get("requestBody", {}))
        return found

    @property
    def content(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.request_body.get("content", {})
        return found

    @cached_property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Place and name of everything that can be sent: parameters (``path``, ``query``, …), then the properties of the body (``body``)."""
        found = {(str(parameter["in"]), str(parameter["name"])): None for parameter in self.parameters}
        for media in self.content.values():
            found |= {("body", name): None for name, _ in self.document.properties(media.get("schema", {}))}
        return tuple(found)

    @property
    def security(self) -> list[dict[str, Mapping[str, Any]]]:
        """The ways in which a call may be authenticated; each names the schemes that are needed together. Empty: no credentials are needed."""
        ways = self.spec.get("security", self.document.raw.get("security", ()))
        return [{name: self.document.security_schemes[name] for name in way} for way in ways]

    # Answers

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        return tuple(map(str, self.spec["responses"]))

    def response(self, status: int | str) -> Mapping[str, Any] | None:
        """The documented response of a status, resolved: its own, that of its range such as ``4XX``, or ``default``; None if there is none."""
        responses, text = self.spec["responses"], str(status)
        declared = responses.get(text, responses.get(text[:1] + "XX", responses.get("default")))
        found: Mapping[str, Any] | None = None if declared is None else self.document.resolve(declared)
        return found

    @cached_property
    def own_errors(self) -> Mapping[str, Any]:
        """The rows of the vendor's error table that the operation has of its own, by code (``x-errors``)."""
        found: Mapping[str, Any] = self.document.resolve(self.spec.get("x-errors", {}))
        return found

    @cached_property
    def errors(self) -> Mapping[str, Any]:
        """The rows of the vendor's error table by code, those of every operation included."""
        return {**self.document.errors, **self.own_errors}

    # The vendor's page

    @property
    def summary(self) -> str:
        return str(self.spec.get("summary", ""))

    @property
    def section(self) -> str:
        """The section of the vendor's page that describes the operation; empty if the document names none."""
        return str(self.spec.get("externalDocs", {}).get("description", ""))

    @property
    def page(self) -> str | None:
        """The address of the vendor's page, None if the document names none."""
        found: str | None = self.spec.get("externalDocs", {}).get("url")
        return found

    @property
    def provenance(self) -> str:
        """How well the vendor's page describes the operation: ``described``, ``listed`` or ``assumed``."""
        return str(self.spec.get("x-provenance", "described"))

    @property
    def clauses(self) -> Mapping[str, str]:
        """The sentences of the vendor's page that bind the operation, by the id of the clause."""
        found: Mapping[str, str] = self.spec.get("x-clauses", {})
        return found

    @property
    def assumptions(self) -> Mapping[str, str]:
        """What is assumed of an operation that the vendor's page only lists, in sentences by id (``x-assumptions``); no clause of the vendor."""
        found: Mapping[str, str] = self.spec.get("x-assumptions", {})
        return found

    def assumption_at(self, pointer: str) -> str:
        """The id of the assumption that a finding is about: of the error row that its pointer names, otherwise the first; empty if there is none."""
        named = f"assumed.{self.id}.{pointer}"
        return named if named in self.assumptions else next(iter(self.assumptions), "")

    def clause_of(self, code: str) -> str | None:
        """The clause of a row of the error table, None if there is no such row or it names no clause."""
        clause = self.errors.get(code, {}).get("clause")
        return None if clause is None else str(clause)

    # Declared behaviour

    @property
    def recipes(self) -> Mapping[str, Any]:
        """Named ways to call the operation (``x-recipes``)."""
        found: Mapping[str, Any] = self.spec.get("x-recipes", {})
        return found

    @property
    def is_safe(self) -> bool:
        """Whether the operation promises to change nothing."""
        return bool(self.spec.get("x-safe", self.method in ("GET", "HEAD")))

    @property
    def fault_codes(self) -> Mapping[str, Any]:
        """The vendor's codes, one or a list, for what is wrong with a request as a whole, such as ``malformed`` (``x-fault-codes``)."""
        found: Mapping[str, Any] = self.spec.get("x-fault-codes", {})
        return found

    @cached_property
    def unseen(self) -> Mapping[str, str]:
        """Why a documented answer, by its status, or a clause need not be met in any run (``x-unseen``)."""
        reasons = {status: (self.response(status) or {}).get("x-unseen") for status in self.statuses}
        return {**{status: reason for status, reason in reasons.items() if reason}, **self.spec.get("x-unseen", {})}


@dataclass(frozen=True)
class Route:
    """The operation that a path leads to, and the values of the path's placeholders."""

    operation: OperationSpec
    values: Mapping[str, str]
