"""Connexion as the router, and the end of its stack: the place where a routed request is read and answered.

Connexion's routing middleware finds the operation. Two things differ from its stock behaviour: both spellings of a path, with and without the
slash at its end, reach the operation without a redirect, and each path is one route, so that a method that it lacks is refused with all
the methods that it has.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from mockserver.core.api import Situation
from mockserver.core.delivery import deliver, send_reply
from mockserver.core.faults import Fault, MethodNotAllowed, NotFound
from mockserver.core.framework import (
    ROUTING_CONTEXT,
    AbstractOperation,
    RoutingAPI,
    RoutingMiddleware,
    RoutingOperation,
    Specification,
    starlettify_path,
)
from mockserver.core.reply import Reply
from mockserver.core.requests import ClientGone, Request, read_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.core.api import Api
    from mockserver.core.boundary import Boundary
    from mockserver.core.operation import Operation

ALLOW = "mockserver.allow"
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class _Path:
    """The operations of one path by method; anything else goes on as unrouted, with the methods that there are."""

    def __init__(self, next_app: ASGIApp) -> None:
        self.operations: dict[str, RoutingOperation] = {}
        self._next_app = next_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self.operations.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if operation is None:
            operation = RoutingOperation(None, partial(self._unrouted, tuple(self.operations)))
        await operation(scope, receive, send)

    async def _unrouted(self, methods: tuple[str, ...], scope: Scope, receive: Receive, send: Send) -> None:
        scope[ALLOW] = methods
        await self._next_app(scope, receive, send)


class _PathAPI(RoutingAPI):
    """One document's routes."""

    def __init__(self, specification: Specification, **options: Any) -> None:
        self._paths: dict[str, _Path] = {}
        super().__init__(specification, **options)
        self.router.redirect_slashes = False

    @staticmethod
    def _framework_path_and_name(operation: AbstractOperation, path: str) -> tuple[str, str]:  # noqa: ARG004 - Connexion passes it
        route = starlettify_path(path.rstrip("/") or "/")  # type: ignore[no-untyped-call]
        return route, route

    def _add_operation_internal(self, method: str, path: str, operation: RoutingOperation, name: str | None = None) -> None:
        if path not in self._paths:
            self._paths[path] = _Path(self.next_app)
            self.router.routes.append(Route(path, self._paths[path], name=name))
        self._paths[path].operations[method.upper()] = operation


class Routing(RoutingMiddleware):
    """Connexion's routing, with the two differences named above."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.router.redirect_slashes = False

    def add_api(self, specification: Specification, base_path: str | None = None, arguments: dict[str, Any] | None = None, **options: Any) -> None:
        """Add one document's routes under its base path."""
        api = _PathAPI(specification, base_path=base_path, arguments=arguments, next_app=self.app, **options)
        self.router.mount(api.base_path, app=api.router)


class Operations:
    """The end of the stack: reads a routed request, lets the boundary answer it, sends the reply.

    ``operations`` are found by base path and operationId, ``apis`` by base path. ``pages`` are served at their exact path, also inside an API;
    what belongs to no API goes on to ``other``.
    """

    def __init__(
        self,
        boundary: Boundary,
        operations: Mapping[tuple[str, str], Operation],
        apis: Mapping[str, Api],
        pages: Mapping[str, ASGIApp],
        other: ASGIApp,
    ) -> None:
        self._boundary = boundary
        self._operations = operations
        self._apis = dict(sorted(apis.items(), key=lambda item: -len(item[0])))
        self._pages = pages
        self._other = other

    def api_at(self, path: str) -> Api | None:
        """The API whose base path a path has; the longest base path wins."""
        return next((api for base, api in self._apis.items() if path == base or path.startswith(base + "/")), None)

    def malformed(self, path: str, fault: Fault) -> Reply | None:
        """The reply to bytes that are no HTTP request, in the clothing of the API whose base path they name; None outside every API."""
        api = self.api_at(path)
        return None if api is None else api.render_fault(fault, Situation())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a routed request."""
        page = self._pages.get(scope["path"]) if scope["type"] == "http" else None
        if page is not None:
            await page(scope, receive, send)
            return
        routing = scope.get("extensions", {}).get(ROUTING_CONTEXT, {}) if scope["type"] == "http" else {}
        operation = self._operations.get((routing.get("api_base_path", ""), routing.get("operation_id") or ""))
        if operation is not None:
            await self._answer(operation, scope, receive, send)
            return
        api = self.api_at(scope["path"]) if scope["type"] == "http" else None
        if api is None:
            await self._other(scope, receive, send)
        else:
            await self._unrouted(api, scope, send)

    async def _answer(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_from(scope)
        try:
            if operation.body.media:  # a body that the operation does not have is left unread, however long it is
                request.body = await read_body(scope, receive, operation.body.limit)
        except ClientGone:
            return
        except Fault as fault:
            reply, payload = await self._boundary.refuse_unread(operation, fault, request)
        else:
            reply, payload = await self._boundary.reply(operation, request)
        await deliver(reply, payload, scope, receive, send)

    async def _unrouted(self, api: Api, scope: Scope, send: Send) -> None:
        allow: tuple[str, ...] = scope.get(ALLOW, ())
        methods = sorted({*allow, *(["HEAD"] if "GET" in allow else []), "OPTIONS"}) if allow else []
        if allow and scope["method"] == "OPTIONS":
            await send_reply(Reply(204, headers={"allow": ", ".join(methods)}), b"", send)
            return
        fault = MethodNotAllowed(scope["method"], methods) if allow else NotFound("path", scope["path"])
        reply, payload = await self._boundary.refuse(api, fault, request_from(scope))
        await send_reply(reply, payload, send, {"allow": ", ".join(methods)} if allow else {})


def request_from(scope: Scope) -> Request:
    """A request without its body."""
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b""),
        raw_headers=scope["headers"],
        path_values=scope.get("path_params", {}),
        world=scope.get("mockserver.world", "default"),
        origin=origin(scope),
        prefix=scope.get("mockserver.prefix", ""),
    )


def origin(scope: Scope) -> str:
    """Scheme and host under which the client reached the server."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    if not _HOST.fullmatch(host):
        server = scope.get("server") or ("localhost", None)
        host = f"{server[0]}:{server[1]}" if server[1] else str(server[0])
    return f"{scope.get('scheme', 'http')}://{host}"
