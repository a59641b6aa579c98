"""Turns the outcome of a request into an entry of the journal."""

from __future__ import annotations

from mockserver.core.base.clock import stopwatch
from mockserver.core.base.faults import Fault, Invalid, LimitExceeded, Malformed, MethodNotAllowed, MockBug, ResponseOffSpec, StoreFailed, VendorFault
from mockserver.core.base.requests import Request
from mockserver.core.engine.journal import FaultRecord, Journal, JournalEntry
from mockserver.core.engine.outcome import Outcome
from mockserver.core.operation.compiled import Operation
from mockserver.openapi.errors import Violation

MAX_TEXT = 300
"""Letters kept of the text of an error that names no place in the document."""


def record(
    journal: Journal, operation: Operation | None, request: Request, outcome: Outcome, started: float, *, is_kept: bool = True
) -> JournalEntry:
    """Write an exchange into the journal. ``started`` is when the request came, by the stopwatch; ``is_kept`` says whether its world is stored."""
    reply, fault, damage = outcome.reply, outcome.fault, outcome.reply.damage
    payload = reply.encode() if outcome.payload is None else outcome.payload
    if damage is not None and damage.kind == "malformed" and payload:
        payload = payload[: len(payload) // 2] + b"\xff"
    entry = JournalEntry(
        at=outcome.at,
        request=request,
        status=0 if damage is not None and damage.has_no_answer else reply.status,
        reply_headers=reply.headers,
        media_type="" if reply.body is None else reply.media_type,
        payload=payload,
        operation=None if operation is None else operation.name,
        fault=None if fault is None else describe_fault(fault, operation),
        changed=outcome.changed,
        writes=outcome.writes,
        changes=outcome.changes,
        effects=outcome.effects,
        seconds=stopwatch() - started,
        number=outcome.number,
        before=outcome.before,
        written_since=outcome.steps_written if outcome.changed else 0,
    )
    journal.record(entry, is_kept=is_kept)
    return entry


def describe_fault(fault: Exception, operation: Operation | None) -> FaultRecord:
    """What the journal keeps of an error, as plain values."""
    documented = operation.fault_context.documented(fault) if operation is not None and isinstance(fault, Fault) else None
    code = None if documented is None else documented.code
    rows = operation.fault_context.errors.items() if operation is not None and documented is not None else ()
    return FaultRecord(
        kind=fault.kind if isinstance(fault, Fault | LimitExceeded | StoreFailed) else "mock_bug",
        text="; ".join([str(fault), *getattr(fault, "__notes__", ())]),
        code=fault.code if isinstance(fault, VendorFault) else code,
        clause=None if documented is None else documented.clause,
        broken_by=_find_side(fault),
        violations=_list_violations(fault),
        allow=fault.allow if isinstance(fault, MethodNotAllowed) else (),
        row=next((name for name, row in rows if row is documented), None),
    )


def _find_side(fault: Exception) -> str | None:
    if isinstance(fault, Invalid | Malformed):
        return "request"
    return "response" if isinstance(fault, MockBug) else None


def _list_violations(fault: Exception) -> tuple[Violation, ...]:
    if isinstance(fault, Invalid | ResponseOffSpec):
        return fault.violations
    if isinstance(fault, Malformed | MockBug):
        return (Violation("body", "", "", str(fault)[:MAX_TEXT]),)
    return ()
