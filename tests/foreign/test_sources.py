"""A command names documents: files, folders and addresses, each of which gets a slug, overlays and a base path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.sources import SourceOptions, read_sources
from tests.foreign.documents import OK, document, write

SMALL = document({"/a": {"get": {"responses": OK}}}, servers=[{"url": "/v1"}])
OVERLAY: dict[str, Any] = {
    "overlay": "1.0.0",
    "info": {"title": "More", "version": "1"},
    "actions": [{"target": "$.paths['/a'].get", "update": {"operationId": "renamed"}}],
}


def slugs(*named: str, taken: tuple[str, ...] = (), **options: Any) -> list[str]:
    return [found.document.slug for found in read_sources(named, SourceOptions(**options), taken)]


def test_documents_are_named_after_their_files(tmp_path: Path) -> None:
    for name in ("one.yaml", "two/openapi.yaml", "three/one.yaml", "four/one.json"):
        write(tmp_path, SMALL, name)
    names = [str(tmp_path / name) for name in ("one.yaml", "two/openapi.yaml", "three/one.yaml", "four/one.json", "one.yaml")]
    assert slugs(*names)[:4] == ["one", "two", "three-one", "four-one"]
    assert len(set(slugs(*names))) == 5
    assert slugs(f"mine={names[0]}", f"My.API={names[1]}", names[0]) == ["mine", "my-api", "one"]
    assert slugs(names[0], taken=("one",)) == [f"{tmp_path.name.replace('_', '-').lower()}-one"[:40].strip("-")]


def test_a_folder_stands_for_the_documents_in_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.json", "deeper/c.yaml"):
        write(tmp_path, SMALL, name)
    write(tmp_path, {"Part": {}}, "part.yaml")
    write(tmp_path, OVERLAY, "b.overlay.yaml")
    write(tmp_path, "no document", "notes.txt")
    found = read_sources([str(tmp_path)])
    assert [one.document.slug for one in found] == ["a", "b"]
    assert [one.document.operations[0].id for one in found] == ["get_a", "renamed"]


def test_a_file_with_an_equals_sign_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, SMALL, "a=b.yaml")
    monkeypatch.chdir(tmp_path)
    assert slugs("a=b.yaml") == ["a-b"]


def test_overlays_go_to_the_document_that_they_extend(tmp_path: Path) -> None:
    one, two = write(tmp_path, SMALL, "one.yaml"), write(tmp_path, SMALL, "two.yaml")
    plain, extending = write(tmp_path, OVERLAY, "more/plain.yaml"), write(tmp_path, {**OVERLAY, "extends": "../two.yaml"}, "more/extending.yaml")
    assert read_sources([str(one)], SourceOptions(overlays=(plain,)))[0].document.operations[0].id == "renamed"
    found = read_sources([str(one), str(two)], SourceOptions(overlays=(extending,)))
    assert [one.document.operations[0].id for one in found] == ["get_a", "renamed"]
    assert found[1].document.overlays == (str(extending),)
    with pytest.raises(SetupError, match="let its member extends name one of them"):
        read_sources([str(one), str(two)], SourceOptions(overlays=(plain,)))


def test_base_paths_are_set_by_name(tmp_path: Path) -> None:
    one, two = str(write(tmp_path, SMALL, "one.yaml")), str(write(tmp_path, SMALL, "two.yaml"))
    found = read_sources([one, two], SourceOptions(base_paths=("two=/x/",)))
    assert [document.document.base_path for document in found] == ["/v1", "/x"]
    assert found[1].document.base_paths == ["/v1", "/x"]
    assert read_sources([one], SourceOptions(base_paths=("/",)))[0].document.base_path == ""


@pytest.mark.parametrize(
    ("named", "options", "words"),
    [
        (["missing.yaml"], {}, "there is no such file"),
        (["empty"], {}, "the folder holds no OpenAPI document"),
        (["a=one.yaml", "a=one.yaml"], {}, "the name a is given to two documents"),
        (["mock=one.yaml"], {}, "the name mock belongs to another API"),
        (["x=both"], {}, "holds 2 documents, so they cannot all be named x"),
        (["one.yaml"], {"base_paths": ("two=/x",)}, "write NAME=/path, with one of one as NAME"),
        (["one.yaml"], {"base_paths": ("x",)}, "write NAME=/path"),
        (["one.yaml"], {"base_paths": ("/a b",)}, "cannot be a base path"),
        (["one.yaml"], {"overlays": (Path("missing.yaml"),)}, "missing.yaml"),
        ([], {"overlays": (Path("both/a.yaml"),)}, "not clear which document"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str], options: dict[str, Any], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one.yaml", "both/a.yaml", "both/b.yaml"):
        write(tmp_path, SMALL, name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupError, match=words):
        read_sources(named, SourceOptions(**options), ("mock",))


def test_a_broken_file_in_a_folder_is_reported(tmp_path: Path) -> None:
    write(tmp_path, "a: [", "a.yaml")
    with pytest.raises(SetupError, match=r"a\.yaml: line 2 column 1"):
        read_sources([str(tmp_path)])
