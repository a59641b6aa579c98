"""The server: is it there, what does it serve, start again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.core.clock import iso
from mockserver.core.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.control.laboratory import Laboratory, Vendor
    from mockserver.core.requests import Request
    from mockserver.core.world import Draft


def get_health(lab: Laboratory, world: Draft, request: Request) -> Reply:
    """Say that the server answers, with its version, the world asked for and that world's time."""
    return Reply(200, {"status": "ok", "version": lab.version, "world": request.world, "now": iso(world.now)})


def list_apis(lab: Laboratory, world: Draft) -> Reply:
    """Every vendor's API with its addresses and demo credentials, ready to send."""
    return Reply(200, {"apis": [_api(vendor, world) for vendor in lab.vendors.values()]})


def list_landmarks(lab: Laboratory, slug: str) -> Reply:
    """The fixed records of a vendor's seeded worlds, by name: what tests and people refer to."""
    return Reply(200, {"landmarks": dict(lab.vendor(slug).landmarks)})


async def reset_world(lab: Laboratory, request: Request, body: Mapping[str, Any] | None) -> Reply:
    """Put the world back to its start: state, clock, ids, faults, outbox and journal. Another ``seed`` makes another crowd."""
    seed = (body or {}).get("seed")
    origin = (await lab.store.load(request.world)).origin
    world = origin if seed is None else lab.reseeded(seed)
    await lab.boundary.become(request.world, world)
    lab.journal.clear(request.world)
    return Reply(200, {"world": request.world, "seed": world.seed})


def _api(vendor: Vendor, world: Draft) -> dict[str, Any]:
    document = vendor.document
    base_url = world.base_url + document.base_path
    return {
        "slug": document.slug,
        "title": document.title,
        "base_url": base_url,
        "openapi_url": f"{base_url}/openapi.json",
        "docs_url": f"{world.base_url}/docs/{document.slug}",
        "operations": len(document.operations),
        "credentials": [
            {
                "name": credential.name,
                "description": credential.description,
                "headers": dict(credential.headers),
                "login": dict(credential.login),
            }
            for credential in vendor.credentials(world)
        ],
    }
