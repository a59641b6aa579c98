"""The signed-in user. Source: "Profile"."""

from __future__ import annotations

from mockserver import Reply, Transaction
from mockserver.apis.trincico import projections
from mockserver.apis.trincico.state import User


def get_profile(world: Transaction, caller: User) -> Reply:
    """The caller with services, favorites, permissions and the present subscription."""
    return Reply(200, projections.profile(world, caller))
