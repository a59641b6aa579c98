"""Wire formats of single values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mockserver.apis.troyansys.state import ECUADOR, Module


def dollars(cents: int) -> int | float:
    """An amount in dollars: an integer if whole, else with decimals."""
    whole, rest = divmod(cents, 100)
    return cents / 100 if rest else whole


def local(moment: datetime) -> str:
    """A moment at Ecuador's offset, to the second."""
    return moment.astimezone(ECUADOR).isoformat(timespec="seconds")


def module_to_wire(module: Module) -> dict[str, Any]:
    return {"id": module.id, "code": module.code, "name": module.name}
