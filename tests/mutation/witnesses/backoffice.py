"""Calls of BackOffice, and the witnesses that compare several answers. The name of a witness is that of its planted violation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract_tests.suite.vendors.backoffice.calls import WORKING, new_name, session
from contract_tests.suite.vendors.backoffice.calls import send as call

if TYPE_CHECKING:
    from contract_tests.suite.harness import ApiClient

__all__ = ["call"]
LIMIT = 1_048_576
"""Bytes that a body may have."""


def _read(api: ApiClient, operation: str, **fields: Any) -> Any:
    return call(api, operation, **fields).json()


def _edited_user(api: ApiClient) -> Any:
    return _read(api, "get_user", id="$edited_user")


def _tickets(api: ApiClient) -> list[Any]:
    return list(_read(api, "list_user_tickets")["list"])


def _threads(api: ApiClient, ticket: str = "$ticket") -> list[Any]:
    return list(_read(api, "list_threads", id=ticket)["list"])


def _page(api: ApiClient, number: int = 1) -> list[Any]:
    """A page of transactions."""
    return list(_read(api, "get_wallet_transactions", page=str(number))["list"])


def _pages(api: ApiClient) -> int:
    return int(_read(api, "get_wallet_transactions")["total_pages"])


def _growth(api: ApiClient) -> Any:
    return _read(api, "get_dashboard")["team_growth_chart"]


def _token(api: ApiClient, user: str = "$token_user") -> str:
    """A security token, as it was mailed to a user."""
    call(api, "create_token", user_id=user)
    return str(api.outbox()[-1]["codes"][0])


def _status_of_edit(api: ApiClient, token: str) -> int:
    """The status of an edit that takes a security token."""
    return call(api, "update_user", id="$token_user", first_name="Otra", token=token).status_code


def body_of_any_size(api: ApiClient) -> bool:
    return call(api, "create_user_ticket", more="1" * (LIMIT + 1)).status_code == 413


def taken_address_in_capitals(api: ApiClient) -> bool:
    return call(api, "create_user", email=api.known("taken_email").upper()).status_code == 400


def one_text_for_a_missing_ticket(api: ApiClient) -> bool:
    return len(_read(api, "create_thread", ticket_id=None)["errors"]["ticket_id"]) == 2


def names_swapped(api: ApiClient) -> bool:
    name = new_name()
    call(api, "create_user", user_name=name)
    user = session(api, username=name, password=WORKING["create_user"]["password"])
    return bool(_read(api, "get_user", id=str(user["id"]))["last_name"] == WORKING["create_user"]["last_name"])


def change_wipes_mobile(api: ApiClient) -> bool:
    before = _edited_user(api)["mobile"]
    call(api, "update_user", first_name="Otro")
    return bool(_edited_user(api)["mobile"] == before)


def ticket_of_another(api: ApiClient) -> bool:
    before = len(_tickets(api))
    call(api, "create_user_ticket")
    return len(_tickets(api)) == before + 1


def comment_lost(api: ApiClient) -> bool:
    call(api, "create_user_ticket")
    return len(_threads(api, str(_tickets(api)[-1]["id"]))) == 1


def message_twice(api: ApiClient) -> bool:
    before = len(_threads(api))
    call(api, "create_thread")
    return len(_threads(api)) == before + 1


def token_of_another(api: ApiClient) -> bool:
    return _status_of_edit(api, _token(api, "$edited_user")) == 400


def sponsor_ignored(api: ApiClient) -> bool:
    call(api, "create_user", sponsor="$username_without_team")
    return len(_read(api, "get_teamview", id="$user_without_team")["teamview"]) == 1


def growth_without_today(api: ApiClient) -> bool:
    before = sum(_growth(api)["users"])
    call(api, "create_user", sponsor="$username")
    return bool(sum(_growth(api)["users"]) == before + 1)


def one_date_less(api: ApiClient) -> bool:
    chart = _growth(api)
    return len(chart["dates"]) == len(chart["users"])


def balance_of_before(api: ApiClient) -> bool:
    first = _page(api)[0]
    return float(first["amount"]) == float(first["balance"])


def pages_miscounted(api: ApiClient) -> bool:
    return len(_page(api, _pages(api))) > 0


def page_of_29(api: ApiClient) -> bool:
    return len(_page(api)) == 30


def gap_at_the_border(api: ApiClient) -> bool:
    return sum(len(_page(api, number)) for number in range(1, _pages(api) + 1)) == int(api.known("wallet_transactions"))


def newest_first(api: ApiClient) -> bool:
    dates = [row["date"] for row in _page(api)]
    return dates == sorted(dates)


def notices_of_everybody(api: ApiClient) -> bool:
    own, other = (_read(api, "get_notices", id=user)["user_notices"] for user in ("$user", "$user_without_team"))
    return bool(own != other)


def token_never_expires(api: ApiClient) -> bool:
    token = _token(api)
    api.advance("PT1H")
    return _status_of_edit(api, token) == 400


def token_of_ten_minutes(api: ApiClient) -> bool:
    token = _token(api)
    api.advance("PT50M")
    return _status_of_edit(api, token) == 200


def jwt_never_expires(api: ApiClient) -> bool:
    token = str(session(api)["token"])
    api.advance("PT24H")
    return call(api, "list_legs", headers={"jwt-token": token}).status_code == 401


def no_mail(api: ApiClient) -> bool:
    call(api, "create_token")
    return len(api.outbox()) == 1


def mail_to_the_first(api: ApiClient) -> bool:
    _token(api)
    return bool(api.outbox()[-1]["to"] == api.known("token_user_email"))


def password_trimmed(api: ApiClient) -> bool:
    held = api.login()
    return call(api, "login", username=held["username"], password=f"{held['password']} ").status_code == 401


def password_not_changed(api: ApiClient) -> bool:
    name = new_name()
    call(api, "create_user", user_name=name)
    user = _read(api, "login", username=name, password=WORKING["create_user"]["password"])
    call(api, "update_user", id=str(user["id"]), password="another-password-1")
    return call(api, "login", username=name, password="another-password-1").status_code == 200
