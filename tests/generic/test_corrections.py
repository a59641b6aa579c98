"""What an overlay declares is played: effects of actions, fields, keys, and what is turned off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.generic.inside import Inside
from tests.inference.declared import CANCEL, CUSTOMERS, action, write_overlay


def _shop(folder: Path, *actions: str) -> Inside:
    return Inside(overlays=(write_overlay(folder, *actions),))


async def _order(shop: Inside) -> str:
    """The path of a new order."""
    above = (await shop.call("POST", "/customers", {"name": "Grace"})).json()["data"]
    order = (await shop.call("POST", f"/customers/{above['id']}/orders", {"amount": 5})).json()
    return f"/customers/{above['id']}/orders/{order['id']}"


@pytest.mark.anyio
async def test_an_action_does_what_is_declared_once(tmp_path: Path) -> None:
    shop = _shop(tmp_path, action(f"{CANCEL}.post", "{x-role: {set: {status: paid}, from: [open], otherwise: 409}}"))
    path = await _order(shop)
    paid = await shop.call("POST", f"{path}/cancel")
    assert (paid.json()["status"], paid.headers["x-mock-basis"]) == ("paid", 'state; why="declared in shop.overlay.yaml line 4"')
    again = await shop.call("POST", f"{path}/cancel")
    assert (again.status_code, again.json()["detail"]) == (409, "status of the order is paid, not open")


@pytest.mark.anyio
async def test_what_is_turned_off_is_answered_without_state(tmp_path: Path) -> None:
    shop = _shop(tmp_path, action(f"{CANCEL}.post", "{x-role: false}"))
    path = await _order(shop)
    answer = await shop.call("POST", f"{path}/cancel")
    assert answer.headers["x-mock-basis"] == 'generated; why="declared in shop.overlay.yaml line 4"; effect=none'
    assert (await shop.call("GET", path)).json()["status"] == "open"


@pytest.mark.anyio
async def test_fields_are_set_kept_and_hidden_as_declared(tmp_path: Path) -> None:
    fields = "{x-resource: {customer: {server-set: [city], immutable: [name], write-only: [email], starts: {city: Rome}}}}"
    shop = _shop(tmp_path, action("$", fields))
    made = (await shop.call("POST", "/customers", {"name": "Grace", "city": "Oslo", "email": "g@example.com"})).json()["data"]
    assert (made["city"], "email" in made) == ("Rome", False)
    changed = (await shop.call("PATCH", f"/customers/{made['id']}", {"name": "Ada", "city": "Oslo", "tags": ["x"]})).json()["data"]
    assert (changed["name"], changed["city"], changed["tags"]) == ("Grace", "Rome", ["x"])


@pytest.mark.anyio
async def test_a_declared_filter_selects(tmp_path: Path) -> None:
    shop = _shop(tmp_path, action(f"{CUSTOMERS}.get", "{x-list: {text: false, filters: [{parameter: q, field: name}]}}"))
    for name in ("Grace", "Graceland"):
        await shop.call("POST", "/customers", {"name": name})
    assert [one["name"] for one in (await shop.call("GET", "/customers?q=Grace&limit=50")).json()["data"]] == ["Grace"]


@pytest.mark.anyio
async def test_another_key_names_a_record(tmp_path: Path) -> None:
    source = tmp_path / "notes.yaml"
    source.write_text(_notes(), encoding="utf-8")
    notes = Inside(source, overlays=(write_overlay(tmp_path, action("$", "{x-resource: {note: {identity: code, key: client}}}")),))
    made = await notes.call("POST", "/notes", {"code": "first", "text": "milk"}, headers={})
    assert made.status_code == 201
    assert (await notes.call("GET", "/notes/first", headers={})).json()["text"] == "milk"
    assert (await notes.call("POST", "/notes", {"code": "first", "text": "tea"}, headers={})).status_code == 409


def _notes() -> str:
    schema: Any = "{type: object, properties: {id: {type: string}, code: {type: string}, text: {type: string}}}"
    return f"""openapi: 3.0.3
info: {{title: Notes, version: "1"}}
paths:
  /notes:
    post:
      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}
      responses: {{"201": {{description: Made., content: {{application/json: {{schema: {schema}}}}}}}}}
  /notes/{{note}}:
    get:
      parameters: [{{name: note, in: path, required: true, schema: {{type: string}}}}]
      responses: {{"200": {{description: One., content: {{application/json: {{schema: {schema}}}}}}}}}
"""
