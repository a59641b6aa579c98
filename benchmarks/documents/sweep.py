"""One call of every operation, with the keys of records that are there, so that every answer of a document is judged."""

from __future__ import annotations

from contextlib import suppress

import httpx

from benchmarks.documents.client import Client
from benchmarks.documents.families import PLACEHOLDER
from mockserver.openapi.inference.shapes import body_schema
from mockserver.openapi.operations import OperationSpec

OPERATIONS = 400
"""Operations of one document that are called at most."""
_ORDER = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def sweep(client: Client) -> None:
    """Call every operation once, reads before writes, removals last."""
    known: dict[str, str] = {}
    by_method = sorted(client.document.operations, key=lambda one: _ORDER.index(one.method) if one.method in _ORDER else 0)
    for operation in by_method[:OPERATIONS]:
        with suppress(httpx.HTTPError, UnicodeEncodeError):
            _call(client, operation, known)


def _call(client: Client, operation: OperationSpec, known: dict[str, str]) -> None:
    last = operation.path.rfind("}") + 1
    prefix = operation.path[:last]
    if prefix not in known:
        known[prefix] = client.fill(prefix, client.find_values(prefix, [operation])) if PLACEHOLDER.search(prefix) else prefix
    schema = body_schema(operation)
    client.call(operation, known[prefix] + operation.path[last:], None if schema is None else client.make(schema, operation.label))
