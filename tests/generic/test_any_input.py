"""Whatever a client sends to a document without code, the answer is one that the document allows, and never an error of the server."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.openapi.schemas import SchemaCompiler
from tests.generic.inside import Inside

SHOP = Inside()
COMPILER = SchemaCompiler(SHOP.document)
NAMES = ["name", "city", "email", "tags", "secret", "id", "amount", "status", "theme", "newsletter", "customer_id", "x"]
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)
KEYS = st.sampled_from(["6f1bd83b-5e2f-4a53-9d41-3c0c0d6c9b11", "1", "2", "0", "-1", "x"]) | st.text(min_size=1, max_size=8)
QUERIES = st.dictionaries(st.sampled_from(["limit", "page", "city", "sort", "q", "x"]), st.text(max_size=8) | st.integers(), max_size=3)


async def _send(method: str, path: str, query: Any, content: bytes | None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(SHOP.app), base_url="http://localhost") as client:
        headers = {**SHOP.headers, "X-Mock-World": "any", **({"Content-Type": "application/json"} if content is not None else {})}
        return await client.request(method, path, params=query, content=content, headers=headers)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SHOP.document.operations), st.lists(KEYS, min_size=2, max_size=2), QUERIES, st.none() | VALUES)
def test_every_answer_is_allowed(operation: Any, keys: list[str], query: dict[str, Any], body: Any) -> None:
    path = operation.path
    for key in keys:
        head, brace, rest = path.partition("{")
        path = head + quote(key, safe="") + rest.partition("}")[2] if brace else path
    content = None if body is None else json.dumps(body).encode()
    answer = asyncio.run(_send(operation.method, SHOP.document.base_path + path, query, content))
    assert answer.status_code < 500, answer.text
    if "x-mock-undocumented" in answer.headers or answer.status_code == 405:
        return
    declared = operation.response(answer.status_code)
    if declared is None:
        return  # no operation has this path: a key held a slash, or nothing
    for media in (declared.get("content") or {}).values():
        assert COMPILER.compile(media["schema"]).is_valid(answer.json()), answer.text
