"""What an action does to a record: the verb of its path, as a value of the status, a flag or a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.inference.words import fold, split

_STATUSES = ("status", "state", "lifecycle", "lifecyclestatus", "stage", "phase")
_VALUES: Mapping[str, tuple[str, ...]] = {
    "pay": ("paid",),
    "cancel": ("canceled", "cancelled"),
    "close": ("closed",),
    "open": ("open", "opened"),
    "reopen": ("open", "reopened"),
    "publish": ("published",),
    "unpublish": ("unpublished", "draft"),
    "archive": ("archived",),
    "unarchive": ("active", "unarchived"),
    "approve": ("approved",),
    "reject": ("rejected",),
    "activate": ("active", "activated", "enabled"),
    "deactivate": ("inactive", "deactivated", "disabled"),
    "enable": ("enabled", "active"),
    "disable": ("disabled", "inactive"),
    "suspend": ("suspended",),
    "unsuspend": ("active",),
    "resume": ("active", "running", "resumed"),
    "start": ("running", "started", "active", "in_progress"),
    "stop": ("stopped",),
    "pause": ("paused",),
    "complete": ("completed", "complete", "done"),
    "finish": ("finished", "completed", "done"),
    "finalize": ("finalized", "open"),
    "send": ("sent",),
    "submit": ("submitted",),
    "void": ("void", "voided"),
    "refund": ("refunded",),
    "confirm": ("confirmed",),
    "accept": ("accepted",),
    "decline": ("declined",),
    "ship": ("shipped",),
    "deliver": ("delivered",),
    "lock": ("locked",),
    "unlock": ("unlocked",),
    "verify": ("verified",),
    "expire": ("expired",),
    "abort": ("aborted",),
    "revoke": ("revoked",),
    "block": ("blocked",),
    "unblock": ("active", "unblocked"),
    "capture": ("captured",),
    "retry": ("pending", "retrying"),
    "restore": ("active", "restored"),
    "boot": ("running",),
    "reboot": ("running",),
    "shutdown": ("offline", "stopped"),
    "release": ("released",),
    "reverse": ("reversed",),
    "settle": ("settled",),
    "action": (),
}
_UNDO = ("un", "dis", "de")


def verb_of(name: str) -> str:
    """The verb that a segment begins or ends with, empty if it holds none that is known."""
    words = split(name)
    for word in (words[:1] + words[-1:]) if words else ():
        for verb in (word, word.removesuffix("d"), word.removesuffix("ed"), *(one for one, values in _VALUES.items() if word in values)):
            if verb in _VALUES and verb != "action":
                return verb
    return ""


def find_changes(shapes: Shapes, record: Any, name: str, *, undo: bool = False) -> dict[str, Any]:
    """What an action sets on a record, by property; empty if the record has nothing that the verb could mean."""
    verb = verb_of(name)
    if not verb:
        return {}
    properties = shapes.of(record).properties
    found: dict[str, Any] = {}
    for word in properties:
        shape = shapes.of(properties[word])
        if fold(word) in _STATUSES and shape.enum and not undo:
            by_text = {fold(str(value)): value for value in shape.enum if value is not None}
            wanted = next((by_text[fold(value)] for value in _VALUES[verb] if fold(value) in by_text), None)
            if wanted is not None:
                found[word] = wanted
        elif "boolean" in shape.kinds:
            stem = fold(word).removeprefix("is").removeprefix("has")
            if stem in _VALUES[verb] or stem == verb:
                found[word] = not undo
            elif any(stem in _VALUES.get(verb.removeprefix(prefix), ()) for prefix in _UNDO if verb.startswith(prefix)):
                found[word] = undo
        elif fold(word) in {f"{value}{end}" for value in (*_VALUES[verb], verb) for end in ("at", "on", "date", "time")}:
            found[word] = None if undo else "now"
    return found
