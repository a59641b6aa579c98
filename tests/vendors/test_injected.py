"""Every status that can be asked for has the code and the message that the document gives for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.documents import SPECS, Document, read_document
from mockserver.openapi.pointers import find_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.openapi.operations import OperationSpec
    from tests.conftest import Mock

SLUGS = ("backoffice", "monedero", "serpi", "trincico", "troyansys")
CODES = {"monedero": "/code", "trincico": "/internal_code"}
"""Where a refusal has its code; the others have none."""
FAILED = {status: {"internal_error"} for status in (500, 502, 503, 504)}
UNLISTED: dict[str, dict[int, set[str]]] = {
    "monedero": {400: {"http_400"}, 413: {"http_413", "err_toolusers_01"}, 415: {"http_415", "err_toolusers_01"}},
    "trincico": {403: {"forbidden_resource"}, 404: {"not_found"}, 409: {"invalid_param"}, 410: {"invalid_param"}, 422: {"invalid_param"}, **FAILED},
}
"""Codes of statuses of which an operation lists none; for Trincico those of its list whose text fits (trincico.D07, trincico.D09, trincico.D11)."""


def _refusals(document: Document) -> Iterator[tuple[OperationSpec, int]]:
    """Each operation with each of its statuses of a refusal that has a JSON body."""
    for operation in document.operations:
        for status, response in operation.spec["responses"].items():
            content = document.resolve(response).get("content", {})
            if status.isdecimal() and int(status) >= 400 and int(status) != 428 and "application/json" in content:
                yield operation, int(status)


def _fitting(slug: str, operation: OperationSpec, status: int) -> set[str]:
    """The codes that may come with a status."""
    rows = {row.get("code", name) for name, row in operation.errors.items() if row.get("status") == status}
    return rows | UNLISTED.get(slug, {}).get(status, set())


@pytest.mark.parametrize("slug", SLUGS)
def test_a_status_that_is_asked_for_has_a_code_and_a_message_that_fit(mock: Mock, slug: str) -> None:
    document = read_document(slug, SPECS / f"{slug}.yaml")
    asked, wrong = 0, []
    with mock.client(slug) as client:
        for operation, status in _refusals(document):
            path = operation.path.replace("{", "").replace("}", "")
            answer = client.request(operation.method, path, headers={"prefer": f"code={status}"})
            fitting = _fitting(slug, operation, status)
            code = find_value(answer.json(), CODES[slug]) if slug in CODES else None
            asked += 1
            if answer.status_code != status or "demand" in answer.text or (slug in CODES and code not in fitting):
                wrong.append((operation.id, status, answer.status_code, answer.text[:200], fitting))
    assert wrong == []
    assert asked > len(document.operations)


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("operation", ["list_plans", "list_payment_methods", "get_active_subscription"])
def test_a_failure_of_trincico_is_an_internal_error(mock: Mock, operation: str, status: int) -> None:
    """The tables of the three reads list internal_error without a status (trincico.D09)."""
    with mock.control as control:
        rule = {"api": "trincico", "operation": operation, "answer": {"status": status}}
        control.post("/faults", json=rule).raise_for_status()
    paths = {"list_plans": "/plans/", "list_payment_methods": "/payment-methods/", "get_active_subscription": "/subscriptions/active"}
    with mock.client("trincico") as client:
        answer = client.get(paths[operation])
    assert answer.status_code == status
    assert answer.json() == {"internal_code": "internal_error", "message": "Opps something went wrong.", "field": []}
