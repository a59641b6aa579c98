"""Documents of any size, to measure the effect of the number of operations."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from benchmarks.reference import payloads, state
from mockserver.core.base.replies import Reply
from mockserver.core.operation.api import Api
from mockserver.openapi.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable

PER_KIND = 5
"""Operations of one kind of resource: list, create, read, change, remove."""


def synthetic(operations: int) -> tuple[Api, Document]:
    """An API with this many operations, five for each kind of resource, with paths as vendors write them."""
    handlers = types.ModuleType("synthetic")
    paths: dict[str, Any] = {}
    for number in range(-(-operations // PER_KIND)):
        many, one = {}, {}
        many["get"] = _operation(handlers, f"list_thing{number}s", 200, query=True)
        many["post"] = _operation(handlers, f"create_thing{number}", 201, body=True)
        one["get"] = _operation(handlers, f"get_thing{number}", 200, path=True)
        one["put"] = _operation(handlers, f"change_thing{number}", 200, path=True, body=True)
        one["delete"] = _operation(handlers, f"remove_thing{number}", 200, path=True)
        paths[f"/area{number % 20}/thing{number}s"] = many
        paths[f"/area{number % 20}/thing{number}s/{{thing_id}}"] = one
    raw = payloads.reference_document().raw
    raw = {**raw, "info": {"title": "Synthetic", "version": "1"}, "servers": [{"url": "/synthetic"}], "paths": paths}
    api = Api("synthetic", (handlers,), state.render_fault, (state.KEYS, state.PLANS, state.SUBSCRIPTIONS), {"key": state.verify_key})
    return api, Document("synthetic", "synthetic", raw)


def _operation(handlers: types.ModuleType, name: str, status: int, *, query: bool = False, path: bool = False, body: bool = False) -> dict[str, Any]:
    """An operation of the document; its handler is added to the module."""
    handler = _handler(status, path=path, body=body)
    handler.__name__, handler.__module__ = name, handlers.__name__
    setattr(handlers, name, handler)
    parameters = [{"name": "thing_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}] if path else []
    parameters += [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}}] if query else []
    answer = {"description": "Done", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Plan"}}}}
    refused = {str(code): {"$ref": "#/components/responses/Refused"} for code in (400, 401, 404, 413, 415)}
    spec: dict[str, Any] = {"operationId": name, "parameters": parameters, "responses": {str(status): answer, **refused}}
    if body:
        spec["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewSubscription"}}}}
    return spec


def _handler(status: int, *, path: bool, body: bool) -> Callable[..., Reply]:
    plan = payloads.plan(1)
    if path and body:
        return lambda thing_id, body: Reply(status, plan)  # noqa: ARG005 - the arguments that the document names
    if path:
        return lambda thing_id: Reply(status, plan)  # noqa: ARG005 - likewise
    if body:
        return lambda body: Reply(status, plan)  # noqa: ARG005 - likewise
    return lambda limit: Reply(status, plan)  # noqa: ARG005 - likewise
