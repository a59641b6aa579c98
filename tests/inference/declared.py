"""A document with an overlay beside it, for tests of declarations."""

from __future__ import annotations

from pathlib import Path

from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Model
from tests.generic.inside import SHOP

HEAD = "overlay: 1.0.0\ninfo: {title: Corrections, version: '1'}\nactions:\n"
"""Three lines before the first action."""
CUSTOMERS, CUSTOMER = "$.paths['/customers']", "$.paths['/customers/{customer_id}']"
ORDERS = "$.paths['/customers/{customer_id}/orders']"
ORDER = "$.paths['/customers/{customer_id}/orders/{order_id}']"
CANCEL = "$.paths['/customers/{customer_id}/orders/{order_id}/cancel']"


def action(target: str, update: str) -> str:
    """One action of an overlay, on one line."""
    return f'  - {{target: "{target}", update: {update}}}\n'


def write_overlay(folder: Path, *actions: str) -> Path:
    """An overlay of these actions."""
    file = folder / "shop.overlay.yaml"
    file.write_text(HEAD + "".join(actions), encoding="utf-8")
    return file


def corrected(folder: Path, *actions: str) -> tuple[Document, Model]:
    """The shop with an overlay, and what is understood of it."""
    document = read_foreign(SHOP, overlays=[write_overlay(folder, *actions)]).document
    return document, infer(document)
