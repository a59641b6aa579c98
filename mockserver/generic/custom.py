"""Functions that replace single operations of a document: ``<document>.handlers.py`` beside it.

::

    from mockserver import on

    @on("POST /invoices/{id}/pay")          # or the operationId
    def pay(call, infer):
        if call.record("invoice", call.path["id"])["status"] == "paid":
            raise call.refuse(409, "already paid")
        call.change("invoice", call.path["id"], status="paid", paid_at=call.now)
        return infer()
"""

from __future__ import annotations

import difflib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockserver.core.base.clock import iso
from mockserver.core.base.faults import Fault, NotFound
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.answers import BASIS
from mockserver.generic.handlers import Engine, OperationPlayer
from mockserver.generic.records import Item, Records, label
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError

Custom = Callable[["OperationCall", Callable[[], Reply]], Any]
SUFFIX = ".handlers.py"
_MARK = "__mock_operation__"


class Refused(Fault):
    """A refusal of a function, with the status that it chose."""

    kind = "refused"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def on(operation: str) -> Callable[[Custom], Custom]:
    """Let a function answer an operation, named by ``METHOD /path`` or by its operationId.

    The function takes the call and ``infer``, which answers as the document alone would. It returns the body of the success, or a Reply.
    """

    def mark(function: Custom) -> Custom:
        setattr(function, _MARK, operation)
        return function

    return mark


@dataclass(frozen=True)
class OperationCall:
    """One call of an operation, and the records of its world. Records are named by family and key, as ``mockserver explain`` shows them."""

    world: Transaction = field(repr=False)
    request: Request = field(repr=False)
    sent: Sent
    caller: object
    engine: Engine = field(repr=False)

    @property
    def path(self) -> Mapping[str, Any]:
        return self.sent.path

    @property
    def query(self) -> Mapping[str, Any]:
        return self.sent.query

    @property
    def header(self) -> Mapping[str, Any]:
        return self.sent.header

    @property
    def body(self) -> Any:
        return self.sent.body

    @property
    def now(self) -> str:
        """The moment of the call in the world's time, ISO 8601."""
        return iso(self.world.now)

    def records(self, family: str) -> list[Mapping[str, Any]]:
        """The data of every record of a family, oldest first."""
        return [item.data for item in self._shelf(family).all(self.world, {})]

    def record(self, family: str, key: object) -> Mapping[str, Any]:
        """The data of a record. Raises NotFound."""
        return self._item(family, key).data

    def add(self, family: str, **data: Any) -> Mapping[str, Any]:
        """Store a new record below the records that the path leads through, and return its data; the server sets what is not given."""
        shelf, maker = self._shelf(family), self.engine.makers[family]
        parents = {name: str(self.path[placeholder]) for name, placeholder in self._parents(family)}
        key = data.get(shelf.family.identity or "")
        typed = maker.draw_key(self.world, parents) if key is None else key
        made = maker.complete(self.world, data, frozenset(data), parents, typed)
        return shelf.add(self.world, parents, str(typed), self.engine.values.fit(shelf.family.schema, made)).data

    def change(self, family: str, key: object, **data: Any) -> Mapping[str, Any]:
        """Store other values of a record's properties, and return its data. Raises NotFound."""
        shelf, item = self._shelf(family), self._item(family, key)
        fitted = self.engine.values.fit(shelf.family.schema, {**item.data, **data})
        return shelf.change(self.world, item, fitted).data

    def remove(self, family: str, key: object) -> None:
        """Remove a record with everything below it. Raises NotFound."""
        self.engine.shelves.remove(self.world, family, self._item(family, key))

    @staticmethod
    def refuse(status: int, text: str) -> Refused:
        """A refusal to raise: it is answered as the document writes its refusals."""
        return Refused(status, text)

    def _shelf(self, family: str) -> Records:
        shelves = self.engine.shelves.by_family
        if family not in shelves:
            raise KeyError(f"the document has no family {family}; {_nearest(family, shelves)}")
        return shelves[family]

    def _parents(self, family: str) -> Iterator[tuple[str, str]]:
        for scope in self.engine.model.families[family].scopes:
            if scope.placeholder in self.path:
                yield label(scope), scope.placeholder

    def _item(self, family: str, key: object) -> Item:
        found: Item | None = self._shelf(family).find(self.world, {}, str(key))
        if found is None:
            raise NotFound(family, key)
        return found


def load_custom(document: Document) -> dict[str, Custom]:
    """The functions beside a document by operationId; none if there is no such file.

    Raises SetupError if the file cannot be run, or if a function is for no operation of the document.
    """
    file = _file_beside(document.source)
    if file is None:
        return {}
    found: dict[str, Custom] = {}
    ids = {label: spec.id for spec in document.operations for label in (spec.label, spec.id)}
    for name, function in vars(_run(file)).items():
        operation = getattr(function, _MARK, None)
        if operation is None:
            continue
        if operation not in ids:
            raise SetupError(f"{file}: {name} is for {operation}, which {document.source} does not have; {_nearest(operation, ids)}")
        if ids[operation] in found:
            raise SetupError(f"{file}: {name} is the second function for {operation}; keep one of them")
        found[ids[operation]] = function
    return found


def _file_beside(source: str) -> Path | None:
    path = Path(source)
    file = path.with_name(path.stem + SUFFIX)
    return file if "://" not in source and file.is_file() else None


def _run(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"mockserver_handlers_{abs(hash(str(file.resolve())))}", file)
    if spec is None or spec.loader is None:
        raise SetupError(f"{file}: cannot be loaded as a module of Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = next((frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == str(file)), None)
        raise SetupError(f"{file}:{line or ''} {type(error).__name__}: {error}") from error
    return module


def _nearest(name: str, names: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    return f"it has {', '.join(close)}" if close else f"it has {', '.join(list(names)[:5])}"


def make_custom_handler(player: OperationPlayer, function: Custom) -> Callable[..., Reply]:
    """A handler that lets a function answer, and fits the body that it returns to the document."""

    def handle(world: Transaction, request: Request, caller: object, sent: Sent) -> Reply:
        call = OperationCall(world, request, sent, caller, player.engine)
        answered = function(call, lambda: player(world, request, sent))
        if isinstance(answered, Reply):
            return answered
        return player.answers.stateful(world, request, answered, "", headers={BASIS: "handler"})

    return handle
