"""Pictures behind the addresses in other answers. Not on the vendor's page; without them every image in a client would be broken."""

from __future__ import annotations

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.backoffice.state import PICTURES

NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
ASSETS = {
    "user-icon-white.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#8a94a6"/>'
        '<g fill="#fff"><circle cx="32" cy="24" r="11"/><path d="M10 58c2-13 11-19 22-19s20 6 22 19z"/></g></svg>'
    ),
    "plan.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="8" fill="#2f5d8a"/>'
        '<path fill="#fff" d="M32 12l6 13 14 2-10 10 2 14-12-7-12 7 2-14-10-10 14-2z"/></svg>'
    ),
}
"""Icons by file name."""


def get_profile_image(world: Transaction, id: int, name: str) -> Reply:
    """An uploaded picture, under the media type that its bytes have."""
    picture = world.table(PICTURES).get(id)
    if picture is None or picture.name != name:
        raise VendorFault("not_found")
    return Reply(200, picture.data, NO_SNIFFING, picture.media_type)


def get_asset(name: str) -> Reply:
    """An icon."""
    return Reply(200, ASSETS[name].encode(), NO_SNIFFING, "image/svg+xml")
