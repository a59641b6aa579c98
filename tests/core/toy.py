"""A toy vendor for features of the core that no real vendor uses; it runs in-process, without a socket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mockserver.core.base.clock import Clock
from mockserver.core.base.faults import Conflict, Fault, Forbidden, Invalid, TooManyRequests, Unauthenticated, Unavailable, VendorFault
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.journal import Journal
from mockserver.core.engine.pipeline import RequestPipeline
from mockserver.core.operation.api import Api, FaultContext
from mockserver.core.operation.binding import bind
from mockserver.core.operation.compiled import compile_operations
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World
from mockserver.openapi.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockserver.core.operation.api import Action, DeferredViolations

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    owner: str
    text: str
    at: datetime
    password: str = ""


NOTES = Table("toy.notes", Note, {"owner": lambda note: note.owner}, secrets=("password",))

JSON = "application/json"
OK = {"200": {"description": "Done.", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Done"}}}}}
REFUSED: dict[str, Any] = {
    status: {"description": "Refused.", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}}
    for status in ("400", "401", "403", "404", "409", "413", "415", "422", "429", "503")
}


def _operation(name: str, **more: Any) -> dict[str, Any]:
    return {"operationId": name, "responses": {**OK, **REFUSED}, **more}


def _body(schema: Any, *media_types: str, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": {media_type: {"schema": schema} for media_type in media_types or (JSON,)}}


NOTE = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 20, "x-fault-codes": {"required": "n1", "minLength": "n1", "maxLength": "n2"}},
        "stars": {"type": "integer", "minimum": 1, "maximum": 5, "x-fault-codes": {"type": "n3", "minimum": "n3"}},
        "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True},
        "urgent": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$", "x-fault-codes": {"pattern": "n4"}}},
        "when": {"type": "string", "format": "date", "x-fault-late": True, "x-fault-codes": {"format": "n5"}},
        "place": {"$ref": "#/components/schemas/Place"},
        "picture": {"type": "string", "format": "binary"},
        "anything": {"anyOf": [{"type": "integer"}, {"type": "string", "nullable": True}]},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Toy", "version": "1"},
    "servers": [{"url": "/toy/v1/"}],
    "paths": {
        "/notes/": {
            "parameters": [{"name": "X-Trace", "in": "header", "schema": {"type": "string", "maxLength": 5}}],
            "get": _operation(
                "list_notes",
                security=[{"key": []}, {"cookie": []}, {"query": []}],
                parameters=[
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}, "x-fault-codes": {"minimum": "n6"}},
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}, "x-aliases": ["Étiquette"]},
                    {"name": "session", "in": "cookie", "schema": {"type": "string"}},
                ],
            ),
            "post": _operation(
                "create_note",
                security=[{"key": [], "bearer": []}],
                requestBody=_body(NOTE, JSON, "application/x-www-form-urlencoded", "multipart/form-data"),
                **{
                    "x-errors": {f"n{n}": {"status": 422, "message": f"error {n}"} for n in range(1, 8)},
                    "x-fault-codes": {"malformed": "n7"},
                },
            ),
        },
        "/notes/{note_id}": {
            "get": _operation(
                "get_note",
                security=[{"basic": []}],
                parameters=[{"name": "note_id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            ),
        },
        "/notes/newest": {"get": _operation("get_newest_note")},
        "/odd": {"post": _operation("create_odd", requestBody=_body({"type": "array", "items": {"type": "integer"}}, required=False))},
        "/plain": {
            "get": {
                "operationId": "get_plain",
                "responses": {
                    "200": {
                        "description": "Text.",
                        "headers": {"X-Lines": {"required": True, "schema": {"type": "integer"}}},
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    },
                    "204": {"description": "Nothing."},
                },
            },
        },
    },
    "components": {
        "schemas": {
            "Place": {"type": "object", "properties": {"city": {"type": "string"}, "floor": {"type": "integer"}}},
            "Done": {"type": "object", "required": ["done"], "properties": {"done": {"type": "boolean"}, "got": {}}},
            "Refusal": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}, "code": {"type": "string"}}},
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
            "query": {"type": "apiKey", "in": "query", "name": "key"},
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
        },
    },
}


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    error = fault_context.documented(fault)
    if error is not None:
        return Reply(error.status, {"error": error.message, "code": error.code})
    body: dict[str, Any] = {"error": str(fault)}
    if isinstance(fault, Invalid):
        body["violations"] = [str(violation) for violation in fault.violations]
    return Reply(fault.status, body)


def verify(_world: Transaction, credential: str) -> str:
    if credential.startswith("bad"):
        raise Unauthenticated("key")
    if credential.startswith("barred"):
        raise Forbidden("not for you")
    return credential


def handlers(**replaced: Callable[..., Reply] | None) -> ModuleType:
    """The toy's handlers; ``None`` removes one."""

    def list_notes(world: Transaction, caller: str, limit: int | None, tag: list[str] | None, session: str | None, x_trace: str | None) -> Reply:
        notes = [note.text for note in world.table(NOTES).all()]
        return Reply(200, {"done": True, "got": [caller, limit, tag, session, x_trace, notes]})

    def create_note(world: Transaction, caller: Mapping[str, str], body: Mapping[str, Any], late: DeferredViolations, x_trace: str | None) -> Reply:
        if body["text"] == "taken":
            raise Conflict("taken")
        late.check("when")
        note = Note(world.draw("note"), caller["key"], body["text"], world.now, "secret")
        world.table(NOTES).add(note)
        world.send("toy", "mail", "reader@example.com", f"See https://example.com/{note.id}.", subject="New")
        world.schedule(world.now + timedelta(hours=1), "toy.expire", note.id)
        if body["text"] == "too late":
            raise VendorFault("n6")
        shown = {key: value if not hasattr(value, "data") else [value.filename, value.media_type, len(value.data)] for key, value in body.items()}
        return Reply(200, {"done": True, "got": shown})

    def get_note(world: Transaction, note_id: int) -> Reply:
        note = world.table(NOTES).get(note_id)
        return Reply(200, {"done": note is not None})

    def get_newest_note(world: Transaction) -> Reply:
        return Reply(200, {"done": True, "got": next((note.text for note in world.table(NOTES).newest()), None)})

    def create_odd(body: list[int] | None) -> Reply:
        if body == [429]:
            raise TooManyRequests(7)
        if body == [503]:
            raise Unavailable("down")
        return Reply(200, {"done": True, "got": body})

    def get_plain() -> Reply:
        return Reply(200, b"one line", {"X-Lines": "1"}, "text/plain; charset=utf-8")

    module = ModuleType("toy_handlers")
    found: dict[str, Any] = {name: value for name, value in locals().items() if callable(value)}
    for name, function in {**found, **replaced}.items():
        if function is not None:
            function.__module__ = module.__name__
            setattr(module, name, function)
    return module


