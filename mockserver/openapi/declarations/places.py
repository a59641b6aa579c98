"""Places in bodies and names of parameters that a declaration names, checked with the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.declarations.reading import Declared
from mockserver.openapi.inference.model import Family, Kind
from mockserver.openapi.inference.paging import query_parameters
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.nearest import nearest
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import escape_part, split_pointer


class Places:
    """Reads pointers, properties and parameters of declarations. Every method raises DocumentBroken for what the document does not have."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def schema_at(self, schema: Any, pointer: str, declared: Declared) -> Any:
        """The schema at a pointer into a value; an empty one where anything goes."""
        for part in split_pointer(pointer):
            shape = self.shapes.of(schema)
            if part in shape.properties:
                schema = shape.properties[part]
            elif shape.properties or (shape.is_scalar and not shape.is_open):
                raise declared.refuse(f"there is no property {part} in the place of {pointer}; {nearest(part, shape.properties)}")
            else:
                schema = {}
        return schema

    def shown(self, declared: Declared, spec: OperationSpec, *, is_list: bool) -> str | None:
        """A pointer into the success of an operation; None for null."""
        if declared.value is None:
            return None
        pointer = self._pointer(declared)
        found = self.shapes.of(self.schema_at(success_schema(spec) or {}, pointer, declared))
        if is_list and found.kinds and "array" not in found.kinds:
            raise declared.refuse(f"the answer of {spec.label} has no list at {pointer or 'its root'}")
        return pointer

    def sent(self, declared: Declared, spec: OperationSpec) -> str:
        """A pointer into the body of a request."""
        pointer = self._pointer(declared)
        self.schema_at(body_schema(spec) or {}, pointer, declared)
        return pointer

    @staticmethod
    def _pointer(declared: Declared) -> str:
        pointer = declared.text()
        if pointer and not pointer.startswith("/"):
            raise declared.refuse(f"{pointer} is no JSON pointer; write /{pointer}, or an empty text for the whole body")
        return pointer

    def property_of(self, family: Family, declared: Declared, name: str | None = None) -> str:
        """The name of a property of a record; ``name`` if it is not the declared value."""
        wanted = declared.text() if name is None else name
        names = self.shapes.of(family.schema).properties
        if names and wanted not in names:
            raise declared.refuse(f"a record of {family.name} has no property {wanted}; {nearest(wanted, names)}")
        return wanted

    def properties_of(self, family: Family, declared: Declared) -> tuple[str, ...]:
        return tuple(self.property_of(family, one) for one in declared.entries())

    def field_of(self, family: Family, declared: Declared) -> str:
        """The pointer to a field of a record, which is written as a pointer or as the name of a property."""
        text = declared.text()
        pointer = text if text.startswith("/") else f"/{escape_part(text)}"
        self.schema_at(family.schema, pointer, declared)
        return pointer

    def value_of(self, family: Family, name: str, declared: Declared) -> Any:
        """A value that a property may have."""
        allowed = self.shapes.of(self.shapes.of(family.schema).properties.get(name, {})).enum
        if allowed and declared.value not in allowed and declared.value is not None:
            raise declared.refuse(f"{name} cannot be {declared.value}; {nearest(str(declared.value), [str(one) for one in allowed])}")
        return declared.value

    def parameters_of(self, spec: OperationSpec, kind: Kind) -> Mapping[str, Mapping[str, Any]]:
        """What selects and orders the records of a list: query parameters, and the fields of the body of a search."""
        found = query_parameters(spec)
        if kind is Kind.SEARCH and (schema := body_schema(spec)) is not None:
            found |= {name: {"schema": inner} for name, inner in self.shapes.of(schema).properties.items()}
        return found
