"""Tickets with their threads, and wallets."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

import pytest

from ...harness import ApiClient, clause, not_observable
from .calls import BLANK, refused_as_unknown_user, refused_for, send, succeeded

TEXT = '¿Qué pasó con O\'Neil & Cía? "50 %" + 1 = 😀; -- \\n'
"""A message with the signs on which servers fail that put a text into a query, a page or a narrow encoding."""
NO_USER = "user_id doesn't exist."
NO_TICKET = "ticket_id doesn't exist."


def listed(api: ApiClient, name: str, **changes: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = succeeded(send(api, name, **changes))["list"]
    return found


@clause("backoffice.list_user_tickets.r1", "backoffice.create_user_ticket.r1", "backoffice.create_user_ticket.r6")
def test_a_new_ticket_is_listed_for_its_user(api: ApiClient) -> None:
    if api.known("ticket_user") == api.known("user"):
        not_observable("ticket_user under [known] has to be another user than user")
    before, others = listed(api, "list_user_tickets"), listed(api, "list_user_tickets", id="$user")
    if int(api.known("ticket")) not in {ticket["id"] for ticket in before}:
        not_observable("ticket under [known] is no ticket of ticket_user")
    answer = succeeded(send(api, "create_user_ticket", subject="Del contrato"))
    assert answer["message"] == "Ticket created successfully."
    new = [found for found in listed(api, "list_user_tickets") if found not in before]
    assert len(new) == 1, f"{len(new)} tickets are new in the list where one was opened"
    ticket = new[0]
    assert ticket.keys() >= {"id", "subject", "created_at", "status"}
    assert (ticket["subject"], ticket["status"]) == ("Del contrato", "New")
    assert not api.target.strict or str(ticket["id"]) not in str(answer)  # extra keys are right as well (D18)
    assert listed(api, "list_user_tickets", id="$user") == others


def _clock(api: ApiClient) -> datetime:
    """What the clock of the target says now, by the header Date; the clock is put there if hooks may have moved it."""
    told = send(api, "list_legs").headers.get("date")
    if told is None:
        not_observable("the target sends no header Date")
    now = parsedate_to_datetime(told)
    if not api.is_shared or {"advance", "freeze"} & api.target.hooks.keys():
        api.freeze(now.isoformat())
    return now


@clause("backoffice.list_user_tickets.r1")
def test_the_moment_of_a_new_ticket_is_told_with_its_true_offset(api: ApiClient) -> None:
    before, now = listed(api, "list_user_tickets"), _clock(api)
    succeeded(send(api, "create_user_ticket"))
    told = [datetime.fromisoformat(found["created_at"]) for found in listed(api, "list_user_tickets") if found not in before]
    assert told
    for moment in told:
        assert moment.tzinfo is not None, f"{moment} has no offset"
        assert abs(moment - now) <= timedelta(minutes=2), f"a ticket that was opened at {now} has the moment {moment}"


@clause("backoffice.list_threads.r1", "backoffice.create_thread.r1", "backoffice.create_thread.r4")
def test_a_new_message_is_listed_in_its_ticket(api: ApiClient) -> None:
    before = listed(api, "list_threads")
    answer = succeeded(send(api, "create_thread", content=TEXT))
    assert answer["message"] == "Ticket thread created successfully."
    new = [found for found in listed(api, "list_threads") if found not in before]
    assert len(new) == 1, f"{len(new)} messages are new in the list where one was sent"
    thread = new[0]
    assert thread.keys() >= {"id", "content", "created_at"}
    assert TEXT in unescape(thread["content"])
    assert not api.target.strict or str(thread["id"]) not in str(answer)  # extra keys are right as well (D18)


@clause("backoffice.list_threads.r2")
def test_the_content_of_the_messages_is_html(api: ApiClient) -> None:
    succeeded(send(api, "create_thread", content="Con marcas"))
    contents = [thread["content"] for thread in listed(api, "list_threads")]
    assert contents
    marked = [content.startswith("<") and content.endswith(">") for content in contents]
    if not api.target.strict and not all(marked):
        not_observable("the content of messages is shown as it was sent, which is right as well (D33)")
    assert all(marked)


@clause("backoffice.list_user_tickets.r2", "backoffice.list_threads.r3")
@pytest.mark.parametrize(("name", "unknown"), [("list_user_tickets", "$unknown_user"), ("list_threads", "$unknown_ticket")])
def test_an_unknown_id_has_an_empty_list_or_is_not_found(api: ApiClient, name: str, unknown: str) -> None:
    answer = send(api, name, id=unknown)
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert answer.json() == {"list": []}


@clause("backoffice.create_user_ticket.e1", "backoffice.create_user_ticket.r4")
def test_nobodys_ticket_is_refused(api: ApiClient) -> None:
    refused_as_unknown_user(api, send(api, "create_user_ticket", user_id="$unknown_user"), "create_user_ticket", "user_unknown")


@clause("backoffice.create_thread.e1")
def test_a_message_in_no_ticket_is_refused(api: ApiClient) -> None:
    texts = refused_for(api, send(api, "create_thread", ticket_id="$unknown_ticket"), "create_thread", "ticket_unknown")
    assert texts == {"ticket_id": [NO_TICKET]}


def _required(name: str, field: str, *texts: str) -> object:
    rules = {
        "create_user_ticket": ("e2", "r2", "r5", *(("r3",) if field == "user_id" else ())),
        "create_thread": ("e2", "r2", *(("r3",) if field == "ticket_id" else ())),
    }
    return pytest.param(name, field, list(texts), marks=clause(*(f"backoffice.{name}.{rule}" for rule in rules[name])), id=f"{name}-{field}")


@pytest.mark.parametrize(
    ("name", "field", "texts"),
    [
        _required("create_user_ticket", "user_id", BLANK, NO_USER),
        _required("create_user_ticket", "subject", BLANK),
        _required("create_user_ticket", "comment", BLANK),
        _required("create_thread", "ticket_id", BLANK, NO_TICKET),
        _required("create_thread", "content", BLANK),
    ],
)
def test_each_field_is_required(api: ApiClient, name: str, field: str, texts: list[str]) -> None:
    assert refused_for(api, send(api, name, **{field: None}), name, "blank") == {field: texts}


@clause("backoffice.create_user_ticket.e2", "backoffice.create_thread.e2")
def test_all_missing_fields_are_told_together(api: ApiClient) -> None:
    ticket = send(api, "create_user_ticket", user_id=None, subject=None, comment=None)
    assert refused_for(api, ticket, "create_user_ticket", "blank") == {"user_id": [BLANK, NO_USER], "subject": [BLANK], "comment": [BLANK]}
    thread = send(api, "create_thread", ticket_id=None, content=None)
    assert refused_for(api, thread, "create_thread", "blank") == {"ticket_id": [BLANK, NO_TICKET], "content": [BLANK]}


# Wallets


def ledger(api: ApiClient, wallet: str = "$wallet") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every page of a wallet, and all its transactions, oldest first (D30 allows the other order)."""
    pages = [succeeded(send(api, "get_wallet_transactions", wallet_id=wallet))]
    pages += [succeeded(send(api, "get_wallet_transactions", wallet_id=wallet, page=str(page))) for page in range(2, pages[0]["total_pages"] + 1)]
    rows = [row for page in pages for row in page["list"]]
    dates = [row["date"] for row in rows]
    if dates != sorted(dates):
        rows.reverse()
    return pages, rows


