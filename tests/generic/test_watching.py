"""A document, an overlay and code are read again when they are saved; worlds stay."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.app import ServerSettings, create_app
from mockserver.cli import cli
from mockserver.openapi.documents import SPECS
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.sources import SourceOptions
from mockserver.selection import DocumentSelection
from mockserver.watching import Watcher
from tests.generic.inside import SHOP
from tests.generic.test_folder import FIXTURES, HANDLERS
from tests.hostile.application import Answer, Application
from tests.inference.declared import CANCEL, action, write_overlay


class Watched:
    """A watched server of a copy of the shop."""

    def __init__(self, folder: Path) -> None:
        self.source = Path(shutil.copy(SHOP, folder / "shop.yaml"))
        selection = DocumentSelection((str(self.source),), SourceOptions(), with_vendors=False, seed_files=(), auth="any", unsure="answer")
        settings = ServerSettings()
        played = selection.read(SPECS)
        self.app = create_app(settings, played.found)
        self.watcher = Watcher(self.app, settings, selection, played)
        self._application = Application(self.app)

    def replace(self, old: str, new: str) -> None:
        """Change the text of the document."""
        text = self.source.read_text(encoding="utf-8")
        assert old in text
        self.source.write_text(text.replace(old, new), encoding="utf-8")

    async def call(self, method: str, path: str, body: bytes = b"") -> Answer:
        return await self._application.call_async(method, "/v1" + path, body, authorization="Bearer demo-token", content_type="application/json")

    async def order(self) -> tuple[str, Any]:
        """The path of a new order, and the order."""
        above = (await self.call("POST", "/customers", b'{"name": "Grace"}')).json()["data"]["id"]
        made = (await self.call("POST", f"/customers/{above}/orders", b'{"amount": 5}')).json()
        return f"/customers/{above}/orders/{made['id']}", made


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.mark.anyio
async def test_a_changed_document_is_served_and_records_stay(watched: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    path, made = await watched.order()
    watched.replace("/health:", "/alive:")
    await watched.watcher.reload()
    assert (await watched.call("GET", "/alive")).status == 200
    assert (await watched.call("GET", "/health")).status == 404
    assert (await watched.call("GET", path)).json() == made
    assert "Reloaded shop: 13 operations" in capsys.readouterr().out
    assert len(list(watched.app.control.journal.entries("default"))) == 5


@pytest.mark.anyio
async def test_an_overlay_and_code_that_come_later_are_read(watched: Watched, tmp_path: Path) -> None:
    path, _ = await watched.order()
    write_overlay(tmp_path, action(f"{CANCEL}.post", "{x-role: {set: {status: paid}}}"))
    (tmp_path / "shop.handlers.py").write_text(HANDLERS, encoding="utf-8")
    (tmp_path / "shop.fixtures.py").write_text(FIXTURES, encoding="utf-8")
    await watched.watcher.reload()
    assert (await watched.call("POST", f"{path}/cancel")).json()["status"] == "paid"
    assert (await watched.call("GET", "/health")).headers["x-mock-basis"] == "handler"
    (tmp_path / "shop.handlers.py").write_text(HANDLERS.replace('"ok"', 'infer().body["status"]'), encoding="utf-8")
    await watched.watcher.reload()
    assert (await watched.call("GET", "/health")).json() == {"status": "ok"}
    started = await Application(watched.app, "another").call_async("GET", "/v1/customers", authorization="Bearer demo-token")
    assert [one["name"] for one in started.json()["data"]] == ["Only"]


@pytest.mark.anyio
async def test_a_broken_file_keeps_the_version_before_and_says_what_is_wrong(
    watched: Watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.handlers.py").write_text('from mockserver import on\n\n@on("GET /helth")\ndef health(call, infer): ...\n', encoding="utf-8")
    await watched.watcher.reload()
    answer = await watched.call("GET", "/health")
    assert answer.status == 200
    assert "not reloaded: " in answer.headers["x-mock-notice"]
    assert "it has GET /health" in answer.headers["x-mock-notice"]
    assert "Not reloaded, the version before goes on" in capsys.readouterr().out
    (tmp_path / "shop.handlers.py").unlink()
    await watched.watcher.reload()
    assert "x-mock-notice" not in (await watched.call("GET", "/health")).headers


@pytest.mark.anyio
async def test_records_that_no_longer_fit_are_reported(watched: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = await watched.order()
    assert (await watched.call("PUT", path.partition("/orders")[0] + "/settings", b'{"theme": "dark"}')).status == 200
    watched.replace("amount: {type: integer, minimum: 1}\n", "amount: {type: string}\n")
    watched.replace("/customers/{customer_id}/settings", "/nothing/{customer_id}/theme")
    await watched.watcher.reload()
    printed = capsys.readouterr().out
    assert "world default: 7 of order do not fit their schema" in printed
    assert "world default: 1 of settings, which is no family any more" in printed


@pytest.mark.anyio
async def test_saving_a_file_is_noticed(watched: Watched) -> None:
    task = asyncio.create_task(watched.watcher.run())
    try:
        await asyncio.sleep(0.3)  # the watch has to begin before the file is saved
        for attempt in range(60):
            watched.source.write_text(SHOP.read_text(encoding="utf-8").replace("/health:", "/alive:") + f"# {attempt}\n", encoding="utf-8")
            await asyncio.sleep(0.5)
            if (await watched.call("GET", "/alive")).status == 200:
                break
        assert (await watched.call("GET", "/alive")).status == 200
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_server_without_documents_has_nothing_to_watch() -> None:
    result = CliRunner().invoke(cli, ["serve", "--port", "0", "--watch"], catch_exceptions=True)
    assert isinstance(result.exception, SetupError)
    assert "--watch reads documents again" in str(result.exception)
