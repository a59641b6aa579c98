"""What the handlers of the control plane need beyond the world of a request: vendors, store, journal, runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from mockserver.control.runs import Runs
from mockserver.control.usage import Slots, Usage
from mockserver.core.base.clock import wall_clock
from mockserver.core.base.faults import NotFound
from mockserver.core.base.requests import Request
from mockserver.core.base.targets import Targets
from mockserver.core.engine.journal import Journal
from mockserver.core.engine.meter import Meter
from mockserver.core.engine.pipeline import RequestPipeline
from mockserver.core.engine.scenarios import Scenario
from mockserver.core.operation.api import Api, Credential
from mockserver.core.operation.compiled import Operation
from mockserver.core.state.differences import Differences
from mockserver.core.state.forms import RecordForm
from mockserver.core.state.mapping import RecordValidator, record_validators
from mockserver.core.state.store import Snapshot, Store, Version
from mockserver.core.state.tables import Table
from mockserver.core.state.transitions import Transition
from mockserver.core.state.world import Transaction, World
from mockserver.openapi import limits
from mockserver.openapi.documents import Document


@dataclass(frozen=True)
class Vendor:
    """One vendor of the server: its API, its document, and what its fixture gives.

    ``credentials`` are the published ones at a world's time, ``seeded_records`` ids and keys by name. ``answers``
    says how many operations have state, for a document that no package was written for.
    """

    api: Api
    document: Document
    credentials: Callable[[Transaction], Sequence[Credential]]
    seeded_records: Mapping[str, str] = field(default_factory=dict)
    scenarios: Sequence[Scenario] = ()
    answers: str = ""


class Reseed(Protocol):
    """Makes the world of a seed and a birth date; a missing one is that of the server."""

    def __call__(self, seed: int | None = None, born: datetime | None = None, /) -> World: ...


@dataclass(frozen=True)
class ControlServices:
    """The services of the control plane.

    ``reseed`` makes a new world from a seed and a birth date; without either it gives the world from which every world starts. ``operations`` are the
    compiled operations by full name, which are added after the control plane itself is compiled. ``runs`` are those of the contract suite.
    ``streams`` and ``waiting`` are the slots of live streams and of calls that wait. ``usage`` has by name of a limit what the whole server uses of
    it. ``targets`` are the addresses that the server may call, and ``meter`` counts what was called.
    """

    vendors: Mapping[str, Vendor]
    pipeline: RequestPipeline
    reseed: Reseed
    version: str
    operations: dict[str, Operation] = field(default_factory=dict)
    runs: Runs = field(default_factory=Runs)
    streams: Slots = field(default_factory=lambda: Slots(limits.STREAMS))
    waiting: Slots = field(default_factory=lambda: Slots(limits.WAITING))
    usage: dict[str, Usage] = field(default_factory=dict)
    targets: Targets = field(default_factory=Targets)
    meter: Meter = field(default_factory=Meter)
    differences: dict[str, tuple[Version, Differences]] = field(default_factory=dict)
    """By world the last version of which was counted what differs from its start, and the numbers."""

    @property
    def journal(self) -> Journal:
        return self.pipeline.journal

    @property
    def store(self) -> Store:
        return self.pipeline.store

    @cached_property
    def tables(self) -> Mapping[str, Table[Any]]:
        """The declared tables of every vendor by full name."""
        return {table.name: table for vendor in self.vendors.values() for table in vendor.api.tables}

    @cached_property
    def record_validators(self) -> Mapping[str, RecordValidator]:
        """The validators that check records written by hand against their vendor's document, by full name of the table. Raises DocumentBroken."""
        return {
            name: validator
            for vendor in self.vendors.values()
            for name, validator in record_validators(vendor.api.tables, vendor.api.described, vendor.document).items()
        }

    @cached_property
    def forms(self) -> Mapping[str, RecordForm]:
        """The forms of the tables whose content a document describes within one field, by full name of the table."""
        return {f"{slug}.{name}": form for slug, vendor in self.vendors.items() for name, form in vendor.api.forms.items()}

    @cached_property
    def bases(self) -> Sequence[tuple[str, str]]:
        """The base path of each vendor, with a slash at its end, and its slug."""
        return [(vendor.document.base_path + "/", slug) for slug, vendor in self.vendors.items()]

    @cached_property
    def services(self) -> Mapping[str, str]:
        """The description of each service that can be switched off, by full name."""
        return {f"{slug}.{name}": text for slug, vendor in self.vendors.items() for name, text in vendor.api.services.items()}

    @cached_property
    def transitions(self) -> Mapping[str, Transition]:
        """Each transition that may have a policy, by full name."""
        return {f"{slug}.{name}": found for slug, vendor in self.vendors.items() for name, found in vendor.api.transitions.items()}

    def vendor(self, slug: str) -> Vendor:
        """The vendor of this slug. Raises NotFound."""
        found = self.vendors.get(slug)
        if found is None:
            raise NotFound("API", f"{slug!r}; there are {', '.join(self.vendors)}")
        return found

    def table(self, slug: str, name: str) -> Table[Any]:
        """A table of a vendor by its short name. Raises NotFound."""
        tables = {declared.short_name: declared for declared in self.vendor(slug).api.tables}
        if name not in tables:
            raise NotFound("table", f"{name!r} in {slug}; there are {', '.join(tables)}")
        return tables[name]

    async def world(self, name: str, request: Request) -> World:
        """A world as it is now, after its due timers have fired. A world is not made by reading it.

        The world of the request is the start of every world if it is not made yet. Raises NotFound for any other that is not there.
        """
        world = await self.pipeline.timers.settle(name)
        if world is None and name == request.world:
            start = (await self.store.load(name)).world
            return self.pipeline.timers.fire(start, start.time(wall_clock()))
        if world is None:
            raise NotFound("world", f"{name!r}; a world is made by its first use, or by POST /_mock/worlds")
        return world

    async def snapshot(self, world: str, name: str) -> Snapshot:
        """A snapshot of a world. Raises NotFound."""
        snapshots = {snapshot.name: snapshot for snapshot in await self.store.snapshots(world)}
        if name not in snapshots:
            raise NotFound("snapshot", f"{name!r} of the world {world}; there are {', '.join(snapshots) or 'none'}")
        return snapshots[name]

    def scenario(self, full_name: str) -> tuple[str, Scenario]:
        """A scenario by its full name ``<slug>.<scenario>``, with its vendor's slug. Raises NotFound."""
        slug, _, name = full_name.partition(".")
        found = next((scenario for scenario in self.vendors[slug].scenarios if scenario.name == name), None) if slug in self.vendors else None
        if found is None:
            known = [f"{slug}.{scenario.name}" for slug, vendor in self.vendors.items() for scenario in vendor.scenarios]
            raise NotFound("scenario", f"{full_name!r}; there are {', '.join(known) or 'none'}")
        return slug, found

    def headers_of(self, slug: str, credential: str | None, transaction: Transaction) -> Mapping[str, str]:
        """The headers of a published credential at a world's time. An empty name means the vendor's first one, None no headers. Raises NotFound."""
        if credential is None:
            return {}
        published = {found.name: found for found in self.vendor(slug).credentials(transaction)}
        if credential and credential not in published:
            raise NotFound("credential", f"{credential!r} of {slug}; there are {', '.join(published)}")
        return published[credential or next(iter(published))].headers
