"""Bookings from the request to the end. Source: "Routes" and the four mail scopes of bookings; storing and showing is the engine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import events, hours
from mockserver.apis.trincico.community import BLOCKS
from mockserver.apis.trincico.ownership import any_service
from mockserver.apis.trincico.state import BOOKINGS, SERVICES, Booking, Service, User, moment


def create_reserve(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Book the service that the body names."""
    return _book(world, caller, any_service(world, body["service_id"]), body, infer)


def reserve_service(world: Transaction, caller: User, service_id: str, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Book the service that the path names."""
    return _book(world, caller, any_service(world, service_id), body, infer)


def update_reserve(world: Transaction, caller: User, reserve_id: str, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Change a requested booking; another hour has to be free."""
    booking = _visible(world, caller, reserve_id)
    if booking.user_id != caller.id or booking.status != "requested" or not body.keys() & {"date", "time"}:
        return infer()
    day, hour = body.get("date", _day(booking)), body.get("time", _hour(booking))
    return infer(at=hours.need_free(world, world.table(SERVICES)[booking.service_id], day, hour, but=booking.id))


def patch_reserve(world: Transaction, caller: User, reserve_id: str, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """The same by PATCH."""
    return update_reserve(world, caller, reserve_id, body, infer)


def accept_reserve(world: Transaction, caller: User, reserve_id: str, infer: Callable[..., Reply]) -> Reply:
    """Approve a requested booking of one of the caller's services."""
    booking = _visible(world, caller, reserve_id)
    if world.table(SERVICES)[booking.service_id].owner_id != caller.id:
        raise VendorFault("forbidden_resource")
    reply = infer()
    events.booking_approved(world, world.table(BOOKINGS)[booking.id])
    return reply


def cancel_reserve(world: Transaction, caller: User, reserve_id: str, infer: Callable[..., Reply]) -> Reply:
    """Cancel a booking; the other side is notified."""
    booking = _visible(world, caller, reserve_id)
    by = "user" if booking.user_id == caller.id else "owner"
    reply = infer(canceled_by=by)
    changed = world.table(BOOKINGS)[booking.id]
    (events.booking_user_canceled if by == "user" else events.booking_owner_canceled)(world, changed)
    return reply


def get_service_booking_availability(world: Transaction, service_id: str, date: str) -> Reply:
    """The free hours of a service on a day."""
    free = hours.list_free(world, any_service(world, service_id), hours.read_day(date))
    return Reply(200, {"date": date, "time_segment": [f"{hour:02d}:00" for hour in free]})


def _book(world: Transaction, caller: User, service: Service, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    if service.owner_id == caller.id:
        raise VendorFault("non_processable")
    if any(block.blocked_id == caller.id for block in world.table(BLOCKS).select("user", service.owner_id)):
        raise VendorFault("forbidden_resource")
    at = hours.need_free(world, service, body["date"], body["time"])
    reply = infer(service_id=service.id, at=at)
    events.booking_created(world, next(iter(world.table(BOOKINGS).newest())))
    return reply


def _visible(world: Transaction, caller: User, reserve_id: str) -> Booking:
    """A booking that the caller made, or one of the caller's services. Raises not_found."""
    booking = world.table(BOOKINGS).get(reserve_id) or world.table(BOOKINGS).get(reserve_id.lower())
    if booking is None or caller.id not in (booking.user_id, world.table(SERVICES)[booking.service_id].owner_id):
        raise VendorFault("not_found")
    return booking


def _day(booking: Booking) -> str:
    return moment(booking.at).date().isoformat()


def _hour(booking: Booking) -> str:
    return f"{moment(booking.at):%H}:00"
