"""Every rule of the vendor's page about payout accounts and payouts."""

from __future__ import annotations

from typing import Any

import pytest

from ...harness import ApiClient, clause
from .calls import BACK_TO_PAYOUTS, account, balance, done, got, one, page_of, press, refused, rows, send, spend, whole, works
from .world import funded, keep_frequency, need, need_account, need_denied, need_plan, paid_out

# Frequencies


@clause("trincico.list_payout_frequencies.r3")
def test_a_frequency_that_is_not_listed_cannot_be_set(api: ApiClient) -> None:
    for frequency in need_denied(api, "pro"):
        refused(api, send(api, "update_payout_frequency", role="pro", frequency=frequency), "update_payout_frequency", "status_value_denied")


@clause("trincico.list_payout_frequencies.r4")
def test_pro_and_elite_are_given_different_frequencies(api: ApiClient) -> None:
    need_plan(api, "pro", "plan_pro")
    need_plan(api, "elite", "plan_elite")
    of_pro, of_elite = (set(got(api, "list_payout_frequencies", role=role)) for role in ("pro", "elite"))
    assert of_pro != of_elite
    assert of_pro < of_elite or api.is_shared


@clause("trincico.list_payout_frequencies.r5", "trincico.update_payout_frequency.r2", "trincico.update_payout_frequency.r3")
@pytest.mark.parametrize("role", ["pro", "elite", "automatic"])
def test_each_frequency_listed_can_be_set(api: ApiClient, role: str) -> None:
    if api.is_shared and role == "pro" and api.readings.is_open("update_payout_frequency", "trincico.update_payout_frequency.r3"):
        need_account(api, role, "completed")
    keep_frequency(api, role)
    for frequency in got(api, "list_payout_frequencies", role=role):
        done(api, "update_payout_frequency", role=role, frequency=frequency)
        assert account(api, role)["frequency"] == frequency


@clause("trincico.update_payout_frequency.r4")
def test_the_plan_decides_which_frequency_can_be_set(api: ApiClient) -> None:
    (denied, *_), before = need_denied(api, "pro"), account(api, "pro")
    refused(api, send(api, "update_payout_frequency", role="pro", frequency=denied), "update_payout_frequency", "status_value_denied")
    assert account(api, "pro") == before
    keep_frequency(api, "elite")
    done(api, "update_payout_frequency", role="elite", frequency=denied)


@clause("trincico.update_payout_frequency.r2")
def test_the_account_of_another_user_keeps_its_frequency(api: ApiClient) -> None:
    before, own = account(api, "automatic")["frequency"], account(api)["frequency"]
    wanted = [one for one in got(api, "list_payout_frequencies", role="elite") if one not in (before, own)]
    need(wanted, "the role elite may use no other frequency")
    keep_frequency(api, "elite")
    done(api, "update_payout_frequency", role="elite", frequency=wanted[0])
    assert account(api)["frequency"] == wanted[0]
    assert account(api, "automatic")["frequency"] == before


# The account


@clause("trincico.create_payout_account.r2", "trincico.create_payout_account.r3", "trincico.enable_payout_account.r2")
def test_an_account_is_created_enabled_and_completed(api: ApiClient) -> None:
    spend(api, "create_payout_account")
    works(api, "create_payout_account")
    opened = account(api, "")
    methods = {method["id"]: method.get("type") for method in got(api, "list_payment_methods")}
    kind = methods[api.known("payment_method")]
    assert opened.get("payment_method_type", kind) == kind or kind is None
    assert opened["status"] == "pending"
    if api.is_shared:
        page_of(send(api, "enable_payout_account", role=""))
        return
    url = page_of(api.call("POST", f"/payouts/account/{opened['id']}/enable", json=BACK_TO_PAYOUTS))
    press(api, url, "complete")
    completed = account(api, "demo")
    assert (completed["id"], completed["status"]) == (opened["id"], "completed")


@clause("trincico.create_payout_account.r4")
def test_a_completed_account_is_not_made_twice(api: ApiClient) -> None:
    before = need_account(api, "elite", "completed")
    refused(api, send(api, "create_payout_account", role="elite"), "create_payout_account", "row_exists")
    assert account(api) == before


@clause("trincico.retrieve_payout_account.r3")
@pytest.mark.parametrize(("role", "name", "status"), [("pro", "pending_payout_account", "pending"), ("elite", "payout_account", "completed")])
def test_a_pending_or_completed_account_is_returned(api: ApiClient, role: str, name: str, status: str) -> None:
    found = account(api, role)
    assert found["id"] == api.known(name)
    assert found["status"] == status


@clause("trincico.retrieve_payout_account.r4")
@pytest.mark.parametrize("role", ["demo", "suspended"])
def test_no_other_account_is_returned(api: ApiClient, role: str) -> None:
    refused(api, send(api, "retrieve_payout_account", role=role), "retrieve_payout_account", "not_found")


@clause("trincico.enable_payout_account.r3", "trincico.enable_payout_account.r5")
def test_after_a_failure_the_activation_starts_again(api: ApiClient) -> None:
    assert press(api, page_of(send(api, "enable_payout_account")), "fail") == BACK_TO_PAYOUTS["refresh_url"]
    assert account(api, "pro")["status"] == "pending"
    press(api, page_of(send(api, "enable_payout_account")), "complete")
    assert account(api, "pro")["status"] == "completed"


