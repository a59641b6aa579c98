"""Inference finds by itself most of what the overlays of the bundled vendors declare, and what it understands otherwise is explained here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.openapi.documents import Document, load_document
from mockserver.openapi.inference.infer import infer_undeclared
from mockserver.openapi.inference.model import Kind, Model

VENDORS = ("serpi", "trincico", "monedero", "troyansys", "backoffice")
PARTS: Mapping[str, frozenset[Kind]] = {
    "create": frozenset({Kind.CREATE, Kind.BULK, Kind.UPSERT}),
    "read": frozenset({Kind.READ, Kind.SHOW}),
    "list": frozenset({Kind.LIST, Kind.SEARCH}),
    "change": frozenset({Kind.UPDATE, Kind.REPLACE, Kind.UPSERT, Kind.SET, Kind.ACTION}),
    "delete": frozenset({Kind.DELETE, Kind.ACTION, Kind.UNSET}),
}
EXPLAINED = {
    "trincico: invoice item": "items have no list of their own: the invoice shows them",
    "trincico: message": "sent below /chat_messages, listed below /chat: no name says that they are the same",
    "monedero: contact": "the creation answers with a message only, and takes the fields under other names",
    "monedero: collaborator": "created below /employee, listed below /toolusers: no name says that they are the same",
    "backoffice: member": "a member is a user, whom another path shows as a node of a tree",
}
"""What is declared and not found, with the reason that lies in the document."""


def _resources(slug: str, document: Document, model: Model) -> Iterator[tuple[str, bool]]:
    """The declared resources, and whether all operations that they name are understood so, in one family."""
    for name, declared in (document.raw.get("x-resource") or {}).items():
        named = {part: one if isinstance(one, str) else one.get("call") for part, one in declared.items() if part in PARTS}
        roles = [(PARTS[part], model.roles[one]) for part, one in named.items() if one in document.by_id]
        right = all(role.is_stateful and role.kind in kinds for kinds, role in roles)
        yield f"{slug}: {name}", right and len({role.family for _, role in roles}) == 1


def _lists(slug: str, document: Document, model: Model) -> Iterator[tuple[str, bool]]:
    """The declared lists, and whether each is understood as one, at the same place."""
    for spec in document.operations:
        declared, role = spec.spec.get("x-list"), model.roles[spec.id]
        if isinstance(declared, dict):
            yield f"{slug}: {spec.label}", role.is_stateful and role.kind in PARTS["list"] and role.answer == declared.get("at", role.answer)


def test_what_the_vendors_declare_is_found_without_their_declarations() -> None:
    found: dict[str, bool] = {}
    for slug in VENDORS:
        document = load_document(slug)
        model = infer_undeclared(document)
        found |= dict(_resources(slug, document, model)) | dict(_lists(slug, document, model))
    assert {name for name, right in found.items() if not right} == EXPLAINED.keys()
    assert sum(found.values()) >= 0.9 * len(found) > 0
