"""An accepted reading of a discrepancy is no finding, and is one without it; what was assumed is no finding, and is one where the mock is judged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest

from contract_tests.suite.harness.envelope import Answer
from tests.contract_suite.toy import KEY, Toy, broken, differing, document, verdicts

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
    assert {verdict.outcome for verdict in found} <= {"held", "not observable here"}


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


def test_a_code_that_a_reading_accepts_need_not_be_in_the_schema() -> None:
    refused = {"type": "object", "properties": {"code": {"type": "string", "enum": ["no_access"]}}}
    content = {"content": {"application/json": {"schema": refused}}}
    path = "paths__/things__get__responses__401__content"
    accepts = {"code": "any", "of": ["no_access"]}
    assert broken(verdicts(OtherCodes(), document(accepts, **{path: content["content"]}))) == []
    assert any("/code" in reason for reason in broken(verdicts(OtherCodes(), document(**{path: content["content"]}))))


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


class AlwaysOk(Toy):
    """Refuses with the status of a success."""

    def refuse(self, status: int, code: str, message: str) -> httpx.Response:  # noqa: ARG002 - of its base
        return super().refuse(200, code, message)


def test_a_refusal_is_recognised_by_its_documented_code() -> None:
    found = broken(verdicts(AlwaysOk(), document()))
    assert any("the status is 200" in one for one in found)
    assert [one for one in found if "not refused" in one] == []


class AnyMethod(Toy):
    """Answers methods that the document lacks, and a body of another media type, as many frameworks do."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method not in ("GET", "POST") and request.headers.get("key") == KEY:
            return httpx.Response(200)
        return super().__call__(request)


class NotFoundForMethods(Toy):
    def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(400) if request.method not in ("GET", "POST") else super().__call__(request)


def test_what_only_the_rules_of_the_suite_say_is_no_finding() -> None:
    found = verdicts(AnyMethod(), document())
    assert broken(found) == []
    assert "PUT /things, which is not declared, is answered with 200" in differing(found)
    assert broken(verdicts(AnyMethod(), document(), strict=True)) != []
    refused = verdicts(NotFoundForMethods(), document())
    assert (broken(refused), differing(refused)) == ([], [])


def _with_a_form() -> Any:
    """The toy with a form, whose note has a pattern, and a documented 415 that no page speaks of."""
    declared = document()
    post = declared.raw["paths"]["/things"]["post"]
    body = post["requestBody"]["content"].pop("application/json")
    body["schema"]["properties"]["note"] = {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"}
    post["requestBody"]["content"]["application/x-www-form-urlencoded"] = body
    post["responses"]["415"] = {"description": "No form.", "x-provenance": "assumed"}
    return declared


class Form(Toy):
    """Takes a form, in which an empty note is none, and sees no field in a body of another kind."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or request.headers.get("key") != KEY:
            return super().__call__(request)
        is_form = "urlencoded" in request.headers.get("content-type", "")
        fields = {name: value for name, value in parse_qsl(request.content.decode(), keep_blank_values=True) if value} if is_form else {}
        if not re.fullmatch("[a-z]*", fields.get("note", "")):
            return self.refuse(400, "bad_name", "The name is wrong.")
        return self.add(fields)


class FormOfAnything(Form):
    """Takes a form without a name, too, and so every body."""

    def add(self, body: Any) -> httpx.Response:
        return super().add({"name": "x", **body})


def test_an_empty_optional_field_of_a_form_is_one_that_was_not_filled_in() -> None:
    found = verdicts(Form(), _with_a_form())
    assert broken(found) == []
    assert any("/note" in reason or "note" in reason for reason in broken(verdicts(Form(), _with_a_form(), strict=True)))


def test_a_body_of_another_media_type_may_be_a_form_without_fields() -> None:
    declared = _with_a_form()
    assert not any("application/xml" in reason for reason in (*broken(verdicts(Form(), declared)), *differing(verdicts(Form(), declared))))
    assert "add_thing takes a body of application/xml with 201" in differing(verdicts(FormOfAnything(), declared))


class Whole(Toy):
    """Gives whole points only."""

    def show(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().show(thing), "points": 24}


def _with_points() -> dict[str, Any]:
    holds = ["after.things[0].points == 24.95"]
    computed = [{"after": [{"call": "add_thing"}], "observe": {"things": {"call": "list_things", "at": "/things"}}, "holds": holds}]
    return {"paths__/things__post__x-computed": computed, "x-resource": {}}


def test_whole_points_are_equal_to_points_with_a_fraction_where_a_reading_says_so() -> None:
    assert broken(verdicts(Whole(), document(**_with_points()))) == ["add_thing: after.things[0].points == 24.95 does not hold"]
    assert broken(verdicts(Whole(), document({"value": {"points": "whole"}}, **_with_points()))) == []
    other = {"holds": ["after.things[0].points == 24"], "of": ["after.things[0].points == 24.95"]}
    assert broken(verdicts(Whole(), document(other, **_with_points()))) == []


class Shop(Toy):
    """Demands that a note names a shop that it has."""

    def add(self, body: Any) -> httpx.Response:
        return super().add(body) if body.get("note", "S1") == "S1" else self.refuse(400, "bad_name", "The name is wrong.")


def test_a_reference_names_what_the_target_is_known_to_have() -> None:
    accepts = {"refers": {"note": "shop"}, "on": ["add_thing"]}
    assert any(one.startswith("add_thing, called with every optional field, is refused with ") for one in broken(verdicts(Shop(), document())))
    without = verdicts(Shop(), document(accepts))
    assert broken(without) == []
    assert any("name them under [known]: shop" in verdict.reason for verdict in without if verdict.outcome == "not observable here")
    known = verdicts(Shop(), document(accepts), known={"shop": "S1"})
    assert broken(known) == []
    assert not any("[known]" in verdict.reason for verdict in known)


def test_a_header_that_we_assumed_is_no_finding() -> None:
    header = {"X-Content-Type-Options": {"required": True, "schema": {"type": "string"}, "x-provenance": "assumed"}}
    found = verdicts(Toy(), document(**{"paths__/things__get__responses__200__headers": header}))
    assert broken(found) == []
    assert {*differing(found)} == {"list_things answers 200 without the header X-Content-Type-Options"}
