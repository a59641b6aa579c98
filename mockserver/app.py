"""Discovery of the vendors, and the server put together: every part that a request passes is listed here."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

import orjson
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import mockserver.apis
from mockserver.bundled import load_bundled
from mockserver.console.pages import Pages
from mockserver.control import control_api
from mockserver.control.guard import LIVE, PREFIX, Guard
from mockserver.control.llms import LLMS, may_serve_llms, serve_llms
from mockserver.control.published import published_at, serve_document
from mockserver.control.runs import Runs
from mockserver.control.services import ControlServices, Vendor
from mockserver.control.usage import Usage
from mockserver.core.asgi.connexion_stack import InvalidSpecification, Stack
from mockserver.core.asgi.cors import Cors
from mockserver.core.asgi.public_address import AS_CALLED, PublicAddress
from mockserver.core.asgi.routing import Operations, Routing
from mockserver.core.asgi.world_middleware import Worlds
from mockserver.core.base.clock import Clock, wall_clock
from mockserver.core.base.faults import Fault, HandlersUnbound, LimitExceeded
from mockserver.core.base.ids import control_token
from mockserver.core.base.names import NOTICE
from mockserver.core.base.replies import Reply
from mockserver.core.base.targets import Targets
from mockserver.core.base.visitors import LOOPBACK_ORIGIN
from mockserver.core.engine.durable_journal import DurableJournal
from mockserver.core.engine.fixtures import Fixture, seeded_world
from mockserver.core.engine.journal import PER_WORLD, Journal
from mockserver.core.engine.pipeline import RequestPipeline
from mockserver.core.engine.scenarios import check_scenarios
from mockserver.core.engine.sender import Sender
from mockserver.core.operation.api import Action, Api
from mockserver.core.operation.binding import bind
from mockserver.core.operation.compiled import Operation, compile_operations
from mockserver.core.state.archive import read as read_world
from mockserver.core.state.checked import CHECK_DELTAS, CheckedStore
from mockserver.core.state.database import Database, Durability, open_state
from mockserver.core.state.durable_store import DurableStore
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.store import Store
from mockserver.core.state.world import Transaction, World
from mockserver.generic.typed_player import play_declared
from mockserver.openapi import limits
from mockserver.openapi.addresses import check_addresses
from mockserver.openapi.documents import SPECS, Document, read_document
from mockserver.openapi.errors import DocumentBroken, SetupError
from mockserver.plugins import discover_plugins

ROOT = Path(__file__).resolve().parent
CONTROL_DOCUMENT = ROOT / "control" / "openapi.yaml"
OWN_PATHS = (PREFIX, "/console", "/docs")
"""Prefixes of the mock's own paths, which no document may use."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of a server.

    ``seed`` and ``born`` determine the data of every world; ``born`` is its birth date, the time of the start if it is None. ``frozen_at`` freezes
    every clock at a moment. ``token`` is required of calls to the control plane;
    None lets every call from this machine pass. ``world`` is the file of an exported world from which every world starts. ``max_worlds`` is how
    many worlds are kept, ``idle`` after how many seconds without use a world may leave for another of the same client, 0 for never, and ``evicts``
    whether a world leaves for a new one if none may; otherwise the new one is refused. ``reports`` is the folder of the contract suite's reports.
    ``allow_targets`` are patterns of the addresses that the server may call if a client names them. ``keep`` is how many journal entries are kept of
    each world, if their bytes are within the limits. ``address`` finds the address under which clients reach the server. ``trusted_origins`` is a
    regular expression for the origins, besides loopback ones, whose pages may send credentials to the vendors' APIs.
    ``scheme`` is that under which the server listens.
    ``state`` is the directory in which worlds outlive the process, None if they do not, and ``durability`` what a commit survives there.
    """

    seed: int = 1
    born: datetime | None = None
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
    address: PublicAddress = AS_CALLED
    trusted_origins: str = ""
    state: Path | None = None
    durability: Durability = "process"
    scheme: str = "http"


class App:
    """The server as an ASGI application."""

    def __init__(
        self, stack: ASGIApp, control: ControlServices, base: World, operations: Operations, console: Pages, state: Path | None = None
    ) -> None:
        self.control = control
        self.vendors = control.vendors
        self.base = base
        self.state = state
        self.console = console
        self.notice = ""
        """A text that every answer carries in ``X-Mock-Notice``; empty for none."""
        self._stack = stack
        self._outer: list[Callable[[ASGIApp], ASGIApp]] = []
        self._operations = operations

    @property
    def born(self) -> datetime:
        """The birth date of the worlds."""
        return self.base.born or wall_clock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._stack(scope, receive, partial(_add_notice, send, self.notice) if self.notice else send)

    def surround(self, outer: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put a middleware around everything."""
        self._outer.append(outer)
        self._stack = outer(self._stack)

    def become(self, other: App) -> None:
        """Serve what another application serves, which was made with this one's worlds. Calls that are under way end as they began."""
        self.control, self.vendors, self.base, self.console = other.control, other.vendors, other.base, other.console
        self._operations, self._stack = other._operations, other._stack
        for outer in self._outer:
            self._stack = outer(self._stack)
        self.control.store.start_from(other.base, other.control.tables)
        if isinstance(self.control.journal, DurableJournal):
            self.control.journal.use_tables(other.control.tables)

    def close(self) -> None:
        """End long polls, streams and the run of the contract suite, because the server stops."""
        self.control.pipeline.notifier.close()
        if self.control.pipeline.sender is not None:
            self.control.pipeline.sender.close()
        self.control.runs.kill()

    def close_state(self) -> None:
        """Write what is not written yet, because the server has answered its last request."""
        store, journal = self.control.store, self.control.journal
        if isinstance(store, DurableStore) and isinstance(journal, DurableJournal):
            journal.close()
            store.close()

    def render_malformed(self, path: str, fault: Fault) -> Reply | None:
        """The reply to bytes that are not an HTTP request, in the format of the API that their path names; None outside every API."""
        return self._operations.render_malformed(path, fault)


