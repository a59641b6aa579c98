"""Requests are read as a document says: parameters of every style, bodies of every kind, answers by range and default."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.core.base.faults import Invalid, Malformed, ResponseOffSpec, UnsupportedMedia
from mockserver.core.base.replies import Reply
from mockserver.core.operation.bodies import Upload
from mockserver.core.operation.compiled import Operation
from mockserver.openapi import limits
from tests.foreign.documents import OK, STRING, compiled, document, read, send

INTEGERS = {"type": "array", "items": {"type": "integer"}}
COLOR = {"type": "object", "properties": {"red": {"type": "integer"}, "green": {"type": "integer"}}}
JSON = "application/json"


def operation(folder: Path, spec: dict[str, Any], path: str = "/a", method: str = "post", version: str = "3.0.3") -> Operation:
    """The one operation of a document."""
    found = read(folder, document({path: {method: {"responses": OK, **spec}}}, version))
    assert found.defects == ()
    (made,) = compiled(found.document).values()
    return made


def parameter(folder: Path, place: str, schema: Any, **more: Any) -> Operation:
    """An operation with one parameter ``p``."""
    declared = {"name": "p", "in": place, "schema": schema, **more, **({"required": True} if place == "path" else {})}
    return operation(folder, {"parameters": [declared]}, "/a/{p}" if place == "path" else "/a", "get")


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("style", "explode", "schema", "query", "value"),
    [
        ("form", True, {"type": "integer"}, "p=1", 1),
        ("form", True, INTEGERS, "p=1&p=2", [1, 2]),
        ("form", True, INTEGERS, "p=1", [1]),
        ("form", False, INTEGERS, "p=1,2", [1, 2]),
        ("form", False, INTEGERS, "p=1%2C2", [1, 2]),
        ("form", False, COLOR, "p=red,1,green,2", {"red": 1, "green": 2}),
        ("form", True, COLOR, "red=1&green=2&blue=3", {"red": 1, "green": 2}),
        ("form", True, {"type": "object", "additionalProperties": {"type": "string"}}, "red=1&blue=3", {"red": "1", "blue": "3"}),
        ("spaceDelimited", False, INTEGERS, "p=1%202", [1, 2]),
        ("spaceDelimited", False, INTEGERS, "p=1+2", [1, 2]),
        ("pipeDelimited", False, INTEGERS, "p=1|2", [1, 2]),
        ("pipeDelimited", True, INTEGERS, "p=1&p=2", [1, 2]),
        ("deepObject", True, COLOR, "p[red]=1&p[green]=2", {"red": 1, "green": 2}),
        (
            "deepObject",
            True,
            {"type": "object", "properties": {"in": COLOR, "ids": INTEGERS}},
            "p[in][red]=1&p[ids][]=2",
            {"in": {"red": 1}, "ids": [2]},
        ),
        (None, None, INTEGERS, "p=1&p=2", [1, 2]),
        (None, None, {"allOf": [INTEGERS]}, "p=1", [1]),
        (None, None, {"oneOf": [{"type": "integer"}, STRING]}, "p=1", 1),
    ],
)
def test_a_query_is_read_in_every_style(
    tmp_path: Path,
    version: str,
    style: str | None,
    explode: Any,
    schema: Any,
    query: str,
    value: Any,
) -> None:
    more = {key: one for key, one in (("style", style), ("explode", explode)) if one is not None}
    made = operation(
        tmp_path, {"parameters": [{"name": "p", "in": "query", "schema": schema, "required": True, **more}]}, method="get", version=version
    )
    assert send(made, query)["query"] == {"p": value}
    with pytest.raises(Invalid):
        send(made, "")


@pytest.mark.parametrize(
    ("style", "explode", "schema", "sent", "value"),
    [
        ("simple", False, {"type": "integer"}, "5", 5),
        ("simple", False, INTEGERS, "3,4,5", [3, 4, 5]),
        ("simple", False, COLOR, "red,1,green,2", {"red": 1, "green": 2}),
        ("simple", True, COLOR, "red=1,green=2", {"red": 1, "green": 2}),
        ("label", False, {"type": "integer"}, ".5", 5),
        ("label", False, INTEGERS, ".3,4", [3, 4]),
        ("label", True, INTEGERS, ".3.4", [3, 4]),
        ("label", False, COLOR, ".red,1,green,2", {"red": 1, "green": 2}),
        ("label", True, COLOR, ".red=1.green=2", {"red": 1, "green": 2}),
        ("matrix", False, {"type": "integer"}, ";p=5", 5),
        ("matrix", False, INTEGERS, ";p=3,4", [3, 4]),
        ("matrix", True, INTEGERS, ";p=3;p=4", [3, 4]),
        ("matrix", False, COLOR, ";p=red,1,green,2", {"red": 1, "green": 2}),
        ("matrix", True, COLOR, ";red=1;green=2", {"red": 1, "green": 2}),
    ],
)
def test_a_path_is_read_in_every_style(tmp_path: Path, style: str, explode: bool, schema: Any, sent: str, value: Any) -> None:  # noqa: FBT001 - a row
    made = parameter(tmp_path, "path", schema, style=style, explode=explode)
    assert send(made, path={"p": sent})["path"] == {"p": value}


@pytest.mark.parametrize("sent", ["5", "", ";", ".", "..", ";p", ";q=1"])
@pytest.mark.parametrize("style", ["label", "matrix"])
def test_a_path_of_another_style_is_refused(tmp_path: Path, style: str, sent: str) -> None:
    made = parameter(tmp_path, "path", {**INTEGERS, "minItems": 1}, style=style)
    with pytest.raises(Invalid):
        send(made, path={"p": sent + "x"})


def test_headers_are_found_without_regard_to_case_and_split(tmp_path: Path) -> None:
    declared = [{"name": "X-Ids", "in": "header", "schema": INTEGERS}, {"name": "x-NAME", "in": "header", "required": True, "schema": STRING}]
    made = operation(tmp_path, {"parameters": declared}, method="get")
    assert send(made, X_IDS="1, 2", X_Name="a")["header"] == {"X-Ids": [1, 2], "x-NAME": "a"}
    assert send(made, x_name="a")["header"] == {"x-NAME": "a"}


def test_cookies_are_read(tmp_path: Path) -> None:
    assert send(parameter(tmp_path, "cookie", {"type": "integer"}), cookie="p=5; q=6")["cookie"] == {"p": 5}


def test_a_parameter_may_be_json(tmp_path: Path) -> None:
    declared = {"name": "p", "in": "query", "content": {JSON: {"schema": COLOR}}}
    made = operation(tmp_path, {"parameters": [declared]}, method="get")
    assert send(made, "p=%7B%22red%22%3A1%7D")["query"] == {"p": {"red": 1}}
    with pytest.raises(Invalid):
        send(made, "p=%7B")
    with pytest.raises(Invalid):
        send(made, "p=%7B%22red%22%3A%22a%22%7D")


def test_names_with_brackets_are_names_if_they_are_declared(tmp_path: Path) -> None:
    declared = [
        {"name": "filter[name]", "in": "query", "schema": STRING},
        {"name": "ids[]", "in": "query", "schema": INTEGERS},
        {"name": "page", "in": "query", "style": "deepObject", "schema": {"type": "object", "properties": {"size": {"type": "integer"}}}},
    ]
    made = operation(tmp_path, {"parameters": declared}, method="get")
    sent = send(made, "filter[name]=a&ids[]=1&ids[]=2&page[size]=3&filter[other]=4")
    assert sent["query"] == {"filter[name]": "a", "ids[]": [1, 2], "page": {"size": 3}}


def test_names_that_are_alike_do_not_clash(tmp_path: Path) -> None:
    places = {"path": "user-id", "query": "user_id", "header": "User-Id", "cookie": "userId"}
    declared = [{"name": name, "in": place, "required": True, "schema": {"type": "integer"}} for place, name in places.items()]
    declared.append({"name": "userID", "in": "query", "required": False, "schema": {"type": "integer"}})
    made = operation(tmp_path, {"parameters": declared}, "/a/{user-id}", "get")
    sent = send(made, "user_id=2&userID=5", path={"user-id": "1"}, user_id="3", cookie="userId=4")
    assert sent == {"path": {"user-id": 1}, "query": {"user_id": 2, "userID": 5}, "header": {"User-Id": 3}, "cookie": {"userId": 4}, "body": None}


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        (JSON, JSON),
        (JSON, "application/json; charset=utf-8"),
        ("application/json; charset=utf-8", JSON),
        ("application/vnd.api+json", "application/vnd.api+json"),
        ("application/*+json", "application/problem+json"),
        ("application/*", JSON),
        ("*/*", JSON),
        ("Application/JSON", JSON),
    ],
)
def test_json_is_read_under_every_name(tmp_path: Path, declared: str, sent: str) -> None:
    made = operation(tmp_path, {"requestBody": {"required": True, "content": {declared: {"schema": COLOR}}}})
    assert send(made, body=b'{"red": 1}', content_type=sent)["body"] == {"red": 1}
    for body, fault in ((b'{"red": "a"}', Invalid), (b"{", Malformed), (b"", Malformed)):
        with pytest.raises(fault):
            send(made, body=body, content_type=sent)


def test_a_medium_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    made = operation(tmp_path, {"requestBody": {"required": True, "content": {JSON: {"schema": COLOR}}}})
    with pytest.raises(UnsupportedMedia):
        send(made, body=b"red=1", content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("declared", "schema", "body", "value"),
    [
        ("text/plain", STRING, b"h\xc3\xa9", "hé"),
        ("text/csv", {}, b"a,b", "a,b"),
        ("application/xml", COLOR, b"<a><red>1</red></a>", {"red": 1}),
        ("application/octet-stream", {"type": "string", "format": "binary"}, b"\xff\x00", b"\xff\x00"),
        ("image/*", {}, b"\xff", b"\xff"),
    ],
)
def test_other_bodies_are_text_or_bytes_or_xml(tmp_path: Path, declared: str, schema: Any, body: bytes, value: Any) -> None:
    made = operation(tmp_path, {"requestBody": {"required": True, "content": {declared: {"schema": schema}}}})
    assert send(made, body=body, content_type=declared.replace("*", "png"))["body"] == value


def test_text_is_validated_and_has_to_be_utf_8(tmp_path: Path) -> None:
    made = operation(tmp_path, {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string", "maxLength": 2}}}}})
    with pytest.raises(Invalid):
        send(made, body=b"abc", content_type="text/plain")
    with pytest.raises(Malformed):
        send(made, body=b"\xff", content_type="text/plain")


def test_a_body_of_bytes_may_be_as_long_as_files(tmp_path: Path) -> None:
    made = operation(tmp_path, {"requestBody": {"content": {"application/pdf": {}}}})
    assert made.body.limit == limits.FILES_BODY.value


def test_a_body_without_content_is_any_json(tmp_path: Path) -> None:
    found = read(tmp_path, document({"/a": {"post": {"requestBody": {}, "responses": OK}}}))
    (made,) = compiled(found.document).values()
    assert send(made, body=b"[1]", content_type=JSON)["body"] == [1]
    assert send(made)["body"] is None


def test_forms_are_read_with_files_and_lists_of_files(tmp_path: Path) -> None:
    binary = {"type": "string", "format": "binary"}
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "one": binary, "many": {"type": "array", "items": binary}}}
    made = operation(tmp_path, {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}})
    parts = [("n", None, "5"), ("one", "a.txt", "A"), ("many", "b.txt", "B"), ("many", "c.txt", "C")]
    lines = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"{f"; filename={file}" if file else ""}\r\n\r\n{text}\r\n' for name, file, text in parts
    ]
    body = "".join([*lines, "--x--\r\n"]).encode()
    sent = send(made, body=body, content_type="multipart/form-data; boundary=x")["body"]
    media = "application/octet-stream"
    assert sent == {"n": 5, "one": Upload("a.txt", media, b"A"), "many": [Upload("b.txt", media, b"B"), Upload("c.txt", media, b"C")]}


RESPONSES = {
    "200": {"description": "", "content": {JSON: {"schema": COLOR}}},
    "4XX": {"description": "", "content": {"application/*+json": {"schema": {"type": "object", "required": ["title"]}}}},
    "default": {"description": "", "content": {"*/*": {"schema": STRING}}},
}


@pytest.mark.parametrize(
    ("reply", "is_allowed"),
    [
        (Reply(200, {"red": 1}), True),
        (Reply(200, {"red": 1}, media_type="application/json; charset=utf-8"), True),
        (Reply(200, {"red": "a"}), False),
        (Reply(200, {"red": 1}, media_type="text/json"), False),
        (Reply(404, {"title": "a"}, media_type="application/problem+json"), True),
        (Reply(404, {}, media_type="application/problem+json"), False),
        (Reply(404, {"title": "a"}), False),
        (Reply(503, "a", media_type="application/problem+json"), True),
        (Reply(503, 5), False),
        (Reply(201, "a"), True),
    ],
)
def test_an_answer_is_checked_by_its_status_its_range_or_the_default(tmp_path: Path, reply: Reply, is_allowed: bool) -> None:  # noqa: FBT001 - a row
    made = operation(tmp_path, {"responses": RESPONSES})
    if is_allowed:
        made.responses.check(reply)
    else:
        with pytest.raises(ResponseOffSpec):
            made.responses.check(reply)


def test_a_response_is_looked_up_by_its_status_its_range_or_the_default(tmp_path: Path) -> None:
    made = operation(tmp_path, {"responses": RESPONSES})
    found = {status: next(key for key, one in RESPONSES.items() if one == made.spec.response(status)) for status in (200, 404, "4XX", 500, "default")}
    assert found == {200: "200", 404: "4XX", "4XX": "4XX", 500: "default", "default": "default"}
    assert (made.responses.find(201), made.responses.usual, list(made.responses.statuses)) == ("default", 200, [200])


def test_a_refusal_that_is_not_documented_has_to_say_so(tmp_path: Path) -> None:
    made = operation(tmp_path, {})
    made.responses.check(Reply(404, {}, is_undocumented=True))
    with pytest.raises(ResponseOffSpec):
        made.responses.check(Reply(404, {}))


@pytest.mark.parametrize("query", ["p=%ff", "p[a]=1&p=2", "p=" + "1," * 5_000, "[]=1", "p[[]]=1", "p=;;,|.", "%00=1", "p=%00"])
@pytest.mark.parametrize("style", ["form", "spaceDelimited", "pipeDelimited", "deepObject"])
def test_an_odd_query_is_read_or_refused(tmp_path: Path, style: str, query: str) -> None:
    schema = COLOR if style == "deepObject" else INTEGERS
    made = parameter(tmp_path, "query", schema, style=style, explode=style == "deepObject")
    with contextlib.suppress(Invalid, Malformed):
        assert json.dumps(send(made, query))
