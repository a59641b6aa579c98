"""Fields of forms that are more than one text: JSON in a part, lists with separators, as ``encoding`` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mockserver.core.base.faults import Malformed
from mockserver.core.operation.bodies import Upload, parse_json
from mockserver.core.operation.media import MULTIPART, is_json
from mockserver.core.operation.styles import compile_splitter, find_shape
from mockserver.openapi.documents import Document

Reader = Callable[[Any], Any]


def compile_parts(document: Document, media_type: str, media: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A function that takes apart the fields of a form of a media type. What cannot be read stays, so that the validator reports it."""
    if not document.has_skeleton:
        return _keep
    encodings = media.get("encoding")
    named = encodings if isinstance(encodings, dict) else {}
    readers: dict[str, Reader] = {}
    for name, schema in document.properties(media.get("schema", {})):
        encoding = document.resolve(named.get(name, {}))
        reader = _choose(document, name, schema, encoding if isinstance(encoding, dict) else {}, is_multipart=media_type.startswith(MULTIPART))
        if reader is not None:
            readers.setdefault(name, reader)
    return partial(_read, readers)


def _keep(form: Any) -> Any:
    return form


def _read(readers: Mapping[str, Reader], form: Any) -> Any:
    return {name: readers[name](value) if name in readers else value for name, value in form.items()} if readers and isinstance(form, dict) else form


def _choose(document: Document, name: str, schema: Any, encoding: Mapping[str, Any], *, is_multipart: bool) -> Reader | None:
    shape = find_shape(document, schema)
    if isinstance(encoding.get("contentType"), str):
        return _read_json if is_json(encoding["contentType"].partition(",")[0]) and "*" not in encoding["contentType"] else None
    if "style" in encoding or "explode" in encoding:
        return compile_splitter(document, {**encoding, "name": name, "in": "query"}, schema)
    items = document.resolve(document.resolve(schema).get("items", {})) if shape == "array" else {}
    if is_multipart and (shape == "object" or (shape == "array" and find_shape(document, items) == "object")):
        return _read_json
    return None


def _read_json(value: Any) -> Any:
    """The value of a part that holds JSON; a file counts, because browsers send a part with a media type as one."""
    if isinstance(value, list):
        return [_read_json(one) for one in value]
    if isinstance(value, Upload) and is_json(value.media_type):
        text = value.data
    elif isinstance(value, str):
        text = value.encode()
    else:
        return value
    try:
        return parse_json(text)
    except Malformed:
        return value
