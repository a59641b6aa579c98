"""A folder with a document, its overlay and its code is served as one; so is what another package installs."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver import plugins, serving
from mockserver.app import discover
from mockserver.cli import cli
from mockserver.openapi.documents import SPECS
from mockserver.openapi.errors import SetupError
from tests.foreign.documents import document, write
from tests.generic.inside import SHOP
from tests.hostile.application import Application

HANDLERS = 'from mockserver import on\n\n\n@on("GET /health")\ndef health(call, infer):\n    return {"status": "ok"}\n'
OVERLAY = """overlay: 1.0.0
info: {title: Corrections, version: "1"}
actions:
  - target: $.paths['/reports/sales'].post
    update: {x-role: {of: order, kind: create}}
"""
FIXTURES = 'def seed(world):\n    world.clear("customer")\n    world.add("customer", name="Only")\n'


def _folder(folder: Path) -> Path:
    shutil.copy(SHOP, folder / "api.yaml")
    for name, text in (("handlers.py", HANDLERS), ("fixtures.py", FIXTURES), ("api.overlay.yaml", OVERLAY)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _serve(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Any, Any]:
    """What ``serve`` printed, and the application that it would run; the application is None if it was refused."""
    made: list[Any] = [None]
    monkeypatch.setattr(serving, "run", lambda app, *_: made.append(app))
    return CliRunner().invoke(cli, ["serve", "--port", "0", *arguments], catch_exceptions=True), made[-1]


def _call(app: Any, path: str, method: str = "GET", body: bytes = b"") -> Any:
    return Application(app).call(method, path, body, authorization="Bearer demo-token", content_type="application/json")


def test_a_folder_is_served_with_what_stands_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, app = _serve(monkeypatch, f"shop={_folder(tmp_path)}")
    assert "shop: 13 operations: 12 stateful, 1 by code, 0 by example, 0 generated, 0 not served" in result.output
    assert _call(app, "/v1/health").headers["x-mock-basis"] == "handler"
    assert [one["name"] for one in _call(app, "/v1/customers").json()["data"]] == ["Only"]


def test_the_console_says_how_many_operations_have_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, app = _serve(monkeypatch, f"shop={_folder(tmp_path)}")
    (listed,) = [api for api in _call(app, "/_mock/apis").json()["apis"] if api["slug"] == "shop"]
    assert listed["answers"].startswith("13 operations: 12 stateful, 1 by code")
    assert b"13 operations: 12 stateful, 1 by code" in _call(app, "/_mock/console").body


def test_the_call_to_copy_is_a_read_that_needs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only = document({"/a/{id}": {"get": {"responses": {}}}, "/ping": {"get": {"responses": {"200": {"description": "Fine."}}}}})
    result, _ = _serve(monkeypatch, str(write(tmp_path, only)))
    assert re.search(r"^    curl http://127.0.0.1:\d+/ping$", result.output, re.MULTILINE)


def test_code_without_the_name_of_the_document_belongs_to_a_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, app = _serve(monkeypatch, str(_folder(tmp_path) / "api.yaml"))
    assert _call(app, "/v1/health").headers["x-mock-basis"] == "state"
    shutil.copy(SHOP, tmp_path / "other.yaml")
    result, app = _serve(monkeypatch, str(tmp_path), "--base-path", "other=/v2")
    assert "by code" not in result.output


def test_two_files_for_one_purpose_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (_folder(tmp_path) / "api.handlers.py").write_text(HANDLERS, encoding="utf-8")
    result, _ = _serve(monkeypatch, str(tmp_path))
    assert "has api.handlers.py and handlers.py; keep one of them" in str(result.exception)


def test_records_of_a_file_are_for_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = tmp_path / "seeds.json"
    seeds.write_text('{"customer": [{"name": "From a file"}]}', encoding="utf-8")
    for argument in (str(seeds), f"shop={seeds}"):
        _, app = _serve(monkeypatch, str(SHOP), "--seed-file", argument)
        assert [one["name"] for one in _call(app, "/v1/customers").json()["data"]] == ["From a file"]
    result, _ = _serve(monkeypatch, f"a={SHOP}", f"b={SHOP}", "--base-path", "b=/b", "--seed-file", str(seeds))
    assert "write NAME=FILE, with one of a, b as NAME" in str(result.exception)


def test_what_has_no_state_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    result, app = _serve(monkeypatch, str(SHOP), "--unsure", "refuse")
    assert "13 operations: 12 stateful, 0 by example, 0 generated, 1 refused, 0 not served" in result.output
    answer = _call(app, "/v1/reports/sales", "POST", b"{}")
    assert answer.status == 501
    assert "POST /reports/sales has no state: POST /reports/sales fits no family" in answer.json()["detail"]
    assert _call(app, "/v1/customers").status == 200


# What another package installs


def _install(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str, name: str = "shop") -> None:
    (folder / "shop_mock.py").write_text(f"from pathlib import Path\nDOCUMENT = Path(__file__).parent / 'api.yaml'\n{code}", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "shop_mock", raising=False)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [EntryPoint(name, "shop_mock", group)])


def test_an_installed_document_is_served_with_the_code_of_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(SHOP, tmp_path / "api.yaml")
    _install(monkeypatch, tmp_path, HANDLERS + FIXTURES)
    _, app = _serve(monkeypatch)
    assert {"serpi", "shop"} <= app.vendors.keys()
    assert _call(app, "/v1/health").headers["x-mock-basis"] == "handler"
    assert [one["name"] for one in _call(app, "/v1/customers").json()["data"]] == ["Only"]


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        ("1 / 0", "shop", "the installed shop .shop_mock. cannot be loaded: ZeroDivisionError"),
        ("DOCUMENT = None", "shop", "names no document; set DOCUMENT"),
        ("API = object()", "shop", "has an API, and no fixture"),
        ("", "serpi", "has the name serpi of another API"),
    ],
)
def test_an_installed_vendor_that_is_not_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, name: str, words: str) -> None:
    shutil.copy(SHOP, tmp_path / "api.yaml")
    _install(monkeypatch, tmp_path, code, name)
    with pytest.raises(SetupError, match=words):
        discover(SPECS)
