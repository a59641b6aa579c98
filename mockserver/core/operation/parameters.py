"""Reads the parameters of the path, the query, headers and cookies: finds them by name, takes lists apart, converts and validates them."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any

from mockserver.core.base.faults import Malformed
from mockserver.core.base.requests import Request
from mockserver.core.operation.bodies import parse_json, parse_urlencoded
from mockserver.core.operation.forms import Coercer, compile_coercer, gather
from mockserver.core.operation.media import is_json
from mockserver.core.operation.styles import compile_splitter, find_shape, style_of
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

    def __init__(
        self, place: str, declared: list[Mapping[str, Any]], document: Document, compiler: SchemaCompiler, name_argument: Callable[[str], Hashable]
    ) -> None:
        self.place = place
        self.schemas: dict[str, Any] = {}
        self.arguments: dict[str, Hashable] = {}
        self.wire_names: dict[str, str] = {}
        required = []
        for parameter in declared:
            name = parameter["name"]
            self.schemas[name] = schema_of(parameter)
            self.arguments[name] = name_argument(name)
            if parameter.get("required", False):
                required.append(name)
            for alias in (name, *parameter.get("x-aliases", ())):
                self.wire_names[alias.casefold() if "x-aliases" in parameter or place == "header" else alias] = name
        self._coercers = {parameter["name"]: _compile_reader(document, parameter) for parameter in declared}
        self._refuses_control = not document.allows_control_characters
        self._emptiable = {parameter["name"] for parameter in declared if parameter.get("x-empty-is-missing")}
        self._aliased = any("x-aliases" in parameter for parameter in declared)
        schema: dict[str, Any] = {"type": "object", "properties": dict(self.schemas)}
        for parameter in declared:
            if "x-fault-codes" in parameter and "$ref" not in self.schemas[parameter["name"]]:
                schema["properties"][parameter["name"]] = {**self.schemas[parameter["name"]], "x-fault-codes": parameter["x-fault-codes"]}
        if required:
            schema["required"] = required
        self._validator = compiler.compile(schema)

    def read(self, sent: Mapping[str, Any], arguments: dict[Any, Any]) -> list[Violation]:
        """Put the values sent into ``arguments`` under the names of the arguments, None for those not sent. Returns every violation."""
        values: dict[str, Any] = {}
        violations: list[Violation] = []
        for wire_name, value in sent.items():
            name = self.wire_names.get(wire_name)
            if name is None and self._aliased:
                name = self.wire_names.get(wire_name.casefold())
            if name is None or (value == "" and name in self._emptiable):
                continue
            if self._refuses_control and isinstance(value, str) and _CONTROL.search(value):
                violations.append(self._validator.violation(self.place, [name], "pattern", "control characters are not allowed"))
                continue
            values[name] = self._coercers[name](value)
        if not self._validator.is_valid(values):
            reported = {violation.pointer for violation in violations}
            violations += [found for found in self._validator.violations(values, self.place) if found.pointer not in reported]
        for name, argument in self.arguments.items():
            arguments[argument] = values.get(name)
        return violations


class _ExplodedPlace(_Place):
    """A place with objects whose properties are sent as if they were parameters: ``?red=1&green=2``."""

    exploded: Mapping[str, frozenset[str]]
    """The properties of each such object; empty if it may have any, which are then those that no parameter has the name of."""

    def read(self, sent: Mapping[str, Any], arguments: dict[Any, Any]) -> list[Violation]:
        """As in a place without objects, after the objects have been put together."""
        together = dict(sent)
        for name, properties in self.exploded.items():
            found = {key: value for key, value in sent.items() if (key in properties if properties else key not in self.wire_names)}
            if found and name not in sent:
                together[name] = found
        return super().read(together, arguments)


def schema_of(parameter: Mapping[str, Any]) -> Any:
    """The schema of a parameter's value, also if it stands in a ``content``."""
    if "content" in parameter:
        media: Mapping[str, Any] = next(iter(parameter["content"].values()), {})
        return media.get("schema", {})
    return parameter["schema"]


