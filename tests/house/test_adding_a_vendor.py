"""The vendor of ``docs/adding-a-vendor.md`` is served as the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT

BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEY = {"X-Key": "acme-demo-key"}


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    """The address of a server over a copy of the checkout to which the files of the page were added."""
    for folder in ("mockserver", "fixtures", "specs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in BLOCK.findall((ROOT / "docs" / "adding-a-vendor.md").read_text(encoding="utf-8")):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        banner, found = "", None
        for line in process.stdout:
            banner += line
            found = re.search(r"base URL\s+(http://\S+)/acme/v1", banner)
            if found:
                break
        assert found, banner
        yield found[1]
        process.terminate()


def test_the_vendor_of_the_page_answers(origin: str) -> None:
    with httpx.Client(base_url=f"{origin}/acme/v1", headers=KEY) as client:
        assert client.post("/notes", json={"text": "milk"}).json() == {"id": 1, "text": "milk"}
        assert client.get("/notes").json() == [{"id": 1, "text": "milk"}]
        assert client.get("/notes", headers={"X-Mock-World": "other"}).json() == []
        read = client.get("/notes/1")
        assert (read.json(), read.headers["X-Mock-Basis"]) == ({"id": 1, "text": "milk"}, "state")
        assert client.put("/notes/1", json={"text": "bread"}).json() == {"id": 1, "text": "bread"}
        assert client.get("/notes").json() == [{"id": 1, "text": "bread"}], "the handler shows what the engine stored"
        assert client.delete("/notes/1").status_code == 204
        assert client.get("/notes/1").status_code == 404
        assert client.get("/notes").json() == []
        assert client.post("/notes", json={"text": ""}).status_code == 400
        assert client.get("/notes", headers={"X-Key": "wrong"}).status_code == 401
        assert "list_notes" in client.get(f"{origin}/acme/v1/openapi.json").text
