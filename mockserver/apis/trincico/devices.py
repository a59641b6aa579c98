"""Tokens of devices. Source: "Routes"; all but one operation is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Reply, Transaction, fields_of
from mockserver.apis.trincico.community import DEVICE_TOKENS
from mockserver.apis.trincico.state import User


def submit_token(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Register a device; one that is registered is given as it is."""
    held = next((one for one in world.table(DEVICE_TOKENS).select("user", caller.id) if one.token == body["token"]), None)
    return infer() if held is None else Reply(201, fields_of(held, "id token platform created_at"))
