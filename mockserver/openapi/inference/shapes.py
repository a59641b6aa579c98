"""Schemas as inference looks at them: properties of all branches together, references followed, circles ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.operations import OperationSpec

DEPTH = 12
"""Combined schemas inside combined schemas that are followed."""
MOST = 50_000
"""Shapes that are kept; then all are forgotten, because schemas that are made while values are made would fill the memory."""
SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass
class Shape:
    """A schema with its branches merged: types, properties, and the schema of the items of a list."""

    kinds: set[str] = field(default_factory=set)
    properties: dict[str, Any] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: Any = None
    formats: set[str] = field(default_factory=set)
    enum: list[Any] = field(default_factory=list)
    example: Any = None
    is_open: bool = False
    """Whether the schema says nothing of its type."""

    @property
    def is_object(self) -> bool:
        return "object" in self.kinds or bool(self.properties)

    @property
    def is_list(self) -> bool:
        return "array" in self.kinds and not self.properties

    @property
    def is_scalar(self) -> bool:
        return bool(self.kinds & SCALARS) and not self.is_object and not self.is_list


class Shapes:
    """The shapes of the schemas of one document, each made once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._known: dict[int, tuple[Any, Shape]] = {}
        """By the identity of a schema or a reference, this object, which must live as long as its identity is known, and its shape."""
        self._leads_to: dict[str, Any] = {}
        """By a reference, the schema that it leads to."""

    def of(self, schema: Any) -> Shape:
        """The shape of a schema; it must not be changed."""
        known = self._known.get(id(schema))
        if known is not None:
            return known[1]
        if len(self._known) >= MOST:
            self._known.clear()
        if isinstance(schema, dict) and "$ref" in schema:
            found = self.of(self.resolve(schema))
            self._known[id(schema)] = schema, found
            return found
        return self._make(schema)

    def _make(self, schema: Any) -> Shape:
        """The shape of a schema that is no reference."""
        resolved = self.resolve(schema)
        found = Shape()
        self._known[id(schema)] = schema, found
        self._gather(resolved, found, 0)
        found.is_open = not (found.kinds or found.properties or found.items)
        return found

    def resolve(self, schema: Any) -> Any:
        """What a reference leads to; an empty schema for one that leads nowhere, or for what is no schema."""
        if not isinstance(schema, dict):
            return {}
        if "$ref" not in schema:
            return schema
        reference = str(schema["$ref"])
        if reference not in self._leads_to:
            self._leads_to[reference] = self._follow(schema)
        return self._leads_to[reference]

    def _follow(self, schema: Any) -> Any:
        try:
            found = self.document.resolve(schema)
        except DocumentBroken:
            return {}
        return found if isinstance(found, dict) else {}

    def _add_property(self, into: Shape, name: str, schema: Any, *, both: bool) -> None:
        """Add a property. What two branches of an ``allOf`` say of it holds together; of several alternatives the first one is taken."""
        before = into.properties.get(name)
        if before is None:
            into.properties[name] = schema
        elif both:
            into.properties[name] = self._join(before, schema)

    def _join(self, first: Any, second: Any) -> Any:
        """A schema that says what both say."""
        if first is second or first == second:
            return first
        return {"allOf": [first, second]}

    def _gather(self, schema: Any, into: Shape, depth: int, *, both: bool = True) -> None:
        schema = self.resolve(schema)
        if depth > DEPTH:
            return
        kind = schema.get("type")
        into.kinds |= {one for one in (kind if isinstance(kind, list) else [kind]) if isinstance(one, str) and one != "null"}
        for name, inner in (schema.get("properties") or {}).items():
            self._add_property(into, str(name), inner, both=both)
        into.required |= {name for name in schema.get("required", ()) if isinstance(name, str)} if isinstance(schema.get("required"), list) else set()
        if isinstance(schema.get("items"), dict):
            into.items = schema["items"] if into.items is None else self._join(into.items, schema["items"]) if both else into.items
            into.kinds.add("array")
        if isinstance(schema.get("format"), str):
            into.formats.add(schema["format"])
        into.enum = into.enum or (list(schema["enum"]) if isinstance(schema.get("enum"), list) else [])
        if into.example is None:
            examples = schema.get("examples")
            into.example = schema.get("example", examples[0] if isinstance(examples, list) and examples else None)
        for combined in ("allOf", "oneOf", "anyOf"):
            branches = schema.get(combined)
            for branch in branches if isinstance(branches, list) else ():
                self._gather(branch, into, depth + 1, both=both and combined == "allOf")

    def component(self, schema: Any) -> str:
        """The name of the component that a schema is, empty if it is written in place.

        An ``allOf`` is the component that it refers to, if nothing else in it has properties.
        """
        for _ in range(DEPTH):
            if not isinstance(schema, dict):
                return ""
            if "$ref" in schema:
                return str(schema["$ref"]).rpartition("/")[2]
            branches = [one for one in schema.get("allOf") or () if not isinstance(one, dict) or {"$ref", "properties", "allOf"} & one.keys()]
            if len(branches) != 1 or schema.get("properties"):
                return ""
            schema = branches[0]
        return ""


def json_schema(content: Mapping[str, Any]) -> Any:
    """The schema of the JSON among the contents of a body; None if there is no JSON, or no schema."""
    for media_type, media in content.items():
        plain = media_type.partition(";")[0].strip().lower()
        if (plain.endswith("json") or plain in ("*/*", "application/*")) and isinstance(media, dict):
            return media.get("schema")
    return None


def form_schema(content: Mapping[str, Any]) -> Any:
    """The schema of a form among the contents of a body, None if there is none."""
    for media_type, media in content.items():
        if "form" in media_type and isinstance(media, dict):
            return media.get("schema")
    return None


def body_schema(operation: OperationSpec) -> Any:
    """The schema of what an operation is sent, None if it takes no body of fields."""
    content = operation.content
    found = json_schema(content)
    return form_schema(content) if found is None else found


def successes(operation: OperationSpec) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The documented successes, the exact ones first in their order, then ``2XX``, then ``default``."""
    statuses = [status for status in operation.statuses if status.startswith("2")]
    exact = [status for status in statuses if status.isdigit()]
    ranges = [status for status in statuses if not status.isdigit()]
    rest = ["default"] if "default" in operation.statuses and not any(status.startswith("3") for status in operation.statuses) else []
    for status in (*exact, *ranges, *rest):
        found = operation.document.resolve(operation.spec["responses"][status])
        if isinstance(found, dict):
            yield status, found


def success_schema(operation: OperationSpec) -> Any:
    """The schema of the first success that has JSON, None if there is none."""
    for status, response in successes(operation):
        if status == "default" and any(one.startswith("2") for one in operation.statuses):
            continue
        found = json_schema(response.get("content") or {})
        if found is not None:
            return found
    return None
