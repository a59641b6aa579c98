"""How a refusal finds its rows in the document."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.core.base.faults import Invalid, Unauthenticated
from mockserver.core.base.replies import Reply
from mockserver.core.operation.api import DeferredViolations, FaultContext
from mockserver.openapi.errors import Violation
from tests.core.toy import DOCUMENT, Toy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.core.state.world import Transaction

TEXT = "/notes/"


def toy(change: Mapping[str, Any], **options: Any) -> Toy:
    """A toy API whose document has additional keys; a place is a path of keys."""
    document = copy.deepcopy(DOCUMENT)
    for place, value in change.items():
        here: Any = document
        *path, last = place.split(" ")
        for key in path:
            here = here[int(key)] if isinstance(here, list) else here.setdefault(key, {})
        here[last] = value
    return Toy(document, **options)


def test_a_violation_may_have_several_codes() -> None:
    change = {f"paths {TEXT} get parameters 0 x-fault-codes": {"minimum": ["n6", "n7"], "type": "n1"}}
    reading = toy(change)
    operation = reading.operations["list_notes"]
    arguments: dict[str, Any] = {}
    request = type("R", (), {"query": b"limit=0", "headers": {}})()
    (found,) = operation.parameters.read(request, arguments)
    assert (found.codes, found.code) == (("n6", "n7"), "n6")
    request.query = b"limit=x"
    (found,) = operation.parameters.read(request, arguments)
    assert found.codes == ("n1",)


@pytest.mark.parametrize(("empty_is_missing", "status"), [(True, 200), (False, 400)])
def test_an_empty_parameter_counts_as_missing_if_the_document_says_so(empty_is_missing: bool, status: int) -> None:  # noqa: FBT001 - a case
    reading = toy({f"paths {TEXT} get parameters 0 x-empty-is-missing": empty_is_missing})
    assert reading.call("list_notes", query=b"key=ana&limit=").status == status


def test_what_is_wrong_with_a_credential_has_a_code_of_its_own() -> None:
    codes = {"missing": "k1", "wrong": "k2", "expired": "k3"}
    rows = {f"k{n}": {"status": 403, "message": f"key {n}", "hint": f"see {n}"} for n in (1, 2, 3)}
    reading = toy({"components securitySchemes key x-fault-codes": codes, f"paths {TEXT} post x-errors": rows})
    fault_context = reading.operations["create_note"].fault_context
    assert reading.call("create_note").body == {"error": "key 1", "code": "k1"}
    assert reading.call("create_note", headers={"X-Key": "bad"}).body == {"error": "key 2", "code": "k2"}
    expired = fault_context.documented(Unauthenticated("key", "expired"))
    assert expired is not None
    assert (expired.code, expired.extra) == ("k3", {"hint": "see 3"})
    assert fault_context.documented(Unauthenticated("key", "revoked")) is None


def test_errors_of_the_whole_document_hold_for_every_operation_unless_it_has_its_own() -> None:
    reading = toy(
        {
            "x-errors": {"k1": {"status": 401, "message": "no key"}, "n1": {"status": 400, "message": "shared"}},
            "components securitySchemes key x-fault-codes": {"missing": "k1"},
        }
    )
    assert reading.call("create_note").body == {"error": "no key", "code": "k1"}
    assert reading.operations["create_note"].fault_context.errors["n1"].message == "error 1"
    assert reading.operations["list_notes"].fault_context.errors["n1"].message == "shared"


def violation(field: str, code: str, *, late: bool = True) -> Violation:
    return Violation("body", f"/{field}", "required", "is missing", (code,), late=late)


def test_deferred_violations_are_reported_together_with_those_of_the_handler() -> None:
    late = DeferredViolations([violation("when", "n5")])
    assert late.sound({"when": "never", "text": "a"}) == {"text": "a"}
    with pytest.raises(Invalid) as refused:
        late.refuse(violation("text", "n1"))
    assert [found.code for found in refused.value.violations] == ["n5", "n1"]
    with pytest.raises(Invalid):
        late.refuse()
    assert [found.field for found in late.refusal().violations] == ["when"]


def test_without_violations_nothing_is_refused() -> None:
    DeferredViolations().refuse()
    assert DeferredViolations().sound({"a": 1}) == {"a": 1}
    with pytest.raises(Invalid):
        DeferredViolations().refuse(violation("text", "n1"))


def test_a_handler_refuses_through_the_executor() -> None:
    def create_note(world: Transaction, body: Mapping[str, Any], late: DeferredViolations, x_trace: str | None) -> Reply:
        late.refuse(violation("text", "n2"))
        return Reply(200, {"done": bool(body) and x_trace is None and world is not None})

    reply = Toy(create_note=create_note).call(
        "create_note", body=b'{"text": "a", "when": "x"}', headers={"X-Key": "a", "Authorization": "Bearer a", "Content-Type": "application/json"}
    )
    assert reply.body == {"error": "error 5", "code": "n5"}


def test_a_fault_context_without_a_document_has_no_documented_error() -> None:
    assert FaultContext().documented(Unauthenticated("key", missing=True)) is None
