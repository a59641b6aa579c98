"""Discovery of the vendors, and the server put together: every part that a request passes is listed here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

import mockserver.apis
from mockserver.bundled import load_bundled
from mockserver.console.pages import Pages
from mockserver.control import control_api
from mockserver.control.guard import PREFIX, Guard
from mockserver.control.published import published_at, serve_document
from mockserver.control.runs import Runs
from mockserver.control.services import ControlServices, Vendor
from mockserver.control.usage import Usage
from mockserver.core.asgi.connexion_stack import InvalidSpecification, Stack
from mockserver.core.asgi.cors import Cors
from mockserver.core.asgi.routing import Operations, Routing
from mockserver.core.asgi.world_middleware import Worlds
from mockserver.core.base.clock import Clock, wall_clock
from mockserver.core.base.faults import Fault, HandlersUnbound, LimitExceeded
from mockserver.core.base.replies import Reply
from mockserver.core.base.targets import Targets
from mockserver.core.base.visitors import LOOPBACK_ORIGIN
from mockserver.core.engine.fixtures import Fixture, seeded_world
from mockserver.core.engine.journal import PER_WORLD, Journal
from mockserver.core.engine.pipeline import RequestPipeline
from mockserver.core.engine.scenarios import check_scenarios
from mockserver.core.operation.api import Action, Api
from mockserver.core.operation.binding import bind
from mockserver.core.operation.compiled import Operation, compile_operations
from mockserver.core.state.archive import read as read_world
from mockserver.core.state.store import MemoryStore
from mockserver.core.state.world import Transaction, World
from mockserver.openapi import limits
from mockserver.openapi.addresses import check_addresses
from mockserver.openapi.documents import SPECS, Document, read_document
from mockserver.openapi.errors import DocumentBroken, SetupError

ROOT = Path(__file__).resolve().parent
CONTROL_DOCUMENT = ROOT / "control" / "openapi.yaml"
OWN_PATHS = (PREFIX, "/console", "/docs")
"""Prefixes of the mock's own paths, which no document may use."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of a server.

    ``seed`` determines the data of every world. ``frozen_at`` freezes every clock at a moment. ``token`` is required of calls to the control plane;
    None lets every call from this machine pass. ``world`` is the file of an exported world from which every world starts. ``max_worlds`` is how
    many worlds are kept, ``idle`` after how many seconds without use a world may leave for another of the same client, 0 for never, and ``evicts``
    whether a world leaves for a new one if none may; otherwise the new one is refused. ``reports`` is the folder of the contract suite's reports.
    ``allow_targets`` are patterns of the addresses that the server may call if a client names them. ``keep`` is how many journal entries are kept of
    each world, if their bytes are within the limits.
    """

    seed: int = 1
    frozen_at: datetime | None = None
    token: str | None = None
    specs: Path = SPECS
    world: Path | None = None
    max_worlds: int = limits.WORLDS.value
    idle: float = limits.WORLD_IDLE_SECONDS.value
    evicts: bool = False
    reports: Path = Path("reports")
    keep: int = PER_WORLD
    allow_targets: tuple[str, ...] = ()


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
        """Put a middleware around everything."""
        self._stack = outer(self._stack)

    def close(self) -> None:
        """End long polls, streams and the run of the contract suite, because the server stops."""
        self.control.pipeline.notifier.close()
        self.control.runs.kill()

    def render_malformed(self, path: str, fault: Fault) -> Reply | None:
        """The reply to bytes that are not an HTTP request, in the format of the API that their path names; None outside every API."""
        return self._operations.render_malformed(path, fault)


def discover(specs: Path) -> dict[str, tuple[Api, Document, Fixture]]:
    """Every vendor's API, document and fixture, by slug. Raises SetupError if one of the three is missing."""
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
    """The whole server, of the vendors given or of all that are discovered. Raises SetupError, in one line, if the parts do not fit together."""
    settings = settings or ServerSettings()
    found = discover(settings.specs) if found is None else found
    vendors = {
        slug: Vendor(api, document, fixture.credentials, fixture.SEEDED_RECORDS, getattr(fixture, "SCENARIOS", ()))
        for slug, (api, document, fixture) in found.items()
    }
    control, store = _control_services(settings, vendors, {slug: fixture for slug, (_, _, fixture) in found.items()})
    served = [*vendors.values(), Vendor(control_api(control), read_document("mock", CONTROL_DOCUMENT), lambda _world: ())]
    check_addresses([vendor.document for vendor in vendors.values()], OWN_PATHS)
    check_addresses([vendor.document for vendor in served], ())
    compiled = _compile(served)
    control.operations.update({operation.name: operation for operation in compiled.values() if not operation.api.is_control})
    _check(control)
    if settings.world is not None:
        store.base = _read_world(settings.world, control)

    console = Pages()
    operations = Operations(
        control.pipeline,
        compiled,
        [(vendor.document.base_path, vendor.api) for vendor in served],
        {page: serve_document(vendor) for vendor in reversed(served) if (page := published_at(vendor.document)) is not None},
        console.app({vendor.document.slug: serve_document(vendor) for vendor in served}),
        OWN_PATHS,
    )
    stack = Stack(
        operations,
        [
            Worlds,
            Routing,
            partial(Cors, is_own=partial(_is_own, operations), own_origins=LOOPBACK_ORIGIN),
            partial(Guard, find_api=operations.find_api, token=settings.token),
        ],
    )
    for vendor in served:
        _add_document(stack, vendor.document)
    console.connect(stack)
    return App(stack, control, store.base, operations, console)


