"""The command as a user runs it, and targets for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest

from tests.conftest import ROOT
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Server
    from tests.verify.servers import Handler

SCHEMA = json.loads((ROOT / "contract_tests/suite/verify/report/schema.json").read_text())
START_UP = 15.0
"""Seconds for loading Python and the suite on a busy machine, in addition to the time budget."""


@dataclass(frozen=True)
class Done:
    """A finished run of the command."""

    code: int
    out: str
    err: str
    seconds: float
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """Read report.json and validate it against its schema."""
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        jsonschema.Draft202012Validator(SCHEMA).validate(found)
        return found


def verify(folder: Path, *arguments: object, **environment: str) -> Done:
    """Run the command in a folder; fails if it prints a traceback."""
    started = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "contract_tests",
            *map(str, arguments),
            *([] if {"--init", "--doctor"} & set(arguments) else ["--report", str(folder / "report")]),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1_200,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **environment},
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stdout[-2_000:] + done.stderr[-4_000:]
    return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - started, folder / "report")


@pytest.fixture
def flawed(server: Server) -> Iterator[Callable[[Callable[[str, str, dict[str, Any]], dict[str, Any]]], Any]]:
    """Factory of targets that answer like the mock, except that a function changes each JSON body (method, path, body)."""

    client = httpx.Client(base_url=server.url, timeout=30)

    def make(change: Callable[[str, str, dict[str, Any]], dict[str, Any]]) -> Any:
        def handle(handler: Handler) -> None:
            kept = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "content-length", "accept-encoding")}
            answer = client.request(handler.command, handler.path, headers=kept, content=handler.body)
            body = answer.content
            if "/_mock" not in handler.path and "json" in answer.headers.get("content-type", ""):
                body = json.dumps(change(handler.command, handler.path, answer.json())).encode()
            extra = {name: value for name, value in answer.headers.items() if name.lower() in ("allow", "location", "retry-after")}
            handler.answer(answer.status_code, body, answer.headers.get("content-type", "text/plain"), **extra)

        return serving(handle)

    with client:
        yield make


@pytest.fixture
def branches_without_descriptions(flawed: Any) -> Iterator[str]:
    """A SERPI whose lists lack a required field of each branch."""

    def change(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "GET" and "Sucursales" in path and isinstance(body.get("result"), list):
            return {**body, "result": [{name: value for name, value in one.items() if name != "descripcion"} for one in body["result"]]}
        return body

    with flawed(change) as origin:
        yield f"{origin}/serpi/api/v1"
