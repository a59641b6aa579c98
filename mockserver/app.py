"""Discovery, and the list of what a request passes: the only module that knows everything."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
from starlette.middleware.cors import CORSMiddleware

import mockserver.apis
from mockserver.bundled import load_bundled
from mockserver.console.pages import Pages
from mockserver.control import control_api
from mockserver.control.guard import LOOPBACK_ORIGIN, PREFIX, Guard
from mockserver.control.published import document_page
from mockserver.control.runs import Runs
from mockserver.control.services import ControlServices, Vendor
from mockserver.core.asgi.connexion_stack import ConnexionMiddleware, InvalidSpecification, Resolver
from mockserver.core.asgi.routing import Operations, Routing
from mockserver.core.asgi.world_middleware import Worlds
from mockserver.core.base.clock import Clock, wall_clock
from mockserver.core.base.faults import Fault, HandlersUnbound
from mockserver.core.base.requests import sent_headers
from mockserver.core.engine.fixtures import Fixture, seeded_world
from mockserver.core.engine.journal import ALL_BYTES, PER_WORLD, WORLD_BYTES, Journal
from mockserver.core.engine.pipeline import RequestPipeline
from mockserver.core.engine.scenarios import check_scenarios
from mockserver.core.operation.binding import bind
from mockserver.core.operation.compiled import Operation, compile_operations
from mockserver.core.state.archive import read as read_world
from mockserver.core.state.store import MemoryStore
from mockserver.openapi.documents import SPECS, Document, read_document
from mockserver.openapi.errors import DocumentBroken, SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.core.base.replies import Reply
    from mockserver.core.operation.api import Action, Api
    from mockserver.core.state.world import Transaction, World

ROOT = Path(__file__).resolve().parent
CONTROL_DOCUMENT = ROOT / "control" / "openapi.yaml"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How a server is set up.

    ``token`` guards the control plane where it can be reached from other machines; ``frozen_at`` stops every clock; ``world`` is the file of an
    exported world from which every world starts; ``idle`` is after how many unused seconds a world goes; ``reports`` is the
    folder of the contract suite's reports; ``keep`` is how many exchanges the journal keeps of a world.
    """

    seed: int = 1
    frozen_at: datetime | None = None
    token: str | None = None
    specs: Path = SPECS
    world: Path | None = None
    max_worlds: int = 10_000
    idle: float | None = None
    reports: Path = Path("reports")
    keep: int = PER_WORLD


