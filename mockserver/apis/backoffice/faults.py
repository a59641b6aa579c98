"""BackOffice's refusals, in their four shapes (backoffice.D08, backoffice.D16). The document has their statuses and texts.

A row of ``x-errors`` says with ``under`` that its text belongs to a field, under ``details`` or ``errors``, and with ``field`` to which one, if
it differs from the name of the property that was sent; a row without ``under`` is the whole refusal, with ``detail`` as its second text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import (
    DocumentedError,
    Fault,
    FaultContext,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Reply,
    TooLarge,
    UnsupportedMedia,
    Violation,
)

_OURS: tuple[tuple[type[Fault], int, str], ...] = (
    (TooLarge, 413, "The request is too large."),
    (UnsupportedMedia, 415, "The content type is not supported."),
    (NotFound, 404, "Not Found"),
    (MethodNotAllowed, 404, "Not Found"),
    (Malformed, 400, "The request cannot be read."),
    (Invalid, 400, "The request cannot be read."),
    (Fault, 500, "Internal Server Error"),
)
"""Refusals that the page does not print: status and text by kind of fault, the first that fits."""


def wrong(field: str, code: str) -> Violation:
    """A violation of a field that depends on the state of the world; ``code`` names a row of ``x-errors``."""
    return Violation("body", f"/{field}", "state", code, (code,))


def render_fault(fault: Fault, fault_context: FaultContext) -> Reply:
    if isinstance(fault, Invalid):
        found = [(violation, fault_context.errors[code]) for violation in fault.violations for code in violation.codes]
        if found:
            return _invalid(found, fault_context)
    error = fault_context.documented(fault)
    if error is not None:
        return _whole(error)
    status, text = next((status, text) for kind, status, text in _OURS if isinstance(fault, kind))
    return Reply(status, {"error": text})


def _invalid(found: list[tuple[Violation, DocumentedError]], fault_context: FaultContext) -> Reply:
    """The refusal whose row stands first in the document, with the texts of all rows that share its status."""
    order = list(fault_context.errors)
    first = min((row for _, row in found), key=lambda row: order.index(row.code))
    if "under" not in first.extra or "field" in first.extra:
        return _whole(first)
    texts: dict[str, list[str]] = {}
    for violation, row in found:
        if row.status == first.status and row.message not in texts.setdefault(violation.field, []):
            texts[violation.field].append(row.message)
    return Reply(first.status, _by_field(first.extra["under"], texts, fault_context))


def _by_field(under: str, texts: Mapping[str, list[str]], fault_context: FaultContext) -> dict[str, Any]:
    return {"errors": texts} if under == "errors" else {"error": fault_context.errors["data_invalid"].message, under: texts}


def _whole(error: DocumentedError) -> Reply:
    if "field" in error.extra:
        return Reply(error.status, {error.extra["under"]: {error.extra["field"]: [error.message]}})
    detail = {"detail": error.extra["detail"]} if "detail" in error.extra else {}
    return Reply(error.status, {"error": error.message, **detail})
