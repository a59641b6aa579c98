"""Small documents for tests of the reader, and what compiles and answers their operations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from mockserver.core.base.faults import Fault
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Api, FaultContext, Sent
from mockserver.core.operation.binding import bind
from mockserver.core.operation.compiled import Operation, compile_operations
from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import ForeignDocument, read_foreign

OK: Mapping[str, Any] = {"200": {"description": "Done."}}
STRING: Mapping[str, Any] = {"type": "string"}


def document(paths: Mapping[str, Any], version: str = "3.0.3", **more: Any) -> dict[str, Any]:
    """A document of these paths."""
    return {"openapi": version, "info": {"title": "Small", "version": "1"}, "paths": paths, **more}


def schemas(version: str = "3.0.3", /, **named: Any) -> dict[str, Any]:
    """A document whose one operation answers with the schema ``Root``."""
    response = {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Root"}}}}
    return document({"/things": {"get": {"operationId": "list", "responses": {"200": response}}}}, version, components={"schemas": named})


def write(folder: Path, content: Any, name: str = "small.yaml") -> Path:
    """A file with a document."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def read(folder: Path, content: Any, **options: Any) -> ForeignDocument:
    return read_foreign(write(folder, content), **options)


def echo(sent: Sent) -> Reply:
    """A handler that answers with what it was sent."""
    return Reply(200, {"path": sent.path, "query": sent.query, "header": sent.header, "cookie": sent.cookie, "body": sent.body})


def refuse(_fault: Fault, _context: FaultContext) -> Reply:
    return Reply(400)


def compiled(found: Document) -> dict[str, Operation]:
    """The operations of a document, each of which echoes."""
    verifiers = dict.fromkeys(found.security_schemes, lambda _world, credential: credential)
    api = Api(found.slug, ({spec.id: echo for spec in found.operations},), refuse, verifiers=verifiers)
    handlers, problems = bind(api, found)
    assert problems == []
    return compile_operations(api, found, handlers)


def send(operation: Operation, query: str = "", body: bytes = b"", path: Mapping[str, str] | None = None, **headers: str) -> Any:
    """What the handler of an operation is sent. Raises a Fault if the request is refused."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request(operation.spec.method, "/", query.encode(), raw, body, path or {})
    return operation.answer(request, cast("Any", None)).body


def texts(found: ForeignDocument) -> str:
    """The defects as one text."""
    return "\n".join(map(str, found.defects))
