"""The login. Source: "Autenticación"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import DeferredViolations, Reply, Transaction, VendorFault
from mockserver.apis.backoffice.sessions import issue_jwt
from mockserver.apis.backoffice.state import USERS, User, password_digest, user_named

REFERRAL_HOST = "wwww.demo.com"  # four w and no scheme, as printed (backoffice.D22)


def login(world: Transaction, body: Mapping[str, Any], late: DeferredViolations) -> Reply:
    """A JWT for a user. An unknown name and a wrong password are refused alike (backoffice.D07).

    Units: ``exp`` is MM-DD-YYYY HH:MM in UTC (backoffice.D23).
    """
    late.refuse()
    user = user_named(world, body["username"])
    if user is None or user.password_digest != password_digest(body["password"]):
        raise VendorFault("credentials_wrong")
    token, expires_at = issue_jwt(world, user)
    return Reply(
        200,
        {
            "token": token,
            "exp": expires_at.strftime("%m-%d-%Y %H:%M"),
            "id": user.id,
            "username": user.username,
            "sponsor": _sponsor(world, user).username,
            "referral_link": f"{REFERRAL_HOST}/{user.username}",
        },
    )


def _sponsor(world: Transaction, user: User) -> User:
    """The sponsor of a user; the first user, who has none, is returned as their own sponsor."""
    found = None if user.sponsor_id is None else world.table(USERS).get(user.sponsor_id)
    return found or user
