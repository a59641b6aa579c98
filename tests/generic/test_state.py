"""The records of a served document outlive the process where there is a directory for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generic.inside import Inside

pytestmark = pytest.mark.anyio


async def test_records_of_a_served_document_are_there_after_a_restart(tmp_path: Path) -> None:
    before = Inside(state=tmp_path)
    listed = (await before.call("GET", "/customers?limit=50")).json()
    made = (await before.call("POST", "/customers", {"name": "Ada Example", "email": "ada@example.com"})).json()["data"]
    gone = listed["data"][0]["id"]
    assert (await before.call("DELETE", f"/customers/{gone}")).status_code == 204
    before.app.close_state()

    after = Inside(state=tmp_path)
    try:
        assert (await after.call("GET", f"/customers/{made['id']}")).json()["data"] == made
        assert (await after.call("GET", f"/customers/{gone}")).status_code == 404
        assert (await after.call("GET", "/customers?limit=50")).json()["total"] == listed["total"]
        later = (await after.call("POST", "/customers", {"name": "Eve Example", "email": "eve@example.com"})).json()["data"]
        assert later["id"] not in {made["id"], *(one["id"] for one in listed["data"])}
    finally:
        after.app.close_state()
