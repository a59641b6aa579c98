"""What a document declares of behaviour, looked up: recipes, errors, resources, credentials."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mockserver.openapi.documents import EACH_CALL
from mockserver.openapi.schemas import SchemaCompiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockserver.openapi.documents import Document

WORKS = "works"
"""The recipe of a call that succeeds."""
OBSERVES = "observes"
"""The recipes of a read by which changes are seen; the one that works where there is none."""
FULL = "full"
"""What is sent otherwise where every optional field is set."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class BehaviourModel:
    """The behaviour that a document declares."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.operations = document.by_id
        self.envelope: Mapping[str, Any] = document.raw.get("x-envelope", {})
        self.resources: Mapping[str, Any] = document.raw.get("x-resource", {})
        self.machines: Mapping[str, Any] = document.raw.get("x-state-machine", {})
        self.tenants: Mapping[str, Any] = document.raw.get("x-tenants", {})
        self._compiler = SchemaCompiler(document)

    @cached_property
    def reads(self) -> list[str]:
        """Operations that only read, and can be called."""
        return [name for name, operation in self.operations.items() if operation.is_safe and WORKS in operation.recipes]

    def works(self, name: str) -> Mapping[str, Any]:
        """The recipe of a call that succeeds; an empty one where the document has none."""
        found: Mapping[str, Any] = self.operations[name].recipes.get(WORKS) or {}
        return found

    def observations(self, name: str) -> list[Mapping[str, Any]]:
        """The recipes of a read by which changes are seen."""
        found = self.operations[name].recipes.get(OBSERVES, self.works(name))
        return found if isinstance(found, list) else [found]

    def body(self, name: str) -> tuple[str, dict[str, Any]]:
        """Media type and schema of the body of an operation; both empty where it has none."""
        for media_type, media in self.operations[name].content.items():
            return media_type, self.document.merge_all_of(media.get("schema", {}))
        return "", {}

    def fields(self, name: str) -> dict[str, tuple[str, Any, bool]]:
        """What can be sent to an operation, by name: where (``path``, ``query``, …, ``body``), its schema, whether it has to be sent."""
        found: dict[str, tuple[str, Any, bool]] = {
            parameter["name"]: (parameter["in"], parameter.get("schema", {}), bool(parameter.get("required")))
            for parameter in self.operations[name].parameters
            if parameter["in"] != "header" or parameter.get("required")
        }
        _, schema = self.body(name)
        for field, inner in schema.get("properties", {}).items():
            if field not in found or found[field][0] == "query":  # what may travel in both places is sent in the body
                found[field] = ("body", inner, field in schema.get("required", ()))
        return found

    def declared(self, name: str, field: str) -> Mapping[str, Any]:
        """What the document says of a field beside its schema, such as ``x-fault-codes``."""
        for parameter in self.operations[name].parameters:
            if parameter["name"] == field:
                return parameter
        _, schema = self.body(name)
        found: Mapping[str, Any] = self.document.merge_all_of(schema.get("properties", {}).get(field, {}))
        return found

    def fits(self, schema: Any, value: Any) -> bool:
        """Whether a value keeps a schema of the document."""
        return self._compiler.compile(schema).is_valid(value)

    def input_clause(self, name: str, field: str, keyword: str) -> str | None:
        """The clause that says what a keyword demands of a field."""
        by_keyword = self.operations[name].spec.get("x-input-clauses", {})
        found: str | None = self.declared(name, field).get("x-clause") or by_keyword.get(keyword)
        return found

    def answer_clause(self, name: str, status: int) -> str | None:
        """The clause that says what an answer looks like."""
        found: str | None = self.operations[name].spec.get("x-answer-clauses", {}).get(str(status))
        return found

    def volatile(self) -> set[str]:
        """Names of fields that may differ between two equal calls, one right after the other."""
        return set(_marked(self.document.raw))


def header_of(scheme: Mapping[str, Any]) -> str:
    """The header in which the credential of a scheme travels, in small letters."""
    return str(scheme["name"]).lower() if scheme.get("type") == "apiKey" else "authorization"


def _marked(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from (name for name, inner in properties.items() if isinstance(inner, dict) and inner.get("x-volatile") == EACH_CALL)
        for inner in node.values():
            yield from _marked(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _marked(inner)
