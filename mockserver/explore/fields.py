"""The fields of a record as the control plane shows it: those of a served document stand below ``data``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

INSIDE = "data."
"""What stands in front of the name of a field below ``data``."""
_TEXTS = re.compile(r"note|comment|description|descripcion|name|address|direccion|title|label|remark", re.IGNORECASE)


def is_chosen_text(name: str) -> bool:
    """Whether the field of this name is a text that a user chooses."""
    return _TEXTS.search(name) is not None


def list_fields(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a record with their values; those of a record of a served document have ``data.`` in front."""
    for name, value in record.items():
        if name == "data" and isinstance(value, dict):
            yield from ((f"{INSIDE}{inner}", content) for inner, content in value.items())
        else:
            yield name, value


def write_fields(record: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as :func:`list_fields` gives them, in the form of their record."""
    if not isinstance(record.get("data"), dict):
        return dict(fields)
    inner = {name.removeprefix(INSIDE): value for name, value in fields.items() if name.startswith(INSIDE)}
    return {**{name: value for name, value in fields.items() if not name.startswith(INSIDE)}, "data": inner}
