"""The traffic commands take their document by file, address, folder or name, with the options that ``serve`` has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mockserver.cli import cli
from tests.generic.inside import SHOP
from tests.traffic.exchanges import har
from tests.verify.servers import serving

if TYPE_CHECKING:
    from click.testing import Result

    from tests.verify.servers import Handler

ORDERS = "/customers/6f1bd83b-5e2f-4a53-9d41-3c0c0d6c9b11/orders"


def _call(path: str, body: Any, base: str = "/v1") -> dict[str, Any]:
    return {
        "request": {"method": "GET", "url": f"http://127.0.0.1:1{base}{path}", "headers": [{"name": "Authorization", "value": "Bearer x"}]},
        "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": json.dumps(body)}},
    }


def _audit(folder: Path, entry: dict[str, Any], *options: str) -> Result:
    file = folder / "calls.har"
    file.write_text(json.dumps(har(entry)), encoding="utf-8")
    return CliRunner().invoke(cli, ["audit", str(file), *options])


@pytest.mark.parametrize(("body", "code"), [([], 0), ([{"id": "text"}], 1)])
def test_a_recording_is_judged_by_a_document_of_a_file(tmp_path: Path, body: Any, code: int) -> None:
    for named in (str(SHOP), f"mine={SHOP}"):
        done = _audit(tmp_path, _call(ORDERS, body), "--api", named)
        assert done.exit_code == code, done.output


def test_a_recording_is_judged_by_a_document_of_a_folder_and_of_an_address(tmp_path: Path) -> None:
    folder = tmp_path / "api"
    folder.mkdir()
    (folder / "shop.yaml").write_bytes(SHOP.read_bytes())
    assert _audit(tmp_path, _call(ORDERS, []), "--api", str(folder)).exit_code == 0

    def give(handler: Handler) -> None:
        handler.answer(200, SHOP.read_bytes(), "application/yaml")

    with serving(give) as origin:
        assert _audit(tmp_path, _call(ORDERS, []), "--api", f"{origin}/shop.yaml").exit_code == 0


def test_an_overlay_and_a_base_path_change_what_a_recording_is_judged_by(tmp_path: Path) -> None:
    overlay = tmp_path / "more.yaml"
    action = {"target": "$.components.schemas.Order.properties.id", "update": {"type": "string"}}
    overlay.write_text(json.dumps({"overlay": "1.0.0", "info": {"title": "Ids", "version": "1"}, "actions": [action]}), encoding="utf-8")
    order = {"id": "text", "customer_id": "6f1bd83b-5e2f-4a53-9d41-3c0c0d6c9b11", "amount": 1, "status": "open"}
    assert _audit(tmp_path, _call(ORDERS, [order]), "--api", str(SHOP)).exit_code == 1
    assert _audit(tmp_path, _call(ORDERS, [order]), "--api", str(SHOP), "--overlay", str(overlay)).exit_code == 0
    elsewhere = _call(ORDERS, [], "/v9")
    assert "--base names another base path" in _audit(tmp_path, elsewhere, "--api", str(SHOP)).output
    assert _audit(tmp_path, elsewhere, "--api", str(SHOP), "--base-path", "/v9").exit_code == 0


def test_defects_of_the_document_are_listed_on_standard_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(SHOP.read_text(encoding="utf-8").replace("#/components/schemas/Settings", "#/components/schemas/Nothing", 1), encoding="utf-8")
    done = _audit(tmp_path, _call(ORDERS, []), "--api", str(broken))
    assert "broken: 1 defects" in done.stderr
    assert "#/components/schemas/Nothing" in done.stderr
    assert _audit(tmp_path, _call(ORDERS, []), "--api", str(broken), "--strict-document").exit_code == 2


@pytest.mark.parametrize("named", ["nowhere.yaml", "shopp"])
@pytest.mark.parametrize(
    "command",
    [
        ["proxy", "{}", "--upstream", "http://127.0.0.1:9"],
        ["compare", "{}", "--left", "http://127.0.0.1:9", "--right", "http://127.0.0.1:9"],
        ["audit", "{file}", "--api", "{}"],
        ["replay", "{file}", "--api", "{}"],
    ],
    ids=lambda command: command[0],
)
def test_a_document_that_is_not_there_is_one_sentence(command: list[str], named: str, tmp_path: Path) -> None:
    file = tmp_path / "calls.har"
    file.write_text(json.dumps(har()), encoding="utf-8")
    done = CliRunner().invoke(cli, [word.format(named, file=file) for word in command])
    assert (done.exit_code, f"there is no document '{named}'" in done.output) == (2, True)


def test_several_documents_in_a_folder_are_named(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_bytes(SHOP.read_bytes())
    done = _audit(tmp_path, _call(ORDERS, []), "--api", str(tmp_path))
    assert "holds 2 documents (a, b); name one of them" in done.output


def test_two_implementations_of_a_document_of_a_file_are_compared(tmp_path: Path) -> None:
    steps = tmp_path / "steps.yaml"
    steps.write_text("steps: [{operation: get_health}]", encoding="utf-8")

    def fine(handler: Handler) -> None:
        handler.answer(404, b"") if handler.path.startswith("/_mock") else handler.answer(200, b'{"status": "ok"}')

    with serving(fine) as left, serving(fine) as right:
        done = CliRunner().invoke(cli, ["compare", str(SHOP), "--left", left, "--right", right, "--scenario", str(steps)])
    assert done.exit_code == 0, done.output
