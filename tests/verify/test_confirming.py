"""A finding stands if it came again; what the first call used up cannot come again, and stands all the same."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.harness.findings import Exchange, Finding
from contract_tests.suite.harness.policy import Limits, RequestPolicy
from contract_tests.suite.harness.target import Target
from contract_tests.suite.harness.transports import open_connections
from contract_tests.suite.verify.after import confirm
from contract_tests.suite.verify.cause import Cause
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.documented import DocumentedAnswers
from contract_tests.suite.verify.events import FindingConfirmed, FindingWithdrawn
from contract_tests.suite.verify.replay import replay
from contract_tests.suite.verify.session import VerifySession
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.verify.servers import Handler

CONTRACT = Contract("monedero")
ACCEPTED, REFUSED = b'{"success": true}', b'{"success": false, "code": "wallet_redeem_10"}'


@dataclass
class Plan:
    """As much of a plan as confirming needs."""

    contract: Contract = CONTRACT
    options: Any = None
    file: Any = field(default_factory=lambda: None)


def session(target: Target, **more: Any) -> VerifySession:
    policy = RequestPolicy(frozenset({target.base_url}), lambda _method, _url: "create_sale", Limits())
    return VerifySession(Plan(), target, policy, more.pop("inner", None), DocumentedAnswers(CONTRACT), lambda _: None, **more)  # type: ignore[arg-type]


def exchange(operation: str, status: int, body: bytes, url: str = "http://127.0.0.1:9/x") -> Exchange:
    return Exchange("POST", url, {}, b"", status, {"content-type": "application/json"}, body, 0.1, operation)


def outcome(target: Target, last: Exchange) -> FindingConfirmed | FindingWithdrawn:
    cause = Cause("a key", Finding("a check", "create_sale", "it is not refused", exchanges=(last,)), "laws", repeat=lambda _: None)
    *_, event = confirm(session(target), [cause], last=True)
    assert isinstance(event, (FindingConfirmed, FindingWithdrawn))
    return event


PLAIN = Target("monedero", "http://127.0.0.1:9")
SOLD, REFUSED_SALE, READ = exchange("create_sale", 200, ACCEPTED), exchange("create_sale", 400, REFUSED), exchange("get_contacts", 200, ACCEPTED)


def test_a_break_whose_call_changed_the_state_is_kept() -> None:
    event = outcome(PLAIN, SOLD)
    assert isinstance(event, FindingConfirmed)
    assert "changed the state, and cannot be made again" in event.note


@pytest.mark.parametrize(
    ("target", "last"),
    [
        (PLAIN, REFUSED_SALE),
        (PLAIN, READ),
        (Target("monedero", "http://127.0.0.1:9", control="http://127.0.0.1:9"), SOLD),
        (Target("monedero", "http://127.0.0.1:9", hooks={"reset": str}), SOLD),
    ],
    ids=["the call was refused", "the call reads", "a mock has a world for each test", "the state is brought back"],
)
def test_any_other_break_that_does_not_come_again_is_withdrawn(target: Target, last: Exchange) -> None:
    assert isinstance(outcome(target, last), FindingWithdrawn)


def _shows(status: int) -> Callable[[tuple[Exchange, ...]], bool]:
    return lambda found: found[-1].status == status


@pytest.mark.parametrize(("before", "after"), [(500, 200), (200, 500)], ids=["as the target is", "after a reset"])
def test_requests_are_sent_again_at_the_target_as_it_is_and_then_after_a_reset(before: int, after: int) -> None:
    resets, asked = itertools.count(), list[int]()
    state = [before]

    def handle(handler: Handler) -> None:
        asked.append(state[0])
        handler.answer(state[0], b"{}")

    def reset() -> str:
        next(resets)
        state[0] = after
        return ""

    with serving(handle) as origin, open_connections(verify=True) as inner:
        target = Target("monedero", origin, hooks={"reset": reset})
        found = replay(session(target, inner=inner), (exchange("create_sale", 500, b"{}", f"{origin}/sale"),), _shows(500))
    assert found is not None
    assert asked == ([500] if before == 500 else [200, 500])
