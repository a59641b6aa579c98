"""Every rule of the vendor's page about plans, payment methods, subscriptions and the profile."""

from __future__ import annotations

import json
import re

import pytest

from ...harness import ApiClient, clause
from .calls import BACK, WORKING, got, one, page_of, press, refused, send, spend, subscription

PLAN = "the plan of a subscriber"


def _price(api: ApiClient, plan: str) -> int:
    wanted = api.known(plan)
    return next(int(listed["price"]) for listed in got(api, "list_plans") if listed["id"] == wanted)


def _upgrade(api: ApiClient, role: str, plan: str) -> str:
    """The code of a plan change that needs no payment page."""
    answer = send(api, "upgrade_subscription", role=role, plan_id=plan)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"code"}
    return str(answer.json()["code"])


# Plans and payment methods


@clause("trincico.list_plans.r1", "trincico.list_plans.r4")
def test_the_active_plans_are_an_array(api: ApiClient) -> None:
    plans = send(api, "list_plans").json()
    assert isinstance(plans, list)
    assert all(plan["active"] is True for plan in plans)
    ids = {plan["id"] for plan in plans}
    assert {api.known("plan_basic"), api.known("plan_pro"), api.known("plan_elite")} <= ids
    assert api.known("inactive_plan") not in ids


@clause("trincico.list_plans.r5")
def test_a_plan_tells_its_features(api: ApiClient) -> None:
    for plan in got(api, "list_plans"):
        assert plan["features"]
        for feature in plan["features"]:
            assert feature.keys() >= {"name", "code", "max_allowed_value", "metadata"}


@clause("trincico.list_payment_methods.r1", "trincico.list_payment_methods.r4")
def test_the_active_payment_methods_are_an_array(api: ApiClient) -> None:
    methods = send(api, "list_payment_methods").json()
    assert isinstance(methods, list)
    ids = {method["id"] for method in methods}
    assert api.known("payment_method") in ids
    assert api.known("inactive_payment_method") not in ids


# The present subscription


@clause("trincico.get_active_subscription.r1")
def test_the_token_says_whose_subscription_it_is(api: ApiClient) -> None:
    assert subscription(api)["id"] == api.known("subscription")
    assert subscription(api, "other")["id"] == api.known("foreign_subscription")


@clause("trincico.get_active_subscription.r2")
def test_only_a_present_subscription_is_returned(api: ApiClient) -> None:
    assert subscription(api)["status"] in ("active", "trailing")
    assert subscription(api, "trial")["status"] == "trailing"
    refused(send(api, "get_active_subscription", role="canceled"), "get_active_subscription", "no_active_subscription")


# Upgrade


@clause("trincico.upgrade_subscription.r3", "trincico.upgrade_subscription.r10")
def test_from_basic_to_pro_somebody_has_to_pay(api: ApiClient) -> None:
    before = subscription(api)
    url = page_of(send(api, "upgrade_subscription"))
    assert subscription(api) == before
    press(api, url, "pay")
    after = subscription(api)
    assert after["plan"]["id"] == api.known("plan_pro")
    assert after["last_payment"]["gross_amount"] == _price(api, "plan_pro")


@clause(
    "trincico.upgrade_subscription.r2",
    "trincico.upgrade_subscription.r4",
    "trincico.upgrade_subscription.r5",
    "trincico.upgrade_subscription.r8",
    "trincico.upgrade_subscription.r10",
)
def test_from_pro_to_elite_the_difference_is_part_of_the_next_invoice(api: ApiClient) -> None:
    api.spends(PLAN)
    before = subscription(api, "pro")
    assert _upgrade(api, "pro", "$plan_elite") == "payment_not_required"
    after = subscription(api, "pro")
    assert after["plan"]["id"] == api.known("plan_elite")
    assert after["last_payment"] == before["last_payment"]
    api.advance("P31D")
    renewed = subscription(api, "pro")
    assert renewed["end_at"] > after["end_at"]
    price = _price(api, "plan_elite")
    assert price < renewed["last_payment"]["gross_amount"] < price + price - _price(api, "plan_pro")


