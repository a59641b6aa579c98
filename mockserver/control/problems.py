"""Refusals of the control plane: problem documents."""

from __future__ import annotations

from typing import Any

from mockserver.core.base.faults import Fault, Invalid
from mockserver.core.base.problems import problem_reply
from mockserver.core.base.replies import Reply
from mockserver.core.operation.api import FaultContext


def render_fault(fault: Fault, _context: FaultContext | None = None) -> Reply:
    """A fault as a problem: what happened, where, and what to do next."""
    members: dict[str, Any] = {}
    if isinstance(fault, Invalid):
        members["violations"] = [
            {"place": violation.place, "pointer": violation.pointer, "keyword": violation.keyword, "text": violation.text}
            for violation in fault.violations
        ]
    return problem_reply(fault.status, str(fault), **members)
