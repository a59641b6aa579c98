"""Start-up, memory and first answer of served documents by their size: ``python -m benchmarks.documents.synthetic``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import httpx

from benchmarks.documents.servers import serve
from benchmarks.report import machine, table
from mockserver.openapi.foreign.read import read_foreign

SIZES = (100, 350, 1_000, 2_000)
"""Operations of the documents."""
_PER_FAMILY = 5
_AREAS = 20
RUNS = 3


def synthetic(operations: int) -> dict[str, Any]:
    """A document of families with five operations each: list, create, read, change, delete. Most records refer to a record of the family before."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {
        "Address": {"type": "object", "properties": {"street": {"type": "string"}, "country": {"type": "string", "minLength": 2, "maxLength": 2}}},
        "Problem": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}, "message": {"type": "string"}}},
    }
    for number in range(operations // _PER_FAMILY):
        sent = {
            "name": {"type": "string", "maxLength": 80},
            "status": {"type": "string", "enum": ["draft", "open", "closed"]},
            "email": {"type": "string", "format": "email"},
            "amount": {"type": "number", "minimum": 0},
            "tags": {"type": "array", "items": {"type": "string"}},
            "address": {"$ref": "#/components/schemas/Address"},
            **({f"thing{number - 1}_id": {"type": "integer"}} if number % 7 else {}),
        }
        shown = {"id": {"type": "integer", "readOnly": True}, "created_at": {"type": "string", "format": "date-time"}, **sent}
        schemas[f"New{number}"] = {"type": "object", "required": ["name"], "properties": sent}
        schemas[f"Thing{number}"] = {"type": "object", "required": ["id", "name"], "properties": shown}
        base, key = f"/area{number % _AREAS}/thing{number}s", f"thing{number}_id"
        paths[base], paths[f"{base}/{{{key}}}"] = _family(number, key)
    problem = {"description": "Refused", "content": _json({"$ref": "#/components/schemas/Problem"})}
    return {
        "openapi": "3.0.3",
        "info": {"title": f"Synthetic {operations}", "version": "1"},
        "servers": [{"url": "/synthetic"}],
        "paths": paths,
        "security": [{"key": []}],
        "components": {
            "schemas": schemas,
            "responses": {"Problem": problem},
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        },
    }


def _family(number: int, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The collection and the item path of a family."""
    shown, sent = {"$ref": f"#/components/schemas/Thing{number}"}, {"required": True, "content": _json({"$ref": f"#/components/schemas/New{number}"})}
    listed = {"type": "object", "properties": {"data": {"type": "array", "items": shown}, "total": {"type": "integer"}}}
    query = [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
        {"name": "status", "in": "query", "schema": {"type": "string"}},
    ]
    many = {
        "get": {"operationId": f"list{number}", "parameters": query, "responses": _responses("200", listed)},
        "post": {"operationId": f"create{number}", "requestBody": sent, "responses": _responses("201", shown)},
    }
    one = {
        "parameters": [{"name": key, "in": "path", "required": True, "schema": {"type": "integer"}}],
        "get": {"operationId": f"read{number}", "responses": _responses("200", shown)},
        "patch": {"operationId": f"change{number}", "requestBody": sent, "responses": _responses("200", shown)},
        "delete": {"operationId": f"delete{number}", "responses": _responses("204", None)},
    }
    return many, one


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _responses(status: str, schema: Any) -> dict[str, Any]:
    refused = {code: {"$ref": "#/components/responses/Problem"} for code in ("400", "401", "404")}
    return {status: {"description": "Done"} if schema is None else {"description": "Done", "content": _json(schema)}, **refused}


def measure(file: Path) -> tuple[float, float, float, float]:
    """The best of some runs: seconds until a document is served, processor seconds until then, processor milliseconds of the first answer, MiB."""
    document = read_foreign(file).document
    found = []
    for _ in range(RUNS):
        with serve("mock", file, document) as served:
            times = served.process.cpu_times()
            httpx.get(f"{served.base}/area0/thing0s", headers={"X-Key": "demo-key"}).raise_for_status()
            after = served.process.cpu_times()
            first = (after.user + after.system - times.user - times.system) * 1000
            found.append((served.seconds, times.user + times.system, first, served.mebibytes))
    return min(one[0] for one in found), min(one[1] for one in found), min(one[2] for one in found), min(one[3] for one in found)


def main() -> None:
    """Measure and print."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            file = Path(folder) / f"synthetic{size}.json"
            file.write_text(json.dumps(synthetic(size)), encoding="utf-8")
            seconds, spent, first, mebibytes = measure(file)
            rows.append([f"{size:,}", f"{seconds:.2f}", f"{spent:.2f}", f"{max(first, 0):.0f}", f"{mebibytes:.0f}"])
    print(f"Measured on: {machine()}. The best of {RUNS} starts.\n")
    print(table(["operations", "served after, s", "processor time until then, s", "processor time of the first answer, ms", "MiB"], rows))


if __name__ == "__main__":
    main()