@clause("trincico.upgrade_subscription.r9", "trincico.upgrade_subscription.r10")
def test_where_payment_is_required_the_stored_card_is_charged_at_once(api: ApiClient) -> None:
    api.spends(PLAN)
    before = subscription(api, "pro")
    assert _upgrade(api, "pro", "$plan_charged_at_once") == "payment_required"
    after = subscription(api, "pro")
    assert after["plan"]["id"] == api.known("plan_charged_at_once")
    payment = after["last_payment"]
    assert before["last_payment"] is None or payment["id"] != before["last_payment"]["id"]
    assert 0 < payment["gross_amount"] < _price(api, "plan_charged_at_once")
    assert payment["details"] == after["method_details"] == before["method_details"]


@clause("trincico.upgrade_subscription.r2", "trincico.upgrade_subscription.r6", "trincico.upgrade_subscription.r10")
def test_a_lower_plan_waits_for_the_end_of_the_present_one(api: ApiClient) -> None:
    api.spends(PLAN)
    assert _upgrade(api, "pro", "$plan_basic") == "next_plan_waiting"
    waiting = subscription(api, "pro")
    assert waiting["plan"]["id"] == api.known("plan_pro")
    assert waiting["next_plan"]["id"] == api.known("plan_basic")
    api.advance("P31D")
    after = subscription(api, "pro")
    assert after["plan"]["id"] == api.known("plan_basic")
    assert not after["next_plan"]
    assert after["start_at"] == waiting["end_at"]


@pytest.mark.parametrize(
    ("outcome", "target"),
    [
        pytest.param("pay", "success_url", marks=clause("trincico.upgrade_subscription.r11")),
        pytest.param("decline", "cancel_url", marks=clause("trincico.upgrade_subscription.r12")),
        pytest.param("cancel", "cancel_url", marks=clause("trincico.upgrade_subscription.r12")),
    ],
)
def test_the_browser_is_sent_where_the_upgrade_said(api: ApiClient, outcome: str, target: str) -> None:
    assert press(api, page_of(send(api, "upgrade_subscription")), outcome) == BACK[target]
    assert subscription(api)["plan"]["id"] == api.known("plan_pro" if outcome == "pay" else "plan_basic")


@clause("trincico.upgrade_subscription.r14")
def test_naming_the_payment_method_changes_nothing(api: ApiClient) -> None:
    page_of(send(api, "upgrade_subscription", payment_method_id="$payment_method"))
    page_of(send(api, "upgrade_subscription"))


@clause("trincico.upgrade_subscription.r15")
def test_an_unknown_parameter_of_an_upgrade_is_named(api: ApiClient) -> None:
    answer = send(api, "upgrade_subscription", coupon="x")
    refused(answer, "upgrade_subscription", "unrecognized_parameter")
    assert "coupon" in json.dumps(answer.json()["field"])


@clause("trincico.upgrade_subscription.r16")
@pytest.mark.parametrize(("role", "plan"), [("", "$plan_basic"), ("pro", "$plan_pro"), ("elite", "$plan_elite")])
def test_the_plan_that_one_has_cannot_be_asked_for(api: ApiClient, role: str, plan: str) -> None:
    refused(send(api, "upgrade_subscription", role=role, plan_id=plan), "upgrade_subscription", "already_have_resource")


@clause("trincico.upgrade_subscription.r17")
def test_exactly_one_subscription_is_needed(api: ApiClient) -> None:
    refused(send(api, "upgrade_subscription", role="canceled"), "upgrade_subscription", "no_active_subscription")
    refused(send(api, "upgrade_subscription", role="two_subscriptions", plan_id="$plan_with_trial"), "upgrade_subscription", "multi_row")
    assert send(api, "upgrade_subscription").status_code == 428


# Cancel


@clause("trincico.cancel_subscription.r3", "trincico.cancel_subscription.r7")
def test_what_was_canceled_is_valid_up_to_its_end(api: ApiClient) -> None:
    spend(api, "cancel_subscription")
    before = subscription(api, "pro")
    assert before["canceled_at"] is None
    send(api, "cancel_subscription", role="pro", subscription_id=before["id"])
    after = subscription(api, "pro")
    assert after == {**before, "canceled_at": after["canceled_at"]}
    assert before["start_at"] <= after["canceled_at"] < before["end_at"]
    api.advance("P31D")
    refused(send(api, "get_active_subscription", role="pro"), "get_active_subscription", "no_active_subscription")


