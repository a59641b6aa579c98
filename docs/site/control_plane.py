"""The pages about the control plane's calls, from its document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DOCUMENT = Path(__file__).resolve().parents[2] / "mockserver" / "control" / "openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
CALLS = """# Calls of the control plane

Written from the control plane's document, which a running server sends as `/_mock/openapi.json` and shows at `/docs/mock`. All paths stand
below `/_mock`. The chapter [The control plane](../docs/control-plane.md) explains what the calls are for.
"""
BODIES = """# A JSON body of every call

Every example of the control plane's document, as a call that can be sent to a server at `http://127.0.0.1:8000`. A test sends them. The headers
`X-Mock-World` and, on a public address, `X-Mock-Token` are left out.
"""


class Body(NamedTuple):
    """An example of a request body."""

    operation: str
    summary: str
    method: str
    path: str
    value: Any


def load_document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


def list_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each operation, in the order of the document."""
    for path, item in document["paths"].items():
        yield from ((method, path, item[method]) for method in METHODS if method in item)


def list_bodies(document: dict[str, Any]) -> Iterator[Body]:
    """Every example of a request body; ``x-path`` of an example has the values for the placeholders of the path."""
    for method, path, operation in list_operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            filled = f"/_mock{path}".format(**example.get("x-path", {}))
            yield Body(operation["operationId"], example["summary"], method.upper(), filled, example["value"])


def write_bodies() -> str:
    """A section for each operation with a body, with each of its examples as a call."""
    document = load_document()
    parts = [BODIES]
    examples = list(list_bodies(document))
    for _, path, operation in list_operations(document):
        own = [body for body in examples if body.operation == operation["operationId"]]
        if own:
            parts += [f"## {operation['summary']}", f"`{own[0].method} /_mock{path}`. {operation['description']}", *map(_write_body, own)]
    return "\n\n".join(parts) + "\n"


def _write_body(body: Body) -> str:
    content = json.dumps(body.value, indent=2, ensure_ascii=False)
    return f"{body.summary}:\n\n```http\n{body.method} {body.path} HTTP/1.1\nContent-Type: application/json\n\n{content}\n```"


def write_page() -> str:
    """A section for each tag, with a section for each of its operations."""
    document = load_document()
    parts = [CALLS]
    for tag in document["tags"]:
        parts += [f"## {tag['name'].capitalize()}", tag["description"]]
        parts += [_write_operation(document, *found) for found in list_operations(document) if tag["name"] in found[2]["tags"]]
    return "\n\n".join(parts) + "\n"


def _write_operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"### {operation['summary']}", f"`{method.upper()} {path}` · `{operation['operationId']}`", operation["description"].strip()]
    parameters = [_resolve(document, one) for one in operation.get("parameters", [])]
    if parameters:
        rows = [
            f"| `{one['name']}` | {one['in']} | {_describe_type(document, one['schema'])} | {_cell(one.get('description', ''))} |"
            for one in parameters
        ]
        parts.append("\n".join(["| parameter | in | type | |", "|---|---|---|---|", *rows]))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        parts += ["Body:", _write_fields(document, body["schema"])]
    for status, answer in operation["responses"].items():
        found = _resolve(document, answer)
        content = next(iter(found.get("content", {}).items()), None)
        kind = f" `{content[0]}`, {_describe_type(document, content[1].get('schema', {}))}" if content else ""
        parts.append(f"- **{status}** {_cell(found['description'])}{kind}")
        if status.startswith("2") and content:
            parts[-1] += "\n"
            parts.append(_write_fields(document, content[1].get("schema", {})))
    return "\n\n".join(part for part in parts if part)


def _write_fields(document: dict[str, Any], schema: dict[str, Any]) -> str:
    fields = _collect(document, schema)
    if not fields:
        return ""
    rows = [
        f"| `{name}` | {_describe_type(document, one)} | {_cell(_resolve(document, one).get('description', ''))} |" for name, one in fields.items()
    ]
    return "\n".join(["| field | type | |", "|---|---|---|", *rows])


def _collect(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The properties of a schema and of those that it is made of."""
    found = _resolve(document, schema)
    fields = dict(found.get("properties", {}))
    for part in (*found.get("allOf", ()), *found.get("oneOf", ()), *found.get("anyOf", ())):
        fields |= _collect(document, part)
    return fields


def _resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _describe_type(document: dict[str, Any], schema: dict[str, Any]) -> str:
    found = _resolve(document, schema)
    name = f" {schema['$ref'].rpartition('/')[2]}" if "$ref" in schema else ""
    if "enum" in found:
        return _cell(" or ".join(f"`{json.dumps(value)}`" for value in found["enum"]))
    if found.get("type") == "array":
        return f"list of {_describe_type(document, found.get('items', {}))}"
    return f"{found.get('type', 'any')}{name}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
