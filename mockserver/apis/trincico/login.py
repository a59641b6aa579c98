"""Signing in. Source: "Routes", which names the two and gives no bodies (trincico.D29)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico.identity import ACCESS, REFRESH, digest, read, sign
from mockserver.apis.trincico.state import USERS


def login_user(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """Both tokens for an e-mail and its password. Raises a fault of its own if the user is not activated."""
    user = world.table(USERS).find("email", body["email"].strip().lower())
    if user is None or not hmac.compare_digest(user.password_digest, digest(body["password"])):
        raise VendorFault("bad_credentials")
    if not user.active:
        raise VendorFault("require_activation")
    return Reply(200, {"access": sign(world, user, ACCESS), "refresh": sign(world, user, REFRESH)})


def refresh_login(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """The next access token for a refresh token that is still good."""
    user = read(world, body["refresh"], REFRESH)
    if user is None or not user.active:
        raise VendorFault("invalid_token")
    return Reply(200, {"access": sign(world, user, ACCESS)})
