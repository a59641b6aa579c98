"""The 28 curl samples of Trincico's page, run by curl with replaced host, token and ids; the page's errors are corrected (trincico.D19 to D24)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.test_samples import CURL, curl
from tests.vendors.trincico import DOCUMENT, OPERATIONS

if TYPE_CHECKING:
    from tests.conftest import Mock

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed; apt-get install curl")


class Sample(NamedTuple):
    """A sample: the operation, its path on the page, status and example of its answer, the example of its body, and the role that sends it."""

    operation: str
    path: str
    status: int
    answer: str | None = None
    body: str | None = None
    credential: str | None = "demo"


DRAFT, READY, SUBSCRIPTION = SEEDED_RECORDS["draft_invoice"], SEEDED_RECORDS["ready_invoice"], SEEDED_RECORDS["subscription"]

SAMPLES = (
    Sample("list_plans", "/plans/", 200, "plans", credential=None),
    Sample("list_payment_methods", "/payment-methods/", 200, "payment_methods", credential=None),
    Sample("get_active_subscription", "/subscriptions/active", 200, "active_subscription", credential="pro"),
    Sample("upgrade_subscription", "/subscriptions/upgrade/", 428, "go_to_checkout", "to_elite"),
    Sample("cancel_subscription", f"/subscriptions/{SUBSCRIPTION}/cancel/", 204),
    Sample("update_subscription_payment_method", f"/subscriptions/{SUBSCRIPTION}/update-payment/", 428, "go_to_checkout", "back_to_account"),
    Sample("list_invoices", "/invoices/?service_id=77", 200, "invoice_page"),
    Sample("create_invoice", "/invoices/", 201, "created_invoice", "new_invoice"),
    Sample("retrieve_invoice", f"/invoices/{DRAFT}", 200, "retrieved_invoice"),
    Sample("update_invoice", f"/invoices/{DRAFT}", 204, body="changed_invoice"),
    Sample("update_invoice_status", f"/invoices/{DRAFT}/status", 204, body="make_ready"),
    Sample("build_invoice_reference", "/invoices/build-reference?service_id=77", 200, "proposed_reference"),
    Sample("view_invoice", f"/invoices/{DRAFT}/view", 200, "viewed_invoice", credential=None),
    Sample("pay_invoice", f"/invoices/{READY}/pay", 428, "go_to_checkout", "back_to_shop"),
    Sample("add_invoice_item", f"/invoices/{DRAFT}/items", 201, "added_item", "new_item"),
    Sample("update_invoice_item", f"/invoices/{DRAFT}/items/{SEEDED_RECORDS['item']}", 204, body="renamed_item"),
    Sample("delete_invoice_item", f"/invoices/{DRAFT}/items/{SEEDED_RECORDS['item']}", 204),
    Sample("get_profile", "/profile", 200, "profile"),
    Sample("list_payout_frequencies", "/payouts/frequencies", 200, "frequencies_of_pro", credential="pro"),
    Sample("create_payout_account", "/payouts/account", 204, body="at_stripe"),
    Sample("enable_payout_account", "/payouts/account/enable", 428, "go_to_onboarding", "back_to_payouts", "pro"),
    Sample("retrieve_payout_account", "/payouts/account", 200, "payout_account", credential="elite"),
    Sample("update_payout_frequency", "/payouts/account/frequency", 204, body="on_demand", credential="elite"),
    Sample("get_payout_balance", "/payouts/account/balance", 200, "balance", credential="elite"),
    Sample("list_external_accounts", "/payouts/account/external-accounts", 200, "external_accounts", credential="elite"),
    Sample("create_payout", "/payouts", 204, body="payout_of_named_account", credential="elite"),
    Sample("list_payouts", "/payouts?limit=2&cursor=0d492884-d43a-4766-886b-dbad0f2629a1&status=paid", 200, "payout_page", credential="elite"),
    Sample("send_notification", "/notifications/send", 204, body="share_invoice", credential="notifications"),
)


def example(name: str) -> Any:
    return DOCUMENT.raw["components"]["examples"][name]["value"]


def shape(value: Any) -> Any:
    """The keys of a value, level by level; a list is represented by its first element."""
    if isinstance(value, dict):
        return {key: shape(found) for key, found in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def fits(found: Any, printed: Any) -> bool:
    """Whether a shape is the printed one; null, empty and related values may differ."""
    if not found or not printed:
        return True
    if isinstance(printed, list):
        return isinstance(found, list) and fits(found[0], printed[0])
    return isinstance(found, dict) and found.keys() == printed.keys() and all(fits(found[key], printed[key]) for key in printed)


def run(mock: Mock, sample: Sample, path: str | None = None) -> tuple[int, Any]:
    """Status and body of the answer to a sample."""
    arguments = ["-X", OPERATIONS[sample.operation].method, f"{mock.url}/~{mock.world}{DOCUMENT.base_path}{path or sample.path}"]
    arguments += ["--header", "Content-Type: application/json"]
    if sample.credential is not None:
        headers = next(found for found in mock.api("trincico")["credentials"] if found["name"] == sample.credential)["headers"]
        arguments += ["--header", f"Authorization: {headers['Authorization']}"]
    if sample.body is not None:
        arguments += ["--data", json.dumps(example(sample.body), indent=4)]
    return curl(*arguments)


def test_there_is_one_sample_for_each_described_operation() -> None:
    described = [operation.id for operation in DOCUMENT.operations if operation.spec["x-provenance"] == "described"]
    assert sorted(sample.operation for sample in SAMPLES) == sorted(described)
    assert len(SAMPLES) == 28


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.operation)
def test_a_sample_answers_with_the_documented_status_and_shape(mock: Mock, sample: Sample) -> None:
    status, body = run(mock, sample)
    assert status == sample.status, body
    if sample.answer is None:
        assert body is None
    else:
        assert body
        assert fits(shape(body), shape(example(sample.answer))), (shape(body), shape(example(sample.answer)))


def test_the_sample_of_the_second_page_of_payouts_answers_with_the_printed_rows(mock: Mock) -> None:
    sample = next(sample for sample in SAMPLES if sample.operation == "list_payouts")
    printed = example("payout_page")
    _, second = run(mock, sample)
    assert (second["next_page"], second["limit"]) == (printed["next_page"], printed["limit"])
    assert [(row["id"], row["amount"]) for row in second["data"]] == [(row["id"], row["amount"]) for row in printed["data"]]
    _, third = run(mock, sample, f"/payouts?limit=2&cursor={second['next_page']}&status=paid")
    assert [row["amount"] for row in third["data"]] == [3_000]
    assert third["next_page"] is None
