"""What a legitimate user may do at most still passes, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import orjson
import pytest

from mockserver.openapi import limits
from tests.conftest import TLS, Server
from tests.hostile.application import Answer, Application
from tests.hostile.inside import KEY, SALE
from tests.pictures import png
from tests.vendors.test_backoffice_uploads import form

RECORDS = 220_000
WORLDS = 1_000
MULTIPART = "multipart/form-data; boundary=x"
PATIENCE = 600
"""Seconds after which a call fails a test on the busiest machine."""


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    server = Server("--freeze", "2026-01-01T00:00:00Z")
    yield server
    server.stop()


def client_of(server: Server, world: str = "default") -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"x-mock-world": world}, timeout=PATIENCE, verify=TLS, trust_env=False)


def fill(world: bytes, records: int) -> bytes:
    """An exported world with so many records."""
    data = orjson.loads(world)
    tables = data["tables"]
    purchases = tables["backoffice.purchases"]["records"]
    missing = records - sum(len(table["records"]) for table in tables.values())
    purchases += [{**purchases[-1], "id": 1_000_000 + number} for number in range(missing)]
    return orjson.dumps(data)


@pytest.mark.slow
def test_a_world_of_220_000_records_is_imported_exported_and_imported_again_while_others_are_answered(own: Server) -> None:
    with client_of(own, "large") as client, client_of(own, "other") as other:
        body = fill(client.get("/_mock/worlds/large/export").content, RECORDS)
        answered, ended = [0], threading.Event()

        def ask() -> None:
            while not ended.is_set():
                assert other.post("/monedero/wallet/sale", headers=KEY, data=SALE).status_code == 200
                answered[0] += 1

        with ThreadPoolExecutor(1) as threads:
            asking = threads.submit(ask)
            kind = {"content-type": "application/json"}
            made = client.put("/_mock/worlds/large", content=body, headers=kind)
            during_import = answered[0]
            exported = client.get("/_mock/worlds/large/export")
            again = client.put("/_mock/worlds/again", content=exported.content, headers=kind)
            digests = [client.get(f"/_mock/worlds/{name}/digest").json()["digest"] for name in ("large", "again")]
            ended.set()
            asking.result()
        assert (made.status_code, exported.status_code, again.status_code) == (201, 200, 201), made.text[:500]
        assert again.json()["records"] == RECORDS
        assert digests[0] == digests[1]
        assert during_import > 50
        for name in ("large", "again"):
            assert client.delete(f"/_mock/worlds/{name}").status_code == 204


def test_the_loop_goes_on_while_a_long_body_is_parsed() -> None:
    app = Application(world="long")
    body = b"[" + b",".join([b'{"a": [1, 2, 3], "b": "' + b"x" * 1_000 + b'"}'] * 40_000) + b"]"

    async def run() -> tuple[Answer, int]:
        call = asyncio.ensure_future(app.call_async("PUT", "/_mock/worlds/long", body, content_type="application/json"))
        turns = 0
        while not call.done():
            await asyncio.sleep(0)
            turns += 1
        return await call, turns

    answer, turns = asyncio.run(run())
    assert answer.status == 400, answer.body[:300]
    assert turns > 100


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_an_upload_of_exactly_8_mib_passes(own: Server, more: int, status: int) -> None:
    body = form(png()).rpartition(b"--x--")[0]
    head, tail = b'--x\r\nContent-Disposition: form-data; name="filler"\r\n\r\n', b"\r\n--x--\r\n"
    filler = limits.FILES_BODY.value + more - len(body) - len(head) - len(tail)
    with client_of(own) as client:
        credentials = next(api for api in client.get("/_mock/apis").json()["apis"] if api["slug"] == "backoffice")["credentials"]
        headers = {**credentials[0]["headers"], "content-type": MULTIPART}
        answer = client.put("/backoffice/api/v1/users/8", content=body + head + b"1" * filler + tail, headers=headers)
    assert answer.status_code == status, answer.text[:500]


@pytest.mark.slow
def test_a_thousand_worlds_in_parallel_are_all_made_and_all_alike(own: Server) -> None:
    def work(first: int) -> set[str]:
        digests = set()
        with client_of(own) as client:
            for number in range(first, WORLDS, 20):
                world = f"parallel-{number}"
                for _ in range(3):
                    assert client.post("/monedero/wallet/sale", headers={**KEY, "x-mock-world": world}, data=SALE).status_code == 200
                digests.add(client.get(f"/_mock/worlds/{world}/digest").json()["digest"])
        return digests

    with ThreadPoolExecutor(20) as threads:
        digests = set().union(*threads.map(work, range(20)))
    assert len(digests) == 1
    with client_of(own) as client:
        assert client.get("/_mock/worlds?prefix=parallel-&limit=1").json()["total"] == WORLDS
