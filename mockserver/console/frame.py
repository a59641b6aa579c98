"""What all pages of the console share: the chosen world, access, templates, and refusals."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import orjson
from jinja2 import Environment, PackageLoader, Undefined
from jinja2.utils import missing
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from mockserver.console import shown
from mockserver.console.client import ControlClient, ControlRefused
from mockserver.core.asgi.routing import PAGES
from mockserver.core.base.names import DEFAULT, NOTICE
from mockserver.openapi import limits

View = Callable[["Visit"], Awaitable[Response]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TOKEN = "mock_token"  # noqa: S105 - the name of a cookie
SAID = "mock_said"
SIGN_IN = "/console/sign-in"


class _Member(Undefined):
    """An unknown name in a template is an error; an absent member of data is an empty text."""

    def __bool__(self) -> bool:
        return bool(self._known())

    def __str__(self) -> str:
        return self._known()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Member) and not self._known()

    __hash__ = Undefined.__hash__

    def _known(self) -> str:
        """Raises UndefinedError for a name that a template uses and the view did not pass."""
        if self._undefined_obj is missing:
            self._fail_with_undefined_error()
        return ""


def environment() -> Environment:
    """The templates of the console; everything that is put into one is escaped."""
    made = Environment(
        loader=PackageLoader("mockserver.console"), autoescape=True, undefined=_Member, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    made.filters.update(shown.FILTERS)
    return made


@dataclass
class Visit:
    """One request of a browser: its world, a client of the control plane, and the ways to answer it."""

    request: Request
    plane: ControlClient
    templates: Environment
    _forms: dict[str, list[str]] = field(default_factory=dict)

    @property
    def world(self) -> str:
        return str(self.request.scope.get("mockserver.world", "default"))

    @property
    def prefix(self) -> str:
        """What stands in front of every page of this world: ``/~name``, or nothing; then ``/_mock``, if the page was asked for there."""
        return self.world_prefix + str(self.request.scope.get(PAGES, ""))

    @property
    def world_prefix(self) -> str:
        """What stands in front of every other path of this world: ``/~name``, or nothing."""
        return str(self.request.scope.get("mockserver.prefix", ""))

    def named(self, name: str) -> str:
        return str(self.request.path_params[name])

    def asked(self, name: str) -> str:
        """A stripped value of the query; empty if there is none."""
        return str(self.request.query_params.get(name, "")).strip()

    def filled(self, name: str) -> str:
        return next(iter(self._forms.get(name, ())), "")

    def form(self) -> dict[str, str]:
        """The form, of several values of a name the first."""
        return {name: values[0] for name, values in self._forms.items()}

    async def read_form(self) -> None:
        """Read the submitted form. Raises HTTPException if it is no form, or too large."""
        if self.request.headers.get("content-type", "").partition(";")[0].strip().lower() not in ("", "application/x-www-form-urlencoded"):
            raise HTTPException(415)
        data = b""
        async for part in self.request.stream():
            data += part
            if len(data) > limits.CONSOLE_FORM.value:
                raise HTTPException(413)
        try:
            pairs = parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=limits.FORM_FIELDS.value)
        except ValueError:
            raise HTTPException(400) from None
        for name, value in pairs:
            self._forms.setdefault(name, []).append(value.replace("\r\n", "\n"))

    # Answers

    async def page(self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> Response:
        """A whole page, with the world and its clock at the top."""
        self.plane.shows_notices = True
        _, answered, payload = await self.plane.fetch("GET", "/clock")
        clock, notice = orjson.loads(payload), answered.get(NOTICE.lower(), "")
        said = self.request.cookies.get(SAID, "")
        response = self.fragment(template, status, headers, clock=clock, notice=notice, said=_said(said), here=self.request.scope["path"], **values)
        if said:
            response.delete_cookie(SAID, path="/")
        return response

    def fragment(self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> HTMLResponse:
        text = self.render(template, **values)
        return HTMLResponse(text, status, {**HEADERS, **(headers or {})})

    def render(self, template: str, **values: Any) -> str:
        return self.templates.get_template(template).render(
            prefix=self.prefix, world_prefix=self.world_prefix, world=self.world, asked=dict(self.request.query_params), **values
        )

    def go(self, world: str, path: str, said: str) -> Response:
        """A redirect to a page of another world, with a message."""
        self.request.scope["mockserver.prefix"] = "" if world == DEFAULT else f"/~{quote(world, safe='')}"
        return self.back(path, said)

    def back(self, path: str, said: str = "", *, wrong: bool = False, **params: Any) -> Response:
        """A redirect to another page of this world, with a message about success or failure."""
        query = urlencode([(name, value) for name, value in params.items() if value not in (None, "")])
        response = RedirectResponse(self.prefix + quote(path, safe="/~.-_") + (f"?{query}" if query else ""), 303, HEADERS)
        if said:
            response.set_cookie(SAID, ("!" if wrong else ".") + quote(said)[:3000], max_age=60, path="/", httponly=True, samesite="strict")
        return response


def _said(cookie: str) -> dict[str, Any] | None:
    return {"text": unquote(cookie[1:]), "wrong": cookie[0] == "!"} if cookie else None


class Frame:
    """Makes a route of a view: checks access, limits changes to POST, and renders refusals."""

    def __init__(self) -> None:
        self.templates = environment()
        self.stack: ASGIApp | None = None

    def page(self, view: View) -> Callable[[Request], Awaitable[Response]]:
        """A view that only shows something."""

        async def answer(request: Request) -> Response:
            return await self._answered(view, self._visit(request))

        return answer

    def change(self, view: View) -> Callable[[Request], Awaitable[Response]]:
        """A view that changes something: pages of another origin may not ask for it."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if not _is_same_origin(request):
                return await _unhappy(visit, ControlRefused(403, "Forbidden", "only pages of this console may ask for a change"))
            await visit.read_form()
            return await self._answered(view, visit)

        return answer

    async def refuse(self, request: Request, refused: ControlRefused) -> Response:
        """The page of a refusal, for a request that no view answers."""
        return await _unhappy(self._visit(request), refused)

    def _visit(self, request: Request) -> Visit:
        if self.stack is None:
            raise HTTPException(503)
        return Visit(request, ControlClient(self.stack, request, token_of(request)), self.templates)

    @staticmethod
    async def _answered(view: View, visit: Visit) -> Response:
        try:
            return await view(visit)
        except ControlRefused as refused:
            if refused.status == 401:  # noqa: PLR2004 - the token is missing or wrong
                return _to_sign_in(visit)
            return await _unhappy(visit, refused)


