"""Trincico's refusals: ``internal_code``, ``message`` and ``field`` (trincico.D02, trincico.D03). What they say stands in the document."""

from __future__ import annotations

from mockserver import Fault, FaultContext, Forbidden, Invalid, MethodNotAllowed, NotFound, Reply

FAILED = 500
"""The lowest status of a failure that is not the caller's."""

_ELSEWHERE: dict[type[Fault], tuple[str, str]] = {
    NotFound: ("not_found", "Resource not found."),
    MethodNotAllowed: ("method_not_allowed", "The method is not allowed here."),
    Forbidden: ("forbidden_resource", "Request denied due lack of permission. Eg, cancel a subscription that does not belong to the logged user."),
}
"""Code and text of refusals that an operation does not list."""
_FAILED = ("internal_error", "Opps something went wrong.")
_WRONG = ("invalid_param", "Params is expected by request, but the value is not valid.")
"""The same of any other failure, and of any other refusal."""


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    """The reply to a fault, in Trincico's envelope; ``field`` is the one field at fault, or an empty list."""
    error = fault_context.documented(fault)
    if error is None:
        code, message = _ELSEWHERE.get(type(fault), _FAILED if fault.status >= FAILED else _WRONG)
        return _refusal(fault.status, code, message, "")
    field = error.extra.get("field", "")
    if isinstance(fault, Invalid):
        violation = fault_context.deciding(fault) or fault.violations[0]
        field = field or violation.field
    return _refusal(error.status, error.code, error.message, field)


def no_subscription() -> Reply:
    """The reply to a read at which the caller's subscription ends."""
    code, message = _ELSEWHERE[NotFound]
    return _refusal(NotFound.status, code, message, "subscription_id")


def _refusal(status: int, code: str, message: str, field: str) -> Reply:
    return Reply(status, {"internal_code": code, "message": message, "field": field or []})
