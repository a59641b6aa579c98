"""Working calls of each operation, built from the known records of the target, and readers of successes and refusals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx

from mockserver.openapi.documents import load_document

from ...harness import ApiClient, not_observable

OPERATIONS = load_document("backoffice").by_id

BLANK = "can't be blank"
FORBIDDEN = 403

WORKING: dict[str, dict[str, str]] = {
    "login": {"username": "$username", "password": "$password"},
    "get_user": {"id": "$read_user"},
    "create_user": {
        "sponsor": "$sponsor",
        "first_name": "Contrato",
        "last_name": "De Prueba",
        "email": "#@example.com",
        "user_name": "#",
        "mobile": "55500077",
        "password": "clave-contrato",
        "country_code": "US",
    },
    "update_user": {"id": "$edited_user"},
    "list_cryptocurrency_cashouts": {},
    "list_legs": {},
    "list_locales": {},
    "list_countries": {},
    "create_token": {"user_id": "$token_user"},
    "get_dashboard": {"id": "$user"},
    "get_notices": {"id": "$user"},
    "get_products": {"id": "$user"},
    "get_teamview": {"id": "$user"},
    "get_matrix": {"id": "$user"},
    "list_category_resources": {},
    "list_resources": {"id": "$category"},
    "list_user_tickets": {"id": "$ticket_user"},
    "create_user_ticket": {"user_id": "$ticket_user", "subject": "Contrato", "comment": "Una pregunta del contrato."},
    "list_threads": {"id": "$ticket"},
    "create_thread": {"ticket_id": "$ticket", "content": "Una respuesta del contrato."},
    "get_wallet_transactions": {"wallet_id": "$wallet", "user_id": "$user", "page": "1"},
}
"""Fields of a call that succeeds; ``$name`` stands for a known value of the target, ``#`` for a user name that is free."""


def new_name() -> str:
    """A user name that is free, also at a target that keeps records of earlier runs."""
    return f"contrato{time.time_ns()}"


def send(api: ApiClient, name: str, *, role: str | None = "", headers: Any = None, **changes: Any) -> httpx.Response:
    """The answer to a working call with some fields replaced; None leaves a field out, a pair of name and bytes is a file."""
    found, fresh = OPERATIONS[name], new_name()
    path: str = found.path
    fields = {field: value for field, value in {**WORKING[name], **changes}.items() if value is not None}
    query: dict[str, str] = {}
    body: dict[str, Any] = {}
    for field, value in fields.items():
        filled = value
        if isinstance(value, str):
            filled = api.known(value[1:]) if value.startswith("$") else value.replace("#", fresh)
        if f"{{{field}}}" in path:
            path = path.replace(f"{{{field}}}", filled)
        elif found.method == "GET":
            query[field] = filled
        else:
            body[field] = filled
    options: dict[str, Any] = {"params": query}
    if found.method == "POST":
        options = {"data": body}
    if found.method == "PUT":
        options = {"files": {field: value if isinstance(value, tuple) else (None, value) for field, value in body.items()}}
    answer = api.call(found.method, path, role=role, headers=headers, **options)
    if answer.status_code == FORBIDDEN and role is not None and headers is None and _is_about_another(api, fields):
        not_observable(f"{name} of what belongs to another user is answered with 403, which is right as well (D34)")
    return answer


def _is_about_another(api: ApiClient, fields: dict[str, Any]) -> bool:
    """Whether a call names a user or a ticket, and not the owner of the credentials."""
    named = {api.fill(fields[name]) for name in ("id", "user_id", "ticket_id") if name in fields}
    return not api.target.strict and bool(named - {api.target.known.get("user")})


def succeeded(answer: httpx.Response) -> Any:
    """The body of a success; a creation may be answered 201 (D21)."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def row(name: str, code: str) -> dict[str, Any]:
    found: dict[str, Any] = OPERATIONS[name].errors[code]
    return found


def refused(api: ApiClient, answer: httpx.Response, name: str, code: str) -> dict[str, Any]:
    """The body of the documented refusal, whose text stands under ``error``."""
    wrong = api.wrong_with(name, code, answer)
    assert not wrong, f"{wrong}: {answer.status_code} {answer.text[:200]}"
    body: dict[str, Any] = answer.json()
    assert body.get("error") == row(name, code)["message"], body
    return body


def refused_for(api: ApiClient, answer: httpx.Response, name: str, code: str, under: str = "errors") -> dict[str, list[str]]:
    """The texts by field of a refusal of fields."""
    wrong = api.wrong_with(name, code, answer)
    assert not wrong, f"{wrong}: {answer.status_code} {answer.text[:200]}"
    body: dict[str, Any] = answer.json()
    assert under in body, body
    texts: dict[str, list[str]] = body[under]
    return texts


def refused_as_unknown_user(api: ApiClient, answer: httpx.Response, name: str, code: str) -> None:
    """Assert that an answer says that a user does not exist, in either of the two bodies that the page has for it (D08)."""
    wrong = api.wrong_with(name, code, answer)
    assert not wrong, f"{wrong}: {answer.status_code} {answer.text[:200]}"
    body = answer.json()
    assert body == {"error": "User not found."} or body.get("errors", {}).get("user_id") == ["user_id doesn't exist."], body


def session(api: ApiClient, username: str = "$username", password: str = "$password") -> dict[str, Any]:  # noqa: S107 - a name, not a secret
    """The answer to a login with the key alone."""
    found: dict[str, Any] = succeeded(send(api, "login", headers={}, username=username, password=password))
    return found


def members(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node["user"]
        yield from members(node["childs"])


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node:
        yield node
        for leg in ("child_left", "child_center", "child_right"):
            yield from nodes_of(node.get(leg, {}))
