"""A document as a verify run needs it: clauses by id, the operation of a request, refusals that state explains."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from mockserver.openapi.documents import Document, load_document
from mockserver.openapi.readings import REFUSALS, Readings

from ...routing import without_world
from ..inferred.declare import declare

BY_SCHEMA = ("400", "405", "406", "413", "414", "415", "422", "431")
"""Statuses that refuse a request for its form."""
OF_SHAPE = frozenset(
    {"required", "additionalProperties", "type", "minProperties", "malformed", "too_large", "unsupported_media", "method_not_allowed"}
)


class Contract:
    """A vendor's document with its operations and clauses by id; a clause leads to its operation and its sentence."""

    def __init__(self, document: str | Document) -> None:
        """``document`` is the slug of a bundled vendor, or any document."""
        given = load_document(document) if isinstance(document, str) else document
        self.document = declare(given) if given.has_skeleton else given
        self.slug = self.document.slug
        self.operations = self.document.by_id
        self.readings = Readings(self.document)
        self.clauses = {clause: (found, sentence) for found in self.operations.values() for clause, sentence in found.clauses.items()}

    @property
    def is_foreign(self) -> bool:
        """Whether the document is no bundled vendor's, so that no clause tests were written for it."""
        return self.document.has_skeleton

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
        """The clause among several that belongs to an operation, otherwise the first; None if there are none."""
        return next((one for one in clauses if operation and one in self.operations[operation].clauses), clauses[0] if clauses else None)

    @cached_property
    def rows_of_state(self) -> dict[str, set[str]]:
        """By operation, the rows of ``x-errors`` whose code does not only report a missing, unknown or unreadable value."""
        of_shape = set(_codes(self.document.raw, OF_SHAPE)) - set(_codes(self.document.raw, None))
        return {one.id: {code for code, row in one.errors.items() if code not in of_shape and "status" in row} for one in self.operations.values()}

    @cached_property
    def refused_by_state(self) -> dict[str, set[str]]:
        """By operation, the statuses with which a target may refuse a request that satisfies every schema, because of the state that it holds.

        These are the statuses of the rows of ``x-errors`` whose code does not only report a missing, unknown or unreadable value, and every
        documented 4xx that is not a usual answer to a broken schema; also the statuses that a reading accepts for these rows.
        """
        found = {}
        for one in self.operations.values():
            rows = self.rows_of_state[one.id]
            stated = {str(one.errors[code]["status"]) for code in rows}
            stated |= {str(status) for statuses in self.readings.find("status", one.id, REFUSALS, *rows) for status in statuses}
            found[one.id] = stated | {status for status in one.statuses if status.startswith("4") and status not in BY_SCHEMA}
        return found


def _codes(node: Any, keywords: frozenset[str] | None) -> list[str]:
    """The vendor codes under some keywords of ``x-fault-codes``, anywhere below a node; without keywords, those under any keyword but OF_SHAPE."""
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
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
