"""Why a call was refused: the code, the clause with its sentence, the places at fault, and the nearest request that would pass."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import httpx
from mcp.server.mcpserver.exceptions import ToolError

from mockserver.agents.connection import ServerConnection
from mockserver.agents.patterns import find_patterns
from mockserver.agents.requests import AgentCall, Field, split_call
from mockserver.agents.search import REFUSED, PassingSearch, RefusedCall, describe_changes
from mockserver.openapi.documents import Document
from mockserver.openapi.operations import OperationSpec
from mockserver.openapi.pointers import split_pointer

PATTERNS = 4
"""Calls of the document that are tried."""
NEAR_PATHS = 3
"""Operations that are named for a path that leads to none."""


def explain_refusal(connection: ServerConnection, number: int, world: str, *, search: bool) -> dict[str, Any]:
    """What is known of the refusal of an exchange. Raises ToolError if it was not refused."""
    details = connection.call("GET", f"/journal/{number}", world=world)
    exchange = details["exchange"]
    if exchange["fault"] is None and exchange["status"] < REFUSED and not exchange["injected"]:
        raise ToolError(f"exchange {number} was answered {exchange['status']}, it was not refused; show_exchange shows it whole")
    document = connection.read_document(exchange["api"]) if exchange["api"] else None
    found = {
        "exchange": number,
        "call": f"{exchange['method']} {exchange['path']}" + (f"?{exchange['query']}" if exchange["query"] else ""),
        "operation": exchange["operation"],
        "status": exchange["status"],
        "code": exchange["code"],
        "kind": exchange["fault"],
        "answer": details["response"]["body"],
        "violations": [{"place": one["place"], "pointer": one["pointer"], "text": one["text"]} for one in details["findings"]],
        "unread": details["unread"],
        "credential": details["credential"],
    }
    if exchange["injected"]:
        rules = "; ".join(f"{mark['source']}: {mark['effect']}" for mark in exchange["injected"])
        return {**found, "cause": f"a fault was injected on purpose ({rules}); list_faults shows the rules, remove_faults removes them"}
    if document is None:
        return {**found, "cause": "no API has this path; list_apis shows the base URLs"}
    operation = document.by_id.get(exchange["operation"] or "")
    if operation is None:
        return {**found, **_explain_path(document, exchange)}
    found |= _explain_row(connection, operation, details)
    return {**found, **_find_nearest(connection, operation, details, world, str(found["cause"]))} if search else found


def _explain_path(document: Document, exchange: Mapping[str, Any]) -> dict[str, Any]:
    """The operations that a path which leads to none may have meant."""
    below = document.below_base(exchange["path"]) or exchange["path"]
    at = [other for other in document.operations if other.pattern.match(below)]
    labels = {operation.label: operation for operation in document.operations}
    near = [operation.label for operation in at] or difflib.get_close_matches(f"{exchange['method']} {below}", labels, NEAR_PATHS, 0.4)
    cause = f"{document.slug} has no {exchange['method']} {below}"
    return {
        "cause": cause + (f"; the path takes {', '.join(near)}" if at else f"; near it: {', '.join(near) or 'nothing'}"),
        "nearest_operations": near,
    }


def _explain_row(connection: ServerConnection, operation: OperationSpec, details: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the document's table of errors, the sentence of its clause, and how a contradiction of the page was read."""
    exchange, slug = details["exchange"], operation.document.slug
    listed = connection.call("GET", f"/apis/{slug}/operations")["operations"]
    told = next(one for one in listed if one["id"] == operation.id)
    clauses = {name: told["clauses"].get(name, "") for name in details["clauses"]}
    rows = [row for row in told["errors"] if exchange["code"] in (row["code"], row["sent_code"]) and row["clause"] in (None, *clauses)]
    sentence = next(iter(clauses.values()), "") or (rows[0]["message"] if rows else "")
    violations = "; ".join(f"{one['place']}{one['pointer']}: {one['text']}" for one in details["findings"])
    return {
        "cause": sentence or violations or f"the document has the answer {exchange['status']} here, and no clause for it",
        "clauses": clauses,
        "section": operation.section,
        "message": rows[0]["message"] if rows else None,
        "readings": {name: told["readings"][name]["chosen"] for name in details["readings"] if name in told["readings"]},
    }


def _find_nearest(connection: ServerConnection, operation: OperationSpec, details: Mapping[str, Any], world: str, reason: str) -> dict[str, Any]:
    """The nearest request that would pass, as found by trials, and what to change for it."""
    slug = operation.document.slug
    credentials = [one["name"] for one in connection.find_api(slug, world)["credentials"]]
    landmarks = connection.call("GET", f"/apis/{slug}/landmarks", world=world)["landmarks"]
    known = details["credential"] or (credentials[0] if credentials else None)
    sent = _read_call(operation, details, known)
    patterns = [pattern for pattern, _ in zip(find_patterns(operation, landmarks, known), range(PATTERNS), strict=False)]
    is_about_credentials = details["credential"] is None or details["exchange"]["fault"] in ("unauthenticated", "forbidden")
    others = [name for name in credentials if details["credential"] is None or name != known] if is_about_credentials else []
    exchange = details["exchange"]
    search = PassingSearch(connection, world, slug, exchange["number"] if exchange["rewindable"] else None)
    try:
        passing = search.find(RefusedCall(sent, _read_places(details), _read_unread(details), others, reason), patterns)
    except httpx.HTTPError as error:
        return {"nearest": None, "advice": f"no request could be tried: {error}"}
    if passing is None:
        advice = "no request near it passes in this state; look at list_records and show_changes for what the clause needs, and at move_clock"
        return {"nearest": None, "advice": advice, "tried": search.trials}
    before = _read_call(operation, details, details["credential"])
    changes = describe_changes(before, passing)
    advice = (
        "; ".join(change["text"] for change in changes)
        or "the same request passes: it was refused once, or the state before it is not kept and has changed since"
    )
    return {"nearest": passing.to_json(), "changes": changes, "advice": advice, "tried": search.trials}


def _read_call(operation: OperationSpec, details: Mapping[str, Any], credential: str | None) -> AgentCall:
    """The call of an exchange."""
    exchange, request = details["exchange"], details["request"]
    below = operation.document.below_base(exchange["path"])
    route = None if below is None else operation.document.route(exchange["method"], below)
    values = split_call(
        operation, {} if route is None else route.values, exchange["query"], request["headers"], request["body"], request["media_type"]
    )
    return AgentCall(operation, values, credential, request["media_type"])


def _read_places(details: Mapping[str, Any]) -> list[Field]:
    """The fields at fault. A place in a list is that of the whole list."""
    found: list[Field] = []
    for one in details["findings"]:
        names = list(split_pointer(one["pointer"]))
        number = next((at for at, name in enumerate(names) if name.isdigit()), len(names))
        found.append((one["place"], tuple(names[:number])))
    return [name for name in found if name[1]]


def _read_unread(details: Mapping[str, Any]) -> list[Field]:
    """The fields of query and body that the document does not know."""
    split = [tuple(one.split("/")) for one in details["unread"]]
    return [(parts[0], parts[1:]) for parts in split if parts[0] in ("query", "body") and len(parts) > 1]