class App:
    """The server as an ASGI application."""

    def __init__(self, stack: ASGIApp, control: ControlServices, base: World, operations: Operations, console: Pages) -> None:
        self.control = control
        self.vendors = control.vendors
        self.base = base
        self.console = console
        self._stack = stack
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._stack(scope, receive, send)

    def surround(self, outer: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put an application around the whole of this one."""
        self._stack = outer(self._stack)

    def close(self) -> None:
        """Let go of those who wait for something or listen, because the server stops."""
        self.control.pipeline.notifier.close()
        self.control.runs.kill()

    def malformed(self, path: str, fault: Fault) -> Reply | None:
        """The reply to bytes that are no HTTP request, dressed by the API whose base path they name; None outside every API."""
        return self._operations.malformed(path, fault)


def discover(specs: Path) -> dict[str, tuple[Api, Document, Fixture]]:
    """Every vendor's API, document and fixtures, by slug. Raises SetupError where one of the three is missing."""
    packages = {module.name for module in pkgutil.iter_modules(mockserver.apis.__path__)}
    documents = {file.stem for file in specs.glob("*.yaml")}
    if packages != documents:
        missing = [f"{slug} has a document but no package mockserver.apis.{slug}" for slug in sorted(documents - packages)]
        missing += [f"{slug} has a package but no document {specs / slug}.yaml" for slug in sorted(packages - documents)]
        raise SetupError("; ".join(missing))
    folders = {folder.parent.name for folder in specs.glob("*/*.yaml")}
    if folders - documents:
        raise SetupError(
            "; ".join(f"{specs / name} holds parts of no document: {specs / name}.yaml is missing" for name in sorted(folders - documents))
        )
    found: dict[str, tuple[Api, Document, Fixture]] = {}
    for slug in sorted(packages):
        api: Api = importlib.import_module(f"mockserver.apis.{slug}").API
        try:
            fixture = cast("Fixture", load_bundled(f"fixtures.{slug}"))
        except ModuleNotFoundError as error:
            raise SetupError(f"{slug} has no fixtures: {error}; write fixtures/{slug}.py") from None
        found[slug] = (api, read_document(slug, specs / f"{slug}.yaml"), fixture)
    return found


def create_app(settings: ServerSettings | None = None, found: Mapping[str, tuple[Api, Document, Fixture]] | None = None) -> App:
    """The whole server, of the vendors given or of all that are discovered. Raises SetupError, in one line, where something does not fit."""
    settings = settings or ServerSettings()
    found = discover(settings.specs) if found is None else found
    fixtures = {slug: fixture for slug, (_, _, fixture) in found.items()}
    vendors = {
        slug: Vendor(api, document, fixture.credentials, fixture.SEEDED_RECORDS, getattr(fixture, "SCENARIOS", ()))
        for slug, (api, document, fixture) in found.items()
    }
    timers = {name: action for vendor in vendors.values() for name, action in vendor.api.timers.items()}
    clock = Clock(frozen_at=settings.frozen_at)
    started = clock.now(wall_clock())
    seeded = seeded_world(fixtures, settings.seed, clock, started)
    journal = Journal(settings.keep, *(max(1, settings.keep // PER_WORLD) * size for size in (ALL_BYTES, WORLD_BYTES)))
    store = MemoryStore(seeded, settings.max_worlds, settings.idle, on_drop=journal.clear)

    def headers_of(slug: str, credential: str, transaction: Transaction) -> Mapping[str, str]:
        return control.headers_of(slug, credential, transaction)

    def reseeded(seed: int | None) -> World:
        if seed is None:
            return store.base
        return seeded if seed == seeded.seed else seeded_world(fixtures, seed, clock, started)

    pipeline = RequestPipeline(store, journal, timers, headers_of)
    control = ControlServices(vendors, pipeline, reseeded, _version(), runs=Runs(settings.reports))
    control_vendor = Vendor(control_api(control), read_document("mock", CONTROL_DOCUMENT), lambda _world: ())
    served = [*vendors.values(), control_vendor]
    compiled = _compiled(served)
    control.operations.update({operation.name: operation for operation in compiled.values() if not operation.api.is_control})
    for slug, vendor in vendors.items():
        check_scenarios(slug, vendor.scenarios, control.operations)
    if settings.world is not None:
        store.base = _read_world(settings.world, control, timers)

    _ = control.record_validators  # a description that fits no document is found now, and not by the first record
    console = Pages()
    operations = Operations(
        pipeline,
        compiled,
        {vendor.document.base_path: vendor.api for vendor in served},
        {f"{vendor.document.base_path}/openapi.json": document_page(vendor) for vendor in served},
        console.app(),
    )
    middlewares: list[Any] = [Cors, Worlds, partial(Guard, token=settings.token), Routing]
    stack = ConnexionMiddleware(operations, middlewares=middlewares)
    for vendor in served:
        _route(stack, vendor.document)
    console.connect(stack)
    return App(stack, control, store.base, operations, console)


def _read_world(file: Path, control: ControlServices, timers: Mapping[str, Action]) -> World:
    """The world of an exported file. Raises SetupError, in one line, where it cannot be read."""
    try:
        data = orjson.loads(file.read_bytes())
        return read_world(data, control.tables, timers, control.operations, control.record_validators)
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise SetupError(f"{file}: is no JSON: {error}") from None
    except Fault as error:
        raise SetupError(f"{file}: is no world: {str(error)[:1000]}") from None


def _compiled(vendors: Sequence[Vendor]) -> dict[tuple[str, str], Operation]:
    """Every operation by base path and operationId. Raises HandlersUnbound with every problem of every vendor."""
    bound = [(vendor, *bind(vendor.api, vendor.document)) for vendor in vendors]
    problems = [problem for _, _, found in bound for problem in found]
    if problems:
        raise HandlersUnbound(problems)
    operations: dict[tuple[str, str], Operation] = {}
    for vendor, handlers, _ in bound:
        for name, operation in compile_operations(vendor.api, vendor.document, handlers).items():
            operations[vendor.document.base_path, name] = operation
    return operations


def _route(stack: ConnexionMiddleware, document: Document) -> None:
    """Let the router read a document. Raises DocumentBroken where it is no OpenAPI."""
    try:
        stack.add_api(document.raw_for_router(), base_path=document.base_path, resolver=Resolver(_resolved))
    except InvalidSpecification as error:
        place = "/".join(map(str, getattr(error, "path", ()) or ("the document",)))
        raise DocumentBroken(f"{document.source}: {place}: {getattr(error, 'message', error)}") from None


def _resolved(operation_id: str) -> str:
    """The router wants a function for each operation; ours are bound and called elsewhere, so the name is enough."""
    return operation_id


def _version() -> str:
    try:
        return version("mockserver")
    except PackageNotFoundError:
        return "0+unknown"


class Cors:
    """Cross-origin rules: any page may call a vendor's API, only pages from this machine may steer the mock or read its console."""

    def __init__(self, app: ASGIApp) -> None:
        common: dict[str, Any] = {"allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"], "max_age": 600}
        self._app = app
        self._vendors = CORSMiddleware(app, allow_origins=["*"], **common)
        self._control = CORSMiddleware(app, allow_origin_regex=LOOPBACK_ORIGIN, **common)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under the rules of its path; one that no page of another origin sends needs none."""
        if scope["type"] != "http" or b"origin" not in sent_headers(scope):
            await self._app(scope, receive, send)
            return
        path: str = scope.get("path", "")
        if path.startswith("/~"):
            path = "/" + path.partition("/~")[2].partition("/")[2]
        own = path.startswith((PREFIX, "/console", "/docs")) or path in ("", "/")
        await (self._control if own else self._vendors)(scope, receive, send)
