"""Whether a check of Schemathesis had something to check: it reports success too where there was nothing, such as nothing that was deleted."""

from __future__ import annotations

from schemathesis.engine.recorder import ScenarioRecorder

from mockserver.openapi.operations import OperationSpec


def had_something(check: str, recorder: ScenarioRecorder, case_id: str, operation: OperationSpec | None) -> bool:
    """Whether the success of a check at a case says something about the target."""
    node, taken = recorder.cases.get(case_id), recorder.interactions.get(case_id)
    if node is None or taken is None or taken.response is None or operation is None:
        return False
    case, status = node.value, taken.response.status_code
    is_negative = case.meta is not None and case.meta.generation.mode.is_negative
    return {
        "use_after_free": _has_deleted(recorder),
        "ensure_resource_availability": node.parent_id is not None and case.method.upper() == "GET",
        "object_level_authorization": False,  # it needs the credentials of two owners, and Schemathesis gets those of one
        "negative_data_rejection": is_negative,
        "missing_required_header": is_negative,
        "positive_data_acceptance": not is_negative and status < 400,
        "ignored_auth": bool(operation.security),
        "unsupported_method": case.method.upper() != operation.method,
        "allow_header_conformance": status == 405,
    }.get(check, True)


def _has_deleted(recorder: ScenarioRecorder) -> bool:
    """Whether a record was deleted in this scenario."""
    return any(
        one.response is not None and one.request.method.upper() == "DELETE" and 200 <= one.response.status_code < 300
        for one in recorder.interactions.values()
    )
