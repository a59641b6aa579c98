"""How the proxy reports findings: a header, a refusal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..findings import TrafficFinding

LONGEST = 2000
"""The most characters of the header with findings: servers and clients refuse longer heads."""
_STATUSES = {"security": 401, "media type": 415, "operation": 404}


def header_value(found: Sequence[TrafficFinding]) -> bytes:
    """How many findings there are, and what they are, as one header."""
    text = "; ".join([str(len(found)), *(finding.line() for finding in found)])
    shown = text if len(text) <= LONGEST else text[:LONGEST] + " ..."
    return " ".join(shown.split()).encode("ascii", "backslashreplace")


def refusal_status(found: Sequence[TrafficFinding]) -> int:
    """The status that refuses a request."""
    return _STATUSES.get(found[0].place, 400)


def problem(status: int, detail: str, found: Sequence[TrafficFinding] = ()) -> dict[str, Any]:
    """An answer of the proxy's own, by RFC 9457, which no vendor's answer looks like."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if found:
        body["findings"] = [finding_as_json(finding) for finding in found]
    return body


def finding_as_json(finding: TrafficFinding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "operation": finding.operation,
        "side": finding.side,
        "place": finding.place,
        "pointer": finding.pointer,
        "keyword": finding.keyword,
        "value": finding.value,
        "text": finding.text,
        "schema": finding.schema,
        "clause": finding.clause,
        "says": finding.says,
    }
