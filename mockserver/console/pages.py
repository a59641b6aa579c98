"""The start page and the reference pages. They need no network and run no script that is not the server's own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import swagger_ui
from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mockserver.control.problems import PROBLEM, render_fault
from mockserver.core.api import Situation
from mockserver.core.clock import wall_clock
from mockserver.core.faults import MethodNotAllowed, NotFound
from mockserver.core.routing import origin
from mockserver.core.world import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.control.laboratory import Vendor
    from mockserver.core.store import Store

_NOWHERE = Situation()
_ASSETS = Path(__file__).parent / "assets"
_VIEWER = Path(swagger_ui.__file__).parent / "static"
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_HEADERS = {"content-security-policy": _POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


class Pages:
    """The pages over the vendors of this server."""

    def __init__(self, vendors: Mapping[str, Vendor], store: Store) -> None:
        self._vendors = vendors
        self._store = store
        self._templates = Environment(loader=PackageLoader("mockserver.console"), autoescape=True)

    def app(self) -> Starlette:
        """An application that serves the pages, and refuses every other path with a problem."""
        routes = [
            Route("/", self.index),
            Route("/docs/{slug}", self.reference),
            Mount("/docs-assets/viewer", StaticFiles(directory=_VIEWER)),
            Mount("/docs-assets", StaticFiles(directory=_ASSETS)),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _problem})

    async def index(self, request: Request) -> Response:
        """What this server plays, with addresses and credentials."""
        held = await self._store.load(request.scope.get("mockserver.world", "default"))
        world = Draft(held.world, held.world.clock.now(wall_clock()))
        vendors = [(vendor.document, vendor.credentials(world)) for vendor in self._vendors.values()]
        return self._page("index.html", request, vendors=vendors)

    async def reference(self, request: Request) -> Response:
        """One vendor's document, readable and to be tried out."""
        vendor = self._vendors.get(request.path_params["slug"])
        if vendor is None:
            raise HTTPException(404)
        return self._page("reference.html", request, document=vendor.document)

    def _page(self, template: str, request: Request, **values: object) -> HTMLResponse:
        prefix = request.scope.get("mockserver.prefix", "")
        text = self._templates.get_template(template).render(prefix=prefix, base_url=origin(request.scope) + prefix, **values)
        return HTMLResponse(text, headers=_HEADERS)


def document_page(vendor: Vendor) -> ASGIApp:
    """Serves a vendor's document as JSON, with this server, and the world in the path, in front of its servers."""
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


async def _problem(request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None) or {}
    if "Allow" not in headers:
        return JSONResponse(render_fault(NotFound("path", request.url.path)).body, 404, media_type=PROBLEM)
    allowed = sorted(name.strip() for name in headers["Allow"].split(","))
    fault = MethodNotAllowed(request.method, allowed)
    return JSONResponse(render_fault(fault).body, fault.status, {"allow": ", ".join(allowed)}, media_type=PROBLEM)
