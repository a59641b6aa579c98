"""Readings of one credential, of a row that another one may stand for, and of what marks a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.harness.envelope import Answer
from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.verify.contract import Contract
from contract_tests.suite.verify.requested import breaks_page
from mockserver.openapi.documents import load_document
from tests.contract_suite.toy import THING, Toy, broken, document, verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping


class MissingKey(Toy):
    def __call__(self, request: httpx.Request) -> httpx.Response:
        return super().__call__(request) if "key" in request.headers else self.refuse(403, "no_access", "No access.")


class BadName(Toy):
    def add(self, body: Any) -> httpx.Response:
        return super().add(body) if "name" in body else self.refuse(400, "bad_name", "The name is wrong.")


class BadNameWithOtherText(Toy):
    def add(self, body: Any) -> httpx.Response:
        return super().add(body) if "name" in body else self.refuse(400, "bad_name", "A name is needed.")


class LongNames(Toy):
    def show(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().show(thing), "label": "x" * 9}


class OtherBodyStatus(Toy):
    def answer(self, status: int, body: Any) -> httpx.Response:
        return super().answer(status, {**body, "status": 422} if status == 400 else body)


def sent_to(model: BehaviourModel, operation: str, body: bytes) -> Exchange:
    """A recorded request with this body."""
    called = model.operations[operation]
    return Exchange(called.method, f"http://x{called.path}", {}, body, 200, {}, b"", 0.01, operation)


def test_a_reading_may_be_about_one_way_in_which_a_credential_is_wrong() -> None:
    assert broken(verdicts(MissingKey(), document({"status": [403], "of": ["key wrong"]}))) != []
    assert broken(verdicts(MissingKey(), document({"status": [403], "of": ["key missing"]}))) == []


def test_a_refusal_with_the_code_of_another_row_has_the_text_of_that_row() -> None:
    accepted = document({"code": ["bad_name"], "of": ["no_name"]})
    assert broken(verdicts(BadName(), document())) != []
    assert broken(verdicts(BadName(), accepted)) == []
    assert any("the message is A name is needed." in reason for reason in broken(verdicts(BadNameWithOtherText(), accepted)))


def test_a_keyword_of_answers_may_be_left_open() -> None:
    shown = {**THING, "properties": {**THING["properties"], "label": {"type": "string", "maxLength": 5}}}
    at = "paths__/things__get__responses__200__content__application/json__schema__properties__things__items"
    assert broken(verdicts(LongNames(), document(**{at: shown}))) != []
    assert broken(verdicts(LongNames(), document({"outcome": "any", "of": ["answer maxLength"]}, **{at: shown}))) == []


def test_the_status_in_a_body_may_be_any_that_a_refusal_may_have() -> None:
    told = {"x-envelope__status": "/status"}
    assert broken(verdicts(OtherBodyStatus(), document(**told))) != []
    assert broken(verdicts(OtherBodyStatus(), document({"status": ["4xx"]}, **told))) == []


def test_a_status_below_400_may_mark_a_refusal() -> None:
    found = [Answer("a", httpx.Response(status), {"refused-status": [204]}, {}).is_refusal for status in (200, 204, 404)]
    assert found == [False, True, True]


def test_statuses_that_a_reading_accepts_for_a_row_of_state_explain_a_refused_request() -> None:
    assert "422" in Contract("troyansys").refused_by_state["login_user"]


def test_an_empty_field_of_a_form_breaks_the_page_only_if_it_has_to_be_sent() -> None:
    model = BehaviourModel(load_document("monedero"))
    assert not breaks_page(model, sent_to(model, "get_contacts", b"wallet_key=w&phone="))
    assert breaks_page(model, sent_to(model, "get_contacts", b"wallet_key=w&phone=12"))
    assert breaks_page(model, sent_to(model, "get_contacts", b"wallet_key=&phone=4770123456"))


def test_the_kinds_of_a_notice_of_payphone_are_not_judged() -> None:
    model = BehaviourModel(load_document("troyansys"))
    assert not breaks_page(model, sent_to(model, "receive_payphone_notification", b'{"amount": []}'))
    assert breaks_page(model, sent_to(model, "login_user", b'{"email": [], "password": "x"}'))
