"""``mockserver explain``, and what ``serve`` says of a document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver import serving
from mockserver.cli import cli
from mockserver.openapi.errors import SetupError
from tests.generic.inside import SHOP


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments], catch_exceptions=True)


def test_explain_prints_each_operation_with_its_role_and_the_reason() -> None:
    shown = _run("explain", str(SHOP)).output
    assert "A shop 1 · OpenAPI 3.0.3 · 13 operations: 12 stateful, 0 by example, 1 generated, 0 not served" in shown
    assert "order  /customers/{customer_id}/orders, /customers/{customer_id}/orders/{order_id}  key id, by the server; below customer" in shown
    assert "  action     POST /customers/{customer_id}/orders/{order_id}/cancel · sets status, cancelled_at  likely: cancel sets" in shown
    assert "in no family\n  by example or generated POST /reports/sales" in shown


def test_explain_shows_some_operations_only() -> None:
    shown = _run("explain", str(SHOP), "--operation", "cancel").output
    assert "/cancel" in shown
    assert "GET /health" not in shown


def test_explain_prints_beside_an_operation_the_line_that_corrects_it() -> None:
    shown = _run("explain", str(SHOP), "--operation", "cancel").output
    assert '/orders/{order_id}/cancel\'].post", update: {x-role: {of: order, kind: action, key: order_id, at: ""' in shown
    assert "to correct it: mockserver explain" in shown


def test_explain_writes_an_overlay_that_says_what_was_understood(tmp_path: Path) -> None:
    shop = tmp_path / "shop.yaml"
    shop.write_text(SHOP.read_text(encoding="utf-8"), encoding="utf-8")
    before = json.loads(_run("explain", str(shop), "--json").output)
    written = tmp_path / "shop.overlay.yaml"
    assert "declares 4 resources and 13 operations" in _run("explain", str(shop), "--overlay-out", str(written)).output
    text = written.read_text(encoding="utf-8")
    assert _run("explain", str(SHOP), "--overlay-out", "-").output == text
    assert "extends: shop.yaml" in text
    after = json.loads(_run("explain", str(shop), "--json").output)  # an overlay of this name is found by itself
    assert {one["confidence"] for one in after["operations"].values()} == {"declared"}
    assert {label: one["role"] for label, one in after["operations"].items()} == {label: one["role"] for label, one in before["operations"].items()}
    assert "declared in shop.overlay.yaml line" in after["operations"]["GET /customers"]["because"]


def test_explain_does_not_overwrite_an_overlay(tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    kept.write_text("mine", encoding="utf-8")
    refused = _run("explain", str(SHOP), "--overlay-out", str(kept)).exception
    assert isinstance(refused, SetupError)
    assert (str(refused).count("exists"), kept.read_text(encoding="utf-8")) == (1, "mine")
    lost = _run("explain", str(SHOP), "--overlay-out", str(tmp_path / "none" / "kept.yaml")).exception
    assert "cannot be written" in str(lost)


def test_explain_reads_overlays(tmp_path: Path) -> None:
    overlay = tmp_path / "o.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions: [{target: \"$.paths['/customers'].get\", update: {x-list: false}}]\n",
        encoding="utf-8",
    )
    shown = _run("explain", str(SHOP), "--overlay", str(overlay), "--json").output
    assert json.loads(shown)["operations"]["GET /customers"]["because"] == "declared in o.yaml line 3"


def test_explain_draws_what_is_below_what() -> None:
    assert "  customer --> order" in _run("explain", str(SHOP), "--graph").output


def test_an_explanation_that_was_kept_is_compared(tmp_path: Path) -> None:
    kept = tmp_path / "shop.json"
    kept.write_text(_run("explain", str(SHOP), "--json").output, encoding="utf-8")
    assert _run("explain", str(SHOP), "--check", str(kept)).exit_code == 0
    changed = json.loads(kept.read_text(encoding="utf-8"))
    changed["families"]["customer"]["identity"] = "email"
    del changed["operations"]["GET /health"]
    kept.write_text(json.dumps(changed), encoding="utf-8")
    result = _run("explain", str(SHOP), "--check", str(kept))
    assert result.exit_code == 1
    assert result.output == "family customer: identity was 'email', is 'id'\noperation GET /health: new\n"


def test_a_newer_document_is_compared_with_an_older_one(tmp_path: Path) -> None:
    older = tmp_path / "shop.yaml"
    older.write_text(SHOP.read_text(encoding="utf-8").replace("/reports/sales", "/reports/profit"), encoding="utf-8")
    result = _run("explain", str(SHOP), "--diff", str(older))
    assert (result.exit_code, result.output.count("\n")) == (1, 2)
    assert _run("explain", str(SHOP), "--diff", str(SHOP)).exit_code == 0


def test_a_file_that_is_no_explanation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]", encoding="utf-8")
    error = _run("explain", str(SHOP), "--check", str(tmp_path / "other.json")).exception
    assert isinstance(error, SetupError)
    assert "--json" in str(error)


def test_serve_says_what_was_understood_and_gives_a_call_to_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "run", lambda *_: None)
    shown = _run("serve", "--port", "0", str(SHOP)).output
    assert "shop: 13 operations: 12 stateful, 0 by example, 1 generated, 0 not served; `mockserver explain` says why" in shown
    assert "curl -H 'Authorization: Bearer demo-token' http://127.0.0.1:" in shown
