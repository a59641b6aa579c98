"""Runtime expressions of OpenAPI, such as ``{$request.body#/url}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Sent
from mockserver.openapi.inference.words import fold
from mockserver.openapi.pointers import find_value

_EMBEDDED = re.compile(r"\{([^{}]{1,500})\}")
_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class CallContext:
    """What an expression may refer to: a call and its answer."""

    request: Request
    sent: Sent
    reply: Reply

    @property
    def told(self) -> Mapping[str, Any]:
        """What the call is about: the properties of its answer, and those of its body where the answer has none."""
        bodies = [body for body in (self.sent.body, self.reply.body) if isinstance(body, dict)]
        return {name: value for body in bodies for name, value in body.items()}


def fill_template(template: str, call: CallContext) -> str | None:
    """A text with its expressions replaced by what they refer to; None if one of them refers to nothing."""
    if template.startswith("$"):
        template = f"{{{template}}}"
    parts: list[str] = []
    end = 0
    for found in _EMBEDDED.finditer(template):
        value = _evaluate(found[1].strip(), call)
        if value is None or isinstance(value, dict | list | bool):
            return None
        parts += [template[end : found.start()], str(value)]
        end = found.end()
    return "".join([*parts, template[end:]])


def _evaluate(expression: str, call: CallContext) -> Any:
    """The value of an expression, None for nothing. A plain name, which some documents write, is a property of the body or of the answer."""
    if not expression.startswith("$"):
        return next((value for name, value in call.told.items() if fold(name) == fold(expression)), None)
    whole = {"$url": call.request.origin + call.request.path, "$method": call.request.method, "$statusCode": call.reply.status}
    if expression in whole:
        return whole[expression]
    side, _, rest = expression[1:].partition(".")
    where, _, name = rest.partition(".")
    if where.startswith("body"):
        body = call.sent.body if side == "request" else call.reply.body if side == "response" else None
        found = find_value(body, unquote(rest.partition("#")[2]), _MISSING)
        return None if found is _MISSING else found
    if side == "request":
        places: Mapping[str, Mapping[str, Any]] = {"query": call.sent.query, "path": call.sent.path, "header": call.request.headers}
        return places.get(where, {}).get(name.lower() if where == "header" else name)
    if side == "response" and where == "header":
        return next((value for key, value in call.reply.headers.items() if key.lower() == name.lower()), None)
    return None
