"""A small API for tests of the suite: its document, and an implementation whose readings and faults can be chosen."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import httpx

from contract_tests.suite.checks import judge
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.answers import AnswerValidator
from contract_tests.suite.harness.findings import Verdict, VerdictStatus
from mockserver.openapi.documents import Document

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "toy-key"
REFUSAL: dict[str, Any] = {
    "description": "Refused.",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}
        }
    },
}
THING: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "points"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "note": {"type": "string"}, "points": {"type": "number"}},
}
RAW: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Toy", "version": "1"},
    "servers": [{"url": "http://toy"}],
    "security": [{"key": []}],
    "x-envelope": {"code": "/code", "message": "/message"},
    "x-errors": {"no_access": {"status": 401, "message": "No access."}},
    "x-resource": {
        "thing": {
            "create": "add_thing",
            "list": {"call": "list_things", "at": "/things"},
            "identity": "id",
            "fields": ["name", "note"],
            "starts": {"points": 0},
        }
    },
    "components": {
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "key", "x-fault-codes": {"missing": "no_access", "wrong": "no_access"}}
        },
        "x-discrepancies": {},
    },
    "paths": {
        "/things": {
            "get": {
                "operationId": "list_things",
                "responses": {
                    "200": {
                        "description": "All.",
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "required": ["things"], "properties": {"things": {"type": "array", "items": THING}}}
                            }
                        },
                    },
                    "401": REFUSAL,
                },
                "x-list": {"at": "/things", "identity": "id", "order": "id ascending"},
                "x-recipes": {"works": {}},
            },
            "post": {
                "operationId": "add_thing",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string", "maxLength": 20, "x-fault-codes": {"required": "no_name", "maxLength": "bad_name"}},
                                    "note": {"type": "string", "maxLength": 10, "x-fault-codes": {"maxLength": "bad_name"}},
                                },
                            }
                        }
                    },
                },
                "responses": {"201": {"description": "Added."}, "400": REFUSAL, "401": REFUSAL},
                "x-clauses": {"toy.add_thing.r1": "A name is needed."},
                "x-errors": {
                    "no_name": {"status": 400, "message": "A name is needed.", "clause": "toy.add_thing.r1"},
                    "bad_name": {"status": 400, "message": "The name is wrong."},
                },
                "x-recipes": {"works": {}, "no_name": {"without": ["name"]}},
            },
        }
    },
}


def document(*accepts: Mapping[str, Any], **changes: Any) -> Document:
    """The toy's document with accepted readings. ``changes`` are set at the paths of their names, whose parts ``__`` separates."""
    raw = copy.deepcopy(RAW)
    if accepts:
        raw["components"]["x-discrepancies"] = {"toy.D01": {"where": "all", "page": "Silent.", "chosen": "this", "accepts": list(accepts)}}
    for name, value in changes.items():
        *above, last = name.split("__")
        node = raw
        for part in above:
            node = node[part]
        node[last] = value
    return Document("toy", "toy.yaml", raw)


class Toy:
    """The toy's implementation. Subclasses answer otherwise."""

    def __init__(self) -> None:
        self.things: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("key") != KEY:
            return self.refuse(401, "no_access", "No access.")
        if request.url.path != "/things":
            return httpx.Response(404)
        if request.method == "GET":
            return self.answer(200, {"things": [self.show(thing) for thing in self.things]})
        if request.method != "POST":
            return httpx.Response(405, headers={"allow": "GET, POST"})
        try:
            return self.add(json.loads(request.content))
        except ValueError:
            return self.refuse(400, "bad_name", "The name is wrong.")

    def add(self, body: Any) -> httpx.Response:
        """The answer to a new thing."""
        if "name" not in body:
            return self.refuse(400, "no_name", "A name is needed.")
        if not all(isinstance(body.get(field, ""), str) for field in ("name", "note")) or self.is_long(body):
            return self.refuse(400, "bad_name", "The name is wrong.")
        self.things.append({**body, "id": len(self.things) + 1})
        return httpx.Response(201)

    def is_long(self, body: Mapping[str, Any]) -> bool:
        return len(body["name"]) > 20 or len(body.get("note", "")) > 10

    def refuse(self, status: int, code: str, message: str) -> httpx.Response:
        return self.answer(status, {"code": code, "message": message})

    def answer(self, status: int, body: Any) -> httpx.Response:
        return httpx.Response(status, json=body)

    def show(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        """A thing as the list shows it."""
        return {"points": 0, **thing}


def verdicts(toy: Toy, declared: Document, *, strict: bool = False, known: Mapping[str, str] | None = None) -> list[Verdict]:
    """What the behaviour checks say of an implementation; ``strict`` as a mock is judged."""
    target = Target("toy", "http://toy", {"owner": {"key": KEY}}, known or {}, strict=strict)
    api = ApiClient(
        target, httpx.Client(transport=httpx.MockTransport(lambda request: _sent(toy(request)))), AnswerValidator(declared, strict=strict)
    )
    return list(judge(api, declared, level="standard", seed=1))


def _sent(answer: httpx.Response) -> httpx.Response:
    """An answer whose body is still to be read, as one that came over the wire; httpx measures its time only then."""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


def broken(found: list[Verdict]) -> list[str]:
    return [verdict.reason for verdict in found if verdict.outcome is VerdictStatus.BROKEN]


def differing(found: list[Verdict]) -> list[str]:
    """Where the implementation differs from what the document assumes."""
    return [verdict.reason for verdict in found if verdict.outcome is VerdictStatus.DIFFERS]
