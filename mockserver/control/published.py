"""The document of a vendor, published below the vendor's base path."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.control.guard import PREFIX
from mockserver.control.services import Vendor
from mockserver.core.base.faults import MethodNotAllowed
from mockserver.core.operation.api import FaultContext
from mockserver.openapi.addresses import PUBLISHED
from mockserver.openapi.documents import Document

_NOWHERE = FaultContext()


def published_at(document: Document) -> str | None:
    """The path below the document's own base path at which it is published; None if an operation has that path."""
    if document.has_skeleton and document.route("GET", PUBLISHED) is not None:
        return None
    return document.base_path + PUBLISHED


def published_surely(document: Document) -> str:
    """A path at which a document is published, and nothing else can be."""
    return f"{PREFIX}/docs/{document.slug}{PUBLISHED}" if document.has_skeleton else document.base_path + PUBLISHED


def serve_document(vendor: Vendor) -> ASGIApp:
    """An application that serves a vendor's document as JSON. Its first server is this one, with the world that the path names."""
    raw = vendor.document.raw

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            reply = vendor.api.render_fault(MethodNotAllowed(scope["method"], ("GET", "HEAD")), _NOWHERE)
            response = JSONResponse(reply.body, reply.status, {"allow": "GET, HEAD"})
        else:
            here = {**raw["servers"][0], "url": scope.get("mockserver.prefix", "") + vendor.document.base_path}
            response = JSONResponse({**raw, "servers": [here, *raw["servers"][1:]]})
        await response(scope, receive, send)

    return serve
