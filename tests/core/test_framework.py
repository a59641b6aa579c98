"""Documents are checked by Connexion."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.core.asgi.connexion_stack import CheckedSpecification, InvalidSpecification
from mockserver.openapi.documents import SPECS, read_document

if TYPE_CHECKING:
    from collections.abc import Callable


def document() -> dict[str, Any]:
    return copy.deepcopy(read_document("serpi", SPECS / "serpi.yaml").raw_for_router())


def checked(raw: dict[str, Any]) -> Any:
    return CheckedSpecification.from_dict(raw)


def test_a_good_document_passes() -> None:
    assert checked(document())["info"]["title"].startswith("SERPI")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw["info"].pop("title"), "'title' is a required property"),
        (lambda raw: raw["components"]["schemas"].update(Z={"type": "integer", "default": "x"}), "'default': 'x'"),
        (lambda raw: raw["components"]["schemas"].update(Z={"properties": {"a": {"type": "string", "default": 1}}}), "'default': 1"),
        (lambda raw: raw["paths"].update({"/z": {"get": {"operationId": "z"}}}), "'responses' is a required property"),
    ],
)
def test_a_broken_document_is_refused_with_the_reason(change: Callable[[dict[str, Any]], object], words: str) -> None:
    raw = document()
    change(raw)
    with pytest.raises(InvalidSpecification, match="(?s).*" + words):
        checked(raw)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "default": 1},
        {"type": "integer", "nullable": True, "default": None},
        {"type": "object", "properties": {"default": {"type": "integer"}, "type": {"type": "string"}}},
        {"type": "object", "example": {"type": "integer", "default": "x"}},
    ],
)
def test_what_looks_like_a_wrong_default_but_is_none_passes(schema: dict[str, Any]) -> None:
    raw = document()
    raw["components"]["schemas"]["Z"] = schema
    assert "Z" in checked(raw)["components"]["schemas"]


def test_a_document_is_not_changed_by_being_read() -> None:
    raw, untouched = document(), document()
    checked(raw)
    assert raw == untouched


UNCHANGED = """
import warnings
warnings.simplefilter("ignore")
import connexion.spec, uvicorn
from connexion.middleware.main import ConnexionMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
CLASSES = (
    connexion.spec.Specification, connexion.spec.OpenAPISpecification, ConnexionMiddleware, uvicorn.Server, HttpToolsProtocol, RequestResponseCycle
)
before = [dict(vars(found)) for found in CLASSES]
import mockserver.serving
from mockserver.app import create_app
create_app()
assert [dict(vars(found)) for found in CLASSES] == before
"""


def test_the_libraries_below_are_not_patched() -> None:
    run = subprocess.run([sys.executable, "-c", UNCHANGED], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
