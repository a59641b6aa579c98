"""What a call carries, what is answered, and who may call: form fields, errors of the page, API key and session token."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import jwt
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from tests.independent.backoffice.settings import READING, has_bug
from tests.independent.backoffice.store import read_clock
from tests.independent.backoffice.world import API_KEY, SECRET

BLANK = "can't be blank"
UNKNOWN_USER = "user_id doesn't exist."
SESSION = 12 * 3600


class Refused(Exception):
    """A call is refused. What it has written so far is dropped, unless ``keeps``."""

    def __init__(self, status: int, body: Mapping[str, Any], *, keeps: bool = False) -> None:
        super().__init__(status)
        self.status, self.body, self.keeps = status, dict(body), keeps


@dataclass(frozen=True)
class Call:
    """One call. ``who`` is the user of the session token, 0 at a sign-in."""

    db: sqlite3.Connection
    path: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]
    base: str
    who: int = 0
    now: float = 0.0

    def field(self, name: str) -> str:
        """A field of the form; empty if it is not given."""
        return self.fields.get(name, self.query.get(name, "") if READING.query_fields else "")


@dataclass
class Sent:
    """The fields and files of a body."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


def error(status: int, text: str) -> Refused:
    return Refused(status, {"error": text})


def errors(status: int, found: Mapping[str, list[str]]) -> Refused:
    return Refused(status, {"errors": dict(found)})


def invalid(found: Mapping[str, list[str]], *, keeps: bool = False) -> Refused:
    return Refused(400, {"error": "The data is invalid.", "details": dict(found)}, keeps=keeps)


def unknown_user(body: str) -> Refused:
    """No such user, with the body that the page prints for this call, or with the other one (D08)."""
    way = {"error": "errors", "errors": "error"}[body] if READING.other_body else body
    return error(404, "User not found.") if way == "error" else errors(404, {"user_id": [UNKNOWN_USER]})


def is_blank(text: str) -> bool:
    return not text.strip()


def as_id(text: str) -> int:
    """The number that an id is, 0 for none."""
    found = re.match(r"\s*(\d{1,18})" if READING.cast_ids else r"(\d{1,18})$", text, re.ASCII)
    return int(found[1]) if found else 0


async def read_body(request: Request) -> Sent:
    """The fields of a form, and of a JSON object where that is read. Anything else has no fields."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_multipart(request)
    body = await request.body()
    if kind == "application/x-www-form-urlencoded":
        try:
            return _checked(Sent(dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))))
        except ValueError:
            raise error(400, "Bad Request") from None
    if kind == "application/json" and READING.json_bodies and body:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise error(400, "Bad Request") from None
        return _checked(Sent({name: str(value) for name, value in found.items() if value is not None} if isinstance(found, dict) else {}))
    return Sent()


async def _read_multipart(request: Request) -> Sent:
    sent = Sent()
    try:
        form = await request.form()
    except (MultiPartException, HTTPException, KeyError, LookupError, UnicodeDecodeError):
        raise error(400, "Bad Request") from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            sent.files[name] = (value.content_type or "application/octet-stream", await value.read())
        else:
            sent.fields[name] = value
    return _checked(sent)


def _checked(sent: Sent) -> Sent:
    texts = [*sent.fields, *sent.fields.values()]
    if any("\ud800" <= sign <= "\udfff" for text in texts for sign in text) or (READING.refuse_nul and any("\0" in text for text in texts)):
        raise error(400, "Bad Request")
    return sent


def check_key(headers: Mapping[str, str]) -> None:
    given = headers.get("x-api-key", "")
    if given == API_KEY or (has_bug("key_case") and given.lower() == API_KEY.lower()) or (has_bug("key_prefix") and given[:8] == API_KEY[:8]):
        return
    raise error(403, "The API Key is not valid.")


def make_token(user: int, ends: float) -> str:
    return jwt.encode({"user_id": user, "exp": int(ends)}, SECRET, "HS256")


def check_token(headers: Mapping[str, str], db: sqlite3.Connection) -> int:
    """The user of the session token."""
    given = headers.get("jwt-token", "")
    if not given:
        raise error(READING.nil_token, "Nil JSON web token.")
    options: dict[str, Any] = {"verify_exp": False, "require": ["user_id", "exp"]}
    try:
        if READING.expiry_first and _has_expired(jwt.decode(given, options={"verify_signature": False}), db):
            raise error(401, "Signature has expired")
        if (has_bug("jwt_none") and jwt.get_unverified_header(given).get("alg") == "none") or has_bug("jwt_unverified"):
            claims = jwt.decode(given, options={"verify_signature": False})
        else:
            claims = jwt.decode(given, SECRET, ["HS256"], options=options)  # type: ignore[arg-type] # a dictionary of options
    except jwt.PyJWTError:
        raise error(401, "Signature verification raised") from None
    if _has_expired(claims, db) and not has_bug("expired_accepted"):
        raise error(401, "Signature has expired")
    user = claims.get("user_id")
    if not isinstance(user, int) or db.execute("SELECT 1 FROM users WHERE id = ?", (user,)).fetchone() is None:
        raise error(401, "Signature verification raised")
    return user


def _has_expired(claims: Mapping[str, Any], db: sqlite3.Connection) -> bool:
    ends = claims.get("exp")
    return isinstance(ends, int) and ends <= read_clock(db)


def print_end(ends: float) -> str:
    """The end of a session as the sign-in prints it."""
    zone = dt.timezone(dt.timedelta(hours=-7)) if READING.local_exp else dt.UTC
    return dt.datetime.fromtimestamp(int(ends), zone).strftime("%m-%d-%Y %H:%M")
