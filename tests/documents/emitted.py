"""Answers of the mock against the view of what it sends, with no property that the view does not have."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema_rs import Draft202012Validator

from mockserver.openapi.documents import METHODS
from mockserver.openapi.views import make_view
from tests.server.samples import document_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = "application/json"
MASKED = "***"
"""What a recording has in the place of a secret."""


@cache
def _closed(slug: str) -> dict[str, Any]:
    closed: dict[str, Any] = _close(make_view(document_of(slug), "emitted", "3.1"))
    return closed


def _close(node: Any) -> Any:
    """A copy of a document whose objects have no properties but those that they name."""
    if isinstance(node, list):
        return [_close(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _close(value) for name, value in node.items()}
    if made.get("type") in ("object", ["object", "null"]) and "additionalProperties" not in made:
        made["additionalProperties"] = False
    return made


@cache
def _operations(slug: str) -> dict[str, dict[str, Any]]:
    paths = _closed(slug)["paths"]
    return {item[method]["operationId"]: item[method] for item in paths.values() for method in METHODS if method in item}


@cache
def _validator(slug: str, operation: str, status: int) -> Draft202012Validator | None:
    """The validator of the answers of an operation with a status; None if the view has it without JSON. Raises KeyError if it has no such answer."""
    content = _operations(slug)[operation]["responses"][str(status)].get("content", {})
    if JSON not in content:
        return None
    return Draft202012Validator({**content[JSON]["schema"], "components": _closed(slug)["components"]})


def find_faults(slug: str, operation: str, status: int, media_type: str, body: Any) -> list[str] | None:
    """What of an answer the view does not say; None if the view has no such operation, as for a page, or the answer is no JSON."""
    if operation not in _operations(slug) or media_type.partition(";")[0] != JSON:
        return None
    where = f"{operation} {status}"
    try:
        validator = _validator(slug, operation, status)
    except KeyError:
        return [f"{where}: no such answer"]
    if validator is None:
        return [f"{where}: has a body of JSON"]
    errors = [error for error in validator.iter_errors(body) if error.instance != MASKED]
    return [f"{where} at /{'/'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in errors]


def judge_recording(slug: str, file: Path) -> tuple[int, list[str]]:
    """How many answers of a vendor in a recording were compared, and what the view does not say. Injected answers are left out."""
    document, judged, found = document_of(slug), 0, []
    for answer in _read(file):
        url, response = urlsplit(answer["request"]["url"]), answer["response"]
        path = document.below_base(url.path)
        route = None if path is None else document.route(answer["request"]["method"], path)
        marked = {header["name"] for header in response["headers"]} & {"x-mock-injected", "x-mock-limit"}
        if route is None or marked or "text" not in response["content"]:
            continue
        media_type = response["content"]["mimeType"]
        body = json.loads(response["content"]["text"]) if media_type.startswith(JSON) else None
        faults = find_faults(slug, route.operation.id, response["status"], media_type, body)
        judged += faults is not None
        found += faults or []
    return judged, found


def _read(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
