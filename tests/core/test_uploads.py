"""Files in forms are checked by the document."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mockserver.openapi.errors import DocumentBroken
from tests.core.toy import DOCUMENT, Toy
from tests.pictures import gif, jpeg, png

BOTH = {"X-Key": "ana", "Authorization": "Bearer token"}
RULES: dict[str, Any] = {
    "x-media-types": ["image/png", "image/jpeg"],
    "x-max-bytes": 200,
    "x-max-pixels": 100,
    "x-filename-pattern": r"^[^/\\]+$",
    "x-fault-codes": {"x-media-types": "n1", "x-max-bytes": "n2", "x-max-pixels": "n3", "x-filename-pattern": "n4", "type": "n5"},
}


def toy(**rules: Any) -> Toy:
    document = copy.deepcopy(DOCUMENT)
    for media in document["paths"]["/notes/"]["post"]["requestBody"]["content"].values():
        media["schema"]["properties"]["picture"] |= rules
    return Toy(document)


def sent(name: str, data: bytes, filename: str | None = "p.png", reading: Toy | None = None) -> Any:
    """The toy's answer to a form with one more part."""
    given = "" if filename is None else f'; filename="{filename}"'
    head = f'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhola\r\n--x\r\nContent-Disposition: form-data; name="{name}"{given}\r\n\r\n'
    body = head.encode() + data + b"\r\n--x--\r\n"
    return (reading or toy(**RULES)).call("create_note", body=body, headers={**BOTH, "Content-Type": "multipart/form-data; boundary=x"}).body


@pytest.mark.parametrize("picture", [png(10, 10), jpeg(10, 10)])
def test_a_file_that_keeps_the_rules_arrives(picture: bytes) -> None:
    assert sent("picture", picture)["got"]["picture"] == ["p.png", "application/octet-stream", len(picture)]


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"#!/bin/sh", "p.png", "n1"),
        (gif(), "p.png", "n1"),
        (png() + b"\x00" * 200, "p.png", "n2"),
        (b"no picture" * 100, "p.png", "n2"),
        (png(11, 10), "p.png", "n3"),
        (png(), "../p.png", "n4"),
        (png(), "..\\\\p.png", "n4"),
        (b"a text where a file is wanted", None, "n5"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_code(data: bytes, filename: str | None, code: str) -> None:
    assert sent("picture", data, filename)["code"] == code


@pytest.mark.parametrize("name", ["text", "stars", "tags[]", "place[city]", "text[a]"])
def test_a_file_in_a_form_without_files_is_refused(name: str) -> None:
    assert "done" not in sent(name, b"3")


def test_a_file_in_a_field_that_the_document_does_not_know_is_passed_on() -> None:
    assert sent("other", b"x")["got"]["other"] == ["p.png", "application/octet-stream", 1]


def test_a_file_that_was_not_chosen_is_left_out() -> None:
    assert "picture" not in sent("picture", b"", filename="")["got"]


def test_without_rules_any_file_will_do() -> None:
    assert sent("picture", b"\x00", "a/b", toy())["done"]


def test_a_media_type_without_a_signature_is_an_error_of_the_document() -> None:
    with pytest.raises(DocumentBroken, match="text/csv cannot be recognised"):
        toy(**{"x-media-types": ["text/csv", "image/png"]})
