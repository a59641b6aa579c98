"""The trees of a member as the page shows them. Source: "TeamView", "Matrixs"."""

from __future__ import annotations

from typing import Any

from mockserver import Reply, Transaction, VendorFault, fields_of
from mockserver.apis.backoffice.shown import picture_url
from mockserver.apis.backoffice.state import USERS, User, plan_name
from mockserver.apis.backoffice.trees import MATRIX_LEGS, MATRIX_LEVELS, matrix_child, sponsored_by

TEAM_LEVELS = 100
"""Levels of a team that are shown: JSON that is nested deeper is read by few."""


def get_teamview(world: Transaction, id: int) -> Reply:
    """The unilevel tree below a user, who is not in it."""
    return Reply(200, {"teamview": _members(world, _top(world, id), 1)})


def get_matrix(world: Transaction, id: int) -> Reply:
    """The matrix of a user, regardless of ``matrix_on`` (backoffice.D36)."""
    return Reply(200, {"matrix": _node(world, _top(world, id), 0)})


def _top(world: Transaction, user_id: int) -> User:
    """The user at the top. Raises a fault under the field ``user_id`` if there is no such user (backoffice.D08)."""
    user = world.table(USERS).get(user_id)
    if user is None:
        raise VendorFault("user_unknown")
    return user


def _members(world: Transaction, sponsor: User, level: int) -> list[dict[str, Any]]:
    if level > TEAM_LEVELS:
        return []
    return [
        {
            "user": {
                **fields_of(member, "id username first_name last_name email"),
                "level": level,
                "plan": plan_name(world, member),
                "image_url": picture_url(world, member),
            },
            "childs": _members(world, member, level + 1),
        }
        for member in sponsored_by(world, sponsor)
    ]


def _node(world: Transaction, user: User | None, level: int) -> dict[str, Any]:
    """One place of the matrix, empty if no member holds it. Every node has all its fields (backoffice.D12)."""
    if user is None or level == MATRIX_LEVELS:
        return {}
    children = {f"child_{leg}": _node(world, matrix_child(world, user.id, leg), level + 1) for leg in MATRIX_LEGS}
    shown = {"id": user.id, "usernname": user.username, "plan": plan_name(world, user), "image": picture_url(world, user), "level": level}
    return {"user": shown, **children, "last_node": not any(children.values())}
