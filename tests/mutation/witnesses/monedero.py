"""Calls of Monedero, and the witnesses that compare several answers. The name of a witness is that of its planted violation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from contract_tests.suite.vendors.monedero.calls import points
from contract_tests.suite.vendors.monedero.calls import send as call

if TYPE_CHECKING:
    from contract_tests.suite.harness import ApiClient

__all__ = ["call"]


def _statuses(api: ApiClient) -> list[str]:
    return [usertool["usertool_status"] for usertool in call(api, "get_toolusers").json()["result"]]


def _messages(api: ApiClient) -> list[dict[str, Any]]:
    """The messages that are sent for a new contact."""
    call(api, "add_contact")
    return api.outbox()


def crash_on_bytes_that_are_no_text(api: ApiClient) -> bool:
    answer = api.call("POST", "/wallet/get", content=b"%FF=1", headers={"content-type": "application/x-www-form-urlencoded"})
    return answer.status_code < 500


def read_changes_points(api: ApiClient) -> bool:
    return points(api) == points(api)


def archiving_does_nothing(api: ApiClient) -> bool:
    before = _statuses(api)
    call(api, "disable_employee")
    return _statuses(api) != before


def no_welcome(api: ApiClient) -> bool:
    return len(_messages(api)) == 1


def welcome_without_link(api: ApiClient) -> bool:
    return bool(_messages(api)[0]["links"])


def welcome_to_another(api: ApiClient) -> bool:
    return str(_messages(api)[0]["to"]).endswith(api.known("new_phone"))


def sales_at_once_lost(api: ApiClient) -> bool:
    before = points(api)
    with ThreadPoolExecutor(3) as pool:
        gained = sum(answer.json()["success"] for answer in pool.map(lambda _: call(api, "create_sale"), range(3)))
    return bool(points(api) == before + 100 * gained)


def contact_given_twice_at_once(api: ApiClient) -> bool:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: call(api, "add_contact"), range(3)))
    return sum(bool(answer.json()["success"]) for answer in answers) == 1


def points_for_the_first_thousand(api: ApiClient) -> bool:
    before = points(api)
    call(api, "create_sale", transaction_amount="50000")
    return bool(points(api) == before + 5000)


def list_without_birthdays(api: ApiClient) -> bool:
    call(api, "add_contact", customer_birthdate="1990-12-31")
    return "1990-12-31" in [contact["contact_birthdate"] for contact in call(api, "get_contacts").json()["result"]]


def wallet_key_in_any_case(api: ApiClient) -> bool:
    return bool(call(api, "create_sale", wallet_key=api.known("wallet").swapcase()).json()["code"] == "new_sale_10")


def points_used_by_a_purchase(api: ApiClient) -> bool:
    before = points(api)
    call(api, "create_sale", transaction_amount="1000", points_used="5")
    return bool(points(api) == before + 100)


def empty_balance_unchecked(api: ApiClient) -> bool:
    sent = {"transaction_type": "1", "transaction_amount": None, "points_used": str(points(api))}
    return [call(api, "create_sale", **sent).json()["success"] for _ in range(2)] == [True, False]
