"""Finds the operations that cannot be served although the document was repaired, so that they do not keep the others from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.schemas import SchemaCompiler


def set_aside_unserved(document: Document, defects: Defects) -> tuple[Document, dict[str, str]]:
    """The document with nothing but name and path of each operation whose schemas cannot be compiled, and the reasons by operationId."""
    compiler = SchemaCompiler(document)
    unserved: dict[str, str] = {}
    for spec in document.operations:
        try:
            for schema in _list_schemas(spec):
                compiler.compile(schema)
        except (DocumentBroken, TypeError, ValueError, RecursionError) as error:
            why = " ".join(str(error).split())[:300]
            unserved[spec.id] = why
            document.raw["paths"][spec.path][spec.method.lower()] = _reduce(spec)
            defects.at(("paths", spec.path, spec.method.lower()), f"the operation cannot be served: {why}", "answered 501; correct its schemas")
    compiler.clear()
    return (replace(document), unserved) if unserved else (document, {})


def _list_schemas(spec: OperationSpec) -> Iterator[Any]:
    """The schemas of what an operation takes and answers."""
    for parameter in spec.parameters:
        yield parameter.get("schema", {})
        yield from _schemas_in(parameter.get("content", {}))
    yield from _schemas_in(spec.content)
    for status in spec.statuses:
        yield from _schemas_in((spec.response(status) or {}).get("content", {}))


def _schemas_in(content: Any) -> Iterator[Any]:
    for media in content.values():
        yield media.get("schema", {})


def _reduce(spec: OperationSpec) -> dict[str, Any]:
    """An operation without its schemas."""
    in_path = [{**one, "schema": {"type": "string"}} for one in spec.parameters if one["in"] == "path" and "content" not in one]
    kept = {key: spec.spec[key] for key in ("summary", "description", "tags", "security") if key in spec.spec}
    return {"operationId": spec.id, **kept, "parameters": in_path, "responses": {"default": {"description": ""}}}
