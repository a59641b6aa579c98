"""Documents are served: each path reaches its operation, also where the server has a page of its own."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver import app as server
from mockserver import serving
from mockserver.cli import cli
from mockserver.openapi.documents import SPECS
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.read import ForeignDocument, read_foreign
from mockserver.serving import listen
from tests.foreign.documents import OK, STRING, document, write
from tests.foreign.vendor import serve


def named(folder: Path, name: str, base: str, *paths: str, **more: Any) -> ForeignDocument:
    """A document of this name whose paths have one operation each, called like the path."""
    items = {path: {"get": {"operationId": path, "responses": OK}} for path in paths}
    return read_foreign(write(folder, document(items, servers=[{"url": base}], **more), f"{name}.yaml"))


@pytest.mark.parametrize(
    ("template", "sent", "values"),
    [
        ("/v{version}/x", "/v2/x", {"version": "2"}),
        ("/{a}_{b}", "/1_2_3", {"a": "1_2", "b": "3"}),
        ("/files/{name}.json", "/files/a.b.json", {"name": "a.b"}),
        ("/items/{id}:cancel", "/items/7:cancel", {"id": "7"}),
        ("/slash/{id}/", "/slash/7/", {"id": "7"}),
        ("/slash/{id}/", "/slash/7", {"id": "7"}),
        ("/a%20b/{c d}", "/a%20b/x%20y", {"c d": "x y"}),
        ("/{$skip}/{user-id}", "/1/2", {"$skip": "1", "user-id": "2"}),
        ("/ünï/{ö}", "/%C3%BCn%C3%AF/%C3%A4", {"ö": "ä"}),
    ],
)
def test_a_path_with_placeholders_of_any_kind_is_routed(tmp_path: Path, template: str, sent: str, values: dict[str, str]) -> None:
    answer = serve(named(tmp_path, "small", "/base", template, "/items/{id}", "/other/{id}")).call("GET", f"/base{sent}")
    assert answer.status == 200, answer.body
    assert answer.json()["path"] == values


def test_two_documents_may_share_a_base_path_and_names_of_operations(tmp_path: Path) -> None:
    paths = {"/b": {"get": {"operationId": "/a", "responses": OK}}}
    app = serve(named(tmp_path, "one", "/", "/a"), read_foreign(write(tmp_path, document(paths), "two.yaml")))
    assert [app.call("GET", path).json()["api"] for path in ("/a", "/b")] == ["one", "two"]
    assert app.call("GET", "/c").status == 404
    assert app.call("GET", "/docs/two/openapi.json").json()["paths"].keys() == {"/b"}


def test_two_documents_with_one_path_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"one\.yaml and .*two\.yaml both have /a/, .*--base-path two=/path"):
        serve(named(tmp_path, "one", "/", "/a"), named(tmp_path, "two", "/", "/a/"))


def test_a_document_may_not_take_a_path_of_the_control_plane(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"both have /_mock/clock"):
        serve(named(tmp_path, "one", "/", "/_mock/clock"))


@pytest.mark.parametrize(
    ("path", "title"), [("/", b"Overview"), ("/console/journal", b"Journal"), ("/docs", b"Documents"), ("/docs/mock", b"Mock control plane")]
)
def test_an_operation_wins_over_a_page_which_stays_reachable(tmp_path: Path, path: str, title: bytes) -> None:
    without, with_operation = serve(named(tmp_path, "one", "/", "/a")), serve(named(tmp_path, "two", "/", path))
    assert title in without.call("GET", path).body
    assert with_operation.call("GET", path).json()["operation"] == path
    moved = "/_mock/console" if path == "/" else "/_mock" + path
    for app in (without, with_operation):
        page = app.call("GET", moved)
        assert page.status == 200
        assert title in page.body
        assert b'href="/_mock/docs"' in page.body
        assert b'"/_mock/console/assets/' in page.body
        assert app.call("GET", "/_mock/console/assets/console.css").status == 200
        assert app.call("GET", "/_mock/clock").status == 200


def test_a_page_below_the_control_plane_keeps_the_world_of_its_path(tmp_path: Path) -> None:
    app = serve(named(tmp_path, "one", "/", "/docs"))
    page = app.call("GET", "/~blue/_mock/docs/one")
    assert page.status == 200
    assert b'data-url="/~blue/_mock/docs/one/openapi.json"' in page.body
    served = app.call("GET", "/~blue/_mock/docs/one/openapi.json").json()
    assert served["servers"][0]["url"] == "http://localhost/~blue"


def test_a_document_may_live_below_a_page(tmp_path: Path) -> None:
    app = serve(named(tmp_path, "museum", "/_mock/docs/openapi/museum-api", "/tickets"))
    assert app.call("GET", "/_mock/docs/openapi/museum-api/tickets").json()["operation"] == "/tickets"
    assert app.call("GET", "/_mock/docs/openapi/museum-api/nothing").status == 404
    assert b"Documents" in app.call("GET", "/_mock/docs").body


def test_an_operation_may_have_the_path_at_which_documents_are_published(tmp_path: Path) -> None:
    app = serve(named(tmp_path, "one", "/v1", "/openapi.json"), named(tmp_path, "two", "/v2", "/{anything}"), named(tmp_path, "three", "/v3", "/a"))
    assert app.call("GET", "/v1/openapi.json").json()["operation"] == "/openapi.json"
    assert app.call("GET", "/v2/openapi.json").json()["path"] == {"anything": "openapi.json"}
    assert app.call("GET", "/v3/openapi.json").json()["paths"].keys() == {"/a"}
    assert [app.call("GET", f"/docs/{slug}/openapi.json").status for slug in ("one", "two", "three")] == [200] * 3


def test_pages_of_another_host_still_reach_no_page_of_the_server(tmp_path: Path) -> None:
    app = serve(named(tmp_path, "one", "/", "/docs"))
    for path in ("/_mock/docs", "/_mock/console", "/_mock/docs/one/openapi.json", "/_mock/clock"):
        assert app.call("GET", path, host="evil.example.com").status == 403
    assert app.call("GET", "/docs", host="evil.example.com").status == 200


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """Run ``serve`` up to the moment at which the server would run."""
    made: list[Any] = []
    monkeypatch.setattr(serving, "run", lambda app, *_: made.append(app))
    result = CliRunner().invoke(cli, ["serve", "--port", "0", *arguments], catch_exceptions=True)
    return result, made


def test_the_command_serves_documents_and_says_what_is_wrong_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path, document({"pets": {"get": {"responses": {}}}, **{f"/{number}": {"get": {"responses": {}}} for number in range(12)}}), "small.yaml"
    )
    result, (app,) = run(monkeypatch, str(tmp_path / "small.yaml"), "--base-path", "/x")
    assert list(app.vendors) == ["small"]
    assert "Serving 1 APIs" in result.output
    assert "/x\n" in result.output
    assert "small: 14 defects" in result.output
    assert "small.yaml#/paths/pets: the path does not begin with a slash; read as if it did; write the slash" in result.output
    assert "… and 4 more" in result.output


def test_the_vendors_are_served_alone_or_beside_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(write(tmp_path, document({"/a": {"get": {"responses": OK}}}), "serpi.yaml"))
    bundled = list(server.discover(SPECS))
    assert list(run(monkeypatch)[1][0].vendors) == bundled
    assert list(run(monkeypatch, f"mine={file}", "--with-vendors")[1][0].vendors) == [*bundled, "mine"]
    assert list(run(monkeypatch, file)[1][0].vendors) == ["serpi"]


def test_a_document_with_defects_is_refused_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, document({"pets": {"get": {"responses": OK}}}))
    result, made = run(monkeypatch, str(file), "--strict-document")
    assert made == []
    assert "1 defects" in str(result.exception)


def test_a_port_in_use_names_the_next_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupError) as caught:
            listen("127.0.0.1", port)
    free = int(str(caught.value).rpartition("--port ")[2].rstrip(")"))
    assert port < free <= port + serving.NEXT
    with listen("127.0.0.1", free):
        pass


def test_every_operation_of_a_document_is_recorded_and_validated_like_one_of_a_vendor(tmp_path: Path) -> None:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": STRING}, "required": ["name"]}}}, "required": True}
    content = document({"/pets": {"post": {"operationId": "create-pet", "requestBody": body, "responses": OK}}})
    app = serve(read_foreign(write(tmp_path, content)))
    assert app.call("POST", "/pets", b'{"name": "Rex"}', content_type="application/json").json()["body"] == {"name": "Rex"}
    assert app.call("POST", "/pets", b"{}", content_type="application/json").status == 400
    assert app.call("PUT", "/pets").status == 405
    recorded = json.loads(app.call("GET", "/_mock/journal").body)["exchanges"]
    assert {one["operation"] for one in recorded} == {"create-pet", None}
