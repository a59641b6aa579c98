"""What another user does meanwhile: which changes are tried, and whether the client lets them stand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.explore.faults import PlacedFault
from mockserver.explore.fields import INSIDE, is_chosen_text, list_fields
from mockserver.explore.model import ClientCall, ClientRun

CHANGED = " (changed by another user)"
"""What another user adds to a text."""
MOST = 3
"""Changes of another user that are tried."""


def find_others(baseline: ClientRun) -> Iterator[tuple[str, int]]:
    """What another user can change: ``TABLE/ID/FIELD``, each with the number of the call before which it happens.

    These are texts of records that the baseline changes in other fields. It happens just before the first call that changes the record, so
    that a client that writes back what it has read before writes the old text.
    """
    found = 0
    for change in baseline.changes:
        before, after = change["before"], change["after"]
        if change["bookkeeping"] or before is None or after is None or found >= MOST:
            continue
        number = _find_first_write(baseline.calls, change)
        texts = {name: value for name, value in list_fields(before) if isinstance(value, str) and value and is_chosen_text(name)}
        kept = [name for name, value in list_fields(after) if name in texts and texts[name] == value]
        chosen = next((name for name in kept if _is_free(name.removeprefix(INSIDE), texts[name], baseline.calls)), None)
        if chosen is not None and number is not None:
            found += 1
            yield f"{change['table']}/{change['id']}/{chosen}", number


def make_change(record: Mapping[str, Any], field: str) -> dict[str, Any]:
    """What another user sends to change a field. Raises KeyError if the record has none of that name."""
    text = f"{dict(list_fields(record))[field]}{CHANGED}"
    inner = field.removeprefix(INSIDE)
    return {field: text} if inner == field else {"data": {**record["data"], inner: text}}


def _find_first_write(calls: Sequence[ClientCall], change: Mapping[str, Any]) -> int | None:
    """The number of the first call that changes a record."""
    for number, call in enumerate(calls, 1):
        if any((written["table"], written["id"]) == (change["table"], change["id"]) for written in call.changes):
            return number
    return None


def _is_free(name: str, value: str, calls: Iterable[ClientCall]) -> bool:
    """Whether the client does not want this value itself: it sends no such field, or sends back what an answer has shown before."""
    shown = False
    for call in calls:
        if name in _list_names(call.sent) and not shown:
            return False
        shown = shown or json.dumps(value) in json.dumps(call.answered)
    return True


def _list_names(sent: Any) -> set[str]:
    """The names of the fields of a body, at every depth."""
    if isinstance(sent, dict):
        return {*sent, *(name for value in sent.values() for name in _list_names(value))}
    if isinstance(sent, list):
        return {name for value in sent for name in _list_names(value)}
    return set()


def find_lost(run: ClientRun, faults: Iterable[PlacedFault]) -> str:
    """The change of another user that is gone at the end of a run, in words; empty if there is none."""
    for fault in faults:
        if fault.event == "other":
            table, record, field = (fault.details[name] for name in ("table", "id", "field"))
            ends = [change["after"] for change in run.changes if (change["table"], str(change["id"])) == (table, record)]
            if any(end is not None and CHANGED not in str(dict(list_fields(end)).get(field)) for end in ends):
                return f"{field} of {table} {record}"
    return ""


def take_out(run: ClientRun, faults: Iterable[PlacedFault]) -> ClientRun:
    """A run without what another user did, so that its end can be compared."""
    if all(fault.event != "other" for fault in faults):
        return run
    changes = [{**change, "after": _without(change["after"])} for change in run.changes]
    kept = tuple(change for change in changes if change["before"] != change["after"])
    return replace(run, changes=kept, masked={**run.masked, CHANGED: ""})


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(CHANGED, "")
    if isinstance(value, dict):
        return {name: _without(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner) for inner in value]
    return value