async def _add_notice(send: Send, notice: str, message: Message) -> None:
    """Send a message of an answer, with a notice among its headers."""
    if message["type"] == "http.response.start":
        message = {**message, "headers": [*message.get("headers", ()), (NOTICE.lower().encode(), notice.encode("ascii", "replace"))]}
    await send(message)


def discover(specs: Path) -> dict[str, tuple[Api, Document, Fixture]]:
    """API, document and fixture of every bundled and every installed vendor, by slug. Raises SetupError if one of the three is missing."""
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
    return found | discover_plugins(found)


def create_app(
    settings: ServerSettings | None = None, found: Mapping[str, tuple[Api, Document, Fixture]] | None = None, kept: App | None = None
) -> App:
    """The whole server, of the vendors given or of all that are discovered. Raises SetupError, in one line, if the parts do not fit together.

    With ``kept`` it works on the worlds, the journal and the connections of that application, which may become this one.
    """
    settings = settings or ServerSettings()
    found = discover(settings.specs) if found is None else found
    found = {slug: (play_declared(api, document), document, fixture) for slug, (api, document, fixture) in found.items()}
    vendors = {
        slug: Vendor(api, document, fixture.credentials, fixture.SEEDED_RECORDS, getattr(fixture, "SCENARIOS", ()), getattr(fixture, "ANSWERS", ""))
        for slug, (api, document, fixture) in found.items()
    }
    control, start = _control_services(settings, vendors, {slug: fixture for slug, (_, _, fixture) in found.items()}, kept)
    served = [*vendors.values(), Vendor(control_api(control), read_document("mock", CONTROL_DOCUMENT), lambda _world: ())]
    check_addresses([vendor.document for vendor in vendors.values()], OWN_PATHS)
    check_addresses([vendor.document for vendor in served], ())
    compiled = _compile(served)
    control.operations.update({operation.name: operation for operation in compiled.values() if not operation.api.is_control})
    _check(control)
    if settings.world is not None:
        start = _read_world(settings.world, control)
    if kept is None:
        control.store.base = start
        if isinstance(control.store, DurableStore) and isinstance(control.journal, DurableJournal):
            control.store.open(start, control.tables)
            control.journal.open(control.tables)

    console = Pages()
    operations = Operations(
        control.pipeline,
        compiled,
        [(vendor.document.base_path, vendor.api) for vendor in served],
        {page: serve_document(vendor) for vendor in reversed(served) if (page := published_at(vendor.document)) is not None}
        | _serve_llms([vendor.document for vendor in vendors.values()])
        | {LIVE: JSONResponse({"status": "alive"})},  # no operation, because it must answer when the store of worlds does not
        console.app({vendor.document.slug: serve_document(vendor) for vendor in served}),
        OWN_PATHS,
    )
    stack = Stack(
        operations,
        [
            partial(Worlds, address=settings.address, own=OWN_PATHS),
            Routing,
            partial(Cors, is_own=partial(_is_own, operations), own_origins=LOOPBACK_ORIGIN, trusted_origins=settings.trusted_origins),
            partial(Guard, find_api=operations.find_api, token=settings.token),
        ],
    )
    for vendor in served:
        _add_document(stack, vendor.document)
    console.connect(stack)
    return App(stack, control, start, operations, console, settings.state)


