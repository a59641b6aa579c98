"""Failures of Schemathesis in the words of this suite: which operation did what, with which field."""

from __future__ import annotations

from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.openapi import checks as openapi

from mockserver.openapi.pointers import join_pointer

from ..checks.model import BehaviourModel
from ..harness.findings import Exchange
from .contract import pretty
from .requested import describe_faults, suspects

SHOWN = 160
"""Characters of a value or an answer that a sentence shows."""
Described = tuple[str, str, object, object, str]
"""Keyword, pointer, expected, got, and the rest of the sentence after the name of the operation."""


def describe_failure(failure: Failure, exchange: Exchange, model: BehaviourModel) -> Described:
    """What a failure means. ``exchange`` is the one that shows it."""
    return _of_request(failure, exchange, model) or _of_answer(failure, exchange.status)


def _of_request(failure: Failure, exchange: Exchange, model: BehaviourModel) -> Described | None:
    """A failure to take, or to refuse, a request; None if it is another."""
    status, answer = exchange.status, _shown(exchange)
    if isinstance(failure, AcceptedNegativeData):
        faults = describe_faults(model, exchange) if exchange.operation else ""
        return str(status), "", "a refusal", answer, f"takes a request that breaks its schema with {status}: {faults or 'see what was sent'}"
    if isinstance(failure, openapi.RejectedPositiveData):
        named = pretty(suspects(model, exchange), SHOWN) if exchange.operation else ""
        return str(status), "", "a success", answer, f"refuses a request that keeps its schema with {answer}; it was sent {named}".rstrip()
    if isinstance(failure, openapi.MissingHeaderNotRejected):
        return str(status), "", "a refusal", answer, f"takes a request without the header {failure.header_name} with {status}"
    if isinstance(failure, openapi.IgnoredAuth):
        return str(status), "", "a refusal", answer, f"answers a call without valid credentials with {status}"
    if isinstance(failure, openapi.UnsupportedMethodResponse):
        return str(status), "", 405, status, f"answers {failure.method}, which is not declared, with {status}"
    return None


def _of_answer(failure: Failure, status: int) -> Described:
    if isinstance(failure, openapi.JsonSchemaError):
        keyword = str(failure.schema_path[-1]) if failure.schema_path else ""
        pointer = join_pointer(failure.instance_path)
        text = f"answers {status} with a body that breaks its schema at {pointer or 'the top'}: {failure.validation_message}"
        return f"{status} schema {keyword}", pointer, {keyword: failure.schema.get(keyword)}, failure.instance, text
    if isinstance(failure, openapi.UndefinedStatusCode):
        return f"{status} status", "", failure.allowed_status_codes, status, f"answers with the status {status}, which is not documented"
    if isinstance(failure, openapi.MissingHeaders):
        return f"{status} header", "", failure.missing_headers, None, f"answers {status} without the headers {', '.join(failure.missing_headers)}"
    if isinstance(failure, ServerError):
        return f"{status}", "", "no failure", status, f"fails with {status}"
    first = " ".join(str(failure.message).split())[:240]
    kind = failure.title if failure.title[1:2].isupper() else failure.title[:1].lower() + failure.title[1:]
    text = f"answers {status}: {kind}. {first}".rstrip()
    if isinstance(failure, (openapi.UndefinedContentType, openapi.MissingContentType, openapi.MalformedMediaType)):
        allowed = getattr(failure, "defined_content_types", None)
        return f"{status} content-type", "", allowed, getattr(failure, "content_type", None), text
    return f"{status}", "", None, status, text


def _shown(exchange: Exchange) -> str:
    body = " ".join(exchange.response_body.decode("utf-8", "replace").split())
    return f"{exchange.status} {body[:SHOWN]}".rstrip()
