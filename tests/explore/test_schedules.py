"""Which schedules are planned, and in which order."""

from __future__ import annotations

from mockserver.explore.faults import make_fault, name_refusal
from mockserver.explore.model import ONWARDS, CallPlace, FaultStep
from mockserver.explore.schedules import CalledOperation, Surroundings, number_calls, plan_pairs, plan_retries, plan_singles
from tests.explore.samples import call, make_run

REFUSAL = {"code": "order_3", "status": 400, "message": "the amount is missing"}
OPERATIONS = {
    "shop.create_order": CalledOperation("POST", (201, 400, 401), (REFUSAL, {**REFUSAL, "code": "order_4"})),
    "shop.list_orders": CalledOperation("GET", (200,), page_size="limit"),
}
LIST = call("list_orders", status=200, answered={"total": 2, "orders": [{"id": 1}, {"id": 2}]})
CALLS = number_calls([LIST, call("create_order"), call("create_order")])


def names(place: CallPlace, surroundings: Surroundings = Surroundings()) -> set[tuple[str, str]]:  # noqa: B008 - frozen
    steps = [planned.schedule[0] for planned in plan_singles(CALLS, OPERATIONS, surroundings)]
    return {(step.fault, step.times) for step in steps if step.place == place}


def test_the_most_promising_come_first() -> None:
    planned = plan_singles(CALLS, OPERATIONS, Surroundings())
    assert planned[0].schedule == (FaultStep(CallPlace("shop.create_order", 1), "lost-answer"),)
    assert planned[-1].schedule[0].fault == "timeout"
    assert len({planned.schedule for planned in planned}) == len(planned)


def test_storms_and_hangs_are_looked_for_before_what_happens_once_to_a_call_that_reads() -> None:
    steps = [planned.schedule[0] for planned in plan_singles(CALLS, OPERATIONS, Surroundings())]
    late = steps.index(FaultStep(CallPlace("shop.list_orders", 1), "status:500"))
    for operation in OPERATIONS:
        first = CallPlace(operation, 1)
        early = (FaultStep(first, "status:503", ONWARDS), FaultStep(first, "status:429", ONWARDS), FaultStep(first, "timeout"))
        assert all(steps.index(step) < late for step in early)
    assert steps.index(FaultStep(CallPlace("shop.create_order", 1), "status:401", ONWARDS)) < late


def test_every_documented_refusal_and_every_gateway_answer_is_planned() -> None:
    found = names(CallPlace("shop.create_order", 2))
    assert {("code:order_3", "once"), ("code:order_4", "once"), ("status:401", "once"), ("status:401", ONWARDS)} <= found
    assert {(f"status:{status}", "once") for status in (500, 502, 503, 504, 429)} <= found
    assert ("delivered-twice", "once") not in found


def test_a_list_can_be_empty_or_have_a_second_page() -> None:
    assert {("empty-list", "once"), ("second-page", "once")} <= names(CallPlace("shop.list_orders", 1))
    asked = number_calls([{**LIST, "exchange": {**LIST["exchange"], "query": "limit=50"}}])
    assert "second-page" not in {planned.schedule[0].fault for planned in plan_singles(asked, OPERATIONS, Surroundings())}


def test_a_call_delivered_twice_is_tried_where_the_vendor_knows_repeats() -> None:
    operations = {"shop.create_order": CalledOperation("POST", knows_repeats=True)}
    assert "delivered-twice" in {planned.schedule[0].fault for planned in plan_singles(CALLS, operations, Surroundings())}


def test_what_happens_between_calls_is_planned_where_it_can_matter() -> None:
    surroundings = Surroundings({"shop": ["shop.bank"]}, {"PT901S": 1}, {"shop.orders/1/note": 2})
    assert not {("jump:PT901S", "once"), ("other:shop.orders/1/note", "once")} & names(CallPlace("shop.list_orders", 1), surroundings)
    assert {("jump:PT901S", "once"), ("down:shop.bank", "once"), ("other:shop.orders/1/note", "once")} <= names(
        CallPlace("shop.create_order", 1), surroundings
    )


def test_a_retry_is_explored_and_a_pair_follows_its_first_fault() -> None:
    baseline = make_run([call("create_order")])
    schedule = (FaultStep(CallPlace("shop.create_order", 1), "status:503"),)
    run = make_run([call("create_order"), call("create_order")], schedule=schedule)
    assert {planned.schedule[1].place for planned in plan_retries(run, baseline, OPERATIONS)} == {CallPlace("shop.create_order", 2)}
    assert {planned.schedule[1].place for planned in plan_pairs(run, OPERATIONS)} == {CallPlace("shop.create_order", 2)}


def test_a_refusal_that_says_something_of_the_records_is_not_true() -> None:
    assert make_fault(name_refusal({**REFUSAL, "message": "the order exists already"})).is_true is False
    assert make_fault(name_refusal(REFUSAL)).is_true is True
    assert make_fault(name_refusal({**REFUSAL, "status": 404})).is_true is False


def test_a_step_is_read_from_its_json() -> None:
    step = FaultStep(CallPlace("shop.create_order", 2), "jump:PT901S", ONWARDS)
    assert FaultStep.read(step.to_json()) == step
