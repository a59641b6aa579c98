"""A document as the report reads it: operations, clauses, pages, parameters, documented answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..harness.documents import SPECS, document

if TYPE_CHECKING:
    from collections.abc import Mapping

BY_SCHEMA = ("400", "405", "406", "413", "414", "415", "422", "431")
OF_SHAPE = frozenset(
    {"required", "additionalProperties", "type", "minProperties", "malformed", "too_large", "unsupported_media", "method_not_allowed"},
)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class ContractOperation:
    """One operation: where it is, what it documents, and the clauses that it is bound to (id to sentence)."""

    id: str
    method: str
    path: str
    summary: str
    page: str | None
    provenance: str
    statuses: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    codes: Mapping[str, int | None]
    clauses: Mapping[str, str]
    unseen: Mapping[str, str]
    """Why an answer, by status, or a clause need not be met in any run."""
    spec: Mapping[str, Any] = field(repr=False)

    @property
    def label(self) -> str:
        """How Schemathesis names it."""
        return f"{self.method} {self.path}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path of this operation looks like, with or without a slash at its end."""
        parts = re.split(r"\{[^{}]+\}", self.path.rstrip("/"))
        return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?")


class Contract:
    """One vendor's document."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.document = document(slug)
        self.title: str = self.document["info"]["title"]
        self.version: str = str(self.document["info"]["version"])
        self.operations = {found.id: found for found in self._operations()}
        self.clauses = {clause: (found, sentence) for found in self.operations.values() for clause, sentence in found.clauses.items()}

    def _operations(self) -> list[ContractOperation]:
        found = []
        for path, item in self.document["paths"].items():
            shared = item.get("parameters", [])
            found += [self._operation(path, method, item[method], shared) for method in METHODS if method in item]
        return found

    def _operation(self, path: str, method: str, spec: dict[str, Any], shared: list[Any]) -> ContractOperation:
        parameters = [self.resolve(one) for one in [*shared, *spec.get("parameters", [])]]
        places = [(str(one["in"]), str(one["name"])) for one in parameters]
        for media in self.resolve(spec.get("requestBody", {})).get("content", {}).values():
            places += [("body", name) for name in self._properties(media.get("schema", {}))]
        rows = spec.get("x-errors", {})
        return ContractOperation(
            spec["operationId"],
            method.upper(),
            path,
            spec.get("summary", ""),
            spec.get("externalDocs", {}).get("url"),
            spec.get("x-provenance", "described"),
            tuple(spec["responses"]),
            tuple(dict.fromkeys(places)),
            {code: row.get("status") if isinstance(row, dict) else None for code, row in rows.items()},
            spec.get("x-clauses", {}),
            self._unseen(spec),
            spec,
        )

    def _unseen(self, spec: Mapping[str, Any]) -> dict[str, str]:
        answers = {status: self.resolve(answer).get("x-unseen", "") for status, answer in spec["responses"].items()}
        return {**{status: reason for status, reason in answers.items() if reason}, **spec.get("x-unseen", {})}

    def resolve(self, node: Any) -> Any:
        """A node, behind its reference where it is one."""
        while isinstance(node, dict) and "$ref" in node:
            found: Any = self.document
            for part in str(node["$ref"]).rpartition("#")[2].strip("/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def _properties(self, schema: Any) -> list[str]:
        resolved = self.resolve(schema)
        names = list(resolved.get("properties", {}))
        for kind in ("allOf", "oneOf", "anyOf"):
            for part in resolved.get(kind, []):
                names += self._properties(part)
        return names

    def find(self, base_url: str, method: str, url: str) -> str | None:
        """The operation that a method and a URL reach; None where there is none."""
        base, path = urlsplit(base_url).path.rstrip("/"), urlsplit(url).path
        if not path.startswith(base):
            path = re.sub(r"^/~[^/]+", "", path)  # links that a mock gives begin with the name of a world
        if not path.startswith(base):
            return None
        inner = path[len(base) :] or "/"
        fitting = [one for one in self.operations.values() if one.method == method.upper() and one.pattern.fullmatch(inner)]
        return min(fitting, key=lambda one: one.path.count("{")).id if fitting else None

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
        everywhere = self.document.get("x-errors", {})
        of_shape = set(_codes(self.document, OF_SHAPE)) - set(_codes(self.document, None))
        for one in self.operations.values():
            rows = {**everywhere, **one.spec.get("x-errors", {})}
            stated = {str(row["status"]) for code, row in rows.items() if code not in of_shape and isinstance(row, dict) and "status" in row}
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


def slugs() -> list[str]:
    """The vendors that have a document here."""
    return sorted(file.stem for file in SPECS.glob("*.yaml"))


def pretty(value: object, limit: int = 400) -> str:
    """A value as JSON on one line, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
