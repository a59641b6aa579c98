"""Changes of records as JSON: the kind of each change, and the innermost fields that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.core.state.tables import Table
from mockserver.core.state.world import Change
from mockserver.openapi.masking import MASK
from mockserver.openapi.pointers import escape_part


def render_change(declared: Table[Any], change: Change) -> dict[str, Any]:
    """A change as JSON: its kind, and the innermost fields that differ, with secrets masked.

    Of a record that was added or removed these are its fields that have a value.
    """
    before, after = (None if record is None else declared.codec.encode(record) for record in (change.before, change.after))
    kind = "added" if before is None else "removed" if after is None else "changed"
    fields = []
    for pointer, was, is_ in _find_differences(before or {}, after or {}, ""):
        secret = pointer.split("/")[1] in declared.secrets
        masked = [MASK if secret and value is not None else value for value in (was, is_)]
        fields.append({"pointer": pointer, "before": masked[0], "after": masked[1]})
    return {"table": change.table, "id": change.id, "kind": kind, "fields": fields}


def render_records(declared: Table[Any], change: Change) -> dict[str, Any]:
    """A change as JSON with the whole record before and after, without secrets."""
    before, after = (None if record is None else declared.to_json(record) for record in (change.before, change.after))
    return {"table": change.table, "id": change.id, "bookkeeping": declared.is_bookkeeping, "before": before, "after": after}


def _find_differences(before: Any, after: Any, pointer: str) -> Iterator[tuple[str, Any, Any]]:
    """JSON pointer, old and new value of each innermost place at which two JSON values differ; a missing member counts as null."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _find_differences(before.get(key), after.get(key), f"{pointer}/{escape_part(key)}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (was, is_) in enumerate(zip(before, after, strict=True)):
            yield from _find_differences(was, is_, f"{pointer}/{number}")
    elif before != after or type(before) is not type(after):
        yield pointer, before, after
