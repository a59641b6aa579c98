"""The calls of every operation of every document, in the attacker's worlds, as raw bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.app import CONTROL_DOCUMENT
from mockserver.openapi.documents import Document, read_document
from mockserver.openapi.operations import OperationSpec
from tests.console.places import PAGES
from tests.documents.conftest import FILES

JSON, URLENCODED, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
BOUNDARY = "siege"
WORLDS = tuple(f"siege-{number}" for number in range(8))
"""The worlds of the attacker."""
RUNS = frozenset({"start_conformance"})
"""Operations that start a process when their body is good; they get no good body."""


@dataclass(frozen=True)
class Call:
    """An operation with a path that reaches it, and the bodies that its document shows."""

    name: str
    method: str
    path: str
    parameters: tuple[str, ...]
    media_types: tuple[str, ...]
    bodies: tuple[Any, ...]
    is_control: bool

    def __repr__(self) -> str:
        return self.name


@cache
def calls() -> tuple[Call, ...]:
    """Every operation of every vendor and of the control plane, the latter for each vendor, and the pages of the console."""
    documents = [*(read_document(slug, file) for slug, file in FILES.items()), read_document("mock", CONTROL_DOCUMENT)]
    found = [_read_call(document, spec) for document in documents for spec in document.operations]
    for spec in documents[-1].operations:
        if spec.path.startswith("/apis/{slug}/"):
            call = _read_call(documents[-1], spec)
            paths = {slug: documents[-1].base_path + spec.path.replace("{slug}", slug) for slug in FILES}
            found += [replace(call, name=f"{call.name} of {slug}", path=path) for slug, path in paths.items()]
    return (*found, *(Call(f"mock.page {path}", "GET", path, (), (JSON,), (), is_control=True) for path in PAGES))


def _read_call(document: Document, spec: OperationSpec) -> Call:
    content = spec.content
    examples = [document.resolve(found)["value"] for media in content.values() for found in media.get("examples", {}).values()]
    parameters = tuple(str(found["name"]) for found in spec.parameters if found["in"] == "query")
    name = f"{document.slug}.{spec.id}"
    bodies = () if spec.id in RUNS else tuple(examples)
    return Call(
        name, spec.method, document.base_path + _fill_path(document, spec), parameters, tuple(content) or (JSON,), bodies, document.slug == "mock"
    )


def _fill_path(document: Document, spec: OperationSpec) -> str:
    path = spec.path
    for found in spec.parameters:
        if found["in"] == "path":
            shown = next((document.resolve(one).get("value") for one in found.get("examples", {}).values()), 1)
            value = found.get("example", document.resolve(found.get("schema", {})).get("example", shown))
            is_world = document.slug == "mock" and "/worlds/" in spec.path
            path = path.replace("{" + found["name"] + "}", WORLDS[0] if is_world else quote(str(value), safe=""))
    return path


def write_body(value: Any, media_type: str) -> bytes:
    """A value in the format of a media type; as JSON where it is none that a form can have."""
    if media_type == URLENCODED and isinstance(value, dict):
        return urlencode(value, doseq=True, errors="surrogatepass").encode()
    if media_type == MULTIPART and isinstance(value, dict):
        return b"".join(_write_parts(value)) + f"--{BOUNDARY}--\r\n".encode()
    return json.dumps(value).encode()


def _write_parts(fields: Mapping[str, Any]) -> Iterator[bytes]:
    for name, value in fields.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        yield head.encode(errors="surrogatepass") + str(value).encode(errors="surrogatepass") + b"\r\n"


def write_request(method: str, target: str, body: bytes, headers: Mapping[str, bytes], world: str) -> bytes:
    """The bytes of a request; ``headers`` may replace those of a good one."""
    sent = {"host": b"localhost", "connection": b"close", "x-mock-world": world.encode(), "content-length": str(len(body)).encode(), **headers}
    return (
        f"{method} {target} HTTP/1.1\r\n".encode() + b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in sent.items()) + b"\r\n" + body
    )
