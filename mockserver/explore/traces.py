"""Stack traces at the end of standard error, of the languages that clients are written in."""

from __future__ import annotations

import re
from dataclasses import dataclass

TAIL = 40
"""Lines of the end of standard error in which a stack trace is looked for."""
_PYTHON_FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line \d+(, in (?P<name>\S+))?')
_NODE_FRAME = re.compile(r"^\s+at (?:(?P<name>.+?) \()?(?P<file>[^()]+):\d+:\d+\)?$")
_OTHER_FRAME = re.compile(r"^\s+at [\w.$/<>]+\(|^goroutine \d+ \[|^\s+from .+:\d+:in |thread '.+' panicked at|^\s*#\d+\s+0x")
_UNCAUGHT = re.compile(r"^Node\.js v\d|\bUncaught\b|\bunhandled\b", re.IGNORECASE)
"""What JavaScript engines print with an uncaught error; a client that prints an error with its stack has caught it."""
_ERROR = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning|Group|Timeout|Declined)?)\b.*")
_OF_OTHERS = ("site-packages", "node_modules", "node:internal", "/lib/python", "internal/", "<frozen")


@dataclass(frozen=True, slots=True)
class Trace:
    """A stack trace: its last line, and what distinguishes its cause from others."""

    text: str
    mark: str


def find_trace(stderr: str) -> Trace | None:
    """The stack trace that ends standard error, or None if there is none there."""
    lines = stderr.rstrip().splitlines()
    if "Traceback (most recent call last):" in stderr and (found := _read_python(lines)) is not None:
        return found
    tail = lines[-TAIL:]
    frames = [index for index, line in enumerate(tail) if _NODE_FRAME.match(line)]
    if frames and any(_UNCAUGHT.search(line) for line in (*tail[: frames[0]], *tail[frames[-1] :])):
        return _read_node(tail, frames[0])
    others = [index for index, line in enumerate(tail) if _OTHER_FRAME.search(line)]
    if others and len(tail) - others[-1] <= 3:  # noqa: PLR2004 - such traces end with their frames
        return Trace(tail[max(0, others[0] - 1)].strip()[:300], tail[max(0, others[0] - 1)].strip()[:80])
    return None


def _read_python(lines: list[str]) -> Trace | None:
    """The last trace of Python, if its error is the last that was said."""
    start = max(index for index, line in enumerate(lines) if line.strip() == "Traceback (most recent call last):" or "Traceback (most" in line)
    frames = [index for index in range(start, len(lines)) if _PYTHON_FRAME.match(lines[index])]
    if not frames:
        return None
    said = next((index for index in range(frames[-1] + 1, len(lines)) if not lines[index].startswith((" ", "\t")) and lines[index]), None)
    if said is None or any(_is_said_after(line) for line in lines[said + 1 :]):
        return None
    return Trace(lines[said][:300], f"{_name_error(lines[said])} {_place(lines, frames)}")


def _is_said_after(line: str) -> bool:
    """Whether a line after an error is no part of its text, such as the address that some libraries add."""
    return bool(line.strip()) and not line.startswith((" ", "\t", "For more information", "During task", "+", "|"))


def _name_error(line: str) -> str:
    found = _ERROR.match(line)
    return found["kind"] if found else line[:60]


def _place(lines: list[str], frames: list[int]) -> str:
    """The innermost function of the client itself."""
    for index in reversed(frames):
        found = _PYTHON_FRAME.match(lines[index])
        if found is not None and not any(part in found["file"] for part in _OF_OTHERS):
            return f"{found['file'].rpartition('/')[2]} {found['name'] or ''}"
    return ""


def _read_node(tail: list[str], first: int) -> Trace:
    text = next((line.strip() for line in reversed(tail[:first]) if line.strip()), "error")
    own = (found for line in tail[first:] if (found := _NODE_FRAME.match(line)) and not any(part in found["file"] for part in _OF_OTHERS))
    place = next(own, None)
    kind = text.partition(":")[0][:60]
    return Trace(text[:300], kind if place is None else f"{kind} {place['file'].rpartition('/')[2]} {place['name'] or ''}")
