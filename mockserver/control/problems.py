"""Refusals of the control plane, as ``application/problem+json``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mockserver.core.base.faults import Fault, Invalid
from mockserver.core.base.replies import Reply

if TYPE_CHECKING:
    from mockserver.core.operation.api import FaultContext

PROBLEM = "application/problem+json"


def render_fault(fault: Fault, _situation: FaultContext | None = None) -> Reply:
    """A fault as a problem: what happened, where, and what to do next."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(fault.status).phrase, "status": fault.status, "detail": str(fault)}
    if isinstance(fault, Invalid):
        body["violations"] = [
            {"place": violation.place, "pointer": violation.pointer, "keyword": violation.keyword, "text": violation.text}
            for violation in fault.violations
        ]
    return Reply(fault.status, body, media_type=PROBLEM)