def expire(world: Transaction, note_id: int | str | None) -> None:
    """Timer action of a note, one hour after its creation."""
    note = None if note_id is None else world.table(NOTES).get(note_id)
    if note is not None:
        world.table(NOTES).change(note, text=f"expired {world.now:%H:%M}")


class Toy:
    """The toy behind a pipeline, with one world or with a given store; ``timers`` are added to those of the toy."""

    def __init__(
        self,
        document: dict[str, Any] | None = None,
        *,
        store: MemoryStore | None = None,
        timers: Mapping[str, Action] | None = None,
        **replaced: Callable[..., Reply] | None,
    ) -> None:
        self.document = Document("toy", "toy.yaml", document or DOCUMENT)
        self.api = Api(
            slug="toy",
            handlers=(handlers(**replaced),),
            render_fault=render_fault,
            tables=(NOTES,),
            verifiers=dict.fromkeys(("key", "cookie", "query", "bearer", "basic"), verify),
            timers={"toy.expire": expire, **(timers or {})},
        )
        bound, self.problems = bind(self.api, self.document)
        self.store = MemoryStore(World(clock=Clock(frozen_at=NOON))) if store is None else store
        self.journal = Journal()
        self.pipeline = RequestPipeline(self.store, self.journal, self.api.timers)
        self.operations = {} if self.problems else compile_operations(self.api, self.document, bound)

    def call(self, name: str, **request: Any) -> Reply:
        """Run an operation on a request; returns the reply."""
        headers = {key.lower().encode(): value.encode("latin-1") for key, value in request.pop("headers", {}).items()}
        made = Request("POST", "/", raw_headers=list(headers.items()), **request)
        reply, payload, _ = asyncio.run(self.pipeline.reply(self.operations[name], made))
        assert payload == reply.encode()
        return reply

    def world(self) -> World:
        """The current world."""
        return asyncio.run(self.store.load("default")).world

    def notes(self) -> list[str]:
        """The texts of the notes."""
        return [note.text for note in Transaction(self.world(), NOON).table(NOTES).all()]
