"""The hours at which services can be booked: working hours, without those that bookings take. All times are UTC."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from mockserver import Transaction, VendorFault
from mockserver.apis.trincico.state import BOOKINGS, SCHEDULES, Service, seconds

TAKING = ("requested", "approved")
"""Statuses of bookings that take an hour."""


def read_day(text: str) -> date:
    """The day of a text that has the form of one. Raises invalid_param for a day that the calendar does not have."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise VendorFault("invalid_param", field="date") from None


def read_hour(day: str, hour: str) -> int:
    """The moment of a day and a full hour, in UNIX seconds. Raises invalid_param."""
    return int(datetime.combine(read_day(day), datetime.min.time(), UTC).timestamp()) + int(hour[:2]) * 3_600


def list_free(world: Transaction, service: Service, day: date, *, but: str = "") -> list[int]:
    """The hours of a day at which a service can be booked. ``but`` is the id of a booking that does not count."""
    if service.status != "published" or not service.booking:
        return []
    weekday = day.isoweekday() % 7
    opened = {
        hour
        for schedule in world.table(SCHEDULES).select("service", service.id)
        if schedule.days[weekday] != "-"
        for hour in range(schedule.from_hour, schedule.to_hour)
    }
    midnight = int(datetime.combine(day, datetime.min.time(), UTC).timestamp())
    taken = Counter(
        (booking.at - midnight) // 3_600
        for booking in world.table(BOOKINGS).select("service", service.id)
        if booking.status in TAKING and booking.id != but
    )
    now = seconds(world)
    return [hour for hour in sorted(opened) if taken[hour] < max(1, service.dates_by_day) and midnight + hour * 3_600 > now]


def need_free(world: Transaction, service: Service, day: str, hour: str, *, but: str = "") -> int:
    """The moment of an hour that can be booked.

    Raises invalid_param if it is past or outside the working hours, status_value_denied if the service cannot be booked, row_exists if it is taken.
    """
    if service.status != "published" or not service.booking:
        raise VendorFault("status_value_denied")
    at, wanted = read_hour(day, hour), int(hour[:2])
    if wanted in list_free(world, service, read_day(day), but=but):
        return at
    is_taken = any(booking.at == at and booking.status in TAKING for booking in world.table(BOOKINGS).select("service", service.id))
    raise VendorFault("row_exists" if is_taken and at > seconds(world) else "invalid_param")
