"""Routing by Connexion, and the application at the end of its stack, which answers routed requests.

Connexion reads the documents. Its routing is replaced in three points: a path is found with and without a slash at its end, without a redirect;
each path is one entry, so a 405 lists all methods that the path has; and paths are found in a tree instead of being tried one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.core.asgi.connexion_stack import ROUTING_CONTEXT, AbstractOperation, RoutingAPI, RoutingMiddleware, RoutingOperation, Specification
from mockserver.core.asgi.delivery import deliver, send_reply, try_send_whole
from mockserver.core.asgi.near_misses import NearMisses
from mockserver.core.asgi.public_address import ORIGIN
from mockserver.core.base.faults import Fault, MethodNotAllowed, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import ClientGone, Request, read_body
from mockserver.core.engine.pipeline import RequestPipeline
from mockserver.core.operation.api import Api, FaultContext
from mockserver.core.operation.compiled import Operation
from mockserver.openapi.documents import SLUG
from mockserver.openapi.paths import PathTree

ALLOW = "mockserver.allow"
PAGES = "mockserver.pages"
"""Key of the scope with what stands in front of every page of the server in this request: ``/_mock``, or nothing."""
OWN = "/_mock"
_MOVED = re.compile(rf"{OWN}(?:$|/(?:console|docs)(?:$|/))")
"""Where the pages of the server are as well, for a document that has one of their paths."""
QUIET = "mockserver.quiet"
"""Key of the scope that is set if the answer has no reader, so that it carries no notice."""


class _Path:
    """The operations of one path: what Connexion puts into the scope of a routed request, by method."""

    def __init__(self) -> None:
        self.contexts: dict[str, dict[str, str]] = {}


class _PathAPI(RoutingAPI):
    """One document. Connexion reads it, and its operations go into the tree of paths."""

    def __init__(self, specification: Specification, paths: PathTree[_Path], **options: Any) -> None:
        self._paths = paths
        self._slug = str(specification.get(SLUG, ""))
        super().__init__(specification, **options)

    @staticmethod
    def _framework_path_and_name(operation: AbstractOperation, path: str) -> tuple[str, str]:  # noqa: ARG004 - Connexion passes it
        return path, path

    def _add_operation_internal(self, method: str, path: str, operation: RoutingOperation, name: str | None = None) -> None:  # noqa: ARG002 - Connexion passes it
        base: str = self.base_path
        context = {"api_base_path": base, "slug": self._slug, "operation_id": operation.operation_id or ""}
        self._paths.get_or_make(base + path.rstrip("/") or "/", _Path).contexts[method.upper()] = context


class Routing(RoutingMiddleware):
    """Connexion's routing, replaced in the points that the module names."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._paths: PathTree[_Path] = PathTree()
        self._bases: set[str] = set()

    def add_api(self, specification: Specification, base_path: str | None = None, arguments: dict[str, Any] | None = None, **options: Any) -> None:
        """Add one document's paths under its base path."""
        _PathAPI(specification, self._paths, base_path=base_path, arguments=arguments, next_app=self.app, **options)
        self._bases.add(base_path or "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Store the operation that matches in the scope, or on a wrong method those of the path, and call the next application."""
        found = self._paths.find(scope["path"]) if scope["type"] == "http" else None
        if found is not None:
            path, scope["path_params"] = found
            method = scope["method"]
            context = path.contexts.get("GET" if method == "HEAD" else method)
            if context is None:
                scope[ALLOW] = tuple(path.contexts)
            else:
                scope.setdefault("extensions", {})[ROUTING_CONTEXT] = context
        elif scope["type"] == "http" and _MOVED.match(scope["path"]) and not self._is_below_a_base(scope["path"]):
            scope["path"] = scope["path"].removeprefix(OWN) or "/"
            if scope["path"] == "/console":
                scope["path"] = "/"
            scope[PAGES] = OWN
        await self.app(scope, receive, send)

    def _is_below_a_base(self, path: str) -> bool:
        """Whether a path that is no operation lies below the base path of a document, other than the server itself."""
        return any(path.startswith(base + "/") for base in self._bases if base not in ("", OWN))


class Operations:
    """The end of the stack: reads a routed request, passes it to the pipeline, sends the reply.

    ``operations`` are keyed by slug and operationId. ``apis`` are pairs of base path and API; of several with one base path the first one refuses
    what no operation has. ``pages`` are served at their exact path, which may lie inside an API. A request outside every API goes to ``other``, and
    so does one at or below a ``reserved`` path that an API at the root has no operation for.
    """

    def __init__(
        self,
        pipeline: RequestPipeline,
        operations: Mapping[tuple[str, str], Operation],
        apis: Sequence[tuple[str, Api]],
        pages: Mapping[str, ASGIApp],
        other: ASGIApp,
        reserved: Sequence[str] = (),
    ) -> None:
        self._pipeline = pipeline
        self._operations = operations
        self._apis = {api.slug: api for _, api in apis}
        self._bases = sorted(apis, key=lambda item: -len(item[0]))
        self._reserved = tuple(reserved)
        self._pages = pages
        self._other = other
        by_slug: dict[str, list[tuple[str, str]]] = {}
        for (slug, _), operation in operations.items():
            by_slug.setdefault(slug, []).append((operation.spec.method, operation.spec.path))
        self._near_misses = {slug: NearMisses(found) for slug, found in by_slug.items()}

    def api_at(self, path: str) -> Api | None:
        """The API whose base path a path begins with, the longest base path first; None outside every API."""
        found = next(((base, api) for base, api in self._bases if path == base or path.startswith(base + "/")), None)
        return None if found is None or (not found[0] and self._is_reserved(path)) else found[1]

    def _is_reserved(self, path: str) -> bool:
        """Whether a path is that of a page of the server, which an API at the root leaves to it."""
        return path == "/" or any(path == own or path.startswith(own + "/") for own in self._reserved)

    def find_api(self, scope: Scope) -> Api | None:
        """The API that a request is routed to, or whose base path it has; None if it is for a page of the mock, or for nothing."""
        routed = scope.get("extensions", {}).get(ROUTING_CONTEXT)
        return self.api_at(scope["path"]) if routed is None else self._apis[routed["slug"]]

    def render_malformed(self, path: str, fault: Fault) -> Reply | None:
        """The reply to bytes that are not an HTTP request, in the format of the API that their path names; None outside every API."""
        api = self.api_at(path)
        return None if api is None else api.render_fault(fault, FaultContext())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a routed request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
        elif (page := self._pages.get(scope["path"])) is not None:
            await page(scope, receive, send)
        elif (routed := scope.get("extensions", {}).get(ROUTING_CONTEXT)) is not None:
            await self._answer(self._operations[routed["slug"], routed["operation_id"]], scope, receive, send)
        elif (api := self.api_at(scope["path"])) is not None:
            await self._unrouted(api, scope, send)
        else:
            await self._other(scope, receive, send)

    async def _answer(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_from(scope)
        try:
            # The body of an operation without one is left unread, however long it is.
            if operation.body.media:
                request.body = await read_body(scope, receive, operation.body.limit)
        except ClientGone:
            return
        except Fault as fault:
            reply, payload, _ = await self._pipeline.refuse_unread(operation, fault, request)
        else:
            reply, payload, _ = await self._pipeline.reply(operation, request)
        if not try_send_whole(reply, payload, scope, send):
            await deliver(reply, payload, scope, receive, send)

    async def _unrouted(self, api: Api, scope: Scope, send: Send) -> None:
        allow: tuple[str, ...] = scope.get(ALLOW, ())
        methods = sorted({*allow, *(["HEAD"] if "GET" in allow else []), "OPTIONS"}) if allow else []
        if allow and scope["method"] == "OPTIONS":
            await send_reply(Reply(204, headers={"allow": ", ".join(methods)}), b"", send)
            return
        fault = MethodNotAllowed(scope["method"], methods) if allow else NotFound("path", scope["path"])
        nearest = None if allow else self._find_nearest(api, scope)
        reply, payload, _ = await self._pipeline.refuse_unrouted(api, fault, request_from(scope), nearest)
        await send_reply(reply, payload, send, {"allow": ", ".join(methods)} if allow else {})

    def _find_nearest(self, api: Api, scope: Scope) -> str | None:
        """Method and path of the operation that was probably meant, as they are sent to this server."""
        base = next((base for base, served in self._bases if served is api), "")
        found = self._near_misses[api.slug].find(scope["method"], scope["path"].removeprefix(base)) if api.slug in self._near_misses else None
        if found is None:
            return None
        method, _, template = found.partition(" ")
        return f"{method} {base}{template}"


def request_from(scope: Scope) -> Request:
    """A request without its body."""
    return Request(
        scope["method"],
        scope["path"],
        scope.get("query_string", b""),
        scope["headers"],
        b"",
        scope.get("path_params", {}),
        scope.get("mockserver.world", "default"),
        scope[ORIGIN],
        scope.get("mockserver.prefix", ""),
        (scope.get("client") or ("",))[0],
        scope.get(QUIET, False),
        scope.get("server"),
    )
