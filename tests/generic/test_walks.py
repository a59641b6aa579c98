"""The calls of ``docs/walks.md`` are answered as the page says, by documents that are not in the project."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.app import ServerSettings, create_app
from mockserver.openapi.documents import SPECS
from mockserver.openapi.foreign.sources import SourceOptions
from mockserver.selection import DocumentSelection
from mockserver.watching import Watcher
from tests.conftest import ROOT
from tests.foreign.test_corpus import CORPUS
from tests.generic.inside import Inside

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of documents is not beside the checkout; MOCKSERVER_CORPUS names it")
PAGE = (ROOT / "docs" / "walks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
WALKS = [(name, text) for kind, name, text in BLOCKS if kind == "http"]
FILES = {name: text for kind, name, text in BLOCKS if kind != "http"}
CALL = re.compile(r"(\w+) +(\S+)(?: +(\{.*\}))? +(\d+)")


class Walk:
    """Makes the calls of a block, and keeps the values that later calls name."""

    def __init__(self, app: Any, base_path: str, headers: dict[str, str]) -> None:
        self._app = app
        self._base_path = base_path
        self._headers = headers
        self.known: dict[str, Any] = {}

    async def go(self, text: str) -> list[Any]:
        """The bodies of the answers. Each answer has the status at the end of its line."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://localhost") as client:
            return [await self._call(client, line) for line in text.splitlines()]

    async def _call(self, client: httpx.AsyncClient, line: str) -> Any:
        found = CALL.fullmatch(line)
        assert found is not None, line
        method, path, body, status = found.groups()
        sent = {} if body is None else {"json": json.loads(self._fill(body))}
        answer = await client.request(method, self._base_path + self._fill(path), headers={} if status == "401" else self._headers, **sent)
        assert answer.status_code == int(status), f"{line}: {answer.text}"
        content = answer.json() if "json" in answer.headers.get("content-type", "") else None
        record = content.get("data", content) if isinstance(content, dict) else content
        record = record[0] if isinstance(record, list) and record else record
        if answer.is_success and isinstance(record, dict):
            self.known |= record
        return content

    def _fill(self, text: str) -> str:
        return re.sub(r"<(\w+)>", lambda name: str(self.known[name[1]]), text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, text in WALKS if name], ids=[name for name, _ in WALKS if name])
def test_ten_calls_are_answered_from_the_document_alone(name: str, text: str) -> None:
    inside = Inside(CORPUS / f"{name}.yaml")
    assert len(asyncio.run(Walk(inside.app, inside.document.base_path, dict(inside.headers)).go(text))) == 10


@pytest.fixture
def petstore(tmp_path: Path) -> Path:
    """A folder with Petstore and the three files of the page."""
    shutil.copy(CORPUS / "petstore-v3.yaml", tmp_path / "api.yaml")
    for name in ("api.overlay.yaml", "handlers.py", "fixtures.py"):
        assert len(FILES[name].splitlines()) <= 10
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    return tmp_path


def test_an_overlay_a_handler_and_a_fixture_of_ten_lines_change_what_is_played(petstore: Path) -> None:
    asyncio.run(_walk_and_reload(petstore))


async def _walk_and_reload(folder: Path) -> None:
    selection = DocumentSelection((str(folder),), SourceOptions(), with_vendors=False, seed_files=(), auth="any", unsure="answer")
    played = selection.read(SPECS)
    (vendor,) = played.made.values()
    app = create_app(ServerSettings(), played.found)
    walk = Walk(app, vendor.document.base_path, {"Authorization": "Bearer demo-token", "api_key": "demo-key"})
    (text,) = [text for name, text in WALKS if not name]
    tagged, order, _, refused, sold = await walk.go(text)
    assert [one["name"] for one in tagged] == ["Max"]
    assert order["status"] == "placed"
    assert refused is None or "Max is sold" in str(refused)
    assert [one["name"] for one in sold] == ["Max"]
    handlers = folder / "handlers.py"
    handlers.write_text(handlers.read_text(encoding="utf-8").replace('pet["status"] == "sold"', "False"), encoding="utf-8")
    await Watcher(app, ServerSettings(), selection, played).reload()
    await walk.go('POST /store/order {"petId": <petId>} 200')
    assert [one["name"] for one in (await walk.go("GET /pet/findByStatus?status=sold 200"))[0]] == ["Max"]


@pytest.mark.slow
def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    shutil.copy(CORPUS / "train-travel.yaml", tmp_path)
    (tmp_path / "test_bookings.py").write_text(FILES["test_bookings.py"], encoding="utf-8")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_bookings.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
