"""Log lines as JSON: what the server logs, and one line for each call to a vendor's API."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson

from mockserver.core.base.clock import iso, wall_clock
from mockserver.core.base.replies import Reply
from mockserver.core.engine.journal import JournalEntry
from mockserver.core.operation.compiled import Operation

_CALLS = logging.getLogger("mockserver.calls")
_FIELDS = "fields"
"""The attribute of a log record with the fields of its line."""


class JsonLines(logging.Formatter):
    """Writes each log record as one JSON object in one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line: dict[str, Any] = {"time": iso(wall_clock()), "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        line |= getattr(record, _FIELDS, {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class CallLog:
    """Logs each call to a vendor's API, with the request id and the number that its exchange has in the journal."""

    def observe(self, slug: str, operation: Operation | None, reply: Reply, seconds: float, entry: JournalEntry | None) -> None:  # noqa: ARG002 - the entry has the status
        """Write the line of a call. Calls of the control plane have none."""
        if entry is None:
            return
        fault = entry.fault
        fields = {
            "request_id": entry.request_id,
            "world": entry.request.world,
            "exchange": entry.number,
            "api": slug,
            "operation": None if operation is None else operation.id,
            "method": entry.request.method,
            "path": entry.request.path,
            "status": entry.status,
            "code": None if fault is None else fault.code,
            "clause": None if fault is None else fault.clause,
            "faults": list(map(str, entry.effects)),
            "milliseconds": round(seconds * 1000, 3),
        }
        _CALLS.info("%s %s %d", entry.request.method, entry.request.path, entry.status, extra={_FIELDS: fields})


def write_json_logs() -> CallLog:
    """Have all log records written to standard error as JSON. Returns the observer that logs calls."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    _CALLS.setLevel(logging.INFO)
    return CallLog()
