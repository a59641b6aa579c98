"""What a document declares of behaviour, looked up: recipes, errors, resources, credentials."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..harness.answers import Answers, described, resolve
from ..harness.documents import EACH_CALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


WORKS = "works"
"""The recipe of a call that succeeds."""
OBSERVES = "observes"
"""The recipes of a read by which changes are seen; the one that works where there is none."""
FULL = "full"
"""What is sent otherwise where every optional field is set."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class BehaviourModel:
    """The behaviour that a document declares."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._answers = Answers(document, strict=False)
        self.operations = {operation.id: operation for operation in described(document)}
        self.envelope: Mapping[str, Any] = document.get("x-envelope", {})
        self.resources: Mapping[str, Any] = document.get("x-resource", {})
        self.machines: Mapping[str, Any] = document.get("x-state-machine", {})
        self.tenants: Mapping[str, Any] = document.get("x-tenants", {})

    @cached_property
    def reads(self) -> list[str]:
        """Operations that only read, and can be called."""
        return [name for name in self.operations if self.is_read(name) and WORKS in self.recipes(name)]

    def is_read(self, name: str) -> bool:
        """Whether an operation promises to change nothing."""
        spec = self.operations[name].spec
        return bool(spec.get("x-safe", self.operations[name].method in ("GET", "HEAD")))

    def recipes(self, name: str) -> Mapping[str, Any]:
        """The recipes of an operation by their names."""
        found: Mapping[str, Any] = self.operations[name].spec.get("x-recipes", {})
        return found

    def works(self, name: str) -> Mapping[str, Any]:
        """The recipe of a call that succeeds; an empty one where the document has none."""
        found: Mapping[str, Any] = self.recipes(name).get(WORKS) or {}
        return found

    def observations(self, name: str) -> list[Mapping[str, Any]]:
        """The recipes of a read by which changes are seen."""
        found = self.recipes(name).get(OBSERVES, self.works(name))
        return found if isinstance(found, list) else [found]

    def errors(self, name: str) -> dict[str, Any]:
        """The documented errors of an operation by code, those of every operation included."""
        return {**resolve(self.document, self.document.get("x-errors", {})), **self.operations[name].spec.get("x-errors", {})}

    def clauses(self, name: str) -> Mapping[str, str]:
        """The clauses of an operation."""
        found: Mapping[str, str] = self.operations[name].spec.get("x-clauses", {})
        return found

    def page(self, name: str) -> str | None:
        """The section of the vendor's page from which an operation comes."""
        found: str | None = self.operations[name].spec.get("externalDocs", {}).get("description")
        return found

    def body(self, name: str) -> tuple[str, dict[str, Any]]:
        """Media type and schema of the body of an operation; both empty where it has none."""
        declared = resolve(self.document, self.operations[name].spec.get("requestBody", {}))
        for media_type, media in declared.get("content", {}).items():
            return media_type, self.merged(media.get("schema", {}))
        return "", {}

    def merged(self, schema: Any) -> dict[str, Any]:
        """A schema with its references and its ``allOf`` opened."""
        schema = resolve(self.document, schema)
        out: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema.get("allOf", ()):
            inner = self.merged(part)
            properties = {**out.get("properties", {}), **inner.get("properties", {})}
            required = [*out.get("required", ()), *inner.get("required", ())]
            out = {**inner, **out, "required": required}
            if properties:
                out["properties"] = properties
        return out

    def parameters(self, name: str) -> list[dict[str, Any]]:
        """The parameters of an operation."""
        return list(self.operations[name].spec.get("parameters", ()))

    def fields(self, name: str) -> dict[str, tuple[str, Any, bool]]:
        """What can be sent to an operation, by name: where (``path``, ``query``, …, ``body``), its schema, whether it has to be sent."""
        found: dict[str, tuple[str, Any, bool]] = {
            parameter["name"]: (parameter["in"], parameter.get("schema", {}), bool(parameter.get("required")))
            for parameter in self.parameters(name)
            if parameter["in"] != "header" or parameter.get("required")
        }
        _, schema = self.body(name)
        for field, inner in schema.get("properties", {}).items():
            if field not in found or found[field][0] == "query":  # what may travel in both places is sent in the body
                found[field] = ("body", inner, field in schema.get("required", ()))
        return found

    def declared(self, name: str, field: str) -> Mapping[str, Any]:
        """What the document says of a field beside its schema, such as ``x-fault-codes``."""
        for parameter in self.parameters(name):
            if parameter["name"] == field:
                return parameter
        _, schema = self.body(name)
        found: Mapping[str, Any] = self.merged(schema.get("properties", {}).get(field, {}))
        return found

    def fits(self, schema: Any, value: Any) -> bool:
        """Whether a value keeps a schema of the document."""
        return self._answers.fits(schema, value)

    def input_clause(self, name: str, field: str, keyword: str) -> str | None:
        """The clause that says what a keyword demands of a field."""
        by_keyword = self.operations[name].spec.get("x-input-clauses", {})
        found: str | None = self.declared(name, field).get("x-clause") or by_keyword.get(keyword)
        return found

    def answer_clause(self, name: str, status: int) -> str | None:
        """The clause that says what an answer looks like."""
        found: str | None = self.operations[name].spec.get("x-answer-clauses", {}).get(str(status))
        return found

    def schemes(self, name: str) -> list[dict[str, Any]]:
        """The ways in which a call may be authenticated: each names its schemes, which are all needed."""
        security = self.operations[name].spec.get("security", self.document.get("security", []))
        known = self.document.get("components", {}).get("securitySchemes", {})
        return [{scheme: resolve(self.document, known[scheme]) for scheme in way} for way in security]

    def every_scheme(self) -> dict[str, Any]:
        """Every security scheme of the document."""
        known = self.document.get("components", {}).get("securitySchemes", {})
        return {name: resolve(self.document, scheme) for name, scheme in known.items()}

    def volatile(self) -> set[str]:
        """Names of fields that may differ between two equal calls, one right after the other."""
        return set(_marked(self.document))


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
