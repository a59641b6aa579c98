"""What the BackOffice's document says of the records, for those that somebody writes by hand."""

from __future__ import annotations

from mockserver.apis.backoffice.countries import countries
from mockserver.apis.backoffice.shown import moment, money
from mockserver.apis.backoffice.trees import MATRIX_LEGS
from mockserver.core.base.images import MEDIA_TYPES
from mockserver.core.state.mapping import As, Description, Shown

_KEY = {"minLength": 1}
_SECRET = {"minLength": 32}
"""Shorter ones are none for the algorithm by which tokens are signed."""

DESCRIBED = {
    "settings": Description(
        limits={"api_key": _KEY, "jwt_secret": _SECRET}, unique=("api_key",), because="the company's own settings are not part of its API"
    ),
    "users": Description(
        (
            Shown("User"),
            Shown("TeamUser"),
            Shown("UserUpdate", {"language": None}),
            Shown("UserCreate", {"username": "user_name"}, whole=False),
        ),
        limits={"country_code": {"enum": list(countries())}, "leg": {"enum": ["", *MATRIX_LEGS]}},
        unique=("username", "email", "place"),
    ),
    "pictures": Description(
        limits={"media_type": {"enum": sorted(MEDIA_TYPES)}, "name": {"pattern": r"^[^/\\]+$"}, "size": {"minimum": 0}},
        because="a picture is sent as its bytes",
    ),
    "edit_tokens": Description(because="a token goes out by mail only"),
    "plans": Description((Shown("ProductPlan", {"name": "plan", "price": As(write=lambda hundredths: hundredths / 100)}),)),
    "purchases": Description((Shown("ProductPlan"),)),
    "notices": Description((Shown("Notice"),)),
    "tickets": Description((Shown("Ticket", {"created_at": As(write=moment)}), Shown("TicketCreate", {"subject": "subject"}, whole=False))),
    "threads": Description((Shown("Thread", {"created_at": As(write=moment)}),)),
    "wallets": Description((Shown("DashboardWallet"),)),
    "transactions": Description((Shown("WalletTransaction", {"amount": As(write=money), "balance": As(write=money), "at": As("date", moment)}),)),
    "legs": Description((Shown("Leg"),)),
    "currencies": Description((Shown("Currency"),)),
    "locales": Description((Shown("Locale"),)),
    "categories": Description((Shown("Category"),)),
    "resources": Description((Shown("Resource"),)),
}
