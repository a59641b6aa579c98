"""Forms and parameters as data: brackets become objects and lists, text becomes the type that the schema asks for.

A value that does not read as its type stays text, so that the schema reports it at its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from itertools import pairwise
from typing import Any, cast
from urllib.parse import parse_qsl

from mockserver.openapi import limits
from mockserver.openapi.documents import Document

_NUMBER = re.compile(r"[+-]?\d{1,19}(\.\d{1,18})?", re.ASCII)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
FIELDS = limits.TRAFFIC_FIELDS.value
"""Fields that a form may have."""


def urlencoded(text: str) -> list[tuple[str, str]]:
    """Names and values of a query or a form, in order. Raises ValueError if they are too many or not UTF-8."""
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS)


def multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Names and values of a multipart form; a file is the text of its bytes. Raises ValueError if it cannot be read."""
    if b"--" not in body or "boundary" not in content_type.lower():
        raise ValueError("the form has no boundary")
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    if not message.is_multipart():
        boundary = str(message.get_boundary(""))
        if boundary and body.strip() == f"--{boundary}--".encode("latin-1", "replace"):
            return []  # the end at once: how clients send a form without a single field
        raise ValueError("the form has not the boundary that its content type names")
    found = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise ValueError("a part has no name")  # noqa: TRY004 - what is wrong is the text, not a type
        data = bytes(cast("bytes", part.get_payload(decode=True)) or b"")
        is_file = part.get_param("filename", header="content-disposition") is not None
        if is_file and not data and not part.get_filename():
            continue  # a file that was not chosen: browsers send the empty field all the same
        found.append((name, data.decode("latin-1" if is_file else "utf-8")))
    return found


def gather(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields by name. A name sent twice holds a list; ``a[b]`` nests, ``a[]`` appends, and brackets alone are a name as it stands.

    Raises:
        ValueError: names contradict each other.
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        path = _BRACKETS.findall("[" + rest) if rest else []
        if not (head and path) or head + "".join(f"[{part}]" for part in path) != name:
            head, path = name, []
        _put(fields, [head, *path], value)
    return fields


def _put(fields: dict[str, Any], path: list[str], value: Any) -> None:
    here: Any = fields
    for part, following in pairwise(path):
        inner: Any = [] if following == "" else {}
        if isinstance(here, list):
            here.append(inner)
            here = inner
            continue
        here = here.setdefault(part, inner)
        if type(here) is not type(inner):
            raise ValueError(f"the field {part[:80]} is sent in two shapes")
    last = path[-1]
    if isinstance(here, list):
        here.append(value)
    elif last not in here:
        here[last] = value
    elif isinstance(here[last], dict):
        raise ValueError(f"the field {last[:80]} is sent in two shapes")
    elif isinstance(here[last], list):
        here[last].append(value)
    else:
        here[last] = [here[last], value]


def typed(document: Document, schema: Any, value: Any) -> Any:
    """A value of a form or a parameter as the type that its schema asks for, or unchanged if it does not read as that type."""
    schema = document.resolve(schema)
    for combined in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(combined, ()):
            found = typed(document, branch, value)
            if found is not value:
                return found
    kind = schema.get("type")
    if kind == "array":
        return [typed(document, schema.get("items", {}), item) for item in (value if isinstance(value, list) else [value])]
    if kind == "object":
        return _object(document, schema, value) if isinstance(value, dict) else value
    return _scalar(kind, value) if isinstance(value, str) else value


def _scalar(kind: str | None, value: str) -> Any:
    if kind == "boolean":
        return _BOOLEANS.get(value.lower(), value)
    if kind in ("integer", "number") and _NUMBER.fullmatch(value):
        if "." not in value:
            return int(value)
        return float(value) if kind == "number" else value
    return value


def _object(document: Document, schema: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if name not in properties:
            found[name] = inner
        elif inner == "" and document.resolve(properties[name]).get("type") in ("integer", "number", "boolean"):
            continue  # an empty field cannot hold a number: it was left out
        else:
            found[name] = typed(document, properties[name], inner)
    return found
