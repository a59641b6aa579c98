"""Small documents, made of operations."""

from __future__ import annotations

from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Model

TEXT = {"type": "string"}
OBJECT = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": TEXT, "status": {"type": "string", "enum": ["open", "paid"]}},
}
MANY = {"type": "array", "items": OBJECT}
ANSWER = {"type": "object", "properties": {"minutes": {"type": "integer"}}}


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}, "description": "x"}


def operation(
    method: str, path: str, shown: Any = None, sent: Any = None, status: str = "200", kind: str = "string", query: list[Any] | None = None
) -> dict[str, Any]:
    """A path item with one operation, whose id is its method and path. ``kind`` is the type of the placeholders."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    spec: dict[str, Any] = {
        "operationId": f"{method} {path}",
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": kind}} for name in names] + (query or []),
        "responses": {status: {"description": "x"} if shown is None else _json(shown)},
    }
    if sent is not None:
        spec["requestBody"] = _json(sent)
    return {path: {method: spec}}


def model_of(*operations: dict[str, Any], schemas: dict[str, Any] | None = None) -> Model:
    """What is understood of a document with these operations."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        for path, item in one.items():
            paths.setdefault(path, {}).update(item)
    raw = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "servers": [{"url": "/"}], "paths": paths}
    return infer(Document("t", "t.yaml", {**raw, "components": {"schemas": schemas or {}}}))
