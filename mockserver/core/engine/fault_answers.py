"""The answers of fault rules: documented ones, those that the document does not have, and lists that are changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mockserver.core.base import ids
from mockserver.core.base.faults import MockBug
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.compiled import Operation
from mockserver.core.operation.preferences import PreferenceNotSatisfiable, answer_preference
from mockserver.core.state.rules import OwnAnswer, Rule
from mockserver.openapi.inference.paging import find_paging, query_parameters
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.pointers import find_value, split_pointer

RETRY_AFTER = "Retry-After"
UNDOCUMENTED = "undocumented"
"""What the header ``X-Mock-Injected`` says besides the rules, if the document has no such answer."""
_COUNT = re.compile(r"total|count", re.IGNORECASE)
_KEYS = frozenset({"id", "_id", "uuid", "key", "guid"})
"""Properties of a record; a list inside of one is not the list of the answer."""
_LEVELS = 3
"""Levels of an answer in which a list is looked for."""


def make_answer(operation: Operation, rule: Rule, seed: int, wait: int | None) -> Reply:
    """The answer of a rule. ``wait`` is how many seconds a client shall wait; a rule that names a time of its own overrides it.

    Raises PreferenceNotSatisfiable if the document has no such answer and the rule has none of its own.
    """
    own = rule.own or OwnAnswer()
    if own.body is not None:
        status = rule.status or HTTPStatus.OK
        reply = Reply(status, own.body.encode(), media_type=own.media_type, is_undocumented=True)
    else:
        reply = _documented(operation, rule, own, seed)
    headers = dict(own.headers)
    if wait is not None and not any(name.lower() == RETRY_AFTER.lower() for name in headers):
        headers[RETRY_AFTER] = str(wait)
    return replace(reply, headers={**reply.headers, **headers}) if headers else reply


def _documented(operation: Operation, rule: Rule, own: OwnAnswer, seed: int) -> Reply:
    assert rule.preference is not None  # noqa: S101 - a rule without a body has a status or a code
    try:
        return answer_preference(operation, rule.preference, ids.generator(seed, f"answer of fault {rule.id}", rule.matched))
    except PreferenceNotSatisfiable:
        if not own.is_undocumented or rule.status is None:
            raise
    phrase = HTTPStatus(rule.status).phrase if rule.status in set(HTTPStatus) else "Status"
    return Reply(rule.status, f"{rule.status} {phrase}\n".encode(), media_type=own.media_type, is_undocumented=True)


def find_list(operation: Operation, body: Any) -> tuple[str | int, ...] | None:
    """The keys that lead to the list in an answer: where the document declares it, else to a list of objects inside objects that are no records.

    None if there is none.
    """
    declared = operation.spec.spec.get("x-list", {}).get("at")
    if isinstance(declared, str):
        return tuple(split_pointer(declared)) if isinstance(find_value(body, declared), list) else None
    return _search(body, ())


def _search(value: Any, keys: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
    if isinstance(value, list):
        return keys if all(isinstance(item, Mapping) for item in value) else None
    if isinstance(value, Mapping) and len(keys) < _LEVELS and not _KEYS & {name.lower() for name in value}:
        return next((found for name, inner in value.items() if (found := _search(inner, (*keys, name))) is not None), None)
    return None


def empty_list(operation: Operation, reply: Reply) -> Reply | None:
    """A successful answer whose list has no records, and whose counts of them are 0; None if it has no list or the document has no such answer."""
    keys = find_list(operation, reply.body)
    if keys is None or reply.status >= HTTPStatus.BAD_REQUEST:
        return None
    count = len(_at(reply.body, keys))
    made = replace(reply, body=_emptied(reply.body, keys, count))
    try:
        operation.responses.check(made)
    except MockBug:
        return None
    return made


def _at(body: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys:
        body = body[key]
    return body


def _emptied(value: Any, keys: tuple[str | int, ...], count: int) -> Any:
    if not keys:
        return []
    changed = {**value, keys[0]: _emptied(value[keys[0]], keys[1:], count)}
    for name, inner in value.items():
        is_count = isinstance(inner, int) and not isinstance(inner, bool) and (_COUNT.search(name) or inner == count)
        if name != keys[0] and is_count:
            changed[name] = 0
    return changed


def halve_page(operation: Operation, request: Request, reply: Reply) -> Request | None:
    """The request with a size of page that holds half of the records of its answer; None if the list has no such parameter or is too short."""
    keys = find_list(operation, reply.body)
    size = find_paging(Shapes(operation.document), query_parameters(operation.spec)).size
    count = 0 if keys is None else len(_at(reply.body, keys))
    if not size or count < 2:  # noqa: PLR2004 - two records are the least that can be halved
        return None
    query = [(name, value) for name, value in parse_qsl(request.query.decode("latin-1"), keep_blank_values=True) if name != size]
    changed = copy(request)
    changed.query = urlencode([*query, (size, str(-(-count // 2)))]).encode()
    return changed
