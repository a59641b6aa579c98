"""A document as the report reads it: operations, clauses, pages, parameters, documented answers."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from mockserver.openapi.documents import load_document

from ...routing import without_world

BY_SCHEMA = ("400", "405", "406", "413", "414", "415", "422", "431")
OF_SHAPE = frozenset(
    {"required", "additionalProperties", "type", "minProperties", "malformed", "too_large", "unsupported_media", "method_not_allowed"},
)


class Contract:
    """A vendor's document as a run needs it: operations and clauses by their ids, and the operation of a request."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.document = load_document(slug)
        self.operations = self.document.by_id
        self.clauses = {clause: (found, sentence) for found in self.operations.values() for clause, sentence in found.clauses.items()}

    def find(self, base_url: str, method: str, url: str) -> str | None:
        """The id of the operation that a method and a URL reach, None if they reach none."""
        base, path = urlsplit(base_url).path.rstrip("/"), urlsplit(url).path
        if not path.startswith(base):
            path = without_world(path)  # links that a mock gives begin with the name of a world
        route = self.document.route(method.upper(), path.removeprefix(base)) if path.startswith(base) else None
        return None if route is None else route.operation.id

    def by_label(self, label: str | None) -> str:
        """The id of the operation that Schemathesis names by method and path."""
        return next((one.id for one in self.operations.values() if one.label == label), label or "")

    def clause_at(self, operation: str | None, clauses: tuple[str, ...]) -> str | None:
        """The clause among several that belongs to an operation, else the first."""
        return next((one for one in clauses if operation and one in self.operations[operation].clauses), clauses[0] if clauses else None)

    @cached_property
    def refused_by_state(self) -> dict[str, set[str]]:
        """Statuses by operation with which a request that keeps every schema may be refused, for what the target holds.

        A row of ``x-errors`` speaks of state unless its code only says that something is missing, unknown or unreadable: a value that keeps its
        schema may still name nothing. A documented refusal other than 400 and 422, the usual answers to a broken schema, speaks of state too.
        """
        found = {}
        of_shape = set(_codes(self.document.raw, OF_SHAPE)) - set(_codes(self.document.raw, None))
        for one in self.operations.values():
            stated = {str(row["status"]) for code, row in one.errors.items() if code not in of_shape and "status" in row}
            found[one.id] = stated | {status for status in one.statuses if status.startswith("4") and status not in BY_SCHEMA}
        return found


def _codes(node: Any, keywords: frozenset[str] | None) -> list[str]:
    """Every vendor code to which one of some keywords leads, anywhere below a node; without keywords, those to which any other leads."""
    if isinstance(node, list):
        return [code for item in node for code in _codes(item, keywords)]
    if not isinstance(node, dict):
        return []
    found = []
    for name, value in node.items():
        if name != "x-fault-codes":
            found += _codes(value, keywords)
            continue
        for keyword, codes in value.items():
            if keyword in keywords if keywords is not None else keyword not in OF_SHAPE:
                found += [code for code in (codes if isinstance(codes, list) else [codes]) if isinstance(code, str)]
    return found


def pretty(value: object, limit: int = 400) -> str:
    """A value as JSON on one line, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
