"""How the proxy reports findings to a client: in a header, and in the body of a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.openapi import limits
from mockserver.openapi.problems import problem

from ...printable import printable
from ..findings import TrafficFinding

LONGEST = limits.PROXY_FINDINGS.value
"""Characters of the header with findings at most: servers and clients refuse longer heads."""
_STATUSES = {"security": 401, "media type": 415, "operation": 404}


def header_value(found: Sequence[TrafficFinding]) -> bytes:
    """The number of findings and one line for each, as the value of a header."""
    text = "; ".join([str(len(found)), *(finding.line() for finding in found)])
    shown = text if len(text) <= LONGEST else text[:LONGEST] + " ..."
    return printable(" ".join(shown.split())).encode("ascii", "backslashreplace")  # a server refuses to send a control character


def refusal_status(found: Sequence[TrafficFinding]) -> int:
    """The status of a refusal, by the first finding."""
    return _STATUSES.get(found[0].place, 400)


def refusal(status: int, detail: str, found: Sequence[TrafficFinding] = ()) -> dict[str, Any]:
    """The body of an answer that the proxy itself gives: a problem document, so that it is not mistaken for an answer of the upstream."""
    members: dict[str, Any] = {"findings": [finding_as_json(finding) for finding in found]} if found else {}
    return problem(status, detail, **members)


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
