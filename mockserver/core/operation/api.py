"""The declaration of a vendor's API, and the values that its functions receive."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from mockserver.core.base.faults import Fault, Invalid, Unauthenticated, VendorFault
from mockserver.core.base.replies import Reply
from mockserver.core.operation.security import ScopesOf, Verifier
from mockserver.core.state.deliveries import Delivery
from mockserver.core.state.forms import RecordForm
from mockserver.core.state.mapping import RecordMapping
from mockserver.core.state.tables import Table
from mockserver.core.state.transitions import Transition
from mockserver.core.state.world import Transaction
from mockserver.openapi.errors import Violation

Action = Callable[[Transaction, int | str | None], None]
Projection = Callable[[Transaction, Any, Any], Mapping[str, Any]]
Inferred = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class DocumentedError:
    """A row of a vendor's error table, from ``x-errors``. ``extra`` holds its other columns, for the vendor's ``render_fault``."""

    code: str
    status: int
    message: str
    aliases: tuple[str, ...] = ()
    clause: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FaultContext:
    """The operation of a fault and the errors that its document declares. ``operation_id`` is None if no operation was reached."""

    operation_id: str | None = None
    method: str = ""
    errors: Mapping[str, DocumentedError] = field(default_factory=dict)
    fault_codes: Mapping[str, str] = field(default_factory=dict)
    credential_codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def documented(self, fault: Fault) -> DocumentedError | None:
        """The documented error for a fault, or None.

        It is found by the code of a vendor fault, by the code of the deciding violation, by the reason why a credential was refused, or by the kind
        of the fault.
        """
        code: str | None = None
        if isinstance(fault, VendorFault):
            code = fault.code
        elif isinstance(fault, Invalid):
            violation = self.deciding(fault)
            code = None if violation is None else self._code(violation)
        elif isinstance(fault, Unauthenticated):
            code = self.credential_codes.get(fault.scheme, {}).get("missing" if fault.missing else fault.reason)
        return self.errors.get(code or self.fault_codes.get(fault.kind, ""))

    def deciding(self, fault: Invalid) -> Violation | None:
        """The violation that decides the code: the first that has a code, or whose keyword the operation maps to one."""
        return next((violation for violation in fault.violations if self._code(violation)), None)

    def _code(self, violation: Violation) -> str | None:
        return violation.code or self.fault_codes.get(violation.keyword)


class DeferredViolations:
    """Violations of properties marked ``x-fault-late``. The handler reports them when the vendor would."""

    def __init__(self, violations: Sequence[Violation] = ()) -> None:
        self._violations = violations

    def check(self, name: str) -> None:
        """Raise Invalid if the property has a violation."""
        found = [violation for violation in self._violations if violation.field == name]
        if found:
            raise Invalid(found)

    def sound(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of a body that have no violation."""
        wrong = {violation.field for violation in self._violations}
        return {name: value for name, value in body.items() if name not in wrong}

    def refusal(self, *found: Violation) -> Invalid:
        """The fault to raise for every violation and those that the handler has found."""
        return Invalid([*self._violations, *found])

    def refuse(self, *found: Violation) -> None:
        """Raise the refusal, if there is a violation or the handler has found one."""
        if self._violations or found:
            raise self.refusal(*found)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request sent, by the names that the document declares; a parameter that was not sent is missing. ``body`` is None if there was none."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    header: Mapping[str, Any]
    cookie: Mapping[str, Any]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A published demo credential: ``headers`` are ready to send, ``login`` is what a sign-in page asks for."""

    name: str
    description: str
    headers: Mapping[str, str]
    login: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Api:
    """One vendor's API, beside its document.

    ``handlers`` are modules, whose public functions are named after operationIds, or mappings of functions by operationId. ``render_fault`` renders
    every fault in the vendor's envelope. ``verifiers`` check the credential of each security scheme; if an operation requires several at once,
    ``join_callers`` makes one caller of their identities. ``scopes_of`` returns the scopes of a credential that was verified, None for one that has
    all of them; without it scopes are not checked. ``deliveries`` is the one of the tables that holds webhooks to be sent. ``timers`` are the actions
    that the vendor schedules, by name. ``provides`` adds arguments that handlers may take. ``services`` describes, by short name, the services behind
    the API that can be switched off: a handler asks ``world.is_down("<slug>.<service>")`` and raises the fault that the vendor documents for it.
    ``transitions`` declares, by short name, changes of a status that happen by themselves; a handler asks ``world.policy("<slug>.<transition>")``.
    ``described`` maps the short name of a table to the
    schemas that records written by hand must satisfy, and ``forms`` that of a table whose content the document describes within one field to the form
    in which people write its records. ``is_control`` marks the control plane: its handlers may be awaited, its calls are not
    recorded, and fault rules do not apply to it.

    Operations that the document declares (``x-role``) are played by the engine: ``projections`` show a record, by component schema, and take the
    world, the record and the caller; ``draw_id`` draws the id of a new record of a table. ``inferred`` are the engine's answers by operationId, which
    a handler may ask for as ``infer``.
    """

    slug: str
    handlers: tuple[ModuleType | Mapping[str, Callable[..., Reply]], ...]
    render_fault: Callable[[Fault, FaultContext], Reply]
    tables: tuple[Table[Any], ...] = ()
    verifiers: Mapping[str, Verifier] = field(default_factory=dict)
    join_callers: Callable[[Mapping[str, Any]], object] | None = None
    scopes_of: ScopesOf | None = None
    deliveries: Table[Delivery] | None = None
    timers: Mapping[str, Action] = field(default_factory=dict)
    provides: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    transitions: Mapping[str, Transition] = field(default_factory=dict)
    described: Mapping[str, RecordMapping] = field(default_factory=dict)
    forms: Mapping[str, RecordForm] = field(default_factory=dict)
    projections: Mapping[str, Projection] = field(default_factory=dict)
    draw_id: Callable[[Transaction, Table[Any]], int | str] | None = None
    inferred: Mapping[str, Inferred] = field(default_factory=dict)
    is_control: bool = False

    def functions(self) -> Iterator[tuple[str, Callable[..., Reply]]]:
        """The handlers with their names: public functions of the modules, and what the mappings hold."""
        for module in self.handlers:
            if isinstance(module, Mapping):
                yield from module.items()
                continue
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if not name.startswith("_") and function.__module__ == module.__name__:
                    yield name, function
