"""Write docs/limits.md from the table in mockserver/openapi/limits.py: ``python -m docs.limits``."""

from __future__ import annotations

from pathlib import Path

from mockserver.openapi.limits import LIMITS, Limit

PAGE = Path(__file__).resolve().parent / "limits.md"
_INTRODUCTION = """# Limits

This page is generated from `mockserver/openapi/limits.py` by `make docs-limits`; change the table there.

Each limit has one name and one value, which the server, the control plane, the suite and the traffic tools share. An option that is named with a
limit sets another value.
"""
_KIB = 1024
_UNITS = ((1024 * _KIB, "MiB"), (_KIB, "KiB"))


def page() -> str:
    """The text of the page."""
    parts = [_INTRODUCTION]
    for heading, group in LIMITS:
        rows = "\n".join(map(_row, group))
        parts.append(f"## {heading}\n\n| name | value | what it bounds | what happens beyond | option |\n|---|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(limit: Limit) -> str:
    option = f"`{limit.option}`" if limit.option else ""
    return f"| `{limit.name}` | {_amount(limit)} | {limit.bounds} | {limit.beyond} | {option} |"


def _amount(limit: Limit) -> str:
    """The value in the largest unit in which it is a whole number."""
    if limit.unit == "bytes":
        for size, unit in _UNITS:
            if limit.value % size == 0:
                return f"{limit.value // size} {unit}"
    return f"{limit.value:,} {limit.unit}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
