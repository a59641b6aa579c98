"""An accepted reading of a discrepancy is no finding, and is one without it; what was assumed is no finding, and is one where the mock is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract_tests.suite.harness.envelope import Answer
from tests.contract_suite.toy import Toy, broken, differing, document, verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping


class OtherStatus(Toy):
    def refuse(self, status: int, code: str, message: str) -> httpx.Response:
        return super().refuse(403 if status == 401 else 422, code, message)


class OtherCodes(Toy):
    def refuse(self, status: int, code: str, message: str) -> httpx.Response:
        return super().refuse(status, "denied" if code == "no_access" else code, message)


class OtherTexts(Toy):
    def refuse(self, status: int, code: str, message: str) -> httpx.Response:
        return super().refuse(status, code, message.upper())


class CodeElsewhere(Toy):
    def refuse(self, status: int, code: str, message: str) -> httpx.Response:
        return self.answer(status, {"error": {"code": code}, "message": message})


class Wrapped(Toy):
    def answer(self, status: int, body: Any) -> httpx.Response:
        return super().answer(status, {"data": body} if status < 400 else body)


class TextsForNumbers(Toy):
    def show(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        shown = super().show(thing)
        return {**shown, "id": str(shown["id"]), "points": "0.00"}


class WithoutPoints(Toy):
    def show(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in super().show(thing).items() if name != "points"}


class NewestFirst(Toy):
    def answer(self, status: int, body: Any) -> httpx.Response:
        return super().answer(status, {"things": body["things"][::-1]} if "things" in body else body)


class Welcome(Toy):
    def show(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().show(thing), "points": 50}


class NameIsFree(Toy):
    def add(self, body: Any) -> httpx.Response:
        return super().add({"name": "", **body})


class NeedsNote(Toy):
    def add(self, body: Any) -> httpx.Response:
        return super().add(body) if body.get("note") else self.refuse(400, "bad_name", "The name is wrong.")


class DigitsOnly(Toy):
    def add(self, body: Any) -> httpx.Response:
        return super().add(body) if str(body.get("name", "1")).isdigit() else self.refuse(400, "bad_name", "The name is wrong.")


READINGS = [
    (OtherStatus, [{"status": [403], "of": ["credentials"]}, {"status": ["4xx"], "of": ["no_name", "inputs"]}]),
    (OtherCodes, [{"code": ["denied"], "of": ["no_access"]}]),
    (OtherCodes, [{"code": "any"}]),
    (OtherTexts, [{"message": "any"}]),
    (CodeElsewhere, [{"at": {"/code": ["/error/code"]}}]),
    (Wrapped, [{"at": {"": ["/data"]}, "on": ["list_things"]}]),
    (TextsForNumbers, [{"value": {"id": "text", "points": ["text"]}}]),
    (WithoutPoints, [{"absent": ["/things/*/points"], "on": ["list_things"]}]),
    (NewestFirst, [{"order": "descending", "on": ["list_things"]}]),
    (NewestFirst, [{"order": "any"}]),
    (Welcome, [{"outcome": "any", "of": ["starts points"]}]),
    (NameIsFree, [{"outcome": "any", "of": ["no_name"]}, {"outcome": "any", "of": ["name required"]}]),
    (NeedsNote, [{"needs": ["note"], "on": ["add_thing"]}]),
    (DigitsOnly, [{"takes": {"name": {"type": "string", "pattern": "^\\d+$", "maxLength": 20}}, "on": ["add_thing"]}]),
]


def test_the_toy_conforms() -> None:
    found = verdicts(Toy(), document(), strict=True)
    assert broken(found) == []
    assert {verdict.outcome for verdict in found} == {"held"}


@pytest.mark.parametrize(("toy", "accepts"), READINGS, ids=[f"{toy.__name__} {number}" for number, (toy, _) in enumerate(READINGS)])
def test_an_accepted_reading_is_no_finding(toy: type[Toy], accepts: list[dict[str, Any]]) -> None:
    assert broken(verdicts(toy(), document())) != [], "without the reading it is one"
    assert broken(verdicts(toy(), document(*accepts), strict=True)) != [], "the mock is held to the reading that it has chosen"
    found = verdicts(toy(), document(*accepts))
    assert broken(found) == []
    assert differing(found) == []


def test_a_reading_is_accepted_where_it_applies_only() -> None:
    elsewhere = document({"code": ["denied"], "of": ["no_access"], "on": ["list_things"]})
    assert all(reason.startswith("add_thing") for reason in broken(verdicts(OtherCodes(), elsewhere)))
    assert broken(verdicts(OtherCodes(), elsewhere))
    assert broken(verdicts(OtherCodes(), document({"code": ["denied"], "of": ["no_name"]})))


def test_what_was_sent_stays_in_the_evidence() -> None:
    declared = document({"value": {"id": "text"}}, components__schemas={})
    found = verdicts(TextsForNumbers(), declared)
    shown = [one for verdict in found if verdict.finding for one in verdict.finding.exchanges if b'"things"' in one.response_body]
    assert any(b'"id":"1"' in one.response_body.replace(b" ", b"") for one in shown)


class AnyNote(Toy):
    """Takes notes of any length."""

    def is_long(self, body: Mapping[str, Any]) -> bool:
        return len(body["name"]) > 20


class AnyName(Toy):
    """Takes names of any length, which the page forbids."""

    def is_long(self, body: Mapping[str, Any]) -> bool:
        return len(body.get("note", "")) > 10


def _marked() -> Any:
    declared = document()
    fields = declared.raw["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    fields["note"]["x-provenance"] = {"maxLength": "assumed"}
    return declared


def test_an_assumed_limit_is_no_finding_and_is_listed_apart() -> None:
    found = verdicts(AnyNote(), _marked())
    assert broken(found) == []
    assert differing(found) == ["add_thing with a note that breaks maxLength is not refused"]
    assert all(
        one.finding is not None and one.finding.assumed and one.finding.clause is None
        for one in found
        if one.outcome == "differs from what we assumed"
    )


def test_an_assumed_limit_is_a_finding_where_the_mock_is_judged() -> None:
    assert broken(verdicts(AnyNote(), _marked(), strict=True)) != []


def test_a_described_limit_stays_a_finding() -> None:
    assert "add_thing with a name that breaks maxLength is not refused" in broken(verdicts(AnyName(), _marked()))


def test_an_assumed_text_is_no_finding() -> None:
    declared = document(**{"x-errors__no_access__x-provenance": {"message": "assumed"}})
    rows = declared.raw["paths"]["/things"]["post"]["x-errors"].values()
    for row in rows:
        row["x-provenance"] = {"message": "assumed"}
    found = verdicts(OtherTexts(), declared)
    assert broken(found) == []
    assert any("always alike, with 401" in reason for reason in differing(found))
    assert any("the message is A NAME IS NEEDED." in reason for reason in differing(found))


def test_a_listed_operation_breaks_nothing() -> None:
    declared = document(**{"paths__/things__post__x-provenance": "listed", "paths__/things__get__x-provenance": "listed"})
    found = verdicts(OtherStatus(), declared)
    assert broken(found) == []
    assert differing(found)


def test_an_answer_is_a_refusal_by_the_envelope_as_well() -> None:
    envelope = {"refused": {"/success": False}}
    assert Answer("a", httpx.Response(200, json={"success": False}), envelope, {}).is_refusal
    assert not Answer("a", httpx.Response(200, json={"success": True}), envelope, {}).is_refusal
