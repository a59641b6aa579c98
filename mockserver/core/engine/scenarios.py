"""Scenarios: named starting worlds, made by calls of the public API and by the clock only, so that each can be reached by a client.

A fixture module may export ``SCENARIOS``. A scenario is data: steps that name operations of its vendor, published credentials, parameters and bodies,
or that move the clock. A step may use a value from the answer to an earlier step by :class:`From`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from mockserver.core.base.clock import parse_duration, parse_moment, wall_clock
from mockserver.core.base.faults import MockBug
from mockserver.core.base.requests import Request
from mockserver.core.engine.outcome import Outcome
from mockserver.core.operation.compiled import Operation
from mockserver.core.operation.media import MULTIPART, URLENCODED
from mockserver.core.state.world import World
from mockserver.openapi.errors import SetupError

Handle = Callable[[Operation, Request, World], Outcome]
HeadersAt = Callable[[World, str | None], Mapping[str, str]]

BREATH = 50
"""Steps after which other requests are served."""
FIRST = ""
"""The first of the published credentials."""


@dataclass(frozen=True, slots=True)
class From:
    """A value from an earlier answer.

    ``step`` is the ``keep`` of that step, ``pointer`` a JSON pointer into its body. With a ``pattern``, the value is the text of its first group.
    """

    step: str
    pointer: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    ``credential`` is the name of a published one, None for none, or the bearer token of an earlier answer; ``status`` is the expected status, None
    for any success.
    ``parameters`` are path, query and header parameters by name; ``body`` is sent in the operation's first media type. ``keep`` names the answer.
    """

    operation: str
    body: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    credential: str | From | None = FIRST
    status: int | None = None
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Advance:
    """Advance the clock by an ISO 8601 duration such as ``P31D``."""

    duration: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """Freeze the clock at a moment, ISO 8601 with an offset or ``Z``."""

    moment: str


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """Keep the newest message that the world has sent, as the outbox shows it, under a name by which :class:`From` finds it."""

    keep: str


Step = Call | Advance | Freeze | ReadMessage


@dataclass(frozen=True, slots=True)
class Scenario:
    """A starting world: its name (letters, digits, dashes), a description of its content, and the steps that make it."""

    name: str
    description: str
    steps: Sequence[Step]


def check_scenarios(slug: str, scenarios: Sequence[Scenario], operations: Mapping[str, Operation]) -> None:
    """Raise SetupError if a scenario has no valid name of its own, or calls an operation that does not exist."""
    seen: set[str] = set()
    for scenario in scenarios:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", scenario.name) or scenario.name in seen:
            raise SetupError(f"the scenario {slug}.{scenario.name} needs a name of its own, of letters, digits and dashes")
        seen.add(scenario.name)
        for step in scenario.steps:
            if isinstance(step, Call) and f"{slug}.{step.operation}" not in operations:
                raise SetupError(f"the scenario {slug}.{scenario.name} calls {step.operation}, which is no operation")


async def play(
    slug: str, scenario: Scenario, world: World, target: Request, operations: Mapping[str, Operation], handle: Handle, headers: HeadersAt
) -> World:
    """The world after a scenario. ``target`` has the address and the name under which the world will be reached.

    Raises MockBug if a step does not get the expected answer.
    """
    answers: dict[str, Any] = {}
    for number, step in enumerate(scenario.steps, 1):
        if number % BREATH == 0:
            await asyncio.sleep(0)
        if isinstance(step, Advance):
            world = replace(world, clock=world.clock.advance(parse_duration(step.duration), max(wall_clock(), world.latest)))
            continue
        if isinstance(step, Freeze):
            world = replace(world, clock=world.clock.freeze(parse_moment(step.moment)))
            continue
        if isinstance(step, ReadMessage):
            answers[step.keep] = world.outbox[world.outbox.end - 1].to_json() if len(world.outbox) else None
            continue
        place = f"{slug}.{scenario.name}, step {number} ({step.operation})"
        operation = operations[f"{slug}.{step.operation}"]
        token = step.credential
        sent = {"Authorization": f"Bearer {_fill_in(token, answers, place)}"} if isinstance(token, From) else headers(world, token)
        request = build_request(operation, _fill_in(step.parameters, answers, place), _fill_in(step.body, answers, place), sent)
        request.world, request.origin, request.prefix = target.world, target.origin, target.prefix
        outcome = handle(operation, request, world)
        reply = outcome.reply
        if step.status != reply.status if step.status is not None else not 200 <= reply.status < 300:  # noqa: PLR2004 - a success
            raise MockBug(operation.name, f"the scenario {place} was answered {reply.status}: {str(reply.body)[:300]}")
        world = outcome.world
        if step.keep:
            answers[step.keep] = reply.body
    return world


def _fill_in(value: Any, answers: Mapping[str, Any], place: str) -> Any:
    """A value in which each :class:`From` is replaced by the value from the earlier answer. Raises MockBug if there is none."""
    if isinstance(value, From):
        found = answers.get(value.step)
        for part in value.pointer.split("/")[1:]:
            try:
                found = found[int(part)] if isinstance(found, list) else found[part]  # type: ignore[index]
            except (LookupError, TypeError, ValueError):
                raise MockBug(place, f"there is no {value.pointer} in the answer {value.step}") from None
        if value.pattern:
            match = re.search(value.pattern, str(found))
            if match is None:
                raise MockBug(place, f"{value.pointer} in the answer {value.step} does not match {value.pattern}")
            return match[1]
        return found
    if isinstance(value, dict):
        return {key: _fill_in(inner, answers, place) for key, inner in value.items()}
    return [_fill_in(inner, answers, place) for inner in value] if isinstance(value, list | tuple) else value


def build_request(operation: Operation, parameters: Mapping[str, Any], body: Any, headers: Mapping[str, str]) -> Request:
    """A request to an operation, as a client would send it."""
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    places = {parameter["name"]: parameter["in"] for parameter in operation.spec.parameters}
    path_values = {name: str(value) for name, value in parameters.items() if places.get(name) == "path"}
    query = [(name, value) for name, value in parameters.items() if places.get(name, "query") == "query"]
    sent += [(name.lower().encode(), str(value).encode("latin-1")) for name, value in parameters.items() if places.get(name) == "header"]
    path = operation.spec.path
    for name, value in path_values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    payload = b""
    if body is not None:
        media_type, payload = _encode(body, operation.body.default)
        sent.append((b"content-type", media_type.encode()))
    return Request(
        method=operation.spec.method,
        path=operation.document.base_path + path,
        query=urlencode(query, doseq=True).encode(),
        raw_headers=sent,
        body=payload,
        path_values=path_values,
    )


def _encode(body: Any, media_type: str) -> tuple[str, bytes]:
    """The content type and the bytes of a body in a media type."""
    if media_type == URLENCODED:
        return media_type, urlencode(body, doseq=True).encode()
    if media_type == MULTIPART:
        parts = "".join(f'--part\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in body.items())
        return f"{media_type}; boundary=part", f"{parts}--part--\r\n".encode()
    return media_type, orjson.dumps(body)
