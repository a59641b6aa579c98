"""One server for a run of tests: the first process that needs it starts it, all others use it, and it ends with the run.

The processes of a run share a folder. The process that creates the lock file starts the server; the server writes its address beside it as soon
as it answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0
"""Seconds that a server may take to start on a busy machine."""
GRACE = 5.0
"""Seconds to wait for a server to end."""
_TICK = 0.02


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server and its process."""

    url: str
    process: int


class NotStarted(Exception):
    """The server did not start; the text says why."""


def start_or_join(folder: Path, companion: int, options: Sequence[str] = ()) -> Address:
    """The server of the run with this folder, started by the first process that asks. It ends with the ``companion`` process. Raises NotStarted."""
    try:
        os.close(os.open(folder / "lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return _wait(folder, None)
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--announce", str(folder / "address"), "--while-alive", str(companion)]
    with log:
        process = subprocess.Popen([*command, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603 - our own command
    try:
        address = _wait(folder, process)
    except NotStarted as error:
        (folder / "failed").write_text(str(error), encoding="utf-8")
        raise
    process.returncode = 0  # it outlives this process on purpose: suppress the warning about a running child
    return address


def stop(folder: Path) -> None:
    """End the server of a run, if one was started."""
    try:
        address = _read(folder / "address")
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.kill(address.process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while _runs(address.process) and time.monotonic() < deadline:
        time.sleep(_TICK)


def _runs(process: int) -> bool:
    """Whether a process runs. A finished child of this process is reaped."""
    with contextlib.suppress(ChildProcessError, AttributeError):
        return os.waitpid(process, os.WNOHANG) == (0, 0)
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _wait(folder: Path, process: subprocess.Popen[bytes] | None) -> Address:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (folder / "failed").exists():
            raise NotStarted((folder / "failed").read_text(encoding="utf-8"))
        with contextlib.suppress(FileNotFoundError):
            return _read(folder / "address")
        if process is not None and process.poll() is not None:
            raise NotStarted(
                f"the mock server ended with {process.returncode}: {(folder / 'log').read_text(encoding='utf-8', errors='replace').strip()}"
            )
        time.sleep(_TICK)
    raise NotStarted(f"the mock server did not start within {PATIENCE:g} s; {folder / 'log'} may say why")


def _read(file: Path) -> Address:
    told = json.loads(file.read_text(encoding="utf-8"))
    return Address(told["url"], told["process"])
