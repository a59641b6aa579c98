"""Looking up a city. Source: "Routes"; the other catalogues are declared, and played by the engine."""

from __future__ import annotations

from collections.abc import Callable

from mockserver import Reply, Transaction, VendorFault, fields_of
from mockserver.apis.trincico.directory import CITIES, City


def get_city(world: Transaction, name: str | None, lat: float | None, lng: float | None, infer: Callable[..., Reply]) -> Reply:
    """The city of a name, else the nearest one to a place."""
    if name is not None:
        return infer()
    if lat is None or lng is None:
        raise VendorFault("missing_param")
    found = min(world.table(CITIES).all(), key=lambda city: _distance(city, lat, lng), default=None)
    if found is None:
        raise VendorFault("not_found")
    return Reply(200, fields_of(found, "id name state country lat lng"))


def _distance(city: City, lat: float, lng: float) -> float:
    """The square of a distance in degrees; good enough to compare."""
    across = abs(city.lng - lng)
    return (city.lat - lat) ** 2 + min(across, 360 - across) ** 2
