"""Endless lists: a walk over pages always ends, with a finding or with the reason why it could not decide."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract_tests.suite.checks.pages import every_page
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.vendors.monedero.own import OWN, TRIES
from contract_tests.suite.vendors.serpi import calls as serpi
from contract_tests.suite.vendors.trincico import calls as trincico

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract_tests.suite.harness.envelope import Answer


def answering(slug: str, *bodies: Callable[[], Any]) -> tuple[ApiClient, list[httpx.Request]]:
    """A target whose answers are made by functions in turn, repeating the last one, and the calls it received."""
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=bodies[min(len(sent), len(bodies)) - 1]())

    target = Target(slug, "http://target.example", {"owner": {}, "elite": {}}, {}, {}, None)
    return ApiClient(target, httpx.Client(transport=httpx.MockTransport(handle))), sent


PAGE = [{"id": number} for number in range(serpi.MOST)]


def test_a_page_that_comes_again_is_said_to_have_no_end() -> None:
    api, sent = answering("serpi", lambda: {"result": PAGE})
    with pytest.raises(AssertionError, match="page 2 shows the branches of the page before it again: the pages have no end"):
        serpi.everything(api)
    assert len(sent) == 2


def test_a_list_that_ends_is_read_to_its_end() -> None:
    api, sent = answering("serpi", lambda: {"result": PAGE}, lambda: {"result": [{"id": -1}]})
    assert serpi.everything(api) == [*PAGE, {"id": -1}]
    assert len(sent) == 2


def test_a_cursor_that_comes_again_is_said_to_have_no_end() -> None:
    api, sent = answering("trincico", lambda: {"data": [{"id": 1}], "next_page": "a"}, lambda: {"data": [{"id": 2}], "next_page": "b"})
    with pytest.raises(AssertionError, match="list_invoices hands out the next_page b again behind the page that it led to"):
        trincico.whole(api, "list_invoices")
    assert len(sent) == 3


def test_a_list_that_is_longer_than_a_test_can_walk_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    for module in (serpi, trincico):
        monkeypatch.setattr(module, "LONGEST", 3)
    for api, sent, walk in (
        (*answering("serpi", lambda: {"result": [{"id": next(numbers)}] * serpi.MOST}), serpi.everything),
        (*answering("trincico", lambda: {"data": [1], "next_page": str(next(numbers))}), lambda api: trincico.whole(api, "list_payouts")),
    ):
        with pytest.raises(pytest.skip.Exception, match=r"not observable here: the pages of .* are more than 3"):
            walk(api)
        assert 3 <= len(sent) <= 4


def test_a_target_that_knows_every_phone_is_asked_a_few_times_only() -> None:
    api, sent = answering("monedero", lambda: {"success": True})
    api.target.known["wallet"] = "w"  # type: ignore[index]
    with pytest.raises(pytest.skip.Exception, match="says that it knows each of them"):
        OWN["new_phone"](api)
    assert len(sent) == TRIES


@pytest.mark.parametrize("by", ["number", "cursor"])
def test_laws_walk_no_further_than_to_a_page_that_comes_again(by: str) -> None:
    declared = {"at": "/data", "page": {"parameter": "page", "size": "limit", "by": by, "next": "/next"}}
    asked: list[Any] = []

    def call(_name: str, recipe: dict[str, Any], **_: Any) -> Any:
        asked.append(recipe["send"].get("page"))
        return SimpleNamespace(body={"data": [{"id": 1}, {"id": 2}], "next": f"c{len(asked)}"}, is_refusal=False)

    session: Any = SimpleNamespace(model=SimpleNamespace(operations={"list_things": SimpleNamespace(spec={"x-list": declared})}), call=call)
    pages: Iterator[Answer] = every_page(session, "list_things", {"send": {"limit": 2}})
    assert len(list(pages)) == 2
    assert asked == [None, 2 if by == "number" else "c1"]
