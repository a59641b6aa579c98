"""OpenAPI 2.0 is converted when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.core.operation.bodies import Upload
from tests.foreign.documents import compiled, read, send

HEAD: dict[str, Any] = {"swagger": "2.0", "info": {"title": "Old", "version": "1"}}
PET = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "owner": {"type": "string", "x-nullable": True}}}


def operation(folder: Path, spec: dict[str, Any], method: str = "post", **root: Any) -> Any:
    """An operation of a document of version 2.0."""
    found = read(folder, {**HEAD, "paths": {"/pets": {method: {"responses": {"200": {"description": ""}}, **spec}}}, **root})
    assert found.defects == ()
    return found.document.operations[0]


@pytest.mark.parametrize(
    ("root", "urls", "base"),
    [
        ({"host": "example.com", "basePath": "/v1", "schemes": ["https", "http"]}, ["https://example.com/v1", "http://example.com/v1"], "/v1"),
        ({"host": "example.com"}, ["https://example.com/"], ""),
        ({"basePath": "v1/"}, ["/v1/"], "/v1"),
        ({}, ["/"], ""),
    ],
)
def test_host_and_base_path_become_servers(tmp_path: Path, root: dict[str, Any], urls: list[str], base: str) -> None:
    document = operation(tmp_path, {}, **root).document
    assert [server["url"] for server in document.raw["servers"]] == urls
    assert document.base_path == base


def test_definitions_become_schemas(tmp_path: Path) -> None:
    found = operation(
        tmp_path,
        {
            "responses": {
                "200": {"description": "", "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}, "examples": {"application/json": []}}
            }
        },
        "get",
        definitions={"Pet": {**PET, "discriminator": "name"}},
        produces=["application/json", "application/xml"],
    )
    media = found.response(200)["content"]
    assert list(media) == ["application/json", "application/xml"]
    assert media["application/json"] == {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}, "example": []}
    pet = found.document.schemas["Pet"]
    assert pet["properties"]["owner"] == {"type": "string", "nullable": True}
    assert pet["discriminator"] == {"propertyName": "name"}


def test_a_body_parameter_becomes_a_body_of_json_where_nothing_else_is_said(tmp_path: Path) -> None:
    body = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    found = operation(tmp_path, {"parameters": [{"$ref": "#/parameters/Pet"}]}, parameters={"Pet": body}, definitions={"Pet": PET})
    assert found.request_body == {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}, "required": True}
    assert found.parameters == ()
    assert send(compiled(found.document)[found.id], body=b'{"name": "Rex"}', content_type="application/json")["body"] == {"name": "Rex"}


def test_form_fields_become_a_form_and_files_a_multipart_form(tmp_path: Path) -> None:
    fields = [{"name": "name", "in": "formData", "type": "string", "required": True}, {"name": "age", "in": "formData", "type": "integer"}]
    plain = operation(tmp_path, {"parameters": fields, "consumes": ["application/json", "application/x-www-form-urlencoded"]})
    assert list(plain.content) == ["application/x-www-form-urlencoded"]
    assert send(compiled(plain.document)[plain.id], body=b"name=Rex&age=3", content_type="application/x-www-form-urlencoded")["body"] == {
        "name": "Rex",
        "age": 3,
    }
    with_file = operation(tmp_path, {"parameters": [*fields, {"name": "photo", "in": "formData", "type": "file"}]})
    assert list(with_file.content) == ["multipart/form-data"]
    head = b"--x\r\nContent-Disposition: form-data; "
    body = head + b'name="name"\r\n\r\nRex\r\n' + head + b'name="photo"; filename="a"\r\n\r\nb\r\n--x--\r\n'
    sent = send(compiled(with_file.document)[with_file.id], body=body, content_type="multipart/form-data; boundary=x")["body"]
    assert sent == {"name": "Rex", "photo": Upload("a", "application/octet-stream", b"b")}


@pytest.mark.parametrize(
    ("separator", "query", "expected"),
    [
        (None, "ids=1,2", [1, 2]),
        ("csv", "ids=1,2", [1, 2]),
        ("ssv", "ids=1%202", [1, 2]),
        ("pipes", "ids=1|2", [1, 2]),
        ("multi", "ids=1&ids=2", [1, 2]),
    ],
)
def test_collection_formats_become_styles(tmp_path: Path, separator: str | None, query: str, expected: list[int]) -> None:
    parameter = {
        "name": "ids",
        "in": "query",
        "type": "array",
        "items": {"type": "integer"},
        **({"collectionFormat": separator} if separator else {}),
    }
    found = operation(tmp_path, {"parameters": [parameter]}, "get")
    assert send(compiled(found.document)[found.id], query)["query"] == {"ids": expected}


def test_a_list_separated_by_tabs_is_a_defect(tmp_path: Path) -> None:
    parameter = {"name": "ids", "in": "query", "type": "array", "items": {"type": "integer"}, "collectionFormat": "tsv"}
    found = read(tmp_path, {**HEAD, "paths": {"/pets": {"get": {"parameters": [parameter], "responses": {"200": {"description": ""}}}}}})
    assert [defect.place for defect in found.defects] == ["small.yaml#/paths/~1pets/get/parameters/ids"]


def test_parameters_of_a_path_belong_to_its_operations(tmp_path: Path) -> None:
    body = {"name": "body", "in": "body", "schema": PET}
    tenant = {"name": "X-Tenant", "in": "header", "type": "string", "required": True}
    spec = {"responses": {"200": {"description": ""}}}
    found = read(tmp_path, {**HEAD, "paths": {"/pets/{id}": {"parameters": [body, tenant], "put": spec, "patch": spec}}})
    put, patch = found.document.operations
    assert put.content
    assert patch.content
    assert {(one["in"], one["name"]) for one in put.parameters} == {("header", "X-Tenant"), ("path", "id")}
    assert [defect.text for defect in found.defects] == ["the placeholder {id} of the path is no parameter"] * 2


def test_a_file_in_an_answer_is_bytes(tmp_path: Path) -> None:
    found = operation(tmp_path, {"responses": {"200": {"description": "", "schema": {"type": "file"}}}}, "get")
    assert found.response(200)["content"] == {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ({"type": "basic"}, {"type": "http", "scheme": "basic"}),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, {"type": "apiKey", "in": "header", "name": "X-Key"}),
        (
            {"type": "oauth2", "flow": "accessCode", "authorizationUrl": "https://a", "tokenUrl": "https://b", "scopes": {"read": ""}},
            {"type": "oauth2", "flows": {"authorizationCode": {"authorizationUrl": "https://a", "tokenUrl": "https://b", "scopes": {"read": ""}}}},
        ),
    ],
)
def test_security_definitions_become_schemes(tmp_path: Path, scheme: dict[str, Any], expected: dict[str, Any]) -> None:
    document = operation(tmp_path, {}, securityDefinitions={"key": scheme}, security=[{"key": []}]).document
    assert document.security_schemes == {"key": expected}
    assert compiled(document)


def test_a_response_and_its_headers_are_converted(tmp_path: Path) -> None:
    missing = {"description": "Missing.", "schema": {"$ref": "#/definitions/Pet"}, "headers": {"X-Rate": {"type": "integer", "description": "Left."}}}
    found = operation(
        tmp_path, {"responses": {"404": {"$ref": "#/responses/Missing"}}}, "get", responses={"Missing": missing}, definitions={"Pet": PET}
    )
    response = found.response(404)
    assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Pet"}
    assert response["headers"] == {"X-Rate": {"description": "Left.", "schema": {"type": "integer"}}}
