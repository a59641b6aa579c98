"""Codes and links for a new password. Source: the mail scopes request_password_code and password_updated."""

from __future__ import annotations

import base64
import binascii
import hmac

from mockserver import Transaction, VendorFault
from mockserver.apis.trincico import events, mails
from mockserver.apis.trincico.community import PASSWORD_RESETS, PasswordReset
from mockserver.apis.trincico.identity import digest
from mockserver.apis.trincico.state import USERS, User, new_id, seconds, user_of

LIFETIME = 3_600
"""Seconds for which a code and its link are good."""


def find_user(world: Transaction, email: str) -> User:
    """The user with an e-mail. Raises not_found."""
    found = world.table(USERS).find("email", email.strip().lower())
    if found is None:
        raise VendorFault("not_found")
    return found


def prepare(world: Transaction, user: User) -> dict[str, object]:
    """The fields of a new code of a user; the codes before it are no longer good."""
    for earlier in list(world.table(PASSWORD_RESETS).select("user", user.id)):
        if not earlier.used:
            world.table(PASSWORD_RESETS).change(earlier, used=True)
    return {"user_id": user.id, "code": world.code("trincico.password"), "expires_at": seconds(world) + LIFETIME}


def send(world: Transaction, reset: PasswordReset, home: str) -> None:
    """Mail a code and its link."""
    uid = base64.urlsafe_b64encode(reset.user_id.encode()).decode().rstrip("=")
    mails.request_password_code(world, user_of(world, reset.user_id), reset.code, f"{home}/accounts/reset/{uid}/{reset.id}")


def request(world: Transaction, user: User, home: str) -> None:
    """Make a code of a user and mail it."""
    fields = prepare(world, user)
    send(world, world.table(PASSWORD_RESETS).add(PasswordReset(id=new_id(world, "password_resets"), **fields)), home)  # type: ignore[arg-type]  # the fields of prepare


def find_code(world: Transaction, user: User, code: str) -> PasswordReset | None:
    """The good code of a user with this text, None if there is none."""
    found = [one for one in world.table(PASSWORD_RESETS).select("user", user.id) if is_good(world, one)]
    return next((one for one in found if hmac.compare_digest(one.code.encode(), code.encode())), None)


def find_link(world: Transaction, uid: str, token: str) -> PasswordReset | None:
    """The good code to which a link belongs, None if the link is used, expired or of another user."""
    try:
        user_id = base64.urlsafe_b64decode(uid + "=" * (-len(uid) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    found = world.table(PASSWORD_RESETS).get(token)
    return found if found is not None and found.user_id == user_id and is_good(world, found) else None


def is_good(world: Transaction, reset: PasswordReset) -> bool:
    """Whether a code can still be used."""
    return not reset.used and reset.expires_at > seconds(world)


def use(world: Transaction, reset: PasswordReset, password: str) -> None:
    """Set a new password by a code, which is no longer good then."""
    world.table(PASSWORD_RESETS).change(reset, used=True)
    user = user_of(world, reset.user_id)
    events.password_updated(world, world.table(USERS).change(user, **changed(user, password)))


def changed(user: User, password: str) -> dict[str, object]:
    """The fields of a user with another password; signed tokens given before are no longer good."""
    return {"password_digest": digest(password), "token_version": user.token_version + 1}
