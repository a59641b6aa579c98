"""How Monedero's records correspond to its document; records written through the control plane are validated by this."""

from __future__ import annotations

from mockserver import FieldMapping, RecordMapping, SchemaMapping
from mockserver.apis.monedero import toolusers, wallet
from mockserver.apis.monedero.points import shown

_QUOTA = {"minimum": 0}
_POINTS = {"maximum": 2**53 - 1}
"""Leaves room for additions: sums stay integers that every JSON reader keeps exactly."""

DESCRIBED = {
    "accounts": RecordMapping(limits={"customers_left": _QUOTA, "redemptions_left": _QUOTA}, unique=("apikey",), because="no call shows an account"),
    "wallets": RecordMapping(
        (SchemaMapping("EmittedWallet", wallet.SHOWN), SchemaMapping("ContactAdd", {"key": "wallet_key"})),
        limits={"percent": {"minimum": 0, "maximum": 100}},
        unique=("key",),
    ),
    "usertools": RecordMapping(
        (SchemaMapping("EmittedUsertool", toolusers.SHOWN), SchemaMapping("EmployeeAdd", {"name": "employee_name", "branch": "business_name"}))
    ),
    "contacts": RecordMapping(
        (
            SchemaMapping(
                "EmittedContact",
                {
                    "name": "contact_name",
                    "phone": "contact_phone",
                    "birthdate": "contact_birthdate",
                    "points": FieldMapping("contact_balance", shown),
                },
            ),
            SchemaMapping(
                "ContactAdd",
                {"name": "customer_name", "birthdate": FieldMapping("customer_birthdate", or_nothing=True), "usertool_id": FieldMapping(write=str)},
            ),
        ),
        limits={"points": _POINTS},
        unique=("phone",),
    ),
    "blacklist": RecordMapping((SchemaMapping("ContactAdd"),)),
    "numbers": RecordMapping((SchemaMapping("ContactAdd"),), limits={"condition": {"enum": ["landline", "unreachable", "locked"]}}),
}
