"""What Monedero's document says of the records, for those that somebody writes by hand."""

from __future__ import annotations

from mockserver.apis.monedero.points import shown
from mockserver.core.state.mapping import As, Description, Shown

_QUOTA = {"minimum": 0}
_POINTS = {"maximum": 2**53 - 1}
"""So that what is added to them stays a number that JSON readers agree on."""

DESCRIBED = {
    "accounts": Description(
        limits={"customers_left": _QUOTA, "redemptions_left": _QUOTA},
        unique=("apikey",),
        because="no call shows an account",
    ),
    "wallets": Description(
        (
            Shown(
                "EmittedWallet", {"key": "wallet_key", "name": "wallet_name", "app_client": "wallet_app_client", "app_redeem": "wallet_app_redeem"}
            ),
            Shown("ContactAdd", {"key": "wallet_key"}),
        ),
        limits={"percent": {"minimum": 0, "maximum": 100}},
        unique=("key",),
    ),
    "usertools": Description(
        (
            Shown(
                "EmittedUsertool",
                {
                    "id": "usertool_id",
                    "name": "usertool_name",
                    "number": "usertool_number",
                    "branch": "usertool_branch",
                    "type": "usertool_type",
                    "status": "usertool_status",
                },
            ),
            Shown("EmployeeAdd", {"name": "employee_name", "branch": "business_name"}),
        )
    ),
    "contacts": Description(
        (
            Shown(
                "EmittedContact",
                {"name": "contact_name", "phone": "contact_phone", "birthdate": "contact_birthdate", "points": As("contact_balance", shown)},
            ),
            Shown(
                "ContactAdd",
                {"name": "customer_name", "birthdate": As("customer_birthdate", or_nothing=True), "usertool_id": As(write=str)},
            ),
        ),
        limits={"points": _POINTS},
        unique=("phone",),
    ),
    "blacklist": Description((Shown("ContactAdd"),)),
    "numbers": Description((Shown("ContactAdd"),), limits={"condition": {"enum": ["landline", "unreachable", "locked"]}}),
}
