"""Sign-in, users, and the tokens with which they are edited."""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

from tests.independent.backoffice.reference import COUNTRIES, LEGS
from tests.independent.backoffice.settings import READING, has_bug
from tests.independent.backoffice.web import (
    BLANK,
    SESSION,
    Call,
    Refused,
    as_id,
    error,
    errors,
    invalid,
    is_blank,
    make_token,
    print_end,
    unknown_user,
)
from tests.independent.backoffice.world import digest, place

NEEDED = ("sponsor", "first_name", "last_name", "email", "user_name", "mobile", "password", "country_code")
FORMATS = {"email": r"[^@\s]+@[^@\s]+\.[^@\s]+", "user_name": r"\w{2,60}", "mobile": r"\+?[0-9 -]{4,20}", "password": r"(?s).{6,}"}
HOUR = 3600.0
Row = sqlite3.Row
_SEEN: dict[int, dict[str, Any]] = {}


def find_user(call: Call, text: str, body: str) -> sqlite3.Row:
    """The user of an id; refused where there is none, or where a stranger asks and strangers may not."""
    row: sqlite3.Row | None = call.db.execute("SELECT * FROM users WHERE id = ?", (as_id(text),)).fetchone()
    if row is None:
        raise unknown_user(body)
    check_stranger(call, row["id"])
    return row


def check_stranger(call: Call, user: int) -> None:
    """Where tokens act for their own branch only (D34), another user's records are refused."""
    if READING.strangers:
        return
    above: int | None = user
    while above is not None and above != call.who:
        above = call.db.execute("SELECT sponsor FROM users WHERE id = ?", (above,)).fetchone()[0]
    if above is None:
        raise error(403, "You are not allowed to do this.")


def picture_of(row: Row, base: str) -> str:
    path = row["picture"] or "/assets/user-icon-white.svg"
    return path if READING.relative_images else base + path


def login(call: Call) -> dict[str, Any]:
    name, password = call.field("username"), call.field("password")
    missing = {key: [BLANK] for key, value in (("username", name), ("password", password)) if is_blank(value)}
    if missing:
        raise errors(READING.blank, missing)
    row = call.db.execute("SELECT * FROM users WHERE username = ?", (name,)).fetchone()
    if row is None or not _is_password(row, password):
        raise error(READING.wrong_login, "Invalid username or password.")
    ends = call.now + SESSION
    sponsor = call.db.execute("SELECT username FROM users WHERE id = ?", (row["sponsor"],)).fetchone()
    link = f"{call.base}/registration/{name}" if READING.proper_link else f"wwww.demo.com/{name}"
    return {
        "token": make_token(row["id"], ends),
        "exp": print_end(call.now if has_bug("exp_start") else ends),
        "id": row["id"],
        "username": name,
        "sponsor": sponsor["username"] if sponsor else "",
        "referral_link": link,
    }


def _is_password(row: Row, given: str) -> bool:
    found = hmac.compare_digest(digest(given, row["salt"]), row["password"])
    return found or (has_bug("password_both") and row["old_password"] == digest(given, row["salt"]))


def get_user(call: Call) -> dict[str, Any]:
    row = find_user(call, call.path["id"], "error")
    if has_bug("stale_user") and row["id"] in _SEEN:
        return _SEEN[row["id"]]
    found = {
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "email": row["email"],
        "country_code": row["country_code"],
        "username": row["username"],
        "mobile": row["mobile"].lstrip("0") if has_bug("leading_zeros") else row["mobile"],
        "default_leg": row["default_leg"],
        "language": row["language"],
        "profile_image": picture_of(row, call.base),
        "matrix_on": bool(row["matrix_on"]),
        "request_token_on_edit": bool(row["token_on"]),
    }
    if has_bug("password_shown"):
        found["encrypted_password"] = row["password"]
    _SEEN[row["id"]] = found
    return found


def create_user(call: Call) -> tuple[int, dict[str, Any]]:
    missing = {name: [BLANK] for name in NEEDED if is_blank(call.field(name))}
    if missing:
        raise errors(READING.blank, missing)
    values = {name: call.field(name) for name in NEEDED}
    sponsor = call.db.execute("SELECT id FROM users WHERE username = ?", (values["sponsor"],)).fetchone()
    found = _find_faults(call, values, 0)
    if sponsor is None and not READING.any_sponsor:
        found["sponsor"] = ["must exist"]
    if found and not (has_bug("refused_written") and set(found) == {"country_code"}):
        raise invalid(found)
    above = sponsor["id"] if sponsor and not has_bug("sponsor_ignored") else 1
    salt = secrets.token_hex(8)
    made = call.db.execute(
        "INSERT INTO users (username, sponsor, first_name, last_name, email, country_code, mobile, default_leg, language, picture, matrix_on,"
        " token_on, plan, salt, password, joined) VALUES (?, ?, ?, ?, ?, ?, ?, 'left', 'en', '', 0, ?, 1, ?, ?, ?)",
        (
            *(values["user_name"], above, _kept(values["first_name"]), _kept(values["last_name"]), _mail(values["email"])),
            *(values["country_code"], values["mobile"], int(READING.token_setting == "all"), salt, digest(values["password"], salt), call.now),
        ),
    )
    place(call.db, made.lastrowid or 0, above)
    if found:
        raise invalid(found, keeps=True)
    return READING.created, {"message": "User created successfully."} | ({"id": made.lastrowid} if READING.extra_key else {})


def _mail(text: str) -> str:
    return text.strip().lower() if READING.fold_mail else text