@clause("backoffice.get_wallet_transactions.r1", "backoffice.get_wallet_transactions.r3", "backoffice.get_wallet_transactions.r7")
def test_all_transactions_are_found_in_pages_of_thirty(api: ApiClient) -> None:
    pages, rows = ledger(api)
    assert len(rows) >= int(api.known("wallet_transactions"))
    assert not api.target.strict or len(rows) == int(api.known("wallet_transactions"))
    assert len({row["id"] for row in rows}) == len(rows)
    assert [len(page["list"]) for page in pages[:-1]] == [30] * (len(pages) - 1)
    assert 0 < len(pages[-1]["list"]) <= 30
    assert [page["current_page"] for page in pages] == list(range(1, len(pages) + 1))
    assert {page["total_pages"] for page in pages} == {len(pages)}


@clause("backoffice.get_wallet_transactions.r3", "backoffice.get_wallet_transactions.r7")
def test_the_last_page_of_every_wallet_is_not_empty(api: ApiClient) -> None:
    for wallet in ("$wallet", "$second_wallet"):
        pages, rows = ledger(api, wallet)
        assert len(pages) == max(1, -(-len(rows) // 30)), f"{len(pages)} pages for {len(rows)} transactions"
        assert all(len(page["list"]) == 30 for page in pages[:-1])


@clause("backoffice.get_wallet_transactions.r5", "backoffice.get_wallet_transactions.r6")
@pytest.mark.parametrize("wallet", ["$wallet", "$second_wallet"])
def test_the_balance_runs_along_with_the_amounts(api: ApiClient, wallet: str) -> None:
    _, rows = ledger(api, wallet)
    assert rows
    balance = Decimal(rows[0]["balance"]) - Decimal(rows[0]["amount"])
    for row in rows:
        balance += Decimal(row["amount"])
        assert Decimal(row["balance"]) == balance, row
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


@clause("backoffice.get_wallet_transactions.r5", "backoffice.get_dashboard.r1")
def test_the_last_balance_of_a_wallet_stands_on_the_dashboard(api: ApiClient) -> None:
    _, rows = ledger(api)
    shown = [Decimal(str(wallet["amount"])) for wallet in succeeded(send(api, "get_dashboard"))["wallets"]]
    assert Decimal(rows[-1]["balance"]) in shown


@clause("backoffice.get_wallet_transactions.r2")
def test_wallet_and_user_say_whose_transactions_are_read(api: ApiClient) -> None:
    _, rows = ledger(api)
    _, others = ledger(api, "$second_wallet")
    assert not {row["id"] for row in rows} & {row["id"] for row in others}
    nobodys = succeeded(send(api, "get_wallet_transactions", user_id="$user_without_team"))
    assert not {row["id"] for row in rows} & {row["id"] for row in nobodys["list"]}


@clause("backoffice.get_wallet_transactions.e1", "backoffice.get_wallet_transactions.r2", "backoffice.get_wallet_transactions.r4")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"user_id": None}, {"user_id": [BLANK]}),
        ({"page": None}, {"page": [BLANK, "is not a number"]}),
        ({"user_id": None, "page": None}, {"user_id": [BLANK], "page": [BLANK, "is not a number"]}),
        ({"page": ""}, {"page": [BLANK, "is not a number"]}),
        ({"page": "uno"}, {"page": ["is not a number"]}),
    ],
    ids=["without user", "without page", "without both", "blank page", "no number"],
)
def test_user_and_page_are_required_and_page_is_a_number(api: ApiClient, changes: dict[str, str | None], expected: dict[str, list[str]]) -> None:
    code = "blank" if any(BLANK in texts for texts in expected.values()) else "not_a_number"
    assert refused_for(api, send(api, "get_wallet_transactions", **changes), "get_wallet_transactions", code) == expected