@clause("trincico.enable_payout_account.r4")
def test_another_bank_account_can_be_tied_to_the_payout_account(api: ApiClient) -> None:
    (before,) = got(api, "list_external_accounts")
    press(api, page_of(send(api, "enable_payout_account", role="elite")), "complete", bank="paribas_eur")
    (after,) = got(api, "list_external_accounts")
    assert after["id"] != before["id"]
    assert after["currency"] == "eur" != before["currency"]


@clause("trincico.enable_payout_account.r7")
def test_after_a_success_the_browser_is_sent_back(api: ApiClient) -> None:
    assert press(api, page_of(send(api, "enable_payout_account")), "complete") == BACK_TO_PAYOUTS["return_url"]


@clause("trincico.list_external_accounts.r3")
def test_the_account_at_the_bank_is_another_than_the_payout_account(api: ApiClient) -> None:
    payout_account, external = need_account(api, "elite", "completed"), got(api, "list_external_accounts")
    need(external, "the payout account of the role elite has no bank account")
    for found in external:
        assert found["id"] != payout_account["id"]
        assert found["bank_name"]
        assert found.keys() >= {"last4", "currency", "country", "routing_number"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("get_payout_balance", marks=clause("trincico.get_payout_balance.r5")),
        pytest.param("list_external_accounts", marks=clause("trincico.list_external_accounts.r4")),
    ],
)
def test_only_a_completed_account_tells_more(api: ApiClient, name: str) -> None:
    need_account(api, "pro", "pending")
    refused(api, send(api, name, role="pro"), name, "status_value_denied")
    works(api, name)
    if api.is_shared:
        return  # only a mock's own page can be pressed
    press(api, page_of(send(api, "enable_payout_account")), "complete")
    assert send(api, name, role="pro").status_code == 200


# The balance


@clause("trincico.get_payout_balance.r3")
def test_the_balance_tells_what_can_be_paid_out(api: ApiClient) -> None:
    paid_out(api, "elite", "on_demand")
    spend(api, "create_payout")
    currency, available = funded(api)
    refused(api, send(api, "create_payout", amount=available + 1, currency=currency), "create_payout", "balance_insufficient")
    assert balance(api)["available"][currency] == available
    if available > 1:
        done(api, "create_payout", amount=1, currency=currency)
        assert balance(api)["available"].get(currency) == available - 1
        available -= 1
    done(api, "create_payout", amount=available, currency=currency)
    assert not balance(api)["available"].get(currency)
    assert api.is_shared or currency not in balance(api)["available"]


@clause("trincico.get_payout_balance.r4")
def test_a_key_without_data_is_null(api: ApiClient) -> None:
    press(api, page_of(send(api, "enable_payout_account")), "complete")
    body = got(api, "get_payout_balance", role="pro")
    assert {key: body[key] for key in ("available", "instant", "pending")} == dict.fromkeys(("available", "instant", "pending"))


@clause("trincico.get_payout_balance.r6")
def test_there_is_one_amount_for_each_currency(api: ApiClient) -> None:
    body = one(got(api, "get_payout_balance"))
    for key in ("available", "instant", "pending"):
        found = [amount["currency"] for amount in body[key] or ()]
        assert len(set(found)) == len(found)
        assert all(isinstance(amount["amount"], int) for amount in body[key] or ())
    assert api.is_shared or {amount["currency"] for amount in body["available"]} == {"eur", "usd"}


# Payouts

LITTLE = 125
"""An amount in cents that every currency of the account should hold."""


@clause("trincico.create_payout.r2")
def test_a_payout_by_hand_needs_the_frequency_on_demand(api: ApiClient) -> None:
    need_account(api, "automatic", "completed")
    paid_out(api, "automatic", "auto_7_days")
    currency = funded(api, "automatic")[0] if api.is_shared else "usd"
    refused(api, send(api, "create_payout", role="automatic", currency=currency), "create_payout", "status_value_denied")
    spend(api, "create_payout")
    done(api, "update_payout_frequency", role="automatic", frequency="on_demand")
    done(api, "create_payout", role="automatic", currency=currency)


@clause("trincico.create_payout.r3")
@pytest.mark.parametrize("instant", [True, False])
def test_the_account_has_to_hold_the_amount(api: ApiClient, instant: bool) -> None:  # noqa: FBT001 - a column of the table
    paid_out(api, "elite", "on_demand")
    currency, held = funded(api, key="instant" if instant and balance(api)["instant"] else "available")
    refused(api, send(api, "create_payout", amount=held + 1, currency=currency, instant=instant), "create_payout", "balance_insufficient")
    spend(api, "create_payout")
    done(api, "create_payout", amount=held, currency=currency, instant=instant)
    newest = next(row for row in rows(api, "list_payouts") if row["amount"] == held and row["currency"] == currency)
    assert (newest["amount"], newest["currency"], newest["sent_method"]) == (held, currency, "instant" if instant else "standard")


