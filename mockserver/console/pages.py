"""The routes of the console. Its pages need no network, run no script that is not the server's own file, and do all they do by the control plane."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import swagger_ui
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.console import conformance, faults, journal, outbox, overview, reference, state
from mockserver.console.client import ControlRefused
from mockserver.console.frame import Frame, View
from mockserver.control.problems import render_fault
from mockserver.core.base.faults import MethodNotAllowed, NotFound
from mockserver.core.base.problems import problem_reply
from mockserver.core.base.replies import Reply
from mockserver.openapi.addresses import PUBLISHED
from mockserver.openapi.digits import EXACT

_ASSETS = Path(__file__).parent / "assets"
_VIEWER = Path(swagger_ui.__file__).parent / "static"
_VIEWER_FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
"""The files of the viewer that its page uses. Its package has others, such as an editor."""

SHOWN: dict[str, View] = {
    "/": overview.overview,
    "/console": overview.lead_here,
    "/console/connect": overview.connect_part,
    "/console/worlds": overview.worlds,
    "/console/sign-in": overview.sign_in_page,
    "/console/journal": journal.journal,
    "/console/journal/rows": journal.rows,
    "/console/journal/live": journal.live,
    "/console/journal/har": journal.har,
    "/console/journal/compare": journal.compare,
    "/console/journal/{number:digits}": journal.exchange,
    "/console/worlds/{name}/differences": overview.differences,
    "/console/state": state.tables,
    "/console/state/{slug}/{table}": state.table,
    "/console/state/{slug}/{table}/-rows": state.table_part,
    "/console/state/{slug}/{table}/-new": state.new_record,
    "/console/state/{slug}/{table}/{record}": state.record,
    "/console/snapshots": state.snapshots,
    "/console/outbox": outbox.outbox,
    "/console/outbox/list": outbox.outbox_part,
    "/console/outbox/{number:digits}": outbox.outbox,
    "/console/outbox/{number:digits}/body": outbox.body,
    "/console/faults": faults.faults,
    "/console/faults/answers": faults.answers,
    "/console/conformance": conformance.conformance,
    "/console/conformance/progress": conformance.progress,
    "/console/conformance/report": conformance.report_page,
    "/docs": reference.documents,
    "/docs/{slug}": reference.reference,
}
CHANGES: dict[str, View] = {
    "/console/clock": overview.move_clock,
    "/console/reset": overview.reset,
    "/console/switch": overview.switch,
    "/console/browser": overview.choose_for_browser,
    "/console/worlds": overview.create_world,
    "/console/worlds/{name}/delete": overview.delete_world,
    "/console/worlds/{name}/pin": overview.pin_world,
    "/console/worlds/{name}/unpin": overview.unpin_world,
    "/console/sign-in": overview.sign_in,
    "/console/sign-out": overview.sign_out,
    "/console/journal/clear": journal.clear,
    "/console/journal/{number:digits}/replay": journal.replay,
    "/console/journal/{number:digits}/rewind": journal.rewind,
    "/console/journal/{number:digits}/fork": journal.fork,
    "/console/state/{slug}/{table}/-new": state.create_record,
    "/console/state/{slug}/{table}/{record}": state.update_record,
    "/console/state/{slug}/{table}/{record}/delete": state.delete_record,
    "/console/snapshots": state.save_snapshot,
    "/console/snapshots/scenario": state.start_scenario,
    "/console/snapshots/{name}/restore": state.restore_snapshot,
    "/console/snapshots/{name}/delete": state.delete_snapshot,
    "/console/outbox/clear": outbox.clear,
    "/console/outbox/{number:digits}/resend": outbox.resend,
    "/console/faults": faults.add,
    "/console/faults/clear": faults.clear,
    "/console/faults/{number:digits}/turn": faults.turn,
    "/console/faults/{number:digits}/remove": faults.remove,
    "/console/services/{service}": faults.switch,
    "/console/conformance": conformance.start,
    "/console/conformance/stop": conformance.stop,
}


class _Digits(Convertor[int]):
    """A number in a path, short enough to be converted; a longer one is a path that does not exist."""

    regex = f"[0-9]{{1,{EXACT}}}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("digits", _Digits())


class _ListedFiles(StaticFiles):
    """The files of a folder with these names, and no other."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        super().__init__(directory=folder)
        self._names = frozenset(names)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The full path of a file and its status; nothing for a file that is not listed."""
        return super().lookup_path(path) if path in self._names else ("", None)


class _Application:
    """An application that stands at one path; a function would be taken for the view of a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)


class Pages:
    """The console as an application. It is connected to the whole server once that is made, because it is a client of it."""

    def __init__(self) -> None:
        self._frame = Frame()

    @property
    def templates(self) -> Environment:
        return self._frame.templates

    def connect(self, stack: ASGIApp) -> None:
        self._frame.stack = stack

    def app(self, documents: Mapping[str, ASGIApp] = MappingProxyType({})) -> Starlette:
        """An application that serves the pages and the documents, which are given by slug, and refuses every other path with a problem."""
        published = [Route(f"/docs/{slug}{PUBLISHED}", _Application(served)) for slug, served in documents.items()]
        files = [Mount("/console/viewer", _ListedFiles(_VIEWER, _VIEWER_FILES)), Mount("/console/assets", StaticFiles(directory=_ASSETS))]
        views = sorted({*SHOWN, *CHANGES}, key=lambda path: path.count("{"))  # fixed paths before paths with placeholders
        pages = [Route(path, self._endpoint(path), methods=_methods(path)) for path in views]
        app = Starlette(routes=[*published, *files, *pages], exception_handlers={HTTPException: self._refuse})
        app.router.redirect_slashes = False  # a slash at the end of a path is removed before, so such a redirect would lead to itself
        return app

    async def _refuse(self, request: Request, error: Exception) -> Response:
        """The problem document for a path that is no page, for a method that a page lacks, or for a form that cannot be read.

        A browser that opens a path that is no page gets a page.
        """
        status = getattr(error, "status_code", 404)
        headers = getattr(error, "headers", None) or {}
        if "Allow" in headers:
            allowed = sorted(name.strip() for name in headers["Allow"].split(","))
            return _response(render_fault(MethodNotAllowed(request.method, allowed)), {"allow": ", ".join(allowed)})
        if status != 404:  # noqa: PLR2004 - the form cannot be read
            return _response(problem_reply(status, "the form cannot be read"))
        if "text/html" in request.headers.get("accept", ""):
            path = request.url.path
            refused = ControlRefused(404, "There is no such page", f"{path[:200]} is no page of this server, and no path of an API that it serves")
            return await self._frame.refuse(request, refused)
        return _response(render_fault(NotFound("path", request.url.path)))

    def _endpoint(self, path: str) -> Callable[[Request], Awaitable[Response]]:
        show = self._frame.page(SHOWN[path]) if path in SHOWN else None
        change = self._frame.change(CHANGES[path]) if path in CHANGES else None

        async def endpoint(request: Request) -> Response:
            chosen = change if request.method == "POST" else show
            if chosen is None:
                raise HTTPException(405)
            return await chosen(request)

        return endpoint


def _methods(path: str) -> list[str]:
    return [method for method, views in (("GET", SHOWN), ("POST", CHANGES)) if path in views]


def _response(reply: Reply, headers: Mapping[str, str] | None = None) -> Response:
    return Response(reply.encode(), reply.status, headers, media_type=reply.media_type)
