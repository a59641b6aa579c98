"""Whatever schemas a document has, and whatever is sent: no answer is an error of the server, and each is valid or says that it is undocumented."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.core.base.clock import Clock, wall_clock
from mockserver.core.base.names import UNDOCUMENTED
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.fixtures import seeded_world
from mockserver.core.engine.refusals import refuse
from mockserver.core.operation.binding import bind
from mockserver.core.operation.compiled import Operation, compile_operations
from mockserver.core.state.world import Transaction, World
from mockserver.generic.vendor import make_vendor
from mockserver.openapi.foreign.read import read_foreign

SCALARS: Any = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean"])},
    optional={
        "enum": st.lists(st.none() | st.integers(-3, 3) | st.text(max_size=3) | st.booleans(), min_size=1, max_size=3),
        "minLength": st.integers(0, 5),
        "maxLength": st.integers(0, 5),
        "minimum": st.integers(-5, 5),
        "maximum": st.integers(-5, 5),
        "pattern": st.sampled_from(["^a+$", "[0-9]{3}", "^(x|y)z?$"]),
        "format": st.sampled_from(["date", "date-time", "uuid", "email", "uri", "int32", "ipv4", "binary", "odd"]),
        "nullable": st.booleans(),
        "readOnly": st.booleans(),
        "writeOnly": st.booleans(),
    },
)
NAMES = st.sampled_from(["id", "name", "status", "created_at", "owner_id", "items", "data", "x", "a b", "<b>"])


def _compound(inner: Any) -> Any:
    properties = st.dictionaries(NAMES, inner, max_size=4)
    return (
        st.builds(
            lambda found, required, others: {"type": "object", "properties": found, "required": required, "additionalProperties": others},
            properties,
            st.lists(NAMES, min_size=1, max_size=3, unique=True),
            st.booleans() | inner,
        )
        | st.builds(lambda found, least: {"type": "array", "items": found, "minItems": least}, inner, st.integers(0, 2))
        | st.builds(lambda how, found: {how: found}, st.sampled_from(["allOf", "anyOf", "oneOf"]), st.lists(inner, min_size=1, max_size=3))
    )


SCHEMAS: Any = st.recursive(SCALARS | st.just({"$ref": "#/components/schemas/Thing"}), _compound, max_leaves=6)
BODIES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=6,
)
CALLS = [("GET", "/things", {}), ("POST", "/things", {}), ("GET", "/things/{id}", {"id": "1"}), ("PATCH", "/things/{id}", {"id": "1"})]


def _document(thing: Any, sent: Any, shown: Any, version: str, media_type: str) -> dict[str, Any]:
    def answer(schema: Any) -> dict[str, Any]:
        return {"description": "", "content": {media_type: {"schema": schema}}}

    record = {"$ref": "#/components/schemas/Thing"}
    body = {"requestBody": {"content": {"application/json": {"schema": sent}}}}
    item = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}
    return {
        "openapi": version,
        "info": {"title": "Random", "version": "1"},
        "paths": {
            "/things": {
                "get": {"responses": {"200": answer({"type": "array", "items": record}), "default": answer(shown)}},
                "post": {**body, "responses": {"201": answer(shown), "400": answer(shown)}},
            },
            "/things/{id}": {
                **item,
                "get": {"responses": {"200": answer(record), "404": answer(shown)}},
                "patch": {**body, "responses": {"200": answer(record)}},
            },
        },
        "webhooks": {"thing.created": {"post": {"requestBody": {"content": {"application/json": {"schema": shown}}}}}},
        "components": {"schemas": {"Thing": thing}},
    }


def _answer(operation: Operation, request: Request, world: World) -> Reply:
    """The reply as the engine sends it."""
    try:
        reply: Reply = operation.answer(request, Transaction(world, wall_clock()))
        reply.encode()
        operation.responses.check(reply)
    except Exception as error:  # noqa: BLE001 - what the engine makes of an error is what is tested
        return refuse(operation, error)[0]
    return reply


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(SCHEMAS, SCHEMAS, SCHEMAS, BODIES, st.sampled_from(["3.0.3", "3.1.0"]), st.sampled_from(["application/json", "application/xml"]))
def test_any_document_answers_any_call(thing: Any, sent: Any, shown: Any, body: Any, version: str, media_type: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "random.json")
        file.write_text(json.dumps(_document(thing, sent, shown, version, media_type)), encoding="utf-8")
        vendor = make_vendor(read_foreign(file))
    handlers, problems = bind(vendor.api, vendor.document)
    assert problems == []
    operations = compile_operations(vendor.api, vendor.document, handlers)
    world = seeded_world({vendor.document.slug: vendor.fixture}, 1, Clock(), wall_clock())
    for method, path, values in CALLS:
        operation = operations[next(spec.id for spec in vendor.document.operations if (spec.method, spec.path) == (method, path))]
        headers = [(b"content-type", b"application/json")] if method in ("POST", "PATCH") else []
        content = json.dumps(body).encode() if headers else b""
        request = Request(method, path.replace("{id}", "1"), b"", headers, content, values)
        reply = _answer(operation, request, world)
        assert reply.status < 500 or reply.status == 501
        assert reply.status == 501 or reply.is_undocumented == (UNDOCUMENTED in reply.headers)
