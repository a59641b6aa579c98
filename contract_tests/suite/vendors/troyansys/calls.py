"""Calls in each of the two contexts, and how answers are read.

The page gives one list of statuses for the whole API: 200 or 201 for success, 401, 403 and 422 for refusals; it prints no body of a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from mockserver.openapi.documents import load_document

from ...harness import ApiClient, not_observable

OPERATIONS = load_document("troyansys").by_id

USER = ("Authorization", "X-Company-Id")
KEY = ("X-API-Key",)
CONTEXTS = {"get_authenticated_user": USER, "logout_user": USER, "list_plans": USER, "get_company": KEY, "list_company_plans": KEY}

MODULES = {"inventory", "sales", "purchases", "accounting", "reports"}


def credentials(api: ApiClient, *names: str, role: str = "") -> dict[str, str]:
    """Some headers of a role, the owner's without a name."""
    held = {name.lower(): value for name, value in api.credentials(role).items()}
    missing = [name for name in names if name.lower() not in held]
    if missing:
        not_observable(f"no {' and '.join(missing)} is known")
    return {name: held[name.lower()] for name in names}


def login(api: ApiClient, **changes: Any) -> httpx.Response:
    """A login of the owner with some fields replaced; None leaves a field out."""
    fields = {**api.login(), "device_name": "contract", **changes}
    return send(api, "login_user", json={name: value for name, value in fields.items() if value is not None})


def session(api: ApiClient) -> dict[str, str]:
    """The headers of a session that a test may close."""
    return {**credentials(api, "X-Company-Id"), "Authorization": f"Bearer {succeeded(login(api))['token']}"}


def send(api: ApiClient, name: str, headers: Mapping[str, str] | None = None, **options: Any) -> httpx.Response:
    """The answer of an operation to exactly these headers."""
    found = OPERATIONS[name]
    return api.call(found.method, found.path, role=None, headers=headers, **options)


def succeeded(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: httpx.Response, *statuses: int) -> None:
    """Whether an answer is a refusal with one of these statuses, and an object as its body."""
    assert answer.status_code in statuses, answer.text
    assert isinstance(answer.json(), dict)


def are_modules(modules: list[dict[str, Any]]) -> None:
    """Whether these are modules as the page shows them: any of the five, none twice."""
    for module in modules:
        assert isinstance(module["id"], int)
        assert module["code"] in MODULES
        assert module["name"]
    assert len({module["code"] for module in modules}) == len(modules)
