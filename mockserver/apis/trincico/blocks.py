"""Blocks between users. Source: "Routes", which names the call that blocks."""

from __future__ import annotations

from mockserver import Transaction
from mockserver.apis.trincico.community import BLOCKS


def find_blocked(world: Transaction, user_id: str) -> list[str]:
    """The ids of the users whom a user has blocked, and of those who have blocked the user."""
    by_user = [block.blocked_id for block in world.table(BLOCKS).select("user", user_id)]
    return [*by_user, *(block.user_id for block in world.table(BLOCKS).select("blocked", user_id))]
