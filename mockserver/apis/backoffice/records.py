"""How BackOffice's records correspond to its document; records written through the control plane are validated by this."""

from __future__ import annotations

from mockserver import MEDIA_TYPES, FieldMapping, RecordMapping, SchemaMapping
from mockserver.apis.backoffice.countries import countries
from mockserver.apis.backoffice.shown import moment, money
from mockserver.apis.backoffice.trees import MATRIX_LEGS

_KEY = {"minLength": 1}
_SECRET = {"minLength": 32}
"""Shorter ones are none for the algorithm by which tokens are signed."""

DESCRIBED = {
    "settings": RecordMapping(
        limits={"api_key": _KEY, "jwt_secret": _SECRET}, unique=("api_key",), because="the company's own settings are not part of its API"
    ),
    "users": RecordMapping(
        (
            SchemaMapping("User"),
            SchemaMapping("TeamUser"),
            SchemaMapping("UserUpdate", {"language": None}),
            SchemaMapping("UserCreate", {"username": "user_name"}, whole=False),
        ),
        limits={"country_code": {"enum": list(countries())}, "leg": {"enum": ["", *MATRIX_LEGS]}},
        unique=("username", "email", "place"),
    ),
    "pictures": RecordMapping(
        limits={"media_type": {"enum": sorted(MEDIA_TYPES)}, "name": {"pattern": r"^[^/\\]+$"}, "size": {"minimum": 0}},
        because="a picture is sent as its bytes",
    ),
    "edit_tokens": RecordMapping(because="a token goes out by mail only"),
    "plans": RecordMapping((SchemaMapping("ProductPlan", {"name": "plan", "price": FieldMapping(write=lambda hundredths: hundredths / 100)}),)),
    "purchases": RecordMapping((SchemaMapping("ProductPlan"),)),
    "notices": RecordMapping((SchemaMapping("Notice"),)),
    "tickets": RecordMapping(
        (SchemaMapping("Ticket", {"created_at": FieldMapping(write=moment)}), SchemaMapping("TicketCreate", {"subject": "subject"}, whole=False))
    ),
    "threads": RecordMapping((SchemaMapping("Thread", {"created_at": FieldMapping(write=moment)}),)),
    "wallets": RecordMapping((SchemaMapping("DashboardWallet"),)),
    "transactions": RecordMapping(
        (
            SchemaMapping(
                "WalletTransaction", {"amount": FieldMapping(write=money), "balance": FieldMapping(write=money), "at": FieldMapping("date", moment)}
            ),
        )
    ),
    "legs": RecordMapping((SchemaMapping("Leg"),)),
    "currencies": RecordMapping((SchemaMapping("Currency"),)),
    "locales": RecordMapping((SchemaMapping("Locale"),)),
    "categories": RecordMapping((SchemaMapping("Category"),)),
    "resources": RecordMapping((SchemaMapping("Resource"),)),
}
