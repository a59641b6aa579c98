"""A path whose placeholder is any text names records whose key is a whole number: text that is no such number makes no error of the server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockserver.openapi.digits import EXACT
from tests.generic.inside import Inside

THING = {"$ref": "#/components/schemas/Thing"}
ANSWER = {"200": {"description": "It.", "content": {"application/json": {"schema": THING}}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Keys", "version": "1"},
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"operationId": "read", "responses": ANSWER},
            "put": {"operationId": "write", "requestBody": {"content": {"application/json": {"schema": THING}}}, "responses": ANSWER},
        },
    },
    "components": {
        "schemas": {"Thing": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}}
    },
}


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    path: Path = tmp_path_factory.mktemp("keys") / "keys.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return Inside(path)


@given(st.text(min_size=1, max_size=8) | st.text("-0123456789²٣", min_size=1, max_size=30))
@settings(deadline=None)
@example("²")
@example("--5")
@example("9" * 5_000)
@example("07")
def test_any_text_is_a_key_that_can_be_written_and_read(things: Inside, key: str) -> None:
    for method, body in (("PUT", {"id": 1, "name": "n"}), ("GET", None), ("PUT", {"id": 1})):
        answer = asyncio.run(things.call(method, f"/things/{quote(key, safe='')}", body))
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("key", ["7", "-7", "9" * EXACT])
def test_a_whole_number_is_shown_as_one(things: Inside, key: str) -> None:
    for method, body in (("PUT", {"id": 1, "name": "n"}), ("GET", None)):
        assert asyncio.run(things.call(method, f"/things/{key}", body)).json() == {"id": int(key), "name": "n"}
