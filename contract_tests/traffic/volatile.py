"""What changes between two runs by its nature, as the document says: ``x-volatile`` at a schema, ``x-volatile-headers`` at the root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from mockserver.openapi.documents import EACH_CALL, Document
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import escape_part

from .exchange import HttpMessage


def data_of(message: HttpMessage) -> Any:
    """A response body as data: JSON as such, any other text as text, other bytes as their number; None without a body."""
    if not message.body:
        return None
    if message.media_type.endswith("json"):
        try:
            return orjson.loads(message.body)
        except orjson.JSONDecodeError:
            pass
    try:
        return message.body.decode("utf-8")
    except UnicodeDecodeError:
        return f"{len(message.body)} bytes"


def volatile(operation: OperationSpec, status: int, media_type: str, value: Any) -> set[str]:
    media = (operation.response(status) or {}).get("content", {}).get(media_type, {})
    # if a schema is open, only x-emits names the parts that the mock sends
    return {place for key in ("schema", "x-emits") for place in _volatile(operation.document, media.get(key, {}), value, "")}


def _volatile(document: Document, schema: Any, value: Any, place: str) -> Iterator[str]:
    schema = document.resolve(schema)
    if not isinstance(schema, dict):
        return
    if schema.get("x-volatile") in (True, EACH_CALL):
        yield place
        return
    for combined in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(combined, ()):
            yield from _volatile(document, branch, value, place)
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            if name in properties or isinstance(others, dict):
                yield from _volatile(document, properties.get(name, others), inner, f"{place}/{escape_part(name)}")
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _volatile(document, schema["items"], item, f"{place}/{index}")
