"""Every rule of the vendor's page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from itertools import combinations
from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import CONTEXTS, KEY, USER, are_modules, credentials, login, refused, send, session, succeeded

NOTICE: dict[str, Any] = {"transactionStatus": "Approved", "reference": "SUB-CONTRATO-20260317-001", "amount": 99.9}

# Logging in


@clause("troyansys.login.r1")
def test_the_token_of_a_login_is_taken_by_other_calls(api: ApiClient) -> None:
    succeeded(send(api, "get_authenticated_user", session(api)))


@clause("troyansys.login.r2")
@pytest.mark.parametrize("field", ["email", "password"])
def test_email_and_password_have_to_be_sent(api: ApiClient, field: str) -> None:
    refused(login(api, **{field: None}), 422)


@clause("troyansys.login.r2")
def test_the_device_may_be_left_out(api: ApiClient) -> None:
    succeeded(login(api, device_name=None))


@clause("troyansys.login.r3")
@pytest.mark.parametrize("email", ["demo", "demo@", "@example.com", "de mo@example.com", ""])
def test_what_does_not_look_like_an_email_is_refused(api: ApiClient, email: str) -> None:
    refused(login(api, email=email), 422)


@clause("troyansys.login.r4", "troyansys.login.r5")
def test_a_login_needs_no_credential_and_tells_type_of_its_token_and_when_it_expires(api: ApiClient) -> None:
    answer = login(api)
    body = succeeded(answer)
    assert (bool(body["token"]), body["token_type"]) == (True, "Bearer")
    ends = datetime.fromisoformat(body["expires_at"])
    assert ends.tzinfo is not None
    assert ends > parsedate_to_datetime(answer.headers["date"])


@clause("troyansys.login.r5")
def test_a_token_works_until_it_expires_and_no_longer(api: ApiClient) -> None:
    body = succeeded(login(api))
    headers = {**credentials(api, "X-Company-Id"), "Authorization": f"Bearer {body['token']}"}
    ends = datetime.fromisoformat(body["expires_at"])
    api.freeze((ends - timedelta(seconds=1)).isoformat())
    succeeded(send(api, "get_authenticated_user", headers))
    api.freeze((ends + timedelta(seconds=1)).isoformat())
    refused(send(api, "get_authenticated_user", headers), 401)


@clause("troyansys.login.r6", "troyansys.login.r7")
@pytest.mark.parametrize("role", ["", "other"], ids=["first user", "other user"])
def test_a_login_tells_the_active_company_and_its_modules(api: ApiClient, role: str) -> None:
    body = succeeded(login(api, **api.login(role)))
    user = body["user"]
    assert user["email"] == api.login(role)["email"]
    assert role or str(user["id"]) == api.known("user")
    are_modules(user["active_modules"])
    active = {"Authorization": f"Bearer {body['token']}", "X-Company-Id": str(user["active_company_id"])}
    assert succeeded(send(api, "get_authenticated_user", active))["company"]["id"] == user["active_company_id"]


# The user


@clause("troyansys.auth_me.r1")
def test_the_user_of_the_token_is_shown(api: ApiClient) -> None:
    opened = succeeded(login(api))["user"]
    shown = succeeded(send(api, "get_authenticated_user", session(api)))
    assert {name: shown[name] for name in ("id", "name", "email")} == {name: opened[name] for name in ("id", "name", "email")}


@clause("troyansys.auth_me.r2")
def test_one_company_and_the_active_one_are_shown_and_lists_may_come_on_top(api: ApiClient) -> None:
    shown = succeeded(send(api, "get_authenticated_user", credentials(api, *USER)))
    assert (str(shown["company"]["id"]), shown["company"]["name"]) == (api.known("company"), api.known("company_name"))
    assert str(shown["active_company_id"]) in (api.known("company"), *_active_company_of_the_login(api))
    assert isinstance(shown.get("companies", []), list)
    are_modules(shown.get("active_modules", []))


def _active_company_of_the_login(api: ApiClient) -> list[str]:
    """The company that a user works for after the login, which an accepted reading shows whatever the header says."""
    return [str(succeeded(login(api))["user"]["active_company_id"])] if api.readings else []


@clause("troyansys.auth_me.r4")
def test_the_user_is_asked_for_without_a_body(api: ApiClient) -> None:
    answer = send(api, "get_authenticated_user", credentials(api, *USER))
    assert "content-length" not in answer.request.headers
    succeeded(answer)


# Both headers, or the key


def _contexts() -> Iterator[object]:
    rules = {"get_authenticated_user": "auth_me.r3", "logout_user": "logout.r4", "list_plans": "subscription_plans.r4"}
    rules |= {"get_company": "company_me.r1", "list_company_plans": "company_subscription_plans.r1"}
    for name, rule in rules.items():
        yield pytest.param(name, marks=clause(f"troyansys.{rule}"), id=name)


@pytest.mark.parametrize("name", list(_contexts()))
def test_the_headers_of_its_context_are_all_that_a_call_needs_and_none_may_miss(api: ApiClient, name: str) -> None:
    """Without token or key the authentication is invalid; the page does not say whether a missing company is that, a restriction, or invalid."""
    headers = session(api) if CONTEXTS[name] == USER else credentials(api, *KEY)
    if CONTEXTS[name] == USER:
        refused(send(api, name, {"X-Company-Id": headers["X-Company-Id"]}), 401)
        refused(send(api, name, {**headers, "Authorization": "Bearer contrato-sin-valor"}), 401)
        refused(send(api, name, {"Authorization": headers["Authorization"]}), 401, 403, 422)
    else:
        refused(send(api, name, credentials(api, *USER)), 401)
        refused(send(api, name, {"X-API-Key": "contrato-sin-valor"}), 401)
    succeeded(send(api, name, headers))


@clause("troyansys.auth_me.r3", "troyansys.logout.r4", "troyansys.subscription_plans.r4")
@pytest.mark.parametrize("name", [name for name, context in CONTEXTS.items() if context == USER])
@pytest.mark.parametrize("company", ["foreign_company", "unknown_company"])
def test_a_company_that_is_not_the_users_is_restricted(api: ApiClient, name: str, company: str) -> None:
    headers = session(api)
    refused(send(api, name, {**headers, "X-Company-Id": api.known(company)}), 403)
    succeeded(send(api, name, headers))


# Logging out


@clause("troyansys.logout.r1")
def test_a_logout_ends_its_own_token_and_no_other(api: ApiClient) -> None:
    closed, open_still = session(api), session(api)
    succeeded(send(api, "logout_user", closed))
    for name, context in CONTEXTS.items():
        if context == USER:
            refused(send(api, name, closed), 401)
    succeeded(send(api, "get_authenticated_user", open_still))


@clause("troyansys.logout.r2", "troyansys.logout.r3")
def test_a_logout_has_no_body_and_says_that_the_session_is_closed(api: ApiClient) -> None:
    answer = send(api, "logout_user", session(api))
    assert "content-type" not in answer.request.headers
    assert answer.request.content == b""
    assert succeeded(answer)["message"] == "Sesion API cerrada."


# The company of a key


@clause("troyansys.company_me.r2")
def test_the_company_of_the_key_is_shown_with_its_modules(api: ApiClient) -> None:
    shown = succeeded(send(api, "get_company", credentials(api, *KEY)))
    company = shown["company"]
    assert (str(company["id"]), company["name"], company["ruc"]) == tuple(api.known(name) for name in ("company", "company_name", "company_ruc"))
    assert isinstance(company["trade_name"], str)
    are_modules(shown["active_modules"])


@clause("troyansys.company_me.r2")
def test_another_key_shows_another_company(api: ApiClient) -> None:
    shown = succeeded(send(api, "get_company", credentials(api, *KEY, role="other")))
    assert str(shown["company"]["id"]) == api.known("foreign_company")


# Plans


@clause("troyansys.subscription_plans.r1")
def test_only_active_plans_are_listed(api: ApiClient) -> None:
    listed = {plan["code"] for plan in succeeded(send(api, "list_plans", credentials(api, *USER)))["data"]}
    assert listed
    assert api.known("inactive_plan_code") not in listed


@clause("troyansys.subscription_plans.r2")
def test_a_plan_names_its_modules_price_and_flags(api: ApiClient) -> None:
    plans = succeeded(send(api, "list_plans", credentials(api, *USER)))["data"]
    assert plans
    for plan in plans:
        assert plan["module_codes"]
        assert all(isinstance(code, str) for code in plan["module_codes"])
        assert isinstance(plan["id"], int)
        assert isinstance(plan["amount"], int | float)
        assert all(isinstance(plan[name], str) for name in ("name", "code", "billing_frequency", "currency_code"))
        assert all(isinstance(flag, bool) for flag in plan["feature_flags"].values())


@clause("troyansys.subscription_plans.r2")
def test_a_plan_has_the_amount_that_it_is_known_to_have(api: ApiClient) -> None:
    plans = succeeded(send(api, "list_plans", credentials(api, *USER)))["data"]
    amount = next(plan["amount"] for plan in plans if str(plan["id"]) == api.known("current_plan"))
    assert Decimal(str(amount)) == Decimal(api.known("current_plan_amount"))


@clause("troyansys.subscription_plans.r3")
@pytest.mark.parametrize("name", ["list_plans", "list_company_plans"])
def test_meta_names_the_plan_of_the_company_that_calls(api: ApiClient, name: str) -> None:
    meta = succeeded(send(api, name, credentials(api, *CONTEXTS[name], role="other")))["meta"]
    assert str(meta["current_plan_id"]) == api.known("foreign_plan")


@clause("troyansys.subscription_plans.r3")
def test_meta_names_the_plan_of_the_active_company(api: ApiClient) -> None:
    meta = succeeded(send(api, "list_plans", credentials(api, *USER)))["meta"]
    assert (str(meta["current_plan_id"]), meta["current_plan_code"]) == (api.known("current_plan"), api.known("current_plan_code"))
    elsewhere = {**credentials(api, *USER), "X-Company-Id": api.known("company_without_sales")}
    meta = succeeded(send(api, "list_plans", elsewhere))["meta"]
    assert (str(meta["current_plan_id"]), meta["current_plan_code"]) == (api.known("inactive_plan"), api.known("inactive_plan_code"))


@clause("troyansys.company_subscription_plans.r2")
def test_a_key_gets_the_list_that_a_user_gets(api: ApiClient) -> None:
    by_key = succeeded(send(api, "list_company_plans", credentials(api, *KEY)))
    by_user = succeeded(send(api, "list_plans", credentials(api, *USER)))
    assert by_key.keys() == by_user.keys()
    assert by_key["meta"] == by_user["meta"]
    shapes = {str(plan["id"]): plan.keys() for plan in by_user["data"]}
    assert {str(plan["id"]): plan.keys() for plan in by_key["data"]} == shapes


# Payphone


@clause("troyansys.payphone_subscription_webhook.r1", "troyansys.payphone_subscription_webhook.r4")
def test_a_notice_is_taken_from_anybody_and_acknowledged(api: ApiClient) -> None:
    assert succeeded(send(api, "receive_payphone_notification", json=NOTICE))["message"] == "Webhook procesado"


@clause("troyansys.payphone_subscription_webhook.r2")
@pytest.mark.parametrize("status", ["Approved", "Canceled", "Rechazada"])
def test_payments_that_succeeded_and_that_failed_are_taken_as_often_as_they_are_sent(api: ApiClient, status: str) -> None:
    for _ in range(2):
        answer = send(api, "receive_payphone_notification", json={**NOTICE, "transactionStatus": status})
        assert succeeded(answer)["message"] == "Webhook procesado"


@clause("troyansys.payphone_subscription_webhook.r3")
@pytest.mark.parametrize("fields", [fields for count in range(3) for fields in combinations(NOTICE, count)], ids="-".join)
def test_each_field_of_a_notice_may_be_left_out(api: ApiClient, fields: tuple[str, ...]) -> None:
    sent = {field: NOTICE[field] for field in fields}
    assert succeeded(send(api, "receive_payphone_notification", json=sent))["message"] == "Webhook procesado"
