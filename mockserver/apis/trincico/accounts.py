"""Account pages for people, as django.contrib.auth names them, and the two pages of the live chat. Source: "Routes"."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.trincico import events, pages, passwords
from mockserver.apis.trincico.identity import digest
from mockserver.apis.trincico.state import USERS, User

SHORTEST = 8
"""Letters of a password."""
_OLD, _NEW, _AGAIN = (
    ("old_password", "Password so far", "password"),
    ("new_password1", "New password", "password"),
    ("new_password2", "Again", "password"),
)
_EMAIL = ("email", "E-mail", "email")


def log_out_session(home: str) -> Reply:
    """Lead to the page that asks for a link; this server keeps no session."""
    return _on(f"{home}/accounts/password_reset")


def show_password_change() -> Reply:
    return pages.form("Change your password", (_OLD, _NEW, _AGAIN), "Change it")


def submit_password_change(world: Transaction, caller: User, body: Mapping[str, Any], home: str) -> Reply:
    """Set another password if the form is right."""
    wrong = _find_wrong(body)
    if not hmac.compare_digest(caller.password_digest, digest(body.get("old_password", ""))):
        wrong = "Your password so far is another one."
    if wrong:
        return pages.form("Change your password", (_OLD, _NEW, _AGAIN), "Change it", wrong=wrong)
    events.password_updated(world, world.table(USERS).change(caller, **passwords.changed(caller, body["new_password1"])))
    return _on(f"{home}/accounts/password_change/done")


def show_password_changed() -> Reply:
    return pages.text("Password changed", "Your password was changed.")


def show_password_reset() -> Reply:
    return pages.form("Forgot your password?", (_EMAIL,), "Send me a link")


def submit_password_reset(world: Transaction, body: Mapping[str, Any], home: str) -> Reply:
    """Mail a link if a user has the address; the answer is the same in any case."""
    user = world.table(USERS).find("email", body.get("email", "").strip().lower())
    if user is not None and user.active:
        passwords.request(world, user, home)
    return _on(f"{home}/accounts/password_reset/done")


def show_password_reset_sent() -> Reply:
    return pages.text("Look into your mailbox", "If an account has this address, a link for a new password is on its way.")


def show_new_password(world: Transaction, uidb64: str, token: str) -> Reply:
    """The form behind a link, or that the link is no longer good."""
    if passwords.find_link(world, uidb64, token) is None:
        return _no_longer_good()
    return pages.form("Choose a new password", (_NEW, _AGAIN), "Set it")


def submit_new_password(world: Transaction, uidb64: str, token: str, body: Mapping[str, Any], home: str) -> Reply:
    """Set the new password if link and form are right."""
    reset = passwords.find_link(world, uidb64, token)
    if reset is None:
        return _no_longer_good()
    wrong = _find_wrong(body)
    if wrong:
        return pages.form("Choose a new password", (_NEW, _AGAIN), "Set it", wrong=wrong)
    passwords.use(world, reset, body["new_password1"])
    return _on(f"{home}/accounts/reset/done")


def show_password_reset_complete() -> Reply:
    return pages.text("Password set", "Your new password is set. You can sign in with it.")


def show_live_chat() -> Reply:
    return pages.text("Live chat", "Add the name of a room to the address of this page.")


def show_live_chat_room(room_name: str) -> Reply:
    return pages.text(f"Room {room_name}", "The mock plays no socket: there is no message in this room.")


def _no_longer_good() -> Reply:
    return pages.text("This link is no longer good", "It was used, or it has expired. Ask for another one.")


def _find_wrong(body: Mapping[str, Any]) -> str:
    """What is wrong with the two new passwords of a form, empty if nothing is."""
    first, second = body.get("new_password1", ""), body.get("new_password2", "")
    if first != second:
        return "The two passwords are not the same."
    return f"A password has {SHORTEST} letters at least." if len(first) < SHORTEST else ""


def _on(address: str) -> Reply:
    return Reply(302, None, {"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
