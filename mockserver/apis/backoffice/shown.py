"""How the BackOffice writes moments, money and addresses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from mockserver import Transaction
from mockserver.apis.backoffice.state import PICTURES, User

ZONE = timezone(timedelta(hours=-7))
"""The company's time zone: the offset of every time on the page, and the midnight at which its days end."""

BASE = "/backoffice"
DEFAULT_PICTURE = f"{BASE}/assets/user-icon-white.svg"
PLAN_PICTURE = f"{BASE}/assets/plan.svg"


def moment(at: datetime) -> str:
    """ISO 8601 with milliseconds and the company's offset."""
    return at.astimezone(ZONE).isoformat(timespec="milliseconds")


def money(hundredths: int) -> str:
    """Decimal text with one decimal at least: ``-50.0``, ``12.75``."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{f'{rest:02}'.rstrip('0') or '0'}"


def picture_url(world: Transaction, user: User) -> str:
    """The URL of a user's picture, or of the default icon if none was uploaded."""
    picture = None if user.picture_id is None else world.table(PICTURES).get(user.picture_id)
    if picture is None:
        return world.own_url + DEFAULT_PICTURE
    return f"{world.own_url}{BASE}/uploads/user/profile_image/{picture.id}/{picture.name}"
