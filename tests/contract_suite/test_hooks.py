"""Actions that only the owner of a target can do: the mock offers them, other targets need hooks. Without hooks a test reports why it cannot run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.messages import new_messages, read_messages
from contract_tests.suite.vendors.trincico.calls import send
from mockserver.openapi.documents import load_document
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock

NOTHING = Target("trincico", "http://127.0.0.1:9/trincico")


class Hooks:
    """Hooks that record their calls."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def break_upstream(self, name: str) -> str:
        self.used.append(f"{name} broken")
        return ""

    def reset(self) -> str:
        self.used.append("reset")
        return ""


@pytest.fixture
def api(mock: Mock) -> Iterator[ApiClient]:
    made = ApiClient(Target.discover("trincico", mock.url + load_document("trincico").base_path))
    yield made
    made.close()


def test_at_the_mock_an_upstream_is_broken_in_the_world_of_one_test_only(api: ApiClient) -> None:
    other = api.fresh()
    api.break_upstream("provider")

    assert [send(one, "get_payout_balance").status_code for one in (api, other)] == [503, 200]


@pytest.mark.parametrize(
    ("hooks", "reason"),
    [
        ((), "not observable here: nothing is known that breaks the upstream provider of this target; the hook break_upstream would"),
        (("break_upstream",), "not observable here: the hook reset, which would put the upstream provider right again, is not given"),
    ],
    ids=["no hook", "no reset"],
)
def test_elsewhere_the_reason_is_reported_if_no_upstream_can_be_broken(hooks: tuple[str, ...], reason: str) -> None:
    owner = Hooks()
    api = ApiClient(replace(NOTHING, hooks={name: getattr(owner, name) for name in hooks}))

    with pytest.raises(pytest.skip.Exception) as skipped:
        api.break_upstream("provider")
    api.close()

    assert str(skipped.value).startswith(reason)
    assert owner.used == []


def test_elsewhere_a_broken_upstream_is_reset_after_the_test() -> None:
    owner = Hooks()
    api = ApiClient(replace(NOTHING, hooks={"break_upstream": owner.break_upstream, "reset": owner.reset}))

    api.break_upstream("provider")
    assert owner.used == ["provider broken"]
    api.close()

    assert owner.used == ["provider broken", "reset"]


def test_what_was_not_broken_is_not_reset() -> None:
    owner = Hooks()
    ApiClient(replace(NOTHING, hooks={"reset": owner.reset})).close()

    assert owner.used == []


def test_what_a_test_uses_up_is_reset_by_the_owner_or_not_used() -> None:
    owner = Hooks()
    api = ApiClient(replace(NOTHING, hooks={"reset": owner.reset}))
    api.spends("the subscription")
    assert owner.used == []
    api.close()
    assert owner.used == ["reset"]

    helpless = ApiClient(NOTHING)
    with pytest.raises(pytest.skip.Exception) as skipped:
        helpless.spends("the subscription")
    helpless.close()
    assert str(skipped.value).startswith("not observable here: it would use up the subscription, which no call brings back; it needs the hook reset")


def test_a_call_that_has_used_something_up_is_followed_by_a_reset_where_there_is_one() -> None:
    owner = Hooks()
    api = ApiClient(replace(NOTHING, hooks={"reset": owner.reset}))
    api.has_spent()
    api.close()
    assert owner.used == ["reset"]

    helpless = ApiClient(NOTHING)
    helpless.has_spent()
    helpless.close()


def test_at_the_mock_a_test_may_use_up_every_record(api: ApiClient) -> None:
    api.spends("the subscription")
    assert send(api, "cancel_subscription").status_code == 204


def test_with_one_shared_state_a_test_creates_the_records_that_it_changes() -> None:
    made: list[str] = []

    def make(_: ApiClient) -> dict[str, str]:
        made.append("draft")
        return {"draft_invoice": f"own-{len(made)}", "item": "line"}

    target = replace(NOTHING, known={"draft_invoice": "known", "service": "s-1"}, own={"draft_invoice": make, "item": make})
    first = ApiClient(target)
    assert [first.known(name) for name in ("draft_invoice", "item", "draft_invoice", "service")] == ["own-1", "line", "own-1", "s-1"]
    assert first.fresh().known("draft_invoice") == "own-2"
    first.close()


def test_changes_are_undone_after_the_test_newest_first() -> None:
    undone: list[int] = []
    api = ApiClient(NOTHING)
    for number in (1, 2):
        api.afterwards(lambda number=number: undone.append(number))  # type: ignore[misc]
    api.close()
    assert undone == [2, 1]


def test_the_messages_of_earlier_tests_are_not_those_of_this_one() -> None:
    sent = ["an earlier one"]
    outbox = lambda: json.dumps({"messages": [{"body": body} for body in sent]})  # noqa: E731
    with serving(lambda handler: handler.answer(404, b"{}")) as origin:
        api = ApiClient(replace(NOTHING, base_url=origin, hooks={"outbox": outbox}))
        api.call("GET", "/nothing", role=None)
        sent.append("its own")
        assert [message["body"] for message in api.outbox()] == ["its own"]
        api.close()


def test_a_look_at_the_outbox_before_the_first_call_shows_no_message_of_earlier_tests() -> None:
    sent = ["an earlier one"]
    api = ApiClient(replace(NOTHING, hooks={"outbox": lambda: json.dumps({"messages": [{"body": body} for body in sent]})}))
    assert api.outbox() == []
    sent.append("its own")
    assert [message["body"] for message in api.outbox()] == ["its own"]
    api.close()


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ("ab", "abc", "c"),
        ("ab", "ab", ""),
        ("ab", "bcd", "cd"),  # the outbox keeps three messages
        ("ab", "cd", "cd"),  # it was emptied
        ("ba", "dcba", "cd"),  # it is sorted newest first
        ("aa", "aaa", "a"),
        ("", "ab", "ab"),
    ],
)
def test_new_messages_are_those_that_were_not_there_before(before: str, now: str, new: str) -> None:
    assert new_messages([{"body": one} for one in before], [{"body": one} for one in now]) == [{"body": one} for one in new]


@pytest.mark.parametrize(
    ("given", "channel"),
    [
        ({"channel": "email", "to": "ana@example.com"}, "mail"),
        ({"to": "ana@example.com"}, "mail"),
        ({"channel": "SMTP", "to": "Ana <ana@example.com>"}, "mail"),
        ({"channel": "text", "to": "+52 477 123 4567"}, "sms"),
        ({"channel": "WhatsApp", "to": "4771234567"}, "whatsapp"),
        ({"channel": "push", "to": "ana"}, "push"),
    ],
)
def test_a_hook_may_call_a_channel_as_it_likes(given: dict[str, str], channel: str) -> None:
    (message,) = read_messages(json.dumps({"messages": [given]}))
    assert message["channel"] == channel
