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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.core.base.names import BASIS
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.access import RecordAccess
from mockserver.generic.handlers import OperationPlayer
from mockserver.generic.records import label
from mockserver.generic.refusals import Refused
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import SetupError
from mockserver.openapi.inference.model import Family
from mockserver.openapi.nearest import nearest

Custom = Callable[["OperationCall", Callable[[], Reply]], Any]
_MARK = "__mock_operation__"


def on(operation: str) -> Callable[[Custom], Custom]:
    """Let a function answer an operation, named by ``METHOD /path`` or by its operationId.

    The function takes the call and ``infer``, which answers as the document alone would. It returns the body of the success, or a Reply.
    """

    def mark(function: Custom) -> Custom:
        setattr(function, _MARK, operation)
        return function

    return mark


@dataclass(frozen=True)
class OperationCall(RecordAccess):
    """One call of an operation, and the records of its world."""

    request: Request = field(repr=False)
    sent: Sent
    caller: object

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

    @staticmethod
    def refuse(status: int, text: str) -> Refused:
        """A refusal to raise: it is answered as the document writes its refusals."""
        return Refused(status, text)

    def _place(self, family: Family, data: Mapping[str, Any]) -> dict[str, str]:
        """The records that the path leads through; where it leads through none, those that references name."""
        found = {label(scope): str(self.path[scope.placeholder]) for scope in family.scopes if scope.placeholder in self.path}
        return found if len(found) == len(family.scopes) else super()._place(family, data)


def read_functions(document: Document, module: Any) -> dict[str, Custom]:
    """The functions of a module by operationId; none without a module. Raises SetupError if one is for no operation of the document."""
    if module is None:
        return {}
    found: dict[str, Custom] = {}
    file = module.__file__
    ids = {label: spec.id for spec in document.operations for label in (spec.label, spec.id)}
    for name, function in vars(module).items():
        operation = getattr(function, _MARK, None)
        if operation is None:
            continue
        if operation not in ids:
            raise SetupError(f"{file}: {name} is for {operation}, which {document.source} does not have; {nearest(operation, ids)}")
        if ids[operation] in found:
            raise SetupError(f"{file}: {name} is the second function for {operation}; keep one of them")
        found[ids[operation]] = function
    return found


def make_custom_handler(player: OperationPlayer, function: Custom) -> Callable[..., Reply]:
    """A handler that lets a function answer, and fits the body that it returns to the document."""

    def handle(world: Transaction, request: Request, caller: object, sent: Sent) -> Reply:
        call = OperationCall(world, player.engine, request, sent, caller)
        answered = function(call, lambda: player(world, request, sent))
        if isinstance(answered, Reply):
            return answered
        return player.answers.stateful(world, request, answered, "", headers={BASIS: "handler"})

    return handle
