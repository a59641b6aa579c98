"""Trincico's refusals: ``internal_code``, ``message`` and ``field`` (trincico.D02, trincico.D03). What they say stands in the document."""

from __future__ import annotations

from mockserver import Fault, FaultContext, Invalid, MethodNotAllowed, NotFound, Reply

_ELSEWHERE: dict[type[Fault], tuple[str, str]] = {
    NotFound: ("not_found", "Resource not found."),
    MethodNotAllowed: ("method_not_allowed", "The method is not allowed here."),
}
"""Code and text of refusals before an operation is reached."""


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    """The reply to a fault, in Trincico's envelope; ``field`` is the one field at fault, or an empty list."""
    error = fault_context.documented(fault)
    if error is None:
        code, message = _ELSEWHERE.get(type(fault), ("invalid_param", str(fault)))
        return _refusal(fault.status, code, message, "")
    field = error.extra.get("field", "")
    if isinstance(fault, Invalid):
        violation = fault_context.deciding(fault) or fault.violations[0]
        field = field or violation.field
    return _refusal(error.status, error.code, error.message, field)


def _refusal(status: int, code: str, message: str, field: str) -> Reply:
    return Reply(status, {"internal_code": code, "message": message, "field": field or []})
