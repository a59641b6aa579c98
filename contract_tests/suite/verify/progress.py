"""The progress of a run on standard error: the phase, how far it is, what was found, what is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from ...printable import printable
from .events import Event, FindingMade, NoteMade, PhaseFinished, PhaseStarted, RunFinished, RunStarted, StepTaken
from .findings_store import FindingsStore

WIDTH = 110


class Progress:
    """Prints events as lines, and steps as one line that is rewritten if the stream is a terminal; counts come from the store.

    ``hide`` takes secrets out of a text.
    """

    def __init__(self, store: FindingsStore, stream: TextIO | None = None, hide: Callable[[str], str] = str) -> None:
        self._store = store
        self._hide = hide
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._last_step = 0.0
        self._step_stands = False
        self._found: set[str] = set()

    def __call__(self, event: Event) -> None:
        match event:
            case StepTaken(text):
                self._show_step(text)
            case FindingMade(finding) if event.key not in self._found:
                self._found.add(event.key)
                self._print(f"  found: {self._hide(finding.sentence)[:200]}")
            case NoteMade(text):
                self._print(text)
            case RunStarted(title, url, level, seed, budget, read_only):
                self._print(f"{title} at {url}: {level}, seed {seed}, {budget:g} s at most" + (", read only" if read_only else ""))
            case PhaseStarted(phase):
                self._print(f"{phase}: begins")
            case PhaseFinished(phase, _, requests):
                self._print(f"{phase}: done, {len(self._store.causes)} findings so far, {requests} requests sent")
            case RunFinished():
                self._print(f"confirmed: {len(self._store.causes)} findings stand, {len(self._store.unconfirmed)} did not come again")

    def _print(self, text: str) -> None:
        """A line that stays."""
        self._write(("\r\x1b[2K" if self._step_stands else "") + f"[{time.monotonic() - self._started:6.1f} s] {printable(text)}\n")
        self._step_stands = False

    def _show_step(self, text: str) -> None:
        """A line that the next one replaces; in a log, one in five seconds."""
        now = time.monotonic()
        if now - self._last_step < (0.1 if self._is_terminal else 5.0):
            return
        self._last_step = now
        if self._is_terminal:
            self._write(f"\r\x1b[2K  {printable(self._hide(text)[:WIDTH])}")
            self._step_stands = True
        else:
            self._print(text)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the reader has closed the stream
            self._stream.write(self._hide(text))
            self._stream.flush()