def _control_services(
    settings: ServerSettings, vendors: Mapping[str, Vendor], fixtures: Mapping[str, Fixture]
) -> tuple[ControlServices, MemoryStore]:
    """The services of the vendors, still without operations, and the store of their worlds."""
    clock = Clock(frozen_at=settings.frozen_at)
    started = clock.now(wall_clock())
    seeded = seeded_world(fixtures, settings.seed, clock, started)
    journal = Journal(settings.keep)
    store = MemoryStore(seeded, settings.max_worlds, settings.idle, on_drop=journal.clear, evicts=settings.evicts)

    def headers_of(slug: str, credential: str, transaction: Transaction) -> Mapping[str, str]:
        return control.headers_of(slug, credential, transaction)

    def reseed(seed: int | None) -> World:
        if seed is None:
            return store.base
        return seeded if seed == seeded.seed else seeded_world(fixtures, seed, clock, started)

    pipeline = RequestPipeline(store, journal, _timers(vendors), headers_of)
    control = ControlServices(vendors, pipeline, reseed, _version(), runs=Runs(settings.reports), targets=Targets(settings.allow_targets))
    control.usage[limits.WORLDS.name] = Usage(lambda: len(store), settings.max_worlds)
    control.usage[limits.JOURNAL_BYTES.name] = Usage(lambda: journal.size)
    return control, store


def _timers(vendors: Mapping[str, Vendor]) -> dict[str, Action]:
    return {name: action for vendor in vendors.values() for name, action in vendor.api.timers.items()}


def _is_own(operations: Operations, scope: Scope) -> bool:
    """Whether a routed request is for the mock itself, and not for a vendor's API."""
    api = operations.find_api(scope)
    return api is None or api.is_control


def _check(control: ControlServices) -> None:
    """Find at start what would otherwise fail later. Raises SetupError if a scenario or a record mapping does not fit its document."""
    for slug, vendor in control.vendors.items():
        check_scenarios(slug, vendor.scenarios, control.operations)
    # Computing the validators compares every record mapping with its document.
    _ = control.record_validators


def _read_world(file: Path, control: ControlServices) -> World:
    """The world in an exported file. Raises SetupError, in one line, if it cannot be read."""
    try:
        data = orjson.loads(file.read_bytes())
        return read_world(data, control.tables, _timers(control.vendors), control.operations, control.record_validators)
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise SetupError(f"{file}: not JSON: {error}") from None
    except (Fault, LimitExceeded) as error:
        raise SetupError(f"{file}: not an exported world: {str(error)[:1000]}") from None


def _compile(vendors: Sequence[Vendor]) -> dict[tuple[str, str], Operation]:
    """Every operation by slug and operationId. Raises HandlersUnbound with every problem of every vendor."""
    bound = [(vendor, *bind(vendor.api, vendor.document)) for vendor in vendors]
    problems = [problem for _, _, found in bound for problem in found]
    if problems:
        raise HandlersUnbound(problems)
    operations: dict[tuple[str, str], Operation] = {}
    for vendor, handlers, _ in bound:
        for name, operation in compile_operations(vendor.api, vendor.document, handlers).items():
            operations[vendor.document.slug, name] = operation
    return operations


def _add_document(stack: Stack, document: Document) -> None:
    """Have the router read a document. Raises DocumentBroken if it is not OpenAPI."""
    try:
        stack.add_document(document.raw_for_router(), document.base_path)
    except InvalidSpecification as error:
        place = "/".join(map(str, getattr(error, "path", ()) or ("the document",)))
        raise DocumentBroken(f"{document.source}: {place}: {getattr(error, 'message', error)}") from None


def _version() -> str:
    try:
        return version("mockserver")
    except PackageNotFoundError:
        return "0+unknown"
