"""The behaviour that a document declares: recipes, inputs, resources, state machines, tenants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from mockserver.openapi.documents import EACH_CALL, Document
from mockserver.openapi.provenance import NOT_DESCRIBED, described
from mockserver.openapi.readings import Readings
from mockserver.openapi.schemas import Direction, SchemaCompiler

from ..harness.envelope import Envelope

WORKS = "works"
"""The recipe of a call that succeeds."""
OBSERVES = "observes"
"""The recipes of a read that make changes visible; the working recipe if there are none."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ANY_JSON = 1


class BehaviourModel:
    """Declarations of behaviour by the id of their operation, and those of the whole document.

    ``strict`` accepts no reading but the one that the mock has chosen, and holds a target to what was assumed as well.
    """

    def __init__(self, document: Document, *, strict: bool = False) -> None:
        self.document = document
        self.strict = strict
        self.readings = Readings(document, none=strict)
        self.reader = Envelope(document, self.readings, strict=strict)
        self.operations = document.by_id
        self.envelope: Mapping[str, Any] = document.raw.get("x-envelope", {})
        self.resources: Mapping[str, Any] = document.raw.get("x-resource", {})
        self.machines: Mapping[str, Any] = document.raw.get("x-state-machine", {})
        self.tenants: Mapping[str, Any] = document.raw.get("x-tenants", {})
        self._compiler = SchemaCompiler(document, Direction.REQUEST)

    @property
    def is_foreign(self) -> bool:
        """Whether the document is no bundled vendor's: what it declares of behaviour was mostly inferred."""
        return self.document.has_skeleton

    @cached_property
    def reads(self) -> list[str]:
        """The ids of operations that change nothing and have a working recipe."""
        return [name for name, operation in self.operations.items() if operation.is_safe and WORKS in operation.recipes]

    def works(self, name: str) -> Mapping[str, Any]:
        """The recipe of a call that succeeds; empty if the document has none."""
        found: Mapping[str, Any] = self.operations[name].recipes.get(WORKS) or {}
        return found

    def observations(self, name: str) -> list[Mapping[str, Any]]:
        """The recipes of a read that make changes visible."""
        found = self.operations[name].recipes.get(OBSERVES, self.works(name))
        return found if isinstance(found, list) else [found]

    def body(self, name: str) -> tuple[str, dict[str, Any]]:
        """Media type and merged schema of the body of an operation; both empty if it has none.

        If the fields stand inside an envelope (``x-sent-at``), the schema is that of the inner object.
        """
        content = self.operations[name].content
        for media_type in sorted(content, key=_rank) if self.is_foreign else content:
            schema = self._object(content[media_type].get("schema", {}))
            for part in self._sent_at(name):
                schema = self._object(schema.get("properties", {}).get(part, {}))
            return ("application/json" if self.is_foreign and _rank(media_type) == _ANY_JSON else media_type), schema
        return "", {}

    def takes(self, name: str, body: dict[str, Any]) -> bool:
        """Whether a body keeps the whole schema of an operation, of whose choices :meth:`body` shows one only."""
        content = self.operations[name].content
        media = next((content[one] for one in sorted(content, key=_rank)), {})
        return self.fits(media.get("schema", {}), self.wrapped(name, body))

    def wrapped(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """A body in the envelope in which an operation takes it."""
        for part in reversed(self._sent_at(name)):
            body = {part: body}
        return body

    def _sent_at(self, name: str) -> list[str]:
        return str(self.operations[name].spec.get("x-sent-at", "")).split("/")[1:]

    def _object(self, schema: Any) -> dict[str, Any]:
        """A schema with the branches of its ``allOf``; of one that only offers choices, the first choice with properties."""
        merged = self.document.merge_all_of(schema)
        if "properties" in merged:
            return merged
        choices = (self.document.merge_all_of(branch) for branch in (*merged.get("oneOf", ()), *merged.get("anyOf", ())))
        return next((choice for choice in choices if "properties" in choice), merged)

    def fields(self, name: str) -> dict[str, tuple[str, Any, bool]]:
        """The inputs of an operation by name: place (``path``, ``query``, …, ``body``), schema, and whether they are required."""
        found: dict[str, tuple[str, Any, bool]] = {
            parameter["name"]: (parameter["in"], parameter.get("schema", {}), bool(parameter.get("required")))
            for parameter in self.operations[name].parameters
            if parameter["in"] != "header" or parameter.get("required")
        }
        _, schema = self.body(name)
        for field, inner in schema.get("properties", {}).items():
            if self.document.merge_all_of(inner).get("readOnly"):
                continue
            if field not in found or found[field][0] == "query":  # an input of both places is sent in the body
                found[field] = ("body", inner, field in schema.get("required", ()))
        return found

    def declared(self, name: str, field: str) -> Mapping[str, Any]:
        """The declaration of an input, with extensions such as ``x-fault-codes``: a parameter, or the merged schema of a property of the body."""
        for parameter in self.operations[name].parameters:
            if parameter["name"] == field:
                return parameter
        _, schema = self.body(name)
        found: Mapping[str, Any] = self.document.merge_all_of(schema.get("properties", {}).get(field, {}))
        return found

    def fits(self, schema: Any, value: Any) -> bool:
        """Whether a value satisfies a schema of the document."""
        return self._compiler.compile(schema).is_valid(value)

    @cached_property
    def _page(self) -> BehaviourModel:
        """The same for what the vendor's page describes only."""
        return BehaviourModel(described(self.document))

    def breaks_page(self, name: str, field: str, value: Any) -> bool:
        """Whether a value breaks what the vendor's page says of an input, and not only what was assumed."""
        if self.strict:
            return True
        if self.operations[name].provenance in NOT_DESCRIBED:
            return False
        declared = self._page.fields(name).get(field)
        return declared is not None and not self._page.fits(declared[1], value)

    def may_be_blank(self, name: str, field: str) -> bool:
        """Whether an empty text may stand for an input that is not sent: many forms send the fields that were not filled in."""
        place, _, needed = self.fields(name).get(field, ("body", {}, False))
        return not self.strict and not needed and (place != "body" or self.body(name)[0] in FORMS)

    def demands(self, name: str, field: str) -> bool:
        """Whether the vendor's page says that an input has to be sent, and accepts no other reading."""
        if self.strict:
            return True
        return self.operations[name].provenance not in NOT_DESCRIBED and self._page.fields(name).get(field, ("", {}, False))[2]

    def sendable(self, name: str, field: str, schema: Any) -> Any:
        """The schema of values that every implementation takes for an input; an accepted reading may take less than its schema allows."""
        return self.readings.taken(name).get(field, schema)

    def describes(self, name: str, field: str, keyword: str) -> bool:
        """Whether the vendor's page says what a keyword of an input says."""
        if self.strict:
            return True
        if self.operations[name].provenance in NOT_DESCRIBED or field in self.readings.taken(name):
            return False
        declared = self._page.fields(name).get(field)
        return declared is not None and keyword in self._page.document.merge_all_of(declared[1])

    def describes_all(self, name: str, field: str) -> bool:
        """Whether the vendor's page bounds an input from all sides, so that each value of its schema has to be taken."""
        if self.strict:
            return True
        declared = self._page.fields(name).get(field)
        schema = self._page.document.merge_all_of(declared[1]) if declared is not None else {}
        return "enum" in schema or {"minimum", "maximum"} <= schema.keys() or {"pattern", "maxLength"} <= schema.keys()

    @cached_property
    def _whole(self) -> set[str]:
        return {field for name in self.operations for field, kinds in self.readings.kinds(name).items() if "whole" in kinds}

    def may_be_whole(self, formula: str) -> bool:
        """Whether a formula speaks of a field of which an implementation may keep whole units only."""
        return not self._whole.isdisjoint(re.findall(r"\w+", formula))

    def broken_keywords(self, name: str, field: str, value: Any) -> list[str]:
        """The keywords that a value of an input breaks, each once; those of the vendor's page if it breaks any."""
        model = self._page if not self.strict and self.breaks_page(name, field, value) else self
        schema = model.fields(name).get(field, ("", {}, False))[1]
        return list(dict.fromkeys(error.kind.name for error in model._compiler.compile(schema).iter_errors(value)))  # noqa: SLF001 - of its own class

    def input_clause(self, name: str, field: str, keyword: str) -> str | None:
        """The clause behind a keyword of an input, None if the document names none."""
        by_keyword = self.operations[name].spec.get("x-input-clauses", {})
        found: str | None = self.declared(name, field).get("x-clause") or by_keyword.get(keyword)
        return found

    def answer_clause(self, name: str, status: int) -> str | None:
        """The clause that describes an answer, None if the document names none."""
        found: str | None = self.operations[name].spec.get("x-answer-clauses", {}).get(str(status))
        return found

    def volatile(self) -> set[str]:
        """Names of fields that may differ between two equal calls."""
        return set(_find_volatile(self.document.raw))


def _rank(media_type: str) -> int:
    """The place of a media type among those that a body may have: JSON first, then what may be JSON, then the others as they are written."""
    plain = media_type.partition(";")[0].strip().lower()
    return 0 if plain == "application/json" else _ANY_JSON if plain in ("*/*", "application/*") or plain.startswith("application/json") else 2


def header_of(scheme: Mapping[str, Any]) -> str:
    """The header that carries the credential of a scheme, in lower case; with ``?`` before it the query parameter."""
    if scheme.get("type") != "apiKey":
        return "authorization"
    return {"cookie": "cookie", "query": f"?{str(scheme['name']).lower()}"}.get(str(scheme.get("in")), str(scheme["name"]).lower())


def _find_volatile(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from (name for name, inner in properties.items() if isinstance(inner, dict) and inner.get("x-volatile") == EACH_CALL)
        for inner in node.values():
            yield from _find_volatile(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _find_volatile(inner)