def _serve_llms(documents: Sequence[Document]) -> dict[str, ASGIApp]:
    """The page for language models by its path; none if a document has an operation there."""
    return {LLMS: serve_llms(documents)} if may_serve_llms(documents) else {}


def _control_services(
    settings: ServerSettings, vendors: Mapping[str, Vendor], fixtures: Mapping[str, Fixture], kept: App | None
) -> tuple[ControlServices, World]:
    """The services of the vendors, still without operations, and the world from which every world starts."""
    clock = Clock(frozen_at=settings.frozen_at)
    if kept is not None:
        born, journal, store, boot = kept.born, kept.control.journal, kept.control.store, kept.control.pipeline.boot
        seeded = seeded_world(fixtures, settings.seed, clock, settings.born or born)
    else:
        database = None if settings.state is None else open_state(settings.state, settings.durability)
        born = settings.born or clock.frozen_at or (None if database is None else database.read_born()) or wall_clock()
        seeded = seeded_world(fixtures, settings.seed, clock, born)
        journal, store = _make_store(settings, seeded, database)
        boot = f"{control_token()[:16]}; {'memory' if database is None else 'state'}"

    def headers_of(slug: str, credential: str, transaction: Transaction) -> Mapping[str, str]:
        return control.headers_of(slug, credential, transaction)

    def reseed(seed: int | None = None, other_born: datetime | None = None) -> World:
        if seed is None and other_born is None:
            return store.base
        wanted = (seeded.seed if seed is None else seed, other_born or born)
        return seeded if wanted == (seeded.seed, born) else seeded_world(fixtures, wanted[0], clock, wanted[1])

    pipeline = RequestPipeline(store, journal, _timers(vendors), headers_of, boot)
    control = ControlServices(
        vendors, pipeline, reseed, _version(), runs=Runs(settings.reports, scheme=settings.scheme), targets=Targets(settings.allow_targets)
    )
    pipeline.observers = (control.meter,)
    if isinstance(store, CheckedStore):
        store.tables = control.tables
    deliveries = [vendor.api.deliveries for vendor in vendors.values() if vendor.api.deliveries is not None]
    if deliveries and not control.targets.is_empty:
        pipeline.sender = Sender(store, control.targets, deliveries)
    control.usage[limits.WORLDS.name] = Usage(lambda: len(store), settings.max_worlds)
    control.usage[limits.JOURNAL_BYTES.name] = Usage(lambda: journal.size)
    if kept is not None:
        before = kept.control
        pipeline.notifier, pipeline.observers = before.pipeline.notifier, before.pipeline.observers
        control = replace(control, runs=before.runs, streams=before.streams, waiting=before.waiting, usage=before.usage, meter=before.meter)
    return control, seeded


def _make_store(settings: ServerSettings, seeded: World, database: Database | None) -> tuple[Journal, Store]:
    """The journal and the store of the worlds: in memory, or in a state directory."""
    journal = Journal(settings.keep) if database is None else DurableJournal(database, settings.keep)
    bounds: dict[str, Any] = {"capacity": settings.max_worlds, "idle": settings.idle, "on_drop": journal.forget, "evicts": settings.evicts}
    if database is not None:
        return journal, DurableStore(database, seeded, **bounds)
    return journal, CheckedStore(seeded, **bounds) if os.environ.get(CHECK_DELTAS) else MemoryStore(seeded, **bounds)


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
