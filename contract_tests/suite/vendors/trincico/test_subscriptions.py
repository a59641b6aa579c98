"""Every rule of the vendor's page about plans, payment methods, subscriptions and the profile."""

from __future__ import annotations

import json
import re

import pytest

from ...harness import ApiClient, clause, not_observable
from .calls import BACK, done, got, one, page_of, press, refused, send, spend, subscription, unwrapped, works
from .world import ANOTHER_PLAN, need, need_plan, need_subscription, plan_for

PLAN = "the plan of a subscriber"
CODES = ("next_plan_waiting", "payment_not_required", "payment_required")


def _price(api: ApiClient, plan: str) -> int:
    wanted = api.known(plan)
    return next(int(listed["price"]) for listed in got(api, "list_plans") if listed["id"] == wanted)


def _upgrade(api: ApiClient, role: str, plan: str) -> str:
    """The code of a plan change that needs no payment page."""
    answer = send(api, "upgrade_subscription", role=role, plan_id=plan)
    assert answer.status_code == 200, f"no payment page is needed ({answer.status_code} {answer.text[:200]})"
    code = str(unwrapped(answer.json())["code"])
    assert code in CODES
    return code


# Plans and payment methods


@clause("trincico.list_plans.r1", "trincico.list_plans.r4")
def test_the_active_plans_are_an_array(api: ApiClient) -> None:
    plans = got(api, "list_plans")
    assert isinstance(plans, list)
    assert all(plan["active"] is True for plan in plans)
    ids = {plan["id"] for plan in plans}
    assert {api.known("plan_basic"), api.known("plan_pro"), api.known("plan_elite")} <= ids
    assert api.target.known.get("inactive_plan") not in ids


@clause("trincico.list_plans.r1")
def test_an_inactive_plan_is_not_listed(api: ApiClient) -> None:
    assert api.known("inactive_plan") not in {plan["id"] for plan in got(api, "list_plans")}


@clause("trincico.list_plans.r4")
@pytest.mark.parametrize("flag", ["is_default", "is_recommended"])
def test_at_most_one_plan_is_the_default_and_one_the_recommended(api: ApiClient, flag: str) -> None:
    assert sum(plan[flag] for plan in got(api, "list_plans")) <= 1


@clause("trincico.list_plans.r5")
def test_a_plan_tells_its_features(api: ApiClient) -> None:
    for plan in got(api, "list_plans"):
        assert plan.get("features") or api.is_shared
        for feature in plan.get("features") or ():
            assert feature.keys() >= {"name", "code", "max_allowed_value", "metadata"}


@clause("trincico.list_payment_methods.r1", "trincico.list_payment_methods.r4")
def test_the_active_payment_methods_are_an_array(api: ApiClient) -> None:
    methods = got(api, "list_payment_methods")
    assert isinstance(methods, list)
    ids = {method["id"] for method in methods}
    assert api.known("payment_method") in ids
    assert api.target.known.get("inactive_payment_method") not in ids
    assert sum(method["is_default"] for method in methods) <= 1


# The present subscription


@clause("trincico.get_active_subscription.r1")
def test_the_token_says_whose_subscription_it_is(api: ApiClient) -> None:
    assert subscription(api)["id"] == api.known("subscription")
    assert subscription(api, "other")["id"] == api.known("foreign_subscription")


@clause("trincico.get_active_subscription.r2")
def test_only_a_present_subscription_is_returned(api: ApiClient) -> None:
    assert subscription(api)["status"] in ("active", "trailing")
    assert subscription(api, "trial")["status"] in ("trailing", "trialing" if api.is_shared else "trailing")
    _none_is_active(api, "canceled")


def _none_is_active(api: ApiClient, role: str) -> None:
    """A role without an active subscription is refused, or shown that there is nothing."""
    answer = send(api, "get_active_subscription", role=role)
    if api.readings.is_open("get_active_subscription", "no_active_subscription") and not api.is_refusal("get_active_subscription", answer):
        assert not unwrapped(answer.json()), f"no subscription is shown ({answer.text[:200]})"
        return
    refused(api, answer, "get_active_subscription", "no_active_subscription")


# Upgrade


