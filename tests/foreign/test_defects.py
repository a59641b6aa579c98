"""Documents that break the specification as real ones do are served, and each defect is listed once, with place and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import derive_slug, read_foreign
from mockserver.openapi.schemas import SchemaCompiler
from tests.foreign.documents import OK, STRING, compiled, document, read, schemas, texts, write


@pytest.mark.parametrize(
    ("schema", "kept", "defect"),
    [
        ({"type": "strin"}, {}, "type: strin is no type"),
        ({"type": "String"}, {"type": "string"}, "type: String is no type; read as string"),
        ({"type": "datetime"}, {"type": "string", "format": "date-time"}, "type: datetime is no type; read as string"),
        ({"type": "string,null"}, {"type": "string", "nullable": True}, None),
        ({"minLength": "3"}, {"minLength": 3}, None),
        ({"minLength": -1}, {}, "minLength: minLength is -1"),
        ({"maxLength": 1e30}, {}, "maxLength: maxLength is 1e+30"),
        ({"multipleOf": 0}, {}, "multipleOf: multipleOf is 0"),
        ({"required": True}, {}, "required: required is no list of names; left out; name the property"),
        ({"required": []}, {}, None),
        ({"required": ["a", "a"]}, {"required": ["a"]}, "required: required names a property twice"),
        ({"enum": []}, {}, "enum: enum is no list"),
        ({"enum": [1, 1.0, True, "a", "a"]}, {"enum": [1, True, "a"]}, None),
        ({"pattern": "(?<!a)b"}, {}, "pattern: pattern (?<!a)b cannot be read"),
        ({"pattern": "/^a+$/i"}, {"pattern": "^a+$"}, "pattern: the pattern /^a+$/i has the slashes of another language"),
        ({"pattern": 5}, {}, "pattern: pattern is 5, not a text"),
        ({"properties": ["a"]}, {}, "properties: properties is no mapping"),
        ({"properties": {"a": "string"}}, {"properties": {"a": {}}}, "properties/a: string is no schema"),
        ({"properties": {"a": None}}, {"properties": {"a": {}}}, None),
        ({"items": True}, {"items": {}}, None),
        ({"allOf": {"type": "string"}}, {"allOf": [{"type": "string"}]}, "allOf: allOf is no list"),
        ({"allOf": {"$ref": 5}}, {"allOf": [{}]}, "allOf/$ref: 5 is no reference"),
        ({"$ref": "#/components/schemas/Other", "allOf": 5, "title": "T"}, {"$ref": "#/components/schemas/Other", "title": "T"}, None),
        ({"unknown": {"properties": None}, "title": "T"}, {"title": "T"}, None),
        ({"anyOf": []}, {}, None),
        ({"nullable": "true"}, {"nullable": True}, None),
        ({"nullable": 7}, {}, "nullable: nullable is 7"),
        ({"format": 5}, {}, "format: format is 5"),
        ({"discriminator": "kind"}, {"discriminator": {"propertyName": "kind"}}, None),
        ({"patternProperties": {"(": {}}}, {"patternProperties": {}}, "patternProperties/(: the pattern ( cannot be read"),
        ({"x-errors": [1]}, {}, "x-errors: x-errors is not what this extension means"),
        ({"id": "urn:x", "$dynamicRef": "#a"}, {}, "$dynamicRef: $dynamicRef #a is a dynamic reference"),
        ({"additionalProperties": "false"}, {"additionalProperties": {}}, "additionalProperties: false is no schema"),
    ],
)
def test_a_schema_is_repaired(tmp_path: Path, schema: dict[str, Any], kept: dict[str, Any], defect: str | None) -> None:
    found = read(tmp_path, schemas(Root=schema, Other={}))
    assert found.document.schemas["Root"] == kept
    assert bool(found.defects) == (defect is not None)
    if defect is not None:
        assert str(found.defects[0]).startswith(f"small.yaml#/components/schemas/Root/{defect}")
    assert compiled(found.document)


@pytest.mark.parametrize(
    "cycle",
    [
        {"Root": {"$ref": "#/components/schemas/Root"}},
        {"Root": {"allOf": [{"$ref": "#/components/schemas/Root"}]}},
        {"Root": {"anyOf": [{"$ref": "#/components/schemas/A"}]}, "A": {"oneOf": [{"not": {"$ref": "#/components/schemas/Root"}}]}},
    ],
)
def test_a_schema_that_contains_itself_at_the_same_place_is_cut(tmp_path: Path, cycle: dict[str, Any]) -> None:
    found = read(tmp_path, schemas(**cycle))
    assert "contains itself at the same place" in texts(found)
    assert list(found.document.properties({"$ref": "#/components/schemas/Root"})) == []
    assert compiled(found.document)


def test_a_schema_that_contains_itself_below_a_property_stays(tmp_path: Path) -> None:
    root = {
        "properties": {"child": {"$ref": "#/components/schemas/Root"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Root"}}}
    }
    found = read(tmp_path, schemas(Root=root))
    assert found.defects == ()
    assert found.document.schemas["Root"] == root


@pytest.mark.parametrize(
    ("path", "routed", "defect"),
    [
        ("pets", "/pets", "does not begin with a slash"),
        ("/pets?kind=cat", "/pets", "has a query"),
        ("/pets#cats", "/pets", "has a fragment"),
        ("/pets/{ id }", "/pets/{id}", "is no parameter"),
        ("/pets//all", "/pets/all", None),
    ],
)
def test_a_path_is_one_that_can_be_routed(tmp_path: Path, path: str, routed: str, defect: str | None) -> None:
    found = read(tmp_path, document({path: {"get": {"responses": OK}}}))
    assert [operation.path for operation in found.document.operations] == [routed]
    assert (defect or "") in texts(found)
    assert len(found.defects) == (defect is not None)


def test_paths_that_differ_in_names_of_placeholders_are_one(tmp_path: Path) -> None:
    def item(name: str, *methods: str) -> dict[str, Any]:
        shared = [{"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}]
        return {"parameters": shared, **{method: {"operationId": f"{method}_{name}", "responses": OK} for method in methods}}

    found = read(tmp_path, document({"/pets/{id}": item("id", "get"), "/pets/{pet}": item("pet", "get", "delete"), "/pets/{id}/": item("id", "put")}))
    assert [(one.id, one.path, one.parameters[0]["name"]) for one in found.document.operations] == [
        ("get_id", "/pets/{id}", "id"),
        ("put_id", "/pets/{id}", "id"),
        ("delete_pet", "/pets/{id}", "id"),
    ]
    assert [defect.place for defect in found.defects] == ["small.yaml#/paths/~1pets~1{pet}/get", "small.yaml#/paths/~1pets~1{pet}/delete"]


def test_operations_get_names_of_their_own(tmp_path: Path) -> None:
    paths = {
        "/users/{userId}": {"get": {"responses": OK}, "delete": {"operationId": "same", "responses": OK}},
        "/v{version}/userGroups/{id}.json": {"get": {"operationId": "", "responses": OK}, "put": {"operationId": "same", "responses": OK}},
        "/": {"get": {"responses": OK}, "post": {"operationId": "get_users_by_user_id", "responses": OK}},
    }
    found = read(tmp_path, document(paths))
    assert [operation.id for operation in found.document.operations] == [
        "get_users_by_user_id_2",
        "same",
        "get_v_by_version_user_groups_json_by_id",
        "put_v_by_version_user_groups_json_by_id",
        "get",
        "get_users_by_user_id",
    ]
    assert "the operationId same belongs to another operation; named put_v_by" in texts(found)


@pytest.mark.parametrize(
    ("parameter", "left", "defect"),
    [
        ({"name": "a", "in": "query"}, [("query", "a")], "the schema of the parameter a is missing"),
        ({"name": "a", "in": "query", "type": "integer"}, [("query", "a")], "stands beside the name"),
        ({"name": "a", "in": "query", "content": {"application/json": {"schema": STRING}}}, [("query", "a")], None),
        ({"name": "a", "in": "body", "schema": STRING}, [], "a parameter in body"),
        ({"name": "a b", "in": "header", "schema": STRING}, [], "no client can send a header of the name a b"),
        ({"name": "", "in": "cookie", "schema": STRING}, [], "no client can send a cookie"),
        ({"name": "Accept", "in": "header", "schema": STRING}, [], None),
        ({"name": "a", "in": "path", "schema": STRING}, [], "the path has no placeholder {a}"),
        ({"in": "query", "schema": STRING}, [], "a parameter without name"),
        ({"$ref": "#/components/parameters/No"}, [], "leads to nothing"),
        ({"name": "a", "in": "query", "schema": STRING, "style": "matrix"}, [("query", "a")], "matrix is no style of a parameter in query"),
    ],
)
def test_a_parameter_that_cannot_be_sent_is_left_out(tmp_path: Path, parameter: Any, left: list[tuple[str, str]], defect: str | None) -> None:
    found = read(tmp_path, document({"/a": {"get": {"parameters": [parameter], "responses": OK}}}))
    (operation,) = found.document.operations
    assert [(one["in"], one["name"]) for one in operation.parameters] == left
    assert (defect or "") in texts(found)
    assert bool(found.defects) == (defect is not None)
    assert compiled(found.document)


@pytest.mark.parametrize(
    ("responses", "statuses", "count"),
    [
        ({"2xx": OK["200"], "Default": OK["200"]}, ("2XX", "default"), 0),
        ({"200 OK": OK["200"], "404": OK["200"]}, ("404",), 1),
        ({}, ("default",), 1),
        (None, ("default",), 1),
        ({"200": None}, ("200",), 0),
        ({"200": "Fine."}, ("200",), 1),
        ({"x-more": {}, "200": OK["200"]}, ("200",), 0),
    ],
)
def test_responses_are_brought_into_form(tmp_path: Path, responses: Any, statuses: tuple[str, ...], count: int) -> None:
    found = read(tmp_path, document({"/a": {"get": {"responses": responses}}}))
    assert found.document.operations[0].statuses == statuses
    assert len(found.defects) == count
    assert compiled(found.document)


@pytest.mark.parametrize(
    ("servers", "base"),
    [
        (None, ""),
        ([], ""),
        ([{"url": "v1"}], "/v1"),
        ([{"url": "./v1"}], "/v1"),
        ([{"url": "https://{region}.example.com/{version}/", "variables": {"region": {"default": "eu"}, "version": {"default": "v3"}}}], "/v3"),
        ([{"url": "{root}/api", "variables": {"root": {"default": "https://example.com"}}}], "/api"),
        ([{"url": "https://example.com/{version}"}], "/version"),
        ([{"url": 5}, {"url": "/b"}], "/b"),
        ([{"url": "https://example.com//a//b"}], "/a/b"),
    ],
)
def test_the_base_path_is_that_of_the_first_server(tmp_path: Path, servers: Any, base: str) -> None:
    content = document({"/a": {"get": {"responses": OK}}}, **({} if servers is None else {"servers": servers}))
    assert read(tmp_path, content).document.base_path == base
    assert read(tmp_path, content, base_path="/other").document.base_path == "/other"


def test_a_security_scheme_that_is_not_declared_is_left_out(tmp_path: Path) -> None:
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "odd": {"type": "magic"}}
    spec = {"responses": OK, "security": [{"key": [], "missing": []}, {"key": []}, {"odd": []}]}
    found = read(
        tmp_path, document({"/a": {"get": spec}, "/b": {"get": {"responses": OK, "security": [{}]}}}, components={"securitySchemes": schemes})
    )
    assert [list(way) for way in found.document.operations[0].security] == [["key"]]
    assert found.document.operations[1].security == [{}]
    assert [defect.text.split()[-3:] for defect in found.defects if "declared" in defect.text] == [["is", "not", "declared"]] * 2
    assert compiled(found.document)


def test_strict_reading_refuses_every_defect_at_once(tmp_path: Path) -> None:
    file = write(tmp_path, document({"pets": {"get": {"responses": {}}}}))
    with pytest.raises(DocumentBroken) as caught:
        read_foreign(file, strict=True)
    assert len(str(caught.value).splitlines()) == 3
    assert "2 defects" in str(caught.value)


@pytest.mark.parametrize(
    "content", ["", "a: 1", "[1, 2]", "openapi: 3.0.0\npaths: {}", "openapi: 3.0.0\npaths: {/a: {}}", "openapi: 3.0.0\npaths: 5"]
)
def test_a_document_without_an_operation_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DocumentBroken):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("source", "slug"),
    [
        ("petstore.yaml", "petstore"),
        ("my Api_v2.openapi.json", "my-api-v2-openapi"),
        ("billing/openapi.yaml", "billing"),
        ("https://example.com/billing/swagger.json?x=1", "billing"),
        ("https://example.com/openapi.json", "the-title"),
        ("2024.yaml", "api-2024"),
    ],
)
def test_the_slug_is_made_of_file_folder_or_title(source: str, slug: str) -> None:
    assert derive_slug(source, "The Title") == slug


def test_an_operation_whose_schemas_cannot_be_compiled_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(compiler: SchemaCompiler, schema: Any) -> Any:
        if schema == {"type": "string", "title": "bad"}:
            raise DocumentBroken("a schema cannot be used")
        return compile_schema(compiler, schema)

    compile_schema = SchemaCompiler.compile
    monkeypatch.setattr(SchemaCompiler, "compile", refuse)
    bad = {"name": "q", "in": "query", "schema": {"type": "string", "title": "bad"}}
    paths: dict[str, Any] = {"/a/{id}": {"get": {"parameters": [bad], "responses": OK}}, "/b": {"get": {"responses": OK}}}
    found = read(tmp_path, document(paths))
    assert found.unserved == {"get_a_by_id": "a schema cannot be used"}
    assert [one["name"] for one in found.document.operations[0].parameters] == ["id"]
    assert "answered 501" in texts(found)
    assert compiled(found.document)
    del paths["/b"]
    with pytest.raises(DocumentBroken, match="no operation can be served"):
        read(tmp_path, document(paths))


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "a", "string", "object", "#/components/schemas/A", "("]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "type properties items allOf anyOf enum required pattern $ref additionalProperties minimum format default not nullable".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from("AB"), VALUES, max_size=2), VALUES, st.sampled_from(["3.0.3", "3.1.0"]))
def test_any_schemas_are_read_and_compile(tmp_path: Path, named: dict[str, Any], schema: Any, version: str) -> None:
    media = {"application/json": {"schema": schema}}
    spec = {"requestBody": {"content": media}, "responses": {"200": {"description": "", "content": media}}}
    found = read(tmp_path, document({"/a": {"post": spec}}, version, components={"schemas": named}))
    assert compiled(found.document)


ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)
KEYS = "parameters requestBody responses security content headers name in schema get post examples example required $ref servers tags links".split()
NODES: Any = st.recursive(
    ODD, lambda inner: st.dictionaries(st.sampled_from([*KEYS, "200", "default", "application/json"]), inner, max_size=4), max_leaves=10
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(NODES, NODES, NODES, NODES)
def test_any_operation_is_read_and_compiles(tmp_path: Path, item: Any, operation: Any, components: Any, servers: Any) -> None:
    spec = {**(operation if isinstance(operation, dict) else {})}
    content = document({"/a": item, "/b/{id}": {"get": spec}}, components=components, servers=servers)
    assert compiled(read(tmp_path, content).document)


@pytest.mark.parametrize(("name", "most"), [("int32", 2**31 - 1), ("int64", 2**63 - 1)])
def test_an_integer_is_bounded_by_its_format(tmp_path: Path, name: str, most: int) -> None:
    content = document(
        {"/a": {"get": {"responses": OK, "parameters": [{"name": "n", "in": "query", "schema": {"type": "integer", "format": name}}]}}}
    )
    schema = read_foreign(write(tmp_path, content)).document.operations[0].parameters[0]["schema"]
    assert (schema["minimum"], schema["maximum"]) == (-most - 1, most)


def test_a_status_without_a_body_loses_its_content(tmp_path: Path) -> None:
    content = document({"/a": {"get": {"responses": {"204": {"description": "", "content": {"application/json": {}}}}}}})
    found = read_foreign(write(tmp_path, content))
    assert found.document.operations[0].response(204) == {"description": ""}
    assert "has no body" in str(found.defects[0])
