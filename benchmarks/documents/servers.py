"""Servers that play a document: this one, Prism, Counterfact."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.peers import MODULES
from benchmarks.servers import free_port
from mockserver.openapi.documents import Document

START = 90
"""Seconds that a server may take to start."""
PEERS = ("mock", "prism", "counterfact")


class NotStarted(Exception):
    """A server does not start; the text is the end of what it printed."""


@dataclass(frozen=True)
class Served:
    """A running server. ``seconds`` is what it took until it listened; ``basis`` counts operations by what answers rest on, if the server says so."""

    base: str
    process: psutil.Process
    seconds: float
    basis: Mapping[str, int]

    @property
    def mebibytes(self) -> float:
        """Resident memory of the process and its children."""
        found = [self.process, *self.process.children(recursive=True)]
        return sum(float(one.memory_info().rss) for one in found) / 2**20


@contextmanager
def serve(peer: str, file: Path, document: Document) -> Iterator[Served]:
    """A server of a document; it ends with the block. Raises NotStarted."""
    port, started = free_port(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(_COMMANDS[peer](file, port, folder), stdout=said, stderr=subprocess.STDOUT, text=True)
        try:
            _wait(process, port)
            seconds = time.monotonic() - started
            said.seek(0)
            printed = said.read()
            base = f"http://127.0.0.1:{port}" + ("" if peer == "prism" else document.base_path)
            listed = re.search(r"base URL +(\S+)", printed)
            basis = re.search(r"\d+ operations: (.*);", printed)
            by = {name: int(number) for number, name in re.findall(r"(\d+) ([a-z ]+)", basis[1])} if basis else {}
            yield Served(listed[1] if listed else base, psutil.Process(process.pid), seconds, by)
        except TimeoutError as error:
            said.seek(0)
            raise NotStarted(said.read()[-300:]) from error
        finally:
            for one in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else ():
                with suppress(psutil.NoSuchProcess):
                    one.terminate()
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[str], port: int) -> None:
    """Wait until a server answers. Raises TimeoutError if it ends, or takes too long."""
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/_mock/health", timeout=5)
        except httpx.HTTPError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError


def _mock(file: Path, port: int, _folder: str) -> list[str]:
    return [sys.executable, "-m", "mockserver", "serve", str(file), "--port", str(port)]


def _prism(file: Path, port: int, _folder: str) -> list[str]:
    script = MODULES / "@stoplight" / "prism-cli" / "dist" / "index.js"
    return ["node", str(script), "mock", "--port", str(port), "--verboseLevel", "silent", str(file)]


def _counterfact(file: Path, port: int, folder: str) -> list[str]:
    return [
        "node",
        str(MODULES / "counterfact" / "bin" / "counterfact.js"),
        str(file),
        folder,
        "--port",
        str(port),
        "--serve",
        "--generate",
        "--no-update-check",
    ]


_COMMANDS: Mapping[str, Callable[[Path, int, str], list[str]]] = {"mock": _mock, "prism": _prism, "counterfact": _counterfact}


def is_installed(peer: str) -> bool:
    """Whether a server can be started here."""
    if peer == "mock":
        return True
    return shutil.which("node") is not None and Path(_COMMANDS[peer](Path(), 0, "")[1]).is_file()


def credentials(document: Document) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query parameters that satisfy every scheme of a document in form."""
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    for scheme in document.security_schemes.values():
        kind, where, name = scheme.get("type"), scheme.get("in"), str(scheme.get("name", ""))
        if kind == "apiKey" and where == "query":
            query[name] = "demo-key"
        elif kind == "apiKey":
            headers.setdefault("Cookie" if where == "cookie" else name, f"{name}=demo-key" if where == "cookie" else "demo-key")
        elif kind == "http" and str(scheme.get("scheme", "")).lower() == "basic":
            headers.setdefault("Authorization", "Basic ZGVtbzpkZW1v")
        elif kind in ("http", "oauth2", "openIdConnect"):
            headers.setdefault("Authorization", "Bearer demo-token")
    return headers, query
