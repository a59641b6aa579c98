"""Binds the operations of a document to plain functions, and checks both at start-up."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from mockserver.core.base.replies import Reply
from mockserver.core.operation.api import Api
from mockserver.core.operation.parameters import python_name
from mockserver.openapi.documents import Document
from mockserver.openapi.operations import OperationSpec

Handler = Callable[..., Reply]

OFFERED = frozenset({"world", "caller", "request", "late", "home", "alias", "sent"})
"""Arguments that any handler may take, besides its parameters and its body.

``home`` is the address of the API in the request's world, for links in replies. ``alias`` holds the values of placeholders that only an alias of
the path has (``x-aliases``). ``late`` holds the deferred violations. ``sent`` holds parameters by place and wire name, and the body; a handler that
takes it need not take them one by one. An operation that the document declares (``x-role``) offers ``infer`` besides, which answers as declared; a
handler that takes it need not take body and parameters either.
"""


def bind(api: Api, document: Document) -> tuple[dict[str, Handler], list[str]]:
    """Handlers by operationId, and the text of every problem: missing and superfluous handlers, and wrong arguments."""
    functions = dict(api.functions())
    operations = {spec.id: spec for spec in document.operations}
    problems = [f"{api.slug}.{name} has no handler" for name in operations if name not in functions]
    problems += [
        f"{_module_of(function)}.{name} is named as no operation of {api.slug}" for name, function in functions.items() if name not in operations
    ]
    handlers = {name: function for name, function in functions.items() if name in operations}
    for name, function in handlers.items():
        problems += _find_misfits(api, document, operations[name], function)
    return handlers, problems


def _module_of(function: Handler) -> str:
    return str(getattr(function, "__module__", type(function).__module__))


def _find_misfits(api: Api, document: Document, spec: OperationSpec, function: Handler) -> Iterator[str]:
    place = f"{_module_of(function)}.{spec.id}"
    if inspect.iscoroutinefunction(function) and not api.is_control:
        yield f"{place} is async, but handlers are plain functions"
    taken = set(list_arguments(function, spec))
    parameters = {python_name(parameter["name"]) for parameter in spec.parameters}
    body = body_fields(document, spec)
    offered = OFFERED | parameters | set(api.provides) | ({"body"} if body is not None else set()) | ({"infer"} if spec.id in api.inferred else set())
    needed = set() if taken & {"sent", "infer"} else parameters | ({"body"} if body else set())
    if late_fields(document, spec):
        needed.add("late")
    for name in sorted(taken - offered):
        yield f"{place} takes {name}, which {spec.method} {spec.path} does not have"
    for name in sorted(needed - taken):
        yield f"{place} does not take {name}"


def takes_infer(function: Handler) -> bool:
    """Whether a handler may ask for the answer that its declaration gives."""
    return "infer" in inspect.signature(function).parameters


def list_arguments(function: Handler, spec: OperationSpec) -> tuple[str, ...]:
    """The names of the arguments that a handler takes; ``**others`` takes every parameter of the operation that has no argument of its own."""
    declared = inspect.signature(function).parameters.values()
    named = [argument.name for argument in declared if argument.kind is not argument.VAR_KEYWORD]
    others = [python_name(parameter["name"]) for parameter in spec.parameters] if len(named) < len(declared) else []
    return tuple(dict.fromkeys([*named, *others]))


def body_fields(document: Document, spec: OperationSpec) -> dict[str, object] | None:
    """The properties of an operation's body over all its media types; None if it has no body."""
    if "requestBody" not in spec.spec:
        return None
    found: dict[str, object] = {}
    for media in spec.content.values():
        schema = document.resolve(media.get("schema", {}))
        if not schema.get("properties") and schema.get("type") != "object":
            found[""] = schema  # a body that is no object is passed as a whole
        found.update(schema.get("properties", {}))
    return found


def late_fields(document: Document, spec: OperationSpec) -> set[str]:
    """The properties of an operation's body that are marked ``x-fault-late``."""
    return {name for name, schema in (body_fields(document, spec) or {}).items() if document.resolve(schema).get("x-fault-late")}
