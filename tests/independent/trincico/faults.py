"""Refusals and their texts, and the reading of request bodies."""

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from tests.independent.trincico.settings import READING, planted

Json = dict[str, Any]
BIGINT = 2**63 - 1

MESSAGES = {
    "invalid_token": "The token is invalid.",
    "bad_credentials": "Invalid credentials.",
    "not_found": "Resource not found.",
    "already_have_resource": "The target entity already has the resource.",
    "multi_row": "The target entity has more than one object.",
    "configuration_needed": "Configuration is needed on the server side.",
    "missing_param": "A required param is absent.",
    "forbidden_empty_request": "At least one param is needed.",
    "unrecognized_parameter": "A param is not expected here.",
    "invalid_param": "The value of a param is not valid.",
    "status_value_denied": "The status does not allow this operation.",
    "service_unavailable": "An external service failed.",
    "forbidden_resource": "Permission is missing.",
    "non_upgradable": "The resource can not change this way.",
    "non_processable": "Mandatory data is absent.",
    "row_exists": "There is such a row already.",
    "internal_error": "Opps something went wrong.",
    "balance_insufficient": "The funds do not suffice.",
    "not_implemented": "This is not implemented yet.",
}


class Refused(Exception):
    """An answer of the API that is not a success."""

    def __init__(self, status: int, code: str, *fields: str) -> None:
        super().__init__(code)
        self.status, self.code, self.fields = status, code, fields


def missing(name: str) -> Refused:
    return Refused(404, "not_found", name)


def render_refusal(refused: Refused) -> Json:
    body: Json = dict.fromkeys(READING.code_keys, refused.code)
    body["message"] = MESSAGES[refused.code]
    if READING.field == "text":
        body["field"] = refused.fields[0] if refused.fields else []
    elif READING.field == "list":
        body["field"] = list(refused.fields)
    elif READING.field == "null":
        body["field"] = None
    return body


def uuid_of(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return str(uuid.UUID(value)) if len(value) == 36 else None
    except ValueError:
        return None


def decimal_of(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 24:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and str(value).strip() == str(value) else None


class Fields:
    """The body of one call: what is expected, absent and wrong, in the order of the reading."""

    def __init__(self, body: object, known: str, required: str, *, listed: bool = False) -> None:
        """`listed`: the table of the operation prints 400 with the codes for faulty params."""
        self.status = READING.listed_status if listed else READING.invalid_status
        self.listed = listed
        if not isinstance(body, dict):
            raise Refused(self.status, "invalid_param")
        self.body: Json = body
        unknown = [name for name in body if name not in known.split()]
        absent = [name for name in required.split() if name not in body]
        if unknown and (listed or READING.unknown_parameters_refused) and not (planted("extra_accepted") and listed) and not absent:
            raise Refused(self.status, "unrecognized_parameter", *unknown)
        if absent and not (planted("cancel_url_optional") and absent == ["cancel_url"]):
            raise Refused(self.status, "missing_param", *absent)

    def __contains__(self, name: str) -> bool:
        return name in self.body

    def wrong(self, name: str) -> Refused:
        return Refused(self.status, "invalid_param", name)

    def text(self, name: str, limit: int | None = None, *, blank: bool = False) -> str:
        value = self.body[name]
        if not isinstance(value, str) or not (value or blank or READING.lenient_values) or "\x00" in value:
            raise self.wrong(name)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.wrong(name) from None
        if limit is not None and len(value) > limit:
            if READING.text_limit == "refused" and not planted("length_unchecked"):
                raise self.wrong(name)
            return value if planted("length_unchecked") else value[:limit]
        return value

    def key(self, name: str) -> str:
        value = uuid_of(self.body[name])
        if value is None:
            raise self.wrong(name)
        return value

    def url(self, name: str) -> str:
        value = self.text(name)
        if not READING.strict_urls:
            if "://" not in value:
                raise self.wrong(name)
            return value
        try:
            parts = urlsplit(value)
        except ValueError:
            raise self.wrong(name) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in value:
            raise self.wrong(name)
        return value

    def integer(self, name: str, least: int, most: int = BIGINT) -> int:
        value = self.body[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(name)
        return value

    def flag(self, name: str) -> bool:
        value = self.body[name]
        if not isinstance(value, bool):
            raise self.wrong(name)
        return value

    def tax(self) -> str | None:
        if self.body.get("tax") is None:
            return None
        value = decimal_of(self.body["tax"])
        if value is None or not 0 <= value <= 100:
            raise self.wrong("tax")
        if value != value.quantize(Decimal("0.01")) and READING.tax == "mixed":
            raise self.wrong("tax")
        return str(int(value)) if planted("tax_whole") else str(value)

    def currency(self) -> str:
        value = self.text("currency")
        if len(value) != 3 or not value.isascii() or not value.isalpha():
            raise self.wrong("currency")
        return value.lower()
