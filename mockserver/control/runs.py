"""Runs of the contract suite: one at a time, in a process of its own without a shell, within a time budget."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from mockserver.bundled import name_bundled
from mockserver.core.base.clock import iso, stopwatch, wall_clock
from mockserver.openapi import limits

LINES = 400
"""Lines of output that are kept of a run, the last ones."""
WIDTH = 500
"""Characters of a line that are kept."""
GRACE = 50.0
"""Seconds beyond twice its budget after which the process of a run is killed. The budget counts the time of the target, the run needs some itself."""

State = Literal["idle", "running", "held", "broken", "failed", "stopped"]
_STATES: Mapping[int, State] = {0: "held", 1: "broken"}


def _without(environment: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in environment.items() if key != name}


class RunInProgress(Exception):
    """A run is in progress; there is one at a time."""


@dataclass
class Runs:
    """The current or the last run. Reports are written to and read from folders below ``reports``, one for each vendor."""

    reports: Path = field(default_factory=lambda: Path("reports"))
    command: Sequence[str] = ()  # that of `mockserver verify`, if none is given
    scheme: str = "http"  # of this server, under which it is judged itself
    state: State = "idle"
    api: str = ""
    url: str = ""
    level: str = ""
    started_at: str | None = None
    exit_code: int | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    _started: float = 0.0
    _ended: float | None = None
    _before: int = 0
    _process: asyncio.subprocess.Process | None = None
    _task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    @property
    def seconds(self) -> float:
        """Seconds that the run has taken so far, or took."""
        return 0.0 if self.started_at is None else (stopwatch() if self._ended is None else self._ended) - self._started

    async def start(
        self,
        api: str,
        url: str,
        level: str,
        budget: int,
        environment: Mapping[str, str] | None = None,
        resolved: str = "",
        *,
        is_own: bool = False,
    ) -> None:
        """Start a run. Raises RunInProgress if there is one, OSError if the process cannot be started, or its folder not be written.

        ``is_own`` says that the address is the socket of this server, whose certificate needs no check. ``resolved`` are the
        addresses to which the run connects, as :meth:`mockserver.core.base.targets.Targets.check` returns them.
        """
        if self.is_running:
            raise RunInProgress
        self.state, self.api, self.url, self.level = "running", api, url, level
        self.started_at, self.exit_code, self._started, self._ended = iso(wall_clock()), None, stopwatch(), None
        self.lines.clear()
        self._before = self._find_report_time()
        try:
            folder = self.reports / api
            folder.mkdir(parents=True, exist_ok=True)
            unchecked = folder / "own.toml"
            if is_own and self.scheme == "https":
                unchecked.write_text("[tls]\nverify = false\n", encoding="utf-8")
            self._process = await asyncio.create_subprocess_exec(
                *(self.command or (sys.executable, "-m", name_bundled("contract_tests"))),
                *(
                    api,
                    "--url",
                    url,
                    "--level",
                    level,
                    "--report",
                    str(folder),
                    "--time-budget",
                    str(budget),
                    *(("--resolve", resolved) if resolved else ()),
                    *(("--target", str(unchecked)) if is_own and self.scheme == "https" else ()),
                ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                # The token of this server, which may stand in the environment, is for this server only.
                env={**_without(os.environ, "MOCKSERVER_TOKEN"), "PYTHONUNBUFFERED": "1", **(environment or {})},
                start_new_session=True,
                limit=1024 * 1024,
            )
        except OSError:
            self.state, self._ended = "failed", stopwatch()
            raise
        self._task = asyncio.create_task(self._watch(self._process, 2 * budget + GRACE))

    async def stop(self) -> bool:
        """Stop the run; False if there is none."""
        if not self.is_running or self._task is None:
            return False
        self.state = "stopped"
        self.kill()
        with suppress(asyncio.CancelledError):
            await self._task
        return True

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _watch(self, process: asyncio.subprocess.Process, limit: float) -> None:
        """Keep the output of the run until it ends, or kill it when it exceeds ``limit`` seconds."""
        try:
            await asyncio.wait_for(self._read_lines(process), limit)
        except TimeoutError:
            self.lines.append(f"stopped after {limit:.0f} seconds: it exceeded its time budget")
            self.kill()
        self.exit_code = await process.wait()
        self._ended = stopwatch()
        if self.state != "stopped":
            reported = self._find_report_time() != self._before
            self.state = _STATES.get(self.exit_code, "failed") if reported else "failed"

    async def _read_lines(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line longer than the limit of the reader
                continue
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self.lines.append(text[:WIDTH])

    def _find_report_time(self) -> int:
        """The modification time of the report of the run's vendor in nanoseconds; 0 if there is none."""
        try:
            return (self.reports / self.api / "report.json").stat().st_mtime_ns
        except OSError:
            return 0

    # Reports

    def find_newest_folder(self) -> Path | None:
        found = [file for file in (*self.reports.glob("report.json"), *self.reports.glob("*/report.json")) if file.is_file()]
        return max(found, key=lambda file: file.stat().st_mtime_ns).parent if found else None

    def read_file(self, name: str) -> bytes | None:
        """A file of the newest report; None if there is none, or if it is beyond the limit ``report-file``."""
        folder = self.find_newest_folder()
        try:
            file = (folder or self.reports) / name
            return file.read_bytes() if folder is not None and file.stat().st_size <= limits.REPORT_FILE.value else None
        except OSError:
            return None

    def read_report(self) -> dict[str, Any] | None:
        """The newest report as data; None if there is none that can be read."""
        data = self.read_file("report.json")
        try:
            found = None if data is None else orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return found if isinstance(found, dict) else None
