"""How Trincico's records correspond to its document; records written through the control plane are validated by this."""

from __future__ import annotations

from mockserver import LATEST, FieldMapping, RecordMapping, SchemaMapping
from mockserver.apis.trincico import checkouts, onboardings
from mockserver.apis.trincico.choices import BANKS, CARDS
from mockserver.apis.trincico.money import HUNDREDTHS_OF_PERCENT, LARGEST_AMOUNT, rate_number, rate_text
from mockserver.apis.trincico.state import FAILING, PROVIDER_DOWN

_SECONDS = {"type": "integer", "nullable": True, "minimum": 0, "maximum": int(LATEST.timestamp())}
"""A time within the calendar of the mock. The type of the field says whether None is allowed."""
_MOMENTS = {"created_at": _SECONDS, "updated_at": _SECONDS}
_AMOUNT = {"minimum": 0, "maximum": LARGEST_AMOUNT}
_CARD = {"enum": ["", *CARDS]}
_ADDRESS = {"$ref": "#/components/schemas/WebAddress"}
_CURRENCY = {"$ref": "#/components/schemas/Currency"}
_HOUR = {"minimum": 0, "maximum": 24}
_DIGEST = {"pattern": "^[0-9a-f]*$"}
"""The hash of a password; empty if the user has none."""

