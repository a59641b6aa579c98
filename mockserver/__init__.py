"""A stateful mock server that serves HTTP APIs from their OpenAPI documents.

This is the public surface: what a vendor's package, a test or a script imports. A name is loaded when it is first used, so that
``import mockserver.openapi`` loads no server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.app import App as App
    from mockserver.app import ServerSettings as ServerSettings
    from mockserver.app import create_app as create_app
    from mockserver.core.base.clock import EARLIEST as EARLIEST
    from mockserver.core.base.clock import LATEST as LATEST
    from mockserver.core.base.clock import Clock as Clock
    from mockserver.core.base.clock import iso as iso
    from mockserver.core.base.clock import later as later
    from mockserver.core.base.clock import parse_duration as parse_duration
    from mockserver.core.base.faults import Conflict as Conflict
    from mockserver.core.base.faults import Fault as Fault
    from mockserver.core.base.faults import Forbidden as Forbidden
    from mockserver.core.base.faults import HandlersUnbound as HandlersUnbound
    from mockserver.core.base.faults import Invalid as Invalid
    from mockserver.core.base.faults import Malformed as Malformed
    from mockserver.core.base.faults import MethodNotAllowed as MethodNotAllowed
    from mockserver.core.base.faults import MockBug as MockBug
    from mockserver.core.base.faults import NotFound as NotFound
    from mockserver.core.base.faults import TooLarge as TooLarge
    from mockserver.core.base.faults import TooManyRequests as TooManyRequests
    from mockserver.core.base.faults import Unauthenticated as Unauthenticated
    from mockserver.core.base.faults import Unavailable as Unavailable
    from mockserver.core.base.faults import UnsupportedMedia as UnsupportedMedia
    from mockserver.core.base.faults import VendorFault as VendorFault
    from mockserver.core.base.images import MEDIA_TYPES as MEDIA_TYPES
    from mockserver.core.base.images import read_image as read_image
    from mockserver.core.base.replies import Reply as Reply
    from mockserver.core.base.requests import Request as Request
    from mockserver.core.engine.fixtures import Fixture as Fixture
    from mockserver.core.engine.scenarios import Advance as Advance
    from mockserver.core.engine.scenarios import Call as Call
    from mockserver.core.engine.scenarios import Freeze as Freeze
    from mockserver.core.engine.scenarios import From as From
    from mockserver.core.engine.scenarios import ReadMessage as ReadMessage
    from mockserver.core.engine.scenarios import Scenario as Scenario
    from mockserver.core.engine.scenarios import Step as Step
    from mockserver.core.operation.api import Api as Api
    from mockserver.core.operation.api import Credential as Credential
    from mockserver.core.operation.api import DeferredViolations as DeferredViolations
    from mockserver.core.operation.api import DocumentedError as DocumentedError
    from mockserver.core.operation.api import FaultContext as FaultContext
    from mockserver.core.operation.bodies import Upload as Upload
    from mockserver.core.operation.paging import Page as Page
    from mockserver.core.operation.paging import Stretch as Stretch
    from mockserver.core.operation.paging import by_cursor as by_cursor
    from mockserver.core.operation.paging import by_page as by_page
    from mockserver.core.state.mapping import FieldMapping as FieldMapping
    from mockserver.core.state.mapping import RecordMapping as RecordMapping
    from mockserver.core.state.mapping import SchemaMapping as SchemaMapping
    from mockserver.core.state.outbox import Channel as Channel
    from mockserver.core.state.outbox import Message as Message
    from mockserver.core.state.tables import Record as Record
    from mockserver.core.state.tables import Table as Table
    from mockserver.core.state.tables import TransactionTable as TransactionTable
    from mockserver.core.state.tables import fields_of as fields_of
    from mockserver.core.state.tables import tables_of as tables_of
    from mockserver.core.state.transitions import Transition as Transition
    from mockserver.core.state.world import Transaction as Transaction
    from mockserver.core.state.world import World as World
    from mockserver.generic.custom import OperationCall as OperationCall
    from mockserver.generic.custom import on as on
    from mockserver.openapi.digits import read_digits as read_digits
    from mockserver.openapi.errors import DocumentBroken as DocumentBroken
    from mockserver.openapi.errors import SetupError as SetupError
    from mockserver.openapi.errors import Violation as Violation

_EXPORTS = {
    "mockserver.app": ("App", "ServerSettings", "create_app"),
    "mockserver.core.base.clock": ("EARLIEST", "LATEST", "Clock", "iso", "later", "parse_duration"),
    "mockserver.openapi.digits": ("read_digits",),
    "mockserver.core.base.faults": (
        "Conflict",
        "Fault",
        "Forbidden",
        "HandlersUnbound",
        "Invalid",
        "Malformed",
        "MethodNotAllowed",
        "MockBug",
        "NotFound",
        "TooLarge",
        "TooManyRequests",
        "Unauthenticated",
        "Unavailable",
        "UnsupportedMedia",
        "VendorFault",
    ),
    "mockserver.core.base.images": ("MEDIA_TYPES", "read_image"),
    "mockserver.core.base.replies": ("Reply",),
    "mockserver.core.base.requests": ("Request",),
    "mockserver.core.engine.fixtures": ("Fixture",),
    "mockserver.core.engine.scenarios": ("Advance", "Call", "Freeze", "From", "ReadMessage", "Scenario", "Step"),
    "mockserver.core.operation.api": ("Api", "Credential", "DeferredViolations", "DocumentedError", "FaultContext"),
    "mockserver.core.operation.bodies": ("Upload",),
    "mockserver.core.operation.paging": ("Page", "Stretch", "by_cursor", "by_page"),
    "mockserver.core.state.mapping": ("FieldMapping", "RecordMapping", "SchemaMapping"),
    "mockserver.core.state.outbox": ("Channel", "Message"),
    "mockserver.core.state.tables": ("Record", "Table", "TransactionTable", "fields_of", "tables_of"),
    "mockserver.core.state.transitions": ("Transition",),
    "mockserver.core.state.world": ("Transaction", "World"),
    "mockserver.generic.custom": ("OperationCall", "on"),
    "mockserver.openapi.errors": ("DocumentBroken", "SetupError", "Violation"),
}
_MODULES = {name: module for module, names in _EXPORTS.items() for name in names}
__all__ = sorted(_MODULES)  # noqa: PLE0605 - computed, so that the names stand in one table


def __getattr__(name: str) -> Any:
    """Load a public name on first use. Raises AttributeError for any other name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, *globals()]
