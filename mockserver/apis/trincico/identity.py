"""Authentication: published tokens, signed tokens of a sign-in, and the password of the notifications.

Signed tokens are JWTs (HS256). They expire by the world's clock. Their key is derived from the world's seed: a
token is valid in every world of that seed.
"""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Any

import jwt

from mockserver import Transaction, Unauthenticated, VendorFault
from mockserver.apis.trincico.state import FAILING, PROVIDER_DOWN, SETTINGS, USERS, User, seconds

ACCESS, REFRESH = "access", "refresh"
LIFETIMES = {ACCESS: 3_600, REFRESH: 30 * 86_400}
"""Seconds for which a token is good."""
API_PASSWORD = "api_password"  # noqa: S105 - the name of the setting, not its value
_ALGORITHM = "HS256"
_OPTIONS: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "sub", "token_type"]}


def digest(password: str) -> str:
    return blake2b(password.encode(), digest_size=16, person=b"trincico").hexdigest()


def sign(world: Transaction, user: User, kind: str) -> str:
    """A token for a user, good from the world's time on for as long as its kind lasts."""
    now = seconds(world)
    claims = {
        "token_type": kind,
        "sub": user.id,
        "iat": now,
        "exp": now + LIFETIMES[kind],
        "ver": user.token_version,
        "jti": world.token("trincico.jti"),
    }
    return jwt.encode(claims, _key(world), _ALGORITHM)


def read(world: Transaction, token: str, kind: str) -> User | None:
    """The user of a token of this kind; None if the token is forged, expired at the world's time, of another kind, or of no user."""
    try:
        claims = jwt.decode(token, _key(world), [_ALGORITHM], options=_OPTIONS)
    except (jwt.InvalidTokenError, RecursionError):
        return None
    if claims["token_type"] != kind or claims["exp"] <= seconds(world):
        return None
    user = world.table(USERS).get(claims["sub"])
    return user if user is not None and claims.get("ver", 0) == user.token_version else None


def verify_bearer(world: Transaction, credential: str) -> User:
    """The user of a published token or of a signed access token."""
    user = world.table(USERS).find("token", credential) or read(world, credential, ACCESS)
    if user is None or not user.active:
        raise Unauthenticated("bearer")
    if user.condition == FAILING:
        raise VendorFault("internal_error")
    return user


def verify_basic(world: Transaction, credential: str) -> str:
    """The caller that sent the right password; the user name before the colon is ignored (trincico.D26)."""
    password = world.table(SETTINGS).get(API_PASSWORD)
    if password is None or not hmac.compare_digest(credential.partition(":")[2].encode(), password.value.encode()):
        raise Unauthenticated("basic")
    return API_PASSWORD


PROVIDER = "trincico.provider"
"""The payment provider behind upgrades, cards, payments and payouts; while it is down they are answered 503."""


def need_provider(world: Transaction, user: User) -> None:
    """Raise a fault if the payment provider does not answer, in general or for this user."""
    if world.is_down(PROVIDER) or user.condition == PROVIDER_DOWN:
        raise VendorFault("service_unavailable")


def _key(world: Transaction) -> bytes:
    return blake2b(f"{world.seed} trincico tokens".encode(), digest_size=32).digest()
