"""Where the record of a family stands in the bodies of one operation."""

from __future__ import annotations

from mockserver.openapi.inference.envelopes import BodyPlace, find_record
from mockserver.openapi.inference.model import Family
from mockserver.openapi.inference.routes import read_template
from mockserver.openapi.inference.shapes import Shapes, body_schema, success_schema
from mockserver.openapi.operations import OperationSpec


class BodyPlaces:
    """Finds records in bodies."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def find_shown(self, operation: OperationSpec, family: Family) -> BodyPlace | None:
        """Where the record stands in the success of an operation; None if it shows something else, such as ``{"ok": true}``."""
        schema = success_schema(operation)
        if schema is None:
            return None
        wanted = self.shapes.component(family.schema)
        place = find_record(self.shapes, schema, read_template(family.item).key if family.item else "", family.noun)
        if place is None:
            return None
        if wanted and self.shapes.component(place.schema) == wanted:
            return place
        mine, shown = self.shapes.of(family.schema).properties.keys(), self.shapes.of(place.schema).properties.keys()
        if place.identity is not None or not shown or len(shown & mine) * 2 >= len(shown):
            return place
        return None

    def find_sent(self, operation: OperationSpec, family: Family) -> BodyPlace | None:
        """Where the record stands in the body of a request: in it as a whole, or below the name of the family."""
        schema = body_schema(operation)
        if schema is None:
            return None
        shape = self.shapes.of(schema)
        if shape.is_list:
            return BodyPlace("", shape.items, wrapped=True)
        mine = self.shapes.of(family.schema).properties
        if len(shape.properties) <= 3 and not set(shape.properties) & (set(mine) - {family.noun}):  # noqa: PLR2004 - the record and what goes with it
            place = find_record(self.shapes, schema, "", family.noun)
            if place is not None and place.pointer:
                return place
            for name, inner in shape.properties.items():
                within = self.shapes.of(inner)
                within = self.shapes.of(within.items) if within.is_list and within.items is not None else within
                if within.properties and len(set(within.properties) & set(mine)) * 2 >= len(within.properties):
                    return BodyPlace(f"/{name}", inner, wrapped=self.shapes.of(inner).is_list)
        return BodyPlace("", schema)
