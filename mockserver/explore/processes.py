"""Runs the command in a process group of its own, reads what it prints, and leaves none of its processes running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from mockserver.explore.model import Ending, Exited

RUN = "MOCKSERVER_EXPLORE_RUN"
"""The variable that has the name of the run, by which its processes are found."""
KEPT = 64 * 1024
"""Bytes kept of the beginning of an output stream, and as many of its end."""
TICK = 0.5
"""Seconds between two looks at the calls of a command that still runs."""
STRETCH = 6
"""A command that still makes calls is ended after so many times the seconds of ``--hang``."""
LEFT = 1.0
"""Seconds to wait for the end of the output after the command has ended."""

CountCalls = Callable[[], Awaitable[int]]


class _Output:
    """An output stream: its beginning and its end."""

    def __init__(self) -> None:
        self._first = b""
        self._last = b""
        self._left_out = 0

    def add(self, data: bytes) -> None:
        room = KEPT - len(self._first)
        self._first += data[:room]
        self._last += data[room:] if room > 0 else data
        beyond = max(0, len(self._last) - KEPT)
        self._left_out += beyond
        self._last = self._last[beyond:]

    @property
    def text(self) -> str:
        gap = f"\n[{self._left_out} bytes left out]\n".encode() if self._left_out else b""
        return (self._first + gap + self._last).decode("utf-8", "replace")


class CommandNotStarted(Exception):
    """The command cannot be started; the text says why."""


async def run_command(
    command: Sequence[str], variables: Mapping[str, str], *, hang: float, count_calls: CountCalls, most_calls: int, mark: str
) -> Exited:
    """Run a command until it ends, hangs or makes more than ``most_calls`` calls. Afterwards none of its processes runs.

    It hangs if it makes no call for ``hang`` seconds, or still makes some after six times as long. ``mark`` is a text in the environment by which
    processes are found that left the group. Raises NotStarted.
    """
    started = time.monotonic()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(variables),
            start_new_session=True,
        )
    except OSError as error:
        raise CommandNotStarted(f"{command[0]} cannot be started: {error.strerror or error}") from None
    outputs = _Output(), _Output()
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
    readers = [asyncio.ensure_future(_read(stream, output)) for stream, output in zip((process.stdout, process.stderr), outputs, strict=True)]
    ended_by: Ending | None = None
    try:
        ended_by = await _watch(process, hang, count_calls, most_calls)
    finally:
        end_processes(process.pid, mark)
        await asyncio.shield(_reap(process, readers))
    return Exited(process.returncode or 0, outputs[0].text, outputs[1].text, time.monotonic() - started, ended_by)


async def _watch(process: asyncio.subprocess.Process, hang: float, count_calls: CountCalls, most_calls: int) -> Ending | None:
    """Wait for the end of a process. Returns why it has to be ended, or None if it ended by itself."""
    started = progressed = time.monotonic()
    calls = 0
    ended = asyncio.ensure_future(process.wait())
    while True:
        # asyncio.wait_for may swallow a cancellation in Python 3.11
        done, _ = await asyncio.wait({ended}, timeout=TICK)
        # a process that it left behind and that holds its output keeps wait() from returning
        if done or process.returncode is not None:
            ended.cancel()
            return None
        counted = await count_calls()
        now = time.monotonic()
        if counted != calls:
            calls, progressed = counted, now
        if counted > most_calls:
            return "storm"
        if now - progressed > hang or now - started > hang * STRETCH:
            return "hang"


async def _read(stream: asyncio.StreamReader, output: _Output) -> None:
    while data := await stream.read(KEPT):
        output.add(data)


async def _reap(process: asyncio.subprocess.Process, readers: Sequence[asyncio.Future[None]]) -> None:
    """Wait for the end of a process that was ended, and for the rest of its output."""
    await process.wait()
    await asyncio.wait(readers, timeout=LEFT)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


def end_processes(group: int, mark: str) -> None:
    """End every process of a group, and where the system shows environments those that have the mark in theirs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    end_marked(mark)


def end_marked(mark: str) -> None:
    """End the processes of this user that have a text in their environment. Without ``/proc`` none is found."""
    wanted, own = mark.encode(), os.getpid()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            number = int(folder.name)
            if number != own and wanted in (folder / "environ").read_bytes():
                os.kill(number, signal.SIGKILL)
