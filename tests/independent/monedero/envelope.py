"""What every operation shares: the call, the refusal, and how numbers are written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.independent.monedero.settings import BUG, READING
from tests.independent.monedero.store import Store

AUTH = "auth_01"


@dataclass(frozen=True)
class Call:
    """A call of an account: the fields of its form, and its key."""

    account: sqlite3.Row
    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """A field; empty if it was not sent."""
        return self.fields.get(name, "")


class Refused(Exception):
    """A call is refused with the codes of a row of the page's tables and its text."""

    def __init__(self, codes: str, text: str) -> None:
        super().__init__(text)
        self.codes, self.text = codes.split(), text

    def answer(self) -> tuple[int, dict[str, Any]]:
        """a: HTTP 200 with everything in the body. b: 422, or 403 for the key, the last code of the row, no status, no full stop."""
        if READING == "a":
            code = self.codes[0]
            return 200, {"success": False, "message": self.text, "status": 401 if code == AUTH else 400, "code": code}
        return 403 if AUTH in self.codes else 422, {"success": False, "code": self.codes[-1], "message": self.text.removesuffix(".")}


def refuse(codes: str, text: str) -> NoReturn:
    raise Refused(codes, text)


def succeed(code: str, *, status: bool = True, **more: Any) -> dict[str, Any]:
    return {"success": True, **more, **({"status": 200} if status else {}), "code": code}


def show_points(hundredths: int) -> int | float | str:
    """a: a number with up to two decimals. b: whole points as text."""
    if READING == "b":
        return str(hundredths // 100)
    if BUG == "points_as_float":
        return 1000.1 + hundredths / 100 - 1000.1
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100


def read_hundredths(text: str) -> int | None:
    """An amount of money in hundredths, up to two decimals and above 0; None if the text is no such number."""
    if BUG == "comma_in_amount":
        text = text.partition(",")[0]
    if BUG == "letters_after_amount":
        text = re.sub(r"^(\d+(?:\.\d+)?).*", r"\1", text)
    if BUG == "exponent_in_amount" and re.fullmatch(r"\d+e\d", text):
        text = str(int(float(text)))
    if BUG == "negative_amount" and text.startswith("-"):
        negative = read_hundredths(text[1:])
        return None if negative is None else -negative
    found = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?", text)
    if found is None:
        return None
    hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return hundredths or None


def find_wallet(store: Store, call: Call, key: str) -> sqlite3.Row | None:
    """A wallet of the account."""
    anybody = BUG == "wallet_of_anybody"
    return store.row("select * from wallets where wallet_key = ? and (account = ? or ?)", key, call.account["id"], anybody)


def is_phone(text: str) -> bool:
    if BUG == "phone_with_spaces":
        text = text.replace(" ", "")
    if BUG == "phone_too_long":
        text = text[:10]
    return re.fullmatch(r"[0-9]{10}", text) is not None


def read_phone(text: str) -> str:
    """The digits that are looked up."""
    return text.replace(" ", "")[:10]
