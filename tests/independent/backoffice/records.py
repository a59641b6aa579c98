"""Tickets, their threads, and the transactions of wallets."""

from __future__ import annotations

import random
import sqlite3
import time
from decimal import Decimal
from typing import Any

from tests.independent.backoffice.reads import refuse_parent
from tests.independent.backoffice.settings import READING, has_bug
from tests.independent.backoffice.store import print_moment
from tests.independent.backoffice.users import check_stranger
from tests.independent.backoffice.web import BLANK, UNKNOWN_USER, Call, Refused, as_id, error, errors, is_blank, unknown_user
from tests.independent.backoffice.world import print_amount, wrap

PAGE = 30
CUT = 60


def _user_exists(call: Call, user: int) -> bool:
    return call.db.execute("SELECT 1 FROM users WHERE id = ?", (user,)).fetchone() is not None


def list_tickets(call: Call) -> dict[str, Any]:
    user = as_id(call.path["id"])
    if not _user_exists(call, user):
        if READING.unknown_parent:
            raise unknown_user("error")
        return {"list": []}
    check_stranger(call, user)
    everything = has_bug("tickets_all")
    rows = call.db.execute("SELECT * FROM tickets WHERE user = ? OR ? ORDER BY id", (user, everything)).fetchall()
    return {
        "list": [
            {
                "id": str(row["id"]) if has_bug("ticket_id_text") else row["id"],
                "subject": row["subject"],
                "created_at": print_moment(row["made"]),
                "status": row["status"],
            }
            for row in (rows[:10] if has_bug("tickets_ten") else rows)
        ]
    }


def create_ticket(call: Call) -> tuple[int, dict[str, Any]]:
    text, subject, comment = (call.field(name) for name in ("user_id", "subject", "comment"))
    user = as_id(text)
    found: dict[str, list[str]] = {name: [BLANK] for name, value in (("subject", subject), ("comment", comment)) if is_blank(value)}
    status = READING.ticket_blank
    if is_blank(text):
        found = {"user_id": [BLANK, UNKNOWN_USER], **found}
    elif not _user_exists(call, user):
        status = status if found else READING.ticket_unknown
        found = {"user_id": [UNKNOWN_USER], **found}
    if found and not (has_bug("ticket_refused_written") and set(found) == {"comment"}):
        raise errors(status, found)
    check_stranger(call, user)
    subject = subject[:CUT] if has_bug("subject_cut") else subject.replace("&", "&amp;") if has_bug("subject_escaped") else subject
    subject = " ".join(subject.split()) if has_bug("subject_spaces") else subject
    made = call.db.execute("INSERT INTO tickets (user, subject, status, made) VALUES (?, ?, 'New', ?)", (user, subject, call.now))
    if found:
        raise Refused(status, {"errors": found}, keeps=True)
    if READING.comment != "none":
        add_thread(call, made.lastrowid or 0, wrap(comment, READING.comment))
    return READING.created, {"message": "Ticket created successfully."} | ({"id": made.lastrowid} if READING.extra_key else {})


def add_thread(call: Call, ticket: int, content: str) -> int:
    number: int = call.db.execute("SELECT coalesce(max(id), 0) + 1 FROM threads").fetchone()[0]
    if has_bug("lost_message"):
        time.sleep(0.05)
    call.db.execute("INSERT OR IGNORE INTO threads VALUES (?, ?, ?, ?)", (number, ticket, content, call.now))
    return number