def _compile_reader(document: Document, parameter: Mapping[str, Any]) -> Coercer:
    """A function that converts what was sent for a parameter to the type of its schema."""
    schema = schema_of(parameter)
    if "content" in parameter:
        return _read_content if is_json(next(iter(parameter["content"]), "")) else compile_coercer(document, schema)
    coerce, split = compile_coercer(document, schema), compile_splitter(document, parameter, schema)
    return coerce if split is None else partial(_call_both, split, coerce)


def _call_both(first: Coercer, second: Coercer, value: Any) -> Any:
    return second(first(value))


def _read_content(value: Any) -> Any:
    """The value of a JSON text; a text that is no JSON stays, so that the validator reports it."""
    try:
        return parse_json(value.encode()) if isinstance(value, str) else value
    except Malformed:
        return value


def _find_exploded(document: Document, declared: list[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """The objects whose properties are sent as if they were parameters, with the names of those properties."""
    found: dict[str, frozenset[str]] = {}
    for parameter in declared:
        if parameter["in"] in ("query", "cookie") and "content" not in parameter and style_of(parameter) == ("form", True):
            schema = schema_of(parameter)
            if find_shape(document, schema) == "object":
                found[parameter["name"]] = frozenset(name for name, _ in document.properties(schema))
    return found


class ParameterPlan:
    """Reads the parameters of one operation.

    Arguments are named as a Python function takes them, or with ``by_place`` by place and wire name, which two parameters never share.
    """

    def __init__(self, spec: OperationSpec, document: Document, compiler: SchemaCompiler, *, by_place: bool = False) -> None:
        declared: dict[str, list[Mapping[str, Any]]] = {}
        for parameter in spec.parameters:
            declared.setdefault(parameter["in"], []).append(parameter)
        self._places: dict[str, _Place] = {}
        self._readers = dict(_READERS)
        for place, parameters in declared.items():
            name_argument = partial(_name_by_place, place) if by_place else python_name
            exploded = _find_exploded(document, parameters)
            made = (_ExplodedPlace if exploded else _Place)(place, parameters, document, compiler, name_argument)
            if isinstance(made, _ExplodedPlace):
                made.exploded = exploded
            self._places[place] = made
        literal = frozenset(parameter["name"] for parameter in declared.get("query", ()) if "[" in parameter["name"])
        if literal:
            self._readers["query"] = partial(_read_query_with_brackets, literal)

    def sent(self, arguments: Mapping[Any, Any]) -> dict[str, dict[str, Any]]:
        """What was sent in each place, by wire name, out of arguments that were read ``by_place``."""
        found: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for place, reader in self._places.items():
            for name, argument in reader.arguments.items():
                if arguments[argument] is not None:
                    found[place][name] = arguments[argument]
        return found

    def read(self, request: Request, arguments: dict[Any, Any]) -> list[Violation]:
        """Fill ``arguments`` and return every violation.

        Raises Malformed for a query that cannot be read, unless the operation declares no query parameter.
        """
        violations: list[Violation] = []
        for name, place in self._places.items():
            violations += place.read(self._readers[name](request), arguments)
        return violations


def _name_by_place(place: str, name: str) -> tuple[str, str]:
    return place, name


def _read_path(request: Request) -> Mapping[str, Any]:
    return request.path_values


def _read_query(request: Request) -> Mapping[str, Any]:
    if len(request.query) > MAX_QUERY:
        raise Malformed(f"the query is longer than {MAX_QUERY} bytes")
    return gather(parse_urlencoded(request.query)) if request.query else {}


def _read_query_with_brackets(names: frozenset[str], request: Request) -> Mapping[str, Any]:
    """The query of an operation that has parameters with brackets in their names, which are taken as they are."""
    if len(request.query) > MAX_QUERY:
        raise Malformed(f"the query is longer than {MAX_QUERY} bytes")
    pairs = parse_urlencoded(request.query)
    literal: dict[str, Any] = {}
    for name, value in pairs:
        if name in names:
            before = literal.get(name)
            literal[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return {**gather(pair for pair in pairs if pair[0] not in names), **literal}


def _read_headers(request: Request) -> Mapping[str, Any]:
    return request.headers


def _read_cookies(request: Request) -> Mapping[str, Any]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(request.headers.get("cookie", "")).items()}
    except CookieError:
        raise Malformed("the cookies cannot be read") from None


_READERS = {"path": _read_path, "query": _read_query, "header": _read_headers, "cookie": _read_cookies}
