"""The two credentials of a call: the API key, and the JWT that a login gives. Source: "Autenticación"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt

from mockserver import Transaction, Unauthenticated
from mockserver.apis.backoffice.state import SETTINGS, USERS, Settings, User

ALGORITHM = "HS256"
LIFETIME = timedelta(hours=24)
"""How long a login holds; the page gives no length."""

_WITHOUT_CLOCK = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["user_id", "exp"]}


def verify_api_key(world: Transaction, credential: str) -> Settings:
    """The settings of the company whose key this is."""
    settings = world.table(SETTINGS).find("api_key", credential)
    if settings is None:
        raise Unauthenticated("x_api_key")
    return settings


def verify_jwt(world: Transaction, credential: str) -> User:
    """The user whose JWT this is, its signature judged before its expiry (backoffice.D06), which is judged by the world's clock."""
    if not credential.strip():
        raise Unauthenticated("jwt_token", missing=True)
    try:
        claims = jwt.decode(credential, _secret(world), algorithms=[ALGORITHM], options=_WITHOUT_CLOCK)  # type: ignore[arg-type]
        user, expiry = world.table(USERS).get(int(claims["user_id"])), int(claims["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):
        raise Unauthenticated("jwt_token") from None
    if user is None:
        raise Unauthenticated("jwt_token")
    if world.now.timestamp() >= expiry:
        raise Unauthenticated("jwt_token", "expired")
    return user


def issue_jwt(world: Transaction, user: User) -> tuple[str, datetime]:
    """A JWT for a user and the moment at which it expires, a whole second."""
    expires_at = (world.now + LIFETIME).replace(microsecond=0)
    return sign(_secret(world), user.id, int(expires_at.timestamp())), expires_at.astimezone(UTC)


def sign(secret: str, user_id: int, expiry: int) -> str:
    """A JWT with the two claims that the vendor's has; ``expiry`` is in seconds since 1970."""
    return jwt.encode({"user_id": user_id, "exp": expiry}, secret, algorithm=ALGORITHM, sort_headers=False)


def _secret(world: Transaction) -> str:
    return next(iter(world.table(SETTINGS).all())).jwt_secret