async def _unhappy(visit: Visit, refused: ControlRefused) -> Response:
    """The page of a refusal; it does not use the world, which may be the reason."""
    if "hx-request" in visit.request.headers:
        return visit.fragment("refused_part.html", 200, refused=refused)
    return visit.fragment("refused.html", refused.status, refused=refused)


def _to_sign_in(visit: Visit) -> Response:
    if "hx-request" in visit.request.headers:
        return Response(None, 204, {**HEADERS, "HX-Redirect": visit.prefix + SIGN_IN})
    onward = visit.request.scope["path"] if visit.request.method == "GET" else "/"
    return visit.back(SIGN_IN, onward=onward if onward != "/" else "")


def token_of(request: Request) -> str | None:
    """The token of the control plane that the browser keeps; each port has its own."""
    found = request.cookies.get(cookie_name(request))
    return None if not found else unquote(found)


def cookie_name(request: Request) -> str:
    """Cookies are shared by every port of a host, so the name carries the port."""
    return f"{TOKEN}_{request.url.port or 80}"


def _is_same_origin(request: Request) -> bool:
    """Whether a request to change something comes from a page of this server, as its browser says."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if origin is None:
        return site == "same-origin"
    host = request.headers.get("host", "")
    return hmac.compare_digest(urlsplit(origin).netloc.lower().encode(), host.lower().encode()) and bool(host) and site in (None, "same-origin")
