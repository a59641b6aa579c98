"""The server as a whole: its health, its APIs, and the reset of a world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.control.published import published_surely
from mockserver.control.services import ControlServices, Vendor
from mockserver.control.usage import render_limits
from mockserver.core.base.clock import iso
from mockserver.core.base.faults import Unavailable
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.compiled import Operation
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits
from mockserver.openapi.documents import Document
from mockserver.openapi.operations import OperationSpec

TOLD = ("where", "page", "also", "chosen")
"""The members of a discrepancy that are written for people; the others are for the suite."""
DEEP = 12
"""Levels of a document that are searched for discrepancies; schemas may contain themselves."""


def get_health(control: ControlServices, world: Transaction, request: Request) -> Reply:
    """That the server answers, with its version, the world of the request, that world's time, and the limits with what is used of them."""
    used = {
        limits.JOURNAL_ENTRIES.name: control.journal.count(request.world)[0],
        limits.JOURNAL_WORLD_BYTES.name: control.journal.count_bytes(request.world),
        limits.OUTBOX.name: len(world.outbox),
        limits.FAULT_RULES.name: len(world.faults.rules),
        limits.STREAMS.name: control.streams.count(request.world),
        limits.WAITING.name: control.waiting.count(request.world),
        limits.WORLD_RECORDS.name: world.start.count_records(),
    }
    shown = render_limits(control.usage, used)
    return Reply(
        200, {"status": "ok", "version": control.version, "world": request.world, "now": iso(world.now), "limits": shown} | _describe_boot(control)
    )


def get_readiness(control: ControlServices) -> Reply:
    """That calls can be answered. Raises Unavailable when the server stops."""
    if control.pipeline.notifier.is_closed:
        raise Unavailable("the server stops; call another one, or wait for the next start")
    return Reply(200, {"status": "ready"})


def _describe_boot(control: ControlServices) -> dict[str, str]:
    """Which start of the server answers, and whether its worlds outlive it."""
    boot, _, worlds = control.pipeline.boot.partition("; ")
    return {"boot": boot, "worlds": worlds}


def list_apis(control: ControlServices, world: Transaction) -> Reply:
    return Reply(200, {"apis": [_render_api(vendor, world) for vendor in control.vendors.values()]})


def list_landmarks(control: ControlServices, slug: str) -> Reply:
    return Reply(200, {"landmarks": dict(control.vendor(slug).seeded_records)})


def list_operations(control: ControlServices, slug: str) -> Reply:
    document = control.vendor(slug).document
    return Reply(200, {"operations": [_render_operation(control.operations[f"{slug}.{spec.id}"], spec) for spec in document.operations]})


async def reset_world(control: ControlServices, request: Request, body: Mapping[str, Any] | None) -> Reply:
    seed = (body or {}).get("seed")
    world = None
    if seed is not None:
        world = control.reseed(seed, (await control.store.load(request.world)).origin.born)
    world = await control.store.reset(request.world, world, request.visitor)
    return Reply(200, {"world": request.world, "seed": world.seed})


def _render_operation(operation: Operation, spec: OperationSpec) -> dict[str, Any]:
    errors = operation.fault_context.errors.items()
    return {
        "id": spec.id,
        "method": spec.method,
        "path": spec.path,
        "summary": spec.summary,
        "tag": next(iter(spec.spec.get("tags", ())), ""),
        "statuses": sorted(operation.responses.statuses),
        "errors": [
            {"code": code, "sent_code": error.code, "status": error.status, "message": error.message, "clause": error.clause}
            for code, error in errors
        ],
        "clauses": dict(spec.clauses),
        "discrepancies": (open_ones := sorted(set(_find_discrepancies(operation.document, spec.spec)))),
        "readings": {name: texts for name in open_ones if (texts := _find_readings(operation.document, name)) is not None},
    }


def _find_discrepancies(document: Document, node: Any, depth: int = 0) -> Iterator[str]:
    """The ids of the discrepancies anywhere in an operation, including the schemas that it refers to."""
    node = document.resolve(node)
    if depth > DEEP or not isinstance(node, dict | list):
        return
    if isinstance(node, dict):
        found = node.get("x-discrepancy", ())
        yield from [found] if isinstance(found, str) else found
    for inner in node.values() if isinstance(node, dict) else node:
        yield from _find_discrepancies(document, inner, depth + 1)


def _find_readings(document: Document, name: str) -> Mapping[str, str] | None:
    """What the vendor's page says at a discrepancy, and how it is read; None if the document has its id only."""
    found: Mapping[str, Any] | None = document.raw.get("components", {}).get("x-discrepancies", {}).get(name)
    return None if found is None else {member: found[member] for member in TOLD if member in found}


def _render_api(vendor: Vendor, world: Transaction) -> dict[str, Any]:
    document = vendor.document
    base_url = world.base_url + document.base_path
    return {
        "slug": document.slug,
        "title": document.title,
        "base_url": base_url,
        "openapi_url": world.base_url + published_surely(document),
        "docs_url": f"{world.base_url}/docs/{document.slug}",
        "operations": len(document.operations),
        "credentials": [
            {"name": credential.name, "description": credential.description, "headers": dict(credential.headers), "login": dict(credential.login)}
            for credential in vendor.credentials(world)
        ],
        **({"answers": vendor.answers} if vendor.answers else {}),
    }
