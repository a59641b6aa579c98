"""Bodies as bytes of the media types that hold data and are no JSON: XML and YAML."""

from __future__ import annotations

from typing import Any

import yaml

from mockserver.core.operation.xml_bodies import is_xml, write_xml
from mockserver.openapi.documents import Document


def is_yaml(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    return plain.endswith(("/yaml", "/x-yaml", "+yaml"))


def is_written(document: Document, media_type: str, schema: Any) -> bool:
    """Whether a body of a media type is data that is written as XML or YAML, and not a text that the document leaves open."""
    resolved = document.resolve(schema) if isinstance(schema, dict) else {}
    return (is_xml(media_type) or is_yaml(media_type)) and bool(resolved) and resolved.get("type") != "string"


def write(document: Document, media_type: str, schema: Any, value: Any) -> bytes:
    """A value in a media type for which ``is_written`` holds."""
    if is_xml(media_type):
        return write_xml(document, schema, value)
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).encode("utf-8", "replace")