@clause("trincico.upgrade_subscription.r3", "trincico.upgrade_subscription.r10")
def test_from_basic_to_pro_somebody_has_to_pay(api: ApiClient) -> None:
    before = need_plan(api, "", "plan_basic")
    url = page_of(send(api, "upgrade_subscription"))
    assert subscription(api) == before
    if api.is_shared:
        return  # only a mock's own page can be pressed
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
    before = need_plan(api, "pro", "plan_pro")
    assert _upgrade(api, "pro", "$plan_elite") in ("payment_not_required", "payment_required" if api.is_shared else "")
    after = subscription(api, "pro")
    assert after["plan"]["id"] == api.known("plan_elite")
    if api.is_shared:
        return  # the page has no formula for the difference
    assert after["last_payment"] == before["last_payment"]
    api.advance("P31D")
    renewed = subscription(api, "pro")
    assert renewed["end_at"] > after["end_at"]
    price = _price(api, "plan_elite")
    assert price < renewed["last_payment"]["gross_amount"] < price + price - _price(api, "plan_pro")


@clause("trincico.upgrade_subscription.r9", "trincico.upgrade_subscription.r10")
def test_where_payment_is_required_the_stored_card_is_charged_at_once(api: ApiClient) -> None:
    api.spends(PLAN)
    before = need_plan(api, "pro", "plan_pro")
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
    need_plan(api, "pro", "plan_pro")
    answer = send(api, "upgrade_subscription", role="pro", plan_id="$plan_basic")
    if api.is_refusal("upgrade_subscription", answer) and api.readings.is_open("upgrade_subscription", "trincico.upgrade_subscription.r6"):
        not_observable("a change to the free plan is refused as non_upgradable, which the list of errors allows")
    assert answer.status_code == 200, f"a lower plan is taken ({answer.status_code} {answer.text[:200]})"
    assert unwrapped(answer.json())["code"] == "next_plan_waiting"
    waiting = subscription(api, "pro")
    assert waiting["plan"]["id"] == api.known("plan_pro")
    assert one(waiting.get("next_plan") or {"id": api.known("plan_basic")})["id"] == api.known("plan_basic")
    assert waiting.get("next_plan") or api.is_shared
    api.advance("P1M" if api.is_shared else "P31D")
    api.advance("P2D" if api.is_shared else "PT0S")
    after = subscription(api, "pro")
    assert after["plan"]["id"] == api.known("plan_basic")
    assert not after.get("next_plan")
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
    refused(api, answer, "upgrade_subscription", "unrecognized_parameter")
    assert api.is_shared or "coupon" in json.dumps(answer.json()["field"])


@clause("trincico.upgrade_subscription.r16")
@pytest.mark.parametrize(("role", "plan"), [("", "$plan_basic"), ("pro", "$plan_pro"), ("elite", "$plan_elite")])
def test_the_plan_that_one_has_cannot_be_asked_for(api: ApiClient, role: str, plan: str) -> None:
    need_plan(api, role, plan[1:])
    refused(api, send(api, "upgrade_subscription", role=role, plan_id=plan), "upgrade_subscription", "already_have_resource")


@clause("trincico.upgrade_subscription.r17")
def test_exactly_one_subscription_is_needed(api: ApiClient) -> None:
    refused(api, send(api, "upgrade_subscription", role="canceled"), "upgrade_subscription", "no_active_subscription")
    wanted = plan_for(api, "two_subscriptions", ANOTHER_PLAN)
    refused(api, send(api, "upgrade_subscription", role="two_subscriptions", plan_id=wanted), "upgrade_subscription", "multi_row")
    need_plan(api, "", "plan_basic")
    works(api, "upgrade_subscription")


# Cancel


@clause("trincico.cancel_subscription.r3", "trincico.cancel_subscription.r7")
def test_what_was_canceled_is_valid_up_to_its_end(api: ApiClient) -> None:
    spend(api, "cancel_subscription")
    before = need_subscription(api, "pro")
    need(before["canceled_at"] is None, "the subscription of the role pro is canceled already")
    done(api, "cancel_subscription", role="pro", subscription_id=before["id"])
    if api.readings.is_open("cancel_subscription", "trincico.cancel_subscription.r3"):
        need(not _is_over(api, "pro"), "a canceled subscription has the status canceled at once, which the page does not exclude")
    after = subscription(api, "pro")
    assert after == {**before, "canceled_at": after["canceled_at"]}
    assert before["start_at"] <= after["canceled_at"] < before["end_at"]
    api.advance("P31D")
    if api.is_shared:
        api.advance("P1Y")  # whatever the period of the plan was
    _none_is_active(api, "pro")


