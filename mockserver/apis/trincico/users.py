"""Accounts: signing up, codes, passwords, signing in by another provider. Source: "Routes" and the mail scopes of users."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import blocks, closing, community, events, mails, passwords
from mockserver.apis.trincico.identity import ACCESS, REFRESH, digest, sign
from mockserver.apis.trincico.state import PLANS, SUBSCRIPTIONS, USERS, Subscription, User, current_subscriptions, new_id, seconds

FIRST_NUMBER = 1_000
"""The number of the first user who signs up; seeded users have lower ones."""
YEAR = 365 * 86_400


def create_user(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """A user who is not activated yet; the mail has the activation code."""
    email = body["email"].strip().lower()
    friend = next((user for user in world.table(USERS).all() if user.refer_code and user.refer_code == body.get("refer_code")), None)
    fields = _new_fields(world, email)
    reply = infer(**fields, phone=body.get("phone", ""), password_digest=digest(body["password"]), referred_by=None if friend is None else friend.id)
    mails.welcome(world, passwords.find_user(world, email))
    return reply


def activate_account(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Activate an account by the code of the mail; it gets the free plan."""
    user = passwords.find_user(world, body["email"])
    if user.active:
        raise VendorFault("already_have_resource")
    if not user.activation_code or not hmac.compare_digest(user.activation_code.encode(), body["code"].encode()):
        raise VendorFault("invalid_param")
    reply = infer(active=True, activation_code="")
    _subscribe(world, user)
    return reply


def resend_code(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Mail a new activation code; the one before is no longer good."""
    if passwords.find_user(world, body["email"]).active:
        raise VendorFault("already_have_resource")
    reply = infer(activation_code=world.code("trincico.activation"))
    mails.email_verification(world, passwords.find_user(world, body["email"]))
    return reply


def resend_code_by_email(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """The same, by mail."""
    return resend_code(world, body, infer)


def request_password_reset(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply], home: str) -> Reply:
    """Mail a code and a link for a new password."""
    reply = infer(**passwords.prepare(world, passwords.find_user(world, body["email"])))
    passwords.send(world, next(iter(world.table(community.PASSWORD_RESETS).newest())), home)
    return reply


def resend_password_code_by_email(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply], home: str) -> Reply:
    """Mail another code and link."""
    return request_password_reset(world, body, infer, home)


def resend_password_code(world: Transaction, body: Mapping[str, Any], infer: Callable[..., Reply], home: str) -> Reply:
    """Mail another code and link."""
    return request_password_reset(world, body, infer, home)


def check_reset_code(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """Say whether a code is good; with a password, set it."""
    reset = passwords.find_code(world, passwords.find_user(world, body["email"]), body["code"])
    if reset is None:
        raise VendorFault("invalid_param")
    if "password" in body:
        passwords.use(world, reset, body["password"])
    return Reply(204)


def check_reset_password_token(world: Transaction, uidb64: str, token: str) -> Reply:
    """Say whether a link is good."""
    return Reply(200, {"valid": passwords.find_link(world, uidb64, token) is not None})


def change_password(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Set another password, if the one so far is right."""
    if not hmac.compare_digest(caller.password_digest, digest(body["old_password"])):
        raise VendorFault("bad_credentials")
    reply = infer(**passwords.changed(caller, body["new_password"]))
    events.password_updated(world, caller)
    return reply


def delete_user(world: Transaction, caller: User, infer: Callable[..., Reply]) -> Reply:
    """Close the caller's own account."""
    reply = infer()
    closing.close(world, caller.id)
    return reply


def search_users(world: Transaction, caller: User, infer: Callable[..., Reply]) -> Reply:
    """Other active users; who has blocked another one neither finds that one nor is found."""
    return infer(id={"not": blocks.find_blocked(world, caller.id)})


def sign_in_with_provider(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """Sign in the user whom a provider's token stands for, which is an e-mail or any text; a new one is made."""
    accounts = world.table(community.SOCIAL_ACCOUNTS)
    subject = body["token"].strip()
    held = next((one for one in accounts.all() if (one.provider, one.subject) == (body["provider"], subject)), None)
    user = None if held is None else world.table(USERS).get(held.user_id)
    if user is None:
        user = world.table(USERS).find("email", subject.lower()) or _make_social(world, body["provider"])
        accounts.add(community.SocialAccount(world.draw(community.SOCIAL_ACCOUNTS.name), user.id, body["provider"], subject))
    if not user.active:
        raise VendorFault("require_activation")
    return Reply(200, {"access": sign(world, user, ACCESS), "refresh": sign(world, user, REFRESH)})


def _new_fields(world: Transaction, email: str) -> dict[str, Any]:
    number = world.draw("trincico user", FIRST_NUMBER)
    return {
        "email": email,
        "number": number,
        "country": None,
        "refer_code": world.token("trincico.refer_code", 8).upper(),
        "active": False,
        "token": world.token("trincico.unpublished", 40),
        "activation_code": world.code("trincico.activation"),
        "condition": "",
    }


def _make_social(world: Transaction, provider: str) -> User:
    """An active user without a password, as a provider names one."""
    now = seconds(world)
    user_id = new_id(world, "users")
    fields = {**_new_fields(world, f"{user_id}@{provider}.example.com"), "active": True, "activation_code": ""}
    user = world.table(USERS).add(
        User(id=user_id, first_name="New", last_name="User", phone="", password_digest="", created_at=now, updated_at=now, **fields)
    )
    _subscribe(world, user)
    return user


def _subscribe(world: Transaction, user: User) -> None:
    """Give a new user the free plan, if there is one."""
    plan = next((plan for plan in world.table(PLANS).all() if plan.is_default and plan.active), None)
    if plan is None or current_subscriptions(world, user.id):
        return
    now = seconds(world)
    world.table(SUBSCRIPTIONS).add(
        Subscription(
            id=new_id(world, "subscription"),
            user_id=user.id,
            plan_id=plan.id,
            next_plan_id=None,
            status="active",
            start_at=now,
            end_at=now + YEAR,
            canceled_at=None,
            anchor_at=now,
            periods=0,
            carry=0,
            card="",
            remote_id=f"sub_{world.token('trincico.subscription', 14)}",
            last_payment_id=None,
        )
    )
