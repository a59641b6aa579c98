"""A real server for the tests, with a separate world for each test."""

from __future__ import annotations

import atexit
import itertools
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

from contract_tests.suite.harness.recorded import audited
from tests import node
from tests.browser import MISSING, OPTIONS, find

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("MOCKSERVER_CHECK_DELTAS", "1")  # every commit of the test suite is compared with its delta
TEST_OPTIONS = "MOCKSERVER_TEST_OPTIONS"
"""The environment variable with further options of every server, in which {folder} is a new directory: ``--state {folder}`` tests another store."""
START_UP = 60
"""Seconds that a server may take to start on a busy machine."""
TLS = ssl.create_default_context()
"""Shared by all clients, because each would otherwise load all certificates of the machine."""


def _read_options() -> list[str]:
    """The further options of a server; a new directory that they name is deleted when the tests end."""
    found = os.environ.get(TEST_OPTIONS, "")
    if "{folder}" in found:
        folder = tempfile.mkdtemp(prefix="mockserver-state-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        found = found.replace("{folder}", folder)
    return shlex.split(found)


class Server:
    """A running server process."""

    def __init__(self, *options: str, program: Sequence[str] = (sys.executable, "-m", "mockserver"), folder: Path = ROOT) -> None:
        more = [] if "--state" in options else _read_options()
        self.process = subprocess.Popen(
            [*program, "serve", "--port", "0", *options, *more],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"},
        )
        self.banner = self._read_banner()
        found = re.search(r"on (https?://\S+)", self.banner)
        assert found, self.banner
        self.url = found[1].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - an address to read, not to bind

    def _read_banner(self) -> str:
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "reference" in line and "/docs/mock" in line:
                break
        else:
            assert self.process.stderr is not None
            raise AssertionError("the server did not start: " + self.process.stderr.read())
        banner = "".join(lines)
        authority = re.search(r"have to trust (\S+)", banner)
        trusting = TLS if authority is None else ssl.create_default_context(cafile=authority[1])
        self._wait(re.search(r"on (https?://\S+)", banner), trusting)
        return banner

    @staticmethod
    def _wait(found: re.Match[str] | None, trusting: ssl.SSLContext) -> None:
        assert found is not None
        deadline = time.monotonic() + START_UP
        while True:
            try:
                httpx.get(found[1].replace("0.0.0.0", "127.0.0.1") + "/_mock/health", verify=trusting)  # noqa: S104 - likewise
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)


@dataclass(frozen=True)
class Mock:
    """One world of a server."""

    url: str
    world: str

    def client(self, slug: str = "", credential: str | None = "demo", **options: Any) -> httpx.Client:
        """A client of a vendor's API in this world. ``credential`` is the name of a published one; None sends none."""
        headers = {"x-mock-world": self.world}
        base_url = self.url
        if slug:
            api = self.api(slug)
            base_url = self.url + httpx.URL(api["base_url"]).path
            if credential is not None:
                headers |= next(found for found in api["credentials"] if found["name"] == credential)["headers"]
        return httpx.Client(base_url=base_url, headers=headers, timeout=20, verify=TLS, **options)

    def api(self, slug: str) -> dict[str, Any]:
        """The control plane's entry about a vendor."""
        apis = httpx.get(f"{self.url}/_mock/apis", verify=TLS).json()["apis"]
        found: dict[str, Any] = next(api for api in apis if api["slug"] == slug)
        return found

    @property
    def control(self) -> httpx.Client:
        """A client of the control plane in this world."""
        return httpx.Client(base_url=f"{self.url}/_mock", headers={"x-mock-world": self.world}, timeout=20, verify=TLS)

    def state(self, slug: str) -> dict[str, list[dict[str, Any]]]:
        """Every record of a vendor, by table."""
        with self.control as control:
            tables = control.get(f"/state/{slug}").json()["tables"]
            return {table: control.get(f"/state/{slug}/{table}").json()["records"] for table in tables}

    def outbox(self, slug: str = "") -> list[dict[str, Any]]:
        """The messages of this world, of one vendor if given: when the clock advances, other vendors send messages, too."""
        with self.control as control:
            messages: list[dict[str, Any]] = control.get("/outbox").json()["messages"]
            return [message for message in messages if slug in ("", message["api"])]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a process. At the end, openapi-core judges all of its answers."""
    recording = tmp_path_factory.mktemp("traffic") / "all.jsonl"
    running = Server("--record", str(recording))
    yield running
    running.stop()
    _, findings = audited(recording)
    assert not findings, f"openapi-core finds in what the tests of this process did:\n{findings}"


_numbers = itertools.count(1)
_not_run: dict[str, set[str]] = {MISSING: set(), node.MISSING: set()}
"""The tests that are skipped because something is not installed, by what it is."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record the tests that are skipped because a browser or Node is not installed."""
    for missing, tests in _not_run.items():
        if report.skipped and missing in str(report.longrepr):
            tests.add(report.nodeid)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Report in the last lines which tests were skipped because something is not installed."""
    for missing, tests in _not_run.items():
        if tests and not hasattr(config, "workerinput"):
            config.get_terminal_writer().line(f"{len(tests)} tests were NOT RUN: {missing}.")


@pytest.fixture
def mock(server: Server) -> Mock:
    """A new world."""
    return Mock(server.url, f"test-{os.getpid()}-{next(_numbers)}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module, because it cannot share a thread with another event loop; without one the tests are skipped."""
    path = find()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        yield launched
        launched.close()
