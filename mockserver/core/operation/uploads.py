"""Checks files in multipart forms by their bytes, not by their name or by the media type that the client sends.

The document declares at the property what is allowed: ``x-media-types`` lists the media types, ``x-max-bytes`` and ``x-max-pixels`` limit the
size, ``x-filename-pattern`` restricts the name. The keyword of a violation is the name of the extension that it breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.core.base.images import MEDIA_TYPES, read_image
from mockserver.core.operation.bodies import Upload
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken, Violation
from mockserver.openapi.schemas import Validator


@dataclass(frozen=True, slots=True)
class _Rule:
    """The restrictions on the file of one property. ``media_types`` is empty if all are allowed."""

    media_types: frozenset[str]
    max_bytes: int | None
    max_pixels: int | None
    filename: re.Pattern[str] | None

    def find_errors(self, upload: Upload) -> Iterator[tuple[str, str]]:
        """Keyword and text of every restriction that a file breaks. The content of a file that is too large is not read."""
        if self.filename is not None and not self.filename.search(upload.filename):
            yield "x-filename-pattern", f"the name of the file does not match {self.filename.pattern}"
        if self.max_bytes is not None and len(upload.data) > self.max_bytes:
            yield "x-max-bytes", f"the file has more than {self.max_bytes} bytes"
        elif self.media_types:
            image = read_image(upload.data)
            if image is None or image.media_type not in self.media_types:
                yield "x-media-types", f"the bytes of the file are no {' or '.join(sorted(self.media_types))}"
            elif self.max_pixels is not None and image.width * image.height > self.max_pixels:
                yield "x-max-pixels", f"the picture has more than {self.max_pixels} pixels"


class UploadRules:
    """The restrictions on the files of one multipart body."""

    def __init__(self, document: Document, schema: Any) -> None:
        properties: Mapping[str, Any] = document.resolve(schema).get("properties", {})
        declared = {name: document.resolve(reference) for name, reference in properties.items()}
        self._rules = {name: _read_rule(document, name, found) for name, found in declared.items() if found.get("format") == "binary"}
        self._lists = {
            name
            for name, found in declared.items()
            if found.get("type") == "array" and document.resolve(found.get("items", {})).get("format") == "binary"
        }

    def replace_files(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """A form that its schema can validate: an expected file becomes a text, any other file an object, as does a text in place of a file."""
        return {name: self._replace_file(name, value) for name, value in form.items()}

    def _replace_file(self, name: str, value: Any) -> Any:
        if name in self._lists and isinstance(value, list):
            return [item.filename if isinstance(item, Upload) else _describe_files(item) for item in value]
        if name not in self._rules:
            return _describe_files(value)
        return value.filename if isinstance(value, Upload) else {"no file": _describe_files(value)}

    def violations(self, form: Mapping[str, Any], validator: Validator, place: str) -> Iterator[Violation]:
        """Every violation by the files of a form."""
        for name, rule in self._rules.items():
            value = form.get(name)
            if isinstance(value, Upload):
                for keyword, text in rule.find_errors(value):
                    yield validator.violation(place, [name], keyword, text)


def _read_rule(document: Document, name: str, schema: Mapping[str, Any]) -> _Rule:
    media_types = frozenset(schema.get("x-media-types", ()))
    unknown = media_types - MEDIA_TYPES
    if unknown:
        raise DocumentBroken(f"{document.source}: {name}: {', '.join(sorted(unknown))} cannot be recognised by its bytes")
    pattern = schema.get("x-filename-pattern")
    return _Rule(media_types, schema.get("x-max-bytes"), schema.get("x-max-pixels"), None if pattern is None else re.compile(pattern))


def _describe_files(value: Any) -> Any:
    if isinstance(value, Upload):
        return {"file": value.filename}
    if isinstance(value, dict):
        return {name: _describe_files(inner) for name, inner in value.items()}
    return [_describe_files(inner) for inner in value] if isinstance(value, list) else value
