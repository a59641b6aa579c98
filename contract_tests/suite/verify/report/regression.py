"""A pytest file for a finding: it sends the requests again, and fails as long as the last answer is what was found wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pprint import pformat
from typing import Any

from ...harness.findings import Exchange
from ..cause import Cause
from ..masking import TargetMask
from .evidence import SILENT, TOO_LONG, mark_body, mark_header
from .names import short_id

_MARK = re.compile("\0(\\d+)\0")
_HEAD = '''"""{sentence}

{key}

It fails as long as the target answers the last request as it did when this was found. Secrets are read from the environment: {secrets}.
"""

import os
import re

import httpx

{calls}


def filled(text: str) -> str:
    """A text with the secrets of the environment."""
    return re.sub(r"\\$\\{{(\\w+)\\}}", lambda found: os.environ[found[1]], text)


def test_{name}() -> None:
    with httpx.Client(timeout=30, trust_env=False) as client:
        for call in CALLS:
            headers = {{name: filled(value) for name, value in call["headers"].items()}}
            answer = client.request(call["method"], call["url"], headers=headers, content=filled(call["body"]).encode() or None)
    expected = {expected}
    if expected:
        assert answer.status_code in expected, answer.text
    else:
        assert (answer.status_code, answer.text) != ({status}, FOUND), {summary}
'''


def pytest_file(cause: Cause, mask: TargetMask) -> str | None:
    """The text of the file; None if a request has a body that is no text, or too long."""
    exchanges = cause.finding.exchanges
    if not exchanges or any(len(one.request_body) > TOO_LONG for one in exchanges):
        return None
    try:
        calls = [_call(one, mask) for one in exchanges]
    except UnicodeDecodeError:
        return None
    names = list(mask.variables.values())
    text = f"CALLS = {pformat(calls, width=140, sort_dicts=False)}\nFOUND = {_found(exchanges[-1], mask)!r}"
    needed = dict.fromkeys(names[int(number)] for number in _MARK.findall("".join(_texts(calls))))
    last, sentence = exchanges[-1], mask.text(cause.finding.sentence).replace("\\", "/").replace('"""', "'''")
    return _HEAD.format(
        sentence=sentence,
        key=mask.text(cause.key).replace("\\", "/").replace('"""', "'''"),
        secrets=", ".join(needed) or "none",
        calls=_named(text, names),
        name=short_id(cause.key),
        expected=repr(_statuses(cause.finding.expected, last)),
        status=last.status,
        summary=repr(sentence[:400]),
    )


def _named(text: str, names: list[str]) -> str:
    return re.sub(r"(?:\\x00|\0)(\d+)(?:\\x00|\0)", lambda found: f"${{{names[int(found[1])]}}}", text)


def _texts(calls: Sequence[dict[str, Any]]) -> list[str]:
    return [text for call in calls for text in (call["body"], *call["headers"].values())]


def _call(exchange: Exchange, mask: TargetMask) -> dict[str, Any]:
    headers = {name: mark_header(name, value, mask) for name, value in exchange.request_headers.items() if name.lower() not in SILENT}
    return {"method": exchange.method, "url": mask.url(exchange.url), "headers": headers, "body": mark_body(exchange, mask)}


def _found(exchange: Exchange, mask: TargetMask) -> str:
    """The body that was found wrong; without secrets, so that an answer that has some is never equal to it."""
    return mask.exchange(exchange).response_body.decode("utf-8", "replace")[:TOO_LONG]


def _statuses(expected: object, last: Exchange) -> list[int]:
    """The statuses that were expected instead of the one that came; empty if the status was not what was wrong."""
    values = expected if isinstance(expected, (list, tuple)) else [expected]
    found = [int(str(one)) for one in values if re.fullmatch(r"[1-5]\d\d", str(one))]
    return found if found and last.status not in found else []
