"""The walk of docs/operations.md, and a state directory that an earlier release wrote."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from mockserver.core.state.database import FILE
from tests.conftest import ROOT
from tests.hostile.inside import Inside

KEPT = ROOT / "tests" / "worlds" / "state-of-0.2.0.db"
"""A directory of ``serve --state`` of release 0.2.0 with one vendor: two sales, a snapshot after the first, and a label."""


def find_walk() -> str:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(r"```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_walk_of_the_page_about_operations_keeps_its_worlds(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    walk = (
        find_walk().replace("localhost:8000", f"127.0.0.1:{port}").replace("mockserver serve", f"{sys.executable} -m mockserver serve --port {port}")
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    bash = shutil.which("bash") or "/bin/bash"
    ended = subprocess.run([bash, "-eu", "-c", walk], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
    assert ended.stdout.count("kept in state") == 2


def test_a_state_that_an_earlier_release_wrote_opens_with_its_worlds(tmp_path: Path) -> None:
    shutil.copyfile(KEPT, tmp_path / FILE)

    async def scenario() -> None:
        mock = Inside(state=tmp_path)

        async def get(path: str) -> Any:
            answer = await mock.call("GET", path, "kept")
            assert answer.status_code == 200, answer.text
            return answer.json()

        listed = await get("/_mock/worlds/kept")
        assert (listed["label"], listed["born"], listed["exchanges"], listed["snapshots"]) == ("an earlier release", "2026-01-01T00:00:00Z", 2, 1)
        tables = (await get("/_mock/state/monedero"))["tables"]
        assert tables["wallets"] > 0
        before = await mock.digest("kept")
        assert (await mock.change("kept")).status_code == 200
        assert await mock.digest("kept") != before
        assert (await mock.call("POST", "/_mock/snapshots/one/restore", "kept")).status_code == 200
        assert (await mock.change("kept")).status_code == 200

    asyncio.run(scenario())
