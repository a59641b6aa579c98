"""What a run is accused of, and what it is not."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.explore.baseline import Baseline, Unusable, read_baseline
from mockserver.explore.faults import FIXED, make_fault
from mockserver.explore.model import ClientRun
from mockserver.explore.oracles import Accusation, judge
from tests.explore.samples import INJECTED, added, call, make_run

ORDERS = [call("create_order", added(1, "a", folio="N1")), call("create_order", added(2, "b", folio="N2"))]
USUAL = make_run(ORDERS, stdout="made a\nmade b\n")
TRACE = 'Traceback (most recent call last):\n  File "app.py", line 3, in pay\n    json()\nUnicodeDecodeError: bad byte\n'


def accuse(run: ClientRun, fault: str = "lost-answer", usual: ClientRun = USUAL) -> Accusation | None:
    baseline = read_baseline([usual, usual, usual], {})
    return judge(run, baseline, [make_fault(fault)], without=frozenset(), ignored=frozenset())


@pytest.mark.parametrize(
    ("exchanges", "stdout", "hint"),
    [
        ([*ORDERS, call("create_order", added(3, "a", folio="N3"))], "made a\nmade b\n", "duplicated"),
        (ORDERS[:1], "made a\nmade b\n", "lost"),
        ([], "made a\nmade b\n", "false success"),
        ([ORDERS[0], call("create_order", added(2, "c", folio="N2"))], "made a\nmade b\n", "corrupted"),
        (ORDERS, "made a\n", "lost"),
        (ORDERS, "made a\nmade a\nmade b\n", "duplicated"),
    ],
)
def test_exit_code_0_with_another_end_is_a_wrong_end(exchanges: Any, stdout: str, hint: str) -> None:
    found = accuse(make_run(exchanges, stdout=stdout))
    assert found is not None
    assert (found.oracle, found.difference["hint"]) == ("wrong end", hint)


def test_ids_numbers_times_and_added_lines_make_no_other_end() -> None:
    orders = [call("create_order", added(7, "a", folio="N7")), call("create_order", added(9, "b", folio="N9"))]
    assert accuse(make_run(orders, stdout="trying again at 2026-01-01T10:00:00Z\nmade a\nmade b\n")) is None


def test_bookkeeping_makes_no_other_end() -> None:
    assert (
        accuse(make_run([*ORDERS, call("log_in", added(1, "session", table="shop.sessions", bookkeeping=True))], stdout=USUAL.exited.stdout)) is None
    )


@pytest.mark.parametrize("exchanges", [[], ORDERS[:1], ORDERS[1:], ORDERS])
def test_a_failure_at_a_state_of_the_baseline_is_clean(exchanges: Any) -> None:
    assert accuse(make_run(exchanges, code=1, stderr="the vendor is busy")) is None


def test_a_failure_that_leaves_a_duplicate_is_unclean() -> None:
    found = accuse(make_run([ORDERS[0], call("create_order", added(3, "a", folio="N3"))], code=1, stderr="busy"))
    assert found is not None
    assert (found.oracle, found.difference["hint"]) == ("unclean failure", "duplicated")


def test_a_failure_that_goes_on_after_a_step_failed_is_unclean() -> None:
    paid = call("pay", added(1, "paid", table="shop.payments"))
    found = accuse(make_run([paid], code=1, stderr="busy"), usual=make_run([ORDERS[0], paid]))
    assert found is not None
    assert found.oracle == "unclean failure"


def test_a_client_that_undoes_its_work_by_another_operation_is_not_accused() -> None:
    undone = [ORDERS[0], call("cancel_order", added(1, "cancelled", table="shop.cancellations"))]
    assert accuse(make_run(undone, code=1, stderr="busy, and the order was cancelled")) is None


@pytest.mark.parametrize("fault", ["empty-list", "code!:order_exists", "status:404"])
def test_an_answer_that_is_not_true_is_held_against_no_end(fault: str) -> None:
    assert accuse(make_run([*ORDERS, call("create_order", added(3, "a", folio="N3"))], stdout=USUAL.exited.stdout), fault) is None


@pytest.mark.parametrize(("code", "stderr"), [(-11, ""), (1, TRACE), (1, "")])
def test_a_crash_is_a_signal_a_stack_trace_or_no_message(code: int, stderr: str) -> None:
    found = accuse(make_run([], code=code, stderr=stderr))
    assert found is not None
    assert found.oracle == "crashed"


@pytest.mark.parametrize(
    "stderr",
    [
        TRACE + "giving up\n",
        "TypeError: fetch failed\n    at pay (file:///app/shop.mjs:3:5)\n",
        "the vendor is busy",
    ],
)
def test_a_stack_trace_that_was_caught_is_no_crash(stderr: str) -> None:
    assert accuse(make_run([], code=1, stderr=stderr)) is None


def test_a_trace_of_node_is_a_crash() -> None:
    stderr = (
        "/app/shop.mjs:3\n  throw error;\n  ^\n\nSyntaxError: Unexpected token < in JSON\n    at pay (file:///app/shop.mjs:3:5)\n"
        "    at node:internal/main\n\nNode.js v22.1.0\n"
    )
    found = accuse(make_run([], code=1, stderr=stderr))
    assert found is not None
    assert (found.oracle, found.mark) == ("crashed", "SyntaxError shop.mjs pay")


def test_a_hang_and_a_storm_come_first() -> None:
    assert (found := accuse(make_run([], code=-9, ended_by="hang"))) is not None
    assert found.oracle == "hung"
    assert (found := accuse(make_run([call("list_orders")] * 40, code=-9, ended_by="storm"))) is not None
    assert found.oracle == "retry storm"


def test_a_call_after_the_fault_that_breaks_the_document_is_off_contract() -> None:
    calls = [call("list_orders", injected=INJECTED), call("create_order", status=400, fault="invalid", findings=1)]
    found = accuse(make_run(calls, code=1, stderr="failed"), "malformed")
    assert found is not None
    assert found.oracle == "off contract"
    assert accuse(make_run(calls[1:], code=1, stderr="failed"), "malformed") is None


def test_an_oracle_can_be_left_out() -> None:
    baseline = read_baseline([USUAL, USUAL, USUAL], {})
    run = make_run(ORDERS[:1], stdout=USUAL.exited.stdout)
    assert judge(run, baseline, [FIXED["lost-answer"]], without=frozenset({"wrong end"}), ignored=frozenset()) is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (make_run(ORDERS[:1], stdout="made a\nmade b\n"), "2 and 1 calls of shop.create_order"),
        (make_run(ORDERS, stdout="made a\nmade c\n"), "standard output"),
        (make_run(ORDERS, code=3, stderr="no network"), "no network"),
        (make_run([]), "never called its world"),
    ],
)
def test_runs_that_fail_or_differ_are_no_baseline(other: ClientRun, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        read_baseline([USUAL, other, USUAL] if other.calls or other.exited.code else [other], {})


def test_the_lifetimes_of_what_was_given_are_found() -> None:
    given = call("log_in", answered={"token": "t", "expires_in": 900}, status=200)
    baseline: Baseline = read_baseline([make_run([given])] * 3, {})
    assert baseline.lifetimes == {"PT901S": 1}
