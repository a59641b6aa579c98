"""What a run tells while it runs, on standard error: the stage, how far it is, what was found, what is left."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from .findings_store import Cause

WIDTH = 110


class Progress:
    """Lines for a log, and one line that is rewritten where standard error is a terminal."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._quiet = quiet
        self._started = time.monotonic()
        self._shown = 0.0
        self._dirty = False

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._quiet:
            return
        self._clear()
        self._write(f"[{time.monotonic() - self._started:6.1f} s] {text}\n")

    def step(self, text: str) -> None:
        """A line that the next one replaces; on a log, one in five seconds."""
        now = time.monotonic()
        if self._quiet or now - self._shown < (0.1 if self._live else 5.0):
            return
        self._shown = now
        if self._live:
            self._write(f"\r\x1b[2K  {text[:WIDTH]}")
            self._dirty = True
        else:
            self.say(text)

    def found(self, cause: Cause) -> None:
        """Say that something new was found."""
        self.say(f"  found: {cause.finding.sentence[:200]}")

    def _clear(self) -> None:
        if self._dirty:
            self._write("\r\x1b[2K")
            self._dirty = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._quiet = True  # nobody listens any more
