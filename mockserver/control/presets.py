"""Fault rules by the name of the failure that a front end meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GATEWAY_PAGE = (
    "<html>\r\n<head><title>{status} {phrase}</title></head>\r\n<body>\r\n<center><h1>{status} {phrase}</h1></center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class Preset:
    """A failure: what happens in words, and the fields of its rule. Fields of a request override them."""

    name: str
    description: str
    rule: Mapping[str, Any]


def _gateway(status: int, phrase: str) -> dict[str, Any]:
    return {"answer": {"status": status, "body": GATEWAY_PAGE.format(status=status, phrase=phrase), "media_type": "text/html"}}


_BUSY = {"status": 429, "undocumented": True}
_AWAY = {"status": 503, "undocumented": True}

PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("offline", "Every connection is reset before the call is handled.", {"damage": {"kind": "reset"}, "when": "before"}),
        Preset(
            "slow-3g",
            "Every call takes 0.4 to 2 seconds.",
            {"delay": {"distribution": "uniform", "seconds": 0.4, "most": 2.0}},
        ),
        Preset("bad-gateway", "A gateway answers 502 with a page of HTML.", _gateway(502, "Bad Gateway")),
        Preset(
            "gateway-timeout",
            "The call is carried out, and a gateway answers 504 with a page of HTML.",
            {**_gateway(504, "Gateway Time-out"), "when": "after"},
        ),
        Preset("too-many-requests", "Every call is answered 429, with Retry-After.", {"answer": {**_BUSY, "headers": {"Retry-After": "2"}}}),
        Preset(
            "rate-limit",
            "More than 10 calls in a minute of the world's clock are answered 429, with Retry-After.",
            {"answer": _BUSY, "rate": {"calls": 10, "seconds": 60}},
        ),
        Preset(
            "concurrency-limit",
            "While 2 calls are under way, others are answered 429; a delay lets calls overlap.",
            {"answer": {**_BUSY, "headers": {"Retry-After": "1"}}, "concurrent": 2},
        ),
        Preset(
            "breaker",
            "From the third call on, calls are answered 503 for 30 seconds of the world's clock.",
            {"answer": _AWAY, "since": 3, "lasts": 30},
        ),
        Preset("maintenance", "Every call is answered 503, with Retry-After.", {"answer": {**_AWAY, "headers": {"Retry-After": "120"}}}),
        Preset("expired-session", "Calls with credentials are answered 401, as the document has it.", {"answer": {"status": 401}}),
        Preset("reset-before", "The connection is reset, and the call is not carried out.", {"damage": {"kind": "reset"}, "when": "before"}),
        Preset(
            "lost-answer",
            "The call is carried out, and the connection is reset instead of the answer.",
            {"damage": {"kind": "reset"}, "when": "after"},
        ),
        Preset(
            "timeout",
            "The call is not carried out, and the connection is held without an answer, then reset.",
            {"damage": {"kind": "timeout", "seconds": 60}, "when": "before"},
        ),
        Preset(
            "timeout-after",
            "The call is carried out, and the connection is held without an answer, then reset.",
            {"damage": {"kind": "timeout", "seconds": 60}, "when": "after"},
        ),
        Preset("truncated", "The connection breaks in the middle of the body.", {"damage": {"kind": "truncated"}}),
        Preset("malformed", "The body cannot be parsed.", {"damage": {"kind": "malformed"}}),
        Preset("slow-body", "The body arrives piece by piece over 5 seconds.", {"damage": {"kind": "drip", "seconds": 5}}),
        Preset("delivered-twice", "The call is carried out twice, as a proxy does that repeats it; the second answer is sent.", {"deliveries": 2}),
        Preset("empty-list", "Lists are answered without records.", {"list": "empty"}),
        Preset("second-page", "The first page of a list holds half of the records, so that the rest is on a second one.", {"list": "halved"}),
    )
}