@clause("trincico.cancel_subscription.r4")
def test_what_is_active_or_in_its_trial_can_be_canceled(api: ApiClient) -> None:
    spend(api, "cancel_subscription")
    for role in ("pro", "trial"):
        held = subscription(api, role)
        assert held["status"] in ("active", "trailing")
        assert send(api, "cancel_subscription", role=role, subscription_id=held["id"]).status_code == 204
    ended = send(api, "cancel_subscription", role="canceled", subscription_id="$ended_subscription")
    refused(ended, "cancel_subscription", "status_value_denied")


@clause("trincico.cancel_subscription.r5", "trincico.update_subscription_payment_method.r9")
@pytest.mark.parametrize("name", ["cancel_subscription", "update_subscription_payment_method"])
def test_only_the_owner_changes_a_subscription(api: ApiClient, name: str) -> None:
    refused(send(api, name, subscription_id="$foreign_subscription"), name, "forbidden_resource")
    refused(send(api, name, role="other"), name, "forbidden_resource")
    spend(api, name)
    assert send(api, name).status_code == WORKING[name].status


# Another card


@clause(
    "trincico.update_subscription_payment_method.r2",
    "trincico.update_subscription_payment_method.r3",
    "trincico.update_subscription_payment_method.r5",
    "trincico.update_subscription_payment_method.r6",
)
def test_the_card_changes_on_the_page_and_not_before(api: ApiClient) -> None:
    before = subscription(api, "pro")
    url = page_of(send(api, "update_subscription_payment_method", role="pro", subscription_id=before["id"]))
    assert subscription(api, "pro") == before
    press(api, url, "pay", card="amex")
    after = subscription(api, "pro")
    assert after["method_details"]["brand"] == "amex" != before["method_details"]["brand"]


@clause("trincico.update_subscription_payment_method.r4")
def test_no_number_of_a_card_is_kept(api: ApiClient) -> None:
    shown = subscription(api, "pro")["method_details"]
    assert re.fullmatch(r"\d{4}", shown["last4"])
    assert not re.search(r"\d{12,}", json.dumps(shown))
    assert not {"number", "cvc", "cvv", "expiry"} & shown.keys()


@clause("trincico.update_subscription_payment_method.r7")
@pytest.mark.parametrize(("outcome", "target"), [("pay", "success_url"), ("decline", "cancel_url"), ("cancel", "cancel_url")])
def test_the_browser_is_sent_where_the_change_of_card_said(api: ApiClient, outcome: str, target: str) -> None:
    assert press(api, page_of(send(api, "update_subscription_payment_method")), outcome) == BACK[target]


@clause("trincico.update_subscription_payment_method.r10")
def test_the_next_invoice_is_charged_to_the_new_card(api: ApiClient) -> None:
    before = subscription(api, "pro")
    press(api, page_of(send(api, "update_subscription_payment_method", role="pro", subscription_id=before["id"])), "pay", card="mastercard")
    changed = subscription(api, "pro")
    assert changed["method_details"] != before["method_details"]
    api.advance("P31D")
    renewed = subscription(api, "pro")
    assert renewed["end_at"] > before["end_at"]
    assert renewed["last_payment"]["details"] == changed["method_details"] == renewed["method_details"]


# Profile


@clause("trincico.get_profile.r3")
def test_the_token_says_whose_profile_it_is(api: ApiClient) -> None:
    mine, theirs = one(got(api, "get_profile")), one(got(api, "get_profile", role="pro"))
    assert mine["id"] == api.known("user") != theirs["id"]
    assert mine["email"] == api.known("user_email") != theirs["email"]


@clause("trincico.get_profile.r4")
def test_the_profile_shows_what_the_user_has(api: ApiClient) -> None:
    profile = one(got(api, "get_profile"))
    assert {service["id"] for service in profile["services"]} == {api.known("service"), api.known("service_without_invoices")}
    assert profile["current_subscription"]["id"] == api.known("subscription")
    assert profile["permissions"]
    assert profile.keys() >= {"favorites", "reviews", "roles"}
    assert not one(got(api, "get_profile", role="canceled"))["current_subscription"]
