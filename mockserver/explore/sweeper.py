"""Cleans up after a run that was killed: a process that waits for the end of the run, then deletes its worlds and ends its commands.

A run that ends by itself has nothing left to clean up, and tells it so.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Self

from mockserver.explore.control import Control
from mockserver.explore.options import ExploreOptions
from mockserver.explore.processes import RUN, end_marked

DONE = "done"


class Sweeper:
    """The process, for the time of a run with worlds whose names begin with ``base``."""

    def __init__(self, options: ExploreOptions, base: str) -> None:
        self._options = options
        self._base = base
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        told = {"MOCKSERVER_URL": self._options.url, "MOCKSERVER_TOKEN": self._options.token or ""}
        command = [sys.executable, "-m", "mockserver.explore.sweeper", self._base]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **told},
            start_new_session=True,
        )
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.communicate(DONE)


async def sweep(url: str, token: str | None, base: str) -> None:
    """End the commands of a run and delete its worlds."""
    end_marked(f"{RUN}={base}.")
    control = Control(url, token)
    await control.delete_worlds(base)
    await control.close()


def main() -> None:
    """Wait for the end of the run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.stdin.read() != DONE:
        asyncio.run(sweep(os.environ["MOCKSERVER_URL"], os.environ.get("MOCKSERVER_TOKEN") or None, sys.argv[1]))


if __name__ == "__main__":
    main()
