"""Tools about the vendors' APIs: what they have, a call to one of them, and why a call was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import httpx
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from mockserver.agents.bounds import Offset, PageSize, bound, cut
from mockserver.agents.connection import ServerConnection
from mockserver.agents.refusals import explain_refusal
from mockserver.agents.requests import make_call
from mockserver.openapi.operations import OperationSpec

Slug = Annotated[str, Field(description="Slug of an API, as list_apis shows it.")]
World = Annotated[str, Field(description="Name of a world; that of the command if it is empty.")]
Number = Annotated[int, Field(ge=1, description="Number of an exchange, as search_journal shows it.")]
LATEST = 5
"""Exchanges among which a call that was made is looked for."""


def vendor_tools(connection: ServerConnection) -> list[Callable[..., Any]]:
    """The tools, bound to a server."""

    def list_apis(world: World = "") -> dict[str, Any]:
        """List the APIs of the server: base URLs to give to an app, published credentials, and the ids of seeded records."""
        apis = [
            {
                "api": api["slug"],
                "title": api["title"],
                "base_url": str(connection.mock(world).api(api["slug"]).base_url),
                "operations": api["operations"],
                "credentials": [{"name": one["name"], "description": one["description"]} for one in api["credentials"]],
                "landmarks": connection.call("GET", f"/apis/{api['slug']}/landmarks", world=world)["landmarks"],
            }
            for api in connection.call("GET", "/apis", world=world)["apis"]
        ]
        return bound({"world": world or connection.world, "apis": apis})

    def list_operations(
        api: Slug,
        text: Annotated[str, Field(description="A text that id, path or summary has to contain, regardless of case.")] = "",
        offset: Offset = 0,
        limit: PageSize = 50,
    ) -> dict[str, Any]:
        """List the operations of an API: id, method, path, summary, and the statuses that it can answer."""
        found = connection.call("GET", f"/apis/{api}/operations")["operations"]
        rows = [{name: one[name] for name in ("id", "method", "path", "summary", "statuses")} for one in found]
        wanted = [row for row in rows if text.casefold() in f"{row['id']} {row['method']} {row['path']} {row['summary']}".casefold()]
        return cut("operations", wanted, offset, limit)

    def describe_operation(api: Slug, operation: Annotated[str, Field(description="Id of the operation.")]) -> dict[str, Any]:
        """Describe an operation: parameters, body with an example, every documented refusal with its clause, what contradicts itself on the page."""
        document = connection.read_document(api)
        spec = connection.find_operation(document, operation)
        listed = connection.call("GET", f"/apis/{api}/operations")["operations"]
        told = next(one for one in listed if one["id"] == spec.id)
        return bound(
            {
                "id": spec.id,
                "call": spec.label,
                "summary": spec.summary,
                "description": str(spec.spec.get("description", "")),
                "section": spec.section,
                "parameters": [_describe_parameter(spec, one) for one in spec.parameters],
                "body": _describe_body(spec),
                "refusals": [{name: row[name] for name in ("code", "status", "message", "clause")} for row in told["errors"]],
                "clauses": told["clauses"],
                "readings": {name: reading["chosen"] for name, reading in told["readings"].items()},
            }
        )

    def call_operation(
        api: Slug,
        operation: Annotated[str, Field(description="Id of the operation.")],
        parameters: Annotated[dict[str, Any] | None, Field(description="Path, query and header parameters by name.")] = None,
        body: Annotated[Any, Field(description="The body as JSON data, whatever its media type; a file of a form is {filename, text}.")] = None,
        credential: Annotated[str, Field(description="Name of a published credential; the first one if empty, `none` for no credential.")] = "",
        media_type: Annotated[str, Field(description="Media type of the body; the documented one if empty.")] = "",
        world: World = "",
    ) -> dict[str, Any]:
        """Call an operation as a published credential. The call is an ordinary one: it is recorded, and changes the world."""
        published = {one["name"]: one["headers"] for one in connection.find_api(api, world)["credentials"]}
        name = credential or next(iter(published), "none")
        if name not in (*published, "none"):
            raise ToolError(f"{api} publishes no credential {name!r}; there are {', '.join(published)}, and none")
        spec = connection.find_operation(connection.read_document(api), operation)
        call = make_call(spec, parameters or {}, body, None if name == "none" else name, published.get(name, {}), media_type)
        if "{" in call.path:
            raise ToolError(
                f"the path {spec.path} needs a value for {call.path[call.path.index('{') + 1 :].partition('}')[0]}; send it in parameters"
            )
        try:
            answer = connection.wire.send(call.to_request(connection.mock(world).api(api).base_url))
        except httpx.HTTPError as error:
            raise ToolError(f"{spec.label} got no answer: {type(error).__name__} {error}; list_faults shows whether a rule breaks it") from None
        number = _find_number(connection, world, api, spec, answer)
        refused = answer.is_error
        hint = {"hint": f"why_refused({number}) says why"} if refused and number else {}
        return bound({"status": answer.status_code, "exchange": number, "headers": dict(answer.headers), "body": _read_body(answer), **hint})

    def why_refused(
        number: Number,
        search: Annotated[bool, Field(description="Search for the nearest request that would pass, by trials in forks of the world.")] = True,  # noqa: FBT002 - an argument of a tool has a name
        world: World = "",
    ) -> dict[str, Any]:
        """Say why a call was refused: code, clause with its sentence, fields at fault, the nearest request that would pass, and what to change."""
        return bound(explain_refusal(connection, number, world, search=search))

    return [list_apis, list_operations, describe_operation, call_operation, why_refused]


def _describe_parameter(spec: OperationSpec, parameter: Any) -> dict[str, Any]:
    schema = spec.document.resolve(parameter.get("schema", {}))
    told = {"name": parameter["name"], "in": parameter["in"], "required": bool(parameter.get("required")), "schema": schema}
    return told | ({"description": parameter["description"]} if parameter.get("description") else {})


def _describe_body(spec: OperationSpec) -> dict[str, Any] | None:
    """The body by media type: which fields there are, which are required, and one example."""
    found: dict[str, Any] = {}
    for kind, media in spec.content.items():
        schema = spec.document.merge_all_of(media.get("schema", {}))
        examples = [spec.document.resolve(one).get("value") for one in media.get("examples", {}).values()]
        found[kind] = {
            "required": schema.get("required", []),
            "fields": {name: spec.document.resolve(inner) for name, inner in spec.document.properties(media.get("schema", {}))},
            "example": media.get("example", next(iter(examples), None)),
        }
    return found or None


def _find_number(connection: ServerConnection, world: str, api: str, spec: OperationSpec, answer: httpx.Response) -> int | None:
    """The number of the exchange of a call that was just made: of the latest ones of its operation the newest with its status."""
    params = {"limit": LATEST, "api": api, "operation": spec.id}
    latest = connection.call("GET", "/journal", params=params, world=world)["exchanges"]
    return next((int(one["number"]) for one in reversed(latest) if one["status"] == answer.status_code), None)


def _read_body(answer: httpx.Response) -> Any:
    """The body of an answer as data, as text, or as the number of its bytes."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind.endswith("json"):
        try:
            return answer.json()
        except ValueError:
            return answer.text
    return answer.text if kind.startswith("text/") or kind.endswith("xml") else f"{len(answer.content)} bytes of {kind or 'no media type'}"
