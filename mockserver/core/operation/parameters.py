"""Reads the parameters of the path, the query, headers and cookies: finds them by name, converts and validates them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from mockserver.core.base.faults import Malformed
from mockserver.core.base.requests import Request
from mockserver.core.operation.bodies import parse_urlencoded
from mockserver.core.operation.forms import compile_coercer, gather
from mockserver.openapi import limits
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import Violation
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.schemas import SchemaCompiler

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NO_IDENTIFIER = re.compile(r"\W+")

MAX_QUERY = limits.QUERY.value
"""Bytes at most in a query."""


def python_name(name: str) -> str:
    """The name under which a handler takes a parameter: ``X-Company-Id`` becomes ``x_company_id``."""
    return _NO_IDENTIFIER.sub("_", name).strip("_").lower()


class _Place:
    """The parameters of one place (path, query, header or cookie), with one validator for all of them."""

    def __init__(self, place: str, declared: list[Mapping[str, Any]], document: Document, compiler: SchemaCompiler) -> None:
        self.place = place
        self.schemas: dict[str, Any] = {}
        self.arguments: dict[str, str] = {}
        self.wire_names: dict[str, str] = {}
        required = []
        for parameter in declared:
            name = parameter["name"]
            self.schemas[name] = parameter["schema"]
            self.arguments[name] = python_name(name)
            if parameter.get("required", False):
                required.append(name)
            for alias in (name, *parameter.get("x-aliases", ())):
                self.wire_names[alias.casefold() if "x-aliases" in parameter or place == "header" else alias] = name
        self._coercers = {name: compile_coercer(document, schema) for name, schema in self.schemas.items()}
        self._emptiable = {parameter["name"] for parameter in declared if parameter.get("x-empty-is-missing")}
        self._aliased = any("x-aliases" in parameter for parameter in declared)
        schema: dict[str, Any] = {"type": "object", "properties": dict(self.schemas)}
        for parameter in declared:
            if "x-fault-codes" in parameter and "$ref" not in parameter["schema"]:
                schema["properties"][parameter["name"]] = {**parameter["schema"], "x-fault-codes": parameter["x-fault-codes"]}
        if required:
            schema["required"] = required
        self._validator = compiler.compile(schema)

    def read(self, sent: Mapping[str, Any], arguments: dict[str, Any]) -> list[Violation]:
        """Put the values sent into ``arguments`` under their Python names, None for those not sent. Returns every violation."""
        values: dict[str, Any] = {}
        violations: list[Violation] = []
        for wire_name, value in sent.items():
            name = self.wire_names.get(wire_name)
            if name is None and self._aliased:
                name = self.wire_names.get(wire_name.casefold())
            if name is None or (value == "" and name in self._emptiable):
                continue
            if isinstance(value, str) and _CONTROL.search(value):
                violations.append(self._validator.violation(self.place, [name], "pattern", "control characters are not allowed"))
                continue
            values[name] = self._coercers[name](value)
        if not self._validator.is_valid(values):
            reported = {violation.pointer for violation in violations}
            violations += [found for found in self._validator.violations(values, self.place) if found.pointer not in reported]
        for name, argument in self.arguments.items():
            arguments[argument] = values.get(name)
        return violations


class ParameterPlan:
    """Reads the parameters of one operation."""

    def __init__(self, spec: OperationSpec, document: Document, compiler: SchemaCompiler) -> None:
        by_place: dict[str, list[Mapping[str, Any]]] = {}
        for parameter in spec.parameters:
            by_place.setdefault(parameter["in"], []).append(parameter)
        self._places = {place: _Place(place, declared, document, compiler) for place, declared in by_place.items()}
        self.arguments = frozenset(name for place in self._places.values() for name in place.arguments.values())

    def read(self, request: Request, arguments: dict[str, Any]) -> list[Violation]:
        """Fill ``arguments`` and return every violation.

        Raises Malformed for a query that cannot be read, unless the operation declares no query parameter.
        """
        violations: list[Violation] = []
        for name, place in self._places.items():
            violations += place.read(_READERS[name](request), arguments)
        return violations


def _read_path(request: Request) -> Mapping[str, Any]:
    return request.path_values


def _read_query(request: Request) -> Mapping[str, Any]:
    if len(request.query) > MAX_QUERY:
        raise Malformed(f"the query is longer than {MAX_QUERY} bytes")
    return gather(parse_urlencoded(request.query)) if request.query else {}


def _read_headers(request: Request) -> Mapping[str, Any]:
    return request.headers


def _read_cookies(request: Request) -> Mapping[str, Any]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(request.headers.get("cookie", "")).items()}
    except CookieError:
        raise Malformed("the cookies cannot be read") from None


_READERS = {"path": _read_path, "query": _read_query, "header": _read_headers, "cookie": _read_cookies}