def _kept(text: str) -> str:
    """A name as it is stored: as it was sent."""
    if has_bug("names_decomposed"):
        return unicodedata.normalize("NFKD", text)
    if has_bug("names_title"):
        return text.title()
    if has_bug("names_ascii"):
        return text.encode("ascii", "replace").decode()
    return text.strip() if has_bug("names_trimmed") else text


def _find_faults(call: Call, values: Mapping[str, str], user: int) -> dict[str, list[str]]:
    """What is wrong with the fields that are given, for a new user or for one that is edited."""
    found: dict[str, list[str]] = {}
    same = "SELECT 1 FROM users WHERE {} = ? AND id <> ?"
    name, mail = values.get("user_name"), values.get("email")
    if name is not None and call.db.execute(same.format("username"), (name, user)).fetchone():
        found["user_name"] = ["has already been taken"]
    skips = has_bug("mail_taken_created") if not user else has_bug("mail_taken_edited")
    if mail is not None and not skips and call.db.execute(same.format("lower(email)"), (mail.strip().lower(), user)).fetchone():
        found["email"] = ["has already been taken"]
    country = values.get("country_code")
    if country is not None and country not in COUNTRIES and not (user and has_bug("country_edited")):
        found["country_code"] = ["is not included in the list"]
    if READING.strict_fields:
        for key, pattern in FORMATS.items():
            if key in values and key not in found and not re.fullmatch(pattern, values[key]):
                found[key] = ["is invalid"]
    return found


def update_user(call: Call) -> dict[str, Any]:
    row = find_user(call, call.path["id"], "error")
    _check_edit_token(call, row)
    values = {name: call.fields[name] for name in (*NEEDED, "locale", "default_leg", "language") if name in call.fields and name != "user_name"}
    values.pop("sponsor", None)
    blank = [name for name, value in values.items() if is_blank(value)]
    if blank and READING.blank_edit == "refused":
        raise invalid({name: [BLANK] for name in blank})
    values = {name: value for name, value in values.items() if name not in blank}
    found = _find_faults(call, values, row["id"])
    if found and not (has_bug("edit_refused_written") and "country_code" in found):
        raise invalid({"user_name": ["has already been taken"]} | found if READING.whole_details else found)
    new = _edited(call, row, values)
    if has_bug("lost_update"):
        time.sleep(0.05)
    columns = ", ".join(f"{name} = ?" for name in new)
    call.db.execute(f"UPDATE users SET {columns} WHERE id = ?", (*new.values(), row["id"]))  # noqa: S608 - names of columns, ours
    if found:
        raise invalid(found, keeps=True)
    return {"message": "User updated successfully."}


def _edited(call: Call, row: sqlite3.Row, values: Mapping[str, str]) -> dict[str, Any]:
    """The columns that an edit writes."""
    new: dict[str, Any] = {}
    if has_bug("lost_update"):
        new = {name: row[name] for name in ("first_name", "last_name", "email", "country_code", "mobile", "default_leg", "language")}
    if has_bug("partial_reset"):
        new = {"mobile": ""}
    new |= {name: _kept(values[name]) for name in ("first_name", "last_name") if name in values}
    new |= {name: values[name] for name in ("country_code", "mobile") if name in values}
    if "email" in values:
        new["email"] = _mail(values["email"])
    if values.get("default_leg") in LEGS:
        new["default_leg"] = values["default_leg"]
    spoken = [values[name] for name in ("language", "locale") if name in values and READING.language_field in ("both", name)]
    if spoken:
        new["language"] = spoken[0]
    if "password" in values and not has_bug("password_kept"):
        new |= {"password": digest(values["password"], row["salt"]), "old_password": row["password"]}
    if "profile_image" in call.files and call.files["profile_image"][1] and not has_bug("picture_lost"):
        made = call.db.execute("INSERT INTO pictures (kind, data) VALUES (?, ?)", call.files["profile_image"])
        new["picture"] = f"/uploads/pictures/{made.lastrowid}"
    return new or {"username": row["username"]}


def _check_edit_token(call: Call, row: sqlite3.Row) -> None:
    if not row["token_on"] or has_bug("token_ignored"):
        return
    given = call.db.execute("SELECT * FROM edit_tokens WHERE token = ?", (call.field("token"),)).fetchone()
    lasts = 24 * HOUR if has_bug("token_lasts") else 0.0
    fits = (
        given is not None
        and (given["user"] == row["id"] or has_bug("token_foreign"))
        and given["ends"] + lasts > call.now
        and not (READING.single_use and given["used"])
    )
    if not fits:
        raise Refused(400, {"error": "Security token validation failed.", "detail": "Token is not valid!"})
    call.db.execute("UPDATE edit_tokens SET used = 1 WHERE token = ?", (given["token"],))


def create_token(call: Call) -> tuple[int, dict[str, Any]]:
    text = call.field("user_id")
    if is_blank(text) and READING.token_blank != 404:
        raise errors(READING.token_blank, {"user_id": [BLANK]})
    row = find_user(call, text, "error")
    token = secrets.token_hex(10)
    call.db.execute("INSERT INTO edit_tokens VALUES (?, ?, ?, 0)", (token, row["id"], call.now + HOUR))
    receiver = row["email"]
    if has_bug("mail_to_caller"):
        receiver = call.db.execute("SELECT email FROM users WHERE id = ?", (call.who,)).fetchone()[0]
    if not has_bug("mail_lost"):
        call.db.execute(
            "INSERT INTO mails (receiver, subject, body, code) VALUES (?, ?, ?, ?)", (receiver, "Your token", f"Your token is {token}.", token)
        )
    shown = {"token": token} if has_bug("token_shown") else {}
    return READING.created, {"message": "A token was sent to you email. It expires in 1 hour."} | shown
