"""What users do with profiles: change the own one, report and block others. Source: "Routes"; storing and showing is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault, read_digits
from mockserver.apis.trincico import blocks, closing, hours
from mockserver.apis.trincico.community import BLOCKS, Block
from mockserver.apis.trincico.state import SERVICES, USERS, User


def list_profiles(world: Transaction, caller: User, infer: Callable[..., Reply]) -> Reply:
    """The active users, without those between whom and the caller there is a block."""
    return infer(id={"not": blocks.find_blocked(world, caller.id)})


def update_profile(world: Transaction, caller: User, profile_id: str, infer: Callable[..., Reply]) -> Reply:
    """Change the caller's own profile."""
    _need_own(world, caller, profile_id)
    return infer()


def patch_profile(world: Transaction, caller: User, profile_id: str, infer: Callable[..., Reply]) -> Reply:
    """The same by PATCH."""
    return update_profile(world, caller, profile_id, infer)


def delete_profile(world: Transaction, caller: User, profile_id: str, infer: Callable[..., Reply]) -> Reply:
    """Close the caller's own account."""
    _need_own(world, caller, profile_id)
    reply = infer()
    closing.close(world, caller.id)
    return reply


def report_profile(world: Transaction, caller: User, profile_id: str, infer: Callable[..., Reply]) -> Reply:
    """Report another user."""
    if _active(world, profile_id).id == caller.id:
        raise VendorFault("non_processable")
    return infer()


def get_profile_booking_availability(world: Transaction, profile_id: str, date: str) -> Reply:
    """The hours of a day at which one of a user's services is free."""
    user, day = _active(world, profile_id), hours.read_day(date)
    free = {hour for service in world.table(SERVICES).select("owner", user.id) for hour in hours.list_free(world, service, day)}
    return Reply(200, {"date": date, "time_segment": [f"{hour:02d}:00" for hour in sorted(free)]})


def block_user(world: Transaction, caller: User, body: Mapping[str, Any]) -> Reply:
    """Block a user, or lift the block; the same call again changes nothing."""
    user = _active(world, body["user_id"])
    if user.id == caller.id:
        raise VendorFault("non_processable")
    held = next((block for block in world.table(BLOCKS).select("user", caller.id) if block.blocked_id == user.id), None)
    is_wanted = body.get("blocked", True)
    if is_wanted and held is None:
        world.table(BLOCKS).add(Block(world.draw(BLOCKS.name), caller.id, user.id))
    elif held is not None and not is_wanted:
        world.table(BLOCKS).remove(held.id)
    return Reply(204)


def _active(world: Transaction, named: str) -> User:
    """The active user with this id or number. Raises not_found."""
    number = read_digits(named)
    found = world.table(USERS).get(named.lower()) if number is None else world.table(USERS).find("number", number)
    if found is None or not found.active:
        raise VendorFault("not_found")
    return found


def _need_own(world: Transaction, caller: User, profile_id: str) -> None:
    """Raise not_found for a user who does not exist, forbidden_resource for another one."""
    if _active(world, profile_id).id != caller.id:
        raise VendorFault("forbidden_resource")
