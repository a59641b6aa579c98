"""How often a plan allows what a permission is about."""

from __future__ import annotations

from mockserver import Transaction
from mockserver.apis.trincico import wire
from mockserver.apis.trincico.state import User, current_subscriptions, plan_of

CREATE, UPDATE = "service_get_data_to_create", "service_get_data_to_update"
"""Codes of permissions, which are those of two routes."""


def allowed(world: Transaction, caller: User, code: str) -> int:
    """How often the newest of the caller's current plans allows what a permission is about; 0 without one."""
    held = current_subscriptions(world, caller.id)
    features = wire.features(world, plan_of(world, held[-1].plan_id)) if held else []
    return next((int(feature["max_allowed_value"]) for feature in features if feature["code"] == code), 0)
