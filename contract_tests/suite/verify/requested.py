"""What a recorded request sends, and whether it breaks the vendor's page or only what the document assumes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from mockserver.openapi.readings import INPUTS

from ..checks.model import FORMS, BehaviourModel
from ..harness.findings import Exchange

ORDINARY_LENGTH, ORDINARY_NUMBER = 255, 2**31
"""Bounds of values that every implementation may be expected to take where the vendor's page names no limit."""
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_FIELD = re.compile(r'name="([^"]*)"(?:\r\n[^\r\n]+)*\r\n\r\n(.*?)\r\n--', re.DOTALL)


class UnreadableBody(ValueError):
    """The body of a request is not of its media type."""


def sent_by(model: BehaviourModel, exchange: Exchange) -> dict[str, Any]:
    """The inputs of a request by name, of its path, query and body. Raises UnreadableBody."""
    name = str(exchange.operation)
    operation = model.operations[name]
    parts = urlsplit(exchange.url)
    names = [name.strip("{}") for name in _PLACEHOLDER.findall(operation.path)]
    in_path = re.search("([^/]+)".join(map(re.escape, _PLACEHOLDER.split(operation.path.rstrip("/")))) + "/?$", parts.path)
    found: dict[str, Any] = dict(zip(names, map(unquote, in_path.groups()), strict=False)) if in_path else {}
    found |= dict(parse_qsl(parts.query, keep_blank_values=True))
    typed = {field: _typed(model, name, field, value) for field, value in found.items()}
    return {**typed, **_body(model, exchange)}


def _body(model: BehaviourModel, exchange: Exchange) -> dict[str, Any]:
    name, body = str(exchange.operation), exchange.request_body
    media_type, _ = model.body(name)
    if not media_type or not body:
        return {}
    if media_type in FORMS:
        text = body.decode("utf-8", "replace")
        texts = dict(_FIELD.findall(text) if media_type == FORMS[1] else parse_qsl(text, keep_blank_values=True))
        return {field: _typed(model, name, field, value) for field, value in texts.items()}
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableBody(f"the body is no {media_type}") from None
    if not isinstance(read, dict):
        raise UnreadableBody("the body is no object")
    return read


def _typed(model: BehaviourModel, name: str, field: str, text: str) -> Any:
    """A text in the kind of its schema; the text itself if it is none of that kind."""
    declared = model.fields(name).get(field)
    kind = None if declared is None else model.document.merge_all_of(declared[1]).get("type")
    if kind not in ("integer", "number", "boolean"):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool) is (kind == "boolean") and not isinstance(value, dict | list | str | None) else text


def breaks_page(model: BehaviourModel, exchange: Exchange) -> bool:
    """Whether a request breaks what the vendor's page says, and not only what the document assumes; a body that cannot be read breaks it."""
    name = str(exchange.operation)
    try:
        sent = sent_by(model, exchange)
    except UnreadableBody:
        return True
    judged = [field for field in model.fields(name) if not model.readings.is_open(name, INPUTS, field)]
    missing = any(field not in sent and model.demands(name, field) for field in judged)
    filled = [field for field in judged if field in sent and not (sent[field] == "" and model.may_be_blank(name, field))]
    return missing or any(model.breaks_page(name, field, sent[field]) for field in filled)


def describe_faults(model: BehaviourModel, exchange: Exchange) -> str:
    """What is wrong with a request, field by field, such as ``phone breaks pattern``; empty if nothing is found."""
    name = str(exchange.operation)
    try:
        sent = sent_by(model, exchange)
    except UnreadableBody as error:
        return str(error)
    missing = [f"{field} is missing" for field, (_, _, needed) in model.fields(name).items() if needed and field not in sent]
    broken = {field: model.broken_keywords(name, field, value) for field, value in sent.items()}
    return "; ".join([*missing, *(f"{field} breaks {', '.join(keywords)}" for field, keywords in broken.items() if keywords)])


def suspects(model: BehaviourModel, exchange: Exchange) -> dict[str, Any]:
    """The inputs that explain best why a valid request is refused: those that the answer names, else the uncommon ones, else all."""
    try:
        sent = sent_by(model, exchange)
    except UnreadableBody:
        return {}
    answer = exchange.response_body.decode("utf-8", "replace")
    named = {field: value for field, value in sent.items() if re.search(rf"\b{re.escape(field)}\b", answer)}
    return named or {field: value for field, value in sent.items() if not _is_common(value)} or sent


def is_ordinary(model: BehaviourModel, exchange: Exchange) -> bool:
    """Whether every implementation has to take a request that satisfies the schema.

    It need not if an accepted reading demands or takes less, or if a value lies beyond what is common where the page names no limit.
    """
    name = str(exchange.operation)
    readings = model.readings
    try:
        sent = sent_by(model, exchange)
    except UnreadableBody:
        return False
    if readings.references(name) or any(field not in sent for field in readings.needed(name)):
        return False
    taken: Mapping[str, Any] = readings.taken(name)
    if any(field in sent and not model.fits(schema, sent[field]) for field, schema in taken.items()):
        return False
    return all(model.describes_all(name, field) or _is_common(value) for field, value in sent.items())


def _is_common(value: Any) -> bool:
    return all(_is_common_scalar(one) for one in _scalars(value))


def _scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for key, inner in node.items():
            yield key
            yield from _scalars(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _scalars(inner)
    else:
        yield node


def _is_common_scalar(value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return 0 < value < ORDINARY_NUMBER
    return value.isprintable() and 0 < len(value.strip()) == len(value) <= ORDINARY_LENGTH
