"""Requests as flat values that can be compared and changed field by field, and the way in which one is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx

from mockserver.openapi.operations import OperationSpec

Field = tuple[str, tuple[str, ...]]
"""Where a value is sent, ``path``, ``query``, ``header`` or ``body``, and the names that lead to it; no name stands for a whole body."""
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class AgentCall:
    """A request to an operation: each value by its place. ``credential`` names a published one, None sends none."""

    operation: OperationSpec
    values: Mapping[Field, Any]
    credential: str | None
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The headers of the credential."""

    def without(self, name: Field) -> AgentCall:
        return replace(self, values={key: value for key, value in self.values.items() if key != name})

    def changed(self, name: Field, value: Any) -> AgentCall:
        """The same call with another value. A value that stands inside another one takes its place."""
        kept = {key: old for key, old in self.values.items() if key[0] != name[0] or not _overlap(key[1], name[1])}
        return replace(self, values={**kept, name: value})

    @property
    def path(self) -> str:
        """The path below the base path, with its values filled in; a value that is missing stays a placeholder."""
        found = self.operation.path
        for (place, names), value in self.values.items():
            if place == "path":
                found = found.replace("{" + names[0] + "}", quote(_as_text(value), safe=""))
        return found

    @property
    def query(self) -> list[tuple[str, str]]:
        given = [(names[0], value) for (place, names), value in self.values.items() if place == "query"]
        return [(name, _as_text(one)) for name, value in given for one in (value if isinstance(value, list) else [value])]

    @property
    def body(self) -> Any:
        """The body as data; None if nothing of it is sent."""
        parts = {names: value for (place, names), value in self.values.items() if place == "body"}
        if () in parts:
            return parts[()]
        found: dict[str, Any] = {}
        for names, value in parts.items():
            inner = found
            for name in names[:-1]:
                inner = inner.setdefault(name, {})
            inner[names[-1]] = value
        return found if parts else None

    def to_request(self, base_url: str) -> httpx.Request:
        """The call as it is sent to an address."""
        url = httpx.URL(base_url.rstrip("/") + self.path, params=self.query) if self.query else httpx.URL(base_url.rstrip("/") + self.path)
        headers = dict(self.headers) | {names[0]: _as_text(value) for (place, names), value in self.values.items() if place == "header"}
        body, kind = self.body, self.media_type or "application/json"
        if body is None:
            return httpx.Request(self.operation.method, url, headers=headers)
        if kind == MULTIPART and isinstance(body, Mapping):
            return httpx.Request(self.operation.method, url, headers=headers, files=list(_list_parts(body)))
        if kind == FORM and isinstance(body, Mapping):
            content = urlencode(list(_flatten_form(body)))
        else:
            content = body if isinstance(body, str) and not kind.endswith("json") else json.dumps(body, ensure_ascii=False)
        return httpx.Request(self.operation.method, url, headers={**headers, "content-type": kind}, content=content.encode())

    def to_json(self) -> dict[str, Any]:
        """The call as a tool shows it, and as ``call_operation`` takes it."""
        parameters = {names[0]: value for (place, names), value in self.values.items() if place != "body"}
        body = self.body
        return {
            "method": self.operation.method,
            "path": self.path + (f"?{urlencode(self.query)}" if self.query else ""),
            "parameters": parameters,
            **({} if body is None else {"body": body, "media_type": self.media_type or "application/json"}),
            "credential": self.credential,
        }


def make_call(
    operation: OperationSpec, parameters: Mapping[str, Any], body: Any, credential: str | None, headers: Mapping[str, str], media_type: str = ""
) -> AgentCall:
    """A call from named parameters and a body. A parameter that the document does not know is sent in the query."""
    places = {str(known["name"]): str(known["in"]) for known in operation.parameters}
    values: dict[Field, Any] = {(places.get(name, "query"), (name,)): value for name, value in parameters.items()}
    return AgentCall(operation, {**values, **flatten_body(body)}, credential, media_type or next(iter(operation.content), ""), headers)


def split_call(
    operation: OperationSpec, path_values: Mapping[str, str], query: str, headers: Mapping[str, str], body: Any, media_type: str
) -> dict[Field, Any]:
    """The values of a call that was made, by their places: of the headers those that the document has as parameters."""
    declared = {str(known["name"]).lower() for known in operation.parameters if known["in"] == "header"}
    values: dict[Field, Any] = {("path", (name,)): value for name, value in path_values.items()}
    for name, value in parse_qsl(query, keep_blank_values=True):
        key: Field = ("query", (name,))
        values[key] = [*(values[key] if isinstance(values[key], list) else [values[key]]), value] if key in values else value
    values |= {("header", (name,)): value for name, value in headers.items() if name in declared}
    return {**values, **flatten_body(body if media_type or body else None)}


def flatten_body(body: Any, names: tuple[str, ...] = ()) -> dict[Field, Any]:
    """Each value of a body by the names that lead to it; a list is one value."""
    if body is None and not names:
        return {}
    if not isinstance(body, Mapping) or (names and not body):
        return {("body", names): body}
    found: dict[Field, Any] = {}
    for name, inner in body.items():
        found |= flatten_body(inner, (*names, str(name)))
    return found


def name_field(name: Field) -> str:
    """A field as a sentence names it, such as ``body/address/city``."""
    return "/".join((name[0], *name[1]))


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flatten_form(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Name and value of each field of a form, with brackets for what is nested."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flatten_form(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _flatten_form(inner, f"{name}[]" if isinstance(inner, Mapping) else name)
    else:
        yield name, _as_text(value)


def _list_parts(body: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | None, str]]]:
    """The parts of a multipart form. A value ``{"filename": …, "text": …}`` is a file."""
    for name, value in body.items():
        if isinstance(value, Mapping) and "filename" in value:
            yield name, (str(value["filename"]), _as_text(value.get("text", "")))
        else:
            yield name, (None, _as_text(value))