@clause("trincico.create_payout.r3")
def test_a_payout_is_in_the_currency_that_was_asked_for(api: ApiClient) -> None:
    paid_out(api, "elite", "on_demand")
    held = [currency for currency, amount in balance(api)["available"].items() if amount > LITTLE]
    need(len(held) > 1, "the payout account of the role elite holds one currency only")
    spend(api, "create_payout")
    for currency in held:
        done(api, "create_payout", amount=LITTLE, currency=currency)
        assert _newest(api)["currency"] == currency


@clause("trincico.create_payout.r4")
def test_a_payout_that_is_not_instant_leaves_at_the_end_of_the_day(api: ApiClient) -> None:
    paid_out(api, "elite", "on_demand")
    spend(api, "create_payout")
    currency, held = funded(api)
    need(held > 250, "the payout account of the role elite holds too little")
    done(api, "create_payout", amount=123, currency=currency)
    made = _newest(api)
    assert (made["amount"], made["sent_method"]) == (123, "standard")
    if api.is_shared:  # the page does not say through which statuses a payout goes, and when
        return
    assert made["status"] == "requested"
    api.advance("P1D")
    assert _newest(api)["status"] == "in_transit"
    api.advance("P7D")
    assert _newest(api)["status"] == "paid"
    done(api, "create_payout", amount=124, instant=True)
    assert _newest(api)["status"] == "paid"


def _newest(api: ApiClient) -> dict[str, Any]:
    """The payout that was made last. Times are whole seconds, so that the one before may bear the same."""
    return rows(api, "list_payouts")[0]


@clause("trincico.list_payouts.r2")
def test_only_the_payouts_of_the_caller_are_listed(api: ApiClient) -> None:
    mine = {row["id"] for row in rows(api, "list_payouts", limit=100)}
    assert api.known("payout") in mine
    assert not mine & {row["id"] for row in rows(api, "list_payouts", role="automatic", limit=100)}
    assert not mine & {row["id"] for row in rows(api, "list_payouts", role="other", limit=100)}
    assert api.is_shared or rows(api, "list_payouts", role="demo") == []


@clause("trincico.list_payouts.r3")
def test_the_newest_payout_comes_first(api: ApiClient) -> None:
    paid_out(api, "elite", "on_demand")
    spend(api, "create_payout")
    before = {row["id"] for row in whole(api, "list_payouts")}
    done(api, "create_payout", amount=321, instant=True, currency=funded(api)[0])
    listed = rows(api, "list_payouts", limit=100)
    (made,) = (row for row in listed if row["id"] not in before)
    assert (made["amount"], made["sent_method"]) == (321, "instant")
    assert made["created_at"] == listed[0]["created_at"]
    times = [row["created_at"] for row in listed]
    assert times == sorted(times, reverse=True)


@clause("trincico.list_payouts.r4")
def test_payouts_are_sorted_by_their_properties_only(api: ApiClient) -> None:
    for name in ("amount", "created_at"):
        values = [row[name] for row in rows(api, "list_payouts", order_by=name, limit=100)]
        assert values in (sorted(values), sorted(values, reverse=True)) if api.is_shared else values == sorted(values)
    refused(api, send(api, "list_payouts", query={"order_by": "password"}), "list_payouts", "invalid_param")


@clause("trincico.list_payouts.r5")
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_page_of_payouts_has_as_many_rows_as_asked_for(api: ApiClient, limit: int) -> None:
    need(len(rows(api, "list_payouts")) >= limit, f"the role elite has fewer than {limit} payouts")
    assert len(rows(api, "list_payouts", limit=limit)) == limit


@clause("trincico.list_payouts.r6")
@pytest.mark.parametrize("status", ["requested", "paid", "failed", "canceled"])
def test_a_status_lists_its_own_payouts(api: ApiClient, status: str) -> None:
    if not api.is_shared:
        done(api, "create_payout", amount=77)
    listed = whole(api, "list_payouts", status=status)
    assert listed or api.is_shared
    assert all(row["status"] == status for row in listed)
    assert {row["id"] for row in listed} == {row["id"] for row in whole(api, "list_payouts") if row["status"] == status}


@clause("trincico.list_payouts.r7", "trincico.list_payouts.r8")
@pytest.mark.parametrize("name", ["next_page", "cursor"])
def test_the_pages_of_payouts_show_each_once(api: ApiClient, name: str) -> None:
    every = [row["id"] for row in whole(api, "list_payouts")]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    if name == "cursor" and api.is_shared:  # the name in a sample only; what does not know it shows the first page again
        first = works(api, "list_payouts", query=query).json()
        again = works(api, "list_payouts", query={**query, name: first["next_page"] or ""}).json()
        need(not first["next_page"] or again["data"] != first["data"], "the parameter cursor is not known here")
    for _ in range(len(every)):
        body = works(api, "list_payouts", query=query).json()
        assert body.keys() >= {"next_page", "data"}
        seen += [row["id"] for row in body["data"]]
        if not body["next_page"]:
            break
        query[name] = body["next_page"]
    need(len(every) > 2, "the role elite has too few payouts for two pages")
    assert seen == every
