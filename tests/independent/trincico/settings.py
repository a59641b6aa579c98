"""The environment of the server: port, file of the database, reading of the page, planted bug."""

import os
from dataclasses import dataclass

PORT = int(os.environ.get("PORT", "8120"))
DB = os.environ.get("DB", "trincico.db")
BUGS = frozenset(os.environ.get("BUG", "").split(","))
API_PASSWORD = os.environ.get("API_PASSWORD", "demo-notify-7c1")


@dataclass(frozen=True)
class Reading:
    """One way to read what the page leaves open; the numbers are those of the discrepancies in the catalogue."""

    code_keys: tuple[str, ...] = ("internal_code",)  # D02
    field: str = "text"  # D03: text, list or null
    wrapped: bool = False  # D01
    invalid_status: int = 400  # D15
    listed_status: int = 400  # the same for the operations whose tables print 400
    unauthorised: tuple[int, str] = (401, "invalid_token")  # D08
    foreign_subscription: tuple[int, str] = (400, "forbidden_resource")  # D11
    unknown_parameters_refused: bool = True  # D15: no row outside Upgrade and Update payment
    empty_update_refused: bool = True  # D16
    no_subscription_null: bool = False  # D46
    basic_refused: bool = False  # D47
    canceled_at_once: bool = False  # D51
    update_payment_checks_method: bool = True  # D53
    recipient: str = "mixed"  # D56: mixed or customer
    tax: str = "mixed"  # D60: mixed, number or text
    totals_everywhere: bool = False  # D61
    limit_required: bool = False  # D64
    cursor: str = "stored"  # D68: stored, packed or next
    list_values_refused: bool = True  # D69
    no_services: int = 200  # D70
    text_limit: str = "refused"  # D75: refused or cut
    service_guessed: bool = False  # D78
    view_drafts: bool = True  # D80
    full_objects: bool = False  # D81
    payer: str = "any"  # D84: any or owner
    same_status_accepted: bool = False  # D86
    account_answer: int = 204  # D106
    pending_account_conflict: bool = False  # D108
    empty_balance: list[object] | None = None  # D116
    frequency_needs_completed: bool = False  # D118
    first_payout_status: str = "requested"  # D120
    arrival_text: bool = False  # D122
    sms: tuple[int, str] = (501, "not_implemented")  # D125
    notify_by_post: bool = False  # D25
    free_plan_at_provider: bool = True  # "once in the remote server the subscription is saved"
    record_first: bool = False  # a refusal about the record comes before one about the body
    strict_urls: bool = True
    lenient_values: bool = False  # negative prices, empty texts: the page bounds neither
    reduced: bool = False  # keys that the tables lack, or that examples lack, are left out


READINGS = {
    "a": Reading(),
    "b": Reading(
        code_keys=("code",),
        field="list",
        unauthorised=(403, "bad_credentials"),
        foreign_subscription=(403, "forbidden_resource"),
        unknown_parameters_refused=False,
        empty_update_refused=False,
        no_subscription_null=True,
        basic_refused=True,
        canceled_at_once=True,
        update_payment_checks_method=False,
        recipient="customer",
        tax="number",
        totals_everywhere=True,
        limit_required=True,
        cursor="packed",
        list_values_refused=False,
        no_services=403,
        view_drafts=False,
        full_objects=True,
        payer="owner",
        same_status_accepted=True,
        account_answer=201,
        pending_account_conflict=True,
        empty_balance=[],
        frequency_needs_completed=True,
        first_payout_status="pending",
        sms=(404, "not_found"),
        free_plan_at_provider=False,
        record_first=True,
        strict_urls=False,
        lenient_values=True,
    ),
    "c": Reading(
        code_keys=("internal_code", "code"),
        field="null",
        wrapped=True,
        invalid_status=422,
        foreign_subscription=(404, "not_found"),
        tax="text",
        cursor="next",
        text_limit="cut",
        service_guessed=True,
        arrival_text=True,
        notify_by_post=True,
        reduced=True,
    ),
}
READING = READINGS[os.environ.get("READING", "a")]


def planted(name: str) -> bool:
    """Whether the bug of this name is one of those to show."""
    return name in BUGS
