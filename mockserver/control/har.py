"""The journal as a HAR file (version 1.2), which browsers and other tools can open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mockserver.control.exchanges import Rendering, decode_body, decode_request_body, encode_body, flatten_form
from mockserver.core.base.clock import iso
from mockserver.core.operation.media import MULTIPART
from mockserver.core.state.world import Transaction


def build_har(renderings: Iterable[Rendering], world: Transaction, version: str) -> dict[str, Any]:
    """A HAR document of exchanges. The member ``_mock`` of each entry has what HAR has no place for."""
    entries = [_build_entry(rendering, world) for rendering in renderings]
    return {"log": {"version": "1.2", "creator": {"name": "mockserver", "version": version}, "entries": entries}}


def _build_entry(rendering: Rendering, world: Transaction) -> dict[str, Any]:
    exchange = rendering.exchange
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": iso(exchange.at),
        "time": milliseconds,
        "request": _build_request(rendering),
        "response": _build_response(rendering),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_mock": {**rendering.summary(), "credential": rendering.find_credential(world)},
    }


def _build_request(rendering: Rendering) -> dict[str, Any]:
    request, url = rendering.exchange.request, rendering.mask_url()
    entry: dict[str, Any] = {
        "method": request.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _build_pairs(rendering.mask_headers(request.headers)),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        content_type = request.headers.get("content-type", "")
        body = rendering.mask.value(decode_request_body(request))
        if request.media_type == MULTIPART and isinstance(body, dict):
            entry["postData"] = {"mimeType": content_type, "params": [_build_parameter(name, value) for name, value in flatten_form(body)]}
        else:
            entry["postData"] = {"mimeType": content_type, "text": encode_body(body, request.media_type)}
    return entry


def _build_parameter(name: str, value: Any) -> dict[str, Any]:
    """A field of a multipart form; of a file its name and media type, without its bytes."""
    if isinstance(value, dict):
        return {"name": name, "fileName": value["filename"], "contentType": value["media_type"]}
    return {"name": name, "value": str(value)}


def _build_response(rendering: Rendering) -> dict[str, Any]:
    exchange = rendering.exchange
    content_type = exchange.headers.get("content-type", "")
    body = encode_body(rendering.mask.value(decode_body(exchange.payload, content_type)), content_type)
    content: dict[str, Any] = {"size": len(exchange.payload), "mimeType": content_type, "text": body}
    if body.startswith("base64,"):
        content |= {"text": body.removeprefix("base64,"), "encoding": "base64"}
    return {
        "status": exchange.status,
        "statusText": HTTPStatus(exchange.status).phrase if exchange.status in HTTPStatus._value2member_map_ else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _build_pairs(rendering.mask_headers(exchange.headers)),
        "content": content,
        "redirectURL": exchange.headers.get("Location", exchange.headers.get("location", "")),
        "headersSize": -1,
        "bodySize": len(exchange.payload),
    }


def _build_pairs(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]
