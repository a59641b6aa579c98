"""Services as their owners make them. Source: "Routes"; what the document declares alone is played by the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault, fields_of
from mockserver.apis.trincico import directory, events, wire
from mockserver.apis.trincico.allowance import CREATE, UPDATE, allowed
from mockserver.apis.trincico.ownership import any_service, own_service
from mockserver.apis.trincico.state import SERVICES, User, seconds

YEAR = 365 * 86_400
_EMPTY = {
    **dict.fromkeys(("description", "description_short", "cellphone", "address", "state", "zip_code", "place_id"), ""),
    "website": None,
    "lat": 0.0,
    "lng": 0.0,
    "booking": False,
}
"""Fields of a new service that were not sent."""
_SENT_AS = {"place_id": "placeId"}


def create_service(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """A new service of the caller, if the plan allows another one."""
    if _remaining(world, caller) < 1:
        raise VendorFault("forbidden_resource")
    unsent = {name: value for name, value in _EMPTY.items() if _SENT_AS.get(name, name) not in body}
    return infer(number=None, expires_at=seconds(world) + YEAR, has_default_method=True, **unsent)


def add_service_follower(world: Transaction, caller: User, service_id: str, infer: Callable[..., Reply]) -> Reply:
    """Follow a service; its owner gets a notice."""
    reply = infer()
    events.followed(world, any_service(world, service_id), caller)
    return reply


def get_data_to_create_service(world: Transaction, caller: User) -> Reply:
    """What the form of a new service needs, if the plan allows one."""
    if _remaining(world, caller) < 1:
        raise VendorFault("forbidden_resource")
    return Reply(200, _form(world, caller, None))


def get_data_to_update_service(world: Transaction, caller: User, service_id: str) -> Reply:
    """What the form of one of the caller's services needs."""
    service = own_service(world, caller, service_id)
    if service is None:
        raise VendorFault("not_found")
    if allowed(world, caller, UPDATE) < 1:
        raise VendorFault("forbidden_resource")
    return Reply(200, _form(world, caller, wire.service(world, service)))


def _form(world: Transaction, caller: User, service: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "categories": [wire.category(world, category) for category in world.table(directory.CATEGORIES).all()],
        "countries": [fields_of(country, "id name") for country in world.table(directory.COUNTRIES).all()],
        "remaining": max(0, _remaining(world, caller)),
        "max_allowed_value": allowed(world, caller, CREATE),
        "service": service,
    }


def _remaining(world: Transaction, caller: User) -> int:
    return allowed(world, caller, CREATE) - len(world.table(SERVICES).select("owner", caller.id))
