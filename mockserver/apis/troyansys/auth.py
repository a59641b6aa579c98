"""Sessions of client users: opened, shown, closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver import Reply, Transaction, VendorFault, fields_of
from mockserver.apis.troyansys.callers import UserCaller
from mockserver.apis.troyansys.shapes import local, module_to_wire
from mockserver.apis.troyansys.state import COMPANIES, SESSIONS, USERS, Session, User, modules_of, password_digest

LIFETIME = timedelta(hours=24)
"""How long a token works; the page gives no figure (troyansys.D16)."""


def login_user(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """Open a session. Wrong credentials are 401, whichever of the two is wrong (troyansys.D15)."""
    user = world.table(USERS).find("email", body["email"].lower())
    if user is None or user.password_digest != password_digest(body["password"]):
        raise VendorFault("credenciales_incorrectas")
    now = world.now.replace(microsecond=0)  # the end is shown to the second, so it comes at a full one
    session = world.table(SESSIONS).add(
        Session(
            id=world.draw("troyansys.session"),
            user_id=user.id,
            token=world.token("troyansys.session", 40),
            device_name=body.get("device_name"),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return Reply(200, {"token": session.token, "token_type": "Bearer", "expires_at": local(session.expires_at), "user": _login_user(world, user)})


def get_authenticated_user(caller: UserCaller) -> Reply:
    """The user of the token; the active company is the one named in X-Company-Id (troyansys.D10)."""
    user, company = caller.signed_in.user, caller.company
    return Reply(200, {**fields_of(user, "id name email"), "company": {"id": company.id, "name": company.name}, "active_company_id": company.id})


def logout_user(world: Transaction, caller: UserCaller) -> Reply:
    """Close the session of the token, and no other."""
    world.table(SESSIONS).change(caller.signed_in.session, closed_at=world.now)
    return Reply(200, {"message": "Sesion API cerrada."})


def _login_user(world: Transaction, user: User) -> dict[str, Any]:
    company = world.table(COMPANIES).get(user.active_company_id)
    modules = [] if company is None else modules_of(world, company)
    return {**fields_of(user, "id name email active_company_id"), "active_modules": [module_to_wire(module) for module in modules]}
