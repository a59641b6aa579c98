"""The bodies of callbacks and webhooks: what is known stands where the schema has room for it, and the rest is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.core.base.clock import iso
from mockserver.core.state.world import Transaction
from mockserver.generic.events.declared import EventSpec
from mockserver.generic.values import ValueMaker
from mockserver.openapi.inference.shapes import Shape
from mockserver.openapi.inference.words import fold

_NAMES = frozenset("type event eventtype eventname action topic".split())
_MOMENTS = frozenset("createdat timestamp occurredat sentat triggeredat eventtime time date created".split())
_LEVELS = 2
"""Levels of a body in which the record is looked for a place."""


def make_payload(world: Transaction, values: ValueMaker, event: EventSpec, known: Mapping[str, Any]) -> Any:
    """The body of a message about something known: a record, or what a call was about."""
    if event.schema is None:
        return {"event": event.name, "created_at": iso(world.now), "data": dict(known)}
    shape = values.shapes.of(event.schema)
    if not shape.is_object:
        return values.fit(event.schema, [dict(known)] if shape.is_list else dict(known))
    base = event.example if isinstance(event.example, dict) and values.is_valid(event.schema, event.example) else {}
    body = {**base, **_stamp(world, values, shape, event.name)}
    return values.fit(event.schema, _place(values, shape, body, known))


def _stamp(world: Transaction, values: ValueMaker, shape: Shape, name: str) -> dict[str, Any]:
    """The fields that say which event it is, and when it was."""
    found: dict[str, Any] = {}
    for field, schema in shape.properties.items():
        part = values.shapes.of(schema)
        if fold(field) in _NAMES and "string" in part.kinds:
            told = next((one for one in part.enum or () if fold(str(one)) == fold(name)), name)
        elif fold(field) in _MOMENTS and part.kinds & {"string", "integer"}:
            told = iso(world.now) if "string" in part.kinds else int(world.now.timestamp())
        else:
            continue
        if values.is_valid(schema, told):
            found[field] = told
    return found


def _place(values: ValueMaker, shape: Shape, body: Mapping[str, Any], known: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """A body with what is known in the object that shares most properties with it: the body itself, or one in it."""
    inner = {name: values.shapes.of(schema) for name, schema in shape.properties.items()}
    shared = len(shape.properties.keys() & known.keys())
    best = max(((len(part.properties.keys() & known.keys()), name) for name, part in inner.items() if part.is_object), default=(0, ""))
    if depth < _LEVELS and best[0] > shared:
        below = body.get(best[1])
        placed = _place(values, inner[best[1]], below if isinstance(below, dict) else {}, known, depth + 1)
        return {**body, best[1]: placed}
    return {**body, **{name: value for name, value in known.items() if name in shape.properties}}
