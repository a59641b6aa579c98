"""The caller, the company that it acts for, and what that company may do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver import Transaction, Unauthenticated, VendorFault
from mockserver.apis.troyansys import state

_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user with the session of the token, and the companies for which the user may work."""

    user: state.User
    session: state.Session
    company_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Caller:
    """The company that a call is made for; with an API key, the company of the key."""

    company: state.Company


@dataclass(frozen=True, slots=True)
class UserCaller(Caller):
    """A user who works for the company."""

    signed_in: SignedIn


def verify_token(world: Transaction, credential: str) -> SignedIn:
    """The user of a token that is neither closed nor expired."""
    session = world.table(state.SESSIONS).find("token", credential)
    if session is None:
        raise Unauthenticated("bearer")
    if session.closed_at is not None or world.now >= session.expires_at:
        raise Unauthenticated("bearer", "closed or expired")
    user = world.table(state.USERS).get(session.user_id)
    if user is None:
        raise Unauthenticated("bearer", "of a user who is gone")
    memberships = world.table(state.MEMBERSHIPS).select("user", user.id)
    return SignedIn(user, session, frozenset(membership.company_id for membership in memberships))


def verify_company(world: Transaction, credential: str) -> state.Company:
    """The company with the id of X-Company-Id; an unknown or malformed id is refused like a foreign one (troyansys.D09)."""
    company = world.table(state.COMPANIES).get(int(credential)) if _ID.fullmatch(credential) else None
    if company is None:
        raise VendorFault("tenant_restringido")
    return company


def verify_api_key(world: Transaction, credential: str) -> state.Company:
    company = world.table(state.COMPANIES).find("api_key", credential)
    if company is None:
        raise Unauthenticated("api_key")
    return company


def join_callers(identities: Mapping[str, Any]) -> Caller:
    """The company of the key, or the user with the company named, which has to be one of the user's."""
    if "api_key" in identities:
        return Caller(identities["api_key"])
    signed_in: SignedIn = identities["bearer"]
    company: state.Company = identities["company"]
    if company.id not in signed_in.company_ids:
        raise VendorFault("tenant_restringido")
    return UserCaller(company, signed_in)


def require_module(world: Transaction, company: state.Company, code: str) -> None:
    """Refuse a company whose last payment failed, or that does not have a module; only announced operations need one (troyansys.D17)."""
    if state.subscription_of(world, company.id).status == state.PAST_DUE:
        raise VendorFault("tenant_con_pago_fallido")
    if code not in {module.code for module in state.modules_of(world, company)}:
        raise VendorFault("modulo_restringido")
