"""A hand-written vendor with one operation by hand, one that asks the engine, and the rest declared; it runs in this process."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from faker import Faker

from mockserver import (
    Api,
    Credential,
    Fault,
    FaultContext,
    RecordMapping,
    Reply,
    SchemaMapping,
    ServerSettings,
    Table,
    Transaction,
    VendorFault,
    create_app,
)
from mockserver.core.base.clock import wall_clock
from mockserver.openapi.documents import Document

SOURCE = Path(__file__).with_name("library.yaml")


@dataclass(frozen=True, slots=True)
class Shelf:
    id: str
    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class ShelfLabel:
    id: int
    shelf_id: str


@dataclass(frozen=True, slots=True)
class Book:
    id: int
    shelf_id: str
    title: str
    year: int
    status: str
    lent_to: str | None
    lent_at: datetime | None
    updated_at: datetime


SHELVES = Table("library.shelves", Shelf, {"name": "name"})
LABELS = Table("library.labels", ShelfLabel, references={"shelf_id": "library.shelves"})
BOOKS = Table("library.books", Book, {"shelf": "shelf_id"}, references={"shelf_id": "library.shelves"})


def create_shelf(world: Transaction, caller: str, body: Mapping[str, Any]) -> Reply:
    """The operation that is written by hand."""
    shelf = world.table(SHELVES).add(Shelf(f"s{world.draw('library.shelf')}", body["name"], caller))
    world.table(LABELS).add(ShelfLabel(world.draw("library.label"), shelf.id))
    return Reply(201, show_shelf(world, shelf, caller))


def lend_book(infer: Callable[..., Reply], body: Mapping[str, Any]) -> Reply:
    """The operation that decides what differs and leaves the rest to the engine."""
    if body["to"] == "stranger":
        raise VendorFault("lent")
    return infer(title="Lent") if body["to"] == "renamer" else infer()


def show_shelf(world: Transaction, shelf: Shelf, _caller: object) -> Mapping[str, Any]:
    return {"id": shelf.id, "name": shelf.name, "books": len(world.table(BOOKS).select("shelf", shelf.id))}


def render_fault(fault: Fault, context: FaultContext) -> Reply:
    error = context.documented(fault)
    return Reply(fault.status if error is None else error.status, {"error": str(fault) if error is None else error.message})


class LibraryFixture:
    LOCALE = "en_US"
    SEEDED_RECORDS: Mapping[str, str] = {}

    def seed(self, world: Transaction, fake: Faker) -> None:
        """Nothing is seeded."""

    def credentials(self, _world: Transaction | None = None) -> Sequence[Credential]:
        return [Credential("ada", "A reader.", {"X-Key": "ada"})]


HANDLERS: Mapping[str, Callable[..., Reply]] = {"create_shelf": create_shelf, "lend_book": lend_book}
DESCRIBED = {"books": RecordMapping((SchemaMapping("Book", {"year": "publishedIn"}),))}


def make_api(**replaced: Any) -> Api:
    made: dict[str, Any] = {
        "slug": "library",
        "handlers": (HANDLERS,),
        "render_fault": render_fault,
        "tables": (SHELVES, LABELS, BOOKS),
        "verifiers": {"key": lambda _world, credential: credential},
        "described": DESCRIBED,
    }
    return Api(**{**made, **replaced})


def read_raw() -> dict[str, Any]:
    raw: dict[str, Any] = copy.deepcopy(yaml.safe_load(SOURCE.read_text(encoding="utf-8")))
    return raw


class Library:
    """A client of the library. The caller of a call is its key."""

    def __init__(self, api: Api | None = None, raw: dict[str, Any] | None = None) -> None:
        document = Document("library", "library.yaml", raw or read_raw())
        self.app = create_app(ServerSettings(), {"library": (api or make_api(), document, LibraryFixture())})
        self.world = Transaction(self.app.base, self.app.base.clock.now(wall_clock()))

    async def call(self, method: str, path: str, body: Any = None, *, key: str = "ada") -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://localhost/library") as client:
            return await client.request(method, path, headers={"X-Key": key}, **({} if body is None else {"json": body}))
