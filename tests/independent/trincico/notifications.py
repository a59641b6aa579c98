"""Notifications by mail, asked for with basic auth."""

import base64
import binascii

from tests.independent.trincico.database import Row, insert, new_id, row
from tests.independent.trincico.faults import Fields, Refused, missing, uuid_of
from tests.independent.trincico.settings import API_PASSWORD, READING, planted
from tests.independent.trincico.subscriptions import Answer

USER_SCOPES = {"welcome", "email_verification", "request_password_code", "password_updated"}
BOOKING_SCOPES = {"booking_created", "booking_owner_canceled", "booking_user_canceled", "booking_approved"}
SCOPES = USER_SCOPES | BOOKING_SCOPES | {"invoice_created", "invoice_paid", "subscription_updated", "subscription_canceled", "payout_updated"}
SUBJECTS = {"welcome": "Welcome", "invoice_created": "A new invoice", "invoice_paid": "Your payment arrived"}


def check_password(header: str) -> None:
    """Refuse a header that does not hold the password of the API."""
    scheme, _, packed = header.partition(" ")
    try:
        text = base64.b64decode(packed.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    password = text.partition(":")[2] if ":" in text else text
    if planted("password_case"):
        password = API_PASSWORD if password.lower() == API_PASSWORD.lower() else password
    if planted("password_prefix") and password:
        password = API_PASSWORD if API_PASSWORD.startswith(password) else password
    if scheme.lower() != "basic" or password != API_PASSWORD:
        raise Refused(READING.unauthorised[0], "bad_credentials")


def send(body: object) -> Answer:
    fields = Fields(body, "channel scope target_id", "channel scope target_id")
    channel, scope, target = fields.text("channel"), fields.text("scope"), fields.text("target_id")
    if channel not in {"email_notification", "sms_notification"}:
        raise fields.wrong("channel")
    if channel == "sms_notification" and not planted("sms_accepted"):
        raise Refused(*READING.sms)
    if scope not in SCOPES:
        if planted("any_scope"):
            return 204, None
        raise Refused(404, "not_found", "scope")
    deliver(scope, target)
    return 204, None


def deliver(scope: str, target: str) -> None:
    if scope in {"invoice_created", "invoice_paid"}:
        paid = row("select invoice from payments where id=? and invoice is not null", uuid_of(target)) if scope == "invoice_paid" else None
        invoice = need("invoices", paid["invoice"] if paid else target)
        if scope == "invoice_created" and invoice["status"] != "ready" and not planted("draft_shared"):
            raise Refused(400, "status_value_denied")
        customer = need("customers", invoice["customer"])
        service = need("services", invoice["service"])
        recipient = service["email"] if planted("mail_to_owner") else customer["email"]
        amount = f"Invoice {invoice['reference']}"
        write(scope, recipient, amount)
        return
    if scope in BOOKING_SCOPES:
        booking = need("bookings", target)
        to_owner = scope in {"booking_created", "booking_user_canceled"}
        owner = need("services", booking["service"])["user"]
        write(scope, user_mail(owner if to_owner else booking["user"]), f"Booking {booking['id']}")
        return
    if scope in USER_SCOPES:
        deliver_to_user(scope, target)
        return
    table = "payouts" if scope == "payout_updated" else "subscriptions"
    write(scope, user_mail(need(table, target)["user"]), f"{table[:-1].capitalize()} {target}")


def deliver_to_user(scope: str, target: str) -> None:
    user = row(
        "select * from users where uuid=? or id=?", uuid_of(target), target if target.isascii() and target.isdigit() and len(target) < 10 else None
    )
    if user is None:
        raise missing("target_id")
    code = user["activation_code"]
    if scope in {"welcome", "email_verification"}:
        if code is None and not planted("code_not_needed"):
            raise Refused(412, "status_value_denied")
        write(scope, user["email"], f"Your code: {code}" if not planted("mail_without_code") else "Welcome")
    elif scope == "request_password_code":
        write(scope, user["email"], f"Your code: {new_id()[:6]}")
    else:
        write(scope, user["email"], "Your password was changed.")


def need(table: str, key: str) -> Row:
    found = row(f"select * from {table} where id=?", uuid_of(key))  # noqa: S608 - names of this program
    if found is None:
        raise missing("target_id")
    return found


def user_mail(key: int) -> str:
    found = row("select email from users where id=?", key)
    return str(found["email"]) if found else ""


def write(scope: str, recipient: str, body: str) -> None:
    if planted("mail_missing") and scope != "welcome":
        return
    for _ in range(2 if planted("mail_twice") else 1):
        insert("mails", channel="email", recipient=recipient, subject=SUBJECTS.get(scope, scope.replace("_", " ")), body=body)