def _is_over(api: ApiClient, role: str) -> bool:
    """Whether the subscription that was canceled is not shown any more, or shown as canceled."""
    answer = send(api, "get_active_subscription", role=role)
    if api.is_refusal("get_active_subscription", answer):
        return True
    held = unwrapped(answer.json())
    return not held or one(held)["status"] == "canceled"


@clause("trincico.cancel_subscription.r4")
def test_what_is_active_or_in_its_trial_can_be_canceled(api: ApiClient) -> None:
    spend(api, "cancel_subscription")
    for role in ("pro", "trial"):
        held = need_subscription(api, role)
        assert held["status"] in ("active", "trailing", "trialing")
        done(api, "cancel_subscription", role=role, subscription_id=held["id"])
    ended = send(api, "cancel_subscription", role="canceled", subscription_id="$ended_subscription")
    refused(api, ended, "cancel_subscription", "status_value_denied")


@clause("trincico.cancel_subscription.r5", "trincico.update_subscription_payment_method.r9")
@pytest.mark.parametrize("name", ["cancel_subscription", "update_subscription_payment_method"])
def test_only_the_owner_changes_a_subscription(api: ApiClient, name: str) -> None:
    refused(api, send(api, name, subscription_id="$foreign_subscription"), name, "forbidden_resource")
    refused(api, send(api, name, role="other"), name, "forbidden_resource")
    spend(api, name)
    works(api, name)


# Another card


@clause(
    "trincico.update_subscription_payment_method.r2",
    "trincico.update_subscription_payment_method.r3",
    "trincico.update_subscription_payment_method.r5",
    "trincico.update_subscription_payment_method.r6",
)
def test_the_card_changes_on_the_page_and_not_before(api: ApiClient) -> None:
    before = need_subscription(api, "pro")
    url = page_of(send(api, "update_subscription_payment_method", role="pro", subscription_id=before["id"]))
    assert subscription(api, "pro") == before
    if api.is_shared:
        return  # only a mock's own page can be pressed
    press(api, url, "pay", card="amex")
    after = subscription(api, "pro")
    assert after["method_details"]["brand"] == "amex" != before["method_details"]["brand"]


@clause("trincico.update_subscription_payment_method.r4")
def test_no_number_of_a_card_is_kept(api: ApiClient) -> None:
    shown = subscription(api, "pro").get("method_details")
    need(shown, "the subscription of the role pro tells nothing of its payment method")
    shown = one(shown)
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
    assert str(mine["id"]) == api.known("user") != str(theirs["id"])
    assert mine["email"] == api.known("user_email") != theirs["email"]


@clause("trincico.get_profile.r4")
def test_the_profile_shows_what_the_user_has(api: ApiClient) -> None:
    profile = one(got(api, "get_profile"))
    services = {str(service["id"]) for service in profile["services"]}
    mine = {api.known("service"), api.known("service_without_invoices")}
    assert services >= mine if api.is_shared else services == mine
    assert api.known("foreign_service") not in services
    assert profile["current_subscription"]["id"] == api.known("subscription")
    assert profile["permissions"] or api.is_shared
    assert profile.keys() >= {"favorites", "reviews", "roles"}
    assert not one(got(api, "get_profile", role="canceled"))["current_subscription"]


@clause("trincico.get_profile.r4")
@pytest.mark.parametrize("role", ["", "pro", "elite", "other", "trial"])
def test_profile_and_subscription_agree(api: ApiClient, role: str) -> None:
    held, shown = need_subscription(api, role), one(got(api, "get_profile", role=role))["current_subscription"]
    for name in ("id", "start_at", "end_at", "status"):
        assert shown[name] == held[name]
    assert shown["plan"]["id"] == held["plan"]["id"]


@clause("trincico.get_profile.r4")
def test_the_profile_follows_a_change_of_plan(api: ApiClient) -> None:
    api.spends(PLAN)
    need_plan(api, "pro", "plan_pro")
    got(api, "get_profile", role="pro")
    _upgrade(api, "pro", "$plan_elite")
    held, shown = subscription(api, "pro"), one(got(api, "get_profile", role="pro"))["current_subscription"]
    assert shown["plan"]["id"] == held["plan"]["id"]
