"""A document of several files is brought together; what lies outside is not read."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign
from tests.foreign.documents import compiled, document, read, schemas, texts, write


def answer(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}


def test_the_files_of_a_document_become_one(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"/pets": {"get": {"operationId": "list_pets", **answer({"type": "array", "items": {"$ref": "../schemas/Pet.yaml"}})}}},
        "paths/pets.yaml",
    )
    write(
        tmp_path, {"type": "object", "properties": {"owner": {"$ref": "common.json#/definitions/Owner"}, "mother": {"$ref": "#"}}}, "schemas/Pet.yaml"
    )
    write(tmp_path, '{"definitions": {"Owner": {"type": "object", "properties": {"pets": {"$ref": "Pet.yaml"}}}}}', "schemas/common.json")
    write(tmp_path, {"NotFound": {"description": "", "content": {"application/json": {"schema": {"$ref": "schemas/Pet.yaml"}}}}}, "responses.yaml")
    write(tmp_path, {"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}}, "parameters.yaml")
    root = document(
        {"/pets": {"$ref": "paths/pets.yaml#/~1pets"}, "/owners": {"get": {"parameters": [{"$ref": "parameters.yaml#/Limit"}], "responses": {}}}}
    )
    root["paths"]["/owners"]["get"]["responses"] = {"200": {"description": ""}, "404": {"$ref": "./responses.yaml#/NotFound"}}
    found = read(tmp_path, root)
    assert found.defects == ()
    assert [operation.id for operation in found.document.operations] == ["list_pets", "get_owners"]
    assert found.document.schemas == {
        "Pet": {
            "type": "object",
            "properties": {"owner": {"$ref": "#/components/schemas/Owner"}, "mother": {"$ref": "#/components/schemas/Pet"}},
        },
        "Owner": {"type": "object", "properties": {"pets": {"$ref": "#/components/schemas/Pet"}}},
    }
    assert found.document.operations[1].response(404) == found.document.raw["components"]["responses"]["NotFound"]
    assert [Path(part).name for part in found.document.parts] == ["pets.yaml", "Pet.yaml", "parameters.yaml", "responses.yaml", "common.json"]
    assert compiled(found.document)


def test_two_readings_give_the_same_document(tmp_path: Path) -> None:
    write(tmp_path, {"A": {"type": "string"}, "B": {"$ref": "#/A"}}, "more.yaml")
    content = document({f"/{name}": {"get": answer({"$ref": f"more.yaml#/{name}"})} for name in "BA"})
    first, second = read(tmp_path, content), read(tmp_path, content)
    assert first.document.raw == second.document.raw
    assert list(first.document.schemas) == ["B", "A"]


def test_names_that_are_taken_get_another_one(tmp_path: Path) -> None:
    write(tmp_path, {"Pet": {"type": "string"}}, "a/more.yaml")
    write(tmp_path, {"Pet": {"type": "integer"}}, "b/more.yaml")
    found = read(
        tmp_path, schemas(Root={"type": "object", "properties": {name: {"$ref": f"{name}/more.yaml#/Pet"} for name in "ab"}}, Pet={"type": "number"})
    )
    assert found.document.schemas["Root"]["properties"] == {
        "a": {"$ref": "#/components/schemas/more_Pet"},
        "b": {"$ref": "#/components/schemas/more_Pet_2"},
    }
    assert {name: schema.get("type") for name, schema in found.document.schemas.items()} == {
        "Root": "object",
        "Pet": "number",
        "more_Pet": "string",
        "more_Pet_2": "integer",
    }


@pytest.mark.parametrize(
    "reference",
    [
        "#/paths/~1pets/get/responses/200/content/application~1json/schema",
        "#/paths/%2Fpets/get/responses/200/content/application~1json/schema".replace("%2F", "%7E1"),
        "#/components/responses/Pets/content/application~1json/schema",
    ],
)
def test_a_reference_to_any_other_place_makes_a_component(tmp_path: Path, reference: str) -> None:
    content = document({"/pets": {"get": answer({"type": "array"})}, "/all": {"get": answer({"$ref": reference})}})
    content["components"] = {"responses": {"Pets": answer({"type": "array"})["responses"]["200"]}}
    found = read(tmp_path, content)
    assert found.defects == ()
    ((name, schema),) = found.document.schemas.items()
    assert schema == {"type": "array"}
    assert found.document.by_id["get_all"].response(200) == answer({"$ref": f"#/components/schemas/{name}"})["responses"]["200"]


def test_a_reference_is_followed_through_another_one(tmp_path: Path) -> None:
    content = schemas(
        Root={"$ref": "#/components/schemas/Other/properties/inner/properties/name"}, Other={"properties": {"inner": {"$ref": "more.yaml#/I"}}}
    )
    write(tmp_path, {"I": {"properties": {"name": {"type": "string", "maxLength": 3}}}}, "more.yaml")
    found = read(tmp_path, content)
    assert found.defects == ()
    assert found.document.resolve({"$ref": "#/components/schemas/Root"}) == {"type": "string", "maxLength": 3}


def test_whole_maps_and_lists_may_stand_in_files(tmp_path: Path) -> None:
    write(tmp_path, {"type": "object", "properties": {"$ref": "properties.yaml"}}, "Pet.yaml")
    write(tmp_path, {"name": {"type": "string"}}, "properties.yaml")
    found = read(tmp_path, schemas(Root={"$ref": "Pet.yaml"}))
    assert found.defects == ()
    assert found.document.schemas["Pet"]["properties"] == {"name": {"type": "string"}}


def test_a_discriminator_leads_to_components(tmp_path: Path) -> None:
    write(tmp_path, {"type": "object"}, "Cat.yaml")
    root = {
        "oneOf": [{"$ref": "Cat.yaml"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat.yaml", "dog": "#/components/schemas/Dog"}},
    }
    found = read(tmp_path, schemas(Root=root, Dog={"type": "object"}))
    assert found.document.schemas["Root"]["discriminator"]["mapping"] == {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("#/components/schemas/Nothing", "leads to nothing"),
        ("missing.yaml", "missing.yaml: there is no such file"),
        ("missing.yaml#/A", "missing.yaml: there is no such file"),
        ("../outside.yaml", "leads out of the folder of the document"),
        ("/etc/passwd", "leads out of the folder of the document"),
        ("link.yaml", "leads out of the folder of the document"),
        (".", "is no file"),
        ("https://example.com/a.yaml#/A", "leads to example.com, and references to other hosts are read with --allow-remote-refs only"),
        ("#anchor", "names an anchor that no schema has"),
        ("", "is empty"),
        ("broken.yaml", "cannot be followed: broken.yaml: line 2 column 1"),
    ],
)
def test_a_reference_that_leads_nowhere_is_read_as_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, words: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    write(tmp_path, {"type": "string"}, "outside.yaml")
    write(inside, "a: [", "broken.yaml")
    (inside / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    found = read(inside, schemas(Root={"properties": {"a": {"$ref": reference}}}))
    assert found.document.schemas["Root"] == {"properties": {"a": {}}}
    assert [defect.place for defect in found.defects] == ["small.yaml#/components/schemas/Root/properties/a"]
    assert words in found.defects[0].text


def test_a_folder_above_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"type": "string"}, "common/text.yaml")
    file = write(tmp_path, schemas(Root={"$ref": "../../common/text.yaml"}), "api/v1/small.yaml")
    assert read_foreign(file).defects == ()
    monkeypatch.chdir(file.parent)
    assert "--ref-root" in texts(read_foreign(file))
    assert read_foreign(file, ref_root=tmp_path).document.schemas["text"] == {"type": "string"}


def test_a_defect_in_another_file_names_that_file(tmp_path: Path) -> None:
    write(tmp_path, {"Pet": {"type": "object", "properties": {"age": {"type": "string", "minLength": "x"}}}}, "more.yaml")
    found = read(tmp_path, schemas(Root={"$ref": "more.yaml#/Pet"}))
    assert [defect.place for defect in found.defects] == ["more.yaml#/Pet/properties/age/minLength"]


def test_path_items_in_a_circle_are_left_out(tmp_path: Path) -> None:
    content = document({"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}, "/c": {"get": {"responses": {"200": {"description": ""}}}}})
    found = read(tmp_path, content)
    assert [operation.path for operation in found.document.operations] == ["/c"]
    assert "many references" in texts(found) or "circle" in texts(found)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """The address of a folder on a host."""
    folder = tmp_path / "host"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, directory=str(folder), **options)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_document_is_read_from_an_address_and_its_other_files_only_where_allowed(tmp_path: Path, host: str) -> None:
    write(tmp_path / "host", schemas(Root={"$ref": "more.yaml#/A"}), "api/openapi.yaml")
    write(tmp_path / "host", {"A": {"type": "string"}}, "api/more.yaml")
    alone = read_foreign(f"{host}/api/openapi.yaml")
    assert alone.document.slug == "small"
    assert "--allow-remote-refs" in texts(alone)
    allowed = read_foreign(f"{host}/api/openapi.yaml", allow_remote_refs=True)
    assert allowed.defects == ()
    assert allowed.document.schemas["A"] == {"type": "string"}


def test_a_document_at_an_address_reads_no_file_of_this_machine(tmp_path: Path, host: str) -> None:
    file = write(tmp_path, {"type": "string"}, "secret.yaml")
    write(tmp_path / "host", schemas(Root={"$ref": f"file://{file}"}), "openapi.yaml")
    found = read_foreign(f"{host}/openapi.yaml", allow_remote_refs=True)
    assert found.document.schemas["Root"] == {}
    assert len(found.defects) == 1


@pytest.mark.parametrize(("path", "words"), [("missing.yaml", "answers 404"), ("folder/", "is no OpenAPI document")])
def test_an_address_without_a_document_is_refused(tmp_path: Path, host: str, path: str, words: str) -> None:
    write(tmp_path / "host", "a: 1", "folder/index.html")
    with pytest.raises(DocumentBroken, match=words):
        read_foreign(f"{host}/{path}")


def test_a_host_that_does_not_answer_is_refused() -> None:
    with pytest.raises(DocumentBroken, match="cannot be read"):
        read_foreign("http://127.0.0.1:9/openapi.json")
