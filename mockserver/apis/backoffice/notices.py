"""Announcements. Source: "Notices"."""

from __future__ import annotations

from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.backoffice.state import NOTICES, user_by


def get_notices(world: Transaction, id: int) -> Reply:
    """The notices to all users, to this user, and to the holders of this user's current plan."""
    user = user_by(world, id)
    return Reply(
        200, {"general_notices": _to(world, None, None), "user_notices": _to(world, user.id, None), "plan_notices": _to(world, None, user.plan_id)}
    )


def _to(world: Transaction, user_id: int | None, plan_id: int | None) -> list[dict[str, Any]]:
    found = world.table(NOTICES).select("audience", (user_id, plan_id))
    return [{"id": notice.id, "title": notice.title, "content": notice.content} for notice in found]
