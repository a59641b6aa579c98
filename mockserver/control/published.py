"""The document of a vendor, published below the vendor's base path."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.control.guard import PREFIX
from mockserver.control.services import Vendor
from mockserver.core.asgi.delivery import send_reply
from mockserver.core.asgi.public_address import ORIGIN
from mockserver.core.base.faults import MethodNotAllowed
from mockserver.core.base.problems import problem_reply
from mockserver.core.operation.api import FaultContext
from mockserver.openapi.addresses import PUBLISHED
from mockserver.openapi.documents import Document
from mockserver.openapi.views import VERSIONS, VIEWS, View, make_view

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
    """An application that serves a vendor's document as JSON. Its first server is this one, with the world that the path names.

    The query may choose a view (``emitted``, ``accepted``, ``vendor``) and, for all but ``accepted``, the ``version`` 3.1.
    """
    views: dict[tuple[View, str], dict[str, Any]] = {}

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            reply = vendor.api.render_fault(MethodNotAllowed(scope["method"], ("GET", "HEAD")), _NOWHERE)
            await JSONResponse(reply.body, reply.status, {"allow": "GET, HEAD"})(scope, receive, send)
            return
        asked = QueryParams(scope["query_string"])
        view, version = asked.get("view", "accepted"), asked.get("version", VERSIONS[0])
        if view not in VIEWS or version not in VERSIONS:
            reply = problem_reply(400, f"write view={'|'.join(VIEWS)} and version={'|'.join(VERSIONS)}", title="No such view of the document")
            await send_reply(reply, reply.encode(), send)
            return
        if (view, version) not in views:
            views[view, version] = make_view(vendor.document, view, version)
        raw = views[view, version]
        here = {**raw["servers"][0], "url": scope[ORIGIN] + scope.get("mockserver.prefix", "") + vendor.document.base_path}
        await JSONResponse({**raw, "servers": [here, *raw["servers"][1:]]})(scope, receive, send)

    return serve