DESCRIBED = {
    "plans": RecordMapping(
        (SchemaMapping("Plan"),),
        limits={
            "price": {"$ref": "#/components/schemas/Price"},
            "frequencies": {"$ref": "#/components/schemas/Frequencies"},
            "interval_count": {"maximum": 1_200},
            "trial_period_days": {"maximum": 36_500},
        },
    ),
    "features": RecordMapping((SchemaMapping("Permission"),)),
    "payment_methods": RecordMapping((SchemaMapping("PaymentMethod"),)),
    "users": RecordMapping(
        (
            SchemaMapping("UserShown", {"number": "id", "id": None}),
            SchemaMapping("ProfileShown"),
            SchemaMapping("ProfileLocation"),
            SchemaMapping("UserRegistered"),
        ),
        limits={"created_at": _SECONDS, "updated_at": _SECONDS, "condition": {"enum": ["", PROVIDER_DOWN, FAILING]}, "password_digest": _DIGEST},
        unique=("token", "email"),
    ),
    "services": RecordMapping(
        (
            SchemaMapping("Service", {"place_id": "placeId"}),
            SchemaMapping("ServicePromises"),
            SchemaMapping("ServiceShort"),
            SchemaMapping("ServiceOfInvoice"),
        ),
        limits={"expires_at": _SECONDS},
    ),
    "visits": RecordMapping((SchemaMapping("Visit", {"user_id": "author"}),), limits={"created_at": _SECONDS}),
    "gallery": RecordMapping((SchemaMapping("GalleryImage"),)),
    "schedules": RecordMapping(
        (SchemaMapping("WorkSchedule"),), limits={"days": {"pattern": "^[A-Za-z-]{7}$"}, "from_hour": _HOUR, "to_hour": _HOUR}
    ),
    "favorites": RecordMapping(because="of a favorite the document shows the service only"),
    "customers": RecordMapping((SchemaMapping("Customer", {"updated_at": None}),), limits=_MOMENTS),
    "subscriptions": RecordMapping(
        (SchemaMapping("Subscription"), SchemaMapping("SubscriptionSummary")),
        limits={
            **dict.fromkeys(("start_at", "end_at", "canceled_at", "anchor_at"), _SECONDS),
            "periods": {"minimum": -1, "maximum": 120_000},
            "carry": _AMOUNT,
            "card": _CARD,
        },
    ),
    "payments": RecordMapping(
        (SchemaMapping("Payment"),),
        limits={
            **dict.fromkeys(("gross_amount", "fee_amount", "net_amount"), _AMOUNT),
            **dict.fromkeys(("created_at", "available_at"), _SECONDS),
            "card": {"enum": list(CARDS)},
        },
    ),
    "invoices": RecordMapping(
        (SchemaMapping("InvoiceListedShown"), SchemaMapping("InvoiceCreate")),
        limits={**dict.fromkeys(("sub_amount", "tax_amount", "amount"), _AMOUNT), **dict.fromkeys(("created_at", "updated_at"), _SECONDS)},
        unique=("reference",),
    ),
    "items": RecordMapping(
        (
            SchemaMapping("ItemCreate"),
            SchemaMapping("ItemShown", {"tax_rate": FieldMapping("tax", rate_text)}),
            SchemaMapping("ItemListedShown", {"tax_rate": FieldMapping("tax", rate_number)}),
        ),
        limits={"amount": _AMOUNT, "tax_amount": _AMOUNT, "tax_rate": {"type": "integer", "nullable": True, "maximum": HUNDREDTHS_OF_PERCENT}},
    ),
    "checkouts": RecordMapping(
        limits={
            "kind": {"enum": list(checkouts.KINDS)},
            "status": {"enum": list(checkouts.STATUSES)},
            "amount": _AMOUNT,
            "currency": _CURRENCY,
            "success_url": _ADDRESS,
            "cancel_url": _ADDRESS,
            "card": _CARD,
            "expires_at": _SECONDS,
        },
        because="a checkout is a page for people",
    ),
    "onboardings": RecordMapping(
        limits={"status": {"enum": list(onboardings.STATUSES)}, "return_url": _ADDRESS, "refresh_url": _ADDRESS, "expires_at": _SECONDS},
        because="an onboarding is a page for people",
    ),
    "payout_accounts": RecordMapping(
        (SchemaMapping("PayoutAccountShown"), SchemaMapping("ExternalAccount", {"remote_id": "account"}, whole=False)),
        limits={"created_at": _SECONDS, "updated_at": _SECONDS},
    ),
    "bank_accounts": RecordMapping((SchemaMapping("ExternalAccount"),), limits={"bank": {"enum": list(BANKS)}}),
    "payouts": RecordMapping(
        (SchemaMapping("PayoutShown"),), limits={"amount": _AMOUNT, **dict.fromkeys(("arrival_date", "created_at", "updated_at"), _SECONDS)}
    ),
    "bookings": RecordMapping(
        (SchemaMapping("Reserve", {"canceled_by": FieldMapping("canceled_by", or_nothing=True)}),),
        limits={"at": _SECONDS, "created_at": _SECONDS, "canceled_by": {"enum": ["", "user", "owner"]}},
    ),
    "categories": RecordMapping((SchemaMapping("Category"),)),
    "countries": RecordMapping((SchemaMapping("Country"),)),
    "cities": RecordMapping((SchemaMapping("City"),)),
    "municipalities": RecordMapping((SchemaMapping("Municipality"),)),
    "blog_entries": RecordMapping((SchemaMapping("BlogEntry"),)),
    "report_details": RecordMapping((SchemaMapping("ReportDetail"),)),
    "reviews": RecordMapping(
        (SchemaMapping("Review", {"answer": FieldMapping("answer", or_nothing=True)}),), limits={**_MOMENTS, "answered_at": _SECONDS}
    ),
    "reports": RecordMapping((SchemaMapping("Report"),), limits={"created_at": _SECONDS}),
    "user_notifications": RecordMapping((SchemaMapping("UserNotice"),), limits={"created_at": _SECONDS}),
    "blocks": RecordMapping(because="of a block nothing is shown"),
    "device_tokens": RecordMapping((SchemaMapping("DeviceToken"),), limits={"created_at": _SECONDS}),
    "chats": RecordMapping((SchemaMapping("Chat"),), limits={"created_at": _SECONDS}),
    "chat_messages": RecordMapping((SchemaMapping("ChatMessage"),), limits={"created_at": _SECONDS, "received_at": _SECONDS}),
    "password_resets": RecordMapping(limits={"expires_at": _SECONDS}, because="a code is mailed, never shown"),
    "social_accounts": RecordMapping(because="of a social account nothing is shown"),
    "settings": RecordMapping(limits={"value": {"pattern": "^[ -~]*$"}}, because="what the vendor has configured is not part of its API"),
}