def _find_ticket(call: Call, text: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = call.db.execute("SELECT * FROM tickets WHERE id = ?", (as_id(text),)).fetchone()
    if row is not None:
        check_stranger(call, row["user"])
    return row


def list_threads(call: Call) -> dict[str, Any]:
    row = _find_ticket(call, call.path["id"])
    if row is None:
        if READING.unknown_parent:
            raise refuse_parent("ticket_id", "Ticket")
        return {"list": []}
    rows = call.db.execute("SELECT * FROM threads WHERE ticket = ? ORDER BY id", (row["id"],)).fetchall()
    if has_bug("thread_last_lost") and len(rows) > 1:
        rows = rows[:-1]
    return {"list": [{"id": one["id"], "content": one["content"], "created_at": print_moment(one["made"])} for one in rows]}


def create_thread(call: Call) -> tuple[int, dict[str, Any]]:
    text, content = call.field("ticket_id"), call.field("content")
    row = _find_ticket(call, text)
    if has_bug("thread_quote") and "'" in content:
        raise RuntimeError('near "\'": syntax error')
    found: dict[str, list[str]] = {}
    if is_blank(text):
        found["ticket_id"] = [BLANK, "ticket_id doesn't exist."]
    elif row is None and not has_bug("thread_unknown"):
        found["ticket_id"] = ["ticket_id doesn't exist."]
    if is_blank(content):
        found["content"] = [BLANK]
    if found:
        only_unknown = found == {"ticket_id": ["ticket_id doesn't exist."]}
        raise errors(READING.thread_unknown if only_unknown else READING.thread_blank, found)
    ticket = row["id"] if row is not None else 0
    stored = wrap(content, READING.content)
    if has_bug("equal_dropped") and call.db.execute("SELECT 1 FROM threads WHERE ticket = ? AND content = ?", (ticket, stored)).fetchone():
        return READING.created, {"message": "Ticket thread created successfully."}
    number = add_thread(call, ticket, stored)
    return READING.created, {"message": "Ticket thread created successfully."} | ({"id": number} if READING.extra_key else {})


def list_transactions(call: Call) -> dict[str, Any]:
    user_text, page_text = call.query.get("user_id", ""), call.query.get("page", "")
    found: dict[str, list[str]] = {}
    if is_blank(user_text):
        found["user_id"] = [BLANK]
    if is_blank(page_text):
        found["page"] = [BLANK, "is not a number"]
    elif not page_text.strip().lstrip("-").isdecimal() or len(page_text) > 18:
        found["page"] = ["is not a number"]
    if found:
        raise errors(READING.wallet_blank, found)
    user, page, wallet = as_id(user_text), int(page_text), as_id(call.path["id"])
    if READING.unknown_parent and not _user_exists(call, user):
        raise unknown_user("error")
    if READING.unknown_parent and call.db.execute("SELECT 1 FROM wallets WHERE id = ?", (wallet,)).fetchone() is None:
        raise refuse_parent("wallet_id", "Wallet")
    if _user_exists(call, user):
        check_stranger(call, user)
    if page < 1 and READING.low_page == "refused":
        raise error(404, "Page not found.")
    page = max(page, 1) if READING.low_page == "first" else page
    return _print_page(call, wallet, user, page)


def _print_page(call: Call, wallet: int, user: int, page: int) -> dict[str, Any]:
    rows = call.db.execute(
        "SELECT * FROM transactions WHERE (wallet = ? OR ?) AND (user = ? OR ?) ORDER BY id",
        (wallet, has_bug("wallet_ignored"), user, has_bug("user_ignored")),
    ).fetchall()
    if READING.newest_first:
        rows.reverse()
    if has_bug("order_random"):
        random.shuffle(rows)
    pages = -(-len(rows) // PAGE) or READING.empty_pages
    if has_bug("pages_floor"):
        pages = max(len(rows) // PAGE, 1)
    if has_bug("pages_one_more"):
        pages = len(rows) // PAGE + 1
    first = (page - 1) * PAGE - (1 if has_bug("page_overlap") and page > 1 else 0)
    shown = rows[first : first + (PAGE + 1 if has_bug("page_31") else PAGE)] if page > 0 else []
    answers = []
    balance = Decimal(0)
    for row in shown:
        balance += Decimal(row["amount"])
        amount = Decimal(row["amount"]).quantize(Decimal("0.1")) if has_bug("amount_rounded") else Decimal(row["amount"])
        answers.append(
            {
                "id": row["id"],
                "amount": print_amount(amount),
                "balance": print_amount(balance if has_bug("balance_of_page") else Decimal(row["balance"])),
                "description": row["description"],
                "date": print_moment(row["made"]),
            }
        )
    return {"list": answers, "total_pages": pages, "current_page": 1 if has_bug("current_page") else page}
