"""The two trees below a member: the team (who sponsored whom) and the matrix (who stands below whom)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from mockserver import Transaction
from mockserver.apis.backoffice.state import USERS, User

MATRIX_LEGS = ("left", "center", "right")
MATRIX_LEVELS = 3
"""Levels of a matrix, the member at its top included; the page's sample has the dimensions 3 / 3 and three levels."""


def sponsored_by(world: Transaction, user: User) -> Iterator[User]:
    """The users whom a member has sponsored, in the order in which they joined."""
    return iter(world.table(USERS).select("sponsor", user.id))


def team_of(world: Transaction, user: User) -> Iterator[User]:
    """Everybody below a member in the unilevel tree, at any level; once each, should a world be imported in which it is no tree."""
    waiting, seen = deque([user]), {user.id}
    while waiting:
        for member in sponsored_by(world, waiting.popleft()):
            if member.id not in seen:
                seen.add(member.id)
                waiting.append(member)
                yield member


def matrix_child(world: Transaction, parent_id: int, leg: str) -> User | None:
    """Who stands in a place of the matrix."""
    return world.table(USERS).find("place", (parent_id, leg))


def free_place(world: Transaction, sponsor: User) -> tuple[int, str]:
    """The place of a new member in the matrix of a sponsor: parent and leg.

    The free place nearest to the sponsor, from left to right; within one leg only if the sponsor's default leg is left or right.
    """
    legs = (sponsor.default_leg,) if sponsor.default_leg in MATRIX_LEGS else MATRIX_LEGS
    places = deque((sponsor.id, leg) for leg in legs)
    while True:
        place = places.popleft()
        taken = matrix_child(world, *place)
        if taken is None:
            return place
        places.extend((taken.id, leg) for leg in MATRIX_LEGS)
